//! E_q f(z) of posteriors N(μ, L Lᵀ), f = ‖x − d(z)‖²/2 or the cross-entropy of Bernoulli variables, from draws z = μ + L ε without
//! most of their noise.
//!
//! The expansion of η to first order about μ gives η + s with s = J L ε, and that of f to second order in s gives
//! f + (x̂ − x)ᵀs + ½ sᵀF s, whose expectation f + ½ ‖F^½ J L‖² is known (F = 1 or π(1−π)). Draws estimate only the difference to it
//! (control variate), of which nothing is left for linear decoders with a Gaussian likelihood.

use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};

use nalgebra::{DMatrix, DVector};

use crate::geometry::{Jets, Order};
use crate::linalg::{Matrix, Real};
use crate::vae::{Likelihood, Posterior, Vae};

/// Observations at once, fewer of large images: their Jacobians are n × m numbers each.
fn chunk(n: usize, m: usize) -> usize {
    (4_000_000 / (n * m)).clamp(8, 500)
}

/// Estimate of f in each draw (rows) for each observation; every draw has its own random numbers.
pub(super) fn losses<X: Real>(
    model: &Vae<f64>,
    x: &Matrix<X>,
    posteriors: &[Posterior],
    draws: &mut [impl Rng],
) -> Vec<Vec<f64>> {
    let (m, likelihood) = (model.latent_dim(), model.likelihood());
    let mut losses = vec![Vec::with_capacity(posteriors.len()); draws.len()];
    let at_once = chunk(x.rows(), m);
    for start in (0..posteriors.len()).step_by(at_once) {
        let end = (start + at_once).min(posteriors.len());
        let chunk = &posteriors[start..end];
        let means = chunk.iter().flat_map(|q| q.mean.iter().copied()).collect();
        let jets = Jets::natural(model, &Matrix::from_columns(m, chunk.len(), means), Order::First);
        let observations: Vec<f64> = (start..end).flat_map(|c| x.column(c).iter().map(|x| x.to_f64())).collect();
        let observations = Matrix::from_columns(x.rows(), chunk.len(), observations);
        let spreads: Vec<_> = chunk.iter().enumerate().map(|(c, q)| jets.jacobian(c) * &q.factor).collect();
        for (rng, losses) in draws.iter_mut().zip(&mut losses) {
            let noise: Vec<DVector<f64>> =
                chunk.iter().map(|_| DVector::from_fn(m, |_, _| StandardNormal.sample(rng))).collect();
            let latents =
                chunk.iter().zip(&noise).flat_map(|(q, noise)| q.sample(noise.as_slice()).data.as_vec().clone());
            let decoded = model.natural(&Matrix::from_columns(m, chunk.len(), latents.collect()));
            losses.extend(spreads.iter().zip(&noise).enumerate().map(|(c, (spread, noise))| {
                let (x, decoded, centre) = (observations.column(c), decoded.column(c), jets.value.column(c));
                controlled_loss(likelihood, [x, decoded, centre], spread, noise)
            }));
        }
    }
    losses
}

/// f of a draw without the noise of the control, f(η) − (x̂ − x)ᵀs − ½ sᵀF s + ½ ‖F^½ J L‖²: `decoded` is η of the draw, x̂ and F are
/// those of `centre`, η of the mean, `spread` is J L, and s = J L ε.
pub(super) fn controlled_loss<T: Real>(
    likelihood: Likelihood,
    [x, decoded, centre]: [&[T]; 3],
    spread: &DMatrix<f64>,
    noise: &DVector<f64>,
) -> f64 {
    let step = spread * noise;
    let entries = x.iter().zip(decoded).zip(centre).zip(step.iter());
    let values = entries.map(|(((x, decoded), centre), step)| (x.to_f64(), decoded.to_f64(), centre.to_f64(), step));
    match likelihood {
        Likelihood::Gaussian => {
            let squares = values.map(|(x, decoded, centre, step)| {
                let (error, rest) = (x - decoded, x - centre);
                error * error - (rest - step) * (rest - step) + rest * rest
            });
            0.5 * (spread.norm_squared() + squares.sum::<f64>())
        }
        Likelihood::Bernoulli => {
            let rows = values.zip(spread.row_iter()).map(|((x, decoded, centre, step), row)| {
                let (information, residual) = (likelihood.information(centre), likelihood.mean(centre) - x);
                decoded.softplus() - x * decoded - residual * step
                    + 0.5 * information * (row.norm_squared() - step * step)
            });
            rows.sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TrainingDefaults;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance};

    /// The means of plain draws and of controlled ones agree within the error of the plain ones, which is far larger.
    #[test]
    fn control_takes_noise_away_and_adds_no_bias() {
        for likelihood in Likelihood::ALL {
            let mut rng = stream(5, Purpose::Analysis, 0);
            let architecture = Architecture { likelihood, ..TrainingDefaults::default().architecture() };
            let mut vae = Vae::<f64>::new(3, architecture, Covariance::Full, &mut rng);
            vae.parameters.iter_mut().for_each(|p| *p *= 0.7);
            let x = Matrix::from_fn(3, 1, |r, _| 0.3 * r as f64);
            let posteriors = vae.posteriors(&x);
            let mut draws: Vec<_> = (0..20_000).map(|k| stream(6, Purpose::Analysis, k)).collect();
            let controlled = losses(&vae, &x, &posteriors, &mut draws).concat();
            let mut rng = stream(7, Purpose::Analysis, 0);
            let plain: Vec<f64> = (0..20_000)
                .map(|_| {
                    let noise = DVector::<f64>::from_fn(2, |_, _| StandardNormal.sample(&mut rng));
                    let z = Matrix::from_columns(2, 1, posteriors[0].sample(noise.as_slice()).as_slice().to_vec());
                    let pairs =
                        vae.decode(&z).as_slice().iter().copied().zip(x.as_slice().to_vec()).collect::<Vec<_>>();
                    let loss = |(mean, x): &(f64, f64)| match likelihood {
                        Likelihood::Gaussian => 0.5 * (mean - x).powi(2),
                        Likelihood::Bernoulli => -x * mean.ln() - (1.0 - x) * (1.0 - mean).ln(),
                    };
                    pairs.iter().map(loss).sum()
                })
                .collect();
            let estimate = |values: &[f64]| crate::stats::Estimate::of(values.iter().copied());
            let (plain, controlled) = (estimate(&plain), estimate(&controlled));
            assert!((plain.mean - controlled.mean).abs() < 4.0 * plain.standard_error, "{plain:?} {controlled:?}");
            assert!(controlled.standard_error < 0.7 * plain.standard_error, "{plain:?} {controlled:?}");
        }
    }
}
