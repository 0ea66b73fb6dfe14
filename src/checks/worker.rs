//! Checks one scene in the background.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use super::prediction::Check;
use super::predictions::predictions;
use super::run::Seeds;
use super::runner::run_checks;
use crate::data::Scene;

/// Seeds of the predictions in the window.
pub const CHECK_SEEDS: Seeds = Seeds { first: 0, count: 5 };

/// Background checks of one scene. Dropping it ends its threads after the runs in progress.
#[derive(Debug)]
pub struct CheckWorker {
    /// Name of the scene.
    pub scene: String,
    state: Arc<Mutex<CheckProgress>>,
    closed: Arc<AtomicBool>,
}

/// Progress of the checks.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckProgress {
    /// Runs made, and runs in all.
    Running(usize, usize),
    /// All checks.
    Done(Arc<Vec<Check>>),
}

impl CheckWorker {
    /// Starts the runs. `wake` is called whenever there is progress.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn start(scene: &Scene, wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let state = Arc::new(Mutex::new(CheckProgress::Running(0, 0)));
        let closed = Arc::new(AtomicBool::new(false));
        let worker = Self { scene: scene.name.clone(), state: Arc::clone(&state), closed: Arc::clone(&closed) };
        let predictions = predictions(scene, CHECK_SEEDS);
        Builder::new().name("checks".to_owned()).spawn(move || {
            let report = |progress| {
                *state.lock().unwrap_or_else(PoisonError::into_inner) = progress;
                wake();
            };
            let outcome = run_checks(&predictions, |made, of| {
                report(CheckProgress::Running(made, of));
                if closed.load(Ordering::Relaxed) { Err(()) } else { Ok(()) }
            });
            if let Ok(checks) = outcome {
                report(CheckProgress::Done(Arc::new(checks)));
            }
        })?;
        Ok(worker)
    }

    /// Progress so far.
    pub fn progress(&self) -> CheckProgress {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for CheckWorker {
    fn drop(&mut self) {
        // Not joined: a window should close at once.
        self.closed.store(true, Ordering::Relaxed);
    }
}
