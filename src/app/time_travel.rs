//! Looking back at earlier moments of the runs, and going on from there.

use eframe::egui::{Panel, Ui};

use super::{Action, App};
use crate::trainer::Request;

impl App {
    /// Asks all runs for the moment that is looked at, if that is another one than before.
    pub(super) fn look_back(&mut self) {
        if self.looked != self.selection.moment {
            self.looked = self.selection.moment;
            self.ask_all(Request::ShowStep(self.looked));
        }
    }

    /// Trains on from the moment that is looked at; the runs as they are become branches.
    pub(super) fn run_from_here(&mut self) {
        if let Some(step) = self.selection.moment.take() {
            self.ask_all(Request::Fork(step));
            self.ask_all(Request::Run);
        }
    }

    /// Goes on with another branch of one of the runs.
    pub(super) fn switch_branch(&mut self, side: usize, number: u32) {
        self.selection.moment = None;
        if let Some(side) = self.sides.get_mut(side) {
            side.ask(Request::Switch(number));
        }
    }

    /// Says that one is looking back, and how to go on.
    pub(super) fn time_bar(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(step) = self.selection.moment else { return };
        let newest = self.sides.iter().filter_map(|side| side.snapshot()).map(|snapshot| snapshot.step).max();
        let help = |action: Action| {
            let key = action.shortcut().map_or(String::new(), |key| ui.ctx().format_shortcut(&key));
            format!("{} ({key})", action.label())
        };
        let (from_here, back) = (help(Action::RunFromHere), help(Action::Escape));
        Panel::bottom("moment").show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.strong(format!("Looking back at step {step} of {}", newest.unwrap_or(step)));
                if ui.button("Run from here").on_hover_text(from_here).clicked() {
                    actions.push(Action::RunFromHere);
                }
                if ui.button("Back to now").on_hover_text(back).clicked() {
                    self.selection.moment = None;
                }
            });
        });
    }
}
