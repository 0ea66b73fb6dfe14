//! Gauss–Hermite quadrature: expectations under N(0, I), exact for polynomials.
//
// By hand: `gauss-quad` 0.3 calls the same eigensolver of nalgebra, for the weight exp(−x²) and in another order.
// Rescaling its rule is as long as the rule, and would change the last bits of metrics.

use nalgebra::DMatrix;

use crate::linalg::Matrix;

/// A quadrature rule: E f(ε) ≈ Σ wₖ f(εₖ) for ε ~ N(0, I).
#[derive(Clone, Debug, PartialEq)]
pub struct Quadrature {
    /// εₖ, the columns of m × K.
    pub nodes: Matrix<f64>,
    /// wₖ, K numbers with sum 1.
    pub weights: Vec<f64>,
}

/// The product rule with `order` nodes per dimension, orderᵐ in all: exact for polynomials of degree 2·order − 1 in
/// each of `m` coordinates.
///
/// Nodes are the eigenvalues of the Jacobi matrix of the Hermite polynomials, weights the squared first components of
/// its eigenvectors (Golub & Welsch 1969).
pub fn gauss_hermite(m: usize, order: usize) -> Quadrature {
    let jacobi = DMatrix::from_fn(order, order, |r, c| match r.abs_diff(c) {
        1 => (r.max(c) as f64).sqrt(),
        _ => 0.0,
    });
    let eigen = jacobi.symmetric_eigen();
    let line: Vec<(f64, f64)> =
        (0..order).map(|k| (eigen.eigenvalues[k], eigen.eigenvectors[(0, k)].powi(2))).collect();
    let count = order.pow(m as u32);
    let digit = |k: usize, i: usize| line[k / order.pow(i as u32) % order];
    Quadrature {
        nodes: Matrix::from_fn(m, count, |i, k| digit(k, i).0),
        weights: (0..count).map(|k| (0..m).map(|i| digit(k, i).1).product()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal_distribution_are_exact() {
        let rule = gauss_hermite(2, 5);
        let expect = |f: &dyn Fn(&[f64]) -> f64| -> f64 {
            rule.nodes.iter_columns().zip(&rule.weights).map(|(x, w)| w * f(x)).sum()
        };
        assert!((expect(&|_| 1.0) - 1.0).abs() < 1e-13);
        assert!((expect(&|x| x[0].powi(2) * x[1].powi(4)) - 3.0).abs() < 1e-12);
        assert!((expect(&|x| x[0].powi(8)) - 105.0).abs() < 1e-10);
        assert!(expect(&|x| x[0] * x[1].powi(2)).abs() < 1e-13);
        assert_eq!(gauss_hermite(3, 2).weights.len(), 8);
    }
}
