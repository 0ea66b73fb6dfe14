//! Chance levels of scores: what random rotations of the same codes reach.

use nalgebra::DMatrix;

use super::factor_codes::{FactorCodes, mean_and_variance};
use super::undefined_score::UndefinedScore;
use crate::linalg::Matrix;
use crate::stats::random_rotations::random_rotations;
use crate::stats::uncertain::Uncertain;

/// Rotations for scores that count or correlate (MIG, SAP of continuous factors, DCI with lines, nearest neighbours, MCC): at most a
/// few milliseconds each for thousands of observations. A score with a standard deviation of .3 over rotations, as large as any,
/// has an error of .015.
pub const ROTATIONS: usize = 400;

/// Rotations for scores that fit linear classifiers (SAP and DCI with lines of discrete factors): tens of milliseconds each. The
/// error is .03 or less.
pub const CLASSIFIER_ROTATIONS: usize = 100;

/// Rotations for DCI with trees: tenths of a second each. The error is .07 or less.
pub const TREE_ROTATIONS: usize = 20;

/// The mean of scores over random rotations (Haar measure) of the codes with its standard error: what a posterior without preferred
/// axes would reach with the same information.
///
/// Codes are standardised first, with the means and deviations of the training part, so that no latent dominates by its scale;
/// a latent that does not vary stays 0, and takes part in the rotation: leave out collapsed ones. Both parts are rotated alike,
/// and the rotations are the same each time. `score` is any function of the parts, of one or several numbers at once.
///
/// # Errors
/// The errors of `score`.
pub fn chance_level<const S: usize>(
    train: FactorCodes<'_>,
    test: FactorCodes<'_>,
    rotations: usize,
    score: impl Fn(FactorCodes<'_>, FactorCodes<'_>) -> Result<[f64; S], UndefinedScore>,
) -> Result<[Uncertain; S], UndefinedScore> {
    let m = train.latent_count();
    let scales: Vec<(f64, f64)> = (0..m).map(|i| mean_and_variance(&train.latent(i))).collect();
    let standardised = |codes: &Matrix<f64>| {
        DMatrix::from_fn(m, codes.columns(), |i, c| {
            let (mean, variance) = scales[i];
            if variance > 0.0 { (codes[(i, c)] - mean) / variance.sqrt() } else { 0.0 }
        })
    };
    let parts = [train, test].map(|part| standardised(part.codes));
    let mut reached = [const { Vec::new() }; S];
    for rotation in random_rotations(m).take(rotations) {
        let [train_codes, test_codes] = parts
            .each_ref()
            .map(|codes| Matrix::from_columns(m, codes.ncols(), (&rotation * codes).as_slice().to_vec()));
        let scores = score(FactorCodes { codes: &train_codes, ..train }, FactorCodes { codes: &test_codes, ..test })?;
        reached.iter_mut().zip(scores).for_each(|(reached, score)| reached.push(score));
    }
    Ok(reached.map(|scores| Uncertain::of(&scores)))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;
    use crate::stats::factor_scores::factor_kind::FactorKind;
    use crate::stats::factor_scores::rank_correlation::cross_correlation;
    use crate::stats::factor_scores::separated_attribute_predictability;
    use crate::stats::factor_scores::tests::rotated_square;
    use crate::stats::mean_correlation_coefficient;

    /// Of two latents SAP is |cos 2θ|, whose mean is 2/π, and MCC is max(|cos θ|, |sin θ|), whose mean is √8/π. A stretched latent
    /// changes nothing.
    #[test]
    fn chance_of_two_latents_has_a_closed_form() {
        let (mut codes, factors) = rotated_square(30.0, 2000);
        (0..codes.columns()).for_each(|c| codes.column_mut(c)[1] *= 7.0);
        let data = FactorCodes { codes: &codes, factors: &factors, kinds: &[FactorKind::Continuous; 2] };
        let [sap, mcc] = chance_level(data, data, ROTATIONS, |train, test| {
            let mcc = mean_correlation_coefficient(&cross_correlation(train.codes, train.factors)).0;
            Ok([separated_attribute_predictability(train, test)?.score, mcc])
        })
        .unwrap();
        // The correlation of 2,000 samples is known to .02.
        assert!((sap.value - 2.0 / PI).abs() < 3.0 * sap.error + 0.02, "{sap:?}");
        assert!((mcc.value - 8_f64.sqrt() / PI).abs() < 3.0 * mcc.error + 0.01, "{mcc:?}");
        assert!(sap.error < 0.016 && mcc.error < 0.005);
        let undefined = chance_level(data, data, 3, |_, _| Err::<[f64; 1], _>(UndefinedScore::OneFactor));
        assert_eq!(undefined, Err(UndefinedScore::OneFactor));
    }
}
