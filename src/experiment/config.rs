//! Configuration of a run at step 0. Together with the log of commands it repeats the run.

use super::command::{LoggedCommand, can_train, has_variance};
use super::opened_model::OpenedModel;
use super::settings::{InvalidSetting, LARGEST, Optimizer, Settings, within};
use crate::data::{Dataset, ImportOptions, Scene, TrainingDefaults};
use crate::geometry::Undefined;
use crate::nn::OptimizerKind;
use crate::vae::{Architecture, Likelihood, Objective, PosteriorFactor};

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
        /// Import options.
        import: Box<ImportOptions>,
    },
    /// No data: a model from a file, with samples of itself.
    Model(Box<OpenedModel>),
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
            Self::Model(model) => &model.name,
        }
    }

    /// The scene of generated data.
    pub fn scene(&self) -> Option<&Scene> {
        match self {
            Self::Scene(scene) => Some(scene),
            Self::File { .. } | Self::Model(_) => None,
        }
    }

    /// The model from a file.
    pub fn model(&self) -> Option<&OpenedModel> {
        match self {
            Self::Model(model) => Some(model),
            Self::Scene(_) | Self::File { .. } => None,
        }
    }

    /// Training defaults for these data. Data from a file have unit scale, so σ² is a share of their variance; a batch is
    /// never larger than the training data.
    pub fn defaults(&self, samples: usize) -> TrainingDefaults {
        let defaults = match self {
            Self::Scene(scene) => scene.training.clone(),
            Self::File { .. } => TrainingDefaults { sigma2: 0.05, steps: 6000, ..TrainingDefaults::default() },
            // No file says β and σ²: β = 0 leaves undefined what depends on them.
            Self::Model(model) => TrainingDefaults {
                beta: 0.0,
                sigma2: 1.0,
                covariance: model.vae.covariance,
                steps: 1,
                ..TrainingDefaults::default()
            },
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
        let own = origin.model().map(|model| model.vae.architecture.clone());
        Self {
            origin,
            seed,
            architecture: own.unwrap_or_else(|| defaults.architecture()),
            objective: defaults.objective(),
            optimizer: Optimizer { kind: OptimizerKind::AdamEquivariant, lr: defaults.lr, batch: defaults.batch },
            threads: 1,
            cycle: Some(defaults.steps),
        }
    }

    /// The optimiser that suits the layers: L-BFGS for linear models of your data with a Gaussian likelihood, a fixed σ² and β KL, whose principal axes differ in variance by any
    /// factor, so that no optimiser with minibatches reaches them all; not for networks, which it cannot train. Scenes are there to
    /// watch training and keep the one that they have.
    pub fn suited_optimizer(&self) -> OptimizerKind {
        let architecture = &self.architecture;
        let Objective { regularizer, learns_sigma2, .. } = self.objective;
        let has_closed_forms = architecture.has_closed_forms() && regularizer.is_kl() && !learns_sigma2;
        match (architecture.is_linear() && has_closed_forms, &self.origin, self.optimizer.kind) {
            (true, Origin::File { .. }, _) => OptimizerKind::Lbfgs,
            (false, _, OptimizerKind::Lbfgs) => OptimizerKind::AdamEquivariant,
            (_, _, kind) => kind,
        }
    }

    /// Replaces the likelihood. σ² becomes 1 for Bernoulli variables, which have none, and that of the data's defaults for a Gaussian;
    /// L-BFGS gives way where it does not suit.
    pub fn set_likelihood(&mut self, likelihood: Likelihood) {
        if self.architecture.likelihood == likelihood {
            return;
        }
        self.architecture.likelihood = likelihood;
        self.objective.sigma2 = self.default_sigma2();
        self.objective.learns_sigma2 = self.default_learns_sigma2();
        self.fit_likelihood();
    }

    /// True with these settings for a model whose file says neither β nor σ², until they are set. β is 0 then, which means that
    /// nothing that depends on b is measured.
    pub fn lacks_objective(&self, settings: &Settings) -> bool {
        self.origin.model().is_some() && settings.objective.beta == 0.0
    }

    /// The reason why numbers that rest on b = βσ² are undefined with these settings, if they are.
    pub fn without_b(&self, settings: &Settings) -> Option<Undefined> {
        if self.lacks_objective(settings) { Some(Undefined::NoObjective) } else { settings.without_b() }
    }

    /// σ² of the data's defaults; 1 for a Bernoulli likelihood.
    pub fn default_sigma2(&self) -> f64 {
        match self.architecture.likelihood {
            Likelihood::Gaussian => self.origin.defaults(usize::MAX).sigma2,
            Likelihood::Bernoulli => 1.0,
        }
    }

    /// True if the data's defaults learn σ²; never for a Bernoulli likelihood.
    pub fn default_learns_sigma2(&self) -> bool {
        self.architecture.likelihood == Likelihood::Gaussian && self.origin.defaults(usize::MAX).learns_sigma2
    }

    /// Makes σ² and the optimiser suit a Bernoulli likelihood, after they were taken from elsewhere.
    pub fn fit_likelihood(&mut self) {
        if self.architecture.likelihood == Likelihood::Bernoulli {
            (self.objective.sigma2, self.objective.learns_sigma2) = (1.0, false);
            if can_train(self.optimizer.kind, &self.architecture).is_err() {
                self.optimizer.kind = OptimizerKind::AdamEquivariant;
            }
        }
    }

    /// Checks that the data suit the likelihood.
    ///
    /// # Errors
    /// If an observation lies outside of [0, 1] with a Bernoulli likelihood: what, where, and what to do.
    pub fn suits(&self, data: &Dataset) -> Result<(), InvalidSetting> {
        if self.architecture.likelihood == Likelihood::Gaussian {
            return Ok(());
        }
        let rows = data.data_dim().max(1);
        let values =
            [&data.train, &data.test].into_iter().flat_map(|split| split.observations.as_slice().iter().enumerate());
        let Some((at, value)) = values.into_iter().find(|(_, x)| !(0.0..=1.0).contains(*x)) else { return Ok(()) };
        let name = data.observation_names.get(at % rows).map_or_else(|| format!("x{}", at % rows + 1), Clone::clone);
        let remedy = match self.origin {
            Origin::Scene(_) | Origin::Model(_) => "use the Gaussian likelihood here",
            Origin::File { .. } => "use --scale none for a table of values in [0, 1], or the Gaussian likelihood",
        };
        Err(InvalidSetting(format!(
            "likelihood = bernoulli needs observations in [0, 1], but {name} has the value {value} after its preparation; {remedy}"
        )))
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
        let decoder = self.architecture.decoder_widths();
        if decoder.len() > 8 {
            return Err(InvalidSetting(format!(
                "decoder: {} hidden layers are more than the 8 that are allowed",
                decoder.len()
            )));
        }
        decoder.iter().try_for_each(|width| within("decoder: hidden", *width, 1, LARGEST))?;
        within("threads", self.threads, 1, MOST_THREADS)?;
        self.cycle.map_or(Ok(()), |steps| within("cycle", steps, 1, LONGEST_CYCLE))?;
        can_train(self.optimizer.kind, &self.architecture)?;
        let Objective { sigma2, learns_sigma2, .. } = self.objective;
        has_variance(&self.architecture, (!learns_sigma2).then_some(sigma2))?;
        self.settings().check_regularizer(&self.architecture, self.threads)?;
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
            let valid = valid.and_then(|()| settings.check_regularizer(&self.architecture, self.threads));
            valid.map_err(at).map(|()| settings)
        })
    }
}
