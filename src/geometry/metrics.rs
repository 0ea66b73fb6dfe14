//! Geometry metrics of a decoder: averages over many latent vectors, with a reason for every undefined number.

use std::fmt;

use nalgebra::DMatrix;

use super::contrast::{distance_of, separation};
use super::curvature::c2_residual;
use super::gram::Gram;
use super::jet::Jets;
use crate::linalg::Real;
use crate::vae::{Covariance, Posterior};

/// Smallest variance of the posterior mean over the data of an active latent (Burda et al. 2016).
pub const ACTIVE_VARIANCE: f64 = 0.01;

/// Smallest separation of singular values, a share of the largest one, for which V is defined.
pub const LEAST_SEPARATION: f64 = 0.05;

/// Reason for an undefined quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// No latent is active; the Jacobian of collapsed latents is noise.
    NoActiveLatent,
    /// Only one latent is active; there is no second one to compare.
    OneActiveLatent,
    /// Singular values are equal, which leaves V free.
    EqualSingularValues,
    /// There are more active latents than data dimensions, or columns are parallel.
    DependentColumns,
    /// b = βσ² is 0.
    ZeroB,
    /// Second derivatives of a ReLU network are zero or do not exist.
    NotSmooth,
    /// The data have no true factors.
    NoTrueFactors,
    /// The data are not a linear map of factors along principal axes.
    NoCeiling,
    /// Few samples carry the weight of an integral by importance sampling.
    FewWeights,
    /// A grid fine enough for the posterior has too many points.
    NarrowPosterior,
    /// No low-discrepancy points are at hand for so many latents.
    ManyLatents,
    /// The model gives no finite number.
    NotFinite,
    /// The run has not reached that step.
    NotYet,
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoActiveLatent => "no latent is active: all have collapsed to the prior",
            Self::OneActiveLatent => "only one latent is active: there is no second axis to compare it with",
            Self::EqualSingularValues => "the singular values are nearly equal, so V is free to rotate",
            Self::DependentColumns => "the columns of the Jacobian are linearly dependent",
            Self::ZeroB => "b = βσ² is 0, so Λ = I + JᵀJ/b does not exist",
            Self::NotSmooth => "a ReLU decoder is piecewise linear: its second derivatives are zero or do not exist",
            Self::NoTrueFactors => "the true factors of this data are not known",
            Self::NoCeiling => "a ceiling is known for linear maps of factors along principal axes only",
            Self::FewWeights => "importance sampling fails: a few samples carry nearly all of the weight",
            Self::NarrowPosterior => "the posterior is too narrow for a grid over the latents",
            Self::ManyLatents => "with more than 10 latents a curved decoder has too many dimensions to integrate over",
            Self::NotFinite => "the model gives no finite number",
            Self::NotYet => "the run has not reached that step",
        })
    }
}

/// A number, or the reason why it is undefined.
pub type Measured = Result<f64, Undefined>;

/// Averages over latent vectors, restricted to active latents.
#[derive(Clone, Debug, PartialEq)]
pub struct GeometryMetrics {
    /// Active latents.
    pub active: Vec<usize>,
    /// Mean contrast c_IMA in nats; 0 for orthogonal columns.
    pub ima_contrast: Measured,
    /// Mean gap of a diagonal posterior in nats at Λ = I + JᵀJ/b, without the factor β of the objective.
    pub diagonal_gap: Measured,
    /// Mean share of JᵀJ off the diagonal.
    pub off_diagonal_mass: Measured,
    /// Mean distance ‖V − P‖ to the nearest signed permutation.
    pub dto: Measured,
    /// Mean alignment of V with the axes.
    pub alignment: Measured,
    /// Mean residual of condition C2.
    pub c2_residual: Measured,
    /// Deviation of the encoder's Σ from the stationarity condition with Λ = I + JᵀJ/b: the mean of ‖Σ⁻¹ − Λ‖/‖Λ‖ for full
    /// covariance, of |log Σᵢᵢ Λᵢᵢ| over all i for diagonal; collapsed latents included.
    pub posterior_error: Measured,
    /// Mean singular values of the active columns, largest first.
    pub singular_values: Vec<f64>,
    /// Mean length ‖Jᵢ‖ of every column, active or not.
    pub column_norms: Vec<f64>,
}

impl GeometryMetrics {
    /// Metrics of the decoder at the means of `posteriors`: `jets` are its derivatives there, b = βσ². Without second
    /// derivatives C2 is [`Undefined::NotSmooth`].
    pub fn new<T: Real>(jets: &Jets<T>, posteriors: &[Posterior], covariance: Covariance, b: f64) -> Self {
        let active = active_latents(posteriors);
        let all: Vec<usize> = (0..posteriors.first().map_or(0, Posterior::dim)).collect();
        let mut sums =
            Sums { singular_values: vec![0.0; active.len()], lengths: vec![0.0; all.len()], ..Sums::default() };
        let (mut chosen, mut whole) = (Gram::default(), Gram::default());
        for (k, q) in posteriors.iter().enumerate() {
            chosen.read(jets, k, &active);
            sums.contrast += chosen.contrast();
            sums.gap += chosen.gap(b);
            sums.mass += chosen.off_diagonal_mass();
            let (singular_values, v) = chosen.singular_basis();
            sums.separation += separation(singular_values);
            // The columns of V are matched to latents already, so no permutation aligns it better.
            let alignment = v.iter().step_by(active.len() + 1).sum::<f64>() / active.len() as f64;
            sums.alignment += alignment;
            sums.dto += distance_of(alignment, active.len());
            sums.count(singular_values);
            whole.read(jets, k, &all);
            sums.posterior_error += posterior_error(q, &whole, b, covariance);
            sums.lengths.iter_mut().enumerate().for_each(|(i, sum)| *sum += whole.squared_length(i).sqrt());
        }
        let mean = |sum: f64| sum / jets.len() as f64;

        let some = if active.is_empty() { Err(Undefined::NoActiveLatent) } else { Ok(()) };
        let two = some.and(if active.len() < 2 { Err(Undefined::OneActiveLatent) } else { Ok(()) });
        let apart = mean(sums.separation) >= LEAST_SEPARATION;
        let named = two.and(if apart { Ok(()) } else { Err(Undefined::EqualSingularValues) });
        let finite = |x: f64| if x.is_finite() { Ok(x) } else { Err(Undefined::DependentColumns) };
        let inverse = if b > 0.0 { Ok(()) } else { Err(Undefined::ZeroB) };
        let smooth = if jets.second.columns() > 0 { Ok(()) } else { Err(Undefined::NotSmooth) };
        let c2_residual = || (0..jets.len()).map(|k| c2_residual(jets, k, &active)).sum();
        Self {
            ima_contrast: two.and_then(|()| finite(mean(sums.contrast))),
            diagonal_gap: two.and(inverse).and_then(|()| finite(mean(sums.gap))),
            off_diagonal_mass: two.and_then(|()| finite(mean(sums.mass))),
            dto: named.map(|()| mean(sums.dto)),
            alignment: named.map(|()| mean(sums.alignment)),
            c2_residual: two.and(smooth).and_then(|()| finite(mean(c2_residual()))),
            posterior_error: inverse.and_then(|()| finite(mean(sums.posterior_error))),
            singular_values: sums.singular_values.into_iter().map(mean).collect(),
            column_norms: sums.lengths.into_iter().map(mean).collect(),
            active,
        }
    }
}

/// Sums over latent vectors.
#[derive(Default)]
struct Sums {
    contrast: f64,
    gap: f64,
    mass: f64,
    separation: f64,
    alignment: f64,
    dto: f64,
    posterior_error: f64,
    singular_values: Vec<f64>,
    lengths: Vec<f64>,
    sorted: Vec<f64>,
}

impl Sums {
    /// Adds the singular values in descending order.
    fn count(&mut self, singular_values: &[f64]) {
        self.sorted.clear();
        self.sorted.extend_from_slice(singular_values);
        self.sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        self.singular_values.iter_mut().zip(&self.sorted).for_each(|(sum, s)| *sum += s);
    }
}

/// Latents whose posterior mean has a variance over the data above [`ACTIVE_VARIANCE`].
pub fn active_latents(posteriors: &[Posterior]) -> Vec<usize> {
    let m = posteriors.first().map_or(0, Posterior::dim);
    let variance = |i: usize| {
        let centre = mean(posteriors.iter().map(|q| q.mean[i]));
        mean(posteriors.iter().map(|q| (q.mean[i] - centre).powi(2)))
    };
    (0..m).filter(|i| variance(*i) > ACTIVE_VARIANCE).collect()
}

/// Deviation of Σ from the inverse of Λ = I + G/b.
fn posterior_error(q: &Posterior, gram: &Gram, b: f64, covariance: Covariance) -> f64 {
    match covariance {
        Covariance::Full => {
            let precision = DMatrix::identity(q.dim(), q.dim()) + gram.matrix() / b;
            (q.precision() - &precision).norm() / precision.norm()
        }
        Covariance::Diagonal => {
            let precision = |i: usize| 1.0 + gram.squared_length(i) / b;
            let log = |i: usize| (q.factor[(i, i)].powi(2) * precision(i)).ln().abs();
            (0..q.dim()).map(log).sum::<f64>() / q.dim() as f64
        }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len();
    values.sum::<f64>() / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::contrast::posterior_precision;
    use crate::geometry::jet::Order;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::vae::{Architecture, DecoderKind, Vae};
    use nalgebra::DVector;

    /// A linear decoder with these columns, and posteriors with these means that satisfy the stationarity condition.
    fn metrics(columns: &[f64], n: usize, means: &[[f64; 2]], covariance: Covariance) -> GeometryMetrics {
        metrics_at(0.1, columns, n, means, covariance)
    }

    /// The same, measured at another b.
    fn metrics_at(b: f64, columns: &[f64], n: usize, means: &[[f64; 2]], covariance: Covariance) -> GeometryMetrics {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![],
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor: Default::default(),
        };
        let mut vae = Vae::<f64>::zeros(n, architecture, covariance);
        vae.parameters[..2 * n].copy_from_slice(columns);
        let z = Matrix::from_columns(2, means.len(), means.concat());
        let precision = posterior_precision(&DMatrix::from_column_slice(n, 2, columns), 0.1);
        let sigma = match covariance {
            Covariance::Full => precision.try_inverse().unwrap(),
            Covariance::Diagonal => DMatrix::from_diagonal(&precision.diagonal().map(|l| 1.0 / l)),
        };
        let factor = sigma.cholesky().unwrap().l();
        let q = |mean: &[f64; 2]| Posterior { mean: DVector::from_column_slice(mean), factor: factor.clone() };
        let posteriors: Vec<_> = means.iter().map(q).collect();
        GeometryMetrics::new(&Jets::of(&vae, &z, Order::Second), &posteriors, covariance, b)
    }

    const SPREAD: [[f64; 2]; 2] = [[1.0, 1.0], [-1.0, 0.0]];

    #[test]
    fn orthogonal_columns_have_zero_deviations() {
        let s = metrics(&[2.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3, &SPREAD, Covariance::Diagonal);
        assert_eq!(s.active, [0, 1]);
        for zero in [s.ima_contrast, s.diagonal_gap, s.off_diagonal_mass, s.dto, s.c2_residual, s.posterior_error] {
            assert!(zero.unwrap().abs() < 1e-14, "{s:?}");
        }
        assert_eq!((s.singular_values, s.column_norms), (vec![2.0, 1.0], vec![2.0, 1.0]));
    }

    #[test]
    fn skewed_columns_have_the_contrast_of_their_angle() {
        let s = metrics(&[1.0, 0.0, 0.6, 0.8], 2, &SPREAD, Covariance::Full);
        assert!((s.ima_contrast.unwrap() + 0.8_f64.ln()).abs() < 1e-14);
        assert!((s.dto.unwrap() - 2.0 * 2_f64.sqrt() * (22.5_f64.to_radians()).sin()).abs() < 1e-7, "45° off the axes");
        assert!(s.posterior_error.unwrap() < 1e-12);
        // The diagonal family cannot represent this Σ, yet each variance meets its own condition.
        let s = metrics(&[1.0, 0.0, 0.6, 0.8], 2, &SPREAD, Covariance::Diagonal);
        assert!(s.posterior_error.unwrap() < 1e-12 && s.diagonal_gap.unwrap() > 0.1);
    }

    #[test]
    fn undefined_metrics_give_the_reason() {
        let equal = metrics(&[1.0, 0.0, 0.0, 1.0], 2, &SPREAD, Covariance::Diagonal);
        assert_eq!(equal.dto, Err(Undefined::EqualSingularValues));
        let one = metrics(&[1.0, 0.0, 0.6, 0.8], 2, &[[1.0, 0.0], [-1.0, 0.0]], Covariance::Diagonal);
        assert_eq!((one.active.as_slice(), one.dto), (&[0][..], Err(Undefined::OneActiveLatent)));
        assert_eq!([one.ima_contrast, one.diagonal_gap], [Err(Undefined::OneActiveLatent); 2]);
        let none = metrics(&[1.0, 0.0, 0.6, 0.8], 2, &[[0.0, 0.0], [0.0, 0.0]], Covariance::Diagonal);
        assert_eq!(none.ima_contrast, Err(Undefined::NoActiveLatent));
        let dependent = metrics(&[1.0, 2.0], 1, &SPREAD, Covariance::Diagonal);
        assert_eq!(dependent.ima_contrast, Err(Undefined::DependentColumns));
        let free = metrics_at(0.0, &[2.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3, &SPREAD, Covariance::Diagonal);
        assert_eq!([free.diagonal_gap, free.posterior_error], [Err(Undefined::ZeroB); 2]);
        assert!(free.ima_contrast.unwrap().abs() < 1e-14);
    }
}
