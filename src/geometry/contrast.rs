//! Deviation of one n×m Jacobian J = U S Vᵀ from orthogonal columns, and its cost.

use nalgebra::DMatrix;

use crate::linalg::{best_assignment, svd};

/// Λ = I + JᵀJ / b, b = βσ²: posterior precision by the stationarity condition without second derivatives of the decoder.
/// (The post's equation 1, whose left-hand side should read Σ⁻¹.)
pub fn posterior_precision(j: &DMatrix<f64>, b: f64) -> DMatrix<f64> {
    DMatrix::identity(j.ncols(), j.ncols()) + j.transpose() * j / b
}

/// Contrast of independent mechanism analysis, c = Σ log ‖Jᵢ‖ − ½ log det JᵀJ in nats (Gresele et al. 2021; for n > m
/// Ghosh et al. 2023). At least 0, and 0 exactly when the columns are orthogonal; it is −log sin of the angle between
/// two columns. NaN if the columns are linearly dependent.
pub fn ima_contrast(j: &DMatrix<f64>) -> f64 {
    let lengths: f64 = j.column_iter().map(|c| c.norm().ln()).sum();
    let singular: f64 = svd(j).singular_values.iter().map(|s| s.ln()).sum();
    let contrast = lengths - singular;
    if contrast.is_finite() { contrast.max(0.0) } else { f64::NAN }
}

/// Loss of a diagonal posterior against a full one for a precision Λ, ½ (Σ log Λᵢᵢ − log det Λ) in nats: the
/// Kullback–Leibler divergence of the best diagonal Gaussian from N(·, Λ⁻¹). At least 0 (Hadamard), and 0 exactly when
/// Λ is diagonal.
pub fn diagonal_gap(precision: &DMatrix<f64>) -> f64 {
    let diagonal: f64 = precision.diagonal().iter().map(|l| l.ln()).sum();
    let Some(factor) = precision.clone().cholesky() else { return f64::NAN };
    (0.5 * diagonal - factor.l().diagonal().iter().map(|l| l.ln()).sum::<f64>()).max(0.0)
}

/// Off-diagonal share of G = JᵀJ, Σ_{i≠j} G_ij² / Σ G_ij², between 0 and 1.
pub fn off_diagonal_mass(j: &DMatrix<f64>) -> f64 {
    let gram = j.transpose() * j;
    let diagonal: f64 = gram.diagonal().iter().map(|g| g * g).sum();
    let all = gram.norm_squared();
    if all > 0.0 { 1.0 - diagonal / all } else { f64::NAN }
}

/// Alignment of V with the axes, max over permutations π of Σ |V_iπ(i)| / m: 1 for a signed permutation, at least 1/√m.
pub fn alignment(v: &DMatrix<f64>) -> f64 {
    let m = v.ncols();
    let pairs = best_assignment(m, m, |r, c| v[(r, c)].abs());
    pairs.iter().enumerate().filter_map(|(r, c)| Some(v[(r, (*c)?)].abs())).sum::<f64>() / m as f64
}

/// Distance to orthogonality ‖V − P‖_F, P the nearest signed permutation (Rolínek et al. 2019, equation 29):
/// √(2m (1 − alignment)). For m = 2 and an angle θ ≤ 45° off the axes it is 2√2 sin(θ/2).
pub fn distance_to_orthogonality(v: &DMatrix<f64>) -> f64 {
    distance_of(alignment(v), v.ncols())
}

/// Distance to orthogonality of m columns with this alignment.
pub(super) fn distance_of(alignment: f64, m: usize) -> f64 {
    (2.0 * m as f64 * (1.0 - alignment).max(0.0)).sqrt()
}

/// Separation of the singular values, min_{i≠j} |sᵢ − sⱼ| / max s. V means little where it is small: two equal singular
/// values leave a rotation of their vectors free.
pub fn separation(singular_values: &[f64]) -> f64 {
    let largest = singular_values.iter().copied().fold(0.0, f64::max);
    let mut sorted = singular_values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.windows(2).map(|w| (w[1] - w[0]) / largest).fold(1.0, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use proptest::prelude::*;
    use rand_distr::{Distribution as _, StandardNormal};

    fn rotation(degrees: f64) -> DMatrix<f64> {
        let (sin, cos) = degrees.to_radians().sin_cos();
        DMatrix::from_row_slice(2, 2, &[cos, -sin, sin, cos])
    }

    #[test]
    fn contrast_is_minus_log_sine_of_the_angle() {
        for degrees in [30.0_f64, 60.0, 80.0, 90.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let j = DMatrix::from_row_slice(3, 2, &[2.0, 0.5 * cos, 0.0, 0.5 * sin, 0.0, 0.0]);
            assert!((ima_contrast(&j) + sin.ln()).abs() < 1e-12, "V37 at {degrees}°");
        }
        let dependent = DMatrix::from_row_slice(3, 2, &[1.0, 2.0, 1.0, 2.0, 0.0, 0.0]);
        assert!(ima_contrast(&dependent).is_nan() || ima_contrast(&dependent) > 15.0);
    }

    #[test]
    fn gap_of_two_latents_is_that_of_their_correlation() {
        // V38: −½ log(1 − ρ²).
        let precision = DMatrix::from_row_slice(2, 2, &[5.0, 1.3, 1.3, 2.0]);
        assert!((diagonal_gap(&precision) + 0.5 * (1.0 - 1.3 * 1.3 / 10.0_f64).ln()).abs() < 1e-14);
        assert!(diagonal_gap(&DMatrix::from_diagonal(&vec![3.0, 0.5].into())) < 1e-15);
    }

    proptest! {
        /// V09c: the gap tends to the contrast as b → 0, from below, and both are at least 0.
        #[test]
        fn gap_tends_to_the_contrast(numbers in prop::collection::vec(-2.0..2.0, 15)) {
            let j = DMatrix::from_row_slice(5, 3, &numbers);
            prop_assume!(svd(&j).singular_values.iter().all(|s| *s > 0.05));
            let contrast = ima_contrast(&j);
            let gaps = [1.0, 0.1, 0.01, 1e-8].map(|b| diagonal_gap(&posterior_precision(&j, b)));
            prop_assert!(gaps.iter().all(|g| *g >= 0.0));
            // Relative to JᵀJ/b the identity changes log det by at most Σ b/s² ≤ 3·10⁻⁸/0.0025.
            prop_assert!((gaps[3] - contrast).abs() < 3e-5);
        }
    }

    #[test]
    fn distance_follows_the_angle_of_v() {
        for degrees in [0.0, 10.0, 30.0, 45.0, 60.0, 135.0] {
            let folded = (degrees % 90.0_f64).min(90.0 - degrees % 90.0).to_radians();
            let v = rotation(degrees);
            // The square root loses half the digits at 0.
            assert!((distance_to_orthogonality(&v) - 2.0 * 2_f64.sqrt() * (folded / 2.0).sin()).abs() < 1e-7);
            assert!((alignment(&v) - folded.cos()).abs() < 1e-12);
        }
    }

    /// V14: the mean over rotations is (16√2/π)(1 − cos π/8) for m = 2.
    #[test]
    fn chance_level_of_the_distance_is_that_of_the_theory() {
        let mean =
            (0..4000).map(|i| distance_to_orthogonality(&rotation(90.0 * i as f64 / 4000.0))).sum::<f64>() / 4000.0;
        let exact = 16.0 * 2_f64.sqrt() / std::f64::consts::PI * (1.0 - (std::f64::consts::PI / 8.0).cos());
        assert!((mean - exact).abs() < 1e-6, "{mean} {exact}");
    }

    #[test]
    fn mass_and_separation_of_known_matrices() {
        let j = DMatrix::from_row_slice(2, 2, &[1.0, 0.6, 0.0, 0.8]);
        // G = [[1, .6], [.6, 1]].
        assert!((off_diagonal_mass(&j) - 0.72 / 2.72).abs() < 1e-15);
        assert!((separation(&[1.0, 2.0, 1.5]) - 0.25).abs() < 1e-15);
        assert_eq!(separation(&[2.0, 2.0]), 0.0);
        assert_eq!(separation(&[2.0]), 1.0);
    }

    #[test]
    fn a_random_jacobian_is_not_orthogonal() {
        let mut rng = stream(0, Purpose::Analysis, 0);
        let j = DMatrix::from_fn(5, 3, |_, _| StandardNormal.sample(&mut rng));
        assert!(ima_contrast(&j) > 0.01 && off_diagonal_mass(&j) > 0.01);
    }
}
