//! Opens lessons and steps through them: a step is an exact state of runs and of what is shown of them.

use std::path::Path;
use std::sync::Arc;

use super::lesson::open_lesson::OpenLesson;
use super::lesson::preparer::PreparedState;
use super::run_slot::RunSlot;
use super::state::App;
use crate::experiment::Snapshot;
use crate::figure::lesson_step::{layout_of, pose_of, selection_of};
use crate::io::read_text;
use crate::lesson::{GoalState, LessonStep, Task, course_lesson};
use crate::viz::command::UiCommand;
use crate::viz::selection::Selection;

impl App {
    /// Opens a built-in lesson.
    pub fn open_lesson(&mut self, name: &str) {
        if let Some(lesson) = course_lesson(name) {
            self.begin_lesson(OpenLesson::open(lesson.text, None, &self.ctx));
        }
    }

    /// Opens a lesson file, which is read again whenever it changes. A file that can't be used leaves everything as it is.
    pub fn open_lesson_file(&mut self, path: &Path) {
        match read_text(path, "the lesson") {
            Ok(text) => self.begin_lesson(OpenLesson::open(&text, Some(path), &self.ctx)),
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    fn begin_lesson(&mut self, opened: Result<OpenLesson, String>) {
        match opened {
            Ok(open) => {
                self.notice = open.problem();
                self.set_running(false);
                if let Some(path) = &open.path {
                    self.autosave.add_recent(path);
                }
                self.lesson = Some(open);
                self.offers_lesson = false;
                self.shows_lesson_text = true;
            }
            Err(sentence) => self.notice = Some(sentence),
        }
    }

    /// Closes the lesson; its runs stay as they are.
    pub(super) fn close_lesson(&mut self) {
        (self.lesson, self.preset, self.few) = (None, None, None);
    }

    /// Goes a step forward or back. Forward from a covered outcome reveals it first.
    pub(super) fn step_lesson(&mut self, forward: bool) {
        let Some(open) = &mut self.lesson else { return };
        if forward && open.is_covered() {
            return self.reveal_lesson();
        }
        let last = open.lesson.steps.len() - 1;
        let at = if forward { (open.at + 1).min(last) } else { open.at.saturating_sub(1) };
        if forward && open.at == last {
            let next =
                open.next.as_ref().map_or(String::new(), |(_, title)| format!("; next: {title}, in the menu Lessons"));
            self.notice = Some(format!("this is the last step of the lesson{next}"));
        } else if at != open.at {
            self.go_to_step(at);
        }
    }

    /// Goes to a step of the lesson, counted from 0.
    pub fn go_to_step(&mut self, at: usize) {
        if let Some(open) = &mut self.lesson {
            open.go_to(at);
            self.enter_step();
        }
    }

    /// Shows the step again as it began.
    pub(super) fn back_to_lesson(&mut self) {
        if let Some(at) = self.lesson.as_ref().map(|open| open.at) {
            self.go_to_step(at);
        }
    }

    /// Answers the question of the step.
    pub(super) fn answer_lesson(&mut self, choice: usize) {
        if let Some(open) = &mut self.lesson {
            open.task.choice = Some(choice);
            self.reveal_lesson();
        }
    }

    /// Shows the outcome of the step, and trains towards it.
    pub(super) fn reveal_lesson(&mut self) {
        if let Some(open) = &mut self.lesson {
            open.task.is_revealed = true;
            let (covers, trains) =
                (open.step().task.as_ref().is_some_and(Task::covers), open.step().train_to.is_some());
            if covers && trains && open.entered.is_some() {
                self.set_running(true);
            }
        }
    }

    /// The index of the shown step, once its runs are on the screen.
    pub fn lesson_step(&self) -> Option<usize> {
        self.lesson.as_ref().filter(|open| open.entered.is_some()).map(|open| open.at)
    }

    /// True unless the presented text has to be scrolled.
    pub fn shows_whole_text(&self) -> bool {
        self.lesson.as_ref().is_none_or(|open| !open.is_cut)
    }

    /// The number of steps of the open lesson; 0 without one.
    pub fn lesson_steps(&self) -> usize {
        self.lesson.as_ref().map_or(0, |open| open.lesson.steps.len())
    }

    /// Takes over a changed file, begins a step whose runs have become ready, and looks at the goals of its task.
    pub(super) fn follow_lesson(&mut self) {
        let Some(open) = &mut self.lesson else { return };
        match open.reload() {
            Some(Ok(())) => self.notice = open.problem(),
            Some(Err(sentence)) => self.notice = Some(sentence),
            None => {}
        }
        self.enter_step();
        self.pose_camera();
        self.look_at_goals();
    }

    /// Moves the camera as the step asks, once there is something to look at.
    fn pose_camera(&mut self) {
        let Some(open) = &mut self.lesson else { return };
        let is_there = self.runs[0].context(&self.background, &self.commands).is_some();
        if let Some(pose) = open.pose.take_if(|_| is_there) {
            self.commands.send(UiCommand::SetCamera(pose));
        }
    }

    /// Begins the step if it has not begun and its runs are prepared.
    fn enter_step(&mut self) {
        let Some(open) = &self.lesson else { return };
        if open.entered.is_some() {
            return;
        }
        let prepared = match open.prepared() {
            None => return,
            Some(Err(sentence)) => {
                let sentence = format!("step {}, {}: {sentence}", open.at + 1, open.step().title);
                if self.notice.as_ref() != Some(&sentence) {
                    self.notice = Some(sentence);
                }
                return;
            }
            Some(Ok(prepared)) => prepared,
        };
        let (step, is_covered) = (open.step().clone(), open.is_covered());
        if !self.show_runs(&step, &prepared) {
            return;
        }
        (self.preset, self.few) = (Some(layout_of(&step, self.runs.len())), None);
        self.selection = selection_of(&step, &self.selection);
        self.notice = self.lesson.as_ref().and_then(OpenLesson::problem);
        self.requested_step = None;
        self.fit_selection();
        let entered = self.selection.at_rest();
        if let Some(open) = &mut self.lesson {
            (open.entered, open.runs, open.pose) = (Some(entered), prepared, pose_of(&step));
        }
        if step.train_to.is_some() && !is_covered {
            self.set_running(true);
        }
    }

    /// Puts the prepared runs in the place of those that are shown. A run that is shown already just as it is stays.
    fn show_runs(&mut self, step: &LessonStep, prepared: &[Arc<PreparedState>]) -> bool {
        self.active = 0;
        self.runs.truncate(prepared.len());
        while self.runs.len() < prepared.len() {
            if !self.add_run() {
                return false;
            }
        }
        for (k, prepared) in prepared.iter().enumerate() {
            let PreparedState { run, snapshot } = &**prepared;
            let (ctx, pace) = (self.ctx.clone(), self.pace);
            if let Err(error) = self.runs[k].show_prepared(run, snapshot, step.train_to, &ctx, pace) {
                self.notice = Some(format!("the run cannot be started ({error}); close other programs"));
                return false;
            }
        }
        (self.background.seeds, self.background.checks) = (None, None);
        true
    }

    /// True if run, dials or z\* are no longer as the step began, but for its training.
    pub(super) fn has_left_lesson(&self) -> bool {
        let Some(open) = &self.lesson else { return false };
        let Some(entered) = &open.entered else { return false };
        if open.runs.len() != self.runs.len() {
            return true;
        }
        let differs = |(slot, prepared): (&RunSlot, &Arc<PreparedState>)| {
            let Some(now) = slot.snapshot() else { return true };
            let begun = &prepared.snapshot;
            let planned = open.step().train_to.unwrap_or(begun.step);
            now.config != begun.config
                || now.step > planned
                || now.step < begun.step
                || now.log.len() < begun.log.len()
                || slot.settings.asked_for() != now.settings.asked_for()
                || now.log[begun.log.len()..].iter().any(|logged| !prepared.run.is_scheduled(logged))
        };
        if self.preset.is_none() {
            return true;
        }
        let home = |selection: &Selection| Selection { camera: None, latent_window: None, ..selection.at_rest() };
        self.runs.iter().zip(&open.runs).any(differs) || home(&self.selection) != home(entered)
    }

    /// The scene or data that is shown, if it is another than that of the step.
    pub(super) fn scene_beside_lesson(&self) -> Option<String> {
        let open = self.lesson.as_ref().filter(|open| open.entered.is_some())?;
        let shown = &self.runs[0].snapshot()?.config.origin;
        let is_other = *shown != open.runs.first()?.snapshot.config.origin;
        is_other.then(|| shown.scene().map_or_else(|| shown.name().to_owned(), |scene| scene.title.clone()))
    }

    /// Notes which goals are reached. Once all are at the same time, the task is done.
    fn look_at_goals(&mut self) {
        let Some(open) = &mut self.lesson else { return };
        let Some(Task::Try { goals, .. }) = &open.step().task else { return };
        if open.entered.is_none() || open.task.is_revealed {
            return;
        }
        let Some(snapshot) = self.runs[0].shown() else { return };
        let (z, phi) = (self.selection.rest(), self.selection.phi);
        // Some goals compare with the whole plane.
        let is_same = |(other, at, angle): &(Arc<Snapshot>, Vec<f64>, f64)| {
            Arc::ptr_eq(other, snapshot) && at == z && *angle == phi
        };
        if open.looked_at.as_ref().is_some_and(is_same) {
            return;
        }
        let state = GoalState { snapshot, z, phi };
        open.task.reached = goals.iter().map(|goal| goal.is_reached(&state)).collect();
        open.task.is_revealed = open.task.is_done();
        open.looked_at = Some((Arc::clone(snapshot), z.to_vec(), phi));
    }
}
