//! Disentanglement, completeness and informativeness.

use nalgebra::DMatrix;

use super::boosted_trees::BoostedTrees;
use super::categories::{Categories, accuracy};
use super::factor_codes::{FactorCodes, mean_and_variance};
use super::factor_kind::FactorKind;
use super::linear_probe::{LinearProbe, explained_shares};
use super::regression_tree::SortedCodes;
use super::undefined_score::UndefinedScore;

/// What predicts the factors from the codes, and measures the importance of each latent for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DciProbe {
    /// Gradient-boosted trees, the probe of the library: 100 trees of depth three at rate .1 per factor (and class, of more than
    /// two). Rᵢₖ is the share of latent i in the fall of the impurity over all splits, so each column sums to 1. Trees see relations
    /// that bend, and their importances are distorted by noise: every split is some latent's.
    Trees,
    /// Lines. Rᵢₖ is R² of latent i alone with factor k; of a discrete factor the share of the latent's variance between classes.
    /// Columns are not normalised, so a factor that no latent carries has no weight. Exact, fast, and blind to relations that bend.
    Linear,
}

/// The three scores of a framework for the evaluation of disentangled representations.
#[derive(Clone, Debug, PartialEq)]
pub struct Dci {
    /// Each latent tells about one factor only: Σᵢ ρᵢ Dᵢ, between 0 and 1.
    pub disentanglement: f64,
    /// Each factor is told by one latent only: Σₖ ρₖ Cₖ, between 0 and 1.
    pub completeness: f64,
    /// How well all latents together predict the factors of the test part: the mean over factors of R² = 1 − E(w − ŵ)²/var w for
    /// continuous ones (at most 1; below 0 if worse than the mean) and of the share of right classes for discrete ones.
    pub informativeness: f64,
    /// The same for the training part.
    pub informativeness_training: f64,
    /// m: Dᵢ = 1 − H_K(Rᵢₖ / Σₖ Rᵢₖ), with the entropy to base K; 0 for a latent without importance.
    pub disentanglement_per_latent: Vec<f64>,
    /// K: Cₖ = 1 − Hₘ(Rᵢₖ / Σᵢ Rᵢₖ), with the entropy to base m; 0 for a factor without a latent.
    pub completeness_per_factor: Vec<f64>,
    /// m × K: Rᵢₖ.
    pub importances: DMatrix<f64>,
}

/// DCI (Eastwood & Williams 2018), as `disentanglement_lib/evaluation/metrics/dci.py` computes it; the weights are ρᵢ = Σₖ Rᵢₖ / Σ R
/// and ρₖ = Σᵢ Rᵢₖ / Σ R. Importances are learned on the training part. The library splits 10,000 to 5,000 and takes all factors as
/// classes; here trees predict a continuous one as a number. Under a rotation by θ of two independent factors of equal variance
/// the linear probe gives D = C = 1 − H₂(cos²θ).
///
/// # Errors
/// With fewer than two latents or factors, or two observations of a part, a factor that is constant in a part, or numbers that are
/// not finite.
pub fn dci(train: FactorCodes<'_>, test: FactorCodes<'_>, probe: DciProbe) -> Result<Dci, UndefinedScore> {
    train.check(2)?;
    test.check(2)?;
    let (m, factors) = (train.latent_count(), train.factor_count());
    if factors < 2 {
        return Err(UndefinedScore::OneFactor);
    }
    let constant = |part: FactorCodes<'_>, k| mean_and_variance(&part.factor(k)).1 <= 0.0;
    // One class in the test part is a valid test, a number without variance is none.
    if (0..factors).any(|k| constant(train, k) || train.kinds[k] == FactorKind::Continuous && constant(test, k)) {
        return Err(UndefinedScore::ConstantFactor);
    }
    let mut importances = match probe {
        DciProbe::Trees => DMatrix::zeros(m, factors),
        DciProbe::Linear => explained_shares(train),
    };
    let sorted = SortedCodes::new(train.codes);
    let mut informativeness = [0.0; 2];
    for k in 0..factors {
        let kind = train.kinds[k];
        let (categories, classes) = match kind {
            FactorKind::Continuous => (Categories::default(), Vec::new()),
            FactorKind::Discrete => {
                let categories = Categories::of(train.factors.row(k));
                let classes = categories.classes(train.factors.row(k));
                (categories, classes)
            }
        };
        let predictor = match (probe, kind) {
            (DciProbe::Linear, _) => Predictor::Line(LinearProbe::fit(train, k, &classes)),
            (DciProbe::Trees, FactorKind::Continuous) => {
                Predictor::Numbers(BoostedTrees::of_numbers(&sorted, &train.factor(k)))
            }
            (DciProbe::Trees, FactorKind::Discrete) => {
                Predictor::Classes(BoostedTrees::of_classes(&sorted, &classes, categories.count()))
            }
        };
        if let Predictor::Numbers(trees) | Predictor::Classes(trees) = &predictor {
            importances.column_mut(k).copy_from_slice(&trees.importances);
        }
        for (sum, part) in informativeness.iter_mut().zip([test, train]) {
            let predicted = part.codes.iter_columns().map(|code| predictor.predict(code));
            *sum += match kind {
                FactorKind::Continuous => explained_by(predicted, &part.factor(k)),
                FactorKind::Discrete => {
                    let predicted: Vec<usize> = predicted.map(|class| class as usize).collect();
                    accuracy(&predicted, &categories.classes(part.factors.row(k)))
                }
            };
        }
    }
    let [informativeness, informativeness_training] = informativeness.map(|sum| sum / factors as f64);
    let (completeness, completeness_per_factor) = concentration(&importances);
    let (disentanglement, disentanglement_per_latent) = concentration(&importances.transpose());
    Ok(Dci {
        disentanglement,
        completeness,
        informativeness,
        informativeness_training,
        disentanglement_per_latent,
        completeness_per_factor,
        importances,
    })
}

/// A probe that has learned one factor.
enum Predictor {
    Line(LinearProbe),
    Numbers(BoostedTrees),
    Classes(BoostedTrees),
}

impl Predictor {
    /// The number predicted for a code, or its class.
    fn predict(&self, code: &[f64]) -> f64 {
        match self {
            Self::Line(model) => model.predict(code),
            Self::Numbers(model) => model.number(code),
            Self::Classes(model) => model.class(code) as f64,
        }
    }
}

/// 1 − H of every column, with the entropy of its shares to the base of their number, and the mean with the sums of the columns as
/// weights; 0 without any.
fn concentration(importances: &DMatrix<f64>) -> (f64, Vec<f64>) {
    let base = (importances.nrows() as f64).ln();
    let of_column = |sum: f64, k: usize| {
        let shares = importances.column(k).into_owned() / sum;
        // 0 log 0 = 0. Rounding must not make it negative.
        let entropy = -shares.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        if sum > 0.0 { (1.0 - entropy / base).max(0.0) } else { 0.0 }
    };
    let sums = importances.row_sum();
    let each: Vec<f64> = sums.iter().enumerate().map(|(k, sum)| of_column(*sum, k)).collect();
    let total = sums.sum();
    let mean = sums.iter().zip(&each).map(|(sum, c)| sum * c).sum::<f64>();
    (if total > 0.0 { mean / total } else { 0.0 }, each)
}

/// 1 − E(w − ŵ)² / var w.
fn explained_by(predicted: impl Iterator<Item = f64>, w: &[f64]) -> f64 {
    let error = predicted.zip(w).map(|(p, w)| (w - p).powi(2)).sum::<f64>() / w.len() as f64;
    1.0 - error / mean_and_variance(w).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::stats::factor_scores::tests::{parts, rotated_square};

    #[test]
    fn linear_scores_of_a_rotated_square_have_a_closed_form() {
        for degrees in [0.0_f64, 15.0, 22.5, 45.0] {
            let (codes, factors) = rotated_square(degrees, 10_000);
            let data = FactorCodes { codes: &codes, factors: &factors, kinds: &[FactorKind::Continuous; 2] };
            let found = dci(data, data, DciProbe::Linear).unwrap();
            let p = degrees.to_radians().cos().powi(2);
            let entropy = [p, 1.0 - p].map(|p| if p > 0.0 { -p * p.log2() } else { 0.0 }).iter().sum::<f64>();
            for score in [found.disentanglement, found.completeness] {
                assert!((score - 1.0 + entropy).abs() < 0.02, "{degrees}°: {score}");
            }
            // A rotation loses nothing.
            assert!((found.informativeness - 1.0).abs() < 1e-9);
        }
    }

    /// Trees find axes; a rotation by 45° treats both latents alike.
    #[test]
    fn trees_tell_axes_from_diagonals() {
        let [aligned, turned] = [0.0, 45.0].map(|degrees| {
            let (codes, factors) = rotated_square(degrees, 600);
            let parts = parts(&codes, &factors, 450);
            let [train, test] = parts.each_ref().map(|(codes, factors)| FactorCodes {
                codes,
                factors,
                kinds: &[FactorKind::Continuous; 2],
            });
            dci(train, test, DciProbe::Trees).unwrap()
        });
        assert!(aligned.disentanglement > 0.99 && aligned.informativeness > 0.99, "{aligned:?}");
        assert!(turned.disentanglement < 0.05 && turned.informativeness > 0.8, "{turned:?}");
    }

    #[test]
    fn unused_latents_have_no_weight() {
        let (mean, each) = concentration(&DMatrix::from_row_slice(2, 3, &[1.0, 0.0, 0.5, 0.0, 0.0, 0.5]));
        assert_eq!((mean, each), (0.5, vec![1.0, 0.0, 0.0]));
        assert_eq!(concentration(&DMatrix::zeros(2, 1)), (0.0, vec![0.0]));
        let codes = Matrix::from_fn(2, 10, |i, c| (c * (i + 1)) as f64);
        let factors = Matrix::from_columns(1, 10, codes.row(0).collect());
        let data = FactorCodes { codes: &codes, factors: &factors, kinds: &[FactorKind::Continuous] };
        assert_eq!(dci(data, data, DciProbe::Linear), Err(UndefinedScore::OneFactor));
    }
}
