//! Predictions about scenes of a few points: β merges their codes.

use std::f64::consts::PI;

use super::claims::Claims;
use super::prediction::Expected::{Above, Below, Near};
use super::prediction::Standing::{Approximation, Empirical, Theorem};
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use crate::data::{ObservationSource, Scene};
use crate::stats::gauss_hermite;
use crate::vae::Covariance::Diagonal;

/// Two points at ±a and one latent: theory 4.14.
pub(super) fn two_points(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let Some(half) = half_distance(scene, [0, 1]) else { return Vec::new() };
    for ratio in [0.05, 0.5, 0.8, 1.05] {
        let beta = ratio * half * half / scene.training.sigma2;
        let runs = seeds.at_most(3).each().map(|seed| CheckRun::new(scene, Diagonal, seed).with_beta(beta)).collect();
        let code = glued_code(ratio);
        claims.add(
            Theorem,
            format!("At β = {beta:.3}, b = {ratio} a², the codes of the two points are {:.3} apart.", 2.0 * code),
            CheckQuantity::CodeDistance(0, 1),
            Pool::Median(runs),
            // A network curves less sharply than the best decoder a tanh(μz/s²).
            Near { value: 2.0 * code, tolerance: 0.06 },
        );
    }
    claims.list
}

/// Three clusters, two of them close together: theory 4.14.
pub(super) fn clusters(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let at = |beta: f64| {
        Pool::Median(seeds.at_most(3).each().map(|seed| CheckRun::new(scene, Diagonal, seed).with_beta(beta)).collect())
    };
    claims
        .add(
            Empirical,
            "At β = 1 the near clusters have separate codes.",
            CheckQuantity::CodeDistance(0, 1),
            at(1.0),
            Above(0.5),
        )
        .add(
            Empirical,
            "At β = 10 the near clusters share a code.",
            CheckQuantity::CodeDistance(0, 1),
            at(10.0),
            Below(0.1),
        )
        .add(
            Empirical,
            "At β = 10 the far cluster still has a separate code.",
            CheckQuantity::CodeDistance(0, 2),
            at(10.0),
            Above(0.5),
        )
        .add(
            Approximation,
            "At β = 16, b exceeds every variance of the data: collapse is locally stable (second order), and runs end in it.",
            CheckQuantity::ActiveUnits,
            at(16.0),
            Near { value: 0.0, tolerance: 0.0 },
        );
    claims.list
}

/// A cluster and few points far from it, b = βσ² twice the largest variance: what is locally stable need not be the best.
pub(super) fn outliers(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let ObservationSource::Clusters { frequencies, .. } = &scene.generator.source else { return Vec::new() };
    let (Some(half), [near, far]) = (half_distance(scene, [0, 1]), &frequencies[..]) else { return Vec::new() };
    let share = *far as f64 / (near + far) as f64;
    let objective = scene.training.objective();
    let (sigma2, n) = (objective.sigma2, scene.generator.data_dim());
    let (distance, noise) = (4.0 * half * half, n as f64 * scene.noise_variance());
    let elbo = |distortion: f64, kl: f64| {
        -(distortion + noise) / (2.0 * sigma2) - objective.log_normaliser(n) - objective.beta * kl
    };
    let collapsed = elbo(share * (1.0 - share) * distance, 0.0);
    let (distortion, kl) = two_codes(share, objective.b() / distance);
    let alive = elbo(distortion * distance, kl);
    let runs = CheckRun::seeds(scene, Diagonal, seeds);
    let raised: Vec<CheckRun> = runs.iter().map(|run| run.clone().raised_from(1.0)).collect();
    let (runs, raised) = (Pool::Median(runs), Pool::Median(raised));
    let beta = objective.beta;
    claims
        .add(
            Approximation,
            format!("At β = {beta}, b is beyond twice the largest variance: the collapsed state is locally stable, and runs from scratch end in it."),
            CheckQuantity::ActiveUnits,
            runs.clone(),
            Near { value: 0.0, tolerance: 0.0 },
        )
        .add(
            Theorem,
            "Its objective is that of the mean of the data alone, −(n/2) log 2πσ² − tr Cov/2σ².",
            CheckQuantity::Elbo,
            runs,
            // The noise of the 80 outliers that are held out has the standard error 2 · 5.88 · 0.1/√80 · 2 %/2σ² = 0.013 nats in
            // each run; four of them.
            Near { value: collapsed, tolerance: 0.053 },
        )
        .add(
            Empirical,
            "Runs raised to it from β = 1 keep their latent: the stable state is not the only one.",
            CheckQuantity::ActiveUnits,
            raised.clone(),
            Near { value: 1.0, tolerance: 0.0 },
        )
        .add(
            Approximation,
            format!("They are better by {:.2} nats: the optimum of two Gaussian codes and the best decoder.", alive - collapsed),
            CheckQuantity::Elbo,
            raised,
            // A network is less sharp than that decoder between the codes. A 14th of the difference.
            Near { value: alive, tolerance: 0.1 },
        );
    claims.list
}

/// Distortion (in units of the squared distance) and KL of the best Gaussian codes of two points, the second with this share of the
/// data, for one latent and b = `ratio` times the squared distance.
///
/// Two codes N(μₖ, sₖ²) with shares wₖ mix the points at z by rₖ = wₖqₖ(z)/Σwq; the best decoder gives their mean, with the variance
/// r₁r₂. So ∫ w₁q₁ w₂q₂/(w₁q₁ + w₂q₂) dz/2b + Σ wₖ KLₖ is to be minimised over four numbers, here one after the other.
fn two_codes(share: f64, ratio: f64) -> (f64, f64) {
    const STEP: f64 = 0.02;
    let weights = [1.0 - share, share];
    let distortion = |codes: &[f64; 4]| -> f64 {
        let density = |k: usize, z: f64| {
            let (mean, log_s) = (codes[2 * k], codes[2 * k + 1]);
            weights[k] * (-0.5 * ((z - mean) / log_s.exp()).powi(2) - log_s).exp() / (2.0 * PI).sqrt()
        };
        let at = |z: f64| {
            let [a, b] = [0, 1].map(|k| density(k, z));
            if a + b > 0.0 { a * b / (a + b) } else { 0.0 }
        };
        (-300..500).map(|i| STEP * at(STEP * f64::from(i))).sum()
    };
    let kl = |codes: &[f64; 4]| -> f64 {
        let one = |k: usize| codes[2 * k].powi(2) + (2.0 * codes[2 * k + 1]).exp() - 1.0 - 2.0 * codes[2 * k + 1];
        0.5 * (weights[0] * one(0) + weights[1] * one(1))
    };
    let loss = |codes: &[f64; 4]| distortion(codes) / (2.0 * ratio) + kl(codes);
    // Apart: where both codes are the prior, the loss is stationary, too.
    let mut codes = [0.0, 0.0, 3.0, -1.0];
    for _ in 0..12 {
        for i in 0..4 {
            let with = |value: f64| {
                let mut moved = codes;
                moved[i] = value;
                moved
            };
            codes = with(minimise(|value| loss(&with(value)), codes[i] - 0.5, codes[i] + 0.5));
        }
    }
    (distortion(&codes), kl(&codes))
}

/// Half the distance between the centres of two clusters of a scene, if it has them.
pub fn half_distance(scene: &Scene, points: [usize; 2]) -> Option<f64> {
    let ObservationSource::Clusters { centres, .. } = &scene.generator.source else { return None };
    let (a, b) = (centres.get(points[0])?, centres.get(points[1])?);
    Some(0.5 * a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt())
}

/// |μ| of the best posteriors N(±μ, s²) of two points at ±a with one latent and the best decoder, for b = `ratio` a².
///
/// Its decoder is a tanh(μz/s²), which leaves E(1 − tanh(μz/s²))²/2b + KL, z ~ N(μ, s²), to minimise. There is one minimum
/// at μ = 0 for b ≥ a² and a pair for b < a², which separates continuously: a pitchfork.
pub fn glued_code(ratio: f64) -> f64 {
    let rule = gauss_hermite(1, 64);
    let loss = |mu: f64, s: f64| {
        let miss = |e: f64| (1.0 - (mu * (mu + s * e) / (s * s)).tanh()).powi(2);
        let distortion: f64 = rule.nodes.as_slice().iter().zip(&rule.weights).map(|(e, w)| w * miss(*e)).sum();
        distortion / (2.0 * ratio) + 0.5 * (mu * mu + s * s - 1.0 - 2.0 * s.ln())
    };
    let best_over_s = |mu: f64| {
        let s = minimise(|log_s| loss(mu, log_s.exp()), -3.0, 0.5).exp();
        loss(mu, s)
    };
    // A coarse search first: far from the optimum there are several local minima.
    let coarse = (0..=60).map(|k| 0.025 * f64::from(k)).min_by(|a, b| best_over_s(*a).total_cmp(&best_over_s(*b)));
    let near = coarse.unwrap_or(0.0);
    minimise(best_over_s, (near - 0.025).max(0.0), near + 0.025)
}

/// Minimum of a unimodal function by golden-section search.
fn minimise(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    for _ in 0..48 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if f(a) < f(b) {
            high = b;
        } else {
            low = a;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V17, table of theory 4.14.
    #[test]
    fn codes_of_two_points_merge_as_in_the_table() {
        for (ratio, code) in [
            (0.05, 0.937),
            (0.2, 0.895),
            (0.5, 0.790),
            (0.8, 0.520),
            (0.95, 0.235),
            (0.99, 0.101),
            (1.05, 0.0),
            (1.5, 0.0),
        ] {
            let found = glued_code(ratio);
            assert!((found - code).abs() < 2e-3, "b = {ratio} a²: {found} for {code}");
        }
    }

    /// The scene of outliers, by a search over a grid with another program: codes N(−0.06, 0.92²) and N(2.90, 0.145²).
    #[test]
    fn the_codes_of_a_rare_point_are_worth_their_price() {
        let (distortion, kl) = two_codes(0.02, 1.45 / 36.0);
        assert!((36.0 * distortion - 0.06398).abs() < 2e-4 && (kl - 0.12106).abs() < 2e-4, "{distortion} {kl}");
        // Collapsed, the loss in units of the objective is larger, although b is beyond the largest variance.
        let (b, largest) = (1.45, 36.0 * 0.02 * 0.98 + 0.01);
        assert!(b > 2.0 * largest && 36.0 * distortion / (2.0 * b) + kl < 36.0 * 0.02 * 0.98 / (2.0 * b) - 0.05);
    }

    /// Near b = a² the code grows as a square root: μ² is linear in 1 − b/a².
    #[test]
    fn the_pitchfork_opens_as_a_square_root() {
        let [near, far] = [0.99, 0.98].map(|ratio| glued_code(ratio).powi(2));
        assert!((far / near - 2.0).abs() < 0.05, "{near} {far}");
    }
}
