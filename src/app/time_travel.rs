//! Showing earlier steps of the runs, branching from there, switching branches.

use eframe::egui::Ui;

use super::state::App;
use crate::trainer::Request;
use crate::viz::command::{CommandEntry, UiCommand};
use crate::viz::views::entry_of;

impl App {
    /// Asks all runs for the shown step, if that has changed.
    pub(super) fn request_shown_step(&mut self) {
        if self.requested_step != self.selection.shown_step {
            self.requested_step = self.selection.shown_step;
            self.ask_all(Request::ShowStep(self.requested_step));
        }
    }

    /// Branches all runs at the shown step and trains on from there.
    pub(super) fn run_from_here(&mut self) {
        if let Some(step) = self.selection.shown_step.take() {
            self.ask_all(Request::Fork(step));
            self.ask_all(Request::Run);
        }
    }

    /// Switches a run to another branch.
    pub(super) fn switch_branch(&mut self, run: usize, number: u32) {
        self.selection.shown_step = None;
        if let Some(run) = self.runs.get_mut(run) {
            run.ask(Request::Switch(number));
        }
    }

    /// Says that an earlier step is shown, and offers to run from there or to go back. Says whether one is.
    pub(super) fn shown_step(&mut self, ui: &mut Ui) -> bool {
        let Some(step) = self.selection.shown_step else { return false };
        let newest = self.runs.iter().filter_map(|run| run.snapshot()).map(|snapshot| snapshot.step).max();
        let help = |command: &UiCommand| {
            let text = |entry: &CommandEntry| {
                let key = entry.shortcut.map_or(String::new(), |key| ui.ctx().format_shortcut(&key));
                format!("{} ({key})", entry.label)
            };
            entry_of(command).map_or(String::new(), text)
        };
        let (from_here, back) = (help(&UiCommand::RunFromHere), help(&UiCommand::Escape));
        ui.strong(format!("Showing step {step} of {}", newest.unwrap_or(step)));
        if ui.button("Run from here").on_hover_text(from_here).clicked() {
            self.commands.send(UiCommand::RunFromHere);
        }
        if ui.button("Newest step").on_hover_text(back).clicked() {
            self.selection.shown_step = None;
        }
        true
    }
}
