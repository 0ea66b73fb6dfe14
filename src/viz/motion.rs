//! Playback: the morph from latent plane to manifold, and traversals of the prior.

use crate::stats::normal_quantile;

/// A playback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// The latent plane becomes the manifold.
    Morph,
    /// One latent runs through the prior.
    Traverse(usize),
    /// All latents run through the prior in phase.
    TraverseAll,
    /// The rows of the traversal view run in phase; z\* stays.
    TraverseRows,
}

/// Seconds from the latent plane to the manifold.
pub(super) const MORPH: f64 = 1.5;

/// Seconds of a traversal forth and back.
pub(super) const PERIOD: f64 = 6.0;

/// The share of the prior that a traversal leaves out on either side.
const TAIL: f64 = 0.01;

/// The value of a latent at a phase between 0 and 1: up the quantiles of the prior and down again, so that it spends equal
/// time on equal mass.
pub(super) fn latent_at(phase: f64) -> f64 {
    let up = 1.0 - (2.0 * phase - 1.0).abs();
    normal_quantile(TAIL + (1.0 - 2.0 * TAIL) * up)
}

/// The phase on the way up at which a latent is at `z`, or the nearest one.
pub(super) fn phase_of(z: f64) -> f64 {
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if latent_at(middle) < z { low = middle } else { high = middle }
    }
    low
}
