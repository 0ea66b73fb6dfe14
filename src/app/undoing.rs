//! Undo and redo of the window.

use eframe::egui::Context;

use super::run_slot::RunSlot;
use super::state::App;
use super::undo::point::{UndoPoint, changes, turns};
use crate::experiment::Command;
use crate::trainer::{Repeated, Request};
use crate::viz::selection::Selection;

impl App {
    /// The state that can be undone.
    fn undo_point(&self) -> UndoPoint {
        UndoPoint {
            settings: self.runs.iter().map(|run| run.settings.asked_for()).collect(),
            rotations: self.rotations.clone(),
            // Time travel and the morph are ways of looking, which their own controls take back.
            selection: Selection { shown_step: None, tau: 1.0, ..self.selection.at_rest() },
            layout: self.layouts[self.runs.len() - 1].clone(),
            preset: self.preset.clone(),
            theme: self.ctx.theme(),
        }
    }

    /// Of which runs the time points are: another start is another run.
    pub(super) fn undo_era(&self) -> Vec<u64> {
        self.runs.iter().map(|run| run.start_number).collect()
    }

    /// Forgets what could be undone.
    pub(super) fn forget_changes(&mut self) {
        self.rotations.clear();
        let era = self.undo_era();
        self.undo.begin(era);
    }

    /// Notices what has changed in this frame.
    pub(super) fn follow_changes(&mut self, ctx: &Context) {
        if self.undo.era != self.undo_era() {
            self.forget_changes();
        }
        let repeats =
            |run: &RunSlot| run.view.as_ref().is_none_or(|view| matches!(view.repeated, Some(Repeated::Steps(..))));
        let is_prepared = self.lesson.as_ref().is_none_or(|open| open.entered.is_some());
        let is_ready = is_prepared && !self.runs.iter().any(repeats);
        let is_held = ctx.input(|i| i.pointer.any_down()) || self.selection.motion.is_some();
        self.undo.follow(self.undo_point(), ctx.input(|i| i.time), is_held, is_ready);
    }

    /// Takes back the last change. A run is sent the opposite command and trains on.
    pub(super) fn undo_change(&mut self) {
        let now = self.undo_point();
        if let Some(point) = self.undo.undo(now) {
            self.restore_point(point);
        }
    }

    /// Makes a change again that was taken back.
    pub(super) fn redo_change(&mut self) {
        let now = self.undo_point();
        if let Some(point) = self.undo.redo(&now) {
            self.restore_point(point);
        }
    }

    fn restore_point(&mut self, point: UndoPoint) {
        for (run, settings) in point.settings.iter().enumerate() {
            for command in changes(&self.runs[run].settings, settings) {
                self.change_run(run, command);
            }
        }
        for turn in turns(&self.rotations, &point.rotations) {
            self.ask_all(Request::Command(Command::Rotate(turn)));
        }
        self.rotations = point.rotations;
        let (tau, shown_step) = (self.selection.tau, self.selection.shown_step);
        self.selection = Selection { tau, shown_step, ..point.selection };
        self.fit_selection();
        let own = self.runs.len() - 1;
        self.layouts[own] = point.layout;
        self.preset = point.preset;
        self.ctx.set_theme(point.theme);
    }
}
