//! Time of a training step, [`Experiment::step`], with everything in it: minibatch, noise, gradient, Adam, the check for
//! divergence, and the row of the history when it is due.
//!
//! `cargo bench --bench train_speed -- --workload W1 [--steps N | --repl] [--threads K]` prints one line of JSON, or with
//! `--repl` prints `ready` and one such line for each count of steps read from standard input, which
//! `benches/interleave.py` compares with other programs. The networks are those of `benches/peer.py`. `peak_gflops` is what one core
//! multiplies and adds in registers, measured beside the steps; `share` is what the products of a step are of that, on so many cores.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod measure;

use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::data::{Dataset, ImportOptions, ObservationKind, Split};
use unpick::experiment::{Config, Experiment, Optimizer, Origin};
use unpick::linalg::Matrix;
use unpick::nn::Activation;
use unpick::rng::{Purpose, stream};
use unpick::vae::{Architecture, Covariance, DecoderKind, Objective};

/// Model and shape of its data.
struct Workload {
    name: &'static str,
    data_dim: usize,
    latent_dim: usize,
    hidden: [usize; 2],
    batch: usize,
    covariance: Covariance,
}

const WORKLOADS: [Workload; 5] = [
    Workload { name: "W1", data_dim: 3, latent_dim: 2, hidden: [64; 2], batch: 256, covariance: Covariance::Diagonal },
    Workload { name: "W1f", data_dim: 3, latent_dim: 2, hidden: [64; 2], batch: 256, covariance: Covariance::Full },
    Workload {
        name: "W2",
        data_dim: 256,
        latent_dim: 6,
        hidden: [128; 2],
        batch: 128,
        covariance: Covariance::Diagonal,
    },
    Workload {
        name: "W3",
        data_dim: 784,
        latent_dim: 10,
        hidden: [256; 2],
        batch: 128,
        covariance: Covariance::Diagonal,
    },
    // As many numbers as the pictures of the scene `shapes`.
    Workload {
        name: "W4",
        data_dim: 4096,
        latent_dim: 10,
        hidden: [256; 2],
        batch: 128,
        covariance: Covariance::Diagonal,
    },
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let names = match value("--workload") {
        Some(name) => vec![name.as_str()],
        None => WORKLOADS.iter().map(|workload| workload.name).collect(),
    };
    let threads = value("--threads").map_or(Ok(1), |k| k.parse()).context("--threads needs a number")?;
    let repl = arguments.iter().any(|a| a == "--repl");
    if repl && names.len() > 1 {
        bail!("--repl needs one --workload, but none was named");
    }
    for name in names {
        let Some(workload) = WORKLOADS.iter().find(|workload| workload.name == name) else {
            bail!("--workload {name}: there are W1, W1f, W2, W3 and W4");
        };
        let mut run = workload.start(threads)?;
        if repl {
            advance(&mut run, 100)?;
            println!("ready");
            stdout().flush()?;
            for line in stdin().lock().lines() {
                let line = line?;
                let steps = line.trim().parse().with_context(|| format!("'{line}' is not a number of steps"))?;
                report(workload, &mut run, steps)?;
            }
        } else {
            let steps = value("--steps").map_or(Ok(2000), |steps| steps.parse()).context("--steps needs a number")?;
            advance(&mut run, 100)?;
            report(workload, &mut run, steps)?;
        }
    }
    Ok(())
}

/// Makes steps; returns the loss of the last one, up to (n/2) log 2πσ².
fn advance(run: &mut Experiment, steps: u64) -> anyhow::Result<f64> {
    for _ in 0..steps {
        run.step()?;
    }
    let objective = &run.config().objective;
    let elbo = run.history().rows().last().map_or(f64::NAN, |row| row.elbo);
    Ok(-elbo - objective.log_normaliser(run.data().data_dim()))
}

fn report(workload: &Workload, run: &mut Experiment, steps: u64) -> anyhow::Result<()> {
    let watch = measure::Stopwatch::start();
    let loss = advance(run, steps)?;
    let measure::Elapsed { wall, cpu } = watch.elapsed();
    let (threads, peak) = (run.config().threads, measure::peak::gflops());
    let share = workload.flops() * steps as f64 / wall / (1e9 * peak * threads as f64);
    println!(
        "{{\"workload\": \"{}\", \"backend\": \"unpick\", \"steps\": {steps}, \"threads\": {threads}, \"seconds\": {wall}, \"cpu_seconds\": {cpu}, \
         \"steps_per_s\": {}, \"peak_gflops\": {peak:.1}, \"share\": {share:.3}, \"loss\": {loss}}}",
        workload.name,
        steps as f64 / wall,
    );
    stdout().flush()?;
    Ok(())
}

impl Workload {
    /// Multiplications and additions in the products of a step: forward, by the weights, and by the inputs of all layers but the first.
    fn flops(&self) -> f64 {
        let &Self { data_dim: n, latent_dim: m, hidden: [a, b], batch, covariance, .. } = self;
        let outputs = if covariance == Covariance::Full { m + m * (m + 1) / 2 } else { 2 * m };
        let first = n * a;
        let weights = first + a * b + b * outputs + m * b + b * a + a * n;
        (2 * batch * (3 * weights - first)) as f64
    }

    fn start(&self, threads: usize) -> anyhow::Result<Experiment> {
        let &Self { latent_dim, batch, covariance, .. } = self;
        let config = Config {
            origin: Origin::file(self.name, "", ImportOptions::default()),
            seed: 1,
            architecture: Architecture {
                latent_dim,
                hidden: self.hidden.into(),
                activation: Activation::Tanh,
                decoder: DecoderKind::Mlp,
                factor: Default::default(),
                likelihood: Default::default(),
                decoder_hidden: None,
            },
            objective: Objective::new(covariance, 1.0, 0.01),
            optimizer: Optimizer { kind: Default::default(), lr: 1e-3, batch },
            threads,
            cycle: None,
        };
        Ok(Experiment::new(config, Arc::new(self.data()))?)
    }

    /// A smooth random m-dimensional manifold with a little noise: x = B tanh(A z) / 2 + ε / 20.
    fn data(&self) -> Dataset {
        const BENDS: usize = 8;
        let (n, m) = (self.data_dim, self.latent_dim);
        let mut rng = stream(1, Purpose::Data, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let a = Matrix::from_fn(BENDS, m, |_, _| normal());
        let b = Matrix::from_fn(n, BENDS, |_, _| 0.5 * normal());
        let mut split = |samples: usize| {
            let mut observations = Matrix::zeros(n, samples);
            for c in 0..samples {
                let z: Vec<f64> = (0..m).map(|_| normal()).collect();
                let bends: Vec<f64> =
                    (0..BENDS).map(|i| a.row(i).zip(&z).map(|(a, z)| a * z).sum::<f64>().tanh()).collect();
                for (r, x) in observations.column_mut(c).iter_mut().enumerate() {
                    let exact: f64 = b.row(r).zip(&bends).map(|(b, h)| b * h).sum();
                    *x = (exact + 0.05 * normal()) as f32;
                }
            }
            Split::new(observations, None)
        };
        Dataset {
            train: split(4096),
            test: split(1024),
            factor_names: Vec::new(),
            labels: Vec::new(),
            observation_names: (1..=n).map(|i| format!("x{i}")).collect(),
            kind: ObservationKind::Points,
            centre_and_scale: None,
            split_seed: None,
        }
    }
}
