//! Settings: the part of a configuration that may change while a run trains, with its limits.

use std::fmt::Display;

use crate::geometry::Undefined;
use crate::nn::OptimizerKind;
use crate::sentence::sentence;
use crate::vae::{Architecture, Capacity, Discriminated, Objective, PartWeights, Regularizer, SIGMA2_RANGE};

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
    /// Covariance family, β, σ² and regulariser.
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
        within("sigma2", self.objective.sigma2, SIGMA2_RANGE[0], SIGMA2_RANGE[1])?;
        if self.objective.learns_sigma2 && self.optimizer.kind == OptimizerKind::Lbfgs {
            let sentence = "sigma2 = learned does not go with optimizer = lbfgs, whose memory is of one objective; choose adam-equivariant";
            return Err(InvalidSetting(sentence.to_owned()));
        }
        within("lr", self.optimizer.lr, 1e-9, 1e3)?;
        within("batch", self.optimizer.batch, 1, LARGEST.min(samples))?;
        match self.objective.regularizer {
            Regularizer::Kl | Regularizer::Laplace | Regularizer::None => Ok(()),
            Regularizer::Parts(PartWeights { alpha, gamma, .. }) => {
                within("regularizer: alpha", alpha, 0.0, 1e6)?;
                within("regularizer: gamma", gamma, 0.0, 1e6)?;
                within("batch", self.optimizer.batch, 2, LARGEST.min(samples))
            }
            Regularizer::Capacity(Capacity { nats, .. }) => within("regularizer: capacity", nats, 0.0, 1e4),
            Regularizer::Discriminated(Discriminated { gamma }) => {
                within("regularizer: gamma", gamma, 0.0, 1e6)?;
                within("batch", self.optimizer.batch, 2, LARGEST.min(samples))
            }
        }
    }

    /// Checks that a model of this architecture can be trained with the regulariser, on so many threads.
    ///
    /// # Errors
    /// If it needs another optimiser or posterior, or the whole minibatch on one thread.
    pub fn check_regularizer(&self, architecture: &Architecture, threads: usize) -> Result<(), InvalidSetting> {
        let Objective { regularizer, covariance, .. } = self.objective;
        let remedy = if regularizer.is_kl() {
            return Ok(());
        } else if self.optimizer.kind == OptimizerKind::Lbfgs {
            "optimizer = lbfgs, which has the closed form of β KL alone; choose adam-equivariant"
        } else if regularizer.needs_cholesky() && architecture.has_exponential_factor(covariance) {
            "the exponential factor of full covariances, whose gradient it lacks; choose posterior_factor = cholesky"
        } else if regularizer.needs_whole_batch() && threads > 1 {
            "several threads: it needs the whole minibatch at once; choose threads = 1"
        } else {
            return Ok(());
        };
        Err(InvalidSetting(format!("regularizer = {regularizer} does not go with {remedy}")))
    }

    /// The settings asked for, without the value of a learned σ², which moves by itself.
    #[must_use]
    pub fn asked_for(mut self) -> Self {
        if self.objective.learns_sigma2 {
            self.objective.sigma2 = 1.0;
        }
        self
    }

    /// σ² in force, where it is learned: no command says it.
    pub fn learned(&self) -> Option<f64> {
        self.objective.learns_sigma2.then_some(self.objective.sigma2)
    }

    /// The settings that commands give with the σ² that was learned under them.
    ///
    /// # Errors
    /// If it is learned and not given, or given and not learned, or outside its limits.
    pub fn with_learned(mut self, sigma2: Option<f64>) -> Result<Self, InvalidSetting> {
        if self.objective.learns_sigma2 != sigma2.is_some() {
            let sentence = "the value of sigma2 after the last step must be recorded if it is learned, and only then";
            return Err(InvalidSetting(sentence.to_owned()));
        }
        self.objective.sigma2 = sigma2.unwrap_or(self.objective.sigma2);
        within("sigma2", self.objective.sigma2, SIGMA2_RANGE[0], SIGMA2_RANGE[1])?;
        Ok(self)
    }

    /// The reason why numbers that rest on b = βσ² and the KL mean nothing under this regulariser, if they do not.
    pub fn without_b(&self) -> Option<Undefined> {
        match self.objective.regularizer {
            Regularizer::Kl => None,
            Regularizer::Parts(_) | Regularizer::Capacity(_) | Regularizer::Discriminated(_) => {
                Some(Undefined::OtherRegularizer)
            }
            Regularizer::Laplace => Some(Undefined::OtherPrior),
            Regularizer::None => Some(Undefined::PointMass),
        }
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
