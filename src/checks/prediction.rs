//! Predictions about one number each, and the verdict once the number is measured.

use std::fmt;

use super::quantity::CheckQuantity;
use super::run::{CheckOutcome, CheckRun};

/// How well founded a prediction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Exact, under assumptions that the scene meets; what is left is the noise of training and of the estimate.
    Theorem,
    /// To second order, or for small b = βσ².
    Approximation,
    /// Seen in many runs, of this program and of an independent reference.
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

/// What a measured number is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected {
    /// `value` ± `tolerance`.
    Near {
        /// The prediction.
        value: f64,
        /// The largest deviation that is none.
        tolerance: f64,
    },
    /// Below this.
    Below(f64),
    /// Above this.
    Above(f64),
}

impl Expected {
    /// Whether the number agrees. One that is none does not.
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

/// How the runs of a prediction become one number.
#[derive(Clone, Debug, PartialEq)]
pub enum Pool {
    /// The median.
    Median(Vec<CheckRun>),
    /// The mean.
    Mean(Vec<CheckRun>),
    /// The median of the first over that of the others.
    Ratio(Vec<CheckRun>, Vec<CheckRun>),
}

/// One number of one scene, before it is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The scene's name.
    pub scene: String,
    /// What is predicted, in one sentence.
    pub claim: String,
    /// Why that can be said.
    pub standing: Standing,
    /// The number.
    pub expected: Expected,
    /// What is measured in each run.
    pub quantity: CheckQuantity,
    /// The runs, and what is made of them.
    pub pool: Pool,
}

/// A prediction with what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was predicted.
    pub prediction: Prediction,
    /// The number that is compared.
    pub measured: f64,
    /// The number of each run, in the order of [`Prediction::jobs`].
    pub values: Vec<f64>,
    /// Whether they agree.
    pub passed: bool,
}

impl Prediction {
    /// What the number is, in a few words.
    pub fn measured(&self) -> String {
        match &self.pool {
            Pool::Median(_) => self.quantity.to_string(),
            Pool::Mean(_) => format!("mean {}", self.quantity),
            Pool::Ratio(..) => format!("ratio of {}", self.quantity),
        }
    }

    /// The runs that it needs.
    pub fn jobs(&self) -> impl Iterator<Item = &CheckRun> {
        let (first, second): (&[CheckRun], &[CheckRun]) = match &self.pool {
            Pool::Median(jobs) | Pool::Mean(jobs) => (jobs, &[]),
            Pool::Ratio(these, those) => (these, those),
        };
        first.iter().chain(second)
    }

    /// Compares with the runs, of which `outcome` gives the one that a job led to; a run that failed has no numbers.
    pub fn judge<'a>(&self, outcome: impl Fn(&CheckRun) -> Option<&'a CheckOutcome>) -> Check {
        let value = |job: &CheckRun| outcome(job).map_or(f64::NAN, |outcome| self.quantity.of(outcome));
        let values: Vec<f64> = self.jobs().map(value).collect();
        let measured = match &self.pool {
            Pool::Median(_) => median(&values),
            Pool::Mean(_) => values.iter().sum::<f64>() / values.len() as f64,
            Pool::Ratio(these, _) => median(&values[..these.len()]) / median(&values[these.len()..]),
        };
        Check { prediction: self.clone(), measured, passed: self.expected.admits(measured), values }
    }
}

/// The middle one, or the mean of the two in the middle. NaN if one of them is.
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
    use super::super::predictions::predictions;
    use super::*;
    use crate::data::Scene;
    use crate::vae::Covariance;

    #[test]
    fn every_built_in_scene_has_predictions() {
        for scene in Scene::built_in() {
            let predictions = predictions(scene, 2);
            assert!(!predictions.is_empty(), "{}", scene.name);
            assert!(predictions.iter().all(|p| p.jobs().count() > 0 && p.claim.ends_with('.')), "{predictions:?}");
        }
        let mut own = Scene::built_in()[0].clone();
        own.name = "own".to_owned();
        assert!(predictions(&own, 2).is_empty());
    }

    #[test]
    fn a_number_that_is_none_agrees_with_nothing() {
        for expected in [Expected::Near { value: 0.0, tolerance: 1.0 }, Expected::Below(1.0), Expected::Above(-1.0)] {
            assert!(expected.admits(0.5) && !expected.admits(f64::NAN));
        }
        assert!(!Expected::Near { value: 0.0, tolerance: 0.1 }.admits(0.2) && !Expected::Below(0.0).admits(0.0));
        assert!(median(&[1.0, f64::NAN, 2.0]).is_nan() && median(&[]).is_nan());
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
    }

    /// The same run against a prediction that holds and against one that was falsified.
    #[test]
    fn a_false_prediction_fails() {
        let mut scene = Scene::named("linear").unwrap().clone();
        (scene.training.steps, scene.generator.samples, scene.generator.test_samples) = (600, 2000, 500);
        let job = CheckRun::new(&scene, Covariance::Diagonal, 0);
        let outcome = job.run().unwrap();
        let predict = |value| Prediction {
            scene: scene.name.clone(),
            claim: "All latents are active.".to_owned(),
            standing: Standing::Theorem,
            expected: Expected::Near { value, tolerance: 0.0 },
            quantity: CheckQuantity::ActiveUnits,
            pool: Pool::Median(vec![job.clone()]),
        };
        let judged = |value| predict(value).judge(|asked| (*asked == job).then_some(&outcome));
        assert!(judged(2.0).passed && !judged(1.0).passed);
        let lost = predict(2.0).judge(|_| None);
        assert!(!lost.passed && lost.measured.is_nan(), "a run that failed proves nothing");
    }
}
