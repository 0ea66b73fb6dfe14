//! Time for the Jacobians of a decoder at 1,024 latent points, and for a map of the gap over 120×120 points.
//!
//! `cargo bench --bench geometry` prints both; `-- --workload J1a|J1ad|J1bd --repl` answers `benches/interleave.py`. J1a: the
//! decoder 2-64-64-3 with singular values and V; J1ad without; J1bd: the decoder 10-256-256-784 without.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod measure;

use std::hint::black_box;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use anyhow::{Context as _, bail};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::geometry::{Gram, Jets, MapQuantity, Order, field};
use unpick::linalg::Matrix;
use unpick::nn::Activation;
use unpick::rng::{Purpose, stream};
use unpick::vae::{Architecture, Covariance, DecoderKind, Objective, Vae};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let workload = arguments.iter().position(|a| a == "--workload").and_then(|at| arguments.get(at + 1));
    let Some(workload) = workload else {
        for name in ["J1a", "J1ad", "J1bd"] {
            let work = Jacobians::new(name)?;
            report(name, 10, || work.run());
        }
        let (vae, z) = (decoder(3, 2, 64), Matrix::from_fn(2, 120 * 120, |r, c| place([c % 120, c / 120][r])));
        let objective = Objective::new(Covariance::Diagonal, 1.0, 0.02);
        report("gap map", 100, || {
            black_box(field(&vae, &z, &[0, 1], MapQuantity::Gap, &objective));
        });
        return Ok(());
    };
    let work = Jacobians::new(workload)?;
    work.run();
    println!("ready");
    stdout().flush()?;
    for line in stdin().lock().lines() {
        let line = line?;
        let steps = line.trim().parse().with_context(|| format!("'{line}' is not a number of repetitions"))?;
        report(workload, steps, || work.run());
        stdout().flush()?;
    }
    Ok(())
}

/// Middle of pixel `i` of 120 between −3.5 and 3.5.
fn place(i: usize) -> f32 {
    (7.0 * (i as f32 + 0.5) / 120.0) - 3.5
}

fn report(name: &str, steps: u64, mut work: impl FnMut()) {
    let watch = measure::Stopwatch::start();
    (0..steps).for_each(|_| work());
    let measure::Elapsed { wall, cpu } = watch.elapsed();
    println!(
        "{{\"workload\": \"{name}\", \"backend\": \"unpick\", \"steps\": {steps}, \"seconds\": {wall}, \"cpu_seconds\": {cpu}, \
         \"loss\": 0}}"
    );
}

struct Jacobians {
    vae: Vae<f32>,
    z: Matrix<f32>,
    decomposed: bool,
}

impl Jacobians {
    fn new(workload: &str) -> anyhow::Result<Self> {
        let (vae, decomposed) = match workload {
            "J1a" => (decoder(3, 2, 64), true),
            "J1ad" => (decoder(3, 2, 64), false),
            "J1bd" => (decoder(784, 10, 256), false),
            _ => bail!("--workload {workload}: there are J1a, J1ad and J1bd"),
        };
        let mut rng = stream(1, Purpose::Analysis, 0);
        let z = Matrix::from_fn(vae.latent_dim(), 1024, |_, _| StandardNormal.sample(&mut rng));
        Ok(Self { vae, z, decomposed })
    }

    fn run(&self) {
        let jets = Jets::of(&self.vae, &self.z, Order::First);
        if self.decomposed {
            let latents: Vec<usize> = (0..self.z.rows()).collect();
            let mut gram = Gram::default();
            for k in 0..jets.len() {
                gram.read(&jets, k, &latents);
                black_box(gram.singular_basis());
            }
        }
        black_box(jets);
    }
}

fn decoder(n: usize, m: usize, width: usize) -> Vae<f32> {
    let architecture = Architecture {
        latent_dim: m,
        hidden: vec![width; 2],
        activation: Activation::Tanh,
        decoder: DecoderKind::Mlp,
        factor: Default::default(),
        likelihood: Default::default(),
        decoder_hidden: None,
    };
    Vae::new(n, architecture, Covariance::Diagonal, &mut stream(1, Purpose::Init, 0))
}
