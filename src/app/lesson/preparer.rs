//! Prepares the runs of a lesson on a thread of its own: those of the shown step first, then those of the next ones, so that a step is
//! there when it is asked for.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use eframe::egui::Context;

use crate::checks::{CheckOutcome, CheckQuantity};
use crate::experiment::{Experiment, Snapshot};
use crate::lesson::LessonRun;

/// A prepared run.
#[derive(Debug)]
pub(in crate::app) struct PreparedState {
    /// The run at its last step.
    pub(in crate::app) run: Experiment,
    /// Its time point, which views draw.
    pub(in crate::app) snapshot: Arc<Snapshot>,
}

/// A run that a step needs, and numbers of it that a question asks for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Wanted {
    pub(in crate::app) run: LessonRun,
    pub(in crate::app) numbers: Vec<CheckQuantity>,
}

/// A prepared run, or why there is none.
pub(in crate::app) type Prepared = Result<Arc<PreparedState>, String>;

#[derive(Debug, Default)]
struct Shared {
    /// Most urgent first.
    wanted: Vec<Wanted>,
    ready: Vec<(LessonRun, Prepared)>,
    numbers: HashMap<String, f64>,
    /// Steps made of the run that is being prepared.
    made: u64,
    is_closed: bool,
}

/// The thread and what it has made. Dropping it ends the thread after a few steps.
#[derive(Debug)]
pub(in crate::app) struct Preparer {
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

/// Memory for the keyframes of a prepared run: its past can be looked at, too.
const KEYFRAMES: usize = 8_000_000;

fn lock(shared: &(Mutex<Shared>, Condvar)) -> MutexGuard<'_, Shared> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Preparer {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(in crate::app) fn start(ctx: &Context) -> std::io::Result<Self> {
        let shared = Arc::new((Mutex::new(Shared::default()), Condvar::new()));
        let (own, ctx) = (Arc::clone(&shared), ctx.clone());
        Builder::new().name("lesson".to_owned()).spawn(move || {
            while let Some(wanted) = next(&own) {
                let run = wanted.run.clone();
                if catch_unwind(AssertUnwindSafe(|| prepare(&own, wanted, &ctx))).is_err() {
                    let sentence = "the run cannot be prepared because of an error in the program".to_owned();
                    let mut shared = lock(&own);
                    shared.ready.retain(|(other, _)| *other != run);
                    shared.ready.push((run, Err(sentence)));
                }
                ctx.request_repaint();
            }
        })?;
        Ok(Self { shared })
    }

    /// Says which runs are wanted, most urgent first. Those that are no longer wanted are forgotten.
    pub(in crate::app) fn want(&self, wanted: Vec<Wanted>) {
        let mut shared = lock(&self.shared);
        if shared.wanted != wanted {
            shared.ready.retain(|(run, _)| wanted.iter().any(|wanted| wanted.run == *run));
            shared.wanted = wanted;
            self.shared.1.notify_all();
        }
    }

    /// A run, once it is prepared.
    pub(in crate::app) fn prepared(&self, run: &LessonRun) -> Option<Prepared> {
        lock(&self.shared).ready.iter().find(|(other, _)| other == run).map(|(_, prepared)| prepared.clone())
    }

    /// A number of a run, once it is measured.
    pub(in crate::app) fn number(&self, run: &LessonRun, quantity: CheckQuantity) -> Option<f64> {
        lock(&self.shared).numbers.get(&key(run, quantity)).copied()
    }

    /// Steps made of the run that is being prepared.
    pub(in crate::app) fn made(&self) -> u64 {
        lock(&self.shared).made
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        // Not joined: a window should close at once.
        lock(&self.shared).is_closed = true;
        self.shared.1.notify_all();
    }
}

fn key(run: &LessonRun, quantity: CheckQuantity) -> String {
    format!("{} {} {quantity}", run.recipe(), run.settles())
}

/// True if everything that is wanted of a run is there.
fn is_ready(shared: &Shared, wanted: &Wanted) -> bool {
    let Some((_, prepared)) = shared.ready.iter().find(|(run, _)| *run == wanted.run) else { return false };
    let is_measured = |quantity| shared.numbers.contains_key(&key(&wanted.run, quantity));
    prepared.is_err() || wanted.numbers.iter().copied().all(is_measured)
}

/// Waits for the most urgent run that is not ready; `None` once nobody wants any more.
fn next(shared: &(Mutex<Shared>, Condvar)) -> Option<Wanted> {
    let mut guard = lock(shared);
    loop {
        if guard.is_closed {
            return None;
        }
        if let Some(wanted) = guard.wanted.iter().find(|wanted| !is_ready(&guard, wanted)) {
            return Some(wanted.clone());
        }
        guard = shared.1.wait(guard).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Makes a run and measures its numbers, unless something more urgent comes up.
fn prepare(shared: &(Mutex<Shared>, Condvar), wanted: Wanted, ctx: &Context) {
    let known = lock(shared).ready.iter().find(|(run, _)| *run == wanted.run).map(|(_, prepared)| prepared.clone());
    let prepared = known.unwrap_or_else(|| {
        let start = longest_beginning(&lock(shared), &wanted.run);
        let go_on = |made| {
            let mut shared = lock(shared);
            shared.made = made;
            if made.is_multiple_of(200) {
                ctx.request_repaint();
            }
            !shared.is_closed
                && shared.wanted.iter().find(|other| !is_ready(&shared, other)).is_none_or(|other| *other == wanted)
        };
        wanted.run.play_on(start.as_ref().map(|start| &start.run), go_on).map(|mut run| {
            run.keep_within(KEYFRAMES);
            Arc::new(PreparedState { snapshot: Arc::new(Snapshot::of(&run)), run })
        })
    });
    let is_wanted = |shared: &Shared| shared.wanted.iter().any(|other| other.run == wanted.run);
    let numbers: Vec<(String, f64)> = match &prepared {
        Ok(prepared) if !wanted.numbers.is_empty() => {
            let outcome = CheckOutcome::of(&prepared.run);
            wanted.numbers.iter().map(|quantity| (key(&wanted.run, *quantity), quantity.of(&outcome))).collect()
        }
        _ => Vec::new(),
    };
    let mut shared = lock(shared);
    shared.made = 0;
    let was_interrupted = prepared.as_ref().is_err_and(|sentence| sentence == LessonRun::INTERRUPTED);
    if was_interrupted || !is_wanted(&shared) {
        return;
    }
    shared.ready.retain(|(run, _)| *run != wanted.run);
    shared.ready.push((wanted.run, prepared));
    shared.numbers.extend(numbers);
}

/// Of the prepared runs that are beginnings of this one the longest.
fn longest_beginning(shared: &Shared, run: &LessonRun) -> Option<Arc<PreparedState>> {
    let beginnings = shared.ready.iter().filter(|(other, _)| run.continues(other));
    let ready = beginnings.filter_map(|(_, prepared)| prepared.as_ref().ok());
    ready.max_by_key(|prepared| prepared.snapshot.step).cloned()
}
