//! A run that predictions are about, and what it led to.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::data::{Dataset, Scene, generate};
use crate::experiment::{Command, Config, Experiment, Metrics, Origin, Settings};
use crate::geometry::Rotation;
use crate::vae::{Covariance, Vae};

/// A scene at its own training defaults, but for what is said here.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRun {
    /// The scene.
    pub scene: Scene,
    /// The one source of randomness.
    pub seed: u64,
    /// The family of posteriors.
    pub covariance: Covariance,
    /// β.
    pub beta: f64,
    /// Degrees by which the latents are turned after the scene's number of steps; then [`CheckRun::STEPS_AFTER_ROTATION`] follow.
    pub rotate: Option<f64>,
}

/// What a job led to.
#[derive(Clone, Debug)]
pub struct CheckOutcome {
    /// The model at the end.
    pub vae: Vae<f64>,
    /// The model just after it was turned.
    pub rotated: Option<Vae<f64>>,
    /// The settings at the end.
    pub settings: Settings,
    /// The data.
    pub data: Arc<Dataset>,
    /// Measured on held-out data at the end.
    pub metrics: Metrics,
}

impl CheckRun {
    /// Steps after the latents were turned, in which a diagonal posterior finds back to the axes.
    pub const STEPS_AFTER_ROTATION: u64 = 3000;

    /// A scene as it is, with this family of posteriors and seed.
    pub fn new(scene: &Scene, covariance: Covariance, seed: u64) -> Self {
        Self { beta: scene.training.beta, scene: scene.clone(), seed, covariance, rotate: None }
    }

    /// The same for each of `seeds` seeds.
    pub fn seeds(scene: &Scene, covariance: Covariance, seeds: u64) -> Vec<Self> {
        (0..seeds).map(|seed| Self::new(scene, covariance, seed)).collect()
    }

    /// The same with another β.
    pub fn with_beta(self, beta: f64) -> Self {
        Self { beta, ..self }
    }

    /// The same, turned by these degrees when it has converged.
    pub fn rotated(self, degrees: f64) -> Self {
        Self { rotate: Some(degrees), ..self }
    }

    /// Generates the data, trains and measures. The same job leads to the same outcome, whenever and wherever.
    ///
    /// # Errors
    /// If the scene asks for what cannot be trained, or the run diverges.
    pub fn run(&self) -> Result<CheckOutcome, String> {
        let Self { scene, seed, covariance, beta, rotate } = self;
        let samples = scene.generator.samples;
        let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), *seed, samples);
        (config.objective.covariance, config.objective.beta) = (*covariance, *beta);
        let mut run = Experiment::new(config, Arc::new(generate(scene, *seed))).map_err(|e| e.to_string())?;
        advance(&mut run, scene.training.steps)?;
        let mut rotated = None;
        if let Some(degrees) = *rotate {
            let rotation = Rotation { degrees, plane: [0, 1] };
            run.apply(Command::Rotate(rotation)).map_err(|e| e.to_string())?;
            rotated = Some(run.state().vae.cast());
            advance(&mut run, Self::STEPS_AFTER_ROTATION)?;
        }
        let state = run.state();
        Ok(CheckOutcome {
            vae: state.vae.cast(),
            rotated,
            settings: state.settings,
            metrics: Metrics::measure(&state.vae, &state.settings, run.data(), *seed),
            data: Arc::clone(run.data()),
        })
    }
}

fn advance(run: &mut Experiment, steps: u64) -> Result<(), String> {
    let end = run.state().step + steps;
    let played = run.play_to(end, |_| ControlFlow::Continue(()));
    played.map(drop).map_err(|divergence| divergence.to_string())
}
