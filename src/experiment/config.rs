//! What a run is: everything that is needed to repeat it, apart from what was changed on the way.

use super::LoggedCommand;
use crate::data::{Scene, TrainingDefaults};
use crate::vae::{Architecture, Objective};

/// How the parameters are fitted: it may change while a run goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimizer {
    /// Learning rate of Adam at the height of the [`schedule`](super::schedule()).
    pub lr: f64,
    /// Observations in a minibatch.
    pub batch: usize,
}

/// Where the data of a run come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// They are generated.
    Scene(Box<Scene>),
    /// They were read from a file of one's own.
    File {
        /// Its name, without the folders it was in.
        name: String,
        /// SHA-256 of its bytes, in hexadecimal.
        sha256: String,
    },
}

impl Origin {
    /// What the data are called.
    pub fn name(&self) -> &str {
        match self {
            Self::Scene(scene) => &scene.name,
            Self::File { name, .. } => name,
        }
    }

    /// The scene, if they are generated.
    pub fn scene(&self) -> Option<&Scene> {
        match self {
            Self::Scene(scene) => Some(scene),
            Self::File { .. } => None,
        }
    }

    /// How a run on these data starts unless one says otherwise. A file's data have unit scale, so σ² is a share of
    /// their variance; a batch is never larger than the training data.
    pub fn defaults(&self, samples: usize) -> TrainingDefaults {
        let defaults = match self {
            Self::Scene(scene) => scene.training.clone(),
            Self::File { .. } => TrainingDefaults { sigma2: 0.05, ..TrainingDefaults::default() },
        };
        TrainingDefaults { batch: defaults.batch.min(samples), ..defaults }
    }
}

/// The start of a run. Data, initial weights, minibatches and noise follow from `seed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where the data come from.
    pub origin: Origin,
    /// The one source of randomness.
    pub seed: u64,
    /// The shape of the networks.
    pub architecture: Architecture,
    /// The objective at step 0.
    pub objective: Objective,
    /// The optimiser at step 0.
    pub optimizer: Optimizer,
    /// Threads of a step. Part of what a run is: a minibatch that is cut is summed in another order.
    pub threads: usize,
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

/// The most threads that a step may have.
const MOST_THREADS: usize = 64;

impl Config {
    /// The run that starts from the defaults of its data. `samples` is the size of the training data.
    pub fn new(origin: Origin, seed: u64, samples: usize) -> Self {
        let defaults = origin.defaults(samples);
        Self {
            origin,
            seed,
            architecture: defaults.architecture(),
            objective: defaults.objective(),
            optimizer: Optimizer { lr: defaults.lr, batch: defaults.batch },
            threads: 1,
        }
    }

    /// Checks every value and names the first one that makes no sense. `samples` is the size of the training data.
    pub fn validate(&self, samples: usize) -> Result<(), InvalidSetting> {
        if i64::try_from(self.seed).is_err() {
            return Err(InvalidSetting(format!("seed = {} is larger than {}", self.seed, i64::MAX)));
        }
        let Architecture { latent_dim, hidden, .. } = &self.architecture;
        within("latent_dim", *latent_dim, 1, 64)?;
        if hidden.len() > 8 {
            return Err(InvalidSetting(format!(
                "hidden: {} layers are more than the 8 that are allowed",
                hidden.len()
            )));
        }
        hidden.iter().try_for_each(|width| within("hidden", *width, 1, LARGEST))?;
        within("threads", self.threads, 1, MOST_THREADS)?;
        self.settings().validate(samples)
    }

    /// The settings at step 0.
    pub fn settings(&self) -> Settings {
        Settings { objective: self.objective, optimizer: self.optimizer }
    }

    /// The settings after all commands of `log`, which is in the order of its steps. Names the first command that makes
    /// no sense. `samples` is the size of the training data.
    pub fn settings_after(&self, log: &[LoggedCommand], samples: usize) -> Result<Settings, InvalidSetting> {
        log.iter().try_fold(self.settings(), |settings, logged| {
            let settings = logged.command.applied_to(settings);
            let at = |e| InvalidSetting(format!("at step {}: {e}", logged.step));
            let sound = logged.command.check(self.architecture.latent_dim).and_then(|()| settings.validate(samples));
            sound.map_err(at).map(|()| settings)
        })
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
