//! Moments of a run that are kept, so that every other one can be had again by making a few steps.

use std::sync::Arc;

use super::run::{Sound, State};
use super::{History, Row};
use crate::vae::Elbo;

/// All that a run is at one moment, apart from the log.
#[derive(Clone, Debug)]
pub(super) struct Keyframe {
    pub(super) state: State,
    /// How many commands led to it.
    pub(super) commands: usize,
    pub(super) history: History,
    /// Sums over the steps since the last row, and how many those are.
    pub(super) sums: Elbo,
    pub(super) summed: u64,
    /// The last moment before it that was known to be well.
    pub(super) sound: Sound,
}

impl Keyframe {
    /// What it takes in memory. Its rows are shared with its neighbours and not counted here.
    fn bytes(&self) -> usize {
        let State { vae, adam, .. } = &self.state;
        let numbers = vae.parameters.capacity() + adam.first.capacity() + adam.second.capacity();
        let doubles = self.sums.kl_per_dim.capacity();
        4 * numbers + 8 * doubles + size_of_val(self.history.rows()) + size_of::<Self>()
    }
}

/// Keyframes at every multiple of an interval, oldest first. When they outgrow their memory the interval doubles and
/// every second one goes, so that they stay evenly spread over a run of any length.
#[derive(Clone, Debug)]
pub(super) struct Keyframes {
    interval: u64,
    budget: usize,
    kept: Vec<Arc<Keyframe>>,
    /// The sum of what `kept` takes.
    bytes: usize,
}

/// Steps between the first keyframes: to make so many again takes some milliseconds.
const INTERVAL: u64 = 100;

impl Keyframes {
    /// The start alone, which always stays.
    pub(super) fn new(start: Keyframe, budget: usize) -> Self {
        let bytes = start.bytes();
        Self { interval: INTERVAL, budget, kept: vec![Arc::new(start)], bytes }
    }

    /// Whether one is due after `step` steps.
    pub(super) fn is_due(&self, step: u64) -> bool {
        step.is_multiple_of(self.interval) && self.kept.last().is_none_or(|last| last.state.step < step)
    }

    /// Appends one.
    pub(super) fn push(&mut self, keyframe: Keyframe) {
        self.bytes += keyframe.bytes();
        self.kept.push(Arc::new(keyframe));
        self.thin();
    }

    /// Uses at most so many bytes from now on, or those of the start if that is more.
    pub(super) fn keep_within(&mut self, budget: usize) {
        self.budget = budget;
        self.thin();
    }

    fn thin(&mut self) {
        while self.bytes() > self.budget && self.kept.len() > 1 {
            self.interval *= 2;
            let interval = self.interval;
            self.kept.retain(|keyframe| keyframe.state.step.is_multiple_of(interval));
            self.bytes = self.kept.iter().map(|keyframe| keyframe.bytes()).sum();
        }
    }

    /// Forgets all that come after this moment, and gives the newest of the others.
    pub(super) fn truncate(&mut self, step: u64, commands: usize) -> Option<Arc<Keyframe>> {
        self.kept.retain(|keyframe| keyframe.state.step <= step && keyframe.commands <= commands);
        self.bytes = self.kept.iter().map(|keyframe| keyframe.bytes()).sum();
        self.kept.last().map(Arc::clone)
    }

    /// The steps at which there are keyframes.
    pub(super) fn steps(&self) -> impl Iterator<Item = u64> {
        self.kept.iter().map(|keyframe| keyframe.state.step)
    }

    /// What they take in memory, an upper bound: rows that were merged since are kept alive by the keyframes before.
    pub(super) fn bytes(&self) -> usize {
        let mut intervals: Vec<u64> = self.kept.iter().map(|keyframe| keyframe.history.interval).collect();
        intervals.dedup();
        let latents = self.kept.first().map_or(0, |start| start.sums.kl_per_dim.len());
        let row = size_of::<Row>() + 8 * latents + 2 * size_of::<usize>();
        let rows = self.kept.last().map_or(0, |last| last.history.rows().len());
        self.bytes + row * (rows + (intervals.len() - 1) * History::LARGEST)
    }
}
