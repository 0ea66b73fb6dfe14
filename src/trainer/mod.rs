//! The thread that trains: it takes requests, hands out snapshots, and is never waited for. And those that train the same
//! experiment for several seeds.

mod branches;
mod latest;
mod seed_ensemble;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

pub use branches::Branch;
pub use latest::Latest;
pub use seed_ensemble::{ENSEMBLE_SEEDS, SeedEnsemble};

use crate::experiment::{Command, Experiment, Snapshot};
use branches::Branches;

/// What a trainer can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Request {
    /// Train until told otherwise.
    Run,
    /// Stop training and use no processor.
    Pause,
    /// Make this many steps and pause.
    Steps(u64),
    /// Make steps until so many are made in all, and pause.
    StepsTo(u64),
    /// Change a setting.
    Command(Command),
    /// Make at most this many steps a second; `None`: as many as possible. The run itself does not depend on it.
    MaxRate(Option<f64>),
    /// Show the run as it was after this many steps, beside the present, while it goes on; `None`: the present alone.
    ShowStep(Option<u64>),
    /// Go on from the moment after this many steps. The run as it is becomes a branch that can be gone back to.
    Fork(u64),
    /// Go on with the branch of this number.
    Switch(u32),
    /// Forget the branch of this number, unless it is the one that is gone on with.
    Close(u32),
    /// The same run from its first step to the last bit, with every change at its step, until something else is changed.
    Restart,
}

/// A run as seen from outside.
#[derive(Clone, Debug)]
pub struct RunView {
    /// What can be seen of the run.
    pub snapshot: Arc<Snapshot>,
    /// The moment of its past that was asked for by [`Request::ShowStep`].
    pub shown: Option<Arc<Snapshot>>,
    /// The number of the branch that is gone on with, from 0 on.
    pub branch: u32,
    /// The others.
    pub others: Arc<[Branch]>,
    /// Whether it is training.
    pub running: bool,
    /// Steps a second while training, over the last half second; 0 while paused.
    pub steps_per_second: f64,
    /// The newest thing that went wrong: a diverged loss, a setting that makes no sense. Counted, so that the same
    /// sentence twice is seen twice.
    pub notice: Option<(u64, String)>,
    /// How many requests have been served: what was asked for before is in the snapshot.
    pub served: u64,
}

/// The handle of a training thread. Dropping it ends the thread.
#[derive(Debug)]
pub struct Trainer {
    requests: Option<Sender<Request>>,
    latest: Arc<Latest<Result<RunView, String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Trainer {
    /// Starts a thread that builds a run and waits for requests. `wake` is called whenever there is something new to
    /// read.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn spawn(
        build: impl FnOnce() -> Result<Experiment, String> + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let latest = Arc::new(Latest::default());
        let shared = Arc::clone(&latest);
        let thread = Builder::new().name("trainer".to_owned()).spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                TrainerThread::new(build()?, &shared, &wake).serve(&receiver);
                Ok(())
            }));
            let failure = match outcome {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error,
                Err(_) => "the trainer stopped because of a mistake in the program; restart the run".to_owned(),
            };
            shared.publish(Arc::new(Err(failure)));
            wake();
        })?;
        Ok(Self { requests: Some(sender), latest, thread: Some(thread) })
    }

    /// Asks for something. A trainer that has failed does nothing.
    pub fn ask(&self, request: Request) {
        if let Some(requests) = &self.requests {
            // Nobody listens only if the thread has ended, which `read` reports.
            let _closed = requests.send(request);
        }
    }

    /// The newest view of the run: `None` until there is one, an error if the run could not be built or broke down.
    /// Asks for a newer one.
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

/// The state of the training thread.
struct TrainerThread<'a> {
    run: Experiment,
    branches: Branches,
    shown: Option<Arc<Snapshot>>,
    /// What was asked for after the moments that nobody waits for any more.
    postponed: Option<Request>,
    latest: &'a Latest<Result<RunView, String>>,
    wake: &'a dyn Fn(),
    /// Steps that are still to be made: `u64::MAX` while running.
    left: u64,
    pace: Option<f64>,
    meter: Meter,
    notices: u64,
    notice: Option<(u64, String)>,
    served: u64,
}

impl<'a> TrainerThread<'a> {
    fn new(run: Experiment, latest: &'a Latest<Result<RunView, String>>, wake: &'a dyn Fn()) -> Self {
        let meter = Meter { since: Instant::now(), steps: 0, rate: 0.0 };
        Self {
            run,
            branches: Branches::default(),
            shown: None,
            postponed: None,
            latest,
            wake,
            left: 0,
            pace: None,
            meter,
            notices: 0,
            notice: None,
            served: 0,
        }
    }

    /// Serves until the handle is dropped.
    fn serve(mut self, requests: &Receiver<Request>) {
        self.publish();
        loop {
            // What is asked for while paused is shown at once; while running the reader's own pace decides.
            let paused = self.left == 0;
            match self.next(requests) {
                Ok(Some(request)) => {
                    let request = self.newest(request, requests);
                    let looked = matches!(request, Request::ShowStep(_));
                    self.handle(request);
                    if paused || looked || self.left == 0 {
                        self.publish();
                    }
                }
                Ok(None) => self.step(),
                Err(Disconnected) => return,
            }
        }
    }

    /// Of moments that are asked for in a row, as somebody drags along time, only the last one.
    fn newest(&mut self, mut request: Request, requests: &Receiver<Request>) -> Request {
        while matches!(request, Request::ShowStep(_)) {
            let Ok(next) = requests.try_recv() else { break };
            if !matches!(next, Request::ShowStep(_)) {
                self.postponed = Some(next);
                break;
            }
            self.served += 1;
            request = next;
        }
        request
    }

    /// The next request, or `None` when it is time for a step.
    fn next(&mut self, requests: &Receiver<Request>) -> Result<Option<Request>, Disconnected> {
        if let Some(request) = self.postponed.take() {
            return Ok(Some(request));
        }
        if self.left == 0 {
            return requests.recv().map(Some).map_err(|_closed| Disconnected);
        }
        let Some(pace) = self.pace else {
            return match requests.try_recv() {
                Ok(request) => Ok(Some(request)),
                Err(TryRecvError::Empty) => Ok(None),
                Err(TryRecvError::Disconnected) => Err(Disconnected),
            };
        };
        match requests.recv_timeout(Duration::from_secs_f64(1.0 / pace)) {
            Ok(request) => Ok(Some(request)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Disconnected),
        }
    }

    fn handle(&mut self, request: Request) {
        self.served += 1;
        if self.left == 0 {
            self.meter.restart();
        }
        match request {
            Request::Run => self.left = u64::MAX,
            Request::Pause => self.left = 0,
            Request::Steps(steps) => self.left = steps,
            Request::StepsTo(steps) => self.left = steps.saturating_sub(self.run.state().step),
            Request::MaxRate(pace) => self.pace = pace.filter(|p| !p.is_nan()).map(|p| p.clamp(0.1, 1e4)),
            Request::Command(command) => {
                if let Err(error) = self.run.apply(command) {
                    self.notify(error.to_string());
                }
            }
            Request::ShowStep(step) => self.shown = step.map(|step| Arc::new(Snapshot::of(&self.run.at(step)))),
            Request::Fork(step) => self.branches.fork(&mut self.run, step),
            Request::Switch(number) => self.branches.switch(&mut self.run, number),
            Request::Close(number) => self.branches.close(&mut self.run, number),
            Request::Restart => self.run = self.run.restarted(),
        }
        if matches!(request, Request::Fork(_) | Request::Switch(_) | Request::Restart) {
            self.shown = None;
        }
        if self.left == 0 {
            self.meter.rate = 0.0;
        }
    }

    fn step(&mut self) {
        if let Err(divergence) = self.run.step() {
            self.left = 0;
            self.notify(divergence.to_string());
        } else {
            self.left -= u64::from(self.left != u64::MAX);
            self.meter.count();
        }
        if self.left == 0 {
            self.meter.rate = 0.0;
            self.publish();
        } else if self.latest.take_request() {
            self.publish();
        }
    }

    fn notify(&mut self, sentence: String) {
        log::warn!("{sentence}");
        self.notices += 1;
        self.notice = Some((self.notices, sentence));
    }

    fn publish(&self) {
        let view = RunView {
            snapshot: Arc::new(Snapshot::of(&self.run)),
            shown: self.shown.clone(),
            branch: self.branches.current(),
            others: self.branches.others(),
            running: self.left > 0,
            steps_per_second: self.meter.rate,
            notice: self.notice.clone(),
            served: self.served,
        };
        self.latest.publish(Arc::new(Ok(view)));
        (self.wake)();
    }
}

/// The handle of the trainer is gone.
struct Disconnected;

/// Measures steps a second.
struct Meter {
    since: Instant,
    steps: u64,
    rate: f64,
}

impl Meter {
    fn restart(&mut self) {
        (self.since, self.steps) = (Instant::now(), 0);
    }

    fn count(&mut self) {
        const WINDOW: f64 = 0.5;
        self.steps += 1;
        // Reading the clock costs little against a step.
        let seconds = self.since.elapsed().as_secs_f64();
        if seconds > WINDOW {
            self.rate = self.steps as f64 / seconds;
            self.restart();
        }
    }
}
