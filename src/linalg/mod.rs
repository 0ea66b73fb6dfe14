//! Linear algebra: column-major matrices, fast products, an SVD with columns matched to latents, assignment.

mod assignment;
mod elementary;
mod lanes;
mod matrix;
mod product;
mod real;
mod svd;

pub use assignment::best_assignment;
pub(crate) use elementary::exp_f64;
pub(crate) use lanes::{LANES, Lanes, cholesky_of_square, congruence, diagonalise, recompose, transposed_times};
pub use matrix::Matrix;
pub use product::{Factor, Panel, product};
pub use real::Real;
pub use svd::{Svd, svd};
