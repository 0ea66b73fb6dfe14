//! The factors whose true image is nearest to a point.

use nalgebra::{DMatrix, DVector};

use super::ground_truth_map::GroundTruthMap;

/// More steps are not needed from an observation nearby.
const MOST_STEPS: usize = 60;

/// Factors (k) that minimise ‖g(f) − x‖² for a point `x` (n), from factors nearby on: the foot of the perpendicular from `x` onto the
/// true manifold. Levenberg–Marquardt (Nocedal & Wright, Numerical Optimization, 10.3); a step is only taken downhill.
pub fn nearest_factors(map: &GroundTruthMap, x: &[f64], start: &[f64]) -> Vec<f64> {
    let residual = |factors: &[f64]| {
        DVector::from_fn(x.len(), {
            let image = map.value(factors);
            move |r, _| x[r] - image[r]
        })
    };
    let mut factors = start.to_vec();
    let mut rest = residual(&factors);
    let mut damping = 1e-3;
    for _ in 0..MOST_STEPS {
        let jacobian = map.jacobian(&factors);
        let (gram, slope) = (jacobian.tr_mul(&jacobian), jacobian.tr_mul(&rest));
        let scale = gram.trace().max(f64::MIN_POSITIVE);
        let damped = &gram + DMatrix::identity(gram.nrows(), gram.ncols()) * (damping * scale);
        let Some(step) = damped.cholesky().map(|cholesky| cholesky.solve(&slope)) else { break };
        let moved: Vec<f64> = factors.iter().zip(step.iter()).map(|(f, d)| f + d).collect();
        let after = residual(&moved);
        if after.norm_squared() < rest.norm_squared() {
            (factors, rest) = (moved, after);
            damping = (0.2 * damping).max(1e-12);
            if step.norm() < 1e-10 {
                break;
            }
        } else {
            damping *= 6.0;
            if damping > 1e9 {
                break;
            }
        }
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;

    #[test]
    fn the_foot_is_found_and_the_rest_is_perpendicular() {
        for scene in ["linear", "cylinder", "s-curve", "swiss-roll", "polar", "sphere", "blob"] {
            let map = Scene::named(scene).unwrap().truth().unwrap().clone();
            let start = vec![0.3; map.latent_dim()];
            let there: Vec<f64> = start.iter().enumerate().map(|(i, f)| f + 0.2 - 0.3 * i as f64).collect();
            let image = map.value(&there);
            let found = nearest_factors(&map, &image, &start);
            let error = found.iter().zip(&there).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(error < 1e-6, "{scene}: {found:?} is not {there:?}");
            // Off the manifold what remains stands on it.
            let off: Vec<f64> = image.iter().enumerate().map(|(r, x)| x + 0.05 * (r as f64).sin()).collect();
            let foot = nearest_factors(&map, &off, &start);
            let rest = DVector::from_iterator(off.len(), map.value(&foot).iter().zip(&off).map(|(a, b)| b - a));
            let jacobian = map.jacobian(&foot);
            for column in jacobian.column_iter() {
                let cosine = column.dot(&rest) / (column.norm() * rest.norm().max(1e-9));
                assert!(cosine.abs() < 1e-4, "{scene}: {cosine}");
            }
        }
    }
}
