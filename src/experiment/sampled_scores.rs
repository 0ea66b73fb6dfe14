//! The scores of FactorVAE and β-VAE of a scene: codes of observations that are drawn with one factor held fixed.

use nalgebra::DMatrix;
use rand::rngs::ChaCha8Rng;

use super::factor_score::{FactorScore, ScoreValue};
use crate::data::FactorSampler;
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};
use crate::stats::factor_scores::{PairSettings, UndefinedScore, VoteSettings, beta_vae_score, factor_vae_score};
use crate::stats::{Uncertain, random_rotations};

/// A fifth of the batches of `disentanglement_lib`: the standard error of the score is .016 at most.
const VOTES: VoteSettings =
    VoteSettings { batch: 64, training: 2000, test: 1000, variance_sample: 5000, least_deviation: 0.05 };

/// A tenth of its points to learn from, a fifth to be tested on.
const PAIRS: PairSettings = PairSettings { pairs: 64, training: 1000, test: 1000 };

/// Rotations for the chance level.
const ROTATIONS: usize = 20;

/// Places of the random numbers among those of an analysis: of the fixed factors, and of the samples behind them.
const FIXED: [u64; 2] = [4 << 32, 5 << 32];

/// The samples and the encoder of both scores.
pub(super) struct SampledScores<'a> {
    pub(super) sampler: FactorSampler<'a>,
    pub(super) seed: u64,
    /// Codes (latents × count) of observations.
    pub(super) encode: &'a dyn Fn(&Matrix<f32>) -> Matrix<f64>,
}

impl SampledScores<'_> {
    /// Random numbers of a score: index 0 for its fixed factors, from 1 on for its samples.
    fn rng(&self, score: usize, index: usize) -> ChaCha8Rng {
        stream(self.seed, Purpose::Analysis, FIXED[score] + index as u64)
    }

    /// The score of FactorVAE. Samples are drawn and encoded once; the rotations are of the same codes.
    pub(super) fn factor_vae(&self) -> ScoreValue {
        let factors = self.sampler.factors();
        let mut drawn: Vec<Matrix<f64>> = Vec::new();
        let draw = |fixed: Option<usize>, count: usize, _: &mut ChaCha8Rng| {
            let observations = self.sampler.batch(fixed, count, &mut self.rng(0, 1 + drawn.len()));
            drawn.push((self.encode)(&observations));
            drawn[drawn.len() - 1].clone()
        };
        let value = factor_vae_score(factors, &VOTES, &mut self.rng(0, 0), draw);
        let value = value.map(|found| found.score.accuracy);
        let deviations = deviations(&drawn);
        let rotated = |rotation: &DMatrix<f64>| {
            let mut codes = drawn.iter().map(|codes| turned(rotation, &deviations, codes));
            let empty = || Matrix::zeros(deviations.len(), 0);
            let next = |_: Option<usize>, _: usize, _: &mut ChaCha8Rng| codes.next().unwrap_or_else(empty);
            factor_vae_score(factors, &VOTES, &mut self.rng(0, 0), next).map(|found| found.score.accuracy)
        };
        let chance = value.and_then(|_| chance(deviations.len(), rotated));
        ScoreValue { score: FactorScore::FactorVae, value, chance }
    }

    /// The score of β-VAE, in the same way.
    pub(super) fn beta_vae(&self) -> ScoreValue {
        let factors = self.sampler.factors();
        let mut drawn: Vec<[Matrix<f64>; 2]> = Vec::new();
        let draw = |shared: usize, count: usize, _: &mut ChaCha8Rng| {
            let observations = self.sampler.pairs(shared, count, &mut self.rng(1, 1 + drawn.len()));
            drawn.push(observations.map(|observations| (self.encode)(&observations)));
            drawn[drawn.len() - 1].clone()
        };
        let value = beta_vae_score(factors, &PAIRS, &mut self.rng(1, 0), draw).map(|found| found.accuracy);
        let deviations = deviations(drawn.as_flattened());
        let rotated = |rotation: &DMatrix<f64>| {
            let mut codes = drawn.iter().map(|pair| pair.each_ref().map(|codes| turned(rotation, &deviations, codes)));
            let empty = || [0, 1].map(|_| Matrix::zeros(deviations.len(), 0));
            let next = |_: usize, _: usize, _: &mut ChaCha8Rng| codes.next().unwrap_or_else(empty);
            beta_vae_score(factors, &PAIRS, &mut self.rng(1, 0), next).map(|found| found.accuracy)
        };
        let chance = value.and_then(|_| chance(deviations.len(), rotated));
        ScoreValue { score: FactorScore::BetaVae, value, chance }
    }
}

/// The mean of a score over random rotations of `m` latents.
fn chance(m: usize, score: impl Fn(&DMatrix<f64>) -> Result<f64, UndefinedScore>) -> Result<Uncertain, UndefinedScore> {
    if m < 2 {
        return Err(UndefinedScore::OneLatent);
    }
    let reached: Result<Vec<f64>, _> = random_rotations(m).take(ROTATIONS).map(|rotation| score(&rotation)).collect();
    reached.map(|reached| Uncertain::of(&reached))
}

/// Standard deviations of the latents about 0 over all codes: codes of held-out observations have a mean near 0.
fn deviations(drawn: &[Matrix<f64>]) -> Vec<f64> {
    let m = drawn.first().map_or(0, Matrix::rows);
    let count = drawn.iter().map(Matrix::columns).sum::<usize>() as f64;
    let squares = |i: usize| drawn.iter().flat_map(|codes| codes.row(i)).map(|z| z * z).sum::<f64>();
    (0..m).map(|i| (squares(i) / count).sqrt().max(f64::MIN_POSITIVE)).collect()
}

/// R z for each column, of codes in units of their deviations.
fn turned(rotation: &DMatrix<f64>, deviations: &[f64], codes: &Matrix<f64>) -> Matrix<f64> {
    let m = codes.rows();
    Matrix::from_fn(m, codes.columns(), |i, c| (0..m).map(|j| rotation[(i, j)] * codes[(j, c)] / deviations[j]).sum())
}
