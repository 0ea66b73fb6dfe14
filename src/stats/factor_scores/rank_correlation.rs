//! Correlations of latents with factors, linear and of ranks.

use nalgebra::DMatrix;

use crate::linalg::Matrix;
use crate::stats::correlation::{correlation, moments};

/// Pearson's correlation of every latent with every factor (m × K), zero where one of them is constant. Its best matching is the
/// [mean correlation coefficient](crate::stats::mean_correlation_coefficient).
///
/// # Panics
/// If there are not as many codes as factors.
pub fn cross_correlation(codes: &Matrix<f64>, factors: &Matrix<f64>) -> DMatrix<f64> {
    assert_eq!(codes.columns(), factors.columns(), "every code has its factors");
    let (m, k) = (codes.rows(), factors.rows());
    let joint: Vec<f64> =
        codes.iter_columns().zip(factors.iter_columns()).flat_map(|(z, w)| z.iter().chain(w).copied()).collect();
    correlation(&moments(joint.chunks_exact(m + k), m + k).1).view((0, m), (m, k)).into_owned()
}

/// Spearman's rank correlation of every latent with every factor (m × K): Pearson's of the ranks, ties sharing the mean of theirs.
/// It is ±1 for every monotone relation, so an MCC of it forgives a latent that bends its factor. Nominal classes have no order,
/// for which no correlation means anything.
pub fn rank_correlation(codes: &Matrix<f64>, factors: &Matrix<f64>) -> DMatrix<f64> {
    cross_correlation(&ranked(codes), &ranked(factors))
}

/// Every row replaced by its ranks.
fn ranked(values: &Matrix<f64>) -> Matrix<f64> {
    let rows: Vec<Vec<f64>> = (0..values.rows()).map(|r| ranks(&values.row(r).collect::<Vec<_>>())).collect();
    Matrix::from_fn(values.rows(), values.columns(), |r, c| rows[r][c])
}

/// Ranks from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = before as f64 + 0.5 * (tied.len() as f64 + 1.0);
        tied.iter().for_each(|i| ranks[*i] = rank);
        before += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mean_correlation_coefficient;

    #[test]
    fn ties_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, -2.0, 3.0]), [4.0, 2.0, 4.0, 1.0, 4.0]);
    }

    #[test]
    fn ranks_forgive_bending() {
        let factors = Matrix::from_fn(2, 50, |i, c| ((c * (7 + 4 * i)) % 50) as f64 / 25.0 - 1.0);
        let codes =
            Matrix::from_fn(2, 50, |i, c| if i == 0 { -factors[(1, c)].powi(5) } else { factors[(0, c)].exp() });
        let (ranked, pairs) = mean_correlation_coefficient(&rank_correlation(&codes, &factors));
        assert!((ranked - 1.0).abs() < 1e-12);
        assert_eq!(pairs, [Some(1), Some(0)]);
        assert!(mean_correlation_coefficient(&cross_correlation(&codes, &factors)).0 < 0.95);
    }
}
