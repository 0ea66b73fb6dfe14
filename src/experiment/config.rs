//! Configuration of a run at step 0. Together with the log of commands it repeats the run.

use super::command::{LoggedCommand, can_train};
use super::settings::{InvalidSetting, LARGEST, Optimizer, Settings, within};
use crate::data::{ImportOptions, Scene, TrainingDefaults};
use crate::nn::OptimizerKind;
use crate::vae::{Architecture, Objective, PosteriorFactor};

/// Source of the data.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Data generated from a scene.
    Scene(Box<Scene>),
    /// Your data, read from a file.
    File {
        /// File name without folders.
        name: String,
        /// SHA-256 of the file in hexadecimal.
        sha256: String,
        /// How the file became data.
        import: Box<ImportOptions>,
    },
}

impl Origin {
    /// The origin of data that were imported with these options.
    pub fn file(name: &str, sha256: &str, import: ImportOptions) -> Self {
        Self::File { name: name.to_owned(), sha256: sha256.to_owned(), import: Box::new(import) }
    }

    /// True for two imports of one file with the same options, whichever seed splits its rows: runs that are compared share their
    /// data, and each may have a seed of its own.
    pub fn shares_file_with(&self, other: &Self) -> bool {
        let seedless = |import: &ImportOptions| ImportOptions { seed: None, ..import.clone() };
        match (self, other) {
            (Self::File { sha256, import, .. }, Self::File { sha256: hash, import: options, .. }) => {
                sha256 == hash && seedless(import) == seedless(options)
            }
            _ => false,
        }
    }

    /// Name of the scene or file.
    pub fn name(&self) -> &str {
        match self {
            Self::Scene(scene) => &scene.name,
            Self::File { name, .. } => name,
        }
    }

    /// The scene of generated data.
    pub fn scene(&self) -> Option<&Scene> {
        match self {
            Self::Scene(scene) => Some(scene),
            Self::File { .. } => None,
        }
    }

    /// Training defaults for these data. Data from a file have unit scale, so σ² is a share of their variance; a batch is
    /// never larger than the training data.
    pub fn defaults(&self, samples: usize) -> TrainingDefaults {
        let defaults = match self {
            Self::Scene(scene) => scene.training.clone(),
            Self::File { .. } => TrainingDefaults { sigma2: 0.05, steps: 6000, ..TrainingDefaults::default() },
        };
        TrainingDefaults { batch: defaults.batch.min(samples), ..defaults }
    }
}

/// Configuration of a run. Data, initial weights, minibatches and noise follow from `seed`.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Source of the data.
    pub origin: Origin,
    /// Seed of everything random.
    pub seed: u64,
    /// Shape of the networks.
    pub architecture: Architecture,
    /// Objective at step 0.
    pub objective: Objective,
    /// Optimiser at step 0.
    pub optimizer: Optimizer,
    /// Threads per training step. Part of the configuration, because a minibatch that is cut is summed in another order.
    pub threads: usize,
    /// Planned number of steps, at the end of which the first cycle of the learning rate ends; see [`Schedule`](super::Schedule).
    /// `None` for runs of old versions, whose rate falls once, until step 4,000.
    pub cycle: Option<u64>,
}

/// Upper limit for threads per training step.
const MOST_THREADS: usize = 64;

/// Upper limit for the steps of a cycle.
const LONGEST_CYCLE: u64 = 1_000_000_000_000;

impl Config {
    /// Configuration with the defaults of the data. `samples` is the size of the training data.
    pub fn new(origin: Origin, seed: u64, samples: usize) -> Self {
        let defaults = origin.defaults(samples);
        Self {
            origin,
            seed,
            architecture: defaults.architecture(),
            objective: defaults.objective(),
            optimizer: Optimizer { kind: OptimizerKind::AdamEquivariant, lr: defaults.lr, batch: defaults.batch },
            threads: 1,
            cycle: Some(defaults.steps),
        }
    }

    /// The optimiser that suits the layers: L-BFGS for linear models of your data, whose principal axes differ in variance by any
    /// factor, so that no optimiser with minibatches reaches them all; not for networks, which it cannot train. Scenes are there to
    /// watch training and keep the one that they have.
    pub fn suited_optimizer(&self) -> OptimizerKind {
        match (self.architecture.is_linear(), &self.origin, self.optimizer.kind) {
            (true, Origin::File { .. }, _) => OptimizerKind::Lbfgs,
            (false, _, OptimizerKind::Lbfgs) => OptimizerKind::AdamEquivariant,
            (_, _, kind) => kind,
        }
    }

    /// The same configuration with the optimiser, the posterior factor and the schedule that an absent key means in files: those
    /// from before there were others.
    #[must_use]
    pub fn with_first_defaults(mut self) -> Self {
        self.architecture.factor = PosteriorFactor::default();
        self.optimizer.kind = OptimizerKind::default();
        self.cycle = None;
        self
    }

    /// Checks every value; the error names the first invalid one. `samples` is the size of the training data.
    ///
    /// # Errors
    /// If a value is outside its limits.
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
        self.cycle.map_or(Ok(()), |steps| within("cycle", steps, 1, LONGEST_CYCLE))?;
        can_train(self.optimizer.kind, &self.architecture)?;
        self.settings().validate(samples)
    }

    /// Settings at step 0.
    pub fn settings(&self) -> Settings {
        Settings { objective: self.objective, optimizer: self.optimizer }
    }

    /// Settings after all commands of `log`, which is in the order of its steps. `samples` is the size of the training
    /// data.
    ///
    /// # Errors
    /// If a command is invalid; the first one is named with its step.
    pub fn settings_after(&self, log: &[LoggedCommand], samples: usize) -> Result<Settings, InvalidSetting> {
        log.iter().try_fold(self.settings(), |settings, logged| {
            let settings = logged.command.applied_to(settings);
            let at = |e| InvalidSetting(format!("at step {}: {e}", logged.step));
            let valid = logged.command.check(&self.architecture).and_then(|()| settings.validate(samples));
            valid.map_err(at).map(|()| settings)
        })
    }
}
