//! Settings: the part of a configuration that may change while a run trains, with its limits.

use std::fmt::Display;

use crate::nn::OptimizerKind;
use crate::sentence::sentence;
use crate::vae::Objective;

/// Settings of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimizer {
    /// Optimiser.
    pub kind: OptimizerKind,
    /// Learning rate at the plateaus of the [`Schedule`](super::Schedule).
    pub lr: f64,
    /// Observations per minibatch.
    pub batch: usize,
}

/// Objective and optimiser in force.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Covariance family, β and σ².
    pub objective: Objective,
    /// Optimiser, learning rate and batch size.
    pub optimizer: Optimizer,
}

/// Invalid setting, with its name, its value and the values allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(.0))]
pub struct InvalidSetting(pub String);

/// Upper limit for batch size and layer width.
pub(super) const LARGEST: usize = 4096;

impl Settings {
    /// Checks every value; the error names the first invalid one. `samples` is the size of the training data.
    ///
    /// # Errors
    /// If a value is outside its limits.
    pub fn validate(&self, samples: usize) -> Result<(), InvalidSetting> {
        within("beta", self.objective.beta, 0.0, 1e6)?;
        within("sigma2", self.objective.sigma2, 1e-8, 1e6)?;
        within("lr", self.optimizer.lr, 1e-9, 1e3)?;
        within("batch", self.optimizer.batch, 1, LARGEST.min(samples))
    }
}

/// Checks low ≤ value ≤ high, which NaN fails.
pub(super) fn within<T: Copy + PartialOrd + Display>(
    name: &str,
    value: T,
    low: T,
    high: T,
) -> Result<(), InvalidSetting> {
    if value >= low && value <= high {
        Ok(())
    } else {
        Err(InvalidSetting(format!("{name} = {value} is not between {low} and {high}")))
    }
}
