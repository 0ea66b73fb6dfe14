//! Training thread: serves requests between steps.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use super::branches::Branches;
use super::latest::Latest;
use super::repetition::{Repeated, Repeating};
use super::request::Request;
use super::run_view::RunView;
use crate::experiment::{Divergence, Experiment, FIXED, Snapshot};

/// State of the training thread.
pub(super) struct TrainerThread<'a> {
    run: Experiment,
    branches: Branches,
    shown: Option<Arc<Snapshot>>,
    /// The saved run that is being repeated.
    repeating: Option<Repeating>,
    /// Step and number of commands at which a repetition ended, and how.
    repeated: Option<(u64, usize, Repeated)>,
    /// Requests to be served before those that still arrive.
    postponed: VecDeque<Request>,
    latest: &'a Latest<Result<RunView, String>>,
    wake: &'a dyn Fn(),
    /// Steps still to be made: 0 while paused, `u64::MAX` without an end.
    left: u64,
    max_rate: Option<f64>,
    meter: Meter,
    notices: u64,
    notice: Option<(u64, String)>,
    /// Warnings of the run that were shown.
    warned: usize,
    served: u64,
}

impl<'a> TrainerThread<'a> {
    pub(super) fn new(
        run: Experiment,
        repeating: Option<Repeating>,
        latest: &'a Latest<Result<RunView, String>>,
        wake: &'a dyn Fn(),
    ) -> Self {
        let meter = Meter { since: Instant::now(), steps: 0, rate: 0.0 };
        Self {
            run,
            branches: Branches::default(),
            shown: None,
            repeating,
            repeated: None,
            postponed: VecDeque::new(),
            latest,
            wake,
            left: 0,
            max_rate: None,
            meter,
            notices: 0,
            notice: None,
            warned: 0,
            served: 0,
        }
    }

    /// Serves requests until the handle is dropped.
    pub(super) fn serve(mut self, requests: &Receiver<Request>) {
        self.publish();
        loop {
            // While paused every request is published at once; while running the reader decides how often.
            let paused = !self.is_busy();
            match self.next(requests) {
                Ok(Some(request)) => {
                    let request = self.skip_outdated(request, requests);
                    let show = matches!(request, Request::ShowStep(_));
                    self.handle(request);
                    if paused || show || !self.is_busy() {
                        self.publish();
                    }
                }
                Ok(None) if self.repeating.is_some() => self.repeat(),
                Ok(None) => self.step(),
                Err(Disconnected) => return,
            }
        }
    }

    /// Of consecutive requests to show a step, as from dragging the timeline, returns the last one.
    fn skip_outdated(&mut self, mut request: Request, requests: &Receiver<Request>) -> Request {
        while matches!(request, Request::ShowStep(_)) {
            let Ok(next) = requests.try_recv() else { break };
            if !matches!(next, Request::ShowStep(_)) {
                self.postponed.push_back(next);
                break;
            }
            self.served += 1;
            request = next;
        }
        request
    }

    /// The next request, or `None` when a step is due.
    fn next(&mut self, requests: &Receiver<Request>) -> Result<Option<Request>, Disconnected> {
        if let Some(request) = self.postponed.pop_front() {
            return Ok(Some(request));
        }
        if !self.is_busy() {
            return requests.recv().map(Some).map_err(|_closed| Disconnected);
        }
        // A repetition is not there to be watched.
        let Some(max_rate) = self.max_rate.filter(|_| self.repeating.is_none()) else {
            return match requests.try_recv() {
                Ok(request) => Ok(Some(request)),
                Err(TryRecvError::Empty) => Ok(None),
                Err(TryRecvError::Disconnected) => Err(Disconnected),
            };
        };
        match requests.recv_timeout(Duration::from_secs_f64(1.0 / max_rate)) {
            Ok(request) => Ok(Some(request)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Disconnected),
        }
    }

    /// True while a step is due.
    fn is_busy(&self) -> bool {
        self.repeating.as_ref().map_or(self.left > 0, |repeating| !repeating.is_held)
    }

    fn handle(&mut self, request: Request) {
        let (request, taken_back) = match &mut self.repeating {
            Some(repeating) => repeating.take(request, self.run.state().step),
            None => (Some(request), 0),
        };
        self.served += taken_back;
        if let Some(request) = request {
            self.serve_now(request);
        }
        if self.repeating.as_ref().is_some_and(|repeating| repeating.is_held) {
            self.meter.rate = 0.0;
        }
    }

    fn serve_now(&mut self, request: Request) {
        self.served += 1;
        let was_running = self.left > 0;
        if !was_running {
            self.meter.restart();
        }
        let is_step = matches!(request, Request::Run | Request::Steps(1..));
        match request {
            _ if is_step && self.run.is_fixed() => self.notify(FIXED.to_owned()),
            Request::StepsTo(_) if self.run.is_fixed() => {}
            Request::Run => self.left = u64::MAX,
            Request::Pause => self.left = 0,
            Request::Steps(steps) => self.left = steps,
            Request::StepsTo(steps) => self.left = steps.saturating_sub(self.run.state().step),
            Request::MaxRate(rate) => self.max_rate = rate.filter(|r| !r.is_nan()).map(|r| r.clamp(0.1, 1e4)),
            Request::Command(command) => {
                if let Err(error) = self.run.apply(command) {
                    self.notify(error.to_string());
                }
                self.warn();
            }
            Request::ShowStep(step) => self.shown = step.map(|step| Arc::new(Snapshot::of(&self.run.at(step)))),
            Request::Fork(step) => self.branches.fork(&mut self.run, step),
            Request::Switch(number) => self.branches.switch(&mut self.run, number),
            Request::Close(number) => self.branches.close(&mut self.run, number),
            Request::Restart => {
                self.repeating = None;
                self.run = self.run.restarted();
            }
        }
        if matches!(request, Request::Fork(_) | Request::Switch(_) | Request::Restart) {
            self.shown = None;
            self.warned = self.run.warnings().count();
        }
        if was_running && self.left == 0 {
            self.finish();
        }
    }

    fn step(&mut self) {
        match self.run.step() {
            Ok(()) => {
                self.warn();
                self.left -= u64::from(self.left != u64::MAX);
                self.meter.count();
                if self.left == 0 {
                    self.finish();
                }
            }
            Err(divergence) => self.stop(&divergence),
        }
        if self.left == 0 || self.latest.take_request() {
            self.publish();
        }
    }

    /// Repeats one step of a saved run, or ends the repetition.
    fn repeat(&mut self) {
        let Some(repeating) = &self.repeating else { return };
        let steps = repeating.steps;
        let outcome = if self.run.state().step < steps { self.run.step() } else { self.run.verify() };
        self.warn();
        self.meter.count();
        if let Err(divergence) = outcome {
            self.repeating = None;
            self.stop(&divergence);
        } else if self.run.state().step >= steps
            && let Some(repeating) = self.repeating.take()
        {
            self.meter.rate = 0.0;
            self.judge(&repeating);
            self.postponed.extend(repeating.waiting);
        }
        if self.repeating.is_none() || self.latest.take_request() {
            self.publish();
        }
    }

    /// Compares the repeated run with the saved one.
    fn judge(&mut self, repeating: &Repeating) {
        let Some(is_saved) = &repeating.is_saved else { return };
        let is_same = is_saved(&self.run.state().vae);
        let outcome = if is_same { Repeated::Verified } else { Repeated::Different };
        self.repeated = Some((self.run.state().step, self.run.log().len(), outcome));
        if !is_same {
            self.notify(format!(
                "the run was repeated to step {}, but its weights differ from the saved ones: the session is of another \
                 machine or version of this program, or was edited. The repeated run is shown now",
                repeating.steps
            ));
        }
    }

    /// Ends training as [`Experiment::play_to`] does, by verifying the loss after the last step.
    fn finish(&mut self) {
        self.meter.rate = 0.0;
        if let Err(divergence) = self.run.verify() {
            self.stop(&divergence);
        }
    }

    fn stop(&mut self, divergence: &Divergence) {
        (self.left, self.meter.rate) = (0, 0.0);
        self.notify(divergence.to_string());
    }

    /// Shows the warning about a rotation that was just made.
    fn warn(&mut self) {
        let count = self.run.warnings().count();
        if let Some(warning) = self.run.warnings().last().filter(|_| count > self.warned) {
            self.notify(warning);
        }
        self.warned = count;
    }

    fn notify(&mut self, sentence: String) {
        log::warn!("{sentence}");
        self.notices += 1;
        self.notice = Some((self.notices, sentence));
    }

    fn publish(&mut self) {
        let made = (self.run.state().step, self.run.log().len());
        let saved = self.repeating.as_ref().and_then(Repeating::saved_state);
        let ended = self.repeated.filter(|(step, commands, _)| (*step, *commands) == made);
        let repeated = match &self.repeating {
            Some(repeating) => Some(Repeated::Steps(made.0, repeating.steps)),
            None => ended.map(|(_, _, outcome)| outcome),
        };
        let view = RunView {
            snapshot: saved.unwrap_or_else(|| Arc::new(Snapshot::of(&self.run))),
            repeated,
            shown: self.shown.clone(),
            branch: self.branches.current(),
            others: self.branches.others(),
            keyframe_bytes: self.run.keyframe_bytes(),
            running: self.is_busy(),
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

/// Measures steps per second.
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
        // Reading the clock is cheap compared to a step.
        let seconds = self.since.elapsed().as_secs_f64();
        if seconds > WINDOW {
            self.rate = self.steps as f64 / seconds;
            self.restart();
        }
    }
}
