//! The mutual information gap.

use nalgebra::DMatrix;

use super::categories::Categories;
use super::factor_codes::FactorCodes;
use super::factor_kind::FactorKind;
use super::gap_score::GapScore;
use super::undefined_score::UndefinedScore;

/// Bins of the published scores.
pub const BINS: usize = 20;

/// The mutual information gap MIG (Chen et al. 2018), as `disentanglement_lib/evaluation/metrics/mig.py` computes it:
///
/// MIG = 1/K Σₖ (I₍₁₎ₖ − I₍₂₎ₖ) / H(wₖ),
///
/// where Iᵢₖ is the mutual information in nats of latent i with factor k (`attributions`, m × K), I₍₁₎ₖ and I₍₂₎ₖ are the largest
/// two of a factor, and H(wₖ) is its entropy. Between 0 (two latents tell the same) and 1 (one latent tells all, no other
/// anything). Latents and continuous factors are cut into `bins` of equal width from their least to their greatest value, 20 in
/// the library; the value depends on them. The information is that of the histogram, so it is biased upwards by about
/// (bins − 1)²/2N nats for independent variables: use thousands of observations.
///
/// # Errors
/// With fewer than two latents or observations, a constant factor, or numbers that are not finite.
pub fn mutual_information_gap(data: FactorCodes<'_>, bins: usize) -> Result<GapScore, UndefinedScore> {
    data.check(2)?;
    let latents: Vec<Vec<usize>> = (0..data.latent_count()).map(|i| bins_of(&data.latent(i), bins)).collect();
    let factors: Vec<Vec<usize>> = (0..data.factor_count())
        .map(|k| match data.kinds[k] {
            FactorKind::Continuous => bins_of(&data.factor(k), bins),
            FactorKind::Discrete => Categories::of(data.factors.row(k)).classes(data.factors.row(k)),
        })
        .collect();
    let entropies: Vec<f64> = factors.iter().map(|w| mutual_information(w, w)).collect();
    if entropies.iter().any(|h| *h <= 0.0) {
        return Err(UndefinedScore::ConstantFactor);
    }
    let information =
        DMatrix::from_fn(latents.len(), factors.len(), |i, k| mutual_information(&latents[i], &factors[k]));
    GapScore::new(information, &entropies)
}

/// The bin of each value: bins of equal width from the least to the greatest, closed on the left, the last one on both sides. A
/// constant has one bin.
fn bins_of(values: &[f64], bins: usize) -> Vec<usize> {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // The left edges, with the rounding of NumPy: k · width + least.
    let width = (greatest - least) / bins as f64;
    let edges: Vec<f64> = (0..bins).map(|k| k as f64 * width + least).collect();
    values.iter().map(|x| edges.partition_point(|edge| edge <= x).saturating_sub(1)).collect()
}

/// Mutual information of two classifications in nats, Σ p log (p / pₓ p_y), of the counts; with itself the entropy.
fn mutual_information(x: &[usize], y: &[usize]) -> f64 {
    let count = |x: &[usize]| x.iter().max().map_or(0, |most| most + 1);
    let (rows, columns, n) = (count(x), count(y), x.len() as f64);
    let (mut joint, mut of_x, mut of_y) = (vec![0_u32; rows * columns], vec![0_u32; rows], vec![0_u32; columns]);
    for (x, y) in x.iter().zip(y) {
        joint[x * columns + y] += 1;
        of_x[*x] += 1;
        of_y[*y] += 1;
    }
    let term = |(at, both): (usize, &u32)| {
        let [both, x, y] = [*both, of_x[at / columns], of_y[at % columns]].map(f64::from);
        both / n * (n * both / (x * y)).ln()
    };
    joint.iter().enumerate().filter(|(_, both)| **both > 0).map(term).sum::<f64>().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::stats::factor_scores::tests::rotated_square;

    #[test]
    fn bins_are_those_of_a_histogram() {
        assert_eq!(bins_of(&[0.0, 0.24, 0.25, 0.5, 1.0, 0.99], 4), [0, 0, 1, 2, 3, 3]);
        assert_eq!(bins_of(&[2.0, 2.0], 20), bins_of(&[-1.0, -1.0], 20), "a constant has one bin");
    }

    #[test]
    fn information_of_a_table_of_counts() {
        let (x, y) = ([0, 0, 1, 1], [0, 1, 1, 1]);
        // Joint ¼, ¼, ½ with margins ½, ½ and ¼, ¾.
        let exact = 0.25 * 2_f64.ln() + 0.25 * (2.0 / 3.0_f64).ln() + 0.5 * (4.0 / 3.0_f64).ln();
        assert!((mutual_information(&x, &y) - exact).abs() < 1e-15);
        assert!((mutual_information(&x, &x) - 2_f64.ln()).abs() < 1e-15);
    }

    /// V15: a uniform square rotated by 0, 15, 22.5 and 45°, 10,000 observations and 20 bins.
    #[test]
    fn the_gap_of_a_rotated_square_is_that_of_the_table() {
        for (degrees, expected) in [(0.0, 1.0), (15.0, 0.398), (22.5, 0.271), (45.0, 0.0)] {
            let (codes, factors) = rotated_square(degrees, 10_000);
            let kinds = [FactorKind::Continuous; 2];
            let data = FactorCodes { codes: &codes, factors: &factors, kinds: &kinds };
            let found = mutual_information_gap(data, BINS).unwrap();
            // Without a rotation the histogram's bias, (20 − 1)²/2N = .018 nats of 2.996, is missing from 1.
            assert!((found.score - expected).abs() < 0.015, "{degrees}°: {}", found.score);
        }
    }

    #[test]
    fn classes_that_a_latent_tells_are_one_apart() {
        let codes = Matrix::from_columns(2, 6, vec![0.0, 5.0, 1.0, 5.0, 2.0, 5.0, 0.1, 5.0, 1.0, 5.0, 2.0, 5.0]);
        let factors = Matrix::from_columns(1, 6, vec![7.0, 1.0, 2.0, 7.0, 1.0, 2.0]);
        let data = |factors| FactorCodes { codes: &codes, factors, kinds: &[FactorKind::Discrete] };
        assert!((mutual_information_gap(data(&factors), BINS).unwrap().score - 1.0).abs() < 1e-15);
        let constant = Matrix::from_columns(1, 6, vec![3.0; 6]);
        assert_eq!(mutual_information_gap(data(&constant), BINS), Err(UndefinedScore::ConstantFactor));
    }
}
