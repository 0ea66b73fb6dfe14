//! The open lesson and its shown step.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::Context;

use super::preparer::{PreparedState, Preparer, Wanted};
use super::reload::Reload;
use crate::experiment::Snapshot;
use crate::lesson::{Lesson, LessonProblem, LessonStep, Task, course, next_course_lesson};
use crate::viz::command::CameraPose;
use crate::viz::lesson_names::vocabulary;
use crate::viz::selection::Selection;

/// Answers to the question or task of the shown step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::app) struct TaskState {
    /// The chosen answer.
    pub(in crate::app) choice: Option<usize>,
    /// Raised hands for each answer, as typed.
    pub(in crate::app) hands: Vec<u32>,
    /// The guessed number.
    pub(in crate::app) guess: Option<f64>,
    /// The drawn curve: its value at each angle.
    pub(in crate::app) sketch: Vec<f64>,
    /// The outcome is shown.
    pub(in crate::app) is_revealed: bool,
    /// The goals that are reached. Once all are at the same time, it stays so.
    pub(in crate::app) reached: Vec<bool>,
    /// The hint is shown.
    pub(in crate::app) shows_hint: bool,
}

impl TaskState {
    /// True once all goals were reached at the same time.
    pub(in crate::app) fn is_done(&self) -> bool {
        !self.reached.is_empty() && self.reached.iter().all(|reached| *reached)
    }
}

/// A time point, z\* and φ.
type LookedAt = (Arc<Snapshot>, Vec<f64>, f64);

/// An open lesson.
#[derive(Debug)]
pub(in crate::app) struct OpenLesson {
    pub(in crate::app) lesson: Lesson,
    /// Its file; `None` for a built-in lesson.
    pub(in crate::app) path: Option<PathBuf>,
    /// The name of the built-in lesson that follows, and its title.
    pub(in crate::app) next: Option<(&'static str, String)>,
    /// The index of the shown step.
    pub(in crate::app) at: usize,
    /// The selection with which the step began; `None` while its runs are being prepared.
    pub(in crate::app) entered: Option<Selection>,
    /// A camera that the step asks for, until there is something to look at.
    pub(in crate::app) pose: Option<CameraPose>,
    /// The runs with which it began.
    pub(in crate::app) runs: Vec<Arc<PreparedState>>,
    pub(in crate::app) task: TaskState,
    /// The state for which goals were last looked at.
    pub(in crate::app) looked_at: Option<LookedAt>,
    pub(in crate::app) preparer: Preparer,
    reload: Option<Reload>,
    /// The height that its presented text needs, in points; it grows with what is revealed.
    pub(in crate::app) text_height: f32,
    /// The presented text has to be scrolled.
    pub(in crate::app) is_cut: bool,
}

/// Steps ahead whose runs are prepared.
const AHEAD: usize = 3;

impl OpenLesson {
    /// Opens a lesson at its first step.
    ///
    /// # Errors
    /// If it can't be read, or the system has no thread to give.
    pub(in crate::app) fn open(text: &str, path: Option<&Path>, ctx: &Context) -> Result<Self, String> {
        let built_in = course().iter().find(|lesson| path.is_none() && lesson.text == text);
        let next = built_in.and_then(|lesson| next_course_lesson(lesson.name));
        let next = next.map(|lesson| (lesson.name, lesson.numbered_title()));
        let lesson = Lesson::parse(text, &vocabulary()).map_err(|problem| place(&problem, path))?;
        let no_thread = |error| format!("the lesson cannot be opened ({error}); close other programs");
        let reload = path.map(|path| Reload::start(path, text.to_owned(), ctx)).transpose().map_err(no_thread)?;
        let preparer = Preparer::start(ctx).map_err(no_thread)?;
        let (path, task) = (path.map(Path::to_owned), TaskState::default());
        let (entered, pose, runs, looked_at) = (None, None, Vec::new(), None);
        let (text_height, is_cut) = (0.0, false);
        let open = Self {
            lesson,
            path,
            next,
            at: 0,
            entered,
            pose,
            runs,
            task,
            looked_at,
            preparer,
            reload,
            text_height,
            is_cut,
        };
        open.want();
        Ok(open)
    }

    /// The shown step.
    pub(in crate::app) fn step(&self) -> &LessonStep {
        &self.lesson.steps[self.at]
    }

    /// The mistake in its file, if there is one.
    pub(in crate::app) fn problem(&self) -> Option<String> {
        self.lesson.problem.as_ref().map(|problem| place(problem, self.path.as_deref()))
    }

    /// Goes to a step, whose runs are then waited for.
    pub(in crate::app) fn go_to(&mut self, at: usize) {
        self.at = at.min(self.lesson.steps.len() - 1);
        (self.entered, self.pose, self.task, self.looked_at) = (None, None, TaskState::default(), None);
        self.runs.clear();
        (self.text_height, self.is_cut) = (0.0, false);
        self.want();
    }

    /// The runs of the shown step, once all are prepared.
    pub(in crate::app) fn prepared(&self) -> Option<Result<Vec<Arc<PreparedState>>, String>> {
        self.step().runs.iter().map(|run| self.preparer.prepared(run)).collect()
    }

    /// True if the outcome of the step is covered.
    pub(in crate::app) fn is_covered(&self) -> bool {
        !self.task.is_revealed && self.step().task.as_ref().is_some_and(Task::covers)
    }

    /// The measured numbers that the step asks for, once all are known.
    pub(in crate::app) fn answer(&self) -> Option<Vec<f64>> {
        let (run, numbers) = self.step().task.as_ref()?.numbers();
        let runs = self.step().end();
        numbers.into_iter().map(|quantity| self.preparer.number(&runs[run], quantity)).collect()
    }

    /// Takes over what has changed in the file. Says what is wrong with it if it can't be read.
    pub(in crate::app) fn reload(&mut self) -> Option<Result<(), String>> {
        let text = self.reload.as_ref()?.changed()?;
        Some(match Lesson::parse(&text, &vocabulary()) {
            // What is shown stays while what one writes can't be read as far as that.
            Ok(lesson) if lesson.problem.is_some() && lesson.steps.len() <= self.at => {
                self.lesson.problem = lesson.problem;
                Ok(())
            }
            Ok(lesson) => {
                let was = self.step().clone();
                self.lesson = lesson;
                self.at = self.at.min(self.lesson.steps.len() - 1);
                // A step that begins the same goes on; a change of its text is only another text.
                let is = self.step();
                if (&is.runs, &is.views, &is.z, &is.scene, &is.task, is.train_to)
                    != (&was.runs, &was.views, &was.z, &was.scene, &was.task, was.train_to)
                {
                    self.go_to(self.at);
                }
                self.want();
                Ok(())
            }
            Err(problem) => Err(place(&problem, self.path.as_deref())),
        })
    }

    /// Asks for the runs of the shown step, of the next ones and of the one before.
    fn want(&self) {
        let steps = &self.lesson.steps;
        let before = self.at.checked_sub(1);
        let places = (self.at..steps.len().min(self.at + 1 + AHEAD)).chain(before);
        let mut wanted: Vec<Wanted> = Vec::new();
        for step in places.map(|at| &steps[at]) {
            let begin = step.runs.iter().map(|run| Wanted { run: run.clone(), numbers: Vec::new() });
            let asked = step.task.as_ref().map(Task::numbers).filter(|(_, numbers)| !numbers.is_empty());
            let asked = asked.map(|(run, numbers)| Wanted { run: step.end()[run].clone(), numbers });
            for one in begin.chain(asked) {
                if !wanted.contains(&one) {
                    wanted.push(one);
                }
            }
        }
        self.preparer.want(wanted);
    }
}

/// A problem with the file that it is in.
fn place(problem: &LessonProblem, path: Option<&Path>) -> String {
    path.map_or_else(|| problem.to_string(), |path| format!("{problem}: {}", path.display()))
}
