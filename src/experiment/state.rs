//! State of a run: everything that a training step changes.

use super::schedule::Schedule;
use super::settings::Settings;
use crate::nn::{Adam, Lbfgs};
use crate::vae::Vae;

/// State of a run after some steps. Minibatches and noise are functions of seed and position, so a copy continues exactly
/// as the original does.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps made.
    pub step: u64,
    /// Observations read from the sequence of shuffled epochs.
    pub(super) position: u64,
    /// Schedule of the learning rate.
    pub schedule: Schedule,
    /// Settings in force.
    pub settings: Settings,
    /// Model.
    pub vae: Vae<f32>,
    /// Moments of the gradient, for all optimisers but one.
    pub adam: Adam<f32>,
    /// Memory of L-BFGS.
    pub lbfgs: Lbfgs,
}

impl State {
    /// Learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.settings.optimizer.lr * self.schedule.share(self.step)
    }
}

/// Last sound state of a run, to which a divergence returns: its step and the number of commands that led to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) step: u64,
    pub(super) commands: usize,
}
