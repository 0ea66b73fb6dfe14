//! Statistics of samples, each tested against a closed form.

mod correlation;

pub use correlation::{cross_correlation, mean_correlation_coefficient, moments};
