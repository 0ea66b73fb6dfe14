//! The Gaussian posterior q(z|x) = N(μ, L Lᵀ) of one observation.

use nalgebra::{DMatrix, DVector};

use super::exponential_factor::Exponentials;
use super::prior::{Prior, entropy};
use crate::linalg::Matrix;

/// A Gaussian by its mean and the Cholesky factor of its covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct Posterior {
    /// μ.
    pub mean: DVector<f64>,
    /// L, lower triangular with a positive diagonal.
    pub factor: DMatrix<f64>,
}

impl Posterior {
    /// The posterior that one column of the encoder's output describes: μ, log L_ii, and (full covariance only) the
    /// strictly lower triangle of L, row by row.
    pub fn from_encoding(encoding: &[f64], latent_dim: usize) -> Self {
        let m = latent_dim;
        let (mean, scale) = encoding.split_at(m);
        let (log_std, below) = scale.split_at(m);
        let mut factor = DMatrix::from_diagonal(&DVector::from_iterator(m, log_std.iter().map(|s| s.exp())));
        let places = (1..m).flat_map(|i| (0..i).map(move |j| (i, j)));
        for (place, l) in places.zip(below) {
            factor[place] = *l;
        }
        Self { mean: DVector::from_column_slice(mean), factor }
    }

    /// The posterior with Σ = exp 2H, of an encoding μ, H_ii and √2 H_ij below the diagonal, row by row. NaN if the entries
    /// are not finite or Σ has no Cholesky factor.
    pub fn from_exponent(encoding: &[f64], latent_dim: usize) -> Self {
        let m = latent_dim;
        let mut exponentials = Exponentials::new();
        let encoding = Matrix::from_columns(encoding.len(), 1, encoding.to_vec());
        exponentials.compute(&encoding, m);
        let a = DMatrix::from_column_slice(m, m, exponentials.factor(0));
        let factor = (&a * &a).cholesky().map_or_else(|| DMatrix::from_element(m, m, f64::NAN), |c| c.l());
        Self { mean: DVector::from_column_slice(&encoding.column(0)[..m]), factor }
    }

    /// The point mass at a mean, L = 0. It has no density, and no finite KL.
    pub fn at(mean: &[f64]) -> Self {
        let m = mean.len();
        Self { mean: DVector::from_column_slice(mean), factor: DMatrix::zeros(m, m) }
    }

    /// m.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Σ = L Lᵀ.
    pub fn covariance(&self) -> DMatrix<f64> {
        &self.factor * self.factor.transpose()
    }

    /// The columns of the Cholesky factor L of the marginal covariance of two latents, L (cos t, sin t) being its outline at one
    /// standard deviation. With one latent on both axes the second column is zero.
    pub fn marginal_factor(&self, [a, b]: [usize; 2]) -> [[f64; 2]; 2] {
        let sigma = self.covariance();
        let l11 = sigma[(a, a)].sqrt();
        let l21 = sigma[(a, b)] / l11;
        let l22 = if a == b { 0.0 } else { (sigma[(b, b)] - l21 * l21).max(0.0).sqrt() };
        [[l11, l21], [0.0, l22]]
    }

    /// Σ⁻¹. (Equation 1 of the post prints the precision in place of the covariance.)
    pub fn precision(&self) -> DMatrix<f64> {
        let inverse = self.factor.clone().solve_lower_triangular(&DMatrix::identity(self.dim(), self.dim()));
        let inverse = inverse.unwrap_or_else(|| DMatrix::from_element(self.dim(), self.dim(), f64::NAN));
        inverse.transpose() * inverse
    }

    /// KL(q ‖ p) split over the rows of L: −E log p(zᵢ) − ½ (1 + log 2π) − log L_ii. With a normal prior that is
    /// ½ (μᵢ² + Σ_j L_ij² − 1 − 2 log L_ii), and the terms sum to ½ (‖μ‖² + tr Σ − m − log det Σ); for diagonal covariance each is the
    /// divergence of its latent.
    pub fn kl_per_dim(&self, prior: Prior) -> impl Iterator<Item = f64> + '_ {
        (0..self.dim()).map(move |i| {
            let (mean, row, log_deviation) =
                (self.mean[i], self.factor.row(i).norm_squared(), self.factor[(i, i)].ln());
            match prior {
                Prior::Normal => 0.5 * (mean * mean + row - 1.0 - 2.0 * log_deviation),
                Prior::Laplace => prior.cross_entropy(mean, row.sqrt()) - entropy(log_deviation),
            }
        })
    }

    /// KL(q ‖ p) in nats.
    pub fn kl(&self, prior: Prior) -> f64 {
        self.kl_per_dim(prior).sum()
    }

    /// KL(q ‖ p) for another Gaussian p in nats: ½ (tr Σ_p⁻¹Σ + δᵀΣ_p⁻¹δ − m + log det Σ_p − log det Σ), where δ is the
    /// difference of the means. NaN if p has no density.
    pub fn kl_to(&self, p: &Self) -> f64 {
        let log_det = |q: &Self| 2.0 * q.factor.diagonal().iter().map(|l| l.ln()).sum::<f64>();
        let white =
            |x: DMatrix<f64>| p.factor.clone().solve_lower_triangular(&x).map_or(f64::NAN, |x| x.norm_squared());
        let apart = DMatrix::from_columns(&[&self.mean - &p.mean]);
        let quadratic = white(self.factor.clone()) + white(apart);
        0.5 * (quadratic - self.dim() as f64 + log_det(p) - log_det(self))
    }

    /// The sample μ + L ε.
    pub fn sample(&self, noise: &[f64]) -> DVector<f64> {
        &self.mean + &self.factor * DVector::from_column_slice(noise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kl_agrees_with_its_definition() {
        let q = Posterior::from_encoding(&[0.3, -0.2, 0.5_f64.ln(), 0.4_f64.ln(), 0.2], 2);
        let sigma = q.covariance();
        let closed = 0.5 * (sigma.trace() + q.mean.norm_squared() - 2.0 - sigma.determinant().ln());
        assert!((q.kl(Prior::Normal) - closed).abs() < 1e-14);
        assert!((q.precision() * sigma - DMatrix::identity(2, 2)).norm() < 1e-13);
        assert!((q.sample(&[1.0, 1.0]) - DVector::from_vec(vec![0.8, 0.4])).norm() < 1e-15);
    }

    #[test]
    fn kl_to_the_prior_and_to_itself() {
        let q = Posterior::from_encoding(&[0.3, -0.2, 0.5_f64.ln(), 0.4_f64.ln(), 0.2], 2);
        let prior = Posterior { mean: DVector::zeros(2), factor: DMatrix::identity(2, 2) };
        assert!((q.kl_to(&prior) - q.kl(Prior::Normal)).abs() < 1e-14);
        assert!(q.kl_to(&q).abs() < 1e-14);
        // One dimension: ½ (s² + δ² − 1 − log s²) for N(δ, s²) against N(0, 1), scaled and shifted alike.
        let line = |mean: f64, sd: f64| Posterior::from_encoding(&[mean, sd.ln()], 1);
        let expected = 0.5 * (0.25 + 1.0 - 1.0 - 0.25_f64.ln());
        assert!((line(5.0, 1.5).kl_to(&line(2.0, 3.0)) - expected).abs() < 1e-14);
    }

    /// Of the three latents the second and the first: every point of the outline is one standard deviation away.
    #[test]
    fn the_outline_of_a_marginal_is_one_standard_deviation_away() {
        let q = Posterior::from_encoding(&[0.0, 0.0, 0.0, 0.2, -0.3, 0.1, 0.5, 0.7, -0.4], 3);
        let [first, second] = q.marginal_factor([1, 0]);
        let sigma = q.covariance();
        let marginal = nalgebra::Matrix2::new(sigma[(1, 1)], sigma[(1, 0)], sigma[(0, 1)], sigma[(0, 0)]);
        let factor = nalgebra::Matrix2::new(first[0], second[0], first[1], second[1]);
        assert!((factor * factor.transpose() - marginal).norm() < 1e-14);
        assert_eq!(q.marginal_factor([2, 2])[1], [0.0; 2]);
    }

    #[test]
    fn the_lower_triangle_is_read_row_by_row() {
        let q = Posterior::from_encoding(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0], 3);
        let expected = DMatrix::from_row_slice(3, 3, &[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 2.0, 3.0, 1.0]);
        assert_eq!(q.factor, expected);
    }
}
