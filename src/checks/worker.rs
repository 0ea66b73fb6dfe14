//! Measures the predictions about a scene on a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use super::prediction::Check;
use super::predictions::predictions;
use super::runner::judged;
use crate::data::Scene;

/// Seeds for each prediction about many runs.
pub const CHECK_SEEDS: u64 = 5;

/// Measures what is predicted about one scene. Dropping it ends its threads after the runs that they are at.
#[derive(Debug)]
pub struct CheckWorker {
    /// The scene's name.
    pub scene: String,
    state: Arc<Mutex<CheckProgress>>,
    closed: Arc<AtomicBool>,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckProgress {
    /// So many runs are made, of so many.
    Running(usize, usize),
    /// All is measured.
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
            let say = |progress| {
                *state.lock().unwrap_or_else(PoisonError::into_inner) = progress;
                wake();
            };
            let outcome = judged(&predictions, |made, of| {
                say(CheckProgress::Running(made, of));
                if closed.load(Ordering::Relaxed) { Err(()) } else { Ok(()) }
            });
            if let Ok(checks) = outcome {
                say(CheckProgress::Done(Arc::new(checks)));
            }
        })?;
        Ok(worker)
    }

    /// How far it is.
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
