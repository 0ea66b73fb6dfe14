//! The exact gap as a mean over held-out observations.

use crate::experiment::Snapshot;
use crate::geometry::{MeanGap, Undefined, mean_gap};
use crate::vae::Vae;
use crate::viz::query::Query;

/// Observations of the finished mean, at most: the fewer, the more dimensions a decoding has.
pub(super) fn most_observations(data_dim: usize) -> usize {
    const NUMBERS: usize = 16_000;
    (NUMBERS / data_dim.max(1)).clamp(1, 64)
}

/// Observations of the first mean: few enough for a training run.
pub(super) const FIRST: usize = 8;

/// Asks for the mean gap over the first held-out observations.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MeanGapQuery {
    /// How many.
    pub observations: usize,
}

impl Query for MeanGapQuery {
    type Answer = MeanGapAnswer;

    fn answer(&self, snapshot: &Snapshot, model: &Vae<f64>) -> MeanGapAnswer {
        let count = self.observations.min(snapshot.encodings.columns());
        let observations: Vec<Vec<f64>> = (0..count)
            .map(|i| snapshot.data.test.observations.column(i).iter().map(|x| f64::from(*x)).collect())
            .collect();
        let learned = observations.iter().enumerate().map(|(i, x)| (x.as_slice(), snapshot.posterior(i)));
        let gap = mean_gap(model, learned, &snapshot.settings.objective, MeanGap::POINTS);
        MeanGapAnswer { step: snapshot.step, asked: self.observations, gap }
    }
}

/// The mean gap, and what it is the answer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeanGapAnswer {
    /// The step.
    pub step: u64,
    /// The number of observations asked for.
    pub asked: usize,
    /// The mean, or the reason why there is none.
    pub gap: Result<MeanGap, Undefined>,
}
