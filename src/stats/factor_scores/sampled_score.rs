//! Scores of a classifier that tells the fixed factor of a sample.

/// How often a classifier names the factor that was held fixed. Between 1/K or less (chance) and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampledScore {
    /// Share of right answers on the samples that it learned from.
    pub training_accuracy: f64,
    /// Share of right answers on new samples: the score.
    pub accuracy: f64,
}
