//! Every view of random runs is drawn within bounds of memory: settings over their whole allowed range, random changes, several sizes.
#![expect(clippy::unwrap_used, reason = "a run that cannot be created is a failed test")]

#[path = "stress/live_heap.rs"]
mod live_heap;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use eframe::egui::{Theme, vec2};
use rand::{Rng, RngExt as _};
use unpick::data::{Dataset, ObservationKind, Scene, Table, dataset_from_table, generate};
use unpick::experiment::{Command, Config, Experiment, Optimizer, Origin, Snapshot};
use unpick::figure::content::FigureContent;
use unpick::figure::still::{Figure, show};
use unpick::linalg::Matrix;
use unpick::nn::{Activation, OptimizerKind};
use unpick::paint::{Canvas, Format, encode_figure};
use unpick::rng::{Purpose, stream};
use unpick::vae::{Architecture, Covariance, DecoderKind, Objective, PosteriorFactor};
use unpick::viz::background_runs::BackgroundRuns;
use unpick::viz::selection::Selection;

/// The most that a picture may take.
const MOST: usize = 300 << 20;

fn one_of<T: Clone>(rng: &mut impl Rng, all: &[T]) -> T {
    all[rng.random_range(0..all.len())].clone()
}

/// A number with a uniform logarithm.
fn logarithmic(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    rng.random_range(low.ln()..=high.ln()).exp().clamp(low, high)
}

/// Points of a scene, or a table of up to six columns.
fn data(rng: &mut impl Rng) -> (Origin, Arc<Dataset>) {
    let scenes: Vec<&Scene> = Scene::built_in().iter().collect();
    let mut scene = one_of(rng, &scenes).clone();
    (scene.generator.samples, scene.generator.test_samples) = (200, 50);
    let generated = generate(&scene, 1);
    if rng.random_bool(0.6) && generated.kind == ObservationKind::Points {
        return (Origin::Scene(Box::new(scene)), Arc::new(generated));
    }
    let (n, size) = (rng.random_range(1..=6), logarithmic(rng, 1e-3, 1e3));
    let value = |r: usize, c: usize| size.powi(r as i32 % 3) * ((c * (r + 1)) as f64 * 0.37).sin();
    let names = (1..=n).map(|i| format!("column {i}")).collect();
    let table = Table::new(names, Matrix::from_fn(n, 120, value));
    let origin = Origin::file("data.csv", &"0".repeat(64), Default::default());
    (origin, Arc::new(dataset_from_table(&table, 1).unwrap()))
}

fn change(rng: &mut impl Rng, m: usize) -> Command {
    match rng.random_range(0..7) {
        0 => Command::Beta(logarithmic(rng, 1e-6, 1e6)),
        1 => Command::Sigma2(logarithmic(rng, 1e-8, 1e6)),
        2 => Command::Covariance(one_of(rng, &Covariance::ALL)),
        3 => Command::Optimizer(one_of(rng, &OptimizerKind::ALL)),
        4 => Command::Lr(logarithmic(rng, 1e-9, 1e3)),
        5 => Command::Batch(rng.random_range(1..=64)),
        _ => format!("rotate={}:1,{m}", rng.random_range(-180.0..180.0)).parse().unwrap_or(Command::Beta(1.0)),
    }
}

/// A run of any valid settings, with changes, after some steps.
fn run(rng: &mut impl Rng) -> Experiment {
    let (origin, data) = data(rng);
    let hidden: [&[usize]; 7] = [&[], &[1], &[4], &[2, 1], &[7, 5], &[16], &[3, 3, 3, 3, 3, 3, 3, 3]];
    let architecture = Architecture {
        likelihood: Default::default(),
        latent_dim: one_of(rng, &[1, 1, 2, 2, 2, 3, 4, 5, 9, 64]),
        hidden: one_of(rng, &hidden).to_vec(),
        activation: one_of(rng, &Activation::ALL),
        decoder: one_of(rng, &DecoderKind::ALL),
        factor: one_of(rng, &PosteriorFactor::ALL),
        decoder_hidden: None,
    };
    let beta = if rng.random_bool(0.1) { 0.0 } else { logarithmic(rng, 1e-6, 1e6) };
    let objective = Objective::new(one_of(rng, &Covariance::ALL), beta, logarithmic(rng, 1e-8, 1e6));
    let optimizer = Optimizer {
        kind: one_of(rng, &OptimizerKind::ALL),
        lr: logarithmic(rng, 1e-9, 1e3),
        batch: rng.random_range(1..=64),
    };
    let m = architecture.latent_dim;
    let mut config = Config { origin, seed: 1, architecture, objective, optimizer, threads: 1, cycle: Some(100) };
    if config.validate(data.train.samples()).is_err() {
        config.optimizer.kind = OptimizerKind::AdamEquivariant;
    }
    let mut run = Experiment::new(config, data).unwrap();
    for _ in 0..rng.random_range(0..4) {
        for _ in 0..one_of(rng, &[0, 1, 30, 150]) {
            if run.step().is_err() {
                break;
            }
        }
        // Not every change fits every model.
        drop(run.apply(change(rng, m)));
    }
    run
}

/// Draws every view of a run; returns the most memory that one of them took, with its name.
fn draw(k: u64) -> (usize, &'static str) {
    let mut rng = stream(k, Purpose::Analysis, 0);
    let run = run(&mut rng);
    let m = run.config().architecture.latent_dim;
    let mut selection = Selection { z: vec![0.0; m], ..Selection::default() };
    let reach = one_of(&mut rng, &[1.0, 4.0, 20.0]);
    selection.z.fill_with(|| rng.random_range(-reach..=reach));
    selection.axes = if m > 1 { one_of(&mut rng, &[[0, m - 1], [m - 1, 0], [0, 1]]) } else { [0, 0] };
    (selection.pairs, selection.layers.singular) = (rng.random_bool(0.3), rng.random_bool(0.5));
    selection.layers.ellipses = rng.random_bool(0.5);
    (selection.root_steps, selection.draw) = (rng.random_bool(0.3), rng.random_bool(0.3));
    (selection.tau, selection.phi) = (one_of(&mut rng, &[1.0, 0.0, 0.4]), rng.random_range(-180.0..180.0));
    let mut figure = Figure::new(Arc::new(Snapshot::of(&run)).into(), None, &selection, BackgroundRuns::default());
    let mut most = (0, "");
    for content in FigureContent::list().skip(1) {
        let (width, height) = one_of(&mut rng, &[(100.0, 100.0), (200.0, 150.0), (150.0, 420.0), (640.0, 360.0)]);
        let theme = one_of(&mut rng, &[Theme::Light, Theme::Dark]);
        let canvas = Canvas { theme, ..Canvas::new(vec2(width, height)) };
        let format = one_of(&mut rng, &Format::ALL);
        live_heap::begin();
        let encode = |offscreen: &_, output: &_| encode_figure(offscreen, &canvas, output, format, None).map(drop);
        figure.draw(&canvas, show(content), encode).unwrap();
        most = most.max((live_heap::peak(), content.name()));
    }
    most
}

fn check(runs: std::ops::Range<u64>) {
    for k in runs {
        let drawn = catch_unwind(AssertUnwindSafe(|| draw(k)));
        let Ok((most, view)) = drawn else { panic!("run {k} cannot be drawn") };
        assert!(most < MOST, "run {k}: the view {view} takes {} MB", most >> 20);
    }
}

#[test]
fn every_view_of_random_runs_stays_within_memory() {
    check(0..SHARE);
}

/// Runs that take about 20 seconds of a slow core.
const SHARE: u64 = 25;

#[test]
#[ignore = "it takes half an hour: ./check.sh pictures"]
fn every_view_of_two_thousand_random_runs_stays_within_memory() {
    check(SHARE..2000);
}
