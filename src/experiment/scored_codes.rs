//! Codes of held-out observations beside their true factors, split for scores that learn, and the scores of each row of the history.

use super::factor_score::FactorScore;
use crate::data::Dataset;
use crate::geometry::Undefined;
use crate::linalg::Matrix;
use crate::stats::factor_scores::{
    BINS, FactorCodes, FactorKind, UndefinedScore, mutual_information_gap, rank_correlation,
    separated_attribute_predictability,
};
use crate::stats::mean_correlation_coefficient;
use crate::vae::Vae;

/// The share of the observations that probes learn from, that of `disentanglement_lib`.
const TRAINING: f64 = 2.0 / 3.0;

/// The value of each of [`FactorScore::IN_HISTORY`], or why it is undefined.
pub type HistoryScores = [Result<f64, UndefinedScore>; FactorScore::IN_HISTORY.len()];

/// The held-out factors (K × N) that the `active` latents are scored against.
///
/// # Errors
/// [`Undefined::NoEncoder`], [`Undefined::NoTrueFactors`] or [`Undefined::NoActiveLatent`].
pub(super) fn scored_factors<'a>(
    vae: &Vae<f32>,
    data: &'a Dataset,
    active: &[usize],
) -> Result<&'a Matrix<f32>, Undefined> {
    if !vae.has_encoder {
        return Err(Undefined::NoEncoder);
    }
    let factors = data.test.factors.as_ref().ok_or(Undefined::NoTrueFactors)?;
    if active.is_empty() { Err(Undefined::NoActiveLatent) } else { Ok(factors) }
}

/// Codes and factors of all observations, of those that probes learn from, and of those that test them.
#[derive(Debug)]
pub(super) struct ScoredCodes {
    whole: [Matrix<f64>; 2],
    train: [Matrix<f64>; 2],
    test: [Matrix<f64>; 2],
    kinds: Vec<FactorKind>,
}

impl ScoredCodes {
    /// Of `codes` (m × N) with their factors (K × N).
    pub(super) fn new(codes: Matrix<f64>, factors: Matrix<f64>) -> Self {
        let observations = codes.columns();
        let training = (TRAINING * observations as f64).round() as usize;
        let kinds = (0..factors.rows()).map(|k| FactorKind::guess(factors.row(k))).collect();
        let whole = [codes, factors];
        let [train, test] = [0..training, training..observations]
            .map(|part| whole.each_ref().map(|all| all.select_columns(part.clone())));
        Self { whole, train, test, kinds }
    }

    /// Observations that probes learn from.
    pub(super) fn training(&self) -> usize {
        self.train[0].columns()
    }

    /// The same to be scored.
    pub(super) fn parts(&self) -> ScoredParts<'_> {
        let [train, test, whole] = [&self.train, &self.test, &self.whole].map(|[codes, factors]| FactorCodes {
            codes,
            factors,
            kinds: &self.kinds,
        });
        ScoredParts { train, test, whole }
    }
}

/// Observations for learning, for testing, and both.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScoredParts<'a> {
    pub(super) train: FactorCodes<'a>,
    pub(super) test: FactorCodes<'a>,
    pub(super) whole: FactorCodes<'a>,
}

/// Mean rank correlation coefficient.
pub(super) fn rank_mcc(data: FactorCodes<'_>) -> f64 {
    mean_correlation_coefficient(&rank_correlation(data.codes, data.factors)).0
}

impl ScoredParts<'_> {
    /// [`FactorScore::IN_HISTORY`].
    pub(super) fn of_history(self) -> HistoryScores {
        let Self { train, test, whole } = self;
        // The classifier of a category, which weighs its penalty against the number of observations, needs more of them.
        let sap = if whole.kinds.contains(&FactorKind::Discrete) && whole.latent_count() > 1 {
            Err(UndefinedScore::FewObservations)
        } else {
            separated_attribute_predictability(train, test).map(|gap| gap.score)
        };
        [Ok(rank_mcc(whole)), mutual_information_gap(whole, BINS).map(|gap| gap.score), sap]
    }
}
