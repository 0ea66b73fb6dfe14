//! `unpick lesson`.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
#[cfg(feature = "gui")]
use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::output::print;
use super::progress::bar;
use crate::checks::Seeds;
#[cfg(feature = "gui")]
use crate::figure::handout::handout;
use crate::io::read_text;
#[cfg(feature = "gui")]
use crate::io::{exists, make_folder, write_atomically};
use crate::lesson::{Lesson, LessonStep, Task, Vocabulary, check_lesson, course, course_lesson};
use crate::sentence::quoted;

/// Arguments of `lesson`.
#[derive(Args, Debug)]
pub struct LessonArgs {
    /// Read a built-in lesson or a lesson file [default: list the built-in lessons]
    #[arg(value_name = "LESSON")]
    lesson: Option<String>,
    /// Measure the claims of its texts; exit with code 1 if one fails
    #[arg(long, requires = "lesson")]
    check: bool,
    /// Make this many runs per prediction that a claim names, one per seed
    #[arg(long, default_value_t = 3, requires = "check", value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Write its steps as SVG figures, and all of it as one HTML page, into this folder
    #[cfg(feature = "gui")]
    #[arg(long, value_name = "DIR", requires = "lesson")]
    out: Option<PathBuf>,
    /// Overwrite files of that name
    #[cfg(feature = "gui")]
    #[arg(long, requires = "out")]
    force: bool,
}

impl LessonArgs {
    /// Lists lessons or the steps of one, and measures its claims.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), CliError> {
        let Some(name) = &self.lesson else { return print(out, &list()?) };
        let lesson = find_lesson(name)?;
        print(out, &steps(&lesson))?;
        if let Some(problem) = &lesson.problem {
            return Err(CliError::Input(format!("{problem}: {name}")));
        }
        #[cfg(feature = "gui")]
        if let Some(folder) = &self.out {
            self.write_handout(&lesson, folder, out)?;
        }
        if !self.check {
            return Ok(());
        }
        let seeds = Seeds { first: 0, count: self.seeds };
        let checks = check_lesson(&lesson, seeds, |made, all| {
            bar(made as u64, all as u64, "claims");
            Ok::<(), CliError>(())
        })?;
        let lines: String = checks.iter().map(|check| format!("{check}\n")).collect();
        let failed = checks.iter().filter(|check| !check.holds).count();
        print(out, &format!("\n{lines}{} of {} claims hold\n", checks.len() - failed, checks.len()))?;
        match failed {
            0 => Ok(()),
            _ => Err(CliError::Run(format!("{failed} of the claims of the lesson do not hold"))),
        }
    }
}

#[cfg(feature = "gui")]
impl LessonArgs {
    /// Writes the figures and the page, and names them.
    fn write_handout(&self, lesson: &Lesson, folder: &Path, out: &mut impl Write) -> Result<(), CliError> {
        let names: Vec<String> = (1..=lesson.steps.len()).map(|i| format!("step-{i:02}.svg")).collect();
        let all = names.iter().map(String::as_str).chain(["lesson.html"]);
        if let Some(taken) = all.map(|name| folder.join(name)).find(|path| exists(path) && !self.force) {
            let taken = taken.display();
            return Err(CliError::Input(format!("the file exists already; add --force to overwrite: {taken}")));
        }
        make_folder(folder)?;
        let handout = handout(lesson, |made, all| {
            bar(made as u64, all as u64, "steps");
            Ok::<(), String>(())
        });
        let handout = handout.map_err(CliError::Run)?;
        let page = ("lesson.html", handout.html.as_bytes());
        let figures = names.iter().map(String::as_str).zip(handout.figures.iter().map(Vec::as_slice));
        for (name, bytes) in figures.chain([page]) {
            let path = folder.join(name);
            write_atomically(&path, bytes)?;
            print(out, &format!("{}\n", path.display()))?;
        }
        Ok(())
    }
}

/// The built-in lesson of that name, or that of a file, as far as it goes.
///
/// # Errors
/// If there is no such lesson, or nothing of it can be read.
pub fn find_lesson(name: &str) -> Result<Lesson, CliError> {
    let text = match course_lesson(name) {
        Some(lesson) => lesson.text.to_owned(),
        None if Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) => {
            read_text(Path::new(name), "the lesson")?
        }
        None => {
            let names: Vec<&str> = course().iter().map(|lesson| lesson.name).collect();
            let (name, names) = (quoted(name), names.join(", "));
            return Err(CliError::Input(format!("there is no lesson {name}; choose of {names}, or give a .md file")));
        }
    };
    Lesson::parse(&text, &vocabulary()).map_err(|problem| CliError::Input(format!("{problem}: {name}")))
}

#[cfg(feature = "gui")]
fn vocabulary() -> Vocabulary {
    crate::viz::lesson_names::vocabulary()
}

/// Without views nothing is known of their names.
#[cfg(not(feature = "gui"))]
fn vocabulary() -> Vocabulary {
    Vocabulary::default()
}

fn list() -> Result<String, CliError> {
    let mut lines = String::new();
    for entry in course() {
        let lesson = find_lesson(entry.name)?;
        let _written = writeln!(
            lines,
            "{:<20} {} ({} steps)\n{:21}{}",
            entry.name,
            lesson.title,
            lesson.steps.len(),
            "",
            lesson.aim
        );
    }
    Ok(lines)
}

fn steps(lesson: &Lesson) -> String {
    let mut lines = format!("{}\n{}\n\n", lesson.title, lesson.aim);
    for (i, step) in lesson.steps.iter().enumerate() {
        let LessonStep { title, runs, train_to, views, task, claims, .. } = step;
        let kind = match task {
            None => "",
            Some(Task::Choose { .. } | Task::Guess { .. } | Task::Sketch { .. }) => " (predict)",
            Some(Task::Try { .. }) => " (try)",
        };
        let views = views.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join(" / ");
        let steps = train_to.map_or(String::new(), |steps| format!(", trains to step {steps}"));
        let _written = writeln!(lines, "{:>2} {title}{kind}: {views}{steps}, {} claims", i + 1, claims.len());
        for run in runs {
            let _written = writeln!(lines, "     {}", run.recipe());
        }
    }
    lines
}
