//! Statistics of samples and Gaussian quadrature, each tested against closed forms.

mod correlation;
mod distance;
mod hermite;
mod normal;

pub use correlation::{cross_correlation, mean_correlation_coefficient, moments};
pub use distance::{distance_correlation, distance_correlation_band};
pub use hermite::{Quadrature, gauss_hermite};
pub use normal::normal_quantile;
