//! Handle of a training thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::latest::Latest;
use super::repetition::{Repeating, Repetition};
use super::request::Request;
use super::run_view::RunView;
use super::trainer_thread::TrainerThread;
use crate::experiment::Experiment;

/// Handle of a training thread. Dropping it ends the thread.
#[derive(Debug)]
pub struct Trainer {
    requests: Option<Sender<Request>>,
    latest: Arc<Latest<Result<RunView, String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Trainer {
    /// Starts a thread that builds a run, pauses it and serves requests. `wake` is called after each publication.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn spawn(
        build: impl FnOnce() -> Result<Experiment, String> + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        Self::spawn_with(move || Ok((build()?, None)), wake)
    }

    /// Starts a thread that repeats a saved run at full speed, then pauses it. Requests that concern its end wait until then; Pause
    /// holds the repetition, Restart ends it.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn repeat(
        build: impl FnOnce() -> Result<Repetition, String> + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let begin = move || {
            let (run, repeating) = Repeating::begin(build()?);
            Ok((run, Some(repeating)))
        };
        Self::spawn_with(begin, wake)
    }

    fn spawn_with(
        build: impl FnOnce() -> Result<(Experiment, Option<Repeating>), String> + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let latest = Arc::new(Latest::default());
        let published = Arc::clone(&latest);
        let thread = Builder::new().name("trainer".to_owned()).spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let (run, repeating) = build()?;
                TrainerThread::new(run, repeating, &published, &wake).serve(&receiver);
                Ok(())
            }));
            let failure = match outcome {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error,
                Err(_) => "the trainer stopped because of an error in the program; restart the run".to_owned(),
            };
            published.publish(Arc::new(Err(failure)));
            wake();
        })?;
        Ok(Self { requests: Some(sender), latest, thread: Some(thread) })
    }

    /// Sends a request. A failed trainer ignores it.
    pub fn ask(&self, request: Request) {
        if let Some(requests) = &self.requests {
            // The channel is closed only if the thread has ended, which `read` reports.
            let _closed = requests.send(request);
        }
    }

    /// Newest view of the run and a request for a newer one. `None` until there is one; an error if the run could not be
    /// built or the thread failed.
    pub fn read(&self) -> Option<Arc<Result<RunView, String>>> {
        self.latest.read()
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // Panics of the thread were caught and reported.
            drop(thread.join());
        }
    }
}
