//! Predictions about discrete observations, in the Fisher metric of a Bernoulli decoder: theory 4.18.

use std::f64::consts::PI;

use super::claims::Claims;
use super::curved::ratio_of_contrasts;
use super::prediction::Expected::Below;
use super::prediction::Standing::Theorem;
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use crate::data::{GroundTruthMap, Scene};
use crate::stats::gauss_hermite;
use crate::vae::Covariance::Full;

/// The most bits whose patterns are counted.
const MOST_BITS: usize = 16;

/// A few bits whose probabilities depend on two factors.
pub(super) fn bits(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    if let Some(map) = scene.truth().filter(|map| map.is_of_bits() && map.data_dim() <= MOST_BITS) {
        let (entropy, deviation) = entropy(map);
        // Four standard errors of the median over seeds.
        let observations = scene.generator.test_samples as f64 * seeds.count as f64;
        let error = deviation * (0.5 * PI / observations).sqrt();
        claims.add(
            Theorem,
            format!("No posterior does better than the negative entropy of the bits, {:.3} nats.", -entropy),
            CheckQuantity::Elbo,
            Pool::Median(CheckRun::seeds(scene, Full, seeds)),
            Below(-entropy + 4.0 * error),
        );
    }
    ratio_of_contrasts(&mut claims, seeds);
    claims.list
}

/// H(x) of all patterns of the bits in nats, and the standard deviation of log p(x), p(x) = E Π πₖ^xₖ (1 − πₖ)^(1 − xₖ) over the prior.
fn entropy(map: &GroundTruthMap) -> (f64, f64) {
    let rule = gauss_hermite(2, 40);
    let mut patterns = vec![0.0; 1 << map.data_dim()];
    for (z, weight) in rule.nodes.iter_columns().zip(&rule.weights) {
        let probabilities = map.value(z);
        for (pattern, sum) in patterns.iter_mut().enumerate() {
            let factor = |(k, p): (usize, &f64)| if pattern >> k & 1 == 1 { *p } else { 1.0 - p };
            *sum += weight * probabilities.iter().enumerate().map(factor).product::<f64>();
        }
    }
    let mean = |f: fn(f64) -> f64| patterns.iter().filter(|p| **p > 0.0).map(|p| p * f(p.ln())).sum::<f64>();
    let (first, second) = (mean(|log| log), mean(|log| log * log));
    (-first, (second - first * first).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_that_are_independent_coins_have_the_entropies_of_the_coins() {
        // Without weights the thresholds −1, 0 and 1 remain.
        let coins = GroundTruthMap::Bits { bits: 8, long: 0.0, short: 0.0 };
        let coin = |eta: f64| {
            let p = 1.0 / (1.0 + (-eta).exp());
            -p * p.ln() - (1.0 - p) * (1.0 - p).ln()
        };
        let expected = 3.0 * coin(-1.0) + 3.0 * coin(0.0) + 2.0 * coin(1.0);
        assert!((entropy(&coins).0 - expected).abs() < 1e-12);
        // What they have in common makes it less.
        assert!(entropy(Scene::named("bits").unwrap().truth().unwrap()).0 < expected);
    }
}
