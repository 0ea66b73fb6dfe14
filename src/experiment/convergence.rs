//! Objective of a model on the training data, precise enough to compare the same run at two steps: the observations and the noise
//! are always the same, so only the model differs.

use nalgebra::DVector;
use rand_distr::{Distribution as _, StandardNormal};

use super::reconstruction::losses;
use crate::data::Dataset;
use crate::rng::{Purpose, stream};
use crate::vae::{Decomposition, Objective, Posterior, Vae};

/// Observations that count where the noise is drawn. The objective of linear decoders, whose closed form is that of all the data,
/// counts all.
const OBSERVATIONS: usize = 4096;

/// Observations whose KL is decomposed, if the regulariser asks for its parts.
const DECOMPOSED: usize = 1024;

/// Draws for each observation.
const DRAWS: u64 = 4;

/// Observations at once.
const CHUNK: usize = 500;

/// Place of the noise among the random numbers of an analysis, far from that of other measurements.
const NOISE: u64 = 1 << 32;

/// Mean of reconstruction − β KL over training observations, in nats, or minus another regulariser. The expectation over z is exact for linear decoders with a Gaussian likelihood.
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
        kl += posteriors.iter().map(|q| q.kl(model.prior)).sum::<f64>();
        loss += losses(&model, &x, &posteriors, &mut streams).iter().flatten().sum::<f64>() / draws as f64;
    }
    let count = count as f64;
    let samples = || {
        let x = all.select_columns(0..all.columns().min(DECOMPOSED)).map(f64::from);
        let (posteriors, mut rng) = (model.posteriors(&x), stream(seed, Purpose::Analysis, NOISE + DRAWS));
        let noise = |q: &Posterior| DVector::from_fn(q.dim(), |_, _| StandardNormal.sample(&mut rng));
        let noise = posteriors.iter().map(noise).collect::<Vec<_>>();
        (posteriors, noise)
    };
    let parts = || {
        let (posteriors, noise) = samples();
        Decomposition::estimate(&posteriors, model.prior, &noise)
    };
    let discriminated = || {
        let (posteriors, noise) = samples();
        model.discriminated(&posteriors, &noise)
    };
    let regularizer = objective.regularizer.value(objective.beta, kl / count, parts, discriminated);
    -loss / (objective.sigma2 * count)
        - model.likelihood().log_normaliser(objective, model.data_dim())
        - regularizer.unwrap_or(objective.beta * kl / count)
}
