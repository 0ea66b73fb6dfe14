//! Regularisers other than β KL, on linear decoders, where what they lead to has a closed form.

use std::sync::Arc;

use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Experiment, Metrics, Origin};
use unpick::vae::Regularizer;

/// The scene `linear` (λ = 2.05, 1.05, .05), trained for 4,000 steps, and its metrics.
fn trained(regularizer: &str, beta: f64) -> (Experiment, Metrics) {
    let scene = Scene::named("linear").unwrap();
    let data = Arc::new(generate(scene, 3));
    let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), 3, data.train.samples());
    config.objective.beta = beta;
    config.objective.regularizer = regularizer.parse::<Regularizer>().unwrap();
    config.cycle = Some(4000);
    let mut run = Experiment::new(config, data).unwrap();
    run.advance(4000).unwrap();
    let metrics = Metrics::measure(&run.state().vae, &run.state().settings, run.data(), run.config());
    (run, metrics)
}

/// E‖x − x̂‖² on held-out data.
fn distortion(run: &Experiment, metrics: &Metrics) -> f64 {
    let objective = run.state().settings.objective;
    -2.0 * objective.sigma2 * (metrics.reconstruction + objective.log_normaliser(run.data().data_dim()))
}

/// β |KL − C| with a large β holds the KL at C. The best reconstruction at that KL is the optimum of the b whose KL is C: reverse
/// water-filling, C = ½ Σ log λᵢ/b and E‖x − x̂‖² = 2 b + λ₃.
#[test]
fn a_capacity_is_a_point_of_the_rate_distortion_curve() {
    for nats in [1.5_f64, 2.5] {
        let (run, metrics) = trained(&format!("capacity:{nats},1500"), 20.0);
        let lambda = run.data().test.eigenvalues().unwrap();
        let b = (lambda[0] * lambda[1]).sqrt() * (-nats).exp();
        assert!((metrics.kl() - nats).abs() < 0.05, "KL {} of {nats}", metrics.kl());
        let (found, expected) = (distortion(&run, &metrics), 2.0 * b + lambda[2]);
        assert!((found / expected - 1.0).abs() < 0.04, "{found} {expected}");
        let rows = run.history().rows();
        let near = |step: u64| rows.iter().find(|row| row.step == step).map(|row| row.kl()).unwrap();
        assert!((near(760) - 0.5 * nats).abs() < 0.1, "half of the rise: {}", near(760));
    }
}
