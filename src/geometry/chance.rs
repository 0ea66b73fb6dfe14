//! Chance levels of alignment with the axes, the reference for distances and correlations.

use std::f64::consts::PI;
use std::sync::OnceLock;

use nalgebra::DMatrix;
use rand_distr::{Distribution as _, StandardNormal};

use super::contrast::{alignment, distance_to_orthogonality};
use crate::rng::{Purpose, stream};

/// Means over random rotations (Haar measure) of some axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// Mean distance ‖V − P‖ to the nearest signed permutation.
    pub distance: f64,
    /// Mean alignment; also the mean correlation coefficient when factors of equal variance are found up to a rotation.
    pub alignment: f64,
}

/// One more than the largest number of latents.
const MOST: usize = 65;

/// Chance levels for `m` axes: in closed form up to two, beyond from 2,000 rotations (standard error below 0.01; computed
/// once for each m). NaN without axes.
pub fn chance(m: usize) -> Chance {
    static LEVELS: [OnceLock<Chance>; MOST] = [const { OnceLock::new() }; MOST];
    *LEVELS[m.min(MOST - 1)].get_or_init(|| sample(m))
}

fn sample(m: usize) -> Chance {
    const ROTATIONS: usize = 2000;
    match m {
        0 => return Chance { distance: f64::NAN, alignment: f64::NAN },
        1 => return Chance { distance: 0.0, alignment: 1.0 },
        2 => {
            // Means of 2√2 sin(θ/2) and cos θ over 0 ≤ θ ≤ 45°.
            let distance = 16.0 * 2_f64.sqrt() / PI * (1.0 - (PI / 8.0).cos());
            return Chance { distance, alignment: 8_f64.sqrt() / PI };
        }
        _ => {}
    }
    let mut rng = stream(0, Purpose::Analysis, m as u64);
    let mut sum = Chance { distance: 0.0, alignment: 0.0 };
    for _ in 0..ROTATIONS {
        let v = DMatrix::from_fn(m, m, |_, _| StandardNormal.sample(&mut rng)).qr().q();
        sum.distance += distance_to_orthogonality(&v) / ROTATIONS as f64;
        sum.alignment += alignment(&v) / ROTATIONS as f64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V14 and the table of the theory: mean distance of random rotations from the axes.
    #[test]
    fn chance_levels_are_those_of_the_theory() {
        for (m, expected) in [(2, 0.5483), (3, 0.98), (4, 1.33), (5, 1.63), (6, 1.91)] {
            // Standard deviations are about 0.3, so the mean of 2,000 has an error of 0.007; the table has two digits.
            assert!((chance(m).distance - expected).abs() < 0.025, "{m}: {:?}", chance(m));
        }
        // The closed forms are the limits of the sampled means.
        let mut sum = (0.0, 0.0);
        let rotations = 20_000;
        for k in 0..rotations {
            let (sin, cos) = (2.0 * PI * f64::from(k) / f64::from(rotations)).sin_cos();
            let v = DMatrix::from_row_slice(2, 2, &[cos, -sin, sin, cos]);
            sum = (sum.0 + distance_to_orthogonality(&v), sum.1 + alignment(&v));
        }
        let [distance, alignment] = [sum.0, sum.1].map(|sum| sum / f64::from(rotations));
        assert!((distance - chance(2).distance).abs() < 1e-4 && (alignment - chance(2).alignment).abs() < 1e-4);
    }
}
