//! What a run is: everything that is needed to repeat it, apart from what was changed on the way.

use serde::{Deserialize, Serialize};

use crate::vae::{Architecture, Objective};

/// How the parameters are fitted: it may change while a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// Learning rate of Adam at the height of the [`Schedule`](super::Schedule).
    pub lr: f64,
    /// Observations in a minibatch.
    pub batch: usize,
}

/// The start of a run. Data, initial weights, minibatches and noise follow from `seed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The one source of randomness.
    pub seed: u64,
    /// The shape of the networks.
    pub architecture: Architecture,
    /// The objective at step 0.
    pub objective: Objective,
    /// The optimiser at step 0.
    pub optimizer: Optimizer,
}

/// The part of the configuration that a living run can change, with its present values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Covariance family, β and σ².
    pub objective: Objective,
    /// Learning rate and batch size.
    pub optimizer: Optimizer,
}

/// A setting that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSetting(pub String);

/// The largest batch, width or number of latents that is taken seriously.
const LARGEST: usize = 4096;

impl Config {
    /// Checks every value and names the first one that makes no sense. `samples` is the size of the training data.
    pub fn validate(&self, samples: usize) -> Result<(), InvalidSetting> {
        let Architecture { latent_dim, hidden, .. } = &self.architecture;
        within("latent_dim", *latent_dim, 1, 64)?;
        if hidden.len() > 8 {
            return Err(InvalidSetting(format!(
                "hidden: {} layers are more than the 8 that are allowed",
                hidden.len()
            )));
        }
        hidden.iter().try_for_each(|width| within("hidden", *width, 1, LARGEST))?;
        self.settings().validate(samples)
    }

    /// The settings at step 0.
    pub fn settings(&self) -> Settings {
        Settings { objective: self.objective, optimizer: self.optimizer }
    }
}

impl Settings {
    /// Checks every value and names the first one that makes no sense.
    pub fn validate(&self, samples: usize) -> Result<(), InvalidSetting> {
        positive("beta", self.objective.beta, 0.0, 1e6)?;
        positive("sigma2", self.objective.sigma2, 1e-8, 1e6)?;
        positive("lr", self.optimizer.lr, 1e-9, 1e3)?;
        within("batch", self.optimizer.batch, 1, LARGEST.min(samples))
    }
}

fn positive(name: &str, value: f64, low: f64, high: f64) -> Result<(), InvalidSetting> {
    if value >= low && value <= high {
        Ok(())
    } else {
        Err(InvalidSetting(format!("{name} = {value} is not between {low} and {high}")))
    }
}

fn within(name: &str, value: usize, low: usize, high: usize) -> Result<(), InvalidSetting> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(InvalidSetting(format!("{name} = {value} is not between {low} and {high}")))
    }
}
