//! The prior p(z) of a model: independent latents of mean 0 and variance 1.
//!
//! The normal prior is the same along every axis, so that full posteriors have no reason to prefer any. A Laplace prior is not: of its
//! rotations only signed permutations leave it as it is.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2, TAU};

use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, StandardNormal};
use statrs::function::erf::erf;

use super::exponential_factor::Exponentials;
use crate::linalg::{Matrix, Real};
use crate::stats::{normal_cdf, normal_quantile};

/// The density of each latent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prior {
    /// N(0, 1).
    #[default]
    Normal,
    /// e^{−√2 |z|}/√2.
    Laplace,
}

impl Prior {
    /// log p(z) of one latent, in nats.
    pub fn log_density(self, z: f64) -> f64 {
        match self {
            Self::Normal => -0.5 * (z * z + TAU.ln()),
            Self::Laplace => -SQRT_2 * z.abs() - SQRT_2.ln(),
        }
    }

    /// p(z) of one latent.
    pub fn density(self, z: f64) -> f64 {
        match self {
            Self::Normal => (-0.5 * z * z).exp() / TAU.sqrt(),
            Self::Laplace => (-SQRT_2 * z.abs()).exp() * FRAC_1_SQRT_2,
        }
    }

    /// The share of the prior below z.
    pub fn cdf(self, z: f64) -> f64 {
        match self {
            Self::Normal => normal_cdf(z),
            Self::Laplace if z < 0.0 => 0.5 * (SQRT_2 * z).exp(),
            Self::Laplace => 1.0 - 0.5 * (-SQRT_2 * z).exp(),
        }
    }

    /// The z below which the share `p` of the prior lies: −∞ at 0, ∞ at 1, NaN outside [0, 1].
    pub fn quantile(self, p: f64) -> f64 {
        match self {
            Self::Normal => normal_quantile(p),
            Self::Laplace if p < 0.5 => FRAC_1_SQRT_2 * (2.0 * p).ln(),
            Self::Laplace => -FRAC_1_SQRT_2 * (2.0 * (1.0 - p)).ln(),
        }
    }

    /// A draw.
    pub fn sample(self, rng: &mut impl Rng) -> f64 {
        match self {
            Self::Normal => StandardNormal.sample(rng),
            // Never 0.
            Self::Laplace => self.quantile(1.0 - rng.random::<f64>()),
        }
    }

    /// −E log p(z) of z ~ N(μ, σ²), in nats.
    pub(super) fn cross_entropy(self, mu: f64, sigma: f64) -> f64 {
        match self {
            Self::Normal => 0.5 * (mu * mu + sigma * sigma + TAU.ln()),
            Self::Laplace => SQRT_2 * expected_magnitude(mu, sigma) + SQRT_2.ln(),
        }
    }
}

/// E|z| of z ~ N(μ, σ²): σ √(2/π) e^{−μ²/2σ²} + μ erf(μ/√2 σ), the mean of a folded normal distribution.
fn expected_magnitude(mu: f64, sigma: f64) -> f64 {
    let [by_mu, by_sigma] = slopes(mu, sigma);
    sigma * by_sigma + mu * by_mu
}

/// ∂E|z|/∂μ = erf(μ/√2 σ) and ∂E|z|/∂σ = √(2/π) e^{−μ²/2σ²}.
fn slopes(mu: f64, sigma: f64) -> [f64; 2] {
    let u = mu / sigma;
    [erf(u * FRAC_1_SQRT_2), (-0.5 * u * u).exp() / (0.25 * TAU).sqrt()]
}

/// The terms of a Laplace prior from the marginals of the posteriors of a batch.
pub(super) enum Marginals<'a, T> {
    /// log L_ii, and L_ij below the diagonal, row by row, after μ in the encoding; e^s in `std`.
    Factors { std: &'a Matrix<T> },
    /// Of Σ = exp 2H.
    Exponentials(&'a Exponentials),
}

impl<T: Real> Marginals<'_, T> {
    /// √Σᵢᵢ and log L_ii of an observation.
    fn of(&self, encoding: &[T], m: usize, observation: usize) -> Vec<[f64; 2]> {
        match self {
            Self::Exponentials(exponentials) => exponentials.marginals(observation).collect(),
            Self::Factors { std } => {
                let mut below = encoding[2 * m..].iter();
                let of = |(i, own): (usize, &T)| {
                    let own = own.to_f64();
                    let variance = below.by_ref().take(i).fold(own * own, |sum, l| sum + l.to_f64().powi(2));
                    [variance.sqrt(), encoding[m + i].to_f64()]
                };
                std.column(observation).iter().enumerate().map(of).collect()
            }
        }
    }

    /// Mean over the batch of the KL of a Laplace prior, split as in [`Posterior::kl_per_dim`](super::posterior::Posterior::kl_per_dim).
    pub(super) fn laplace_kl(&self, encoding: &Matrix<T>, kl: &mut [f64]) {
        let m = kl.len();
        kl.fill(0.0);
        for (c, encoding) in encoding.iter_columns().enumerate() {
            for ((kl, mu), [sigma, log_deviation]) in kl.iter_mut().zip(encoding).zip(self.of(encoding, m, c)) {
                *kl += Prior::Laplace.cross_entropy(mu.to_f64(), sigma) - entropy(log_deviation);
            }
        }
        kl.iter_mut().for_each(|kl| *kl /= encoding.columns() as f64);
    }

    /// Adds the gradient of that KL with weight w to ∂loss/∂encoding: with [`slopes`] a and c, ∂μᵢ = w √2 a and ∂√Σᵢᵢ = w √2 c, so for a
    /// Cholesky factor ∂L_ij = w √2 c L_ij/√Σᵢᵢ and ∂sᵢ = L_ii ∂L_ii − w.
    pub(super) fn add_laplace_gradient(&self, encoding: &Matrix<T>, weight: f64, delta: &mut Matrix<T>) {
        for c in 0..encoding.columns() {
            let (encoding, delta) = (encoding.column(c), delta.column_mut(c));
            let m = match self {
                Self::Factors { std } => std.rows(),
                Self::Exponentials(exponentials) => exponentials.marginals(c).count(),
            };
            let marginals = self.of(encoding, m, c);
            let slopes_of =
                |(mu, [sigma, _]): (&T, &[f64; 2])| slopes(mu.to_f64(), *sigma).map(|slope| weight * SQRT_2 * slope);
            let slopes: Vec<[f64; 2]> = encoding.iter().zip(&marginals).map(slopes_of).collect();
            delta.iter_mut().zip(&slopes).for_each(|(delta, [by_mu, _])| *delta += T::from_f64(*by_mu));
            let by_sigma =
                slopes.iter().map(|[_, by_sigma]| by_sigma).zip(&marginals).map(|(by, [sigma, _])| by / sigma);
            match self {
                Self::Exponentials(exponentials) => {
                    let by_variance: Vec<f64> = by_sigma.map(|by| 0.5 * by).collect();
                    exponentials.add_variance_gradient(c, &by_variance, weight, delta);
                }
                Self::Factors { std } => {
                    let mut below = 2 * m;
                    for ((i, own), by) in std.column(c).iter().map(|own| own.to_f64()).enumerate().zip(by_sigma) {
                        delta[m + i] += T::from_f64(by * own * own - weight);
                        for _ in 0..i.min(encoding.len() - below) {
                            delta[below] += T::from_f64(by * encoding[below].to_f64());
                            below += 1;
                        }
                    }
                }
            }
        }
    }
}

/// The entropy of a latent whose log L_ii is `log_deviation`, given those before it.
pub(super) fn entropy(log_deviation: f64) -> f64 {
    0.5 * (1.0 + TAU.ln()) + log_deviation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};

    const BOTH: [Prior; 2] = [Prior::Normal, Prior::Laplace];

    /// ∫ g dz by trapezoids on [−30, 30], with a point at the kink.
    fn integral(g: impl Fn(f64) -> f64) -> f64 {
        (-60_000..=60_000).map(|k| g(f64::from(k) / 2000.0)).sum::<f64>() / 2000.0
    }

    #[test]
    fn densities_have_unit_variance() {
        for prior in BOTH {
            let moment = |power| integral(|z| z.powi(power) * prior.density(z));
            // The step squared over twelve, times the kink.
            assert!((moment(0) - 1.0).abs() < 1e-7 && (moment(2) - 1.0).abs() < 1e-7, "{prior:?}");
            assert!((prior.density(0.7).ln() - prior.log_density(0.7)).abs() < 1e-14);
        }
    }

    #[test]
    fn quantiles_undo_the_distribution_function() {
        for prior in BOTH {
            for z in [-3.0, -0.4, 0.0, 0.7, 2.5] {
                let below = integral(|x| if x < z { prior.density(x) } else { 0.0 });
                // Half a step at the end.
                assert!((prior.cdf(z) - below).abs() < 5e-4, "{prior:?} {z}");
                assert!((prior.quantile(prior.cdf(z)) - z).abs() < 1e-8, "{prior:?} {z}");
            }
            assert!(prior.quantile(-0.1).is_nan() && prior.quantile(1.1).is_nan());
            assert_eq!((prior.quantile(0.0), prior.quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
            let mut rng = stream(1, Purpose::Analysis, 0);
            let draws: Vec<f64> = (0..20_000).map(|_| prior.sample(&mut rng)).collect();
            let square = draws.iter().map(|z| z * z).sum::<f64>() / 20_000.0;
            // Four deviations of the mean of z², whose variance is 2 and 5.
            assert!((square - 1.0).abs() < 4.0 * (5.0_f64 / 20_000.0).sqrt(), "{prior:?} {square}");
        }
    }

    #[test]
    fn cross_entropies_agree_with_quadrature() {
        for prior in BOTH {
            for (mu, sigma) in [(0.0, 1.0), (0.8, 0.3), (-2.0, 0.05), (1.5, 2.0)] {
                let q = |z: f64| Prior::Normal.density((z - mu) / sigma) / sigma;
                let exact = integral(|z| -q(z) * prior.log_density(z));
                assert!((prior.cross_entropy(mu, sigma) - exact).abs() < 1e-6, "{prior:?} {mu} {sigma}");
            }
        }
    }
}
