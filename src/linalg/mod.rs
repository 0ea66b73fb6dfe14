//! Matrices, the one place that multiplies fast, singular values with columns that keep their name, assignment.

mod matrix;
mod real;

pub use matrix::Matrix;
pub use real::Real;
