//! Means of independent observations with their sampling error, and medians of runs with their range.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// Mean of independent observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Mean.
    pub mean: f64,
    /// Its sampling standard error, √(s² / N) with s² the sample variance; NaN for a single observation.
    pub standard_error: f64,
    /// N, the number of observations.
    pub count: usize,
}

impl Estimate {
    /// Mean of these values.
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (count, sum) = values.clone().fold((0, 0.0), |(count, sum), x| (count + 1, sum + x));
        let n = count as f64;
        let mean = sum / n;
        let squares: f64 = values.map(|x| (x - mean).powi(2)).sum();
        Self { mean, standard_error: (squares / (n - 1.0) / n).sqrt(), count }
    }

    /// Mean of a − b over pairs. Of values at the same observations its error is usually far below that of either mean.
    pub fn paired(a: impl Iterator<Item = f64> + Clone, b: impl Iterator<Item = f64> + Clone) -> Self {
        Self::of(a.zip(b).map(|(a, b)| a - b))
    }

    /// Ends of the interval that covers the true mean with this probability, by Student's t with N − 1 degrees of freedom:
    /// exact for normal values, by the central limit theorem for many others. NaN for a single observation.
    pub fn interval(&self, level: f64) -> [f64; 2] {
        let t = StudentsT::new(0.0, 1.0, self.count as f64 - 1.0)
            .map_or(f64::NAN, |student| student.inverse_cdf(0.5 + 0.5 * level));
        [-1.0, 1.0].map(|sign| self.mean + sign * t * self.standard_error)
    }
}

/// Median of several runs with their range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Median; the mean of the middle two of an even number.
    pub median: f64,
    /// Smallest value.
    pub least: f64,
    /// Largest value.
    pub most: f64,
    /// Number of values.
    pub count: usize,
}

impl Spread {
    /// Spread of these values without NaN, if any are left.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().filter(|x| !x.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (least, most, count) = (*sorted.first()?, *sorted.last()?, sorted.len());
        Some(Self { median: 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]), least, most, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use rand_distr::{Distribution as _, StandardNormal};

    #[test]
    fn mean_error_and_interval_of_four_numbers() {
        let e = Estimate::of([1.0, 2.0, 3.0, 6.0].into_iter());
        // s² = (4 + 1 + 0 + 9) / 3, and t of three degrees of freedom at 97.5 % is 3.18245.
        assert_eq!((e.mean, e.count), (3.0, 4));
        assert!((e.standard_error - (14.0_f64 / 12.0).sqrt()).abs() < 1e-15);
        let [low, high] = e.interval(0.95);
        assert!((high - 3.0 - 3.182_446_305 * e.standard_error).abs() < 1e-7 && (low + high - 6.0).abs() < 1e-12);
        let one = Estimate::of([2.0].into_iter());
        assert!(one.mean == 2.0 && one.standard_error.is_nan() && one.interval(0.95)[0].is_nan());
    }

    #[test]
    fn intervals_cover_the_true_mean_as_often_as_they_say() {
        let mut rng = stream(3, Purpose::Analysis, 0);
        let covered = (0..2000).filter(|_| {
            let values: Vec<f64> = (0..6).map(|_| StandardNormal.sample(&mut rng)).collect();
            let [low, high] = Estimate::of(values.into_iter()).interval(0.95);
            low < 0.0 && 0.0 < high
        });
        // The standard deviation of the share is √(.95 · .05 / 2000) = .005; with 1.96 in place of t it would be .89.
        assert!((covered.count() as f64 / 2000.0 - 0.95).abs() < 0.02);
    }

    #[test]
    fn pairs_cancel_what_they_share() {
        let (a, b) = ([1.0, 5.0, 9.0], [0.5, 4.5, 8.0]);
        let paired = Estimate::paired(a.into_iter(), b.into_iter());
        assert!((paired.mean - 2.0 / 3.0).abs() < 1e-15 && paired.standard_error < 0.2);
        assert!(Estimate::of(a.into_iter()).standard_error > 2.0);
    }

    #[test]
    fn medians_and_their_range() {
        let spread = |values: &[f64]| Spread::of(values.iter().copied());
        let expected = Spread { median: 2.5, least: 1.0, most: 4.0, count: 4 };
        assert_eq!(spread(&[4.0, 1.0, f64::NAN, 2.0, 3.0]), Some(expected));
        assert_eq!(spread(&[3.0, 1.0, 2.0]).map(|s| s.median), Some(2.0));
        assert_eq!(spread(&[f64::NAN]), None);
    }
}
