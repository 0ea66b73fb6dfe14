//! Linear dependence: covariances, correlations, and latents matched with factors.

use nalgebra::DMatrix;

use crate::linalg::best_assignment;

/// Mean (n) and covariance (n × n, divided by N) of samples of length n.
pub fn moments<'a>(samples: impl Iterator<Item = &'a [f64]> + Clone, n: usize) -> (Vec<f64>, DMatrix<f64>) {
    let (mut count, mut mean) = (0_usize, vec![0.0; n]);
    for sample in samples.clone() {
        count += 1;
        mean.iter_mut().zip(sample).for_each(|(m, x)| *m += x);
    }
    for m in &mut mean {
        *m /= count as f64;
    }
    let mut covariance = DMatrix::zeros(n, n);
    let mut centred = vec![0.0; n];
    for sample in samples {
        centred.iter_mut().zip(sample.iter().zip(&mean)).for_each(|(c, (x, m))| *c = x - m);
        for (j, b) in centred.iter().enumerate() {
            for (i, a) in centred.iter().enumerate().take(j + 1) {
                covariance[(i, j)] += a * b;
            }
        }
    }
    covariance.fill_lower_triangle_with_upper_triangle();
    (mean, covariance / count as f64)
}

/// Correlations of the first `m` coordinates with the others, from the covariance of all: m × (n − m). Zero where a
/// variance is zero.
pub fn cross_correlation(covariance: &DMatrix<f64>, m: usize) -> DMatrix<f64> {
    DMatrix::from_fn(m, covariance.ncols() - m, |i, k| {
        let scale = (covariance[(i, i)] * covariance[(m + k, m + k)]).sqrt();
        if scale > 0.0 { covariance[(i, m + k)] / scale } else { 0.0 }
    })
}

/// Mean correlation coefficient of latents with true factors (Hyvärinen & Morioka 2016): the mean over factors of the
/// |correlation| with the matched latent, under the best matching. `correlation` is latents × factors; a factor without
/// a latent counts as 0. Also returns the latent of each factor.
pub fn mean_correlation_coefficient(correlation: &DMatrix<f64>) -> (f64, Vec<Option<usize>>) {
    let (latents, factors) = correlation.shape();
    let pairs = best_assignment(factors, latents, |k, i| correlation[(i, k)].abs());
    let sum: f64 = pairs.iter().enumerate().filter_map(|(k, i)| Some(correlation[((*i)?, k)].abs())).sum();
    (sum / factors as f64, pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_covariance_of_four_points() {
        let points = [[0.0, 0.0], [2.0, 1.0], [0.0, 0.0], [2.0, 3.0]];
        let (mean, covariance) = moments(points.iter().map(|p| &p[..]), 2);
        assert_eq!(mean, [1.0, 1.0]);
        assert_eq!(covariance, DMatrix::from_row_slice(2, 2, &[1.0, 1.0, 1.0, 1.5]));
    }

    /// V15: for a rotation by θ ≤ 45° of independent factors of equal variance the coefficient is cos θ.
    #[test]
    fn mcc_of_a_rotation_is_its_cosine() {
        for degrees in [0.0_f64, 15.0, 45.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            // Covariance of (z, s) with z = R s and Cov s = I; a sign flip must not matter.
            let joint = DMatrix::from_row_slice(
                4,
                4,
                &[1.0, 0.0, sin, cos, 0.0, 1.0, -cos, sin, sin, -cos, 1.0, 0.0, cos, sin, 0.0, 1.0],
            );
            let (mcc, pairs) = mean_correlation_coefficient(&cross_correlation(&joint, 2));
            assert!((mcc - cos).abs() < 1e-15);
            assert!(degrees == 45.0 || pairs == [Some(1), Some(0)]);
        }
    }

    #[test]
    fn a_factor_without_a_latent_counts_as_zero() {
        let correlation = DMatrix::from_row_slice(1, 2, &[0.2, -0.8]);
        assert_eq!(mean_correlation_coefficient(&correlation), (0.4, vec![None, Some(0)]));
    }
}
