//! Variances along the principal axes of data, without a matrix of n × n numbers for large n.

use nalgebra::DMatrix;

use crate::linalg::Matrix;

/// Up to this many dimensions or observations, whichever are fewer, all variances are computed.
const ALL: usize = 400;

/// Largest variances that are computed otherwise.
const LARGEST: usize = 64;

/// Variances along principal axes.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalVariances {
    /// The largest variances in decreasing order; all that can differ from zero, or the 64 largest.
    pub values: Vec<f64>,
    /// The sum of all variances.
    pub total: f64,
}

impl PrincipalVariances {
    /// Variances of the columns of `x` (n × N) along their principal axes, with the divisor N, of x_r/`scale_r` in place of x_r.
    ///
    /// Up to 400 dimensions or observations they are eigenvalues of the smaller Gram matrix, exact up to rounding. Otherwise they are
    /// the 64 largest by subspace iteration from a fixed start, exact to about 1 % where neighbours are close.
    pub fn of(x: &Matrix<f32>, scale: &[f64]) -> Self {
        let (n, count) = (x.rows(), x.columns());
        let mut centred = DMatrix::from_fn(n, count, |r, c| f64::from(x[(r, c)]) / scale[r]);
        for mut row in centred.row_iter_mut() {
            let mean = row.mean();
            row.add_scalar_mut(-mean);
        }
        centred /= (count.max(1) as f64).sqrt();
        let total = centred.norm_squared();
        let values = if n <= count && n <= ALL {
            eigenvalues(&(&centred * centred.transpose()))
        } else if count <= ALL {
            eigenvalues(&centred.tr_mul(&centred))
        } else {
            subspace_iteration(&centred)
        };
        Self { values, total }
    }
}

/// Eigenvalues of a Gram matrix, largest first; rounding below zero is zero.
fn eigenvalues(gram: &DMatrix<f64>) -> Vec<f64> {
    let mut values: Vec<f64> = gram.symmetric_eigenvalues().iter().map(|x| x.max(0.0)).collect();
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    values
}

/// The largest eigenvalues of A Aᵀ (Halko, Martinsson & Tropp 2011, algorithm 4.4) with a margin of 16 axes.
fn subspace_iteration(a: &DMatrix<f64>) -> Vec<f64> {
    const ROUNDS: usize = 4;
    let width = (LARGEST + 16).min(a.nrows()).min(a.ncols());
    // Any start in general position does; this one is the same in every run.
    let start = DMatrix::from_fn(a.ncols(), width, |r, c| {
        let turn = (r as f64 + 1.0) * 0.618_033_988_749_895
            + (c as f64 + 1.0).powi(2) * (r as f64 + 0.5) * 0.324_717_957_244_746;
        turn.fract() - 0.5
    });
    let mut basis = (a * start).qr().q();
    for _ in 0..ROUNDS {
        basis = (a * a.tr_mul(&basis).qr().q()).qr().q();
    }
    let reduced = a.tr_mul(&basis);
    let mut values = eigenvalues(&reduced.tr_mul(&reduced));
    values.truncate(LARGEST);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Factors of a Hadamard code: N = 1024 samples of exactly uncorrelated columns with unit variance.
    fn walsh(r: usize, c: usize) -> f32 {
        if ((r + 1) & c).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }
    }

    #[test]
    fn variances_of_uncorrelated_columns_are_theirs_in_every_way() {
        let spread = |r: usize| 0.5_f32.powi(r as i32);
        // Few dimensions, few observations, many of both.
        for (n, count) in [(6, 1024), (600, 64), (600, 1024)] {
            let x = Matrix::from_fn(n, count, |r, c| 3.0 + spread(r) * if r < 6 { walsh(r, c) } else { 0.0 });
            let found = PrincipalVariances::of(&x, &vec![1.0; n]);
            for r in 0..6 {
                let exact = f64::from(spread(r)).powi(2);
                assert!((found.values[r] - exact).abs() < 1e-9, "{n} × {count}: {} is not {exact}", found.values[r]);
            }
            assert!(found.values[6..].iter().all(|x| *x < 1e-9));
            let sum: f64 = found.values.iter().sum();
            assert!((found.total - sum).abs() < 1e-9);
        }
    }

    #[test]
    fn slowly_falling_variances_are_near_enough() {
        let (n, count) = (500, 1024);
        let x = Matrix::from_fn(n, count, |r, c| walsh(r, c) * 0.99_f32.powi(r as i32));
        let found = PrincipalVariances::of(&x, &vec![1.0; n]);
        assert_eq!(found.values.len(), LARGEST);
        let error = |r: usize| (found.values[r] / 0.99_f64.powi(2 * r as i32) - 1.0).abs();
        // The documented error where neighbours are close, here 2 %.
        assert!((0..10).all(|r| error(r) < 0.01), "{:?}", (0..10).map(error).collect::<Vec<_>>());
    }

    #[test]
    fn a_scale_divides_its_row() {
        let x = Matrix::from_fn(2, 4, walsh);
        let found = PrincipalVariances::of(&x, &[0.5, 2.0]).values;
        assert!((found[0] - 4.0).abs() < 1e-12 && (found[1] - 0.25).abs() < 1e-12);
    }
}
