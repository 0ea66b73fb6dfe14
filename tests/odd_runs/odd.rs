//! Runs with odd data and odd settings.

use std::sync::Arc;

use rand::{Rng, RngExt as _};
use unpick::data::{Dataset, Scene, Table, dataset_from_table, generate};
use unpick::experiment::{Command, Config, Experiment, Optimizer, Origin};
use unpick::linalg::Matrix;
use unpick::nn::{Activation, OptimizerKind};
use unpick::vae::{Architecture, Covariance, DecoderKind, Likelihood, Objective, PosteriorFactor};

pub(crate) fn one_of<T: Clone>(rng: &mut impl Rng, all: &[T]) -> T {
    all[rng.random_range(0..all.len())].clone()
}

/// A number with a uniform logarithm.
pub(crate) fn logarithmic(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    rng.random_range(low.ln()..=high.ln()).exp().clamp(low, high)
}

/// Samples of a scene, or a table as people have them.
fn data(rng: &mut impl Rng) -> Result<(Origin, Arc<Dataset>), String> {
    if rng.random_bool(0.4) {
        let scenes: Vec<&Scene> = Scene::built_in().iter().collect();
        let mut scene = one_of(rng, &scenes).clone();
        (scene.generator.samples, scene.generator.test_samples) = one_of(rng, &[(10, 2), (60, 20), (200, 50)]);
        let generated = generate(&scene, 1);
        return Ok((Origin::Scene(Box::new(scene)), Arc::new(generated)));
    }
    let (columns, rows) = (one_of(rng, &[1, 1, 2, 3, 4, 7, 30]), one_of(rng, &[3, 10, 11, 12, 20, 50, 120]));
    let kind = rng.random_range(0..11);
    let mut normal = || -> f64 { (0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0 };
    let mut value = |c: usize, r: usize| match kind {
        0 => (normal() * 1.5).floor().clamp(0.0, 2.0),
        1 => (r % 2) as f64,
        2 if c == 0 => 5.0,
        3 => 1e150 * normal(),
        4 => 1e-150 * normal(),
        5 if (c, r) == (0, 0) => 1e7,
        6 => (r * (c + 1)) as f64,
        7 => 1e9 + normal(),
        8 => f64::from(u8::from(normal() > 0.3)),
        9 => 10_f64.powi(4 * c as i32) * normal(),
        _ => normal(),
    };
    let matrix = Matrix::from_fn(columns, rows, &mut value);
    let table = Table::new((1..=columns).map(|i| format!("column {i}")).collect(), matrix);
    let data = dataset_from_table(&table, 1).map_err(|error| error.to_string())?;
    Ok((Origin::file("data.csv", &"0".repeat(64), Default::default()), Arc::new(data)))
}

fn architecture(rng: &mut impl Rng) -> Architecture {
    let hidden: [&[usize]; 9] = [&[], &[], &[1], &[4], &[2, 1], &[7, 5], &[16], &[3; 8], &[2; 9]];
    let latents = [1, 1, 2, 2, 2, 3, 4, 5, 9, 64, 65];
    Architecture {
        likelihood: one_of(
            rng,
            &[Likelihood::Gaussian, Likelihood::Gaussian, Likelihood::Gaussian, Likelihood::Bernoulli],
        ),
        latent_dim: one_of(rng, &latents),
        hidden: one_of(rng, &hidden).to_vec(),
        activation: one_of(rng, &Activation::ALL),
        decoder: one_of(rng, &DecoderKind::ALL),
        factor: one_of(rng, &PosteriorFactor::ALL),
        decoder_hidden: one_of(rng, &[None, None, None, Some(Vec::new()), Some(vec![6])]),
    }
}

fn change(rng: &mut impl Rng, m: usize) -> Option<Command> {
    Some(match rng.random_range(0..8) {
        0 => Command::Beta(logarithmic(rng, 1e-7, 1e7)),
        1 => Command::Sigma2(logarithmic(rng, 1e-9, 1e7)),
        2 => Command::Covariance(one_of(rng, &Covariance::ALL)),
        3 => Command::Optimizer(one_of(rng, &OptimizerKind::ALL)),
        4 => Command::Lr(logarithmic(rng, 1e-9, 1e3)),
        5 => Command::Batch(rng.random_range(0..=64)),
        6 => Command::Regularizer(one_of(rng, &WORDS).parse().expect("the words are those of the program")),
        _ => return format!("rotate={}:1,{m}", rng.random_range(-180.0..180.0)).parse().ok(),
    })
}

const WORDS: [&str; 8] = ["kl", "factor:3", "laplace", "tc-mws", "tc-mss", "tc-mss:2,0.5", "capacity:3,20", "none"];

/// A run after some steps and changes, or the sentence that refuses it.
pub(crate) fn run(rng: &mut impl Rng) -> Result<Experiment, String> {
    let (origin, data) = data(rng)?;
    let architecture = architecture(rng);
    let beta = if rng.random_bool(0.1) { 0.0 } else { logarithmic(rng, 1e-6, 1e6) };
    let sigma2 = match architecture.likelihood {
        Likelihood::Gaussian => logarithmic(rng, 1e-8, 1e6),
        Likelihood::Bernoulli => 1.0,
    };
    let mut objective = Objective::new(one_of(rng, &Covariance::ALL), beta, sigma2);
    if rng.random_bool(0.2) {
        objective.regularizer = one_of(rng, &WORDS).parse().expect("the words are those of the program");
    }
    let most = data.train.samples();
    let batch = one_of(rng, &[1, 2, 7, most.div_ceil(2), most]);
    let kind = one_of(rng, &OptimizerKind::ALL);
    // L-BFGS has no networks to train, so that it is not refused each time.
    let kind = if architecture.is_linear() || kind != OptimizerKind::Lbfgs { kind } else { OptimizerKind::Adam };
    let optimizer = Optimizer { kind, lr: logarithmic(rng, 1e-9, 1e3), batch };
    let (threads, cycle) = (one_of(rng, &[1, 1, 2, 3]), one_of(rng, &[None, Some(1), Some(100)]));
    let m = architecture.latent_dim;
    let config = Config { origin, seed: 1, architecture, objective, optimizer, threads, cycle };
    config.validate(most).map_err(|error| error.to_string())?;
    let mut run = Experiment::new(config, data).map_err(|error| error.to_string())?;
    for _ in 0..rng.random_range(0..4) {
        for _ in 0..one_of(rng, &[0, 1, 30, 150]) {
            if run.step().is_err() {
                break;
            }
        }
        // Not every change fits every model.
        if let Some(change) = change(rng, m) {
            drop(run.apply(change));
        }
    }
    Ok(run)
}
