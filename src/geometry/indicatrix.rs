//! Indicatrices of the metric G = JᵀJ of a decoder: the steps of two latents that move the data equally far.

use super::gram::Gram;
use super::jet::Jets;
use crate::linalg::Real;

/// The ellipse {δz : δzᵀ G δz = r²} in the plane of two latents, with the 2×2 block of G = JᵀJ for them: semi-axes r/sᵢ along
/// the right singular vectors vᵢ of their two columns of J. If the columns are orthogonal, it is parallel to the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Indicatrix {
    /// Singular values of the two columns; sᵢ belongs to the latent that vᵢ is nearer to.
    pub singular_values: [f64; 2],
    /// Right singular vectors, orthonormal.
    pub directions: [[f64; 2]; 2],
}

impl Indicatrix {
    /// The indicatrix of two columns of the jets at latent vector `k`; `gram` is working memory.
    pub fn read<T: Real>(gram: &mut Gram, jets: &Jets<T>, k: usize, columns: [usize; 2]) -> Self {
        gram.read(jets, k, &columns);
        Self::of(gram)
    }

    /// The indicatrix of a 2×2 matrix G.
    ///
    /// # Panics
    /// If G is of another size.
    pub fn of(gram: &mut Gram) -> Self {
        assert_eq!(gram.dim(), 2, "an indicatrix is one of two latents");
        let (s, v) = gram.singular_basis();
        Self { singular_values: [s[0], s[1]], directions: [[v[0], v[1]], [v[2], v[3]]] }
    }

    /// The semi-axes (r/sᵢ) vᵢ, none longer than `longest`, and whether one was cut: where J does not move along vᵢ, sᵢ = 0, the
    /// ellipse is a pair of lines.
    pub fn semi_axes(&self, r: f64, longest: f64) -> ([[f64; 2]; 2], bool) {
        let lengths = self.singular_values.map(|s| r / s);
        let is_cut = lengths.map(|length| length.is_nan() || length > longest);
        let axis = |i: usize| self.directions[i].map(|v| if is_cut[i] { longest * v } else { lengths[i] * v });
        ([axis(0), axis(1)], is_cut[0] || is_cut[1])
    }

    /// The angle of the long axis with the first of the two latents, in degrees, above −90 and at most 90.
    pub fn angle(&self) -> f64 {
        let [s, t] = self.singular_values;
        let [x, y] = self.directions[usize::from(t < s)];
        let degrees = y.atan2(x).to_degrees().rem_euclid(180.0);
        if degrees > 90.0 { degrees - 180.0 } else { degrees }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, Matrix2, Vector2};

    fn of(j: &DMatrix<f64>) -> Indicatrix {
        Indicatrix::of(&mut Gram::of(j))
    }

    /// Points of the outline at r.
    fn outline(indicatrix: &Indicatrix, r: f64) -> Vec<Vector2<f64>> {
        let ([a, b], is_cut) = indicatrix.semi_axes(r, f64::INFINITY);
        assert!(!is_cut);
        let at = |t: f64| Vector2::new(a[0] * t.cos() + b[0] * t.sin(), a[1] * t.cos() + b[1] * t.sin());
        (0..24).map(|k| at(f64::from(k) * 0.3)).collect()
    }

    #[test]
    fn every_step_on_the_ellipse_moves_the_data_by_r() {
        let j = DMatrix::from_row_slice(3, 2, &[1.2, 0.3, -0.4, 0.9, 0.1, 0.7]);
        for r in [0.2, 3.0] {
            for step in outline(&of(&j), r) {
                assert!(((&j * step).norm() - r).abs() < 1e-14 * r.max(1.0) * 4.0, "{step}");
            }
        }
    }

    #[test]
    fn the_axes_are_eigenvectors_of_g() {
        let j = DMatrix::from_row_slice(4, 2, &[1.2, 0.3, -0.4, 0.9, 0.1, 0.7, 2.0, -1.0]);
        let found = of(&j);
        let g: Matrix2<f64> = (j.transpose() * &j).fixed_view::<2, 2>(0, 0).into_owned();
        let mut eigenvalues = g.symmetric_eigen().eigenvalues.as_slice().to_vec();
        eigenvalues.sort_by(f64::total_cmp);
        let mut squares = found.singular_values.map(|s| s * s);
        squares.sort_by(f64::total_cmp);
        assert!(squares.iter().zip(&eigenvalues).all(|(a, b)| (a - b).abs() < 1e-13), "{squares:?} {eigenvalues:?}");
        let ([a, b], _) = found.semi_axes(0.5, f64::INFINITY);
        for (axis, s) in [a, b].into_iter().zip(found.singular_values) {
            let v = Vector2::from(axis);
            assert!((g * v - s * s * v).norm() < 1e-14 && (v.norm() - 0.5 / s).abs() < 1e-14);
        }
    }

    #[test]
    fn orthogonal_columns_stand_parallel_to_the_axes_and_a_rotation_turns_them() {
        let straight = DMatrix::from_row_slice(3, 2, &[2.0, 0.0, 0.0, 0.5, 0.0, 0.0]);
        assert_eq!(of(&straight).angle(), 90.0, "long where the decoder moves little");
        // The latents z' = R z have the decoder d∘Rᵀ.
        let (sin, cos) = 25_f64.to_radians().sin_cos();
        let turned = &straight * DMatrix::from_row_slice(2, 2, &[cos, sin, -sin, cos]);
        assert!((of(&turned).angle() - (25.0 - 90.0)).abs() < 1e-12, "{}", of(&turned).angle());
    }

    #[test]
    fn an_axis_that_does_not_move_the_data_is_cut() {
        let inactive = DMatrix::from_row_slice(3, 2, &[2.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let (axes, is_cut) = of(&inactive).semi_axes(0.5, 0.4);
        assert_eq!((axes, is_cut), ([[0.25, 0.0], [0.0, 0.4]], true));
        let (axes, is_cut) = of(&DMatrix::zeros(3, 2)).semi_axes(0.5, 0.4);
        assert_eq!((axes, is_cut), ([[0.4, 0.0], [0.0, 0.4]], true));
        assert!(!of(&DMatrix::identity(3, 2)).semi_axes(0.3, 0.4).1);
    }
}
