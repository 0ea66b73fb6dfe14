//! Published state of a trainer.

use std::sync::Arc;

use super::branches::Branch;
use crate::experiment::Snapshot;

/// State of a trainer at its last publication.
#[derive(Clone, Debug)]
pub struct RunView {
    /// Snapshot of the current branch.
    pub snapshot: Arc<Snapshot>,
    /// Snapshot of the earlier step of [`Request::ShowStep`](super::Request::ShowStep).
    pub shown: Option<Arc<Snapshot>>,
    /// Number of the current branch, from 0 on.
    pub branch: u32,
    /// Other branches.
    pub others: Arc<[Branch]>,
    /// True while training.
    pub running: bool,
    /// Steps per second over the last half second; 0 while paused.
    pub steps_per_second: f64,
    /// Last error or warning (a divergence, an invalid setting, a rotation that the encoder could not follow) with its number,
    /// which tells repeated ones apart.
    pub notice: Option<(u64, String)>,
    /// Requests served. The snapshot includes their effects.
    pub served: u64,
}
