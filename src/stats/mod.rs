//! Statistics of samples, and quadrature and quasi-Monte-Carlo for Gaussians, each tested against closed forms.

mod correlation;
mod distance;
mod estimate;
mod hermite;
mod normal;
mod sobol;

pub use correlation::{cross_correlation, mean_correlation_coefficient, moments};
pub use distance::{distance_correlation, distance_correlation_band};
pub use estimate::Estimate;
pub use hermite::{Quadrature, gauss_hermite};
pub use normal::normal_quantile;
pub use sobol::{MOST_DIMENSIONS, scrambled_normals};
