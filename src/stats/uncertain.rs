//! A number with its error.

use super::estimate::Estimate;

/// An estimate with its standard error; 0 for what is exact up to rounding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncertain {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl Uncertain {
    /// Without an error.
    pub fn exact(value: f64) -> Self {
        Self { value, error: 0.0 }
    }

    /// Mean of independent replicates with its standard error; a single one counts as exact.
    pub fn of(replicates: &[f64]) -> Self {
        let Estimate { mean, standard_error, count } = Estimate::of(replicates.iter().copied());
        Self { value: mean, error: if count < 2 { 0.0 } else { standard_error } }
    }

    /// Mean of paired differences a − b: what both share cancels in the error, too.
    pub fn of_difference(a: &[f64], b: &[f64]) -> Self {
        Self::of(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>())
    }

    /// The difference to an independent estimate.
    pub fn minus(self, other: Self) -> Self {
        Self { value: self.value - other.value, error: self.error.hypot(other.error) }
    }

    /// A multiple.
    pub fn times(self, factor: f64) -> Self {
        Self { value: factor * self.value, error: factor.abs() * self.error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_that_of_the_mean() {
        let found = Uncertain::of(&[1.0, 2.0, 3.0, 6.0]);
        // Variance 14/3 of one, a quarter of it for the mean of four.
        assert_eq!(found, Uncertain { value: 3.0, error: (14.0_f64 / 12.0).sqrt() });
        assert_eq!(Uncertain::of(&[2.0]), Uncertain::exact(2.0));
        // A common part leaves no error.
        let shifted = Uncertain::of_difference(&[1.5, 2.5, 6.5], &[1.0, 2.0, 6.0]);
        assert_eq!(shifted, Uncertain::exact(0.5));
        let apart = found.times(-2.0).minus(Uncertain { value: 1.0, error: 0.0 });
        assert_eq!(apart, Uncertain { value: -7.0, error: 2.0 * found.error });
    }
}
