//! Growth of costs with size: milliseconds at doubled sizes, and the slope between the larger ones on logarithmic axes beside
//! the expected order.
//!
//! `cargo bench --bench growth` prints a table. All times are processor time of one thread.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod measure;

use std::sync::Arc;

use measure::{on_this_thread, percentile};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::data::{Dataset, ImportOptions, ObservationKind, Split};
use unpick::experiment::{Config, Experiment, Optimizer, Origin, Snapshot};
use unpick::linalg::Matrix;
use unpick::nn::Activation;
use unpick::rng::{Purpose, stream};
use unpick::vae::{Architecture, Covariance, DecoderKind, Objective};

/// Sizes of a run; each row of the table varies one.
#[derive(Clone, Copy)]
struct Size {
    width: usize,
    batch: usize,
    n: usize,
    m: usize,
}

const USUAL: Size = Size { width: 64, batch: 256, n: 3, m: 2 };

fn main() -> anyhow::Result<()> {
    println!("Processor time of one thread; {}\n", measure::circumstances());
    println!("| milliseconds | with | at sizes | slope | on paper |");
    println!("|---|---|---|---|---|");
    let step = |size: Size| step(&[size]);
    row("a step", "width", &[32, 64, 128, 256, 512], "2: the weights between hidden layers", |width| {
        step(Size { width, ..USUAL })
    })?;
    row("a step", "batch", &[64, 128, 256, 512, 1024], "1", |batch| step(Size { batch, ..USUAL }))?;
    row("a step", "n", &[64, 128, 256, 512, 1024], "0 to 1: the outer layers alone", |n| step(Size { n, ..USUAL }))?;
    row("a step", "m, diagonal", &[2, 4, 8, 16, 32], "0 to 1", |m| step(Size { n: 64, m, ..USUAL }))?;
    row("a step of each", "runs", &[1, 2, 4, 8], "1", |runs| self::step(&vec![USUAL; runs]))?;
    row("a snapshot", "m", &[2, 4, 8, 16], "2: second derivatives, and more where JᵀJ is decomposed", |m| {
        snapshot(Size { n: 64, m, ..USUAL }, 100)
    })?;
    row("a snapshot", "steps", &[1000, 2000, 4000, 8000], "0: a history is at most 2,048 rows", |steps| {
        snapshot(USUAL, steps)
    })?;
    row(
        "showing an earlier step",
        "steps",
        &[3000, 6000, 12000, 24000],
        "0 until keyframes fill their memory, then 1",
        look_back,
    )?;
    row("MB of keyframes", "steps", &[3000, 6000, 12000, 24000], "1 until they fill their memory, then 0", |steps| {
        let mut run = start(USUAL)?;
        advance(&mut run, steps)?;
        Ok(run.keyframe_bytes() as f64 / 1e6)
    })?;
    Ok(())
}

fn row(
    what: &str,
    with: &str,
    sizes: &[usize],
    paper: &str,
    cost: impl Fn(usize) -> anyhow::Result<f64>,
) -> anyhow::Result<()> {
    let costs = sizes.iter().map(|size| cost(*size)).collect::<anyhow::Result<Vec<f64>>>()?;
    let told: Vec<String> = sizes.iter().zip(&costs).map(|(size, cost)| format!("{size}: {cost:.3}")).collect();
    // Over the upper half, since constant costs dominate the lower.
    let (last, middle) = (sizes.len() - 1, sizes.len() / 2 - 1 + sizes.len() % 2);
    let slope = (costs[last] / costs[middle]).ln() / (sizes[last] as f64 / sizes[middle] as f64).ln();
    println!("| {what} | {with} | {} | {slope:.1} | {paper} |", told.join(", "));
    Ok(())
}

/// Milliseconds of a step of each run.
fn step(sizes: &[Size]) -> anyhow::Result<f64> {
    let mut runs = sizes.iter().map(|size| start(*size)).collect::<anyhow::Result<Vec<_>>>()?;
    for run in &mut runs {
        advance(run, 20)?;
    }
    // Some blocks of ten are short enough to run undisturbed.
    let block = || -> anyhow::Result<f64> {
        let (done, time) = on_this_thread(|| (0..10).try_for_each(|_| runs.iter_mut().try_for_each(|run| run.step())));
        done?;
        Ok(1e3 * time.cpu / 10.0)
    };
    median(block)
}

fn snapshot(size: Size, steps: usize) -> anyhow::Result<f64> {
    let mut run = start(size)?;
    advance(&mut run, steps)?;
    median(|| Ok(1e3 * on_this_thread(|| Snapshot::of(&run)).1.cpu))
}

/// Milliseconds to show the step half an interval after the last keyframe but one.
fn look_back(steps: usize) -> anyhow::Result<f64> {
    let mut run = start(USUAL)?;
    advance(&mut run, steps)?;
    let kept: Vec<u64> = run.keyframes().collect();
    let at = kept.windows(2).last().map_or(0, |pair| pair[0].midpoint(pair[1]));
    median(|| Ok(1e3 * on_this_thread(|| run.at(at)).1.cpu))
}

/// Median of about half a second of measurements, at least five.
fn median(mut measure: impl FnMut() -> anyhow::Result<f64>) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    while times.len() < 5 || (times.len() < 200 && times.iter().sum::<f64>() < 50.0) {
        times.push(measure()?);
    }
    Ok(percentile(&times, 0.5))
}

fn advance(run: &mut Experiment, steps: usize) -> anyhow::Result<()> {
    (0..steps).try_for_each(|_| run.step().map_err(Into::into))
}

/// A run on a smooth random manifold.
fn start(Size { width, batch, n, m }: Size) -> anyhow::Result<Experiment> {
    let mut rng = stream(1, Purpose::Data, 0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut rng) };
    let mix = Matrix::from_fn(n, m, |_, _| normal());
    let mut split = |samples: usize| {
        let z = Matrix::from_fn(m, samples, |_, _| normal());
        let x = |r: usize, c: usize| mix.row(r).zip(z.column(c)).map(|(a, z)| a * z).sum::<f32>().tanh();
        Split::new(Matrix::from_fn(n, samples, x), None)
    };
    let data = Dataset {
        train: split(2048),
        test: split(2000),
        factor_names: Vec::new(),
        labels: Vec::new(),
        observation_names: (1..=n).map(|i| format!("x{i}")).collect(),
        kind: ObservationKind::Points,
        centre_and_scale: None,
        split_seed: None,
    };
    let config = Config {
        origin: Origin::file("growth", "", ImportOptions::default()),
        seed: 1,
        architecture: Architecture {
            latent_dim: m,
            hidden: vec![width; 2],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        },
        objective: Objective::new(Covariance::Diagonal, 1.0, 0.05),
        optimizer: Optimizer { kind: Default::default(), lr: 1e-3, batch },
        threads: 1,
        cycle: None,
    };
    Ok(Experiment::new(config, Arc::new(data))?)
}
