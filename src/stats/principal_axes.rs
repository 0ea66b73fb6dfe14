//! The first principal axes of samples of any dimension, without a matrix of that dimension squared.

use nalgebra::{DMatrix, DVector};
use rand_distr::{Distribution as _, StandardNormal};

use crate::linalg::{Factor, Matrix, Panel, product};
use crate::rng::{Purpose, stream};

/// Principal axes of N samples of dimension n.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalAxes {
    /// x̄ (n).
    pub mean: Vec<f64>,
    /// n × count, orthonormal columns, by falling variance. The largest component of each is positive.
    pub axes: DMatrix<f64>,
    /// λᵢ, the variance along each.
    pub variances: Vec<f64>,
    /// The variance of all n coordinates together, the trace of the covariance.
    pub total: f64,
}

/// Columns of the sketch beyond the wanted ones: with them the error shrinks by λ₁₆/λ₃ or so with every iteration.
const EXTRA: usize = 13;

/// Iterations end when the residual ‖C v − λ v‖ of every wanted axis is below this share of λ₁.
const RESIDUAL: f64 = 1e-9;

/// A flat spectrum, whose axes are arbitrary, never converges.
const MOST_ITERATIONS: usize = 40;

/// The place of the sketch among the random numbers of an analysis.
const SKETCH: u64 = 3 << 32;

/// The first `count` principal axes of the columns of `samples` (n × N), or n or N if there are fewer, by randomised subspace
/// iteration with Rayleigh–Ritz projection (Halko, Martinsson & Tropp 2011, algorithm 4.4). The sketch has a fixed seed, so the
/// same samples have the same axes. It costs O(n N) per iteration and O(n + N) memory beside one copy of the samples in double
/// precision.
pub fn principal_axes(samples: &Matrix<f32>, count: usize) -> PrincipalAxes {
    let (n, samples_count) = (samples.rows(), samples.columns());
    let mut mean = vec![0.0; n];
    for x in samples.iter_columns() {
        mean.iter_mut().zip(x).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    mean.iter_mut().for_each(|sum| *sum /= samples_count.max(1) as f64);
    let mut centred = samples.map(f64::from);
    for x in centred.as_mut_slice().chunks_exact_mut(n.max(1)) {
        x.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
    }
    let total = centred.as_slice().iter().map(|x| x * x).sum::<f64>() / samples_count.max(1) as f64;
    let width = (count + EXTRA).min(n).min(samples_count);
    let count = count.min(width);
    if width == 0 {
        return PrincipalAxes { mean, axes: DMatrix::zeros(n, 0), variances: Vec::new(), total };
    }

    let mut rng = stream(0, Purpose::Analysis, SKETCH);
    let mut v = DMatrix::from_fn(n, width, |_, _| StandardNormal.sample(&mut rng)).qr().q();
    let (mut ritz, mut values) = (DMatrix::zeros(n, width), DVector::zeros(width));
    for _ in 0..MOST_ITERATIONS {
        let image = covariance_times(&centred, &v);
        // The Ritz vectors are the best approximations in the span of v.
        let projected = v.transpose() * &image;
        let eigen = (0.5 * (&projected + projected.transpose())).symmetric_eigen();
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let rotation = eigen.eigenvectors.select_columns(&order);
        values = DVector::from_iterator(width, order.iter().map(|k| eigen.eigenvalues[*k].max(0.0)));
        ritz = &v * &rotation;
        let image = image * rotation;
        let residual = |i: usize| (image.column(i) - ritz.column(i) * values[i]).norm();
        if (0..count).all(|i| residual(i) <= RESIDUAL * values[0]) {
            break;
        }
        v = image.qr().q();
    }
    let mut axes = ritz.columns(0, count).into_owned();
    for mut axis in axes.column_iter_mut() {
        let largest = axis.iter().fold(0.0_f64, |largest, x| if x.abs() > largest.abs() { *x } else { largest });
        if largest < 0.0 {
            axis.neg_mut();
        }
    }
    PrincipalAxes { mean, axes, variances: values.iter().take(count).copied().collect(), total }
}

/// C V = X (Xᵀ V) / N for centred samples X (n × N), without C.
fn covariance_times(centred: &Matrix<f64>, v: &DMatrix<f64>) -> DMatrix<f64> {
    let (n, samples, width) = (centred.rows(), centred.columns(), v.ncols());
    let (mut panel, mut inner, mut image) = (Panel::new(), vec![0.0; samples * width], DMatrix::zeros(n, width));
    let x = Factor::from(centred);
    product(x.transposed(), Factor::new(n, width, v.as_slice()), &mut inner, &mut panel);
    product(x, Factor::new(samples, width, &inner), image.as_mut_slice(), &mut panel);
    image / samples as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::moments;

    /// Samples whose variance falls geometrically along rotated axes, with a mean far from zero.
    fn samples(n: usize, count: usize, ratio: f64) -> Matrix<f32> {
        let mut rng = stream(5, Purpose::Analysis, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let rank = n.min(24);
        let basis = DMatrix::from_fn(n, rank, |_, _| normal()).qr().q();
        let scales = (0..rank).map(|i| 3.0 * ratio.powi(i as i32));
        let x = basis
            * DMatrix::from_diagonal(&DVector::from_iterator(rank, scales))
            * DMatrix::from_fn(rank, count, |_, _| normal());
        Matrix::from_fn(n, count, |r, c| (x[(r, c)] + 10.0 + r as f64 / n as f64) as f32)
    }

    /// Against the eigendecomposition of the whole covariance, with more and with fewer samples than dimensions.
    #[test]
    fn axes_agree_with_the_eigendecomposition() {
        for (n, count, ratio) in [(5, 300, 0.7), (60, 400, 0.85), (200, 50, 0.8), (4, 2, 0.5)] {
            let samples = samples(n, count, ratio);
            let found = principal_axes(&samples, 3);
            let double = samples.map(f64::from);
            let (mean, covariance) = moments(double.iter_columns(), n);
            let trace = covariance.trace();
            let eigen = covariance.symmetric_eigen();
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
            assert!(found.mean.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-9));
            assert!((found.total - trace).abs() < 1e-9 * trace);
            let gram = found.axes.transpose() * &found.axes;
            assert!((&gram - DMatrix::identity(gram.nrows(), gram.nrows())).norm() < 1e-12, "{n}×{count}: {gram}");
            // Two samples have one direction; the variance of the second axis is zero and its direction free.
            for (i, k) in order.iter().enumerate().take(found.variances.len().min(count - 1)) {
                let (exact, lambda) = (eigen.eigenvectors.column(*k), eigen.eigenvalues[*k]);
                assert!((found.variances[i] - lambda).abs() < 1e-9 * trace, "{n}×{count}, axis {i}");
                let cosine = exact.dot(&found.axes.column(i)).abs();
                assert!((cosine - 1.0).abs() < 1e-9, "{n}×{count}, axis {i}: {cosine}");
            }
        }
    }

    #[test]
    fn the_same_samples_have_the_same_axes() {
        let samples = samples(40, 90, 0.9);
        let [a, b] = [0, 1].map(|_| principal_axes(&samples, 3));
        assert_eq!(a, b);
        for axis in a.axes.column_iter() {
            assert!(axis.max() > -axis.min(), "the largest component is positive");
        }
    }

    #[test]
    fn samples_that_do_not_vary_have_axes_without_variance() {
        let found = principal_axes(&Matrix::from_fn(6, 10, |r, _| r as f32), 3);
        assert_eq!((found.axes.shape(), found.total), ((6, 3), 0.0));
        assert!(found.variances.iter().all(|v| *v == 0.0) && found.axes.iter().all(|x| x.is_finite()));
    }
}
