//! Closed forms for linear decoders x̂ = W z + c: the optimum of the β-VAE with fixed σ², and the objective away from it.
//!
//! Everything depends on the data through mean and covariance alone, and on β and σ² through b = βσ². With
//! eigenvalues λ₁ ≥ λ₂ ≥ … of the covariance, the k latents with λᵢ > b are active: reverse water-filling at level b
//! (Tipping & Bishop 1999 and Lucas et al. 2019 for the likelihood, theory of the β-VAE with fixed variance).

use nalgebra::DMatrix;

use crate::geometry::{diagonal_gap, posterior_precision};
use crate::vae::{Objective, SIGMA2_RANGE};

/// Optimum over all linear decoders and all Gaussian posteriors; diagonal and full ones reach the same value.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearOptimum {
    /// Eigenvalues of the data's covariance, largest first.
    pub eigenvalues: Vec<f64>,
    /// k, the number of active latents.
    pub active: usize,
    /// Objective at the optimum, in nats.
    pub elbo: f64,
    /// E‖x − x̂‖² at the optimum: k b + Σ_{i>k} λᵢ.
    pub distortion: f64,
    /// KL per latent at the optimum, ½ log λᵢ/b for i ≤ k, in nats.
    pub kl_per_dim: Vec<f64>,
}

impl LinearOptimum {
    /// Optimum for data with this covariance and `m` latents.
    pub fn new(covariance: &DMatrix<f64>, m: usize, objective: &Objective) -> Self {
        let mut eigenvalues = covariance.symmetric_eigenvalues().as_slice().to_vec();
        eigenvalues.sort_unstable_by(|a, b| b.total_cmp(a));
        Self::of_eigenvalues(&eigenvalues, m, objective)
    }

    /// The same for the n eigenvalues of the covariance, largest first.
    pub fn of_eigenvalues(eigenvalues: &[f64], m: usize, objective: &Objective) -> Self {
        let (n, b, eigenvalues) = (eigenvalues.len(), objective.b(), eigenvalues.to_vec());
        let active = eigenvalues.iter().take(m).filter(|l| **l > b).count();
        let distortion = active as f64 * b + eigenvalues[active..].iter().sum::<f64>();
        let kl_per_dim = kl_at_optimum(&eigenvalues, m, b);
        let reconstruction = -distortion / (2.0 * objective.sigma2) - objective.log_normaliser(n);
        let elbo = reconstruction - objective.beta * kl_per_dim.iter().sum::<f64>();
        Self { eigenvalues, active, elbo, distortion, kl_per_dim }
    }

    /// Mean correlation of the best posterior means with the true factors, where the data are a linear map of `factors`
    /// independent factors along principal axes plus noise of variance v: the mean over the factors of √(1 − v/λᵢ), 0 for a
    /// factor whose latent has collapsed. β and σ² matter only for which ones have.
    pub fn mcc_ceiling(&self, v: f64, factors: usize) -> f64 {
        let active = self.eigenvalues.iter().take(self.active);
        // From +0: the sum of nothing is −0.
        active.map(|lambda| (1.0 - v / lambda).max(0.0).sqrt()).fold(0.0, |sum, c| sum + c) / factors as f64
    }

    /// KL in nats.
    pub fn kl(&self) -> f64 {
        self.kl_per_dim.iter().sum()
    }
}

/// σ̂², the best σ² together with the best decoder and posteriors, for the eigenvalues of the covariance, largest first. With k
/// active latents E‖x − x̂‖²/n = (kβσ² + S)/n, S = Σ_{i>k} λᵢ, so σ̂² = S/(n − kβ): none from β = n/k on, where directions must
/// collapse. E‖x − x̂‖² is concave in σ², so at most one k fits its own condition λ_k > βσ̂² ≥ λ_{k+1}. `None` if σ² falls to 0, as
/// it does where the latents reconstruct everything.
pub fn optimal_sigma2(eigenvalues: &[f64], m: usize, beta: f64) -> Option<f64> {
    let (n, latents) = (eigenvalues.len(), m.min(eigenvalues.len()));
    (0..=latents).rev().find_map(|k| {
        let free = n as f64 - k as f64 * beta;
        let sigma2 = eigenvalues[k..].iter().sum::<f64>() / free;
        let b = beta * sigma2;
        let fits = eigenvalues[..k].iter().all(|l| *l > b) && eigenvalues[k..latents].iter().all(|l| *l <= b);
        (free > 0.0 && sigma2 >= SIGMA2_RANGE[0] && fits).then_some(sigma2)
    })
}

/// KL per latent at that optimum, ½ log λᵢ/b in nats where λᵢ > b and 0 elsewhere; `eigenvalues` are the largest first.
pub fn kl_at_optimum(eigenvalues: &[f64], m: usize, b: f64) -> Vec<f64> {
    let kl = |lambda: &f64| if *lambda > b { 0.5 * (lambda / b).ln() } else { 0.0 };
    (0..m).map(|i| eigenvalues.get(i).map_or(0.0, kl)).collect()
}

/// A decoder of that optimum, aligned with the latents: W = U (Λ − b I)₊^½ (n × m).
pub fn optimal_decoder(covariance: &DMatrix<f64>, m: usize, objective: &Objective) -> DMatrix<f64> {
    let eigen = covariance.clone().symmetric_eigen();
    let mut order: Vec<usize> = (0..covariance.nrows()).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    let mut w = DMatrix::zeros(covariance.nrows(), m);
    for (mut column, k) in w.column_iter_mut().zip(order) {
        let length = (eigen.eigenvalues[k] - objective.b()).max(0.0).sqrt();
        column.axpy(length, &eigen.eigenvectors.column(k), 0.0);
    }
    w
}

/// Objective of the linear decoder `w` (n × m) with the best encoder of its family, on centred data with this covariance.
pub fn linear_elbo(w: &DMatrix<f64>, covariance: &DMatrix<f64>, objective: &Objective) -> f64 {
    let (n, m) = w.shape();
    let precision = posterior_precision(w, objective.b());
    let nan = || DMatrix::from_element(m, m, f64::NAN);
    let optimal = precision.clone().try_inverse().unwrap_or_else(nan);
    // The best mean is K x with K = (b I + WᵀW)⁻¹ Wᵀ in either family.
    let k = &optimal * w.transpose() / objective.b();
    let error = DMatrix::identity(n, n) - w * &k;
    // With Σ = Λ⁻¹, tr(WΣWᵀ)/b + tr Σ = m for both families, so they differ in log det Σ alone.
    let spread = (w * &optimal * w.transpose()).trace();
    let distortion = (&error * covariance * error.transpose()).trace() + spread;
    let log_det = precision.determinant().ln();
    let kl = 0.5 * ((&k * covariance * k.transpose()).trace() + optimal.trace() - m as f64 + log_det);
    let full = -distortion / (2.0 * objective.sigma2) - objective.log_normaliser(n) - objective.beta * kl;
    match objective.covariance {
        crate::vae::Covariance::Full => full,
        crate::vae::Covariance::Diagonal => full - objective.beta * diagonal_gap(&precision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};
    use crate::vae::Covariance;
    use rand_distr::{Distribution as _, StandardNormal};

    fn orthogonal(n: usize, seed: u64) -> DMatrix<f64> {
        let mut rng = stream(seed, Purpose::Analysis, 0);
        DMatrix::from_fn(n, n, |_, _| StandardNormal.sample(&mut rng)).qr().q()
    }

    fn objective(beta: f64, sigma2: f64) -> Objective {
        Objective::new(Covariance::Diagonal, beta, sigma2)
    }

    #[test]
    fn optimum_of_the_linear_scene() {
        let covariance = DMatrix::from_diagonal(&vec![2.05, 1.05, 0.05].into());
        let optimum = LinearOptimum::new(&covariance, 2, &objective(1.0, 0.05));
        assert!((optimum.elbo + 3.14226).abs() < 5e-6 && (optimum.kl() - 3.37905).abs() < 5e-6, "{optimum:?}");
        assert!((optimum.mcc_ceiling(0.05, 2) - 0.982).abs() < 5e-4);
        // The noise of the data counts, not b; from b > 1.05 on the second factor is lost.
        let [wide, collapsed] = [4.0, 25.0].map(|beta| LinearOptimum::new(&covariance, 2, &objective(beta, 0.05)));
        assert!((wide.mcc_ceiling(0.05, 2) - 0.982).abs() < 5e-4);
        assert!((collapsed.mcc_ceiling(0.05, 2) - 0.5 * (1.0 - 0.05 / 2.05_f64).sqrt()).abs() < 1e-12);
        let noisy = DMatrix::from_diagonal(&vec![2.3, 1.3, 0.3].into());
        let noisy = LinearOptimum::new(&noisy, 2, &objective(1.0, 0.05));
        assert!((noisy.mcc_ceiling(0.3, 2) - 0.905).abs() < 1e-3);
    }

    /// V05: the decoder W = U (Λ − b I)₊^½ reaches the closed form on both sides of every eigenvalue.
    #[test]
    fn water_filling_reaches_its_closed_form() {
        let eigenvalues = [3.0, 1.2, 0.4, 0.1];
        let u = orthogonal(4, 1);
        let covariance = &u * DMatrix::from_diagonal(&eigenvalues.to_vec().into()) * u.transpose();
        for (beta, active) in [(1.0, 3), (3.0, 3), (5.0, 2), (13.0, 1), (31.0, 0)] {
            let objective = objective(beta, 0.1);
            let optimum = LinearOptimum::new(&covariance, 3, &objective);
            assert_eq!(optimum.active, active);
            let w = optimal_decoder(&covariance, 3, &objective);
            assert!((linear_elbo(&w, &covariance, &objective) - optimum.elbo).abs() < 1e-11);
            let distortion: f64 = eigenvalues.iter().map(|l| l.min(objective.b())).sum();
            // The fourth eigenvalue has no latent: it is lost whole, also where it exceeds b.
            let expected = distortion + (eigenvalues[3] - eigenvalues[3].min(objective.b()));
            assert!((optimum.distortion - expected).abs() < 1e-12);
        }
    }

    /// V40: σ̂² = S/(n − kβ), and the directions that must collapse; then against a search over σ² alone.
    #[test]
    fn a_learned_variance_forces_directions_to_collapse() {
        let lambda = [3.0, 1.2, 0.05];
        for (beta, sigma2, active) in
            [(1.0, 0.05, 2), (1.2, 0.05 / 0.6, 2), (1.4, 0.25, 2), (1.6, 1.25 / 1.4, 1), (2.5, 4.25 / 3.0, 0)]
        {
            let found = optimal_sigma2(&lambda, 2, beta).unwrap();
            assert!((found / sigma2 - 1.0).abs() < 1e-12, "β = {beta}: {found} {sigma2}");
            let at = |sigma2: f64| LinearOptimum::of_eigenvalues(&lambda, 2, &objective(beta, sigma2));
            assert_eq!(at(found).active, active, "β = {beta}");
            let best = (-600..600).map(|k| at(found * (0.01 * f64::from(k)).exp()).elbo).fold(f64::MIN, f64::max);
            assert!(at(found).elbo >= best && best > at(found).elbo - 1e-12, "β = {beta}");
        }
        // Nothing is left over: at β < n/k the likelihood has no bound.
        assert_eq!(optimal_sigma2(&[3.0, 1.2], 2, 0.9), None);
        assert_eq!(optimal_sigma2(&[3.0, 1.2, 0.0], 2, 1.4), None);
        assert!(optimal_sigma2(&[3.0, 1.2, 0.0], 2, 1.6).is_some());
        assert_eq!(optimal_sigma2(&[3.0, 1.2], 5, 4.0), Some(2.1));
    }

    /// V06: rotating the latents of the optimum costs (β/2)[Σ log(RᵀΛR)ᵢᵢ − Σ log λᵢ] with diagonal covariance and
    /// nothing with a full one; for two latents that is (β/2) log(1 + sin²2θ (λ₁−λ₂)² / 4λ₁λ₂).
    #[test]
    fn rotating_the_optimum_costs_the_closed_form() {
        let lambda = [3.0, 1.2];
        let covariance = DMatrix::from_diagonal(&lambda.to_vec().into());
        for degrees in [0.0_f64, 10.0, 30.0, 45.0, 75.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let rotation = DMatrix::from_row_slice(2, 2, &[cos, -sin, sin, cos]);
            for beta in [0.5, 2.0] {
                let diagonal = objective(beta, 0.1);
                let scales: Vec<f64> = lambda.iter().map(|l| (l - diagonal.b()).sqrt()).collect();
                let w = DMatrix::from_diagonal(&scales.into()) * &rotation;
                let optimum = LinearOptimum::new(&covariance, 2, &diagonal).elbo;
                let cost = optimum - linear_elbo(&w, &covariance, &diagonal);
                let s = (2.0 * degrees.to_radians()).sin();
                let closed = 0.5 * beta * (s * s * (3.0 - 1.2_f64).powi(2) / (4.0 * 3.0 * 1.2)).ln_1p();
                assert!((cost - closed).abs() < 1e-12, "{degrees}°: {cost} {closed}");
                let full = Objective { covariance: Covariance::Full, ..diagonal };
                assert!((optimum - linear_elbo(&w, &covariance, &full)).abs() < 1e-12);
            }
        }
    }
}
