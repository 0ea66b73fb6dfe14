//! Snapshot of a run after some step. It never changes, and making it does not change the run.

use std::sync::Arc;

use super::collapse_jump::CollapseJump;
use super::command::{Command, LoggedCommand};
use super::config::Config;
use super::factor_score::FactorScore;
use super::history::Row;
use super::measure::{FactorCorrelation, HeldOut, encodings, mcc_ceiling, measured_observations};
use super::run::Experiment;
use super::schedule::Schedule;
use super::scored_codes::HistoryScores;
use super::settings::Settings;
use super::trend::Convergence;
use crate::data::Dataset;
use crate::geometry::{GeometryMetrics, Measured, Rotation, Undefined};
use crate::linalg::Matrix;
use crate::ppca::LinearOptimum;
use crate::vae::{Posterior, Vae};

/// Run after some step, with everything that views draw.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Configuration at step 0.
    pub config: Arc<Config>,
    /// Training and held-out data.
    pub data: Arc<Dataset>,
    /// Commands that took effect.
    pub log: Vec<LoggedCommand>,
    /// Rows of the history, oldest first.
    pub history: Vec<Arc<Row>>,
    /// Steps made.
    pub step: u64,
    /// Settings in force.
    pub settings: Settings,
    /// Schedule of the learning rate; that after the last command for a run that was read and not repeated.
    pub schedule: Schedule,
    /// Model.
    pub vae: Vae<f32>,
    /// Outputs of the encoder for the first held-out observations.
    pub encodings: Matrix<f32>,
    /// Geometry at the first held-out posterior means, as in the history.
    pub geometry: GeometryMetrics,
    /// Correlations of the same posterior means with the true factors, if known.
    pub correlation: Option<FactorCorrelation>,
    /// Scores of the same posterior means against the true factors.
    pub factor_scores: Result<HistoryScores, Undefined>,
    /// Optimum on the training data; only for linear decoders with a Gaussian likelihood, and data of not too many dimensions.
    pub optimum_training: Option<LinearOptimum>,
    /// The last jump of b past the collapse of a direction; `None` where the optimum does not depend on the path, as with linear decoders.
    pub collapse_jump: Option<CollapseJump>,
}

impl Snapshot {
    /// Held-out observations encoded for every snapshot.
    pub const ENCODED: usize = 2000;

    /// Snapshot of a run at its current step.
    pub fn of(run: &Experiment) -> Self {
        let (config, data) = (Arc::clone(run.config()), Arc::clone(run.data()));
        let (log, history) = (run.log().to_vec(), run.history().rows().to_vec());
        let state = run.state();
        let snapshot = Self::new(config, data, log, history, state.step, (state.vae.clone(), state.settings), || {
            run.eigenvalues().map(<[f64]>::to_vec)
        });
        Self { schedule: state.schedule, ..snapshot }
    }

    /// Snapshot of a running or saved run: its model after `step` steps and the commands of `log`, with the settings in force; `eigenvalues`
    /// are those of the covariance of the training data, asked for if the decoder is linear or b has jumped.
    pub fn new(
        config: Arc<Config>,
        data: Arc<Dataset>,
        log: Vec<LoggedCommand>,
        history: Vec<Arc<Row>>,
        step: u64,
        (vae, settings): (Vae<f32>, Settings),
        eigenvalues: impl FnOnce() -> Option<Vec<f64>>,
    ) -> Self {
        let encodings = encodings(&vae, &data.test, Self::ENCODED.min(data.test.samples()));
        let HeldOut { geometry, correlation, scores: factor_scores, .. } = HeldOut::new(&vae, &data, &settings, true);
        let geometry = match config.without_b(&settings) {
            Some(why) => geometry.without_b(why),
            None => geometry,
        };
        let (m, is_trained) = (vae.latent_dim(), config.origin.model().is_none());
        let (optimum_training, collapse_jump) = match vae.architecture.has_closed_forms() {
            _ if !is_trained || !settings.objective.regularizer.is_kl() => (None, None),
            true => (eigenvalues().map(|values| LinearOptimum::of_eigenvalues(&values, m, &settings.objective)), None),
            false => (None, CollapseJump::find(config.settings(), &log, m, eigenvalues)),
        };
        Self {
            optimum_training,
            collapse_jump,
            geometry,
            correlation,
            factor_scores,
            schedule: log.iter().fold(Schedule::new(config.cycle), |schedule, logged| schedule.changed(logged)),
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

    /// The same with the latents of decoder and posteriors rotated, to be looked at: the numbers stay those of the run.
    #[must_use]
    pub fn rotated(&self, rotation: &Rotation) -> Self {
        let mut rotated = self.clone();
        rotation.rotate_decoder(&mut rotated.vae);
        for i in 0..rotated.encodings.columns() {
            rotation.rotate_encoding(&self.vae, rotated.encodings.column_mut(i));
        }
        rotated
    }

    /// Convergence: verdict and trend.
    pub fn convergence(&self) -> Convergence {
        Convergence::of(&self.history, &self.schedule)
    }

    /// The newest row of the history, unless the latents were rotated after it: it tells of the model before.
    pub fn newest_row(&self) -> Option<&Row> {
        let rotation = self.log.iter().rfind(|logged| matches!(logged.command, Command::Rotate(_)));
        let is_newer = |row: &&Row| rotation.is_none_or(|rotation| row.step > rotation.step);
        self.history.last().map(Arc::as_ref).filter(is_newer)
    }

    /// Learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.settings.optimizer.lr * self.schedule.share(self.step)
    }

    /// m, the number of latents.
    pub fn latent_dim(&self) -> usize {
        self.vae.latent_dim()
    }

    /// n, the dimension of the data.
    pub fn data_dim(&self) -> usize {
        self.vae.data_dim()
    }

    /// Posterior mean of encoded observation `i`.
    pub fn mean(&self, i: usize) -> &[f32] {
        &self.encodings.column(i)[..self.latent_dim()]
    }

    /// Posterior of encoded observation `i`.
    pub fn posterior(&self, i: usize) -> Posterior {
        let encoding: Vec<f64> = self.encodings.column(i).iter().map(|x| f64::from(*x)).collect();
        self.vae.posterior(&encoding)
    }

    /// Mean correlation coefficient with the true factors, if they are known and a latent is active.
    pub fn mcc(&self) -> Measured {
        let reason = if self.vae.has_encoder { Undefined::NoTrueFactors } else { Undefined::NoEncoder };
        self.correlation.as_ref().ok_or(reason)?.mcc(&self.geometry.active)
    }

    /// A score of [`FactorScore::IN_HISTORY`] at the observations of the history, if the true factors are known and a latent is active.
    pub fn factor_score(&self, score: FactorScore) -> Measured {
        let scores = self.factor_scores?;
        let place = FactorScore::IN_HISTORY.iter().position(|other| *other == score);
        place.map_or(Err(Undefined::NotYet), |place| scores[place].map_err(Undefined::Score))
    }

    /// Held-out observations at which the geometry and the correlations are measured, those of the rows of the history.
    pub fn measured_observations(&self) -> usize {
        measured_observations(&self.vae, &self.data)
    }

    /// Ceiling of the MCC under the noise of the data, on the training data.
    pub fn mcc_ceiling(&self) -> Measured {
        mcc_ceiling(&self.config, self.optimum_training.as_ref())
    }
}
