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

/// Correlations of all coordinates, from their covariance. Zero where a variance is zero.
pub fn correlation(covariance: &DMatrix<f64>) -> DMatrix<f64> {
    DMatrix::from_fn(covariance.nrows(), covariance.ncols(), |i, k| {
        let scale = (covariance[(i, i)] * covariance[(k, k)]).sqrt();
        if scale > 0.0 { covariance[(i, k)] / scale } else { 0.0 }
    })
}

/// A value at each pair, zf − r (z² + f²)/2 + r of the standardised samples z and f: their mean is the correlation r, and their
/// standard error that of r for large samples (delta method). Zeros where a sample is constant.
pub fn linearised_correlation(x: &[f64], y: &[f64]) -> Vec<f64> {
    let standardised = |x: &[f64]| -> Vec<f64> {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let scale = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        x.iter().map(|x| if scale > 0.0 { (x - mean) / scale } else { 0.0 }).collect()
    };
    let (z, f) = (standardised(x), standardised(y));
    let r = z.iter().zip(&f).map(|(z, f)| z * f).sum::<f64>() / z.len() as f64;
    z.iter().zip(&f).map(|(z, f)| z * f - 0.5 * r * (z * z + f * f) + r).collect()
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
    use crate::rng::{Purpose, stream};
    use crate::stats::Estimate;
    use rand_distr::{Distribution as _, StandardNormal};

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
            let (mcc, pairs) = mean_correlation_coefficient(&correlation(&joint).view((0, 2), (2, 2)).into());
            assert!((mcc - cos).abs() < 1e-15);
            assert!(degrees == 45.0 || pairs == [Some(1), Some(0)]);
        }
    }

    /// Of normal samples the standard error of a correlation is (1 − r²)/√N.
    #[test]
    fn the_error_of_a_correlation_is_that_of_normal_samples() {
        let mut rng = stream(4, Purpose::Analysis, 0);
        let r = 0.8;
        let (x, y): (Vec<f64>, Vec<f64>) = (0..4000)
            .map(|_| {
                let [a, b]: [f64; 2] = [0, 1].map(|_| StandardNormal.sample(&mut rng));
                (a, 5.0 + 2.0 * (r * a + (1.0 - r * r).sqrt() * b))
            })
            .unzip();
        let joint: Vec<[f64; 2]> = x.iter().zip(&y).map(|(x, y)| [*x, *y]).collect();
        let exact = correlation(&moments(joint.iter().map(|p| &p[..]), 2).1)[(0, 1)];
        let found = Estimate::of(linearised_correlation(&x, &y).into_iter());
        assert!((found.mean - exact).abs() < 1e-12 && (exact - r).abs() < 0.03);
        // A standard deviation of 4,000 numbers is known to 1/√8000 of its size if they are normal; these have heavier tails.
        let expected = (1.0 - exact * exact) / 4000_f64.sqrt();
        assert!((found.standard_error / expected - 1.0).abs() < 0.1, "{} {expected}", found.standard_error);
        assert_eq!(linearised_correlation(&[1.0, 1.0], &[2.0, 3.0]), [0.0, 0.0]);
    }

    #[test]
    fn a_factor_without_a_latent_counts_as_zero() {
        let found = DMatrix::from_row_slice(1, 2, &[0.2, -0.8]);
        assert_eq!(mean_correlation_coefficient(&found), (0.4, vec![None, Some(0)]));
    }
}
