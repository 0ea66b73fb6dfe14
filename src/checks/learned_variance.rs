//! Predictions about a σ² that is learned, of which β changes the optimum: theory 1.0.

use super::claims::Claims;
use super::linear::eigenvalues;
use super::prediction::Expected::Near;
use super::prediction::Standing::Theorem;
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use crate::data::Scene;
use crate::ppca::optimal_sigma2;
use crate::vae::Covariance::Diagonal;

/// Two directions above the noise: σ̂² = S/(n − kβ), and latents that must collapse from β = n/k on.
pub(super) fn learned_variance(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let (lambda, m) = (eigenvalues(scene), scene.training.latent_dim);
    for beta in [1.0, 1.2, 1.4, 1.6, 2.5] {
        let Some(sigma2) = optimal_sigma2(&lambda, m, beta) else { continue };
        let active = lambda.iter().take(m).filter(|l| **l > beta * sigma2).count();
        let runs: Vec<CheckRun> =
            seeds.each().map(|seed| CheckRun::new(scene, Diagonal, seed).with_beta(beta)).collect();
        let collapse = match m - active {
            0 => "all latents stay active".to_owned(),
            count => format!("{count} of {m} latents must collapse"),
        };
        claims
            .add(
                Theorem,
                format!(
                    "At β = {beta} the learned σ² comes to S/(n − {active}β), S the variance of what is not carried."
                ),
                CheckQuantity::Sigma2,
                Pool::Median(runs.clone()),
                Near { value: sigma2, tolerance: tolerance(scene, &lambda, [beta, sigma2], active, seeds.count) },
            )
            .add(
                Theorem,
                format!("At β = {beta}, {collapse}."),
                CheckQuantity::ActiveUnits,
                Pool::Median(runs),
                Near { value: active as f64, tolerance: 0.0 },
            );
    }
    claims.list
}

/// Three standard errors of the median of σ² over so many runs.
///
/// A step is δ ← (1 − r(n − kβ)/n) δ + r ε with the step size r: the best weights follow σ², and E‖x − x̂‖²/n with kβ/n of it. The
/// residuals are Gaussian with variance b in each of the k active directions and λᵢ in the others, so ε, the error of the mean of
/// ‖x − x̂‖²/n over B observations, has the variance 2(k b² + Σ_{i>k} λᵢ²)/(n²B), and δ in equilibrium r n/2(n − kβ) times that. r is
/// the learning rate. The noise of the weights raises E‖x − x̂‖² too, but at the end their rate has fallen to a fiftieth. The median of
/// Gaussian numbers has √(π/2) of the error of the mean.
fn tolerance(scene: &Scene, lambda: &[f64], [beta, sigma2]: [f64; 2], k: usize, count: u64) -> f64 {
    let (n, b) = (lambda.len() as f64, beta * sigma2);
    let squares = k as f64 * b * b + lambda[k..].iter().map(|l| l * l).sum::<f64>();
    let minibatch = 2.0 * squares / (n * n * scene.training.batch as f64);
    let variance = 0.5 * scene.training.lr * n / (n - k as f64 * beta) * minibatch;
    3.0 * (0.5 * std::f64::consts::PI * variance / count.max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Theory V40.
    #[test]
    fn the_numbers_of_the_theory_are_predicted() {
        let scene = Scene::named("learned-variance").unwrap();
        let list = learned_variance(scene, Seeds { first: 0, count: 5 });
        let values = |quantity| {
            let own = list.iter().filter(move |p| p.quantity == quantity);
            own.map(|p| if let Near { value, .. } = p.expected { value } else { f64::NAN }).collect::<Vec<_>>()
        };
        let expected = [0.05, 0.083_333, 0.25, 0.892_857, 1.416_667];
        let found = values(CheckQuantity::Sigma2);
        assert!(found.len() == 5 && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        assert_eq!(values(CheckQuantity::ActiveUnits), [2.0, 2.0, 2.0, 1.0, 0.0]);
        // A fixed σ² stays apart from each of them, and no tolerance reaches the next number.
        for prediction in list.iter().filter(|p| p.quantity == CheckQuantity::Sigma2) {
            let Near { value, tolerance } = prediction.expected else { panic!("{prediction:?}") };
            assert!(tolerance > 0.0 && tolerance < 0.07 * value, "{value} ± {tolerance}");
        }
    }
}
