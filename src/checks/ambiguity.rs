//! Predictions about scenes whose data do not tell what the factors are, or whisper it: theory 4.11 and
//! 4.13.

use std::f64::consts::{E, PI};

use nalgebra::DMatrix;

use super::claims::Claims;
use super::curved::contrast_of_families;
use super::linear::{LEAST_SEEDS, NATS, ROTATED_SHARE, principal_mcc, rotated_optimum_loss};
use super::prediction::Expected::{Below, Near};
use super::prediction::Standing::{Approximation, Empirical, Theorem};
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use super::thresholds::{MCC_TOLERANCE, ORTHOGONAL_CURVED};
use crate::data::{GroundTruthMap, Scene};
use crate::geometry::ima_contrast;
use crate::nn::OptimizerKind;
use crate::stats::{gauss_hermite, mean_correlation_coefficient};
use crate::vae::Covariance::{Diagonal, Full};
use crate::vae::PosteriorFactor;

/// Degrees by which V of a trained curved net may be off the axes of the optimum.
const OFF_AXES: f64 = 3.0;

/// Factors that are twisted before they are stretched: the law of the data is that of the stretched normal factors alone.
pub(super) fn twist(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let Some(&GroundTruthMap::Twist { long, short, twist }) = scene.truth() else { return Vec::new() };
    let noise = scene.noise_variance();
    let runs = |family| Pool::Median(CheckRun::seeds(scene, family, seeds));
    // ELBO ≤ E log p(x) ≤ −H(x) for β = 1, and a linear decoder has both equal: x is N(0, diag(λ)) exactly.
    let log_volume: f64 = [long, short].iter().map(|s| (s * s + noise).ln()).sum();
    let entropy = 0.5 * log_volume + (2.0 * PI * E).ln();
    // log p(x) of one observation has the variance n/2 = 1; four standard errors of the median over seeds, and what training leaves.
    let error = (0.5 * PI / (scene.generator.test_samples as f64 * seeds.count as f64)).sqrt();
    for (family, name) in [(Diagonal, "Diagonal"), (Full, "Full")] {
        claims.add(
            Theorem,
            format!("{name} posteriors reach the negative entropy of Gaussian data, the ceiling of every model: the data do not show the twist."),
            CheckQuantity::Elbo,
            runs(family),
            Near { value: -entropy, tolerance: NATS + 4.0 * error },
        );
    }
    claims
        .add(
            Approximation,
            format!(
                "Diagonal posteriors take the untwisted map of the same law, whose columns are orthogonal; the true one has c_IMA {:.2}.",
                mean_contrast(scene)
            ),
            CheckQuantity::ImaContrast,
            runs(Diagonal),
            Below(ORTHOGONAL_CURVED),
        )
        .add(
            Approximation,
            "So each latent is an untwisted factor, which correlates with the true ones by E ρ² cos κρ / 2 and E ρ² sin κρ / 2.",
            CheckQuantity::Mcc,
            runs(Diagonal),
            // Axes that are off by δ change both correlations by δ times the other one, at most 1.
            Near { value: untwisted_mcc([long, short], twist, noise), tolerance: MCC_TOLERANCE + OFF_AXES.to_radians() },
        );
    contrast_of_families(&mut claims, seeds);
    claims.list
}

/// E c_IMA of the true map under the prior.
fn mean_contrast(scene: &Scene) -> f64 {
    let Some(map) = scene.truth() else { return f64::NAN };
    let rule = gauss_hermite(2, 40);
    rule.nodes.iter_columns().zip(&rule.weights).map(|(z, w)| w * ima_contrast(&map.jacobian(z))).sum()
}

/// MCC of the latents y = R(κ‖z‖) z, seen through scales and noise, with the factors z.
fn untwisted_mcc(scales: [f64; 2], twist: f64, noise: f64) -> f64 {
    let rule = gauss_hermite(2, 40);
    let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
        let at = |z: &[f64]| {
            let radius = z[0].hypot(z[1]);
            0.5 * radius * radius * f(twist * radius)
        };
        rule.nodes.iter_columns().zip(&rule.weights).map(|(z, w)| w * at(z)).sum()
    };
    let (same, other) = (mean(&f64::cos), mean(&f64::sin));
    let correlation = DMatrix::from_fn(2, 2, |i, k| {
        let seen = scales[i] / (scales[i] * scales[i] + noise).sqrt();
        seen * if i == k { same } else { other }
    });
    mean_correlation_coefficient(&correlation).0
}

/// Two equal factors, and a third coordinate that is a small multiple of their sum.
pub(super) fn whisper(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let Some(map) = scene.truth() else { return Vec::new() };
    let mcc = principal_mcc(&map.jacobian(&[0.0, 0.0]), scene.noise_variance());
    let loss = rotated_optimum_loss(scene, 45.0);
    let adam = CheckRun::seeds(scene, Diagonal, seeds);
    let newton = |seeds| -> Vec<CheckRun> {
        let runs = CheckRun::seeds(scene, Diagonal, seeds).into_iter();
        runs.map(|run| run.trained_by(OptimizerKind::Lbfgs, PosteriorFactor::Exponential, LBFGS_STEPS)).collect()
    };
    let many = Seeds { count: seeds.count.max(LEAST_SEEDS), ..seeds };
    let chance = 4.0 / PI * 0.5_f64.sqrt();
    let (ceiling, deviation) = (mcc / 0.5_f64.sqrt(), (0.5 + 1.0 / PI - chance * chance).sqrt());
    claims
        .add(
            Theorem,
            "Diagonal posteriors reach the closed-form optimum with Adam.",
            CheckQuantity::ElboBeyondOptimum,
            Pool::Median(adam),
            Near { value: 0.0, tolerance: NATS },
        )
        .add(
            Theorem,
            "At the optimum, which L-BFGS finds, the latents are sum and difference of the factors.",
            CheckQuantity::Mcc,
            Pool::Median(newton(seeds)),
            Near { value: mcc, tolerance: MCC_TOLERANCE },
        )
        .add(
            Theorem,
            format!("Turning back to the factors, by 45°, costs no more than {loss:.5} nats there."),
            CheckQuantity::RotatedLoss(45.0),
            Pool::Median(newton(seeds)),
            Near { value: loss, tolerance: ROTATED_SHARE * loss },
        )
        // An angle that is uniform from 0 to 45° has a mean cosine of (4/π) sin 45° and a mean square of ½ + 1/π.
        .add(
            Empirical,
            format!(
                "Adam drifts so slowly that after {} steps the axes are still those of the initial weights, at random: the mean over {} seeds is at chance.",
                scene.training.steps, many.count
            ),
            CheckQuantity::Mcc,
            Pool::Mean(CheckRun::seeds(scene, Diagonal, many)),
            Near { value: chance * ceiling, tolerance: 3.0 * deviation * ceiling / (many.count as f64).sqrt() },
        );
    claims.list
}

/// Steps in which L-BFGS, with all data at once, converges.
const LBFGS_STEPS: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;

    /// Of another program with 60,000 samples, at v = .05.
    #[test]
    fn the_numbers_of_the_twist_are_those_of_a_simulation() {
        for (twist, mcc) in [(0.25, 0.854), (0.5, 0.741), (0.75, 0.839), (1.0, 0.738)] {
            let found = untwisted_mcc([1.5, 0.7], twist, 0.05);
            assert!((found - mcc).abs() < 0.004, "κ = {twist}: {found}");
        }
        let contrast = mean_contrast(Scene::named("twist").unwrap());
        assert!((contrast - 0.280).abs() < 0.003, "{contrast}");
    }

    /// Theory 4.13 and the gap of V06, for ε = .2 and .05 without noise.
    #[test]
    fn a_whisper_is_worth_little() {
        let scene = Scene::named("whisper").unwrap();
        let gap = |whisper: f64| {
            let ratio: f64 = 1.0 + 2.0 * whisper * whisper;
            0.5 * ((ratio - 1.0).powi(2) / (4.0 * ratio)).ln_1p()
        };
        assert!((gap(0.2) - 7.4e-4).abs() < 1e-5 && (gap(0.05) - 3.1e-6).abs() < 1e-7);
        let with_noise = rotated_optimum_loss(scene, 45.0);
        assert!(with_noise < gap(0.2) && with_noise > 0.9 * gap(0.2), "{with_noise}");
    }
}
