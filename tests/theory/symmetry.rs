//! Training without axes: with an exponential posterior factor and equivariant Adam, training commutes with rotations.

use std::f64::consts::PI;

use nalgebra::DMatrix;
use rand_distr::{Distribution as _, StandardNormal};
use unpick::data::{Scene, generate};
use unpick::experiment::{Command, Config, Experiment, Origin};
use unpick::geometry::{Rotation, chance_distance};
use unpick::linalg::Matrix;
use unpick::nn::{Activation, Adam, OptimizerKind};
use unpick::rng::{Purpose, stream};
use unpick::vae::{Architecture, Covariance, DecoderKind, ElboWorkspace, Objective, PosteriorFactor, Vae};

const STEPS: usize = 200;

/// Trains a model on its own minibatches, with the noise of each rotated.
fn trained(mut vae: Vae<f64>, kind: OptimizerKind, rotation: Option<Rotation>) -> Vae<f64> {
    let (n, m) = (vae.data_dim(), vae.latent_dim());
    let objective = Objective::new(Covariance::Full, 1.5, 0.05);
    let mut rng = stream(4, Purpose::Noise, 0);
    let mut draw =
        |rows| Matrix::from_columns(rows, 32, (0..32 * rows).map(|_| StandardNormal.sample(&mut rng)).collect());
    let (mut adam, mut workspace) = (Adam::new(vae.parameters.len()), ElboWorkspace::new(&vae));
    for _ in 0..STEPS {
        let (x, mut noise) = (draw(n), draw(m));
        for c in 0..32 {
            let column = noise.column_mut(c);
            if let Some(rotation) = rotation {
                let [a, b] = rotation.plane;
                [column[a], column[b]] = rotation.rotate(column[a], column[b]);
            }
        }
        vae.differentiate(&objective, &x, &noise, &mut workspace);
        vae.descend(kind, &mut adam, &workspace.gradient, 0.01, objective.sigma2);
    }
    vae
}

/// Largest difference between the weights of a rotated run and of the run, rotated after training.
fn difference(kind: OptimizerKind, decoder: DecoderKind, hidden: Vec<usize>, rotation: Rotation) -> f64 {
    let architecture = Architecture {
        likelihood: Default::default(),
        latent_dim: 3,
        hidden,
        activation: Activation::Tanh,
        decoder,
        factor: PosteriorFactor::Exponential,
        decoder_hidden: None,
    };
    let start = Vae::<f64>::new(4, architecture, Covariance::Full, &mut stream(9, Purpose::Init, 0));
    let rotated = |vae: &Vae<f64>| {
        let mut other = vae.clone();
        rotation.rotate_values(vae, &mut other.parameters);
        other
    };
    let after = rotated(&trained(start.clone(), kind, None));
    let before = trained(rotated(&start), kind, Some(rotation));
    after.parameters.iter().zip(&before.parameters).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn training_commutes_with_rotations_of_the_latents() {
    let rotation = Rotation { degrees: 40.0, plane: [0, 2] };
    for (decoder, hidden) in [(DecoderKind::Linear, vec![]), (DecoderKind::Mlp, vec![8, 6])] {
        for kind in [OptimizerKind::AdamEquivariant, OptimizerKind::Sgd] {
            let difference = difference(kind, decoder, hidden.clone(), rotation);
            assert!(difference < 1e-9, "{kind:?} {decoder:?}: {difference:e}");
        }
        let difference = difference(OptimizerKind::Adam, decoder, hidden, rotation);
        assert!(difference > 1e-2, "plain Adam depends on the axes: {difference:e}");
    }
}

/// A model with no weight at zero.
fn model(covariance: Covariance) -> Vae<f64> {
    let architecture = Architecture {
        likelihood: Default::default(),
        latent_dim: 3,
        hidden: vec![7],
        activation: Activation::Tanh,
        decoder: DecoderKind::Mlp,
        factor: PosteriorFactor::Exponential,
        decoder_hidden: None,
    };
    let mut vae = Vae::<f64>::new(4, architecture, covariance, &mut stream(2, Purpose::Init, 0));
    let mut rng = stream(3, Purpose::Analysis, 0);
    vae.parameters.iter_mut().for_each(|p| {
        let shift: f64 = StandardNormal.sample(&mut rng);
        *p += 0.1 * shift;
    });
    vae
}

fn observations() -> Matrix<f64> {
    Matrix::from_fn(4, 5, |i, j| (1.3 * i as f64 + 0.7 * j as f64).sin())
}

/// An exponential factor rotates with the latents, and the posteriors with it.
#[test]
fn a_rotated_exponential_factor_gives_rotated_posteriors() {
    let vae = model(Covariance::Full);
    let rotation = Rotation { degrees: -70.0, plane: [2, 1] };
    let mut rotated = vae.clone();
    rotation.rotate_values(&vae, &mut rotated.parameters);
    let r: DMatrix<f64> = rotation.matrix(3);
    let x = observations();
    for (q, p) in vae.posteriors(&x).iter().zip(rotated.posteriors(&x)) {
        assert!((&r * &q.mean - &p.mean).norm() < 1e-12);
        assert!((&r * q.covariance() * r.transpose() - p.covariance()).norm() < 1e-12);
    }
}

/// Diagonal posteriors are those with a diagonal H: a change of family does not move them.
#[test]
fn a_living_run_changes_its_family_without_a_jump() {
    let mut vae = model(Covariance::Diagonal);
    let x = observations();
    let before = vae.posteriors(&x);
    vae.switch_covariance(Covariance::Full);
    for (q, p) in before.iter().zip(vae.posteriors(&x)) {
        assert!((&q.mean - &p.mean).norm() + (&q.factor - &p.factor).norm() < 1e-12);
    }
}

/// DtO of a full posterior after 12,000 steps without any decay of the rate, for seeds 0 to 23.
fn distances(kind: OptimizerKind, factor: PosteriorFactor) -> Vec<f64> {
    let scene = Scene::named("linear").unwrap();
    (0..24)
        .map(|seed| {
            let data = std::sync::Arc::new(generate(scene, seed));
            let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), seed, data.train.samples());
            config.objective.covariance = Covariance::Full;
            config.architecture.factor = factor;
            config.optimizer.kind = kind;
            let lr = config.optimizer.lr;
            let mut run = Experiment::new(config, data).unwrap();
            for begun in 1..=8 {
                (0..1500).for_each(|_| run.step().unwrap());
                // Any change of a setting starts the schedule anew: 1,500 steps at the whole rate, after a short rise.
                run.apply(Command::Lr(lr * (1.0 + 1e-9 * f64::from(begun % 2)))).unwrap();
            }
            run.history().rows().last().unwrap().dto
        })
        .collect()
}

/// With equivariant Adam the law of V is that of a random rotation at every step, so the mean DtO is at chance. With Adam
/// it is not: the optimiser has axes.
#[test]
fn full_posteriors_stay_at_chance_only_without_axes() {
    let chance = chance_distance(2);
    // Of 2√2 sin(θ/2) over 0 ≤ θ ≤ 45°, as the mean.
    let deviation = (4.0 * (1.0 - 8_f64.sqrt() / PI) - chance * chance).sqrt();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let without = distances(OptimizerKind::AdamEquivariant, PosteriorFactor::Exponential);
    let with = distances(OptimizerKind::Adam, PosteriorFactor::Cholesky);
    println!("{:.3} {:.3} of {:.3} ± {:.3}", mean(&without), mean(&with), chance, deviation / 24_f64.sqrt());
    assert!((mean(&without) - chance).abs() < 3.0 * deviation / 24_f64.sqrt(), "{without:?}");
    assert!(mean(&with) < chance - 3.0 * deviation / 24_f64.sqrt(), "{with:?}");
}
