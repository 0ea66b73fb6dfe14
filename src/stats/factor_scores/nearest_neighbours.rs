//! The score of Rolínek et al. by nearest neighbours.

use nalgebra::DMatrix;

use super::categories::Categories;
use super::factor_codes::{FactorCodes, mean_and_variance};
use super::factor_kind::FactorKind;
use super::gap_score::GapScore;
use super::undefined_score::UndefinedScore;

/// Neighbours that predict a value.
const NEIGHBOURS: usize = 5;

/// "Disent." of Rolínek et al. (2019, equations 65–70), MIG without bins: 1/K Σₖ (A₍₁₎ₖ − A₍₂₎ₖ) / Mₖ. Between 0 and 1.
///
/// Aᵢₖ = max(0, √var wₖ − rmseᵢₖ) is what latent i tells about factor k in units of the factor (`attributions`, m × K), and
/// Mₖ = √var wₖ; rmse is the root mean square error on the test part if wₖ is predicted by the mean of the five training
/// observations with the nearest zᵢ. They split 80 to 20. Noise has rmse √1.2 √var w, so without the clip at 0 the score would
/// exceed 1. A discrete factor is taken as the vector of indicators of its classes, so its coding does not matter.
///
/// # Errors
/// With fewer than two latents, fewer than five training or two test observations, a factor that is constant in the test part, or
/// numbers that are not finite.
pub fn neighbour_gap(train: FactorCodes<'_>, test: FactorCodes<'_>) -> Result<GapScore, UndefinedScore> {
    train.check(NEIGHBOURS)?;
    test.check(2)?;
    let (m, factors) = (train.latent_count(), train.factor_count());
    let neighbours: Vec<Vec<[usize; NEIGHBOURS]>> =
        (0..m).map(|i| nearest(&train.latent(i), &test.latent(i))).collect();
    let mut deviations = Vec::with_capacity(factors);
    let mut attributions = DMatrix::zeros(m, factors);
    for (k, kind) in train.kinds.iter().enumerate() {
        // One target, or one for each class.
        let [known, truth] = match kind {
            FactorKind::Continuous => [train, test].map(|part| vec![part.factor(k)]),
            FactorKind::Discrete => {
                let categories = Categories::of(train.factors.row(k).chain(test.factors.row(k)));
                let indicator = |w, class| f64::from(u8::from(categories.class(w) == class));
                [train, test].map(|part| {
                    let of_class = |class| part.factors.row(k).map(|w| indicator(w, class)).collect();
                    (0..categories.count()).map(of_class).collect()
                })
            }
        };
        let deviation = truth.iter().map(|w| mean_and_variance(w).1).sum::<f64>().sqrt();
        if deviation <= 0.0 {
            return Err(UndefinedScore::ConstantFactor);
        }
        for (i, neighbours) in neighbours.iter().enumerate() {
            let error = |(known, truth): (&Vec<f64>, &Vec<f64>)| {
                let predicted =
                    neighbours.iter().map(|near| near.map(|n| known[n]).iter().sum::<f64>() / NEIGHBOURS as f64);
                predicted.zip(truth).map(|(p, w)| (w - p).powi(2)).sum::<f64>() / truth.len() as f64
            };
            let rmse = known.iter().zip(&truth).map(error).sum::<f64>().sqrt();
            attributions[(i, k)] = (deviation - rmse).max(0.0);
        }
        deviations.push(deviation);
    }
    GapScore::new(attributions, &deviations)
}

/// The places of the nearest of `known` to each of `asked`, of equally near ones the lower ones first.
fn nearest(known: &[f64], asked: &[f64]) -> Vec<[usize; NEIGHBOURS]> {
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by(|a, b| known[*a].total_cmp(&known[*b]));
    let around = |x: &f64| {
        let mut above = order.partition_point(|i| known[*i] < *x);
        let mut below = above;
        std::array::from_fn(|_| {
            let is_below = match (below.checked_sub(1), order.get(above)) {
                (Some(b), Some(a)) => x - known[order[b]] <= known[*a] - x,
                (b, _) => b.is_some(),
            };
            if is_below {
                below -= 1;
                order[below]
            } else {
                above += 1;
                order[above - 1]
            }
        })
    };
    asked.iter().map(around).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::stats::factor_scores::tests::{parts, rotated_square};

    #[test]
    fn the_nearest_are_found() {
        let known = [0.0, 10.0, 3.0, 1.0, 2.0, 9.0, 3.0];
        let mut found = nearest(&known, &[-1.0, 20.0, 2.2]);
        found.iter_mut().for_each(|near| near.sort_unstable());
        assert_eq!(found, [[0, 2, 3, 4, 6], [1, 2, 4, 5, 6], [0, 2, 3, 4, 6]]);
    }

    /// With t = tan θ a factor of variance ⅓ has E var(w|z) = t²/3 − t³/6 given its own latent and ⅓ − t/6 given the other, and the
    /// mean of five neighbours has a variance of a fifth of that besides.
    #[test]
    fn the_score_of_a_rotated_square_has_a_closed_form() {
        for degrees in [0.0_f64, 15.0, 22.5, 45.0] {
            let (codes, factors) = rotated_square(degrees, 4000);
            let parts = parts(&codes, &factors, 3200);
            let [train, test] = parts.each_ref().map(|(codes, factors)| FactorCodes {
                codes,
                factors,
                kinds: &[FactorKind::Continuous; 2],
            });
            let found = neighbour_gap(train, test).unwrap();
            let t = degrees.to_radians().tan();
            let told = [t * t - t.powi(3) / 2.0, 1.0 - t / 2.0].map(|rest| (1.0 - (1.2 * rest).sqrt()).max(0.0));
            // Standard deviation and rmse of 800 observations are known to 2 % or so.
            assert!((found.score - told[0] + told[1]).abs() < 0.025, "{degrees}°: {} {told:?}", found.score);
            // Unclipped, noise would tell less than nothing: 1 − √1.2 = −.095.
            assert!(found.score <= 1.0 && (degrees > 0.0 || found.attributions[(1, 0)] == 0.0));
        }
    }

    #[test]
    fn classes_may_be_coded_in_any_way() {
        let codes = Matrix::from_fn(2, 60, |i, c| if i == 0 { (c % 3) as f64 } else { (c * 7 % 60) as f64 });
        let score = |values: [f64; 3]| {
            let factors = Matrix::from_fn(1, 60, |_, c| values[c % 3]);
            let data = FactorCodes { codes: &codes, factors: &factors, kinds: &[FactorKind::Discrete] };
            neighbour_gap(data, data).unwrap()
        };
        assert_eq!(score([0.0, 1.0, 2.0]), score([5.0, -1.0, 0.5]));
        assert!((score([0.0, 1.0, 2.0]).score - 1.0).abs() < 1e-12);
    }
}
