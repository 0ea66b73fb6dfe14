//! What alignment with the axes would be by chance: the level without which a distance or a correlation says little.

use std::sync::OnceLock;

use nalgebra::DMatrix;
use rand_distr::{Distribution as _, StandardNormal};

use super::{alignment, distance_to_orthogonality};
use crate::rng::{Purpose, stream};

/// Means over random rotations (Haar measure) of some axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// Of the distance ‖V − P‖ to the nearest signed permutation.
    pub distance: f64,
    /// Of the alignment; also the mean correlation coefficient when factors of equal variance are found up to a rotation.
    pub alignment: f64,
}

/// More axes than a model may have latents.
const MOST: usize = 65;

/// The chance levels for `m` axes, from 2,000 rotations: the standard error is below 0.01. Computed once for each m. NaN
/// without axes.
pub fn chance(m: usize) -> Chance {
    static LEVELS: [OnceLock<Chance>; MOST] = [const { OnceLock::new() }; MOST];
    *LEVELS[m.min(MOST - 1)].get_or_init(|| sample(m))
}

fn sample(m: usize) -> Chance {
    const ROTATIONS: usize = 2000;
    if m == 0 {
        return Chance { distance: f64::NAN, alignment: f64::NAN };
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

    /// V14 and the table of theory: the mean distance of random rotations from the axes.
    #[test]
    fn chance_levels_are_those_of_the_theory() {
        for (m, expected) in [(2, 0.5483), (3, 0.98), (4, 1.33), (5, 1.63), (6, 1.91)] {
            // Standard deviations are about 0.3, so the mean of 2,000 has an error of 0.007; the table has two digits.
            assert!((chance(m).distance - expected).abs() < 0.025, "{m}: {:?}", chance(m));
        }
        // E max(|cos|, |sin|) = 2√2/π for two axes.
        assert!((chance(2).alignment - 8_f64.sqrt() / std::f64::consts::PI).abs() < 0.01);
    }
}
