//! Predictions about one number each, and the verdict after its measurement.

use std::fmt;

use super::quantity::CheckQuantity;
use super::run::{CheckOutcome, CheckRun};

/// Foundation of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A theorem about the optimum under assumptions that the scene meets. That training reaches the optimum is tested with it,
    /// and the tolerance covers the noise of training and of the estimate.
    Theorem,
    /// Valid to second order, or for small b = βσ².
    Approximation,
    /// Observed in many runs of this program and of an independent reference.
    Empirical,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Theorem => "theorem",
            Self::Approximation => "approximation",
            Self::Empirical => "empirical",
        })
    }
}

/// Expected number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    /// `value` ± `tolerance`.
    Near {
        /// Predicted value.
        value: f64,
        /// Largest deviation that passes.
        tolerance: f64,
    },
    /// Below this limit.
    Below(f64),
    /// Above this limit.
    Above(f64),
}

impl Expected {
    /// True if the number agrees; false for NaN.
    pub fn admits(&self, measured: f64) -> bool {
        match *self {
            Self::Near { value, tolerance } => (measured - value).abs() <= tolerance,
            Self::Below(limit) => measured < limit,
            Self::Above(limit) => measured > limit,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Near { value, tolerance } => write!(f, "{value:.4} ± {tolerance:.4}"),
            Self::Below(limit) => write!(f, "< {limit:.4}"),
            Self::Above(limit) => write!(f, "> {limit:.4}"),
        }
    }
}

/// Runs of a prediction and their combination into one number.
#[derive(Clone, Debug, PartialEq)]
pub enum Pool {
    /// Median.
    Median(Vec<CheckRun>),
    /// Mean.
    Mean(Vec<CheckRun>),
    /// Median of the first runs over the median of the second ones.
    Ratio(Vec<CheckRun>, Vec<CheckRun>),
    /// Median of what the first runs have more than the second ones with the same seeds.
    Difference(Vec<CheckRun>, Vec<CheckRun>),
}

/// One number of one scene, before it is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Name of the scene.
    pub scene: String,
    /// Prediction in one sentence.
    pub claim: String,
    /// Foundation.
    pub standing: Standing,
    /// Expected number.
    pub expected: Expected,
    /// Quantity measured in each run.
    pub quantity: CheckQuantity,
    /// Runs and their combination.
    pub pool: Pool,
}

/// Prediction with its measurement and verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Prediction.
    pub prediction: Prediction,
    /// Number compared with the expected one.
    pub measured: f64,
    /// Number of each run, in the order of [`Prediction::runs`].
    pub values: Vec<f64>,
    /// Verdict.
    pub passed: bool,
}

impl Prediction {
    /// Name of the compared number.
    pub fn measured(&self) -> String {
        match &self.pool {
            Pool::Median(_) => self.quantity.to_string(),
            Pool::Mean(_) => format!("mean {}", self.quantity),
            Pool::Ratio(..) => format!("ratio of {}", self.quantity),
            Pool::Difference(..) => format!("difference of {}", self.quantity),
        }
    }

    /// Runs that it needs.
    pub fn runs(&self) -> impl Iterator<Item = &CheckRun> {
        let (first, second): (&[CheckRun], &[CheckRun]) = match &self.pool {
            Pool::Median(runs) | Pool::Mean(runs) => (runs, &[]),
            Pool::Ratio(first, second) | Pool::Difference(first, second) => (first, second),
        };
        first.iter().chain(second)
    }

    /// Compares with the outcomes of its runs; a run without one has failed, and its number is NaN.
    pub fn judge<'a>(&self, outcome: impl Fn(&CheckRun) -> Option<&'a CheckOutcome>) -> Check {
        let value = |run: &CheckRun| outcome(run).map_or(f64::NAN, |outcome| self.quantity.of(outcome));
        let values: Vec<f64> = self.runs().map(value).collect();
        let measured = match &self.pool {
            Pool::Median(_) => median(&values),
            Pool::Mean(_) => values.iter().sum::<f64>() / values.len() as f64,
            Pool::Ratio(numerator, _) => {
                let (numerator, denominator) = values.split_at(numerator.len());
                median(numerator) / median(denominator)
            }
            Pool::Difference(first, _) => {
                let (first, second) = values.split_at(first.len());
                median(&first.iter().zip(second).map(|(a, b)| a - b).collect::<Vec<_>>())
            }
        };
        Check { prediction: self.clone(), measured, passed: self.expected.admits(measured), values }
    }
}

/// Middle number, or the mean of the two in the middle. NaN if any number is.
fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        _ if numbers.iter().any(|x| x.is_nan()) => f64::NAN,
        n => 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;
    use crate::vae::Covariance;

    #[test]
    fn nan_agrees_with_nothing() {
        for expected in [Expected::Near { value: 0.0, tolerance: 1.0 }, Expected::Below(1.0), Expected::Above(-1.0)] {
            assert!(expected.admits(0.5) && !expected.admits(f64::NAN));
        }
        assert!(!Expected::Near { value: 0.0, tolerance: 0.1 }.admits(0.2) && !Expected::Below(0.0).admits(0.0));
        assert!(median(&[1.0, f64::NAN, 2.0]).is_nan() && median(&[]).is_nan());
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
    }

    /// One run against a true and a false prediction.
    #[test]
    fn a_false_prediction_fails() {
        let mut scene = Scene::named("linear").unwrap().clone();
        (scene.training.steps, scene.generator.samples, scene.generator.test_samples) = (600, 2000, 500);
        let run = CheckRun::new(&scene, Covariance::Diagonal, 0);
        let outcome = run.run().unwrap();
        let predict = |value| Prediction {
            scene: scene.name.clone(),
            claim: "All latents are active.".to_owned(),
            standing: Standing::Theorem,
            expected: Expected::Near { value, tolerance: 0.0 },
            quantity: CheckQuantity::ActiveUnits,
            pool: Pool::Median(vec![run.clone()]),
        };
        let judged = |value| predict(value).judge(|other| (*other == run).then_some(&outcome));
        assert!(judged(2.0).passed && !judged(1.0).passed);
        let failed = predict(2.0).judge(|_| None);
        assert!(!failed.passed && failed.measured.is_nan(), "a failed run proves nothing");
    }
}
