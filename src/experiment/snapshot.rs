//! What can be seen of a run at one moment. Once made it never changes, and making it changes nothing.

use std::sync::Arc;

use nalgebra::DMatrix;

use super::run::probe;
use super::{Config, Experiment, LoggedCommand, Row, Schedule, Settings, is_linear};
use crate::data::{Dataset, GroundTruthMap};
use crate::geometry::GeometryMetrics;
use crate::linalg::Matrix;
use crate::ppca::LinearOptimum;
use crate::stats::{cross_correlation, mean_correlation_coefficient, moments};
use crate::vae::{Posterior, Vae};

/// Held-out observations that are encoded for every snapshot.
const ENCODED: usize = 2000;

/// Held-out observations at which every snapshot measures the geometry.
const PROBED: usize = 256;

/// A moment of a run, with everything that views draw from.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What the run started from.
    pub config: Arc<Config>,
    /// The data it is trained and tested on.
    pub data: Arc<Dataset>,
    /// What was changed on the way.
    pub log: Vec<LoggedCommand>,
    /// What it has been through.
    pub history: Vec<Arc<Row>>,
    /// Steps made.
    pub step: u64,
    /// Settings in force.
    pub settings: Settings,
    /// The learning rate of the next step.
    pub learning_rate: f64,
    /// The model.
    pub vae: Vae<f32>,
    /// The encoder's outputs for the first held-out observations.
    pub encodings: Matrix<f32>,
    /// The geometry at the first held-out posterior means.
    pub geometry: GeometryMetrics,
    /// Correlation of each latent's posterior mean with each true factor, if those are known.
    pub correlation: Option<DMatrix<f64>>,
    /// The best that a linear decoder can do on the training data; only for linear decoders.
    pub optimum: Option<LinearOptimum>,
}

/// What a snapshot is made from.
#[derive(Clone, Debug)]
pub struct Moment {
    /// What the run started from.
    pub config: Arc<Config>,
    /// Its data.
    pub data: Arc<Dataset>,
    /// What was changed on the way.
    pub log: Vec<LoggedCommand>,
    /// What it has been through.
    pub history: Vec<Arc<Row>>,
    /// Steps made.
    pub step: u64,
    /// Settings in force.
    pub settings: Settings,
    /// The model.
    pub vae: Vae<f32>,
    /// The covariance of the training data.
    pub covariance: Arc<DMatrix<f64>>,
}

impl Snapshot {
    /// Looks at a run.
    pub fn of(run: &Experiment) -> Self {
        let state = run.state();
        Self::new(Moment {
            config: Arc::clone(run.config()),
            data: Arc::clone(run.data()),
            log: run.log().to_vec(),
            history: run.history().rows().to_vec(),
            step: state.step,
            settings: state.settings,
            vae: state.vae.clone(),
            covariance: Arc::clone(run.covariance()),
        })
    }

    /// Looks at a moment of a run, living or saved.
    pub fn new(moment: Moment) -> Self {
        let Moment { config, data, log, history, step, settings, vae, covariance } = moment;
        let observations = &data.test.observations;
        let encodings = vae.encode(&observations.select_columns(0..ENCODED.min(observations.columns())));
        let factors = data.test.factors.as_ref();
        Self {
            correlation: factors.map(|factors| correlate(&encodings, factors, vae.latent_dim())),
            optimum: is_linear(&vae.architecture)
                .then(|| LinearOptimum::new(&covariance, vae.latent_dim(), &settings.objective)),
            geometry: probe(&vae, &data, &settings, PROBED, true),
            learning_rate: settings.optimizer.lr * Schedule::after(&log).share(step),
            encodings,
            config,
            data,
            log,
            history,
            step,
            settings,
            vae,
        }
    }

    /// m.
    pub fn latent_dim(&self) -> usize {
        self.vae.latent_dim()
    }

    /// n.
    pub fn data_dim(&self) -> usize {
        self.vae.data_dim()
    }

    /// The posterior mean of encoded observation `i`.
    pub fn mean(&self, i: usize) -> &[f32] {
        &self.encodings.column(i)[..self.latent_dim()]
    }

    /// The posterior of encoded observation `i`.
    pub fn posterior(&self, i: usize) -> Posterior {
        let encoding: Vec<f64> = self.encodings.column(i).iter().map(|x| f64::from(*x)).collect();
        Posterior::from_encoding(&encoding, self.latent_dim())
    }

    /// Mean correlation coefficient with the true factors, if those are known.
    pub fn mcc(&self) -> Option<f64> {
        self.correlation.as_ref().map(|c| mean_correlation_coefficient(c).0)
    }

    /// The mean correlation coefficient at the linear optimum of linear data: the mean over the factors of √(1 − v/λᵢ), with λᵢ
    /// the variance of the data along a factor and v that of the noise, and 0 for a factor whose latent has collapsed (λᵢ ≤ b).
    pub fn mcc_ceiling(&self) -> Option<f64> {
        let scene = self.config.origin.scene()?;
        let optimum = self.optimum.as_ref()?;
        matches!(scene.truth()?, GroundTruthMap::Linear { .. }).then(|| {
            let active = optimum.eigenvalues.iter().take(optimum.active);
            let correlations = active.map(|lambda| (1.0 - scene.noise_variance() / lambda).max(0.0).sqrt());
            correlations.sum::<f64>() / self.data.factor_count() as f64
        })
    }
}

/// The correlation of the first `m` rows of `encodings` with the rows of `factors`, over the samples that both have.
pub(super) fn correlate(encodings: &Matrix<f32>, factors: &Matrix<f32>, m: usize) -> DMatrix<f64> {
    let joint: Vec<f64> = encodings
        .iter_columns()
        .zip(factors.iter_columns())
        .flat_map(|(code, factors)| code[..m].iter().chain(factors).map(|x| f64::from(*x)))
        .collect();
    let width = m + factors.rows();
    cross_correlation(&moments(joint.chunks_exact(width), width).1, m)
}
