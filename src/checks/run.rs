//! Runs that predictions are about, and their outcomes.

use std::sync::Arc;

use crate::data::{Dataset, Scene, generate};
use crate::experiment::{Command, Config, Experiment, Metrics, Origin, Settings};
use crate::geometry::Rotation;
use crate::nn::OptimizerKind;
use crate::vae::{Covariance, PosteriorFactor, Regularizer, Vae};

/// Consecutive seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The first one.
    pub first: u64,
    /// Their number.
    pub count: u64,
}

impl Seeds {
    /// The first of them, at most `count`.
    pub fn at_most(self, count: u64) -> Self {
        Self { count: self.count.min(count), ..self }
    }

    /// Each of them.
    pub fn each(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |k| self.first.saturating_add(k))
    }
}

/// Run of a scene with its training defaults, except for these fields.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRun {
    /// Scene.
    pub scene: Scene,
    /// Seed of everything random.
    pub seed: u64,
    /// Family of posteriors.
    pub covariance: Covariance,
    /// β.
    pub beta: f64,
    /// Steps, in one cycle of the learning rate.
    pub steps: u64,
    /// β of as many steps before, if another.
    pub raised_from: Option<f64>,
    /// Regulariser of as many steps before, if another.
    pub begun_with: Option<Regularizer>,
    /// Degrees by which the latents are then rotated; as many steps follow, in another cycle.
    pub rotate: Option<f64>,
    /// Optimiser and parametrisation of full covariances.
    pub training: (OptimizerKind, PosteriorFactor),
}

/// Outcome of a run.
#[derive(Clone, Debug)]
pub struct CheckOutcome {
    /// Model at the end.
    pub vae: Vae<f64>,
    /// Model just after its rotation.
    pub rotated: Option<Vae<f64>>,
    /// Settings at the end.
    pub settings: Settings,
    /// Training and held-out data.
    pub data: Arc<Dataset>,
    /// Metrics at the end.
    pub metrics: Metrics,
}

impl CheckRun {
    /// Run with the scene's β and steps, without rotation.
    pub fn new(scene: &Scene, covariance: Covariance, seed: u64) -> Self {
        let training = (OptimizerKind::AdamEquivariant, PosteriorFactor::Exponential);
        let (beta, steps) = (scene.training.beta, scene.training.steps);
        Self {
            scene: scene.clone(),
            seed,
            covariance,
            beta,
            steps,
            raised_from: None,
            begun_with: None,
            rotate: None,
            training,
        }
    }

    /// [`Self::new`] for each seed.
    pub fn seeds(scene: &Scene, covariance: Covariance, seeds: Seeds) -> Vec<Self> {
        seeds.each().map(|seed| Self::new(scene, covariance, seed)).collect()
    }

    /// The same run with another β.
    pub fn with_beta(self, beta: f64) -> Self {
        Self { beta, ..self }
    }

    /// The same run, trained at another β first.
    pub fn raised_from(self, beta: f64) -> Self {
        Self { raised_from: Some(beta), ..self }
    }

    /// The same run, trained with another regulariser first.
    pub fn begun_with(self, regularizer: Regularizer) -> Self {
        Self { begun_with: Some(regularizer), ..self }
    }

    /// The same run with a rotation after its convergence.
    pub fn rotated(self, degrees: f64) -> Self {
        Self { rotate: Some(degrees), ..self }
    }

    /// The same run with another optimiser, factor and number of steps.
    pub fn trained_by(self, kind: OptimizerKind, factor: PosteriorFactor, steps: u64) -> Self {
        Self { training: (kind, factor), steps, ..self }
    }

    /// Generates the data, trains and measures. A pure function of the run.
    ///
    /// # Errors
    /// If the scene has invalid training defaults, or the run diverges.
    pub fn run(&self) -> Result<CheckOutcome, String> {
        let Self { scene, seed, covariance, beta, steps, raised_from, begun_with, rotate, training } = self;
        let samples = scene.generator.samples;
        let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), *seed, samples);
        (config.objective.covariance, config.objective.beta) = (*covariance, raised_from.unwrap_or(*beta));
        (config.optimizer.kind, config.architecture.factor) = *training;
        config.objective.regularizer = begun_with.unwrap_or(scene.training.regularizer);
        config.cycle = Some(*steps);
        let mut run = Experiment::new(config, Arc::new(generate(scene, *seed))).map_err(|e| e.to_string())?;
        run.advance(*steps).map_err(|e| e.to_string())?;
        if raised_from.is_some() {
            run.apply(Command::Beta(*beta)).map_err(|e| e.to_string())?;
            run.advance(*steps).map_err(|e| e.to_string())?;
        }
        if begun_with.is_some() {
            run.apply(Command::Regularizer(scene.training.regularizer)).map_err(|e| e.to_string())?;
            run.advance(*steps).map_err(|e| e.to_string())?;
        }
        let mut rotated = None;
        if let Some(degrees) = *rotate {
            let rotation = Rotation { degrees, plane: [0, 1] };
            run.apply(Command::Rotate(rotation)).map_err(|e| e.to_string())?;
            rotated = Some(run.state().vae.cast());
            run.advance(*steps).map_err(|e| e.to_string())?;
        }
        Ok(CheckOutcome { rotated, ..CheckOutcome::of(&run) })
    }
}

impl CheckOutcome {
    /// Outcome of a run as it is now; nothing is known of rotations.
    pub fn of(run: &Experiment) -> Self {
        let state = run.state();
        Self {
            vae: state.vae.cast(),
            rotated: None,
            settings: state.settings,
            metrics: Metrics::measure(&state.vae, &state.settings, run.data(), run.config()),
            data: Arc::clone(run.data()),
        }
    }
}
