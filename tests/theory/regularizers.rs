//! Regularisers other than β KL, on linear decoders, where what they lead to has a closed form.

use std::sync::Arc;

use nalgebra::DMatrix;
use unpick::data::{Scene, generate};
use unpick::experiment::{Command, Config, Experiment, Metrics, Origin};
use unpick::geometry::Rotation;
use unpick::linalg::svd;
use unpick::vae::Regularizer;

/// The scene `linear` (λ = 2.05, 1.05, .05), trained for 4,000 steps, and its metrics.
fn trained(regularizer: &str, beta: f64, seed: u64) -> (Experiment, Metrics) {
    let scene = Scene::named("linear").unwrap();
    let data = Arc::new(generate(scene, 3));
    let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), seed, data.train.samples());
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

/// Theory, scene 6: two uniform sources mixed at 60°. A diagonal posterior asks for orthogonal columns, the principal axes, which mix both
/// sources alike (MCC .69); the price of the sources is their c_IMA, .1438 (V18 of the mixing), which total correlation outweighs.
#[test]
fn total_correlation_finds_the_sources_that_a_diagonal_posterior_mixes() {
    let scene = Scene::named("uniform-square").unwrap();
    let data = Arc::new(generate(scene, 3));
    for (regularizer, seed) in [("kl", 0), ("tc-mss", 0), ("tc-mss", 1)] {
        let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), seed, data.train.samples());
        config.optimizer.batch = 128;
        config.cycle = Some(2000);
        config.objective.regularizer = regularizer.parse::<Regularizer>().unwrap();
        config.objective.beta = if config.objective.regularizer.is_kl() { 1.0 } else { 6.0 };
        let mut run = Experiment::new(config, Arc::clone(&data)).unwrap();
        run.advance(2000).unwrap();
        let metrics = Metrics::measure(&run.state().vae, &run.state().settings, run.data(), run.config());
        let (mcc, contrast) = (metrics.mcc.unwrap(), metrics.geometry.ima_contrast.unwrap());
        if regularizer == "kl" {
            assert!((0.66..0.72).contains(&mcc) && contrast < 0.002, "{mcc} {contrast}");
        } else {
            assert!(mcc > 0.95 && (0.08..0.15).contains(&contrast), "seed {seed}: {mcc} {contrast}");
        }
    }
}

/// β |KL − C| with a large β holds the KL at C. The best reconstruction at that KL is the optimum of the b whose KL is C: reverse
/// water-filling, C = ½ Σ log λᵢ/b and E‖x − x̂‖² = 2 b + λ₃.
#[test]
fn a_capacity_is_a_point_of_the_rate_distortion_curve() {
    for nats in [1.5_f64, 2.5] {
        let (run, metrics) = trained(&format!("capacity:{nats},1500"), 20.0, 3);
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

/// Theory, scene 17: an autoencoder finds the plane of the largest variances, with an error of λ₃, but nothing aligns V: each seed has
/// another. V recovers a rotation R of the latents, since the right singular vectors of D Rᵀ are R V, and x̂ stays the same.
#[test]
fn an_autoencoder_finds_the_plane_and_no_axes() {
    let decoder = |run: &Experiment| {
        let vae = run.state().vae.cast::<f64>();
        DMatrix::from_column_slice(3, 2, vae.decoder.layers()[0].split(&vae.parameters).0)
    };
    let mut distances = Vec::new();
    for seed in 0..8 {
        let (mut run, metrics) = trained("none", 1.0, seed);
        let lambda = run.data().test.eigenvalues().unwrap();
        let found = distortion(&run, &metrics);
        assert!((found / lambda[2] - 1.0).abs() < 0.02, "seed {seed}: {found} {}", lambda[2]);
        assert!(metrics.elbo.is_nan() && metrics.decomposition.is_err() && metrics.geometry.beta_gap.is_err());
        distances.push(metrics.geometry.dto.unwrap_or(f64::NAN));

        let before = svd(&decoder(&run)).v;
        let rotation = Rotation { degrees: 30.0, plane: [0, 1] };
        run.apply(Command::Rotate(rotation)).unwrap();
        // Signed permutations apart.
        let recovered = (svd(&decoder(&run)).v.transpose() * rotation.matrix(2) * before).abs();
        assert!(recovered.iter().all(|x| x.min(1.0 - x).abs() < 1e-4), "seed {seed}: {recovered}");
        let after = Metrics::measure(&run.state().vae, &run.state().settings, run.data(), run.config());
        assert!((after.reconstruction - metrics.reconstruction).abs() < 1e-3, "seed {seed}");
        assert_eq!(run.warnings().count(), 0, "nothing has to be fitted");
    }
    let aligned = distances.iter().filter(|dto| **dto < 0.1).count();
    assert!(aligned < 4, "chance is .55 ± .32 for each: {distances:?}");
}
