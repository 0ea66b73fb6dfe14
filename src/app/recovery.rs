//! Recovery: the autosave of the open session, the offer to restore it after a crash, and the recent files.

use std::path::Path;

use eframe::egui::{Label, RichText, Ui};

use super::autosave::{AutosaveState, SavePoint};
use super::run_slot::RunSlot;
use super::state::App;
use crate::launch::PreparedRun;
use crate::sentence::quoted;
use crate::viz::command::UiCommand;

impl App {
    /// Saves the session in `folder` every 30 seconds if something has changed, and keeps the list of recent files there.
    /// Sessions of windows that closed unexpectedly are offered.
    pub fn keep_in(&mut self, folder: &Path) {
        let (autosave, errors) = AutosaveState::open(folder);
        self.autosave = autosave;
        if let Some(error) = errors.first() {
            self.notice = Some(format!("the last session cannot be restored: {error}"));
        }
    }

    /// Ends the autosave: the window closes as expected.
    pub fn close(&mut self) {
        self.autosave.close();
    }

    /// Saves the session if there is something new and it is time.
    pub(super) fn save_regularly(&mut self) {
        if !self.autosave.is_on() {
            return;
        }
        let mark = SavePoint::new(self.runs.iter().filter_map(RunSlot::snapshot), &self.selection);
        let mut autosave = std::mem::take(&mut self.autosave);
        if self.runs.iter().all(RunSlot::is_verified) {
            autosave.verify();
        }
        if let Some(error) = autosave.save(&self.ctx, mark, || self.session_to_keep()) {
            self.notice = Some(format!("autosave failed: {error}"));
        }
        self.autosave = autosave;
    }

    /// Offers to restore the session of a window that closed unexpectedly. Says whether there is one.
    pub(super) fn restore_offer(&self, ui: &mut Ui) -> bool {
        let Some((session, count)) = self.autosave.offer() else { return false };
        let origin = &session.config.origin;
        let (name, step) = (origin.scene().map_or(origin.name(), |scene| &scene.title), session.steps);
        for (name, command) in [("Restore", UiCommand::RestoreSession), ("Forget", UiCommand::ForgetSession)] {
            if ui.button(name).clicked() {
                self.commands.send(command);
            }
        }
        let others = if count > 1 { format!(" ({} more)", count - 1) } else { String::new() };
        let text = format!("Unpick closed unexpectedly. Restore {} at step {step}?{others}", quoted(name));
        ui.add(Label::new(RichText::new(text).strong()).truncate());
        true
    }

    /// Restores the session that is offered. One that cannot be restored stays, and so does what is open.
    pub(super) fn restore_session(&mut self) {
        let Some((session, _)) = self.autosave.offer() else { return };
        match PreparedRun::of_session(session.clone()) {
            Ok(prepared) => {
                self.autosave.restore();
                self.resume(prepared);
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Opens the recent file of that number.
    pub(super) fn open_recent(&mut self, number: usize) {
        if let Some(path) = self.autosave.recent.get(number).cloned() {
            self.open_file(&path);
        }
    }
}
