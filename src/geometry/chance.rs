//! Chance levels: what random rotations of the latents (Haar measure) reach, the reference for distances and correlations.

use std::f64::consts::PI;
use std::sync::OnceLock;

use nalgebra::DMatrix;

use super::contrast::distance_to_orthogonality;
use crate::stats::{mean_correlation_coefficient, random_rotations};

/// Rotations for a mean: its standard error is below 0.01.
const ROTATIONS: usize = 2000;

/// One more than the largest number of latents.
const MOST: usize = 65;

/// Mean distance ‖V − P‖ of a random rotation of `m` axes to the nearest signed permutation: in closed form up to two, beyond
/// from 2,000 rotations (computed once for each m). NaN without axes.
pub fn chance_distance(m: usize) -> f64 {
    static LEVELS: [OnceLock<f64>; MOST] = [const { OnceLock::new() }; MOST];
    *LEVELS[m.min(MOST - 1)].get_or_init(|| match m {
        0 => f64::NAN,
        1 => 0.0,
        // Mean of 2√2 sin(θ/2) over 0 ≤ θ ≤ 45°.
        2 => 16.0 * 2_f64.sqrt() / PI * (1.0 - (PI / 8.0).cos()),
        _ => rotations(m).map(|v| distance_to_orthogonality(&v)).sum::<f64>() / ROTATIONS as f64,
    })
}

/// Mean correlation coefficient with the factors after a random rotation of the standardised latents, from 2,000 rotations:
/// what a posterior without preferred axes would reach with the same information. `latents` (k × k) are the correlations of the
/// latents with each other, `factors` (k × factors) those with the factors.
pub fn chance_mcc(latents: &DMatrix<f64>, factors: &DMatrix<f64>) -> f64 {
    let rotated = |r: DMatrix<f64>| {
        let lengths = (&r * latents * r.transpose()).diagonal().map(|variance| variance.max(0.0).sqrt());
        let mut correlation = r * factors;
        for (mut row, length) in correlation.row_iter_mut().zip(&lengths) {
            row *= if *length > 0.0 { 1.0 / length } else { 0.0 };
        }
        mean_correlation_coefficient(&correlation).0
    };
    rotations(latents.nrows()).map(rotated).sum::<f64>() / ROTATIONS as f64
}

/// The same random rotations of `m` axes each time.
fn rotations(m: usize) -> impl Iterator<Item = DMatrix<f64>> {
    random_rotations(m).take(ROTATIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V14 and the table of the theory: mean distance of random rotations from the axes.
    #[test]
    fn chance_levels_are_those_of_the_theory() {
        for (m, expected) in [(2, 0.5483), (3, 0.98), (4, 1.33), (5, 1.63), (6, 1.91)] {
            // Standard deviations are about 0.3, so the mean of 2,000 has an error of 0.007; the table has two digits.
            assert!((chance_distance(m) - expected).abs() < 0.025, "{m}: {}", chance_distance(m));
        }
        // The closed form is the limit of the sampled mean.
        let angles = 20_000;
        let distance = |k: i32| {
            let (sin, cos) = (2.0 * PI * f64::from(k) / f64::from(angles)).sin_cos();
            distance_to_orthogonality(&DMatrix::from_row_slice(2, 2, &[cos, -sin, sin, cos]))
        };
        assert!(((0..angles).map(distance).sum::<f64>() / f64::from(angles) - chance_distance(2)).abs() < 1e-4);
    }

    /// Two latents that correlate with their factors by c and d: after a rotation by θ the coefficient is
    /// ½ (c + d) max(|cos θ|, |sin θ|), whose mean is ½ (c + d) √8/π.
    #[test]
    fn chance_of_two_latents_has_a_closed_form() {
        let factors = DMatrix::from_row_slice(2, 2, &[0.98, 0.0, 0.0, -0.9]);
        let exact = 0.94 * 8_f64.sqrt() / PI;
        // The standard deviation of max(|cos|, |sin|) is .087: .002 for the mean of 2,000.
        let eye = DMatrix::identity(2, 2);
        assert!((chance_mcc(&eye, &factors) - exact).abs() < 0.008, "{}", chance_mcc(&eye, &factors));
        // A third factor that no latent can carry counts as 0, so the mean over factors falls by a third.
        let surplus = factors.clone().insert_column(2, 0.0);
        assert!((chance_mcc(&eye, &surplus) - 2.0 / 3.0 * chance_mcc(&eye, &factors)).abs() < 1e-12);
    }

    /// Latents that carry the same factor carry it after every rotation, but for the one whose standard deviation vanishes.
    #[test]
    fn latents_that_repeat_each_other_keep_their_factor() {
        let (latents, factors) = (DMatrix::from_element(2, 2, 1.0), DMatrix::from_element(2, 1, 0.7));
        assert!((chance_mcc(&latents, &factors) - 0.7).abs() < 1e-6);
    }
}
