//! The gauges of a decoder: what is seen at many latents, averaged, with the reason where a number would mean nothing.

use std::fmt;

use super::{
    Jets, alignment, c2_residual, diagonal_gap, distance_to_orthogonality, ima_contrast, off_diagonal_mass,
    posterior_precision, separation,
};
use crate::linalg::{Real, svd};
use crate::vae::{Covariance, Posterior};

/// A latent is active if the variance of its posterior mean over the data exceeds this (Burda et al. 2016).
pub const ACTIVE_VARIANCE: f64 = 0.01;

/// V is not shown where the singular values are closer than this share of the largest one.
pub const LEAST_SEPARATION: f64 = 0.05;

/// Why a quantity has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// The Jacobian of collapsed latents is noise.
    NoActiveLatent,
    /// There is nothing to compare.
    OneActiveLatent,
    /// Equal singular values leave V free.
    EqualSingularValues,
    /// More active latents than data dimensions, or columns that are parallel.
    DependentColumns,
    /// Second derivatives of a ReLU network say nothing.
    NotSmooth,
    /// The data came without true factors.
    NoTrueFactors,
    /// The run has not come that far.
    NotYet,
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoActiveLatent => "no latent is active: all have collapsed to the prior",
            Self::OneActiveLatent => "only one latent is active: there is no second axis to compare it with",
            Self::EqualSingularValues => "the singular values are nearly equal, so V is free to rotate",
            Self::DependentColumns => "the columns of the Jacobian are linearly dependent",
            Self::NotSmooth => "a ReLU decoder is piecewise linear: its second derivatives are zero or do not exist",
            Self::NoTrueFactors => "the true factors of this data are not known",
            Self::NotYet => "the run has not come that far",
        })
    }
}

/// A number, or the reason why there is none.
pub type Measured = Result<f64, Undefined>;

/// Averages over latents, restricted to active ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The active latents.
    pub active: Vec<usize>,
    /// Mean contrast c_IMA in nats: the headline. 0 means orthogonal columns.
    pub ima_contrast: Measured,
    /// Mean gap of a diagonal posterior in nats at Λ = I + JᵀJ/b.
    pub diagonal_gap: Measured,
    /// Mean share of JᵀJ off the diagonal.
    pub off_diagonal_mass: Measured,
    /// Mean distance ‖V − P‖ to the nearest signed permutation.
    pub dto: Measured,
    /// Mean alignment of V with the axes.
    pub alignment: Measured,
    /// Mean residual of condition C2.
    pub c2_residual: Measured,
    /// How far the encoder's Σ is from the stationarity condition with Λ = I + JᵀJ/b: the mean of ‖Σ⁻¹ − Λ‖/‖Λ‖ for full
    /// covariance, of |log Σᵢᵢ Λᵢᵢ| over all i for diagonal.
    pub posterior_error: Measured,
    /// Mean singular values of the active columns, largest first.
    pub singular_values: Vec<f64>,
    /// Mean length ‖Jᵢ‖ of every column, active or not.
    pub column_norms: Vec<f64>,
}

impl Summary {
    /// Summarises the decoder at the means of `posteriors`: `jets` are its derivatives there, b = βσ². C2 is left out
    /// (as [`Undefined::NotSmooth`]) unless the jets have second derivatives.
    pub fn new<T: Real>(jets: &Jets<T>, posteriors: &[Posterior], covariance: Covariance, b: f64) -> Self {
        let active = active_latents(posteriors);
        let jacobians: Vec<_> = (0..jets.len()).map(|k| jets.jacobian(k)).collect();
        let m = jacobians.first().map_or(0, |j| j.ncols());
        let restricted: Vec<_> = jacobians.iter().map(|j| j.select_columns(&active)).collect();
        let bases: Vec<_> = restricted.iter().map(svd).collect();

        let some = if active.is_empty() { Err(Undefined::NoActiveLatent) } else { Ok(()) };
        let two = some.and(if active.len() < 2 { Err(Undefined::OneActiveLatent) } else { Ok(()) });
        let apart = mean(bases.iter().map(|basis| separation(&basis.singular_values))) >= LEAST_SEPARATION;
        let named = two.and(if apart { Ok(()) } else { Err(Undefined::EqualSingularValues) });
        let finite = |x: f64| if x.is_finite() { Ok(x) } else { Err(Undefined::DependentColumns) };
        let precision = |j| posterior_precision(j, b);
        let smooth = if jets.second.columns() > 0 { Ok(()) } else { Err(Undefined::NotSmooth) };

        let mut singular_values = vec![0.0; active.len()];
        for basis in &bases {
            let mut sorted = basis.singular_values.clone();
            sorted.sort_unstable_by(|a, b| b.total_cmp(a));
            singular_values.iter_mut().zip(sorted).for_each(|(sum, s)| *sum += s / bases.len() as f64);
        }
        Self {
            ima_contrast: some.and_then(|()| finite(mean(restricted.iter().map(ima_contrast)))),
            diagonal_gap: some.and_then(|()| finite(mean(restricted.iter().map(|j| diagonal_gap(&precision(j)))))),
            off_diagonal_mass: two.and_then(|()| finite(mean(restricted.iter().map(off_diagonal_mass)))),
            dto: named.map(|()| mean(bases.iter().map(|basis| distance_to_orthogonality(&basis.v)))),
            alignment: named.map(|()| mean(bases.iter().map(|basis| alignment(&basis.v)))),
            c2_residual: two
                .and(smooth)
                .and_then(|()| finite(mean((0..jets.len()).map(|k| c2_residual(jets, k, &active))))),
            posterior_error: finite(mean(
                posteriors.iter().zip(&jacobians).map(|(q, j)| posterior_error(q, &precision(j), covariance)),
            )),
            singular_values,
            column_norms: (0..m).map(|i| mean(jacobians.iter().map(|j| j.column(i).norm()))).collect(),
            active,
        }
    }
}

/// The latents whose posterior mean varies over the data by more than [`ACTIVE_VARIANCE`].
pub fn active_latents(posteriors: &[Posterior]) -> Vec<usize> {
    let m = posteriors.first().map_or(0, Posterior::dim);
    let variance = |i: usize| {
        let centre = mean(posteriors.iter().map(|q| q.mean[i]));
        mean(posteriors.iter().map(|q| (q.mean[i] - centre).powi(2)))
    };
    (0..m).filter(|i| variance(*i) > ACTIVE_VARIANCE).collect()
}

fn posterior_error(q: &Posterior, precision: &nalgebra::DMatrix<f64>, covariance: Covariance) -> f64 {
    match covariance {
        Covariance::Full => (q.precision() - precision).norm() / precision.norm(),
        Covariance::Diagonal => {
            let logs = q.factor.diagonal().iter().zip(&precision.diagonal()).map(|(s, l)| (s * s * l).ln().abs()).sum();
            let logs: f64 = logs;
            logs / q.dim() as f64
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
    use crate::geometry::Order;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::vae::{Architecture, DecoderKind, Vae};
    use nalgebra::{DMatrix, DVector};

    /// A linear decoder with these columns, and posteriors with these means that satisfy the stationarity condition.
    fn summary(columns: &[f64], n: usize, means: &[[f64; 2]], covariance: Covariance) -> Summary {
        let architecture =
            Architecture { latent_dim: 2, hidden: vec![], activation: Activation::Tanh, decoder: DecoderKind::Linear };
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
        Summary::new(&Jets::of(&vae, &z, Order::Second), &posteriors, covariance, 0.1)
    }

    const SPREAD: [[f64; 2]; 2] = [[1.0, 1.0], [-1.0, 0.0]];

    #[test]
    fn orthogonal_columns_are_seen_as_such() {
        let s = summary(&[2.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3, &SPREAD, Covariance::Diagonal);
        assert_eq!(s.active, [0, 1]);
        for zero in [s.ima_contrast, s.diagonal_gap, s.off_diagonal_mass, s.dto, s.c2_residual, s.posterior_error] {
            assert!(zero.unwrap().abs() < 1e-14, "{s:?}");
        }
        assert_eq!((s.singular_values, s.column_norms), (vec![2.0, 1.0], vec![2.0, 1.0]));
    }

    #[test]
    fn skewed_columns_cost_what_their_angle_says() {
        let s = summary(&[1.0, 0.0, 0.6, 0.8], 2, &SPREAD, Covariance::Full);
        assert!((s.ima_contrast.unwrap() + 0.8_f64.ln()).abs() < 1e-14);
        assert!((s.dto.unwrap() - 2.0 * 2_f64.sqrt() * (22.5_f64.to_radians()).sin()).abs() < 1e-7, "45° off the axes");
        assert!(s.posterior_error.unwrap() < 1e-12);
        // The diagonal family can't hold this Σ, yet each variance meets its own condition.
        let s = summary(&[1.0, 0.0, 0.6, 0.8], 2, &SPREAD, Covariance::Diagonal);
        assert!(s.posterior_error.unwrap() < 1e-12 && s.diagonal_gap.unwrap() > 0.1);
    }

    #[test]
    fn what_means_nothing_gives_its_reason() {
        let equal = summary(&[1.0, 0.0, 0.0, 1.0], 2, &SPREAD, Covariance::Diagonal);
        assert_eq!(equal.dto, Err(Undefined::EqualSingularValues));
        let one = summary(&[1.0, 0.0, 0.6, 0.8], 2, &[[1.0, 0.0], [-1.0, 0.0]], Covariance::Diagonal);
        assert_eq!((one.active.as_slice(), one.dto), (&[0][..], Err(Undefined::OneActiveLatent)));
        assert_eq!(one.ima_contrast, Ok(0.0));
        let none = summary(&[1.0, 0.0, 0.6, 0.8], 2, &[[0.0, 0.0], [0.0, 0.0]], Covariance::Diagonal);
        assert_eq!(none.ima_contrast, Err(Undefined::NoActiveLatent));
        let dependent = summary(&[1.0, 2.0], 1, &SPREAD, Covariance::Diagonal);
        assert_eq!(dependent.ima_contrast, Err(Undefined::DependentColumns));
    }
}
