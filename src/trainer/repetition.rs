//! Repetition of a saved run: it verifies the saved state, and gives the run back its future.

use std::collections::VecDeque;
use std::sync::Arc;

use super::request::Request;
use crate::experiment::{Experiment, Snapshot};
use crate::vae::Vae;

/// Tells if a model has the saved weights to the last bit.
pub type IsSaved = Box<dyn Fn(&Vae<f32>) -> bool + Send>;

/// A saved run, whose steps are repeated from the beginning.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Repetition {
    /// The run at step 0, its commands scheduled.
    pub run: Experiment,
    /// Steps of the saved run.
    pub steps: u64,
    /// Its saved state, shown until the repetition has reached it. `None`: the repeated steps are shown.
    pub saved: Option<Snapshot>,
    /// Compares a model with the saved weights. `None`: they are not known.
    pub is_saved: Option<IsSaved>,
}

/// How far the repetition of a saved run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// This many steps are repeated, of this many.
    Steps(u64, u64),
    /// All are, and the weights are the saved ones to the last bit.
    Verified,
    /// All are, and the weights are others.
    Different,
}

/// A repetition that has not ended, beside its run.
pub(super) struct Repeating {
    pub(super) steps: u64,
    pub(super) is_saved: Option<IsSaved>,
    saved: Option<Arc<Snapshot>>,
    /// True while it is stopped.
    pub(super) is_held: bool,
    /// Requests that concern the run at its end.
    pub(super) waiting: VecDeque<Request>,
}

impl Repeating {
    /// The run at step 0, and what is left to do.
    pub(super) fn begin(repetition: Repetition) -> (Experiment, Self) {
        let Repetition { run, steps, saved, is_saved } = repetition;
        let saved = saved.map(Arc::new);
        (run, Self { steps, is_saved, saved, is_held: false, waiting: VecDeque::new() })
    }

    /// The saved state.
    pub(super) fn saved_state(&self) -> Option<Arc<Snapshot>> {
        self.saved.clone()
    }

    /// Takes a request unless it has to be served at once, as looking at a step that is repeated already. Pause holds the repetition and
    /// takes back what would train after it; training goes on with both. Gives the number of requests taken back, too.
    pub(super) fn take(&mut self, request: Request, made: u64) -> (Option<Request>, u64) {
        let trains = |request: &Request| matches!(request, Request::Run | Request::Steps(_) | Request::StepsTo(_));
        match request {
            Request::Restart | Request::MaxRate(_) | Request::ShowStep(None) => return (Some(request), 0),
            Request::ShowStep(Some(step)) if step <= made => return (Some(request), 0),
            Request::Pause => {
                let before = self.waiting.len();
                self.waiting.retain(|waiting| !trains(waiting));
                self.is_held = true;
                return (Some(request), (before - self.waiting.len()) as u64);
            }
            _ => {
                self.is_held &= !trains(&request);
                self.waiting.push_back(request);
            }
        }
        (None, 0)
    }
}
