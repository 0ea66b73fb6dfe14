//! Runs that predictions are about, and their outcomes.

use std::sync::Arc;

use crate::data::{Dataset, Scene, generate};
use crate::experiment::{Command, Config, Experiment, Metrics, Origin, Settings};
use crate::geometry::Rotation;
use crate::nn::OptimizerKind;
use crate::vae::{Covariance, PosteriorFactor, Vae};

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
    /// β of the scene's number of steps before, if another: the run is then raised to `beta` and makes as many steps again.
    pub raised_from: Option<f64>,
    /// Degrees by which the latents are rotated after the scene's number of steps;
    /// [`CheckRun::STEPS_AFTER_ROTATION`] more steps follow.
    pub rotate: Option<f64>,
    /// Optimiser and parametrisation of full covariances.
    pub training: (OptimizerKind, PosteriorFactor),
    /// Plateaus of the learning rate before the scene's number of steps: the schedule starts anew after each.
    pub plateaus: u64,
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
    /// Steps after a rotation, enough for a diagonal posterior to return to the axes.
    pub const STEPS_AFTER_ROTATION: u64 = 3000;

    /// Steps from a start of the schedule to the end of its plateau.
    pub const PLATEAU: u64 = 1500;

    /// Run with the scene's β and without rotation.
    pub fn new(scene: &Scene, covariance: Covariance, seed: u64) -> Self {
        let training = (OptimizerKind::default(), PosteriorFactor::default());
        let beta = scene.training.beta;
        Self { scene: scene.clone(), seed, covariance, beta, raised_from: None, rotate: None, training, plateaus: 0 }
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

    /// The same run with a rotation after its convergence.
    pub fn rotated(self, degrees: f64) -> Self {
        Self { rotate: Some(degrees), ..self }
    }

    /// The same run with another optimiser and factor, and the whole learning rate for some plateaus before.
    pub fn trained_by(self, kind: OptimizerKind, factor: PosteriorFactor, plateaus: u64) -> Self {
        Self { training: (kind, factor), plateaus, ..self }
    }

    /// Generates the data, trains and measures. A pure function of the run.
    ///
    /// # Errors
    /// If the scene has invalid training defaults, or the run diverges.
    pub fn run(&self) -> Result<CheckOutcome, String> {
        let Self { scene, seed, covariance, beta, raised_from, rotate, training, plateaus } = self;
        let samples = scene.generator.samples;
        let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), *seed, samples);
        (config.objective.covariance, config.objective.beta) = (*covariance, raised_from.unwrap_or(*beta));
        (config.optimizer.kind, config.architecture.factor) = *training;
        let mut run = Experiment::new(config, Arc::new(generate(scene, *seed))).map_err(|e| e.to_string())?;
        if raised_from.is_some() {
            run.advance(scene.training.steps).map_err(|e| e.to_string())?;
            run.apply(Command::Beta(*beta)).map_err(|e| e.to_string())?;
        }
        hold_rate(&mut run, *plateaus)?;
        run.advance(scene.training.steps).map_err(|e| e.to_string())?;
        let mut rotated = None;
        if let Some(degrees) = *rotate {
            let rotation = Rotation { degrees, plane: [0, 1] };
            run.apply(Command::Rotate(rotation)).map_err(|e| e.to_string())?;
            rotated = Some(run.state().vae.cast());
            run.advance(Self::STEPS_AFTER_ROTATION).map_err(|e| e.to_string())?;
        }
        let state = run.state();
        Ok(CheckOutcome {
            vae: state.vae.cast(),
            rotated,
            settings: state.settings,
            metrics: Metrics::measure(&state.vae, &state.settings, run.data(), run.config()),
            data: Arc::clone(run.data()),
        })
    }
}

/// Makes the steps of some plateaus at the whole learning rate, after which the schedule starts anew.
pub(super) fn hold_rate(run: &mut Experiment, plateaus: u64) -> Result<(), String> {
    let lr = run.state().settings.optimizer.lr;
    for plateau in 0..plateaus {
        run.advance(CheckRun::PLATEAU).map_err(|e| e.to_string())?;
        // Any change of a setting starts the schedule anew; this one is too small to matter.
        let other = if plateau % 2 == 0 { lr * (1.0 + 1e-9) } else { lr };
        run.apply(Command::Lr(other)).map_err(|e| e.to_string())?;
    }
    Ok(())
}
