//! The same experiment for several seeds, trained side by side in the background.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, available_parallelism};

use super::Latest;
use crate::experiment::{Experiment, Snapshot};

/// Seeds of an ensemble.
pub const ENSEMBLE_SEEDS: u64 = 8;

/// Steps that a run makes before it is another one's turn: all get on at the same pace.
const TURN: u64 = 100;

/// Runs that differ in their seed only. Dropping it ends its threads after the steps that they are at.
#[derive(Debug)]
pub struct SeedEnsemble {
    shared: Arc<Shared>,
    /// Steps that each run makes.
    steps: u64,
}

/// What makes the run of a seed.
type Build = dyn Fn(u64) -> Result<Experiment, String> + Send + Sync;

struct Shared {
    build: Box<Build>,
    steps: u64,
    runs: Vec<Run>,
    /// The runs that wait for their turn.
    queue: Mutex<VecDeque<usize>>,
    closed: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("runs", &self.runs).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Run {
    seed: u64,
    experiment: Mutex<Option<Experiment>>,
    latest: Latest<Result<Snapshot, String>>,
    made: AtomicU64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SeedEnsemble {
    /// Trains the run that `build` makes of each seed for `steps` steps, on all cores but one. `wake` is called whenever
    /// there is something new to see.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn spawn(
        seeds: impl Iterator<Item = u64>,
        steps: u64,
        build: impl Fn(u64) -> Result<Experiment, String> + Send + Sync + 'static,
        wake: impl Fn() + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let run = |seed| Run { seed, experiment: Mutex::new(None), latest: Latest::default(), made: AtomicU64::new(0) };
        let runs: Vec<Run> = seeds.map(run).collect();
        let queue = Mutex::new((0..runs.len()).collect());
        let shared = Arc::new(Shared { build: Box::new(build), steps, runs, queue, closed: AtomicBool::new(false) });
        let strip = Self { shared, steps };
        let threads = available_parallelism().map_or(1, |n| NonZero::get(n) - 1).clamp(1, 8);
        for _ in 0..threads {
            let (shared, wake) = (Arc::clone(&strip.shared), wake.clone());
            Builder::new().name("seed strip".to_owned()).spawn(move || shared.serve(&wake))?;
        }
        Ok(strip)
    }

    /// Each seed with the newest that is known of its run, and how many of its steps are made.
    pub fn runs(&self) -> impl Iterator<Item = (u64, Option<Arc<Result<Snapshot, String>>>, u64)> + '_ {
        self.shared.runs.iter().map(|run| (run.seed, run.latest.read(), run.made.load(Ordering::Relaxed)))
    }

    /// Steps that each run makes.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether all runs have made their steps.
    pub fn is_done(&self) -> bool {
        self.shared.runs.iter().all(|run| run.made.load(Ordering::Relaxed) >= self.steps)
    }

    /// What hands out a copy of run `i`, as it then is; it may have to wait until the run's turn is over.
    pub fn copy_of(&self, i: usize) -> impl FnOnce() -> Result<Experiment, String> + Send + 'static {
        let shared = Arc::clone(&self.shared);
        move || {
            let run = shared.runs.get(i).ok_or("there is no such run")?;
            let known = locked(&run.experiment).clone();
            known.map_or_else(|| (shared.build)(run.seed), Ok)
        }
    }
}

impl Drop for SeedEnsemble {
    fn drop(&mut self) {
        // Not joined: a window should close at once.
        self.shared.closed.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn serve(&self, wake: &dyn Fn()) {
        while !self.closed.load(Ordering::Relaxed) {
            let Some(i) = locked(&self.queue).pop_front() else { return };
            let run = &self.runs[i];
            if self.turn(run) {
                locked(&self.queue).push_back(i);
            }
            wake();
        }
    }

    /// Some steps of a run; says whether there are more to make.
    fn turn(&self, run: &Run) -> bool {
        let mut slot = locked(&run.experiment);
        let outcome = match slot.take() {
            Some(experiment) => Ok(experiment),
            None => (self.build)(run.seed),
        };
        let outcome = outcome.and_then(|mut experiment| {
            let left = self.steps.saturating_sub(experiment.state().step);
            for _ in 0..left.min(TURN) {
                experiment.step().map_err(|divergence| divergence.to_string())?;
            }
            Ok(experiment)
        });
        match outcome {
            Ok(experiment) => {
                let made = experiment.state().step;
                run.made.store(made, Ordering::Relaxed);
                let more = made < self.steps;
                if run.latest.take_request() || !more {
                    run.latest.publish(Arc::new(Ok(Snapshot::of(&experiment))));
                }
                *slot = Some(experiment);
                more
            }
            Err(sentence) => {
                run.latest.publish(Arc::new(Err(sentence)));
                run.made.store(self.steps, Ordering::Relaxed);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Config, Origin};
    use std::time::{Duration, Instant};

    fn experiment(seed: u64) -> Result<Experiment, String> {
        let mut scene = Scene::named("linear").ok_or("no scene")?.clone();
        (scene.generator.samples, scene.generator.test_samples) = (1000, 300);
        let data = Arc::new(generate(&scene, seed));
        Experiment::new(Config::new(Origin::Scene(Box::new(scene)), seed, 1000), data).map_err(|e| e.to_string())
    }

    #[test]
    fn each_seed_gets_its_own_run_and_a_copy_goes_on_as_the_run_itself() {
        let strip = SeedEnsemble::spawn(3..6, 250, experiment, || ()).unwrap();
        let start = Instant::now();
        while !strip.is_done() {
            assert!(start.elapsed() < Duration::from_mins(1), "250 steps take longer than a minute");
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut alone = experiment(4).unwrap();
        for _ in 0..250 {
            alone.step().unwrap();
        }
        let (seed, newest, made) = strip.runs().nth(1).unwrap();
        let newest = newest.unwrap();
        let snapshot = newest.as_ref().as_ref().unwrap();
        assert_eq!((seed, made, snapshot.step), (4, 250, 250));
        assert_eq!(snapshot.vae.parameters, alone.state().vae.parameters);
        let mut copy = strip.copy_of(1)().unwrap();
        copy.step().unwrap();
        alone.step().unwrap();
        assert_eq!(copy.state(), alone.state());
        assert!(strip.copy_of(7)().is_err());
    }

    #[test]
    fn a_run_that_cannot_be_made_says_why() {
        let strip = SeedEnsemble::spawn(0..2, 10, |_| Err("no data".to_owned()), || ()).unwrap();
        let start = Instant::now();
        while !strip.is_done() {
            assert!(start.elapsed() < Duration::from_mins(1));
            std::thread::yield_now();
        }
        let (_, newest, _) = strip.runs().next().unwrap();
        assert_eq!(newest.unwrap().as_ref().as_ref().err().map(String::as_str), Some("no data"));
    }
}
