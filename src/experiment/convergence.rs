//! Objective of a model on the training data, precise enough to compare the same run at two steps: the observations and the noise
//! are always the same, so only the model differs.

use rand_distr::{Distribution as _, StandardNormal};

use super::measure::is_linear;
use crate::data::Dataset;
use crate::geometry::{Jets, Order};
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};
use crate::vae::{Objective, Vae};

/// Observations that count where the noise is drawn. The objective of linear decoders, whose closed form is that of all the data,
/// counts all.
const OBSERVATIONS: usize = 4096;

/// Pairs of draws ±ε for each observation.
const PAIRS: usize = 2;

/// Observations at once.
const CHUNK: usize = 500;

/// Place of the noise among the random numbers of an analysis, far from that of other measurements.
const NOISE: u64 = 1 << 32;

/// Mean of reconstruction − β KL over training observations, in nats. The expectation over z is exact for linear decoders.
pub(super) fn training_objective(vae: &Vae<f32>, data: &Dataset, objective: &Objective, seed: u64) -> f64 {
    let model = vae.cast::<f64>();
    let m = model.latent_dim();
    let jacobian = is_linear(&model.architecture).then(|| Jets::of(&model, &Matrix::zeros(m, 1), Order::First));
    let all = &data.train.observations;
    let count = if jacobian.is_some() { all.columns() } else { all.columns().min(OBSERVATIONS) };
    let mut rng = stream(seed, Purpose::Analysis, NOISE);
    let (mut squares, mut kl) = (0.0, 0.0);
    let mut noise = vec![0.0; m];
    for start in (0..count).step_by(CHUNK) {
        let x = all.select_columns(start..(start + CHUNK).min(count)).map(f64::from);
        let posteriors = model.posteriors(&x);
        kl += posteriors.iter().map(|q| q.kl()).sum::<f64>();
        let means = posteriors.iter().flat_map(|q| q.mean.iter().copied()).collect();
        if let Some(jets) = &jacobian {
            squares += distance(&x, &model.decode(&Matrix::from_columns(m, posteriors.len(), means)));
            // tr J Σ Jᵀ = ‖J L‖².
            let jacobian = jets.jacobian(0);
            squares += posteriors.iter().map(|q| (&jacobian * &q.factor).norm_squared()).sum::<f64>();
        } else {
            for _ in 0..PAIRS {
                let mut pair = [(); 2].map(|()| Matrix::zeros(m, posteriors.len()));
                for (c, q) in posteriors.iter().enumerate() {
                    noise.fill_with(|| StandardNormal.sample(&mut rng));
                    pair[0].column_mut(c).copy_from_slice(q.sample(&noise).as_slice());
                    noise.iter_mut().for_each(|x| *x = -*x);
                    pair[1].column_mut(c).copy_from_slice(q.sample(&noise).as_slice());
                }
                let draws = 2 * PAIRS;
                squares += pair.iter().map(|z| distance(&x, &model.decode(z))).sum::<f64>() / draws as f64;
            }
        }
    }
    let count = count as f64;
    -squares / (2.0 * objective.sigma2 * count)
        - objective.log_normaliser(model.data_dim())
        - objective.beta * kl / count
}

/// ‖a − b‖².
fn distance(a: &Matrix<f64>, b: &Matrix<f64>) -> f64 {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).powi(2)).sum()
}
