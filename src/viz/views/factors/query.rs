//! Scores of a snapshot against the true factors.

use crate::experiment::{FactorScores, ScoreDepth, Snapshot};
use crate::geometry::Undefined;
use crate::vae::Vae;
use crate::viz::query::Query;

/// Asks for the quick scores on all held-out observations.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::viz) struct FactorScoresQuery;

impl Query for FactorScoresQuery {
    type Answer = Result<FactorScores, Undefined>;

    fn answer(&self, snapshot: &Snapshot, _: &Vae<f64>) -> Self::Answer {
        let Snapshot { vae, data, config, .. } = snapshot;
        let all = data.test.samples();
        FactorScores::measure(all, vae, data, config, &snapshot.geometry.active, ScoreDepth::Quick)
    }
}
