//! Matrices, the one place that multiplies fast, singular values with columns that keep their name, assignment.

mod matrix;
mod product;
mod real;

pub use matrix::Matrix;
pub use product::{Factor, Panel, product};
pub use real::Real;
