//! The score of β-VAE.

use rand::{Rng, RngExt as _};

use super::categories::accuracy;
use super::logistic_regression::LogisticRegression;
use super::sampled_score::SampledScore;
use super::undefined_score::UndefinedScore;
use crate::linalg::Matrix;

/// Sizes of the samples; the defaults are those of `disentanglement_lib`, 1,920,000 codes in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairSettings {
    /// Pairs of codes of a point (64).
    pub pairs: usize,
    /// Points that the classifier learns from (10,000).
    pub training: usize,
    /// Points that it is tested on (5,000).
    pub test: usize,
}

impl Default for PairSettings {
    fn default() -> Self {
        Self { pairs: 64, training: 10_000, test: 5_000 }
    }
}

/// The β-VAE score (Higgins et al. 2017), as `disentanglement_lib/evaluation/metrics/beta_vae.py` computes it: a linear classifier
/// is told the mean of |z − z′| (one number per latent) over pairs of codes that share one factor, and names the factor. The score
/// is the share of right names of new points, 1/K at chance. The classifier is multinomial logistic regression with ½ Σ w² as
/// penalty, scikit-learn's default. A rotation of the latents can leave the score at 1: it is linear in the differences of all.
///
/// `sample_pairs(fixed, count, rng)` draws two matrices of codes (m × count). The factors of all columns are independent, but the
/// fixed one is the same in both columns of a pair, not in all pairs. It is uniform on 0 … `factors` − 1.
///
/// # Errors
/// If there are no pairs, no points or no factors, or if a code is not finite.
pub fn beta_vae_score<R: Rng>(
    factors: usize,
    settings: &PairSettings,
    rng: &mut R,
    mut sample_pairs: impl FnMut(usize, usize, &mut R) -> [Matrix<f64>; 2],
) -> Result<SampledScore, UndefinedScore> {
    let PairSettings { pairs, training, test } = *settings;
    if factors == 0 || pairs.min(training).min(test) == 0 {
        return Err(UndefinedScore::FewObservations);
    }
    let [training, test] = [training, test].map(|points| {
        let (mut labels, mut differences) = (Vec::with_capacity(points), Vec::new());
        for _ in 0..points {
            labels.push(rng.random_range(0..factors));
            differences.extend(mean_difference(&sample_pairs(labels[labels.len() - 1], pairs, rng)));
        }
        (Matrix::from_columns(differences.len() / points, points, differences), labels)
    });
    if training.0.as_slice().iter().chain(test.0.as_slice()).any(|x| !x.is_finite()) {
        return Err(UndefinedScore::NotFinite);
    }
    Ok(difference_score(&training, &test))
}

/// The mean of |z − z′| over pairs, for each latent.
pub(super) fn mean_difference([one, other]: &[Matrix<f64>; 2]) -> Vec<f64> {
    let mut sums = vec![0.0; one.rows()];
    for (one, other) in one.iter_columns().zip(other.iter_columns()) {
        sums.iter_mut().zip(one.iter().zip(other)).for_each(|(sum, (a, b))| *sum += (a - b).abs());
    }
    sums.iter().map(|sum| sum / one.columns() as f64).collect()
}

/// Accuracies of a classifier learned from points (m × N) with their factors.
pub(super) fn difference_score(training: &(Matrix<f64>, Vec<usize>), test: &(Matrix<f64>, Vec<usize>)) -> SampledScore {
    let model = LogisticRegression::fit(&training.0, &training.1);
    let [training_accuracy, accuracy] = [training, test]
        .map(|(points, labels)| accuracy(&points.iter_columns().map(|x| model.class(x)).collect::<Vec<_>>(), labels));
    SampledScore { training_accuracy, accuracy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};

    const FEW: PairSettings = PairSettings { pairs: 32, training: 600, test: 400 };

    /// Pairs of three uniform factors that share one.
    fn factor_pairs<R: Rng>(fixed: usize, count: usize, rng: &mut R) -> [Matrix<f64>; 2] {
        let mut draw = || Matrix::from_fn(3, count, |_, _| rng.random_range(-1.0..1.0));
        let (one, mut other) = (draw(), draw());
        (0..count).for_each(|c| other[(fixed, c)] = one[(fixed, c)]);
        [one, other]
    }

    #[test]
    fn factors_themselves_score_one_and_noise_is_at_chance() {
        let mut rng = stream(1, Purpose::Analysis, 0);
        let exact = beta_vae_score(3, &FEW, &mut rng, factor_pairs).unwrap();
        assert_eq!(exact, SampledScore { training_accuracy: 1.0, accuracy: 1.0 });
        let noise = |_: usize, count: usize, rng: &mut _| {
            let [one, _] = factor_pairs(0, count, rng);
            [one, factor_pairs(0, count, rng)[0].clone()]
        };
        let chance = beta_vae_score(3, &FEW, &mut rng, noise).unwrap();
        // 400 answers: 1/3 ± .024.
        assert!((chance.accuracy - 1.0 / 3.0).abs() < 0.08, "{chance:?}");
    }

    /// At 45° both latents differ equally, whichever of two factors is shared.
    #[test]
    fn two_factors_cannot_be_told_at_the_diagonal() {
        let mut rng = stream(3, Purpose::Analysis, 0);
        let score = |degrees: f64, rng: &mut _| {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let turned = |fixed, count, rng: &mut _| {
                factor_pairs(fixed, count, rng).map(|w| {
                    Matrix::from_fn(2, count, |i, c| {
                        if i == 0 { cos * w[(0, c)] - sin * w[(1, c)] } else { sin * w[(0, c)] + cos * w[(1, c)] }
                    })
                })
            };
            beta_vae_score(2, &FEW, rng, turned).unwrap().accuracy
        };
        assert!((score(45.0, &mut rng) - 0.5).abs() < 0.08);
        // The score does not see a moderate rotation.
        assert!(score(20.0, &mut rng) > 0.99);
    }
}
