//! Scrambled Sobol points: expectations under N(0, I) in several dimensions, with an honest error.
//
// By hand: short, and the points must never change, because printed digits depend on them.

use super::hermite::Quadrature;
use super::normal::normal_quantile;
use crate::linalg::Matrix;

/// Most dimensions of [`scrambled_normals`].
pub const MOST_DIMENSIONS: usize = 10;

/// Primitive polynomials and first direction numbers of dimensions 2 to 10: coefficients and m₁, m₂ … (Joe & Kuo 2008).
const DIRECTIONS: [(u32, &[u32]); MOST_DIMENSIONS - 1] = [
    (0, &[1]),
    (1, &[1, 3]),
    (1, &[1, 3, 1]),
    (2, &[1, 1, 1]),
    (1, &[1, 1, 3, 3]),
    (4, &[1, 3, 5, 13]),
    (2, &[1, 1, 5, 5, 17]),
    (4, &[1, 1, 5, 5, 5]),
    (7, &[1, 1, 7, 11, 19]),
];

/// `count` nodes of equal weight for N(0, I) in `m` dimensions: the first Sobol points, scrambled by `seed` and mapped by
/// Φ⁻¹. The mean over them has no bias over seeds, so the spread of a few seeds is the error of each. For smooth functions
/// it falls nearly as count^(−3/2) where `count` is a power of two (Owen 1997).
///
/// # Panics
/// If `m` is above [`MOST_DIMENSIONS`].
pub fn scrambled_normals(m: usize, count: usize, seed: u32) -> Quadrature {
    assert!(m <= MOST_DIMENSIONS, "direction numbers are tabulated for {MOST_DIMENSIONS} dimensions");
    let mut nodes = Matrix::zeros(m, count);
    for i in 0..m {
        let directions = directions(i);
        let key = mixed(seed.wrapping_mul(MOST_DIMENSIONS as u32).wrapping_add(i as u32));
        for k in 0..count {
            let bits = (0..32).filter(|bit| k >> bit & 1 == 1).fold(0, |x, bit| x ^ directions[bit]);
            let uniform = (f64::from(scrambled(bits, key)) + 0.5) / 2_f64.powi(32);
            nodes[(i, k)] = normal_quantile(uniform);
        }
    }
    Quadrature { nodes, weights: vec![1.0 / count as f64; count] }
}

/// Direction numbers of dimension `i` as binary fractions: vₖ = a₁vₖ₋₁ ⊕ … ⊕ vₖ₋ₛ ⊕ 2⁻ˢvₖ₋ₛ.
fn directions(i: usize) -> [u32; 32] {
    let mut v: [u32; 32] = std::array::from_fn(|k| 1 << (31 - k));
    let Some((coefficients, first)) = i.checked_sub(1).map(|i| DIRECTIONS[i]) else { return v };
    let s = first.len();
    for (k, m) in first.iter().enumerate() {
        v[k] = m << (31 - k);
    }
    for k in s..32 {
        v[k] = v[k - s] ^ v[k - s] >> s;
        for j in (1..s).filter(|j| coefficients >> (s - 1 - j) & 1 == 1) {
            v[k] ^= v[k - j];
        }
    }
    v
}

/// Nested uniform scrambling by a hash in which every bit depends on itself and the more significant ones (Burley 2020).
fn scrambled(bits: u32, key: u32) -> u32 {
    let mut x = bits.reverse_bits().wrapping_add(key);
    for factor in [0x6c50_b47c, 0xb82f_1e52, 0xc7af_e638, 0x8d22_f6e6_u32] {
        x ^= x.wrapping_mul(factor);
    }
    x.reverse_bits()
}

/// Spreads a small number over 32 bits (the finaliser of MurmurHash3).
fn mixed(mut x: u32) -> u32 {
    x = (x ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b);
    x = (x ^ x >> 13).wrapping_mul(0xc2b2_ae35);
    x ^ x >> 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Uncertain;

    /// Every two coordinates together fill 4 × 4 boxes of equal probability equally, and each alone 256 slices.
    #[test]
    fn points_are_stratified() {
        let rule = scrambled_normals(MOST_DIMENSIONS, 256, 5);
        let box_of = |k: usize, i: usize, boxes: usize| {
            let edges = (1..boxes).map(|e| normal_quantile(e as f64 / boxes as f64));
            edges.filter(|edge| rule.nodes[(i, k)] > *edge).count()
        };
        for i in 0..MOST_DIMENSIONS {
            let mut slices: Vec<usize> = (0..256).map(|k| box_of(k, i, 256)).collect();
            slices.sort_unstable();
            assert_eq!(slices, (0..256).collect::<Vec<_>>(), "dimension {i}");
            for j in 0..i {
                let mut counts = [0; 16];
                (0..256).for_each(|k| counts[4 * box_of(k, i, 4) + box_of(k, j, 4)] += 1);
                assert_eq!(counts, [16; 16], "dimensions {i} and {j}");
            }
        }
    }

    /// E cos(aᵀε) = exp(−‖a‖²/2): the estimated error is that of the estimate, and falls faster than 1/√count.
    #[test]
    fn expectations_come_with_their_error() {
        let a = [0.9, -0.4, 0.6, 0.3, 0.2];
        let exact = (-0.5 * a.iter().map(|a| a * a).sum::<f64>()).exp();
        let mean = |count, seed| {
            let rule = scrambled_normals(5, count, seed);
            let phase = |z: &[f64]| z.iter().zip(a).map(|(z, a)| z * a).sum::<f64>().cos();
            rule.nodes.iter_columns().map(phase).sum::<f64>() / count as f64
        };
        let estimate = |count| Uncertain::of(&(0..32).map(|seed| mean(count, seed)).collect::<Vec<_>>());
        let [few, many] = [128, 2048].map(estimate);
        for found in [few, many] {
            assert!((found.value - exact).abs() < 4.0 * found.error, "{found:?} {exact}");
        }
        // Independent points would gain a factor 4.
        assert!(many.error < few.error / 12.0, "{few:?} {many:?}");
    }
}
