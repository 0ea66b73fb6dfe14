//! Distance correlation, a measure of dependence that vanishes only for independent variables (Székely et al. 2007).

use rand::Rng;
use rand::seq::SliceRandom as _;

/// Distance correlation of paired samples, in [0, 1]; NaN if one of them is constant. O(n²).
pub fn distance_correlation(x: &[f64], y: &[f64]) -> f64 {
    let (a, b) = (centred_distances(x), centred_distances(y));
    ratio(&a, &b, |i| i, x.len())
}

/// Distance correlation and its `level` quantile under random permutations of one sample: the value that independent
/// samples of this size reach by chance.
pub fn distance_correlation_band(
    x: &[f64],
    y: &[f64],
    permutations: usize,
    level: f64,
    rng: &mut impl Rng,
) -> (f64, f64) {
    let n = x.len();
    let (a, b) = (centred_distances(x), centred_distances(y));
    let mut order: Vec<usize> = (0..n).collect();
    let mut chance: Vec<f64> = (0..permutations)
        .map(|_| {
            order.shuffle(rng);
            ratio(&a, &b, |i| order[i], n)
        })
        .collect();
    chance.sort_unstable_by(f64::total_cmp);
    let rank = (level * (permutations.max(1) - 1) as f64).round() as usize;
    (ratio(&a, &b, |i| i, n), chance.get(rank).copied().unwrap_or(f64::NAN))
}

/// Doubly centred distances: |xᵢ − xⱼ| minus the means of its row and column, plus the mean of all.
fn centred_distances(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    let mut d: Vec<f64> = x.iter().flat_map(|a| x.iter().map(move |b| (a - b).abs())).collect();
    let means: Vec<f64> = d.chunks_exact(n.max(1)).map(|row| row.iter().sum::<f64>() / n as f64).collect();
    let mean = means.iter().sum::<f64>() / n as f64;
    for (row, row_mean) in d.chunks_exact_mut(n.max(1)).zip(&means) {
        row.iter_mut().zip(&means).for_each(|(d, column_mean)| *d += mean - row_mean - column_mean);
    }
    d
}

/// √(Σ AB / √(ΣA² ΣB²)), with rows and columns of B permuted by `place`.
fn ratio(a: &[f64], b: &[f64], place: impl Fn(usize) -> usize, n: usize) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for i in 0..n {
        let (row_a, row_b) = (&a[i * n..][..n], &b[place(i) * n..][..n]);
        for (j, a) in row_a.iter().enumerate() {
            let b = row_b[place(j)];
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
    }
    (ab.max(0.0) / (aa * bb).sqrt()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use rand::RngExt as _;

    #[test]
    fn linear_dependence_is_one_and_a_constant_is_undefined() {
        let x: Vec<f64> = (0..50).map(|i| f64::from(i * i % 17)).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 - 2.0 * x).collect();
        assert!((distance_correlation(&x, &y) - 1.0).abs() < 1e-12);
        assert!(distance_correlation(&x, &[1.0; 50]).is_nan());
    }

    /// Table of theory §3: a uniform square rotated by 0, 15, 22.5 and 45°, n = 1,500.
    #[test]
    fn a_rotated_square_has_the_dependence_of_the_table() {
        let mut rng = stream(1, Purpose::Analysis, 0);
        let points: Vec<[f64; 2]> = (0..1500).map(|_| [0, 1].map(|_| rng.random_range(-1.0..1.0))).collect();
        for (degrees, expected) in [(0.0_f64, 0.03), (15.0, 0.107), (22.5, 0.134), (45.0, 0.148)] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (x, y): (Vec<f64>, Vec<f64>) =
                points.iter().map(|[a, b]| (cos * a - sin * b, sin * a + cos * b)).unzip();
            // The spread from sample to sample is about 0.01 at this size.
            assert!((distance_correlation(&x, &y) - expected).abs() < 0.03, "{degrees}°");
        }
    }

    #[test]
    fn the_chance_level_separates_dependence_from_independence() {
        let mut rng = stream(2, Purpose::Analysis, 0);
        let [x, noise] = [0, 1].map(|_| (0..200).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>());
        let square: Vec<f64> = x.iter().map(|x| x * x).collect();
        let (dependent, band) = distance_correlation_band(&x, &square, 60, 0.95, &mut rng);
        assert!(dependent > 1.5 * band, "{dependent} {band}");
        let (independent, band) = distance_correlation_band(&x, &noise, 60, 0.95, &mut rng);
        assert!(independent < 1.3 * band, "{independent} {band}");
    }
}
