//! The predictions about a scene, measured beside the thread of the window.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use eframe::egui::Context;

use crate::certificate::{Certificate, predictions};
use crate::cli::judged;
use crate::data::Scene;

/// Seeds for each prediction about many runs.
pub(super) const SEEDS: u64 = 5;

/// Measures what is predicted about one scene. Dropping it ends its threads after the runs that they are at.
#[derive(Debug)]
pub struct Certifier {
    /// The scene's name.
    pub scene: String,
    state: Arc<Mutex<Progress>>,
    closed: Arc<AtomicBool>,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// So many runs are made, of so many.
    Running(usize, usize),
    /// All is measured.
    Done(Arc<Vec<Certificate>>),
}

impl Certifier {
    /// Starts.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn start(scene: &Scene, ctx: &Context) -> std::io::Result<Self> {
        let state = Arc::new(Mutex::new(Progress::Running(0, 0)));
        let closed = Arc::new(AtomicBool::new(false));
        let certifier = Self { scene: scene.name.clone(), state: Arc::clone(&state), closed: Arc::clone(&closed) };
        let (predictions, ctx) = (predictions(scene, SEEDS), ctx.clone());
        Builder::new().name("certifier".to_owned()).spawn(move || {
            let say = |progress| {
                *state.lock().unwrap_or_else(PoisonError::into_inner) = progress;
                ctx.request_repaint();
            };
            let outcome = judged(&predictions, |made, of| {
                say(Progress::Running(made, of));
                if closed.load(Ordering::Relaxed) { Err(()) } else { Ok(()) }
            });
            if let Ok(certificates) = outcome {
                say(Progress::Done(Arc::new(certificates)));
            }
        })?;
        Ok(certifier)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Certifier {
    fn drop(&mut self) {
        // Not joined: a window should close at once.
        self.closed.store(true, Ordering::Relaxed);
    }
}
