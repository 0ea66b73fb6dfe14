//! Published state of a trainer.

use std::sync::Arc;

use super::branches::Branch;
use super::repetition::Repeated;
use crate::experiment::Snapshot;

/// State of a trainer at its last publication.
#[derive(Clone, Debug)]
pub struct RunView {
    /// Snapshot of the current branch; while a saved run is being repeated its saved state, if that is known.
    pub snapshot: Arc<Snapshot>,
    /// How far the repetition of a saved run is. `None` if there is none to verify it with, and once the run was changed or trained
    /// further.
    pub repeated: Option<Repeated>,
    /// Snapshot of the earlier step of [`Request::ShowStep`](super::Request::ShowStep).
    pub shown: Option<Arc<Snapshot>>,
    /// Number of the current branch, from 0 on.
    pub branch: u32,
    /// Other branches.
    pub others: Arc<[Branch]>,
    /// Bytes of the keyframes of the current branch, which have a limit.
    pub keyframe_bytes: usize,
    /// True while training, or while a saved run is being repeated.
    pub running: bool,
    /// Steps per second over the last half second; 0 while paused.
    pub steps_per_second: f64,
    /// Last error or warning (a divergence, an invalid setting, a rotation that the encoder could not follow) with its number,
    /// which tells repeated ones apart.
    pub notice: Option<(u64, String)>,
    /// Requests served. The snapshot includes their effects.
    pub served: u64,
}
