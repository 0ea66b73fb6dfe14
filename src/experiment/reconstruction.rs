//! E_q ‖x − d(z)‖² of posteriors N(μ, L Lᵀ), from draws z = μ + L ε without most of their noise.
//!
//! The expansion of d to first order about μ gives ‖x − d(μ) − J L ε‖², whose expectation ‖x − d(μ)‖² + ‖J L‖² is known. Draws
//! estimate only the difference to it (control variate), of which nothing is left for linear decoders.

use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};

use nalgebra::DVector;

use crate::geometry::{Jets, Order};
use crate::linalg::Matrix;
use crate::vae::{Posterior, Vae};

/// Observations at once.
const CHUNK: usize = 500;

/// Estimate of ‖x − d(z)‖² in each draw (rows) for each observation; every draw has its own random numbers.
pub(super) fn squared_errors(
    model: &Vae<f64>,
    x: &Matrix<f64>,
    posteriors: &[Posterior],
    draws: &mut [impl Rng],
) -> Vec<Vec<f64>> {
    let m = model.latent_dim();
    let mut errors = vec![Vec::with_capacity(posteriors.len()); draws.len()];
    for start in (0..posteriors.len()).step_by(CHUNK) {
        let end = (start + CHUNK).min(posteriors.len());
        let chunk = &posteriors[start..end];
        let means = chunk.iter().flat_map(|q| q.mean.iter().copied()).collect();
        let jets = Jets::of(model, &Matrix::from_columns(m, chunk.len(), means), Order::First);
        let spreads: Vec<_> = chunk.iter().enumerate().map(|(c, q)| jets.jacobian(c) * &q.factor).collect();
        for (rng, errors) in draws.iter_mut().zip(&mut errors) {
            let noise: Vec<DVector<f64>> =
                chunk.iter().map(|_| DVector::from_fn(m, |_, _| StandardNormal.sample(rng))).collect();
            let latents =
                chunk.iter().zip(&noise).flat_map(|(q, noise)| q.sample(noise.as_slice()).data.as_vec().clone());
            let decoded = model.decode(&Matrix::from_columns(m, chunk.len(), latents.collect()));
            errors.extend(spreads.iter().zip(&noise).enumerate().map(|(c, (spread, noise))| {
                let step = spread * noise;
                let entries =
                    x.column(start + c).iter().zip(decoded.column(c)).zip(jets.value.column(c)).zip(step.iter());
                let values = entries.map(|(((x, decoded), centre), step)| [*x, *decoded, *centre, *step]);
                spread.norm_squared() + values.map(controlled_square).sum::<f64>()
            }));
        }
    }
    errors
}

/// (x − d)² − (x − c − s)² + (x − c)² of one coordinate, with d the decoded draw, c the decoded mean and s the step J L ε.
pub(super) fn controlled_square([x, decoded, centre, step]: [f64; 4]) -> f64 {
    let (error, rest) = (x - decoded, x - centre);
    error * error - (rest - step) * (rest - step) + rest * rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TrainingDefaults;
    use crate::rng::{Purpose, stream};
    use crate::vae::Covariance;

    /// The means of plain draws and of controlled ones agree within the error of the plain ones, which is far larger.
    #[test]
    fn control_takes_noise_away_and_adds_no_bias() {
        let mut rng = stream(5, Purpose::Analysis, 0);
        let mut vae = Vae::<f64>::new(3, TrainingDefaults::default().architecture(), Covariance::Full, &mut rng);
        vae.parameters.iter_mut().for_each(|p| *p *= 0.7);
        let x = Matrix::from_fn(3, 1, |r, _| 0.3 * r as f64);
        let posteriors = vae.posteriors(&x);
        let mut draws: Vec<_> = (0..20_000).map(|k| stream(6, Purpose::Analysis, k)).collect();
        let controlled = squared_errors(&vae, &x, &posteriors, &mut draws).concat();
        let mut rng = stream(7, Purpose::Analysis, 0);
        let plain: Vec<f64> = (0..20_000)
            .map(|_| {
                let noise = DVector::<f64>::from_fn(2, |_, _| StandardNormal.sample(&mut rng));
                let z = posteriors[0].sample(noise.as_slice());
                let decoded = vae.decode(&Matrix::from_columns(2, 1, z.as_slice().to_vec()));
                decoded.as_slice().iter().zip(x.as_slice()).map(|(a, b)| (a - b).powi(2)).sum()
            })
            .collect();
        let estimate = |values: &[f64]| crate::stats::Estimate::of(values.iter().copied());
        let (plain, controlled) = (estimate(&plain), estimate(&controlled));
        assert!((plain.mean - controlled.mean).abs() < 4.0 * plain.standard_error, "{plain:?} {controlled:?}");
        assert!(controlled.standard_error < 0.7 * plain.standard_error, "{plain:?} {controlled:?}");
    }
}
