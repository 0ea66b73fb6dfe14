//! Objective of a model on the training data, precise enough to compare the same run at two steps: the observations and the noise
//! are always the same, so only the model differs.

use super::reconstruction::losses;
use crate::data::Dataset;
use crate::rng::{Purpose, stream};
use crate::vae::{Objective, Posterior, Vae};

/// Observations that count where the noise is drawn. The objective of linear decoders, whose closed form is that of all the data,
/// counts all.
const OBSERVATIONS: usize = 4096;

/// Draws for each observation.
const DRAWS: u64 = 4;

/// Observations at once.
const CHUNK: usize = 500;

/// Place of the noise among the random numbers of an analysis, far from that of other measurements.
const NOISE: u64 = 1 << 32;

/// Mean of reconstruction − β KL over training observations, in nats. The expectation over z is exact for linear decoders with a Gaussian likelihood.
pub(super) fn training_objective(vae: &Vae<f32>, data: &Dataset, objective: &Objective, seed: u64) -> f64 {
    let model = vae.cast::<f64>();
    let all = &data.train.observations;
    // Nothing is left of the noise of linear decoders with a Gaussian likelihood, so one draw is as good as many.
    let linear = model.architecture.has_closed_forms();
    let (count, draws) = if linear { (all.columns(), 1) } else { (all.columns().min(OBSERVATIONS), DRAWS) };
    let mut streams: Vec<_> = (0..draws).map(|draw| stream(seed, Purpose::Analysis, NOISE + draw)).collect();
    let (mut loss, mut kl) = (0.0, 0.0);
    for start in (0..count).step_by(CHUNK) {
        let x = all.select_columns(start..(start + CHUNK).min(count)).map(f64::from);
        let posteriors = model.posteriors(&x);
        kl += posteriors.iter().map(Posterior::kl).sum::<f64>();
        loss += losses(&model, &x, &posteriors, &mut streams).iter().flatten().sum::<f64>() / draws as f64;
    }
    let count = count as f64;
    -loss / (objective.sigma2 * count)
        - model.likelihood().log_normaliser(objective, model.data_dim())
        - objective.beta * kl / count
}
