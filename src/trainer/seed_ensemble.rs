//! Seed ensemble: the same experiment with several seeds, trained in the background.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, available_parallelism};

use super::latest::Latest;
use crate::experiment::{Experiment, Snapshot};

/// Seeds of an ensemble in the window.
pub const ENSEMBLE_SEEDS: u64 = 8;

/// Steps per turn of a run, after which other runs have theirs, so that all progress equally.
const TURN: u64 = 100;

/// Runs that differ in their seed only. Dropping the ensemble ends its threads after the turns in progress.
#[derive(Debug)]
pub struct SeedEnsemble {
    work: Arc<EnsembleWork>,
}

/// Builds the run of a seed.
type Build = dyn Fn(u64) -> Result<Experiment, String> + Send + Sync;

/// Work that the threads of an ensemble share.
struct EnsembleWork {
    build: Box<Build>,
    /// Steps per run.
    steps: u64,
    runs: Vec<SeedRun>,
    /// Indices of the runs that wait for their turn.
    queue: Mutex<VecDeque<usize>>,
    closed: AtomicBool,
}

impl std::fmt::Debug for EnsembleWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnsembleWork").field("runs", &self.runs).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct SeedRun {
    seed: u64,
    experiment: Mutex<Option<Experiment>>,
    latest: Latest<Result<Snapshot, String>>,
    made: AtomicU64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SeedEnsemble {
    /// Trains the runs that `build` makes of the seeds for `steps` steps, on all cores but one. `wake` is called after each
    /// turn.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn spawn(
        seeds: impl Iterator<Item = u64>,
        steps: u64,
        build: impl Fn(u64) -> Result<Experiment, String> + Send + Sync + 'static,
        wake: impl Fn() + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let run =
            |seed| SeedRun { seed, experiment: Mutex::new(None), latest: Latest::default(), made: AtomicU64::new(0) };
        let runs: Vec<SeedRun> = seeds.map(run).collect();
        let queue = Mutex::new((0..runs.len()).collect());
        let work = EnsembleWork { build: Box::new(build), steps, runs, queue, closed: AtomicBool::new(false) };
        let ensemble = Self { work: Arc::new(work) };
        let threads = available_parallelism().map_or(1, |n| NonZero::get(n) - 1).clamp(1, 8);
        for _ in 0..threads {
            let (work, wake) = (Arc::clone(&ensemble.work), wake.clone());
            Builder::new().name("seed ensemble".to_owned()).spawn(move || work.serve(&wake))?;
        }
        Ok(ensemble)
    }

    /// Each seed with the newest snapshot of its run, or its error, and the number of its steps.
    pub fn runs(&self) -> impl Iterator<Item = (u64, Option<Arc<Result<Snapshot, String>>>, u64)> + '_ {
        self.work.runs.iter().map(|run| (run.seed, run.latest.read(), run.made.load(Ordering::Relaxed)))
    }

    /// Steps per run.
    pub fn steps(&self) -> u64 {
        self.work.steps
    }

    /// True if all runs have made their steps or failed.
    pub fn is_done(&self) -> bool {
        self.work.runs.iter().all(|run| run.made.load(Ordering::Relaxed) >= self.work.steps)
    }

    /// Function that copies run `i` as it is when called; it may have to wait for the end of the run's turn.
    pub fn copy_of(&self, i: usize) -> impl FnOnce() -> Result<Experiment, String> + Send + 'static {
        let work = Arc::clone(&self.work);
        move || {
            let run = work.runs.get(i).ok_or("there is no such run")?;
            let known = locked(&run.experiment).clone();
            known.map_or_else(|| (work.build)(run.seed), Ok)
        }
    }
}

impl Drop for SeedEnsemble {
    fn drop(&mut self) {
        // Not joined: a window should close at once.
        self.work.closed.store(true, Ordering::Relaxed);
    }
}

impl EnsembleWork {
    fn serve(&self, wake: &dyn Fn()) {
        while !self.closed.load(Ordering::Relaxed) {
            let Some(i) = locked(&self.queue).pop_front() else { return };
            let run = &self.runs[i];
            if self.take_turn(run) {
                locked(&self.queue).push_back(i);
            }
            wake();
        }
    }

    /// Makes some steps of a run; true if more are to be made.
    fn take_turn(&self, run: &SeedRun) -> bool {
        let mut slot = locked(&run.experiment);
        let mut experiment = match slot.take().map_or_else(|| (self.build)(run.seed), Ok) {
            Ok(experiment) => experiment,
            Err(sentence) => return self.fail(run, sentence),
        };
        let left = self.steps.saturating_sub(experiment.state().step);
        let outcome = experiment.advance(left.min(TURN));
        let experiment = slot.insert(experiment);
        if let Err(divergence) = outcome {
            return self.fail(run, divergence.to_string());
        }
        let made = experiment.state().step;
        run.made.store(made, Ordering::Relaxed);
        let more = made < self.steps;
        if run.latest.take_request() || !more {
            run.latest.publish(Arc::new(Ok(Snapshot::of(experiment))));
        }
        more
    }

    /// Publishes an error and makes no more steps of this run.
    fn fail(&self, run: &SeedRun, sentence: String) -> bool {
        run.latest.publish(Arc::new(Err(sentence)));
        run.made.store(self.steps, Ordering::Relaxed);
        false
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
    fn each_seed_has_its_own_run_and_a_copy_continues_it() {
        let ensemble = SeedEnsemble::spawn(3..6, 250, experiment, || ()).unwrap();
        let start = Instant::now();
        while !ensemble.is_done() {
            assert!(start.elapsed() < Duration::from_mins(1), "250 steps take longer than a minute");
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut alone = experiment(4).unwrap();
        alone.advance(250).unwrap();
        let (seed, newest, made) = ensemble.runs().nth(1).unwrap();
        let newest = newest.unwrap();
        let snapshot = newest.as_ref().as_ref().unwrap();
        assert_eq!((seed, made, snapshot.step), (4, 250, 250));
        assert_eq!(snapshot.vae.parameters, alone.state().vae.parameters);
        let mut copy = ensemble.copy_of(1)().unwrap();
        copy.step().unwrap();
        alone.step().unwrap();
        assert_eq!(copy.state(), alone.state());
        assert!(ensemble.copy_of(7)().is_err());
    }

    #[test]
    fn a_run_that_cannot_be_built_gives_the_reason() {
        let ensemble = SeedEnsemble::spawn(0..2, 10, |_| Err("no data".to_owned()), || ()).unwrap();
        let start = Instant::now();
        while !ensemble.is_done() {
            assert!(start.elapsed() < Duration::from_mins(1));
            std::thread::yield_now();
        }
        let (_, newest, _) = ensemble.runs().next().unwrap();
        assert_eq!(newest.unwrap().as_ref().as_ref().err().map(String::as_str), Some("no data"));
    }
}
