//! Measurements on held-out data for the rows of the history, snapshots and final metrics.

use nalgebra::DMatrix;

use super::config::Config;
use super::history::Row;
use super::settings::Settings;
use super::state::State;
use crate::data::{Dataset, GroundTruthMap};
use crate::geometry::{GeometryMetrics, Jets, Measured, Order, Undefined};
use crate::linalg::{Matrix, Real};
use crate::ppca::LinearOptimum;
use crate::stats::{cross_correlation, mean_correlation_coefficient, moments};
use crate::vae::{Architecture, Elbo, Posterior, Vae};

/// Held-out observations whose posterior means every row of the history correlates with their factors.
const CORRELATED: usize = 256;

/// Row of the history for `state`; `mean` is the ELBO averaged over the steps since the previous row.
pub(super) fn measure_row(state: &State, data: &Dataset, mean: Elbo) -> Row {
    let State { step, settings, vae, .. } = state;
    // A large model measures at fewer observations, and second derivatives of many latents cost too much.
    let count = if is_large(vae) { 32 } else { 64 };
    let geometry = probe(vae, data, settings, count, vae.latent_dim() <= 3);
    Row {
        step: *step,
        elbo: mean.objective(settings.objective.beta),
        reconstruction: mean.reconstruction,
        kl_per_dim: mean.kl_per_dim,
        settings: *settings,
        ima_contrast: geometry.ima_contrast.unwrap_or(f64::NAN),
        diagonal_gap: geometry.diagonal_gap.unwrap_or(f64::NAN),
        dto: geometry.dto.unwrap_or(f64::NAN),
        c2_residual: geometry.c2_residual.unwrap_or(f64::NAN),
        posterior_error: geometry.posterior_error.unwrap_or(f64::NAN),
        active_units: geometry.active.len(),
        off_diagonal_mass: geometry.off_diagonal_mass.unwrap_or(f64::NAN),
        mcc: mcc(vae, data).filter(|_| !geometry.active.is_empty()).unwrap_or(f64::NAN),
    }
}

/// True for a model whose Jacobians, or the m³ of their singular values, are so costly that rows must be fewer and
/// measure less.
pub(super) fn is_large(vae: &Vae<f32>) -> bool {
    vae.parameters.len() >= 20_000 || vae.latent_dim() >= 8
}

/// True for affine decoders.
pub fn is_linear(architecture: &Architecture) -> bool {
    architecture.has_affine_decoder()
}

/// Geometry at the posterior means of the first `count` held-out observations.
pub(super) fn probe(
    vae: &Vae<f32>,
    data: &Dataset,
    settings: &Settings,
    count: usize,
    second_order: bool,
) -> GeometryMetrics {
    let test = &data.test.observations;
    let posteriors = vae.posteriors(&test.select_columns(0..count.min(test.columns())));
    summarise(vae, &posteriors, settings, second_order)
}

/// Geometry of a model at the means of `posteriors`.
pub fn summarise<T: Real>(
    vae: &Vae<T>,
    posteriors: &[Posterior],
    settings: &Settings,
    second_order: bool,
) -> GeometryMetrics {
    let means = posteriors.iter().flat_map(|q| q.mean.iter().map(|z| T::from_f64(*z))).collect();
    let z = Matrix::from_columns(vae.latent_dim(), posteriors.len(), means);
    let smooth = is_linear(&vae.architecture) || vae.architecture.activation.is_smooth();
    let order = if second_order && smooth { Order::Second } else { Order::First };
    GeometryMetrics::new(&Jets::of(vae, &z, order), posteriors, vae.covariance, settings.objective.b())
}

/// Mean correlation coefficient over the first held-out observations.
fn mcc(vae: &Vae<f32>, data: &Dataset) -> Option<f64> {
    let factors = data.test.factors.as_ref()?;
    let test = &data.test.observations;
    let encodings = vae.encode(&test.select_columns(0..CORRELATED.min(test.columns())));
    Some(mean_correlation_coefficient(&correlate(&encodings, factors, vae.latent_dim())).0)
}

/// Mean correlation coefficient at the optimum of a scene with a linear map along principal axes:
/// [`LinearOptimum::mcc_ceiling`] with the noise of the scene.
pub(super) fn mcc_ceiling(config: &Config, optimum: Option<&LinearOptimum>) -> Measured {
    let scene = config.origin.scene().ok_or(Undefined::NoTrueFactors)?;
    match (scene.truth(), optimum) {
        (Some(map @ GroundTruthMap::Linear { .. }), Some(optimum)) => {
            Ok(optimum.mcc_ceiling(scene.noise_variance(), map.latent_dim()))
        }
        _ => Err(Undefined::NoCeiling),
    }
}

/// Correlation (m × factors) of the first `m` rows of `encodings` with the rows of `factors`, over the samples in both.
pub(super) fn correlate(encodings: &Matrix<f32>, factors: &Matrix<f32>, m: usize) -> DMatrix<f64> {
    let joint: Vec<f64> = encodings
        .iter_columns()
        .zip(factors.iter_columns())
        .flat_map(|(code, factors)| code[..m].iter().chain(factors).map(|x| f64::from(*x)))
        .collect();
    let width = m + factors.rows();
    cross_correlation(&moments(joint.chunks_exact(width), width).1, m)
}
