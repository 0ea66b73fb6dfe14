//! Bernoulli decoders: the Fisher metric takes the place of the Euclidean one.

use std::f64::consts::TAU;

use nalgebra::{DMatrix, DVector};
use unpick::data::Scene;
use unpick::experiment::Snapshot;
use unpick::geometry::{
    ExactGap, Jets, OptimalPosteriors, Order, PosteriorNodes, best_posterior, exact_gap, posterior_precision,
    rotated_elbos,
};
use unpick::launch::PreparedRun;
use unpick::linalg::Matrix;
use unpick::nn::Activation;
use unpick::rng::{Purpose, stream};
use unpick::stats::gauss_hermite;
use unpick::vae::{Architecture, Covariance, DecoderKind, Likelihood, Objective, Posterior, Vae};

const BITS: [f64; 4] = [1.0, 0.0, 1.0, 0.25];

fn decoder(m: usize, decoder: DecoderKind, scale: f64) -> Vae<f64> {
    let architecture = Architecture {
        latent_dim: m,
        hidden: vec![9],
        activation: Activation::Tanh,
        decoder,
        factor: Default::default(),
        likelihood: Likelihood::Bernoulli,
        decoder_hidden: None,
    };
    let mut vae = Vae::new(4, architecture, Covariance::Full, &mut stream(21, Purpose::Init, 0));
    vae.parameters.iter_mut().enumerate().for_each(|(i, p)| *p = scale * *p + 0.1 * (i as f64).sin());
    vae
}

fn objective(covariance: Covariance, beta: f64) -> Objective {
    Objective::new(covariance, beta, 1.0)
}

fn prior(m: usize) -> Posterior {
    Posterior { mean: DVector::zeros(m), factor: DMatrix::identity(m, m) }
}

/// Values and first derivatives by central differences of values and first derivatives.
#[test]
fn jets_of_means_and_of_the_fisher_metric_are_derivatives() {
    let vae = decoder(2, DecoderKind::Mlp, 2.0);
    let z = [0.4, -0.7];
    let column = |z: [f64; 2]| Matrix::from_columns(2, 1, z.to_vec());
    let h = 1e-5;
    for fisher in [false, true] {
        let jets =
            |z, order| if fisher { Jets::fisher(&vae, &column(z), order) } else { Jets::of(&vae, &column(z), order) };
        let here = jets(z, Order::Second);
        for j in 0..2 {
            let (mut low, mut high) = (z, z);
            (low[j], high[j]) = (z[j] - h, z[j] + h);
            let [low, high] = [low, high].map(|z| jets(z, Order::First));
            for r in 0..4 {
                let slope = (high.value[(r, 0)] - low.value[(r, 0)]) / (2.0 * h);
                assert!((here.column(0, j)[r] - slope).abs() < 1e-8, "{} {slope}", here.column(0, j)[r]);
                for i in 0..2 {
                    let bend = (high.column(0, i)[r] - low.column(0, i)[r]) / (2.0 * h);
                    assert!((here.hessian(0, i, j)[r] - bend).abs() < 1e-8, "{} {bend}", here.hessian(0, i, j)[r]);
                }
            }
        }
    }
    assert_eq!(Jets::of(&vae, &column(z), Order::First).value, vae.decode(&column(z)));
    // JᵀFJ with F = diag π(1−π), from the logits.
    let (natural, pi) = (Jets::natural(&vae, &column(z), Order::First).jacobian(0), vae.decode(&column(z)));
    let information = DMatrix::from_diagonal(&DVector::from_iterator(4, pi.as_slice().iter().map(|p| p * (1.0 - p))));
    let fisher = Jets::fisher(&vae, &column(z), Order::First).jacobian(0);
    let difference = natural.transpose() * information * &natural - fisher.transpose() * &fisher;
    assert!(difference.norm() < 1e-15, "{difference}");
}

/// V21: at the best full posterior Σ⁻¹ = I + (1/β) E[J_ηᵀ Cov(x|z) J_η − Σ_k (x_k − π_k) ∇²η_k], with exact second derivatives.
#[test]
fn the_best_posterior_has_the_precision_of_the_fisher_form() {
    for (decoder, kind) in [DecoderKind::Mlp, DecoderKind::Linear].map(|kind| (decoder(2, kind, 1.5), kind)) {
        let (beta, rule) = (1.5, gauss_hermite(2, 48));
        let best = best_posterior(&decoder, &BITS, &objective(Covariance::Full, beta), &prior(2), &rule);
        assert!(best.converged);
        // The posterior is nearly as wide as the prior, and tanh has poles at ±iπ/2, so the rule converges slowly: 4·10⁻⁵ with 20
        // nodes a dimension, 2·10⁻⁶ with 48.
        let nodes: Vec<f64> =
            rule.nodes.iter_columns().flat_map(|e| best.posterior.sample(e).as_slice().to_vec()).collect();
        let z = Matrix::from_columns(2, rule.weights.len(), nodes);
        let [natural, fisher] = [Jets::natural(&decoder, &z, Order::Second), Jets::fisher(&decoder, &z, Order::First)];
        let pi = decoder.decode(&z);
        let (mut curvature, mut metric) = (DMatrix::zeros(2, 2), DMatrix::zeros(2, 2));
        for (k, w) in rule.weights.iter().enumerate() {
            let bend = DMatrix::from_fn(2, 2, |i, j| {
                let terms = natural.hessian(k, i, j).iter().zip(&BITS).zip(pi.column(k));
                terms.map(|((bend, x), pi)| (x - pi) * bend).sum::<f64>()
            });
            let gram = fisher.jacobian(k).transpose() * fisher.jacobian(k);
            metric += *w * &gram;
            curvature += *w * (gram - bend);
        }
        let precision = DMatrix::identity(2, 2) + curvature / beta;
        let found = best.posterior.precision();
        assert!((&found - &precision).norm() < 1e-5 * precision.norm(), "{found} {precision}");
        // Without second derivatives the Fisher form is an approximation, and exact for affine logits.
        let approximate = DMatrix::identity(2, 2) + metric / beta;
        let error = (&found - &approximate).norm() / found.norm();
        assert!(if kind == DecoderKind::Linear { error < 1e-5 } else { error > 1e-3 }, "{kind:?} {error}");
    }
}

/// log ∫ p(x|z)^(1/β) p(z) dz against a Riemann sum, by the grid and by importance sampling, and the split of the gap.
#[test]
fn the_exact_gap_agrees_with_brute_force() {
    for (m, kind, beta) in [
        (1, DecoderKind::Mlp, 1.0),
        (2, DecoderKind::Mlp, 1.0),
        (2, DecoderKind::Mlp, 0.1),
        (2, DecoderKind::Linear, 0.5),
        (3, DecoderKind::Mlp, 0.7),
    ] {
        let vae = decoder(m, kind, 2.0);
        let objective = objective(Covariance::Diagonal, beta);
        let nodes = PosteriorNodes::new(&vae, 1024, 0).unwrap();
        let learned = Posterior { mean: DVector::from_element(m, 0.2), factor: DMatrix::identity(m, m) * 0.6 };
        let optimal = OptimalPosteriors::new(&vae, &BITS, &objective, &learned, &nodes);
        let gap: ExactGap = exact_gap(&vae, &BITS, &objective, &optimal, &nodes).unwrap();
        let side: usize = [20_001, 801, 97][m - 1];
        let h = 14.0 / (side - 1) as f64;
        let z = Matrix::from_fn(m, side.pow(m as u32), |i, k| -7.0 + h * (k / side.pow(i as u32) % side) as f64);
        let pi = vae.decode(&z);
        let density = pi.iter_columns().zip(z.iter_columns()).map(|(pi, z)| {
            let log = |(pi, x): (&f64, &f64)| x * pi.ln() + (1.0 - x) * (1.0 - pi).ln();
            let likelihood: f64 = pi.iter().zip(&BITS).map(log).sum();
            (likelihood / beta - 0.5 * z.iter().map(|z| z * z).sum::<f64>()).exp()
        });
        let brute = density.sum::<f64>().ln() + m as f64 * (h.ln() - 0.5 * TAU.ln());
        let tolerance = 1e-8 + 4.0 * gap.log_px.error;
        assert!((gap.log_px.value - brute).abs() < tolerance, "{m} {kind:?} {beta}: {gap:?} {brute}");
        let sum: f64 = gap.parts.iter().flatten().map(|part| part.value).sum();
        assert!((sum - gap.total().value).abs() < 1e-10);
        assert!(gap.parts.iter().flatten().all(|part| part.value >= -4.0 * part.error - 1e-8), "{gap:?}");
    }
}

/// The objective of full posteriors does not change with the angle; that of diagonal ones stays below it.
#[test]
fn rotations_cost_only_diagonal_posteriors() {
    let vae = decoder(2, DecoderKind::Mlp, 2.0);
    let observations = vec![BITS.to_vec(), vec![0.0, 1.0, 1.0, 0.0], vec![0.5; 4]];
    let starts = vec![prior(2); 3];
    let angles: Vec<f64> = (0..6).map(|k| 15.0 * f64::from(k)).collect();
    let curve = rotated_elbos(&vae, &observations, &starts, &objective(Covariance::Diagonal, 0.5), [0, 1], &angles);
    assert!(curve.iter().all(|point| point.unconverged == 0 && point.diagonal <= point.full + 1e-9), "{curve:?}");
    let loss = |k: usize| curve[k].full - curve[k].diagonal;
    let (least, most) = (0..6).map(loss).fold((f64::MAX, 0.0_f64), |(low, high), l| (low.min(l), high.max(l)));
    assert!(most > 1.5 * least && most > 1e-3, "{least} {most}");
}

/// On eight bits the Fisher c_IMA falls under diagonal posteriors in every seed, at no cost of ELBO. Full ones leave it where the first
/// weights put it.
#[test]
fn the_fisher_contrast_falls_under_diagonal_posteriors() {
    const SEEDS: u64 = 5;
    let trained = |covariance: Covariance, seed: u64| {
        let scene = Scene::parse(include_str!("../../examples/bits.toml")).unwrap();
        let mut prepared = PreparedRun::of_scene(scene, seed);
        prepared.config.objective.covariance = covariance;
        let mut run = prepared.experiment().unwrap();
        let before = Snapshot::of(&run).geometry.ima_contrast.unwrap();
        run.advance(2000).unwrap();
        let snapshot = Snapshot::of(&run);
        [before, snapshot.geometry.ima_contrast.unwrap(), snapshot.history.last().unwrap().elbo_test]
    };
    let mut contrasts = [0.0; 2];
    for seed in 0..SEEDS {
        let [diagonal, full] = Covariance::ALL.map(|covariance| trained(covariance, seed));
        println!("seed {seed}: c_IMA at the start, at the end, ELBO: diagonal {diagonal:.4?}, full {full:.4?}");
        assert!(diagonal[1] < diagonal[0] && diagonal[1] < 0.01, "{seed}: {diagonal:?}");
        assert!(full[2] - diagonal[2] < 0.02, "{seed}: {diagonal:?} {full:?}");
        contrasts[0] += diagonal[1];
        contrasts[1] += full[1];
    }
    assert!(contrasts[0] < 0.1 * contrasts[1], "{contrasts:?}");
}

/// Λ of the Fisher form is what metrics and views use.
#[test]
fn b_is_beta() {
    let vae = decoder(2, DecoderKind::Mlp, 1.0);
    let jacobian = Jets::fisher(&vae, &Matrix::zeros(2, 1), Order::First).jacobian(0);
    let precision = posterior_precision(&jacobian, objective(Covariance::Full, 0.5).b());
    assert!((precision - DMatrix::identity(2, 2) - 2.0 * jacobian.transpose() * &jacobian).norm() < 1e-14);
}
