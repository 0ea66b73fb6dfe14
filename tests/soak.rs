//! A window that trains for a while: what it holds in memory and on the disk does not grow. `STRESS_SOAK` says for how many seconds.

#![cfg(feature = "gui")]

#[path = "stress/amount.rs"]
mod amount;
#[expect(dead_code, reason = "a soak has no pointer and waits for little")]
#[path = "window/harness.rs"]
mod harness;
#[expect(dead_code, reason = "what is held counts here, not the peak")]
#[path = "stress/live_heap.rs"]
mod live_heap;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amount::{amount, seed};
use eframe::egui::vec2;
use harness::WindowTest;
use unpick::app::FirstRun;
use unpick::data::{Scene, generate};
use unpick::experiment::{Config, Origin};
use unpick::viz::command::UiCommand;
use unpick::viz::workers::Workers;

/// Seconds, unless `STRESS_SOAK` says how many.
const SECONDS: u64 = 6;

/// Bytes by which the heap may grow after the first third.
const MOST_GROWTH: usize = 10 << 20;

/// Bytes of the saved session, whose history has a limited number of rows.
const MOST_KEPT: u64 = 2 << 20;

/// Frames between two savings of the session.
const FRAMES_PER_SAVE: u64 = 100;

/// A window that trains, with as many steps planned as nobody waits for.
fn window(scene: &str) -> WindowTest {
    let scene = Scene::named(scene).expect("it is built in").clone();
    // Any seed below the largest that a run can have.
    let seed = seed() >> 1;
    let data = Arc::new(generate(&scene, seed));
    let mut config = Config::new(Origin::Scene(Box::new(scene)), seed, data.train.samples());
    config.cycle = Some(1_000_000_000);
    WindowTest::with_workers(FirstRun { config, data, running: true }, vec2(1280.0, 720.0), |ctx| {
        Workers::threaded(ctx).expect("there are threads to give")
    })
}

/// Names and sizes in a folder, but for the lock.
fn files(folder: &Path) -> BTreeMap<String, u64> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let entries = entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry));
    entries.map(|(name, entry)| (name, entry.metadata().map_or(0, |about| about.len()))).collect()
}

/// Draws frames for a while; gives the least that was held in the second half of it, when what is on its way has arrived: without the
/// keyframes, which grow up to a limit of their own.
fn soak(test: &mut WindowTest, time: Duration, frames: &mut u64) -> usize {
    let start = Instant::now();
    let mut least = usize::MAX;
    while start.elapsed() < time {
        *frames += 1;
        if frames.is_multiple_of(FRAMES_PER_SAVE) {
            let now = test.kittest.ctx.input(|i| i.time);
            test.kittest.input_mut().time = Some(now + 31.0);
            test.frames(1);
            test.kittest.input_mut().time = None;
        }
        test.frames(1);
        if 2 * start.elapsed() > time {
            least = least.min(live_heap::begin().saturating_sub(test.app().keyframe_bytes()));
        }
    }
    least
}

/// The files, once the one that a thread is writing has its name; after ten seconds as they are.
fn saved_files(folder: &Path) -> BTreeMap<String, u64> {
    let start = Instant::now();
    loop {
        let found = files(folder);
        let is_writing = found.keys().any(|name| name.contains(".tmp"));
        if !is_writing || start.elapsed() > Duration::from_secs(10) {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One test, since the counter counts everything in the process.
#[test]
fn a_training_window_and_a_comparison_do_not_grow() {
    let seconds = Duration::from_secs(amount("STRESS_SOAK", SECONDS));
    for (scene, compared) in [("cylinder", false), ("linear", true)] {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut test = window(scene);
        test.app().keep_in(folder.path());
        test.app().execute(UiCommand::SetPace(None));
        if compared {
            test.app().execute(UiCommand::SetCompared(true));
            test.until(|app| app.second_snapshot().is_some_and(|s| s.step > 0));
        }
        let mut frames = 0;
        let before = soak(&mut test, seconds / 3, &mut frames);
        let (step, kept) = (test.app().snapshot().map_or(0, |s| s.step), saved_files(folder.path()));
        let after = soak(&mut test, 2 * (seconds / 3), &mut frames);
        let steps = test.app().snapshot().map_or(0, |s| s.step) - step;
        let saved = saved_files(folder.path());
        println!(
            "{scene}: {} kB more after {steps} steps, {frames} frames; {kept:?}, {saved:?}",
            (after as i64 - before as i64) / 1024
        );
        assert!(test.app().is_running() && steps > 0, "{scene} has not trained: {:?}", test.app().notice());
        let grown = after.saturating_sub(before);
        assert!(
            grown < MOST_GROWTH,
            "{scene}: the heap grew by {} kB in {frames} frames and {steps} steps",
            grown >> 10
        );
        assert!(saved.len() <= kept.len().max(2), "{scene}: more files: {kept:?}, {saved:?}");
        assert!(saved.values().sum::<u64>() < MOST_KEPT, "{scene}: large files: {kept:?}, {saved:?}");
        test.app().close();
        drop(test);
        assert!(files(folder.path()).is_empty(), "{scene}: {:?}", files(folder.path()));
    }
}
