//! Geometry metrics of a decoder: averages over many latent vectors, with a reason for every undefined number.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use nalgebra::DMatrix;

use super::contrast::{distance_of, separation};
use super::curvature::c2_residual;
use super::gram::{Gram, dot};
use super::jet::Jets;
use super::undefined::{Measured, Undefined};
use crate::linalg::{Matrix, Real};
use crate::stats::moments;
use crate::vae::{Covariance, Objective, Posterior};

/// Smallest variance of the posterior mean over the data of an active latent (Burda et al. 2016).
pub const ACTIVE_VARIANCE: f64 = 0.01;

/// Smallest separation of singular values, a share of the largest one, for which V is defined.
pub const LEAST_SEPARATION: f64 = 0.05;

/// Values at each observation (columns) of the metrics that are means; lists have a row for each entry. The keys are those of
/// `metrics.json`.
pub type Samples = BTreeMap<&'static str, Matrix<f64>>;

/// Averages over latent vectors, restricted to active latents. J is that of [`Jets::fisher`]: F^½ ∂η/∂z for Bernoulli variables.
#[derive(Clone, Debug, PartialEq)]
pub struct GeometryMetrics {
    /// Active latents.
    pub active: Vec<usize>,
    /// Number of active latents; with full covariance, whose axes are free, of active directions ([`active_units`]).
    pub active_units: usize,
    /// Mean contrast c_IMA in nats; 0 for orthogonal columns.
    pub ima_contrast: Measured,
    /// Mean price of a diagonal posterior, β times its gap at Λ = I + JᵀJ/b, in nats of the objective.
    pub beta_gap: Measured,
    /// Mean share of JᵀJ off the diagonal.
    pub off_diagonal_mass: Measured,
    /// Mean distance ‖V − P‖ to the nearest signed permutation.
    pub dto: Measured,
    /// Mean alignment of V with the axes.
    pub alignment: Measured,
    /// Mean residual of condition C2.
    pub c2_residual: Measured,
    /// Deviation of the encoder's Σ from the stationarity condition with Λ = I + JᵀJ/b: the mean of ‖Σ⁻¹ − Λ‖/‖Λ‖ over the
    /// block of the active latents for full covariance, of |log Σᵢᵢ Λᵢᵢ| over them for diagonal.
    pub posterior_error: Measured,
    /// Mean singular values of the active columns, largest first.
    pub singular_values: Vec<f64>,
    /// Mean length ‖Jᵢ‖ of every column, active or not.
    pub column_norms: Vec<f64>,
    /// The values of all that are means, without those of undefined metrics.
    pub samples: Samples,
    /// True for so few observations that latents which seem to have collapsed may be active.
    few_observations: bool,
}

/// Fewer observations do not tell active latents from collapsed ones: the standard error of a variance is more than a third of it.
pub const FEWEST_OBSERVATIONS: usize = 20;

impl GeometryMetrics {
    /// Metrics of the decoder at the means of `posteriors`, whose covariance family is that of `objective`: `jets` are its
    /// derivatives there, as [`Jets::fisher`] gives them. Without second derivatives C2 is [`Undefined::NotSmooth`].
    pub fn new<T: Real>(jets: &Jets<T>, posteriors: &[Posterior], objective: &Objective) -> Self {
        Self::of_pieces([jets], posteriors, objective)
    }

    /// The same from `jets` that follow each other, each at the next of the means: those of all together may be too large.
    pub fn of_pieces<T: Real, J: Borrow<Jets<T>>>(
        pieces: impl IntoIterator<Item = J>,
        posteriors: &[Posterior],
        objective: &Objective,
    ) -> Self {
        let (b, covariance) = (objective.b(), objective.covariance);
        let active = active_latents(posteriors);
        let active_units = active_units(posteriors, covariance);
        let m = posteriors.first().map_or(0, Posterior::dim);
        let (count, k) = (posteriors.len(), active.len());

        let [mut contrast, mut gap, mut mass, mut dto, mut alignments, mut errors, mut curvature] =
            [const { Vec::new() }; 7];
        let (mut singular, mut lengths) = (Matrix::zeros(k, count), Matrix::zeros(m, count));
        let mut separations = 0.0;
        let mut is_smooth = false;
        let mut gram = Gram::default();
        let mut observed = posteriors.iter().enumerate();
        for piece in pieces {
            let jets: &Jets<T> = piece.borrow();
            is_smooth = jets.second.columns() > 0;
            for (place, (i, q)) in (0..jets.len()).zip(&mut observed) {
                gram.read(jets, place, &active);
                contrast.push(gram.contrast());
                gap.push(objective.beta * gram.gap(b));
                mass.push(gram.off_diagonal_mass());
                errors.push(posterior_error(q, &gram, &active, b, covariance));
                if is_smooth {
                    curvature.push(c2_residual(jets, place, &active));
                }
                let (singular_values, v) = gram.singular_basis();
                separations += separation(singular_values);
                // The columns of V are matched to latents already, so no permutation aligns it better.
                let alignment = v.iter().step_by(k + 1).sum::<f64>() / k as f64;
                alignments.push(alignment);
                dto.push(distance_of(alignment, k));
                let sorted = singular.column_mut(i);
                sorted.copy_from_slice(singular_values);
                sorted.sort_unstable_by(|a, b| b.total_cmp(a));
                let length = |latent: usize| norm(jets.column(place, latent));
                lengths.column_mut(i).iter_mut().enumerate().for_each(|(latent, l)| *l = length(latent));
            }
        }

        let (some, two) = (at_least(1, k), at_least(2, k));
        let whole = two.and(if active_units < k { Err(Undefined::SharedDirections) } else { Ok(()) });
        let apart = separations / count as f64 >= LEAST_SEPARATION;
        let named = whole.and(if apart { Ok(()) } else { Err(Undefined::EqualSingularValues) });
        let inverse = if b > 0.0 { Ok(()) } else { Err(Undefined::ZeroB) };
        let smooth = if is_smooth { Ok(()) } else { Err(Undefined::NotSmooth) };
        let mut samples = Samples::new();
        let mut mean = |name: &'static str, condition: Result<(), Undefined>, values: Vec<f64>| {
            condition?;
            let mean = values.iter().sum::<f64>() / count as f64;
            if !mean.is_finite() {
                return Err(Undefined::DependentColumns);
            }
            samples.insert(name, Matrix::from_columns(1, count, values));
            Ok(mean)
        };
        Self {
            ima_contrast: mean("ima_contrast", whole, contrast),
            beta_gap: mean("beta_gap", two.and(inverse), gap),
            off_diagonal_mass: mean("off_diagonal_mass", whole, mass),
            dto: mean("dto", named, dto),
            alignment: mean("alignment", named, alignments),
            c2_residual: mean("c2_residual", whole.and(smooth), curvature),
            posterior_error: mean("posterior_error", some.and(inverse), errors),
            singular_values: row_means(&singular),
            column_norms: row_means(&lengths),
            samples: {
                samples.insert("singular_values", singular);
                samples.insert("column_norms", lengths);
                samples
            },
            active,
            active_units,
            few_observations: false,
        }
    }

    /// The metrics of a decoder alone: no encoder, so no posterior whose covariance could be off.
    #[must_use]
    pub fn without_encoder(mut self) -> Self {
        self.samples.remove("posterior_error");
        Self { posterior_error: Err(Undefined::NoEncoder), ..self }
    }

    /// The metrics of a model without b = βσ², for this reason.
    #[must_use]
    pub fn without_b(mut self, why: Undefined) -> Self {
        let named = |reason| if reason == Undefined::ZeroB { why } else { reason };
        for measured in [&mut self.beta_gap, &mut self.posterior_error] {
            *measured = measured.map_err(named);
        }
        self
    }

    /// The same without conclusions about collapsed latents if there are fewer than [`FEWEST_OBSERVATIONS`].
    #[must_use]
    pub fn judged_by(mut self, observations: usize) -> Self {
        self.few_observations = observations < FEWEST_OBSERVATIONS;
        let few = self.few_observations;
        for measured in [
            &mut self.ima_contrast,
            &mut self.beta_gap,
            &mut self.off_diagonal_mass,
            &mut self.dto,
            &mut self.alignment,
            &mut self.c2_residual,
            &mut self.posterior_error,
        ] {
            *measured = measured.map_err(|reason| reason.judged(few));
        }
        self
    }

    /// [`Self::active_units`].
    ///
    /// # Errors
    /// [`Undefined::FewObservations`] if there are too few to tell.
    pub fn measured_active_units(&self) -> Measured {
        if self.few_observations { Err(Undefined::FewObservations) } else { Ok(self.active_units as f64) }
    }

    /// True if a latent has collapsed to the prior, as far as there are enough observations to tell.
    pub fn is_collapsed(&self, latent: usize) -> bool {
        !self.few_observations && !self.active.contains(&latent)
    }

    /// The active latents, if there are two to compare.
    ///
    /// # Errors
    /// [`Undefined::NoActiveLatent`] or [`Undefined::OneActiveLatent`].
    pub fn compared(&self) -> Result<&[usize], Undefined> {
        at_least(2, self.active.len()).map(|()| &*self.active).map_err(|reason| reason.judged(self.few_observations))
    }

    /// The active latents, if they are at least `needed` and posterior means vary along as many directions: numbers that need a
    /// Jacobian of full rank are taken over them.
    ///
    /// # Errors
    /// As [`Self::compared`], or [`Undefined::SharedDirections`].
    pub fn independent(&self, needed: usize) -> Result<&[usize], Undefined> {
        at_least(needed, self.active.len()).map_err(|reason| reason.judged(self.few_observations))?;
        if self.active_units < self.active.len() { Err(Undefined::SharedDirections) } else { Ok(&self.active) }
    }

    /// Checks that both latents of a plane are active.
    ///
    /// # Errors
    /// As [`Self::compared`], or [`Undefined::CollapsedLatent`].
    pub fn compared_in(&self, plane: [usize; 2]) -> Result<(), Undefined> {
        let active = self.compared()?;
        if plane.iter().all(|i| active.contains(i)) { Ok(()) } else { Err(Undefined::CollapsedLatent) }
    }

    /// Checks that both latents of a plane are active and that posterior means vary along as many directions as there are active
    /// latents: what is said of two latents that share one would be about neither.
    ///
    /// # Errors
    /// As [`Self::compared_in`] and [`Self::independent`].
    pub fn independent_in(&self, plane: [usize; 2]) -> Result<(), Undefined> {
        self.compared_in(plane).and_then(|()| self.independent(2).map(|_active| ()))
    }
}

/// The reason why so few active latents are too few, if they are.
fn at_least(needed: usize, active: usize) -> Result<(), Undefined> {
    match active {
        _ if active >= needed => Ok(()),
        0 => Err(Undefined::NoActiveLatent),
        _ => Err(Undefined::OneActiveLatent),
    }
}

/// Mean of each row.
pub(crate) fn row_means(values: &Matrix<f64>) -> Vec<f64> {
    let mut means = vec![0.0; values.rows()];
    values.iter_columns().for_each(|column| means.iter_mut().zip(column).for_each(|(sum, x)| *sum += x));
    means.iter_mut().for_each(|sum| *sum /= values.columns() as f64);
    means
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

/// Number of active latents. With full covariance the axes are free, and latents can vary together: then it is the number of
/// active directions, eigenvalues of the covariance of the posterior means above [`ACTIVE_VARIANCE`].
pub fn active_units(posteriors: &[Posterior], covariance: Covariance) -> usize {
    match covariance {
        Covariance::Diagonal => active_latents(posteriors).len(),
        Covariance::Full => {
            let m = posteriors.first().map_or(0, Posterior::dim);
            let spread = moments(posteriors.iter().map(|q| q.mean.as_slice()), m).1;
            spread.symmetric_eigenvalues().iter().filter(|variance| **variance > ACTIVE_VARIANCE).count()
        }
    }
}

/// Deviation of Σ⁻¹ from Λ = I + G/b on the block of these latents, whose columns G is of.
fn posterior_error(q: &Posterior, gram: &Gram, latents: &[usize], b: f64, covariance: Covariance) -> f64 {
    match covariance {
        Covariance::Full => {
            let precision = DMatrix::identity(latents.len(), latents.len()) + gram.matrix() / b;
            let learned = q.precision().select_rows(latents).select_columns(latents);
            (learned - &precision).norm() / precision.norm()
        }
        Covariance::Diagonal => {
            let log = |(place, i): (usize, &usize)| {
                (q.factor[(*i, *i)].powi(2) * (1.0 + gram.squared_length(place) / b)).ln().abs()
            };
            latents.iter().enumerate().map(log).sum::<f64>() / latents.len() as f64
        }
    }
}

fn norm<T: Real>(column: &[T]) -> f64 {
    dot(column, column).sqrt()
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
            likelihood: Default::default(),
            decoder_hidden: None,
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
        let objective = Objective::new(covariance, 2.0, b / 2.0);
        GeometryMetrics::new(&Jets::of(&vae, &z, Order::Second), &posteriors, &objective)
    }

    const SPREAD: [[f64; 2]; 3] = [[1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];

    #[test]
    fn orthogonal_columns_have_zero_deviations() {
        let s = metrics(&[2.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3, &SPREAD, Covariance::Diagonal);
        assert_eq!(s.active, [0, 1]);
        for zero in [s.ima_contrast, s.beta_gap, s.off_diagonal_mass, s.dto, s.c2_residual, s.posterior_error] {
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
        assert!(s.posterior_error.unwrap() < 1e-12 && s.beta_gap.unwrap() > 0.1);
    }

    #[test]
    fn undefined_metrics_give_the_reason() {
        let equal = metrics(&[1.0, 0.0, 0.0, 1.0], 2, &SPREAD, Covariance::Diagonal);
        assert_eq!(equal.dto, Err(Undefined::EqualSingularValues));
        let one = metrics(&[1.0, 0.0, 0.6, 0.8], 2, &[[1.0, 0.0], [-1.0, 0.0]], Covariance::Diagonal);
        assert_eq!((one.active.as_slice(), one.dto), (&[0][..], Err(Undefined::OneActiveLatent)));
        assert_eq!([one.ima_contrast, one.beta_gap], [Err(Undefined::OneActiveLatent); 2]);
        let none = metrics(&[1.0, 0.0, 0.6, 0.8], 2, &[[0.0, 0.0], [0.0, 0.0]], Covariance::Diagonal);
        assert_eq!(none.ima_contrast, Err(Undefined::NoActiveLatent));
        let dependent = metrics(&[1.0, 2.0], 1, &SPREAD, Covariance::Diagonal);
        assert_eq!(dependent.ima_contrast, Err(Undefined::DependentColumns));
        let free = metrics_at(0.0, &[2.0, 0.0, 0.0, 0.0, 1.0, 0.0], 3, &SPREAD, Covariance::Diagonal);
        assert_eq!([free.beta_gap, free.posterior_error], [Err(Undefined::ZeroB); 2]);
        assert!(free.ima_contrast.unwrap().abs() < 1e-14);
    }
}
