//! The score of FactorVAE.

use nalgebra::DMatrix;
use rand::{Rng, RngExt as _};

use super::categories::largest;
use super::factor_codes::mean_and_variance;
use super::sampled_score::SampledScore;
use super::undefined_score::UndefinedScore;
use crate::linalg::Matrix;

/// Sizes of the samples; the defaults are those of `disentanglement_lib`, 970,000 codes in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoteSettings {
    /// Codes of a batch (64).
    pub batch: usize,
    /// Batches that the classifier learns from (10,000).
    pub training: usize,
    /// Batches that it is tested on (5,000).
    pub test: usize,
    /// Codes for the variances of the latents (10,000).
    pub variance_sample: usize,
    /// Latents with a smaller standard deviation take no part (.05, for latents with prior N(0, 1)).
    pub least_deviation: f64,
}

impl Default for VoteSettings {
    fn default() -> Self {
        Self { batch: 64, training: 10_000, test: 5_000, variance_sample: 10_000, least_deviation: 0.05 }
    }
}

/// The score of FactorVAE with its votes.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteScore {
    /// How often the majority vote is right.
    pub score: SampledScore,
    /// K × m: training batches with this factor held fixed in which this latent varied least.
    pub votes: DMatrix<f64>,
    /// Latents that took part.
    pub voting: Vec<usize>,
}

/// The FactorVAE score (Kim & Mnih 2018), as `disentanglement_lib/evaluation/metrics/factor_vae.py` computes it. In a batch of
/// codes with one factor held fixed, that of the first of them, the latent d* with the smallest normalised variance,
/// argmin_d var_batch(z_d) / var(z_d), votes for the factor. The classifier names for each latent the factor with most votes in the
/// training batches, of equals the first; the score is the share of right names in the test batches. 1 if every factor has a
/// latent of its own, 1/K at chance.
///
/// `sample(fixed, count, rng)` draws `count` codes (m × count): their factors are independent but for the fixed one, which is
/// drawn once and then shared by all; with `None` nothing is fixed. The fixed factor is uniform on 0 … `factors` − 1. Variances are
/// divided by count − 1.
///
/// # Errors
/// If no latent deviates enough, if there are fewer than two codes in a batch, no batches or no factors, or if a code is not finite.
pub fn factor_vae_score<R: Rng>(
    factors: usize,
    settings: &VoteSettings,
    rng: &mut R,
    mut sample: impl FnMut(Option<usize>, usize, &mut R) -> Matrix<f64>,
) -> Result<VoteScore, UndefinedScore> {
    let VoteSettings { batch, training, test, variance_sample, least_deviation } = *settings;
    if factors == 0 || training == 0 || test == 0 || batch.min(variance_sample) < 2 {
        return Err(UndefinedScore::FewObservations);
    }
    let variances = variances(&sample(None, variance_sample, rng));
    if variances.iter().any(|v| !v.is_finite()) {
        return Err(UndefinedScore::NotFinite);
    }
    let voting = deviating(&variances, least_deviation);
    if voting.is_empty() {
        return Err(UndefinedScore::ConstantLatents);
    }
    let mut count = |batches| {
        let mut votes = DMatrix::zeros(factors, variances.len());
        for _ in 0..batches {
            let factor = rng.random_range(0..factors);
            let codes = sample(Some(factor), batch, rng);
            if codes.as_slice().iter().any(|z| !z.is_finite()) {
                return Err(UndefinedScore::NotFinite);
            }
            votes[(factor, vote(&codes, &variances, &voting))] += 1.0;
        }
        Ok(votes)
    };
    let (votes, tests) = (count(training)?, count(test)?);
    Ok(VoteScore { score: majority(&votes, &tests), votes, voting })
}

/// Variances of the latents (divided by N − 1).
pub(super) fn variances(codes: &Matrix<f64>) -> Vec<f64> {
    let n = codes.columns() as f64;
    (0..codes.rows()).map(|i| mean_and_variance(&codes.row(i).collect::<Vec<_>>()).1 * n / (n - 1.0)).collect()
}

/// Latents with at least this standard deviation, and some.
pub(super) fn deviating(variances: &[f64], least: f64) -> Vec<usize> {
    (0..variances.len()).filter(|i| variances[*i] > 0.0 && variances[*i].sqrt() >= least).collect()
}

/// The latent of the smallest normalised variance.
pub(super) fn vote(batch: &Matrix<f64>, global: &[f64], voting: &[usize]) -> usize {
    let local = variances(batch);
    voting[largest(voting.iter().map(|i| -local[*i] / global[*i]))]
}

/// Accuracies of the majority vote over the training votes (K × m), on them and on test votes.
pub(super) fn majority(training: &DMatrix<f64>, test: &DMatrix<f64>) -> SampledScore {
    let named: Vec<usize> = training.column_iter().map(|votes| largest(votes.iter().copied())).collect();
    let accuracy = |votes: &DMatrix<f64>| {
        named.iter().enumerate().map(|(latent, factor)| votes[(*factor, latent)]).sum::<f64>() / votes.sum()
    };
    SampledScore { training_accuracy: accuracy(training), accuracy: accuracy(test) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};

    const FEW: VoteSettings =
        VoteSettings { batch: 32, training: 400, test: 400, variance_sample: 1000, least_deviation: 0.05 };

    /// Three uniform factors, of which one is the same for all.
    fn factors<R: Rng>(fixed: Option<usize>, count: usize, rng: &mut R) -> Matrix<f64> {
        let mut w = Matrix::from_fn(3, count, |_, _| rng.random_range(-1.0..1.0));
        if let Some(k) = fixed {
            (1..count).for_each(|c| w[(k, c)] = w[(k, 0)]);
        }
        w
    }

    #[test]
    fn latents_of_their_own_score_one_and_a_collapsed_one_has_no_vote() {
        let mut rng = stream(1, Purpose::Analysis, 0);
        let found = factor_vae_score(3, &FEW, &mut rng, |fixed, count, rng| {
            let w = factors(fixed, count, rng);
            Matrix::from_fn(4, count, |i, c| [-2.0 * w[(2, c)], 0.001 * w[(0, c)], w[(0, c)], w[(1, c)].powi(3)][i])
        });
        let found = found.unwrap();
        assert_eq!(found.score, SampledScore { training_accuracy: 1.0, accuracy: 1.0 });
        assert_eq!(found.voting, [0, 2, 3]);
        assert_eq!(found.votes.sum(), 400.0);
    }

    /// Codes that know nothing of the factors name one by chance: 1/3 ± .024 of 400 answers.
    #[test]
    fn noise_scores_at_chance() {
        let mut rng = stream(2, Purpose::Analysis, 0);
        let noise = |_, count, rng: &mut _| factors(None, count, rng);
        let found = factor_vae_score(3, &FEW, &mut rng, noise).unwrap();
        assert!((found.score.accuracy - 1.0 / 3.0).abs() < 0.08, "{found:?}");
        let flat = |_, count, _: &mut _| Matrix::from_fn(3, count, |_, _| 1.0);
        assert_eq!(factor_vae_score(3, &FEW, &mut rng, flat), Err(UndefinedScore::ConstantLatents));
    }
}
