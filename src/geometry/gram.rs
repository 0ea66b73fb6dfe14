//! Gram matrix G = JᵀJ: lengths and angles of the columns of a Jacobian, which determine contrasts and gaps.

use nalgebra::DMatrix;
use pulp::{Arch, Simd};

use super::jet::Jets;
use crate::linalg::{Real, best_assignment};

/// G = JᵀJ (m×m) of one Jacobian at a time. Reused for many latent vectors, it allocates for the first only.
#[derive(Clone, Debug, Default)]
pub struct Gram {
    m: usize,
    /// G.
    entries: Vec<f64>,
    /// Memory for a second matrix.
    work: Vec<f64>,
    /// Singular values of J and V: J = U S Vᵀ.
    singular_values: Vec<f64>,
    v: Vec<f64>,
}

impl Gram {
    /// G of J.
    pub fn of(j: &DMatrix<f64>) -> Self {
        let mut gram = Self::default();
        gram.resize(j.ncols());
        gram.entries.copy_from_slice((j.transpose() * j).as_slice());
        gram
    }

    /// Reads the columns of these latents at latent vector `k`.
    pub fn read<T: Real>(&mut self, jets: &Jets<T>, k: usize, latents: &[usize]) {
        let m = latents.len();
        self.resize(m);
        for (a, i) in latents.iter().enumerate() {
            for (b, j) in latents[..=a].iter().enumerate() {
                let entry = dot(jets.column(k, *i), jets.column(k, *j));
                (self.entries[a * m + b], self.entries[b * m + a]) = (entry, entry);
            }
        }
    }

    fn resize(&mut self, m: usize) {
        self.m = m;
        self.entries.resize(m * m, 0.0);
    }

    /// m.
    pub fn dim(&self) -> usize {
        self.m
    }

    /// ‖Jᵢ‖².
    pub fn squared_length(&self, i: usize) -> f64 {
        self.entries[i * self.m + i]
    }

    /// G as a matrix.
    pub fn matrix(&self) -> DMatrix<f64> {
        DMatrix::from_column_slice(self.m, self.m, &self.entries)
    }

    /// Contrast of independent mechanism analysis in nats: [`ima_contrast`](super::ima_contrast()).
    pub fn contrast(&mut self) -> f64 {
        self.orthogonality(0.0, 1.0)
    }

    /// Loss of a diagonal posterior at Λ = I + G/b, in nats: [`diagonal_gap`](super::diagonal_gap()).
    pub fn gap(&mut self, b: f64) -> f64 {
        self.orthogonality(1.0, 1.0 / b)
    }

    /// ½ (Σ log Λᵢᵢ − log det Λ) of Λ = shift · I + scale · G, by the Cholesky factor of Λ with unit diagonal; NaN unless
    /// Λ is positive definite.
    fn orthogonality(&mut self, shift: f64, scale: f64) -> f64 {
        let m = self.m;
        self.work.clear();
        self.work.extend(self.entries.iter().map(|g| scale * g));
        (0..m).for_each(|i| self.work[i * m + i] += shift);
        let l = &mut self.work;
        // The squares of the pivots of the normalised matrix multiply up to its determinant.
        let mut determinant = 1.0;
        for i in 0..m {
            let diagonal = l[i * m + i];
            for j in 0..i {
                let inner: f64 = (0..j).map(|p| l[i * m + p] * l[j * m + p]).sum();
                l[i * m + j] = (l[i * m + j] - inner) / l[j * m + j];
            }
            let squares: f64 = (0..i).map(|p| l[i * m + p] * l[i * m + p]).sum();
            let pivot = diagonal - squares;
            determinant *= pivot / diagonal;
            l[i * m + i] = pivot.sqrt();
        }
        if determinant > 0.0 { (-0.5 * determinant.ln()).max(0.0) } else { f64::NAN }
    }

    /// Off-diagonal share of G: [`off_diagonal_mass`](super::off_diagonal_mass()).
    pub fn off_diagonal_mass(&self) -> f64 {
        let diagonal: f64 = (0..self.m).map(|i| self.squared_length(i).powi(2)).sum();
        let all: f64 = self.entries.iter().map(|g| g * g).sum();
        if all > 0.0 { 1.0 - diagonal / all } else { f64::NAN }
    }

    /// Singular values of J, and V (m×m, column-major) with columns matched to latents as in [`svd`](crate::linalg::svd()).
    /// Singular values below 10⁻⁸ of the largest are lost in rounding, because G holds their squares.
    ///
    /// Jacobi's method: rotates G in one plane after the other, by at most 45°, until it is diagonal. Two columns need one
    /// rotation.
    pub fn singular_basis(&mut self) -> (&[f64], &[f64]) {
        const SWEEPS: usize = 30;
        let Self { m, entries, work, singular_values, v } = self;
        let m = *m;
        // Rounding leaves a zero negative; a NaN stays one.
        let root = |square: f64| if square < 0.0 { 0.0 } else { square.sqrt() };
        singular_values.clear();
        v.clear();
        if let [g00, g01, _, g11] = entries[..] {
            let JacobiRotation { tangent, cosine, sine } =
                JacobiRotation::of(g00, g11, g01).unwrap_or(JacobiRotation::NONE);
            singular_values.extend([g00 - tangent * g01, g11 + tangent * g01].map(root));
            v.extend([cosine, -sine, sine, cosine]);
            return (singular_values, v);
        }
        work.clone_from(entries);
        v.extend((0..m * m).map(|at| f64::from(at % (m + 1) == 0)));
        for _ in 0..SWEEPS {
            let mut rotated = false;
            for i in 0..m {
                for j in i + 1..m {
                    rotated |= rotate(work, v, m, i, j);
                }
            }
            if !rotated {
                break;
            }
        }
        singular_values.extend((0..m).map(|i| root(work[i * m + i])));
        // V as near to the identity as a permutation and signs can make it.
        let order = best_assignment(m, m, |axis, column| v[column * m + axis].abs());
        let (unnamed, columns) = (singular_values.clone(), &mut work[..]);
        columns.copy_from_slice(v);
        for (axis, column) in order.iter().enumerate().filter_map(|(axis, column)| Some((axis, (*column)?))) {
            singular_values[axis] = unnamed[column];
            let sign = if columns[column * m + axis] < 0.0 { -1.0 } else { 1.0 };
            v[axis * m..][..m].iter_mut().zip(&columns[column * m..]).for_each(|(v, c)| *v = sign * c);
        }
        (singular_values, v)
    }
}

/// Rotation by at most 45° that makes a symmetric 2×2 matrix diagonal.
struct JacobiRotation {
    tangent: f64,
    cosine: f64,
    sine: f64,
}

impl JacobiRotation {
    const NONE: Self = Self { tangent: 0.0, cosine: 1.0, sine: 0.0 };

    /// Rotation for these entries; `None` if they are diagonal to the last digit, or NaN.
    fn of(gii: f64, gjj: f64, gij: f64) -> Option<Self> {
        if gij.is_nan() || gij.abs() <= f64::EPSILON * (gii * gjj).abs().sqrt() {
            return None;
        }
        let zeta = (gjj - gii) / (2.0 * gij);
        let tangent = zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
        let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        Some(Self { tangent, cosine, sine: cosine * tangent })
    }
}

/// Rotates axes i and j of the symmetric matrix `g` (and columns i and j of `v`) so that g_ij becomes zero; false if it
/// was zero.
fn rotate(g: &mut [f64], v: &mut [f64], m: usize, i: usize, j: usize) -> bool {
    let (gii, gjj, gij) = (g[i * m + i], g[j * m + j], g[i * m + j]);
    let Some(JacobiRotation { tangent, cosine, sine }) = JacobiRotation::of(gii, gjj, gij) else { return false };
    let rotated = |x: f64, y: f64| (cosine * x - sine * y, sine * x + cosine * y);
    for r in 0..m {
        (v[i * m + r], v[j * m + r]) = rotated(v[i * m + r], v[j * m + r]);
        let (x, y) = rotated(g[i * m + r], g[j * m + r]);
        (g[i * m + r], g[r * m + i], g[j * m + r], g[r * m + j]) = (x, x, y, y);
    }
    (g[i * m + i], g[j * m + j]) = (gii - tangent * gij, gjj + tangent * gij);
    (g[i * m + j], g[j * m + i]) = (0.0, 0.0);
    true
}

/// Parallel sums of products, fixed so that their order does not depend on the vector unit.
const SUMS: usize = 8;

/// a · b in double precision.
pub(super) fn dot<T: Real>(a: &[T], b: &[T]) -> f64 {
    // In few dimensions the call of the vector unit costs more than the sum, whose value is the same.
    if a.len() <= SUMS { a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum() } else { long_dot(a, b) }
}

#[pulp::with_simd(long_dot = Arch::new())]
#[inline(always)]
fn long_dot_with<S: Simd, T: Real>(_simd: S, a: &[T], b: &[T]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    let mut sums = [0.0; SUMS];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum = f64::mul_add(a.to_f64(), b.to_f64(), *sum);
        }
    }
    for (sum, (a, b)) in sums.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *sum = f64::mul_add(a.to_f64(), b.to_f64(), *sum);
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{diagonal_gap, posterior_precision, volume};
    use crate::linalg::svd;
    use proptest::prelude::*;

    proptest! {
        /// Against decompositions of J and of Λ by other methods.
        #[test]
        fn the_gram_matrix_agrees_with_its_jacobian(n in 5_usize..20, m in 1_usize..6, b in 0.01..2.0,
                                       numbers in prop::collection::vec(-2.0..2.0, 100)) {
            let j = DMatrix::from_fn(n, m, |r, c| numbers[5 * r + c]);
            let exact = svd(&j);
            let (least, most) = exact.singular_values.iter().fold((f64::MAX, 0.0_f64), |(l, h), s| (l.min(*s), h.max(*s)));
            prop_assume!(least > 1e-2 * most);
            let mut gram = Gram::of(&j);
            // Rounding errors of G are (s₁/sₘ)² ≤ 10⁴ times as large in the smallest singular value.
            let lengths: f64 = j.column_iter().map(|c| c.norm()).product();
            prop_assert!((gram.contrast() - (lengths / volume(&exact.singular_values)).ln()).abs() < 1e-10);
            prop_assert!((gram.gap(b) - diagonal_gap(&posterior_precision(&j, b))).abs() < 1e-10);
            let apart = exact.singular_values.iter().enumerate().all(|(i, s)| {
                exact.singular_values[..i].iter().all(|t| (s - t).abs() > 1e-2 * most)
            });
            let (values, v) = gram.singular_basis();
            let g = DMatrix::from_column_slice(m, m, v);
            let s = DMatrix::from_diagonal(&nalgebra::DVector::from_column_slice(values));
            let jtj = j.transpose() * &j;
            prop_assert!((&g * &s * &s * g.transpose() - &jtj).norm() < 1e-13 * jtj.norm(), "not G");
            if apart {
                // Columns of V rotate by the rounding error over the distance of the squares.
                prop_assert!((g - exact.v).norm() < 1e-9, "other order or signs");
                prop_assert!(values.iter().zip(&exact.singular_values).all(|(a, b)| (a - b).abs() < 1e-10 * most));
            }
        }
    }

    #[test]
    fn dependent_columns_have_no_contrast() {
        let j = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 0.0, 0.0]);
        let mut gram = Gram::of(&j);
        assert!(gram.contrast().is_nan() && gram.gap(1.0) > 0.0);
        assert!((gram.singular_basis().0[1] - 5_f64.sqrt()).abs() < 1e-15, "the longer column keeps its latent");
        let mut nan = Gram::of(&DMatrix::from_element(2, 2, f64::NAN));
        assert!(nan.contrast().is_nan() && nan.singular_basis().0[0].is_nan());
    }

    #[test]
    fn dot_products_of_any_length_are_exact() {
        for length in 0..40 {
            let (a, b): (Vec<f32>, Vec<f32>) = (0..length).map(|i| (i as f32, 2.0 - i as f32)).unzip();
            let exact: f64 = (0..length).map(f64::from).map(|i| i * (2.0 - i)).sum();
            assert_eq!(dot(&a, &b), exact);
            assert_eq!(long_dot(&a, &b), exact);
        }
    }
}
