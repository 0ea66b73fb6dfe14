//! Codes of observations beside their true factors.

use super::factor_kind::FactorKind;
use super::undefined_score::UndefinedScore;
use crate::linalg::Matrix;

/// Codes of N observations and their true factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FactorCodes<'a> {
    /// m × N: the posterior mean of each latent.
    pub codes: &'a Matrix<f64>,
    /// K × N.
    pub factors: &'a Matrix<f64>,
    /// K: the nature of each factor.
    pub kinds: &'a [FactorKind],
}

impl FactorCodes<'_> {
    /// m, the number of latents.
    pub fn latent_count(&self) -> usize {
        self.codes.rows()
    }

    /// K, the number of factors.
    pub fn factor_count(&self) -> usize {
        self.factors.rows()
    }

    /// The values of a latent.
    pub(super) fn latent(&self, i: usize) -> Vec<f64> {
        self.codes.row(i).collect()
    }

    /// The values of a factor.
    pub(super) fn factor(&self, k: usize) -> Vec<f64> {
        self.factors.row(k).collect()
    }

    /// Refuses numbers that are not finite, fewer than `least` observations or two latents, and no factors at all.
    ///
    /// # Panics
    /// If the shapes do not fit each other.
    pub(super) fn check(&self, least: usize) -> Result<(), UndefinedScore> {
        assert_eq!(self.codes.columns(), self.factors.columns(), "every code has its factors");
        assert_eq!(self.factors.rows(), self.kinds.len(), "every factor has its kind");
        if self.codes.columns() < least || self.factor_count() == 0 {
            return Err(UndefinedScore::FewObservations);
        }
        if self.latent_count() < 2 {
            return Err(UndefinedScore::OneLatent);
        }
        let finite = |matrix: &Matrix<f64>| matrix.as_slice().iter().all(|x| x.is_finite());
        if finite(self.codes) && finite(self.factors) { Ok(()) } else { Err(UndefinedScore::NotFinite) }
    }
}

/// Mean and variance (divided by N). The variance of equal values is 0 in spite of rounding.
pub(super) fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    if values.iter().all(|x| *x == values[0]) {
        return (values.first().copied().unwrap_or(f64::NAN), 0.0);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::factor_scores::dci::{DciProbe, dci};
    use crate::stats::factor_scores::mutual_information::{BINS, mutual_information_gap};
    use crate::stats::factor_scores::nearest_neighbours::neighbour_gap;
    use crate::stats::factor_scores::tests::rotated_square;

    #[test]
    fn equal_values_have_no_variance() {
        assert_eq!(mean_and_variance(&[0.1; 7]), (0.1, 0.0));
        assert_eq!(mean_and_variance(&[1.0, 2.0, 3.0, 6.0]), (3.0, 3.5));
    }

    #[test]
    fn scores_say_why_they_are_undefined() {
        let (codes, factors) = rotated_square(10.0, 40);
        let whole = FactorCodes { codes: &codes, factors: &factors, kinds: &[FactorKind::Continuous; 2] };
        let one = Matrix::from_columns(1, 40, codes.row(0).collect());
        let single = FactorCodes { codes: &one, ..whole };
        assert_eq!(mutual_information_gap(single, BINS), Err(UndefinedScore::OneLatent));
        let mut broken = codes.clone();
        broken[(1, 7)] = f64::NAN;
        let broken = FactorCodes { codes: &broken, ..whole };
        assert_eq!(dci(whole, broken, DciProbe::Linear), Err(UndefinedScore::NotFinite));
        let (few_codes, few_factors) = (codes.select_columns(0..4), factors.select_columns(0..4));
        let few = FactorCodes { codes: &few_codes, factors: &few_factors, ..whole };
        assert_eq!(neighbour_gap(few, whole), Err(UndefinedScore::FewObservations));
        let nothing = FactorCodes { factors: &Matrix::zeros(0, 40), kinds: &[], ..whole };
        assert_eq!(mutual_information_gap(nothing, BINS), Err(UndefinedScore::FewObservations));
    }
}
