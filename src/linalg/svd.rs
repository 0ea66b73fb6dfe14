//! Thin singular value decomposition with singular vectors matched to the columns of the matrix.

use nalgebra::DMatrix;

use super::assignment::best_assignment;

/// A = U S Vᵀ for A of n×m, with m singular values. They are not sorted: triple i is matched to column i of A. Sorted
/// triples swap where two singular values cross; matched triples move continuously as long as no direction is equally
/// near to two axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Svd {
    /// Left singular vectors: n×m, orthonormal columns; a column of zeros where the singular value is zero.
    pub u: DMatrix<f64>,
    /// m singular values ≥ 0.
    pub singular_values: Vec<f64>,
    /// Right singular vectors: m×m, orthogonal, with `v[(i, i)]` ≥ 0.
    pub v: DMatrix<f64>,
}

/// The SVD by one-sided Jacobi rotations (Hestenes 1958): columns are rotated pairwise, by at most 45°, until they are
/// orthogonal. Small singular values have full relative precision, and orthogonal columns are not rotated at all. A NaN
/// gives NaNs.
pub fn svd(a: &DMatrix<f64>) -> Svd {
    let m = a.ncols();
    let (mut scaled, mut v) = (a.clone(), DMatrix::identity(m, m));
    // Convergence is quadratic; ten sweeps are more than these sizes ever need.
    for _ in 0..30 {
        let mut rotated = false;
        for i in 0..m {
            for j in i + 1..m {
                rotated |= orthogonalise(&mut scaled, &mut v, i, j);
            }
        }
        if !rotated {
            break;
        }
    }
    matched(&scaled, &v)
}

/// Rotates columns i and j of `a` (and of `v`) to orthogonality; true if that took a rotation.
fn orthogonalise(a: &mut DMatrix<f64>, v: &mut DMatrix<f64>, i: usize, j: usize) -> bool {
    let (aii, ajj, aij) = (a.column(i).norm_squared(), a.column(j).norm_squared(), a.column(i).dot(&a.column(j)));
    let cosine_is_noise = aij.abs() <= f64::EPSILON * (aii * ajj).sqrt();
    if aij.is_nan() || cosine_is_noise {
        return false;
    }
    let zeta = (ajj - aii) / (2.0 * aij);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for matrix in [a, v] {
        for r in 0..matrix.nrows() {
            let (x, y) = (matrix[(r, i)], matrix[(r, j)]);
            matrix[(r, i)] = cosine * x - sine * y;
            matrix[(r, j)] = sine * x + cosine * y;
        }
    }
    true
}

/// Permutes the columns and chooses their signs so that V is nearest to the identity.
fn matched(scaled: &DMatrix<f64>, v: &DMatrix<f64>) -> Svd {
    let m = v.ncols();
    let order = best_assignment(m, m, |axis, column| v[(axis, column)].abs());
    let mut svd = Svd { u: scaled.clone(), singular_values: vec![0.0; m], v: v.clone() };
    for (axis, column) in order.iter().enumerate().filter_map(|(axis, column)| Some((axis, (*column)?))) {
        let sign = if v[(axis, column)] < 0.0 { -1.0 } else { 1.0 };
        let length = scaled.column(column).norm();
        svd.singular_values[axis] = length;
        svd.u.set_column(axis, &(scaled.column(column) * if length > 0.0 { sign / length } else { 0.0 }));
        svd.v.set_column(axis, &(v.column(column) * sign));
    }
    svd
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_decomposes(a: &DMatrix<f64>) {
        let Svd { u, singular_values, v } = svd(a);
        let s = DMatrix::from_diagonal(&singular_values.clone().into());
        let scale = a.norm().max(f64::MIN_POSITIVE);
        assert!((&u * s * v.transpose() - a).norm() <= 1e-13 * scale, "not A: {a}");
        assert!((v.transpose() * &v - DMatrix::identity(v.nrows(), v.nrows())).norm() < 1e-13);
        for (i, s) in singular_values.iter().enumerate() {
            assert!(*s >= 0.0 && v[(i, i)] >= 0.0);
            assert!(*s == 0.0 || (u.column(i).norm() - 1.0).abs() < 1e-13);
        }
    }

    proptest! {
        #[test]
        fn any_matrix_is_decomposed(n in 1_usize..6, m in 1_usize..6, numbers in prop::collection::vec(-3.0..3.0, 25),
                               repeat in any::<bool>(), tiny in 0_i32..20) {
            let mut a = DMatrix::from_fn(n, m, |r, c| numbers[5 * r + c]);
            if repeat && m > 1 {
                let first = a.column(0) * (1.0 + 10.0_f64.powi(-tiny));
                a.set_column(m - 1, &first);
            }
            assert_decomposes(&a);
        }
    }

    #[test]
    fn orthogonal_columns_are_not_rotated() {
        // The second column is the longer one: a sorted decomposition would swap them.
        let a = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 0.0, -2.0, 0.0, 0.0]);
        let svd = svd(&a);
        assert_eq!(svd.v, DMatrix::identity(2, 2));
        assert_eq!(svd.singular_values, [1.0, 2.0]);
        assert_eq!(svd.u, DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 0.0, -1.0, 0.0, 0.0]));
    }

    #[test]
    fn a_rotation_of_the_axes_is_found() {
        let (sin, cos) = 20_f64.to_radians().sin_cos();
        let v = DMatrix::from_row_slice(2, 2, &[cos, -sin, sin, cos]);
        let a = DMatrix::from_row_slice(2, 2, &[3.0, 0.0, 0.0, 1.0]) * v.transpose();
        let svd = svd(&a);
        assert!((svd.v - v).norm() < 1e-15);
        assert!((svd.singular_values[0] - 3.0).abs() < 1e-15 && (svd.singular_values[1] - 1.0).abs() < 1e-15);
    }

    #[test]
    fn zeros_and_nans_terminate() {
        assert_eq!(svd(&DMatrix::zeros(3, 2)).singular_values, [0.0, 0.0]);
        let nan = svd(&DMatrix::from_element(3, 2, f64::NAN));
        assert!(nan.singular_values.iter().all(|s| s.is_nan()));
    }
}
