//! Keyframes: states of a run kept in memory, so that any earlier step is repeated from a keyframe within a few steps.

use std::sync::Arc;

use super::history::{History, Row};
use super::state::{Sound, State};
use crate::vae::Elbo;

/// Everything that a run is after some step, apart from its log.
#[derive(Clone, Debug)]
pub(super) struct Keyframe {
    pub(super) state: State,
    /// Commands that led to it.
    pub(super) commands: usize,
    pub(super) history: History,
    /// Sums over the `summed` steps since the last row.
    pub(super) sums: Elbo,
    pub(super) summed: u64,
    pub(super) sound: Sound,
}

impl Keyframe {
    /// Memory without the rows, which it shares with other keyframes.
    fn bytes(&self) -> usize {
        let State { vae, adam, lbfgs, .. } = &self.state;
        let numbers = vae.parameters.capacity() + adam.first.capacity() + adam.second.capacity();
        let doubles = self.sums.kl_per_dim.capacity() + lbfgs.numbers();
        4 * numbers + 8 * doubles + size_of_val(self.history.rows()) + size_of::<Self>()
    }
}

/// Keyframes at the multiples of an interval, oldest first. Beyond their memory limit the interval doubles and every second
/// one is dropped, so they stay evenly spread over a run of any length.
#[derive(Clone, Debug)]
pub(super) struct Keyframes {
    interval: u64,
    budget: usize,
    kept: Vec<Arc<Keyframe>>,
    /// Sum over `kept`.
    bytes: usize,
}

/// Steps between the first keyframes: repeating as many takes some milliseconds.
const INTERVAL: u64 = 100;

impl Keyframes {
    /// Keyframe of step 0 alone, which is never dropped.
    pub(super) fn new(start: Keyframe, budget: usize) -> Self {
        let bytes = start.bytes();
        Self { interval: INTERVAL, budget, kept: vec![Arc::new(start)], bytes }
    }

    /// True if a keyframe is due after `step` steps.
    pub(super) fn is_due(&self, step: u64) -> bool {
        step.is_multiple_of(self.interval) && self.kept.last().is_none_or(|last| last.state.step < step)
    }

    pub(super) fn push(&mut self, keyframe: Keyframe) {
        self.bytes += keyframe.bytes();
        self.kept.push(Arc::new(keyframe));
        self.thin();
    }

    /// Limits the memory to `budget` bytes, unless the start alone is larger.
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

    /// Drops all keyframes after that step or command and returns the newest left.
    pub(super) fn truncate(&mut self, step: u64, commands: usize) -> Option<Arc<Keyframe>> {
        self.kept.retain(|keyframe| keyframe.state.step <= step && keyframe.commands <= commands);
        self.bytes = self.kept.iter().map(|keyframe| keyframe.bytes()).sum();
        self.kept.last().map(Arc::clone)
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = u64> {
        self.kept.iter().map(|keyframe| keyframe.state.step)
    }

    /// Memory in bytes, an upper bound: merged rows are kept alive by the keyframes before the merge.
    pub(super) fn bytes(&self) -> usize {
        let mut intervals: Vec<u64> = self.kept.iter().map(|keyframe| keyframe.history.interval).collect();
        intervals.dedup();
        let latents = self.kept.first().map_or(0, |start| start.sums.kl_per_dim.len());
        let row = size_of::<Row>() + 8 * latents + 2 * size_of::<usize>();
        let rows = self.kept.last().map_or(0, |last| last.history.rows().len());
        self.bytes + row * (rows + (intervals.len() - 1) * History::LARGEST)
    }
}
