//! The expected divergence in three parts (Hoffman & Johnson 2016; Chen et al. 2018, equation 2), in nats:
//!
//! E KL(q(z|x) ‖ p(z)) = I_q(x; z) + KL(q(z) ‖ Πᵢ q(zᵢ)) + Σᵢ KL(q(zᵢ) ‖ p(zᵢ)),
//!
//! the information that codes have about observations, the total correlation of the latents, and the distance of each latent from its
//! prior. q(z) is the [`AggregatePosterior`]. At the optimum of a linear decoder on Gaussian data q(z) = p(z), so the first part is all
//! of it: ½ Σ log λᵢ/b.

use nalgebra::DVector;

use super::aggregate_posterior::{AggregatePosterior, Densities};
use super::posterior::Posterior;
use super::prior::Prior;

/// The three parts of E KL(q ‖ p), in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decomposition {
    /// I_q(x; z), at most log N for N observations.
    pub mutual_information: f64,
    /// TC(q(z)) = KL(q(z) ‖ Πᵢ q(zᵢ)).
    pub total_correlation: f64,
    /// Σᵢ KL(q(zᵢ) ‖ p(zᵢ)).
    pub dimension_wise: f64,
}

impl Decomposition {
    /// An estimate for N observations with these posteriors, from one sample z = μ + L ε of each of the first posteriors, as many as
    /// there are `noise` vectors ε (m). NaN without any.
    ///
    /// log q(z) is a logsumexp over all N posteriors minus log N. The sample's own posterior is one of them, which makes q(z) too large
    /// where few others overlap: a narrow posterior (e^I not far below N) gives too little information and too much total
    /// correlation.
    pub fn estimate(posteriors: &[Posterior], prior: Prior, noise: &[DVector<f64>]) -> Self {
        Self::mean(&Self::of_each(posteriors, prior, noise))
    }

    /// The mean of each part.
    pub fn mean(each: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> f64| each.iter().map(part).sum::<f64>() / each.len() as f64;
        Self {
            mutual_information: mean(|parts| parts.mutual_information),
            total_correlation: mean(|parts| parts.total_correlation),
            dimension_wise: mean(|parts| parts.dimension_wise),
        }
    }

    /// The values whose means [`Self::estimate`] gives, one for each noise vector.
    ///
    /// Total correlation and dimension-wise divergence are differences of log densities at the same sample, and the information is what is
    /// left of the KL, which is exact. So all three are free of noise where q(z) is the prior, and their sum is everywhere.
    pub fn of_each(posteriors: &[Posterior], prior: Prior, noise: &[DVector<f64>]) -> Vec<Self> {
        let (mixture, mut memory) = (AggregatePosterior::new(posteriors), Densities::default());
        let parts = |(q, noise): (&Posterior, &DVector<f64>)| {
            let z = q.sample(noise.as_slice());
            let [joint, marginals] = mixture.log_density(z.as_slice(), &mut memory);
            let (total_correlation, dimension_wise) = (joint - marginals, marginals - log_prior(prior, z.as_slice()));
            let mutual_information = q.kl(prior) - total_correlation - dimension_wise;
            Self { mutual_information, total_correlation, dimension_wise }
        };
        posteriors.iter().zip(noise).map(parts).collect()
    }

    /// E KL(q ‖ p), the sum of the parts.
    pub fn kl(&self) -> f64 {
        self.mutual_information + self.total_correlation + self.dimension_wise
    }
}

/// log p(z) of all latents.
pub(super) fn log_prior(prior: Prior, z: &[f64]) -> f64 {
    z.iter().map(|z| prior.log_density(*z)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use nalgebra::DMatrix;
    use rand::RngExt as _;
    use rand_distr::{Distribution as _, StandardNormal};

    fn normal(rng: &mut impl rand::Rng, m: usize) -> DVector<f64> {
        DVector::from_fn(m, |_, _| StandardNormal.sample(rng))
    }

    /// V16: at the linear optimum, with means N(0, Rᵀ(I − b/Λ)R) and the covariance Rᵀ(b/Λ)R, q(z) is the prior for any rotation R of
    /// full posteriors. With the diagonal posteriors of a rotated decoder it is not.
    #[test]
    fn the_optimum_of_linear_decoders_is_all_information() {
        let (lambda, b, count) = ([3.0_f64, 1.2, 0.4], 0.2, 4000);
        let mut rng = stream(3, Purpose::Analysis, 0);
        let random = DMatrix::<f64>::from_fn(3, 3, |_, _| StandardNormal.sample(&mut rng)).qr().q();
        for rotation in [DMatrix::<f64>::identity(3, 3), random] {
            let turned = |numbers: [f64; 3]| -> DMatrix<f64> {
                rotation.transpose() * DMatrix::from_diagonal(&numbers.to_vec().into()) * &rotation
            };
            let spread = turned(lambda.map(|l| 1.0 - b / l)).cholesky().unwrap().l();
            let factor = turned(lambda.map(|l| b / l)).cholesky().unwrap().l();
            let posteriors: Vec<Posterior> =
                (0..count).map(|_| Posterior { mean: &spread * normal(&mut rng, 3), factor: factor.clone() }).collect();
            let noise: Vec<_> = (0..count).map(|_| normal(&mut rng, 3)).collect();
            let found = Decomposition::estimate(&posteriors, Prior::Normal, &noise);
            let information: f64 = lambda.iter().map(|l| 0.5 * (l / b).ln()).sum();
            let kl = posteriors.iter().map(|q| q.kl(Prior::Normal)).sum::<f64>() / count as f64;
            assert!((found.kl() - kl).abs() < 1e-9);
            // Own components add about e^I/N = .003 to q(z), and the covariance of 4,000 means is off by 1/√4000.
            assert!((found.mutual_information - information).abs() < 0.05, "{found:?} {information}");
            assert!(found.total_correlation.abs() < 0.02, "{found:?}");
            assert!(found.dimension_wise.abs() < 0.01, "{found:?}");
        }
    }

    /// V28: TC = 2 log cos θ + tan θ, .1986, .2897 and .3069, of a uniform square of unit variance turned by θ ≤ 45°. Posteriors of
    /// standard deviation w blunt its edges; by quadrature (entropies of sums of two uniform and one normal variable) w = .12 leaves the
    /// values below, and w = .03 leaves .1704, .2604 and .2774.
    #[test]
    fn the_total_correlation_of_a_turned_square_is_its_closed_form() {
        let (count, width) = (4000, 0.12_f64);
        let mut rng = stream(4, Purpose::Analysis, 0);
        let root = 3.0_f64.sqrt();
        let square: Vec<[f64; 2]> = (0..count).map(|_| [(); 2].map(|()| rng.random_range(-root..root))).collect();
        let noise: Vec<_> = (0..count).map(|_| normal(&mut rng, 2)).collect();
        for (degrees, expected) in [(0.0_f64, 0.0), (15.0, 0.1086), (30.0, 0.1886), (45.0, 0.2042)] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let posterior = |s: &[f64; 2]| {
                let mean = DVector::from_vec(vec![cos * s[0] - sin * s[1], sin * s[0] + cos * s[1]]);
                Posterior { mean, factor: DMatrix::identity(2, 2) * width }
            };
            let posteriors: Vec<Posterior> = square.iter().map(posterior).collect();
            let found = Decomposition::estimate(&posteriors, Prior::Normal, &noise).total_correlation;
            // The samples' own posteriors add about e^I/N = 12/(2πe w²)/N = .012.
            assert!((found - expected).abs() < 0.025, "{degrees}°: {found} {expected}");
        }
    }
}
