//! The handout of a lesson: every step as a figure, and all of it as one page of HTML that needs no other file.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eframe::egui::{Theme, Ui, vec2};

use super::layout::Layout;
use super::lesson_step::{layout_of, pose_of, selection_of};
use super::still::Figure;
use crate::checks::CheckOutcome;
use crate::experiment::{Experiment, Snapshot};
use crate::lesson::{Lesson, LessonRun, LessonStep, Task};
use crate::paint::{Canvas, Format, encode_figure, escape};
use crate::viz::background_runs::BackgroundRuns;
use crate::viz::context::ViewContext;
use crate::viz::draw::prose::text::Prose;
use crate::viz::selection::Selection;
use crate::viz::theme::Palette;
use crate::viz::views::data::pose_camera;

/// A handout.
#[derive(Debug)]
pub struct Handout {
    /// The page.
    pub html: String,
    /// The SVG figure of each step.
    pub figures: Vec<Vec<u8>>,
}

/// The size of a figure with one row of views, in points, and what a further row adds.
const SIZE: (f32, f32) = (960.0, 430.0);
const ROW: f32 = 250.0;

/// Makes the runs of a lesson and draws its steps. `progress` gets the number of steps made, and of all; its error ends the work.
///
/// # Errors
/// A sentence about the step whose run or figure cannot be made, or the error of `progress`.
pub fn handout<E: From<String>>(
    lesson: &Lesson,
    mut progress: impl FnMut(usize, usize) -> Result<(), E>,
) -> Result<Handout, E> {
    let count = lesson.steps.len();
    let (mut figures, mut answers) = (Vec::new(), Vec::new());
    let mut known: Option<(Vec<LessonRun>, Vec<Experiment>)> = None;
    for (i, step) in lesson.steps.iter().enumerate() {
        progress(i, count)?;
        let failed = |sentence: String| E::from(format!("step {}, {}: {sentence}", i + 1, step.title));
        let runs = step.end();
        let make = || runs.iter().map(|run| run.play(|_| true)).collect::<Result<Vec<_>, _>>();
        let same = known.take().filter(|(made, _)| *made == runs);
        let made = same.map_or_else(make, |(_, made)| Ok(made)).map_err(failed)?;
        let snapshots: Vec<Arc<Snapshot>> = made.iter().map(|run| Arc::new(Snapshot::of(run))).collect();
        figures.push(figure(step, &snapshots).map_err(failed)?);
        answers.push(step.task.as_ref().map_or_else(Vec::new, |task| measured(task, &made)));
        known = Some((runs, made));
    }
    progress(count, count)?;
    Ok(Handout { html: page(lesson, &figures, &answers), figures })
}

/// The numbers that a question asks for, measured on the runs at the end of its step.
fn measured(task: &Task, runs: &[Experiment]) -> Vec<f64> {
    let (run, numbers) = task.numbers();
    match runs.get(run) {
        Some(run) if !numbers.is_empty() => {
            let outcome = CheckOutcome::of(run);
            numbers.into_iter().map(|quantity| quantity.of(&outcome)).collect()
        }
        _ => Vec::new(),
    }
}

/// The figure of a step at its end.
fn figure(step: &LessonStep, snapshots: &[Arc<Snapshot>]) -> Result<Vec<u8>, String> {
    let selection = selection_of(step, &Selection::default());
    let mut runs = snapshots.iter().map(|snapshot| Arc::clone(snapshot).into());
    let first = runs.next().ok_or("it has no run")?;
    let mut figure = Figure::new(first, runs.next(), &selection, BackgroundRuns::default());
    let rows = if snapshots.len() > 1 { step.views.iter().flatten().count() } else { step.views.len() };
    let size = vec2(SIZE.0, SIZE.1 + ROW * (rows.max(1) - 1) as f32);
    let canvas = Canvas {
        theme: Theme::Light,
        background: Palette::of_theme(Theme::Light).paper,
        pixels_per_point: 1.5,
        ..Canvas::new(size)
    };
    let (layout, pose) = (layout_of(step, snapshots.len()), pose_of(step));
    let show = move |ui: &mut Ui, contexts: &[ViewContext<'_>], selection: &mut Selection| {
        if let (Some(pose), Some(context)) = (pose, contexts.first().filter(|context| context.projection.dims() == 3)) {
            pose_camera(selection, pose, context);
        }
        Layout::draw(&mut layout.clone(), ui, contexts, selection);
    };
    figure.draw(&canvas, show, |offscreen, output| encode_figure(offscreen, &canvas, output, Format::Svg, None))
}

/// The page.
fn page(lesson: &Lesson, figures: &[Vec<u8>], measured: &[Vec<f64>]) -> String {
    let mut page = String::from(HEAD);
    let title = escaped(&lesson.title);
    // Writing into a String cannot fail.
    let _written = write!(
        page,
        "<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n<p class=\"aim\">{}</p>\n",
        escaped(&lesson.aim)
    );
    let mut answers = String::new();
    for (i, ((step, svg), measured)) in lesson.steps.iter().zip(figures).zip(measured).enumerate() {
        let (number, title) = (i + 1, escaped(&step.title));
        let picture = picture(step, svg);
        let text = Prose::parse(&step.text).html();
        let outcome = Prose::parse(&step.outcome).html();
        let _written = write!(page, "<section>\n<h2>{number}. {title}</h2>\n{text}\n");
        let _written = match &step.task {
            Some(task) if task.covers() => {
                let (question, answer) = question(task, measured);
                let _written = write!(answers, "<h3>{number}. {title}</h3>\n{answer}{outcome}\n");
                write!(page, "{question}<details>\n<summary>Answer</summary>\n{answer}{outcome}\n{picture}</details>\n")
            }
            Some(Task::Try { goals, hint }) => {
                let goals: String =
                    goals.iter().map(|goal| format!("<li>{}</li>\n", escaped(&goal.to_string()))).collect();
                let hint = if hint.is_empty() { String::new() } else { format!("<p>Hint: {}</p>\n", escaped(hint)) };
                let _written = write!(answers, "<h3>{number}. {title}</h3>\n{outcome}\n");
                write!(
                    page,
                    "{picture}<p>Try it:</p>\n<ul>\n{goals}</ul>\n<details>\n<summary>Hint and outcome</summary>\n{hint}{outcome}\n</details>\n"
                )
            }
            _ => writeln!(page, "{picture}{outcome}"),
        };
        page.push_str("</section>\n");
    }
    if !answers.is_empty() {
        let _written = write!(page, "<section class=\"answers\">\n<h2>Answers</h2>\n{answers}</section>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// The figure of a step with the runs that it shows.
fn picture(step: &LessonStep, svg: &[u8]) -> String {
    let views = step.views.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    let runs: Vec<String> =
        step.end().iter().map(|run| format!("<code>{}</code>", escaped(&run.recipe().to_string()))).collect();
    let (alt, runs) = (escaped(&format!("{}: {views}", step.title)), runs.join("<br>"));
    let data = STANDARD.encode(svg);
    format!(
        "<figure>\n<img alt=\"{alt}\" src=\"data:image/svg+xml;base64,{data}\">\n<figcaption>{runs}</figcaption>\n</figure>\n"
    )
}

/// A question and its answer, of which `measured` are the numbers.
fn question(task: &Task, measured: &[f64]) -> (String, String) {
    match task {
        Task::Choose { question, choices, answer } => {
            let list: String = choices.iter().map(|choice| format!("<li>{}</li>\n", escaped(choice))).collect();
            let question = format!("<p class=\"question\">{}</p>\n<ol>\n{list}</ol>\n", escaped(question));
            (question, format!("<p><strong>{}. {}</strong></p>\n", answer + 1, escaped(&choices[*answer])))
        }
        Task::Guess { question, number: (_, quantity), range: [low, high], unit } => {
            let range = escaped(&format!("between {low} and {high}{unit}"));
            let answer = match measured {
                [value] if value.is_finite() => format!("{quantity}: {value:.3}{unit}"),
                _ => format!("{quantity} has no value here"),
            };
            let question = format!("<p class=\"question\">{} ({range})</p>\n", escaped(question));
            (question, format!("<p><strong>{}</strong></p>\n", escaped(&answer)))
        }
        Task::Sketch { question, range: [low, high], .. } => {
            let axes = escaped(&format!("draw it over the angle from 0° to 90°, between {low} and {high} nats"));
            let points = Task::ANGLES.iter().zip(measured).step_by(2);
            let points: Vec<String> = points.map(|(degrees, loss)| format!("{degrees}°: {loss:.3}")).collect();
            let question = format!("<p class=\"question\">{} ({axes})</p>\n", escaped(question));
            (question, format!("<p><strong>{}</strong> nats</p>\n", points.join(", ")))
        }
        Task::Try { .. } => (String::new(), String::new()),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text);
    out
}

/// The beginning of the page. Printed, the answers stand on a page of their own.
const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; font: 1.05rem/1.5 system-ui, sans-serif; color: #15181c; background: #fff; }
h1, h2 { line-height: 1.2; }
.aim { font-style: italic; }
section { margin-top: 2.5rem; break-inside: avoid; }
figure { margin: 1rem 0; }
figure img { width: 100%; height: auto; }
figcaption { font-size: .8rem; color: #4e5763; overflow-wrap: anywhere; }
details { border: 1px solid #e2e5ea; border-radius: 6px; padding: .4rem .8rem; }
summary { cursor: pointer; font-weight: 600; }
.question { font-weight: 600; }
.claim { border-bottom: 1px dotted currentColor; }
.answers { display: none; }
@media print {
  body { max-width: none; margin: 0; font-size: 11pt; }
  details { display: none; }
  .answers { display: block; break-before: page; }
}
</style>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::lesson_names::vocabulary;

    #[test]
    fn a_page_needs_no_other_file_and_hides_its_answers() {
        let text = "+++\nlesson = \"A <b>\"\naim = \"B & C\"\n+++\n+++\nstep = \"One\"\nscene = \"linear\"\nsteps = 20\nviews = [\"latent\", \"data\"]\ncamera = \"tangent\"\n+++\n\
                    Some $J^\\top J$ text.\n+++\nstep = \"Two\"\nbeside = { covariance = \"full\" }\nask = \"Which?\"\nchoices = [\"this <\", \"that\"]\nanswer = 2\n+++\n---\nBecause.\n\
                    +++\nstep = \"Guess\"\nask = \"How large?\"\nguess = \"active units of B\"\nrange = [0, 4]\nunit = \" latents\"\n+++\n\
                    +++\nstep = \"Three\"\nbeside = false\ngoal = \"z1 above 1\"\nhint = \"drag\"\n+++\n";
        let lesson = Lesson::parse(text, &vocabulary()).unwrap();
        let mut calls = Vec::new();
        let handout = handout(&lesson, |made, all| {
            calls.push((made, all));
            Ok::<(), String>(())
        });
        let Handout { html, figures } = handout.unwrap();
        assert_eq!((figures.len(), calls.len()), (4, 5));
        assert!(html.contains("<strong>active units: 2.000 latents</strong>"), "the measured number");
        assert!(figures.iter().all(|svg| svg.starts_with(b"<svg") || svg.starts_with(b"<?xml")));
        assert!(html.contains("A &lt;b&gt;") && html.contains("B &amp; C") && html.contains("this &lt;"));
        assert_eq!(html.matches("data:image/svg+xml;base64,").count(), 4);
        for elsewhere in ["src=\"http", "href=", "url(", "@import"] {
            assert!(!html.contains(elsewhere), "nothing comes from elsewhere");
        }
        let (before, after) = html.split_once("<details>").unwrap();
        assert!(!before.contains("Because.") && after.contains("Because."));
        let failed = super::handout(&lesson, |_, _| Err("enough".to_owned()));
        assert_eq!(failed.unwrap_err(), "enough");
    }
}
