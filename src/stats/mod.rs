//! Statistics of samples, scores of codes whose true factors are known, and quadrature and quasi-Monte-Carlo for Gaussians, each
//! tested against closed forms.

mod correlation;
mod distance;
mod estimate;
pub mod factor_scores;
mod hermite;
mod normal;
mod principal_axes;
mod principal_variances;
mod random_rotations;
mod sobol;
mod uncertain;

pub use correlation::{correlation, linearised_correlation, mean_correlation_coefficient, moments};
pub use distance::{distance_correlation, distance_correlation_band};
pub use estimate::{Estimate, Spread};
pub use hermite::{Quadrature, gauss_hermite};
pub use normal::{normal_cdf, normal_quantile};
pub use principal_axes::{PrincipalAxes, principal_axes};
pub use principal_variances::PrincipalVariances;
pub use random_rotations::random_rotations;
pub use sobol::{MOST_DIMENSIONS, scrambled_normals};
pub use uncertain::Uncertain;
