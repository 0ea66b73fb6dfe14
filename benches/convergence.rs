//! Time from the start of a run to what its scene is there to show, on one core.
//!
//! `cargo bench --bench convergence [-- --seeds N] [--only SCENE]` trains every scene as its file says and prints a table.
//! A run has arrived when its ELBO on held-out data is within 0.02 nats of what it is at the end of the run and what
//! [`checks`](unpick::checks) predict about the metrics of a diagonal run holds, and both hold until the end. Time is the
//! processor time of the steps, everything included that the program does in one.
#![expect(clippy::print_stdout, reason = "a benchmark reports")]

mod measure;

use std::sync::Arc;

use measure::{on_this_thread, percentile};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::checks::{CheckQuantity, CheckRun, Expected, Pool, Seeds, predictions};
use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Experiment, Origin, Snapshot};
use unpick::linalg::Matrix;
use unpick::rng::{Purpose, stream};
use unpick::vae::{Covariance, ElboWorkspace};

/// Largest distance of the ELBO from its end, in nats.
const NATS: f64 = 0.02;

/// Steps between two measurements of a run.
const EVERY: u64 = 50;

fn main() -> anyhow::Result<()> {
    let seeds = measure::argument("--seeds", 5)?;
    let only = measure::value("--only");
    println!("Medians of {seeds} seeds; {}\n", measure::circumstances());
    println!("| scene | arrived when the ELBO is within {NATS} nats of its end and | steps | seconds | slowest seed |");
    println!("|---|---|---|---|---|");
    for scene in Scene::built_in().iter().filter(|scene| only.as_ref().is_none_or(|only| scene.name == *only)) {
        let criteria = criteria(scene);
        let arrivals: Vec<Arrival> =
            (0..u64::from(seeds)).map(|seed| arrival(scene, &criteria, seed)).collect::<anyhow::Result<_>>()?;
        let told: Vec<String> = criteria.iter().map(|(quantity, expected)| format!("{quantity} {expected}")).collect();
        let told = if told.is_empty() { "–".to_owned() } else { told.join(", ") };
        let steps: Vec<f64> = arrivals.iter().map(|arrival| arrival.steps).collect();
        let seconds: Vec<f64> = arrivals.iter().map(|arrival| arrival.seconds).collect();
        println!(
            "| {} | {told} | {} | {} | {} |",
            scene.name,
            number(percentile(&steps, 0.5), 0),
            number(percentile(&seconds, 0.5), 2),
            number(percentile(&seconds, 1.0), 2)
        );
    }
    Ok(())
}

/// Infinite: the run had not arrived at its end.
fn number(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "not in this run".to_owned() }
}

/// Steps and seconds until a run arrived.
struct Arrival {
    steps: f64,
    seconds: f64,
}

/// Predictions about metrics of a diagonal run with the scene's defaults that a snapshot shows.
fn criteria(scene: &Scene) -> Vec<(CheckQuantity, Expected)> {
    let plain = CheckRun::new(scene, Covariance::Diagonal, 0);
    let own =
        predictions(scene, Seeds { first: 0, count: 1 }).into_iter().filter(|prediction| match &prediction.pool {
            Pool::Median(runs) => runs.first() == Some(&plain),
            Pool::Mean(_) | Pool::Ratio(..) | Pool::Difference(..) => false,
        });
    let seen = |quantity| {
        matches!(
            quantity,
            CheckQuantity::ImaContrast
                | CheckQuantity::Dto
                | CheckQuantity::C2Residual
                | CheckQuantity::ActiveUnits
                | CheckQuantity::SingularValue(_)
        )
    };
    own.filter(|prediction| seen(prediction.quantity)).map(|p| (p.quantity, p.expected)).collect()
}

fn metric(snapshot: &Snapshot, quantity: CheckQuantity) -> f64 {
    let geometry = &snapshot.geometry;
    let measured = match quantity {
        CheckQuantity::ImaContrast => geometry.ima_contrast,
        CheckQuantity::Dto => geometry.dto,
        CheckQuantity::C2Residual => geometry.c2_residual,
        CheckQuantity::ActiveUnits => Ok(geometry.active.len() as f64),
        CheckQuantity::SingularValue(rank) => Ok(geometry.singular_values.get(rank).copied().unwrap_or(f64::NAN)),
        _ => Ok(f64::NAN),
    };
    measured.unwrap_or(f64::NAN)
}

fn arrival(scene: &Scene, criteria: &[(CheckQuantity, Expected)], seed: u64) -> anyhow::Result<Arrival> {
    let data = Arc::new(generate(scene, seed));
    let config = Config::new(Origin::Scene(Box::new(scene.clone())), seed, data.train.samples());
    let test = &data.test.observations;
    let mut rng = stream(seed, Purpose::Analysis, 0);
    let m = config.architecture.latent_dim;
    let noise = Matrix::from_fn(m, test.columns(), |_, _| -> f32 { StandardNormal.sample(&mut rng) });
    let mut run = Experiment::new(config, Arc::clone(&data))?;
    let mut seconds = 0.0;
    let mut looks: Vec<(u64, f64, f64, bool)> = Vec::new();
    for step in (EVERY..=scene.training.steps).step_by(EVERY as usize) {
        let (stepped, time) = on_this_thread(|| (0..EVERY).try_for_each(|_| run.step()));
        stepped?;
        seconds += time.cpu;
        let snapshot = Snapshot::of(&run);
        // The same noise every time, so that differences are those of the model.
        let mut workspace = ElboWorkspace::new(&snapshot.vae);
        let objective = &snapshot.settings.objective;
        snapshot.vae.differentiate(objective, test, &noise, &mut workspace);
        let holds = criteria.iter().all(|(quantity, expected)| expected.admits(metric(&snapshot, *quantity)));
        looks.push((step, seconds, workspace.elbo.objective(objective.beta), holds));
    }
    let end = looks.last().map_or(f64::NAN, |look| look.2);
    let lasting = looks.iter().rev().take_while(|look| look.3 && (look.2 - end).abs() <= NATS).last();
    let never = Arrival { steps: f64::INFINITY, seconds: f64::INFINITY };
    Ok(lasting.map_or(never, |(step, seconds, ..)| Arrival { steps: *step as f64, seconds: *seconds }))
}
