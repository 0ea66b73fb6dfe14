//! Shared samples.

use rand::RngExt as _;

use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};

/// Factors of a uniform square and codes that are rotated against them by some degrees.
pub(super) fn rotated_square(degrees: f64, count: usize) -> (Matrix<f64>, Matrix<f64>) {
    let mut rng = stream(15, Purpose::Analysis, 0);
    let factors = Matrix::from_fn(2, count, |_, _| rng.random_range(-1.0..1.0));
    let (sin, cos) = degrees.to_radians().sin_cos();
    let codes = Matrix::from_fn(2, count, |i, c| {
        let w = factors.column(c);
        if i == 0 { cos * w[0] - sin * w[1] } else { sin * w[0] + cos * w[1] }
    });
    (codes, factors)
}

/// The first and the other columns of codes and factors.
pub(super) fn parts(codes: &Matrix<f64>, factors: &Matrix<f64>, first: usize) -> [(Matrix<f64>, Matrix<f64>); 2] {
    [0..first, first..codes.columns()].map(|part| (codes.select_columns(part.clone()), factors.select_columns(part)))
}
