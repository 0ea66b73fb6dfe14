//! Measurements on held-out data for the rows of the history, snapshots and final metrics.

use std::borrow::Borrow;

use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution as _, StandardNormal};

use super::config::Config;
use super::history::Row;
use super::reconstruction::controlled_loss;
use super::scored_codes::{HistoryScores, ScoredCodes, scored_factors};
use super::settings::Settings;
use super::state::State;
use crate::data::{Dataset, GroundTruthMap, Split};
use crate::geometry::{GeometryMetrics, Jets, Measured, Order, Undefined, chance_mcc};
use crate::linalg::{Matrix, Real};
use crate::ppca::LinearOptimum;
use crate::rng::{Purpose, stream};
use crate::stats::{correlation, mean_correlation_coefficient, moments};
use crate::vae::{Decomposition, Elbo, Likelihood, Objective, Posterior, Vae};

/// Held-out observations at which rows of the history and snapshots are measured: the first ones, so that window and file show
/// the same numbers. Fewer for a large model.
pub(super) fn measured_observations(vae: &Vae<f32>, data: &Dataset) -> usize {
    let most = if is_large(vae) { 128 } else { 256 };
    data.test.observations.columns().min(most)
}

/// Steps between rows of the history. With it a row costs a few per cent of these steps at most.
pub(super) fn row_interval(vae: &Vae<f32>) -> u64 {
    if is_large(vae) { 200 } else { 40 }
}

/// Held-out samples whose log q(z) is in a row of the history: each takes a sum over all posteriors, so that more would cost a
/// good part of the steps between two rows.
const DECOMPOSED: usize = 64;

/// Place of the noise of held-out objectives among the random numbers of an analysis.
const NOISE: u64 = 2 << 32;

/// Row of the history for `state` of a run with this seed; `mean` is the ELBO averaged over the steps since the previous row.
pub(super) fn measure_row(state: &State, data: &Dataset, mean: Elbo, seed: u64) -> Row {
    let State { step, settings, vae, .. } = state;
    // Second derivatives of many latents cost too much.
    let probe = HeldOut::new(vae, data, settings, vae.latent_dim() <= 3);
    let number = |measured: Measured| measured.unwrap_or(f64::NAN);
    let noise = probe.noise(vae, seed);
    let mut test = probe.objective(vae, &settings.objective, &noise);
    let few = &noise[..if vae.is_deterministic { 0 } else { noise.len().min(DECOMPOSED) }];
    let decomposition = Decomposition::estimate(&probe.posteriors, vae.prior, few);
    let Objective { regularizer, beta, .. } = settings.objective.at(*step);
    test.regularizer =
        regularizer.value(beta, test.kl(), || decomposition, || vae.discriminated(&probe.posteriors, &noise));
    let HeldOut { geometry, correlation, scores, .. } = probe;
    Row {
        step: *step,
        elbo: mean.objective(settings.objective.beta),
        reconstruction: mean.reconstruction,
        kl_per_dim: mean.kl_per_dim,
        discriminator_loss: mean.discriminator_loss.unwrap_or(f64::NAN),
        settings: *settings,
        ima_contrast: number(geometry.ima_contrast),
        beta_gap: number(geometry.beta_gap),
        dto: number(geometry.dto),
        c2_residual: number(geometry.c2_residual),
        posterior_error: number(geometry.posterior_error),
        active_units: geometry.active_units,
        off_diagonal_mass: number(geometry.off_diagonal_mass),
        mcc: number(correlation.ok_or(Undefined::NoTrueFactors).and_then(|c| c.mcc(&geometry.active))),
        elbo_test: test.objective(settings.objective.beta),
        reconstruction_test: test.reconstruction,
        kl_test: test.kl(),
        decomposition,
        factor_scores: scores.map_or([f64::NAN; _], |scores| scores.map(|score| score.unwrap_or(f64::NAN))),
    }
}

/// True for a model whose Jacobians, or the m³ of their singular values, are so costly that rows must be fewer and
/// measure less.
fn is_large(vae: &Vae<f32>) -> bool {
    vae.parameters.len() >= 20_000 || vae.latent_dim() >= 8
}

/// Measurements at the posterior means of [`measured_observations`].
pub(super) struct HeldOut {
    observations: Matrix<f32>,
    posteriors: Vec<Posterior>,
    /// Of the decoder's output η.
    jets: Jets<f32>,
    /// Geometry.
    pub(super) geometry: GeometryMetrics,
    /// Correlations with the true factors, if known.
    pub(super) correlation: Option<FactorCorrelation>,
    /// Scores of the active latents against the true factors.
    pub(super) scores: Result<HistoryScores, Undefined>,
}

/// Outputs of the encoder for the first `count` observations. Without an encoder, those of N(z, I) at the latents z that the
/// observations were decoded from.
pub(super) fn encodings(vae: &Vae<f32>, split: &Split, count: usize) -> Matrix<f32> {
    match &split.factors {
        Some(z) if !vae.has_encoder => {
            let m = vae.latent_dim();
            Matrix::from_fn(vae.head().outputs, count, |r, c| if r < m { z[(r, c)] } else { 0.0 })
        }
        _ => vae.encode(&split.observations.select_columns(0..count)),
    }
}

/// Observations that are encoded at once.
const PIECE: usize = 1024;

/// Posteriors of the first `count` observations. Without an encoder, N(z, I) at the latents z that they were decoded from: only the
/// mean means anything.
pub fn posteriors(vae: &Vae<f64>, split: &Split, count: usize) -> Vec<Posterior> {
    match &split.factors {
        Some(z) if !vae.has_encoder => {
            let m = vae.latent_dim();
            let at = |z: &[f32]| DVector::from_iterator(m, z.iter().map(|z| f64::from(*z)));
            let q = |z: &[f32]| Posterior { mean: at(z), factor: DMatrix::identity(m, m) };
            z.iter_columns().take(count).map(q).collect()
        }
        // In double precision in pieces: all of a large file would be a copy twice its size.
        _ => {
            let piece =
                |start: usize| split.observations.select_columns(start..(start + PIECE).min(count)).map(f64::from);
            (0..count).step_by(PIECE).flat_map(|start| vae.posteriors(&piece(start))).collect()
        }
    }
}

impl HeldOut {
    pub(super) fn new(vae: &Vae<f32>, data: &Dataset, settings: &Settings, second_order: bool) -> Self {
        let count = measured_observations(vae, data);
        let observations = data.test.observations.select_columns(0..count);
        let encodings = encodings(vae, &data.test, count);
        let posterior = |column: &[f32]| vae.posterior(&column.iter().map(|x| f64::from(*x)).collect::<Vec<_>>());
        let posteriors: Vec<Posterior> = encodings.iter_columns().map(posterior).collect();
        let factors = data.test.factors.as_ref().filter(|_| vae.has_encoder);
        let correlation = factors.map(|factors| FactorCorrelation::new(&encodings, factors, vae.latent_dim()));
        // The objective needs the first derivatives of all.
        let whole = piece_length(vae, second_order) >= posteriors.len();
        let jets = jets_at(vae, &posteriors, second_order && whole);
        let geometry = if !whole && second_order {
            summarise(vae, &posteriors, settings, true)
        } else {
            match vae.likelihood() {
                Likelihood::Gaussian => geometry_of(vae, [&jets], &posteriors, settings),
                Likelihood::Bernoulli => {
                    geometry_of(vae, [jets.clone().into_fisher(vae.likelihood())], &posteriors, settings)
                }
            }
        };
        let scores = history_scores(vae, data, &encodings, &geometry.active);
        Self { observations, posteriors, jets, geometry, correlation, scores }
    }

    /// ε (m) of each observation, the same at every step of a run.
    fn noise(&self, vae: &Vae<f32>, seed: u64) -> Vec<DVector<f64>> {
        let mut rng = stream(seed, Purpose::Analysis, NOISE);
        let m = vae.latent_dim();
        self.posteriors.iter().map(|_| DVector::from_fn(m, |_, _| StandardNormal.sample(&mut rng))).collect()
    }

    /// Objective of these observations with this noise, most of which is taken out ([`reconstruction`](super::reconstruction)).
    fn objective(&self, vae: &Vae<f32>, objective: &Objective, noise: &[DVector<f64>]) -> Elbo {
        let Self { observations, posteriors, jets, .. } = self;
        let m = vae.latent_dim();
        let latents = posteriors
            .iter()
            .zip(noise)
            .flat_map(|(q, noise)| q.sample(noise.as_slice()).map(|z| z as f32).data.as_vec().clone());
        let decoded = vae.natural(&Matrix::from_columns(m, posteriors.len(), latents.collect()));
        let loss = |(k, (q, noise)): (usize, (&Posterior, &DVector<f64>))| {
            let columns = [observations.column(k), decoded.column(k), jets.value.column(k)];
            controlled_loss(vae.likelihood(), columns, &(jets.jacobian(k) * &q.factor), noise)
        };
        let loss: f64 = posteriors.iter().zip(noise).enumerate().map(loss).sum();
        let count = posteriors.len() as f64;
        let kl = |i: usize| posteriors.iter().filter_map(|q| q.kl_per_dim(vae.prior).nth(i)).sum::<f64>() / count;
        let kl_per_dim = (0..m).map(|i| if vae.is_deterministic { f64::NAN } else { kl(i) });
        Elbo {
            reconstruction: vae.likelihood().reconstruction(loss / count, objective, observations.rows()),
            kl_per_dim: kl_per_dim.collect(),
            regularizer: None,
            discriminator_loss: None,
        }
    }
}

/// Scores of the `active` latents of these `encodings` of the first held-out observations.
fn history_scores(
    vae: &Vae<f32>,
    data: &Dataset,
    encodings: &Matrix<f32>,
    active: &[usize],
) -> Result<HistoryScores, Undefined> {
    let factors = scored_factors(vae, data, active)?;
    let count = encodings.columns().min(factors.columns());
    let codes = Matrix::from_fn(active.len(), count, |i, c| f64::from(encodings[(active[i], c)]));
    Ok(ScoredCodes::new(codes, factors.select_columns(0..count).map(f64::from)).parts().of_history())
}

/// Geometry of a model at the means of `posteriors`.
pub fn summarise<T: Real>(
    vae: &Vae<T>,
    posteriors: &[Posterior],
    settings: &Settings,
    second_order: bool,
) -> GeometryMetrics {
    let pieces = posteriors.chunks(piece_length(vae, second_order));
    let pieces = pieces.map(|piece| jets_at(vae, piece, second_order).into_fisher(vae.likelihood()));
    geometry_of(vae, pieces, posteriors, settings)
}

fn geometry_of<T: Real, J: Borrow<Jets<T>>>(
    vae: &Vae<T>,
    pieces: impl IntoIterator<Item = J>,
    posteriors: &[Posterior],
    settings: &Settings,
) -> GeometryMetrics {
    let objective = Objective { covariance: vae.covariance, ..settings.objective };
    let geometry = GeometryMetrics::of_pieces(pieces, posteriors, &objective).judged_by(posteriors.len());
    if vae.has_encoder { geometry } else { geometry.without_encoder() }
}

/// Latent vectors whose derivatives are held at once.
fn piece_length<T: Real>(vae: &Vae<T>, second_order: bool) -> usize {
    /// Numbers: 64 MB in double precision.
    const MOST: usize = 8_000_000;
    let m = vae.latent_dim();
    let pairs = if second_order { m * (m + 1) / 2 } else { 0 };
    (MOST / (vae.data_dim() * (1 + m + pairs))).max(1)
}

/// Derivatives of the decoder's output η at the means, to second order if they exist and are wanted.
fn jets_at<T: Real>(vae: &Vae<T>, posteriors: &[Posterior], second_order: bool) -> Jets<T> {
    let means = posteriors.iter().flat_map(|q| q.mean.iter().map(|z| T::from_f64(*z))).collect();
    let z = Matrix::from_columns(vae.latent_dim(), posteriors.len(), means);
    let smooth = vae.architecture.has_affine_decoder() || vae.architecture.activation.is_smooth();
    Jets::natural(vae, &z, if second_order && smooth { Order::Second } else { Order::First })
}

/// Mean correlation coefficient at the optimum of a scene with a linear map along principal axes:
/// [`LinearOptimum::mcc_ceiling`] with the noise of the scene.
pub(super) fn mcc_ceiling(config: &Config, optimum: Option<&LinearOptimum>) -> Measured {
    if config.architecture.likelihood != Likelihood::Gaussian {
        return Err(Undefined::NotGaussian);
    }
    let scene = config.origin.scene().ok_or(Undefined::NoTrueFactors)?;
    match (scene.truth(), optimum) {
        (Some(map @ GroundTruthMap::Linear { .. }), Some(optimum)) => {
            Ok(optimum.mcc_ceiling(scene.noise_variance(), map.latent_dim()))
        }
        _ => Err(Undefined::NoCeiling),
    }
}

/// Correlations of posterior means over observations.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorCorrelation {
    /// With each other (m × m).
    pub latents: DMatrix<f64>,
    /// With the true factors (m × factors).
    pub factors: DMatrix<f64>,
}

impl FactorCorrelation {
    /// Correlations of the first `m` rows of `encodings` with each other and with the rows of `factors`, over the samples in
    /// both.
    pub(super) fn new(encodings: &Matrix<f32>, factors: &Matrix<f32>, m: usize) -> Self {
        let joint: Vec<f64> = encodings
            .iter_columns()
            .zip(factors.iter_columns())
            .flat_map(|(code, factors)| code[..m].iter().chain(factors).map(|x| f64::from(*x)))
            .collect();
        let width = m + factors.rows();
        let all = correlation(&moments(joint.chunks_exact(width), width).1);
        Self {
            latents: all.view((0, 0), (m, m)).into_owned(),
            factors: all.view((0, m), (m, factors.rows())).into_owned(),
        }
    }

    /// The active latent that each factor is matched with, if one is left for it.
    pub fn matches(&self, active: &[usize]) -> Vec<Option<usize>> {
        let (_, places) = mean_correlation_coefficient(&self.factors.select_rows(active));
        places.into_iter().map(|place| place.map(|place| active[place])).collect()
    }

    /// Mean correlation coefficient of the active latents with the factors; a factor without a latent counts as 0.
    ///
    /// # Errors
    /// [`Undefined::NoActiveLatent`].
    pub fn mcc(&self, active: &[usize]) -> Measured {
        let some = if active.is_empty() { Err(Undefined::NoActiveLatent) } else { Ok(()) };
        some.map(|()| mean_correlation_coefficient(&self.factors.select_rows(active)).0)
    }

    /// [`chance_mcc`] of the active latents.
    ///
    /// # Errors
    /// If fewer than two latents are active: one cannot be rotated.
    pub fn chance(&self, geometry: &GeometryMetrics) -> Measured {
        let active = geometry.compared()?;
        let latents = self.latents.select_rows(active).select_columns(active);
        Ok(chance_mcc(&latents, &self.factors.select_rows(active)))
    }
}
