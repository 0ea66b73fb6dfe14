//! Odd runs in every view: settings over their whole range and beyond it, data as people have them. A run is refused in one sentence, or
//! drawn within bounds of memory and time.
//!
//! `STRESS_RUNS` runs are tried. A failure names its run; `STRESS_RUN` tries it alone.

#![cfg(feature = "gui")]

#[path = "../stress/amount.rs"]
mod amount;
#[path = "../stress/live_heap.rs"]
mod live_heap;
mod odd;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use amount::{amount, seed};
use eframe::egui::{Theme, vec2};
use odd::{logarithmic, one_of, run};
use rand::{Rng, RngExt as _};
use unpick::experiment::Snapshot;
use unpick::figure::content::FigureContent;
use unpick::figure::still::{Figure, show};
use unpick::geometry::MapQuantity;
use unpick::paint::{Canvas, Format, encode_figure};
use unpick::rng::{Purpose, stream};
use unpick::sentence::sentence;
use unpick::viz::background_runs::BackgroundRuns;
use unpick::viz::selection::Selection;

/// Runs, unless `STRESS_RUNS` says how many.
const RUNS: u64 = 6;

/// The most bytes, and seconds of processor time, that a picture may take.
const MOST_BYTES: usize = 300 << 20;
const MOST_SECONDS: f64 = 60.0;

/// Numbers of an observation beyond which a run is drawn in a fifth of the views only: each takes many seconds.
const LARGE: usize = 1000;

/// Characters of a sentence.
const MOST_CHARACTERS: usize = 300;

/// Seconds that all threads have worked.
#[cfg(unix)]
fn processor_seconds() -> f64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

#[cfg(not(unix))]
fn processor_seconds() -> f64 {
    0.0
}

fn selection(rng: &mut impl Rng, m: usize) -> Selection {
    let reach = one_of(rng, &[0.0, 1.0, 4.0, 30.0]);
    let mut selection =
        Selection { z: (0..m).map(|_| rng.random_range(-reach..=reach)).collect(), ..Selection::default() };
    selection.axes = [0, 1].map(|_| rng.random_range(0..m));
    selection.rotated = [0, 1].map(|_| rng.random_range(0..m));
    (selection.pairs, selection.draw, selection.root_steps) =
        (rng.random_bool(0.3), rng.random_bool(0.3), rng.random_bool(0.3));
    selection.layers.list().into_iter().for_each(|(_, _, on)| *on ^= rng.random_bool(0.3));
    (selection.tau, selection.phi) = (one_of(rng, &[1.0, 0.0, 0.4]), rng.random_range(-400.0..400.0));
    selection.corners = [0, 1].map(|_| [0, 1].map(|_| rng.random_range(-3.0..=3.0)));
    selection.heat = Some(one_of(rng, &MapQuantity::ALL)).filter(|_| rng.random_bool(0.3));
    selection.color = one_of(rng, &[None, None, Some(0), Some(7)]);
    selection.observation = one_of(rng, &[None, Some(0), Some(9), Some(1_000_000)]);
    selection
}

/// Tries a run; true if it was drawn, false if it was refused.
fn try_run(k: u64) -> Result<bool, String> {
    let mut rng = stream(seed(), Purpose::Analysis, k);
    let run = match run(&mut rng) {
        Ok(run) => run,
        Err(refusal) => {
            let said = sentence(&refusal);
            let is_good =
                !said.is_empty() && said.chars().count() <= MOST_CHARACTERS && !said.chars().any(char::is_control);
            return if is_good { Ok(false) } else { Err(format!("refused with {said:?}")) };
        }
    };
    let selection = selection(&mut rng, run.config().architecture.latent_dim);
    let told = || format!("{:?} at step {} of {:?}", run.config(), run.state().step, run.log());
    let snapshot = Arc::new(Snapshot::of(&run));
    let mut figure = Figure::new(snapshot.into(), None, &selection, BackgroundRuns::default());
    let is_large = run.data().data_dim() > LARGE;
    for content in FigureContent::list().skip(1) {
        if is_large && rng.random_bool(0.8) {
            continue;
        }
        let (width, height) = (logarithmic(&mut rng, 40.0, 1200.0), logarithmic(&mut rng, 40.0, 900.0));
        let theme = one_of(&mut rng, &[Theme::Light, Theme::Dark]);
        let canvas = Canvas { theme, ..Canvas::new(vec2(width.round() as f32, height.round() as f32)) };
        let format = one_of(&mut rng, &Format::ALL);
        let before = live_heap::begin();
        let start = processor_seconds();
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            figure.draw(&canvas, show(content), |offscreen, output| {
                encode_figure(offscreen, &canvas, output, format, None).map(drop)
            })
        }));
        let place = || format!("{} at {width:.0}x{height:.0} as {format:?}: {}", content.name(), told());
        match drawn {
            Err(_) => return Err(format!("a panic in {}", place())),
            Ok(Err(error)) => return Err(format!("{error} in {}", place())),
            Ok(Ok(())) => {}
        }
        let (bytes, seconds) = (live_heap::peak().saturating_sub(before), processor_seconds() - start);
        if bytes > MOST_BYTES || seconds > MOST_SECONDS {
            return Err(format!("{} MB and {seconds:.1} s for {}", bytes >> 20, place()));
        }
    }
    Ok(true)
}

#[test]
fn odd_runs_are_drawn_in_every_view_or_refused_in_a_sentence() {
    let runs = amount("STRESS_RUNS", RUNS);
    let alone = std::env::var("STRESS_RUN").ok().and_then(|text| text.parse::<u64>().ok());
    let range = alone.map_or(0..runs, |run| run..run + 1);
    let mut drawn = 0;
    for k in range.clone() {
        let outcome = catch_unwind(AssertUnwindSafe(|| try_run(k))).unwrap_or(Err("a panic in training".to_owned()));
        match outcome {
            Ok(is_drawn) => drawn += u64::from(is_drawn),
            Err(fault) => {
                let seed = std::env::var("STRESS_SEED").unwrap_or_default();
                panic!("run {k}: {fault}; again: STRESS_SEED={seed} STRESS_RUN={k} cargo test --test odd_runs");
            }
        }
    }
    assert!(alone.is_some() || drawn > (range.end - range.start) / 3, "most are refused: {drawn} drawn");
}
