//! Shows one step of the optimiser slowly.

use std::sync::Arc;

use eframe::egui::{Panel, Ui};

use super::panels::slow_step::{self, ShownStep};
use super::state::App;
use crate::experiment::Snapshot;
use crate::viz::command::UiCommand;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::slow_step::{SlowStep, StepMoment};

impl App {
    /// Begins to show the next step slowly, or closes it.
    pub(super) fn toggle_slow_step(&mut self) {
        if self.slow_step.take().is_some() || std::mem::take(&mut self.awaits_slow_step) {
            return;
        }
        // A run that is told to pause makes some more steps.
        self.awaits_slow_step = self.is_running();
        self.set_running(false);
        self.selection.shown_step = None;
        if !self.awaits_slow_step {
            self.begin_slow_step();
        }
    }

    fn begin_slow_step(&mut self) {
        let Some(snapshot) = self.runs[0].snapshot() else { return };
        if let Some(step) = SlowStep::of(snapshot) {
            self.slow_step = Some(ShownStep { step, moment: StepMoment::Take, after: None });
            return;
        }
        let reason = if snapshot.settings.objective.regularizer.is_kl() {
            "this run has no minibatches: its optimiser takes all observations at once"
        } else {
            "a slow step shows the objective with β KL, and this run has another regulariser"
        };
        self.notice = Some(reason.to_owned());
    }

    /// Goes to the next moment or to the one before. At the end the step is made, then the next one begins.
    pub(super) fn step_moment(&mut self, forward: bool) {
        let Some(shown) = &mut self.slow_step else { return };
        let place = StepMoment::ALL.iter().position(|moment| *moment == shown.moment).unwrap_or(0);
        if !forward {
            shown.moment = StepMoment::ALL[place.saturating_sub(1)];
        } else if let Some(next) = StepMoment::ALL.get(place + 1) {
            shown.moment = *next;
        } else if shown.after.is_none() {
            self.commands.send(UiCommand::Steps(1));
        } else {
            self.begin_slow_step();
        }
    }

    /// Follows the run: once the step is made its effect is known; a run that has gone elsewhere has no use for it.
    pub(super) fn follow_slow_step(&mut self) {
        if self.awaits_slow_step && !self.is_running() {
            self.awaits_slow_step = false;
            self.begin_slow_step();
        }
        let Some(shown) = &mut self.slow_step else { return };
        let snapshot: Option<&Arc<Snapshot>> = self.runs[0].snapshot();
        let Some(snapshot) = snapshot else { return };
        if shown.after.is_none() {
            shown.after = shown.step.objective_after(snapshot);
        }
        let made = shown.step.step + u64::from(shown.after.is_some());
        if snapshot.step != made || snapshot.data_dim() != shown.step.x.len() {
            self.slow_step = None;
        }
    }

    /// Its panel, above the foot of the window.
    pub(super) fn slow_step_panel(&self, ui: &mut Ui) {
        let Some(shown) = &self.slow_step else { return };
        let panel = Panel::bottom("slow step").exact_size(slow_step::HEIGHT);
        let run = if self.runs.len() > 1 { format!("{}: ", RUN_NAMES[0]) } else { String::new() };
        panel.show(ui, |ui| slow_step::show(ui, shown, &run, &self.commands));
    }
}
