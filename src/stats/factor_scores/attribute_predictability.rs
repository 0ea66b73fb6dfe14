//! The score of separated attribute predictability.

use nalgebra::DMatrix;

use super::categories::{Categories, accuracy};
use super::factor_codes::{FactorCodes, mean_and_variance};
use super::factor_kind::FactorKind;
use super::gap_score::GapScore;
use super::linear_svm::LinearSvm;
use super::undefined_score::UndefinedScore;

/// Variance of a latent that counts as none.
const NO_VARIANCE: f64 = 1e-12;

/// Separated attribute predictability SAP (Kumar et al. 2018), as `disentanglement_lib/evaluation/metrics/sap_score.py` computes
/// it: SAP = 1/K Σₖ (S₍₁₎ₖ − S₍₂₎ₖ), the gap between the two latents that predict a factor best, each by a line on its own.
/// Between 0 and 1.
///
/// Sᵢₖ (`attributions`, m × K) is for a continuous factor the squared correlation R² = cov²(zᵢ, wₖ) / (var zᵢ · var wₖ) on the
/// training part, 0 if zᵢ does not vary. For a discrete one it is the share of the test part whose class a linear support vector
/// machine predicts from zᵢ, one-against-rest, squared hinge loss, C = .01, classes weighed equally; it depends on the scale of
/// the codes. The library splits 10,000 to 5,000 and takes all factors as of one kind. Under a rotation by θ ≤ 45° of independent
/// continuous factors of equal variance SAP = cos 2θ.
///
/// # Errors
/// With fewer than two latents, or two observations of a part, a factor that is constant in the training part, or numbers that are
/// not finite.
pub fn separated_attribute_predictability(
    train: FactorCodes<'_>,
    test: FactorCodes<'_>,
) -> Result<GapScore, UndefinedScore> {
    train.check(2)?;
    test.check(2)?;
    let (m, factors) = (train.latent_count(), train.factor_count());
    let mut attributions = DMatrix::zeros(m, factors);
    for k in 0..factors {
        let w = train.factor(k);
        if mean_and_variance(&w).1 <= 0.0 {
            return Err(UndefinedScore::ConstantFactor);
        }
        match train.kinds[k] {
            FactorKind::Continuous => (0..m).for_each(|i| attributions[(i, k)] = explained(&train.latent(i), &w)),
            FactorKind::Discrete => {
                let categories = Categories::of(w.iter().copied());
                let [classes, truth] = [train, test].map(|part| categories.classes(part.factors.row(k)));
                for i in 0..m {
                    let svm = LinearSvm::fit(&train.latent(i), &classes, categories.count());
                    let predicted: Vec<usize> = test.codes.row(i).map(|z| svm.class(z)).collect();
                    attributions[(i, k)] = accuracy(&predicted, &truth);
                }
            }
        }
    }
    GapScore::new(attributions, &vec![1.0; factors])
}

/// R² = cov² / (var z · var w); 0 without variance of z.
pub(super) fn explained(z: &[f64], w: &[f64]) -> f64 {
    let ((z_mean, z_variance), (w_mean, w_variance)) = (mean_and_variance(z), mean_and_variance(w));
    let covariance = z.iter().zip(w).map(|(z, w)| (z - z_mean) * (w - w_mean)).sum::<f64>() / z.len() as f64;
    if z_variance > NO_VARIANCE { covariance * covariance / (z_variance * w_variance) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::stats::factor_scores::tests::rotated_square;

    #[test]
    fn the_score_of_a_rotated_square_is_the_cosine_of_the_double_angle() {
        for degrees in [0.0_f64, 15.0, 22.5, 45.0] {
            let (codes, factors) = rotated_square(degrees, 10_000);
            let data = FactorCodes { codes: &codes, factors: &factors, kinds: &[FactorKind::Continuous; 2] };
            let found = separated_attribute_predictability(data, data).unwrap();
            // Two correlations of 10,000 samples, each to .01.
            let expected = (2.0 * degrees).to_radians().cos();
            assert!((found.score - expected).abs() < 0.02, "{degrees}°: {}", found.score);
        }
    }

    #[test]
    fn a_class_that_one_latent_tells_is_predicted() {
        // The second latent says nothing, so it predicts one class for all; the third does not vary.
        let column = |c: usize| [(c % 2) as f64 * 6.0 - 3.0, (c / 2 % 2) as f64, 1.0];
        let codes = Matrix::from_columns(3, 40, (0..40).flat_map(column).collect());
        let factors = Matrix::from_columns(1, 40, (0..40).map(|c| 5.0 * (c % 2) as f64).collect());
        let data = FactorCodes { codes: &codes, factors: &factors, kinds: &[FactorKind::Discrete] };
        let found = separated_attribute_predictability(data, data).unwrap();
        assert_eq!(found.attributions.as_slice(), [1.0, 0.5, 0.5]);
        assert_eq!(found.score, 0.5);
        let constant = Matrix::from_columns(1, 40, vec![1.0; 40]);
        let data = FactorCodes { factors: &constant, ..data };
        assert_eq!(separated_attribute_predictability(data, data), Err(UndefinedScore::ConstantFactor));
    }
}
