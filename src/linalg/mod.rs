//! Linear algebra: column-major matrices, fast products, an SVD with columns matched to latents, assignment.

mod assignment;
mod elementary;
mod matrix;
mod product;
mod real;
mod svd;

pub use assignment::best_assignment;
pub use matrix::Matrix;
pub use product::{Factor, Panel, product};
pub use real::Real;
pub use svd::{Svd, svd};
