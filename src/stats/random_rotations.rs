//! Random rotations, for chance levels.

use nalgebra::DMatrix;
use rand_distr::{Distribution as _, StandardNormal};

use crate::rng::{Purpose, stream};

/// Random orthogonal matrices of `m` axes (Haar measure), the same ones each time: an endless sequence.
pub fn random_rotations(m: usize) -> impl Iterator<Item = DMatrix<f64>> {
    let mut rng = stream(0, Purpose::Analysis, m as u64);
    std::iter::repeat_with(move || {
        let gaussian: DMatrix<f64> = DMatrix::from_fn(m, m, |_, _| StandardNormal.sample(&mut rng));
        let (mut q, r) = gaussian.qr().unpack();
        // Uniform only with the signs that make the diagonal of R positive (Mezzadri 2007).
        for (mut column, r) in q.column_iter_mut().zip(&r.diagonal()) {
            column *= r.signum();
        }
        q
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Under the Haar measure E Rᵢₖ = 0 and E Rᵢₖ² = 1/m; the second moments tell it from rotations near the axes.
    #[test]
    fn rotations_are_orthogonal_and_have_no_preferred_axis() {
        let (m, count) = (3, 2000);
        let (mut mean, mut square) = (DMatrix::zeros(m, m), DMatrix::zeros(m, m));
        for r in random_rotations(m).take(count) {
            assert!((r.transpose() * &r - DMatrix::identity(m, m)).norm() < 1e-13);
            square += r.component_mul(&r) / count as f64;
            mean += r / count as f64;
        }
        // Standard deviations of Rᵢₖ and of its square are .58 and .30: errors of .013 and .007.
        assert!(mean.amax() < 0.05 && square.add_scalar(-1.0 / m as f64).amax() < 0.03, "{mean} {square}");
    }
}
