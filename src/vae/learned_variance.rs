//! σ² that is learned with the weights.
//!
//! For given reconstructions log p(x|z) = −‖x − x̂‖²/2σ² − (n/2) log 2πσ² is largest at σ² = E‖x − x̂‖²/n, whatever is subtracted
//! from it (Rybkin et al. 2021 call it the optimal σ). A step goes there by natural gradient: the slope is
//! ∂L/∂σ² = (E‖x − x̂‖² − nσ²)/2σ⁴ and the Fisher information of σ² is n/2σ⁴, so that with the step size r
//! σ² ← σ² + r (E‖x − x̂‖²/n − σ²). r = 1 is the whole M-step; a smaller r is a moving average over minibatches. r is the
//! learning rate, so that σ² is about as fast as the weights.
//!
//! It does not fall with the schedule. Near β = n/k the mean square follows σ² so closely that σ² relaxes by r (n − kβ)/n a step only: with a
//! rate that falls, it would keep the error that noisier weights gave it. The noise of σ² itself is cheap. For observations whose
//! residuals are alike in all directions log σ² has the variance r/(n − kβ)B in equilibrium, B observations a step, and the objective
//! the curvature (n − kβ)/2 in log σ² at the best weights: r/4B nats, 10⁻⁴ for r = 0.1 and B = 256.

use super::config::Objective;

/// The values that σ² may have. A model that reconstructs without error would send it to 0, where the likelihood is unbounded.
pub const SIGMA2_RANGE: [f64; 2] = [1e-8, 1e6];

impl Objective {
    /// The best σ² for the reconstructions of a batch, E‖x − x̂‖²/n, from its E_q log p(x|z) under this objective for data of
    /// dimension n.
    pub fn best_sigma2(&self, reconstruction: f64, n: usize) -> f64 {
        -2.0 * self.sigma2 * (reconstruction + self.log_normaliser(n)) / n as f64
    }

    /// σ² after a step of size `rate`, at most the whole way, from the E_q log p(x|z) of a batch. It stays where it is unless it is
    /// learned, and never leaves [`SIGMA2_RANGE`].
    #[must_use]
    pub fn sigma2_after_step(&self, reconstruction: f64, n: usize, rate: f64) -> f64 {
        if !self.learns_sigma2 {
            return self.sigma2;
        }
        let [least, most] = SIGMA2_RANGE;
        let best = self.best_sigma2(reconstruction, n);
        (self.sigma2 + rate.min(1.0) * (best - self.sigma2)).clamp(least, most)
    }

    /// True if a learned σ² has come to the least value that it may have.
    pub fn is_at_floor(&self) -> bool {
        self.learns_sigma2 && self.sigma2 <= SIGMA2_RANGE[0]
    }

    /// The same objective for another run: a σ² that is learned starts where that of the run that `begun` with it did.
    #[must_use]
    pub fn restarted(&self, begun: &Self) -> Self {
        Self { sigma2: if self.learns_sigma2 { begun.sigma2 } else { self.sigma2 }, ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind, ElboWorkspace, Vae};
    use rand_distr::{Distribution as _, StandardNormal};

    const BATCH: usize = 5;

    fn model() -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![7],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        Vae::new(3, architecture, Covariance::Diagonal, &mut stream(3, Purpose::Init, 0))
    }

    fn learned(sigma2: f64) -> Objective {
        Objective { learns_sigma2: true, ..Objective::new(Covariance::Diagonal, 1.7, sigma2) }
    }

    /// The objective on a batch at this σ², its reconstruction, and ‖x − x̂‖²/n from the decoded samples.
    fn measured(sigma2: f64) -> [f64; 3] {
        let (vae, objective) = (model(), learned(sigma2));
        let mut rng = stream(4, Purpose::Analysis, 0);
        let mut draw = |rows| {
            let values = (0..rows * BATCH).map(|_| StandardNormal.sample(&mut rng)).collect();
            Matrix::from_columns(rows, BATCH, values)
        };
        let (x, noise): (Matrix<f64>, _) = (draw(3), draw(2));
        let mut workspace = ElboWorkspace::new(&vae);
        vae.evaluate(&objective, &x, &noise, &mut workspace);
        let decoded = vae.natural(workspace.sample());
        let squares = x.as_slice().iter().zip(decoded.as_slice()).map(|(x, y)| (x - y).powi(2)).sum::<f64>();
        let elbo = &workspace.elbo;
        [elbo.objective(objective.beta), elbo.reconstruction, squares / (3 * BATCH) as f64]
    }

    /// A step is the slope of the objective by σ², by finite differences, over the Fisher information n/2σ⁴.
    #[test]
    fn a_step_is_one_of_natural_gradient() {
        for sigma2 in [0.02, 0.3, 5.0] {
            let h = 1e-5 * sigma2;
            let slope = (measured(sigma2 + h)[0] - measured(sigma2 - h)[0]) / (2.0 * h);
            let natural = slope * 2.0 * sigma2 * sigma2 / 3.0;
            let [_, reconstruction, _] = measured(sigma2);
            for rate in [1e-3, 0.1, 1.0] {
                let step = learned(sigma2).sigma2_after_step(reconstruction, 3, rate) - sigma2;
                assert!((step - rate * natural).abs() < 1e-7 * (rate * natural).abs(), "{sigma2} {rate}: {step}");
            }
        }
    }

    #[test]
    fn the_whole_step_leads_to_the_mean_square() {
        for sigma2 in [1e-6, 0.02, 40.0] {
            let [_, reconstruction, mean_square] = measured(sigma2);
            let best = learned(sigma2).best_sigma2(reconstruction, 3);
            assert!((best / mean_square - 1.0).abs() < 1e-9, "{best} {mean_square}");
            // More than the whole way would be beyond the optimum.
            assert_eq!(learned(sigma2).sigma2_after_step(reconstruction, 3, 50.0), sigma2 + (best - sigma2));
            let fixed = Objective { learns_sigma2: false, ..learned(sigma2) };
            assert_eq!(fixed.sigma2_after_step(reconstruction, 3, 0.5), sigma2);
        }
    }

    #[test]
    fn it_stays_in_its_range() {
        let [least, most] = SIGMA2_RANGE;
        let floor = learned(2.0 * least);
        // log p(x|z) of perfect reconstructions.
        let sigma2 = floor.sigma2_after_step(-floor.log_normaliser(3), 3, 0.9);
        assert_eq!(sigma2, least);
        assert!(learned(sigma2).is_at_floor() && !floor.is_at_floor());
        assert!(!Objective { learns_sigma2: false, ..learned(sigma2) }.is_at_floor());
        let top = learned(most);
        assert_eq!(top.sigma2_after_step(-top.log_normaliser(3) - 1e6, 3, 1.0), most);
    }
}
