//! Conventions of the loss in other programs, and the β and σ² that they mean here.
//!
//! The geometry of an optimum depends on b = βσ² alone ([`Objective::b`](super::Objective::b)). A loss a‖x − x̂‖² + c KL is the
//! objective here times a constant, so b = c/2a: with ½‖x − x̂‖²/σ² it is cσ², with ‖x − x̂‖² it is c/2, and with a mean over the n
//! dimensions n times as much. A Bernoulli likelihood (cross entropy) has no σ², so no b; there β alone counts.

/// The reconstruction term of a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReconstructionLoss {
    /// ‖x − x̂‖².
    SquaredError,
    /// ½‖x − x̂‖²/σ², a Gaussian log-likelihood without its constant.
    HalfSquaredError {
        /// σ².
        sigma2: f64,
    },
    /// −Σ x log x̂ + (1 − x) log(1 − x̂), a Bernoulli log-likelihood.
    CrossEntropy,
}

/// Reduction of a loss over the dimensions of an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverDimensions {
    /// Their sum, as a likelihood has it.
    Sum,
    /// Their mean: 1/n of the sum.
    Mean,
}

/// The weight of the KL divergence, which is summed over the latents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KlWeight {
    /// Its coefficient in the loss.
    Coefficient(f64),
    /// β_norm = β m/n of Higgins et al. 2017, beside a sum over the dimensions.
    Normalised {
        /// β_norm.
        beta_norm: f64,
        /// m.
        latents: usize,
    },
}

/// A loss as another program writes it, for one observation; the mean over a batch is the same for both terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossConvention {
    /// Reconstruction term.
    pub reconstruction: ReconstructionLoss,
    /// Sum or mean over the dimensions in that term.
    pub over: OverDimensions,
    /// Weight of the KL term.
    pub weight: KlWeight,
}

/// β and σ² of the objective here that has the same optima.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EquivalentObjective {
    /// β.
    pub beta: f64,
    /// σ², in units of the data of that loss; `None` for a Bernoulli likelihood.
    pub sigma2: Option<f64>,
}

impl EquivalentObjective {
    /// b = βσ², if there is a σ².
    pub fn b(&self) -> Option<f64> {
        self.sigma2.map(|sigma2| self.beta * sigma2)
    }
}

/// The reason why a loss has no equivalent.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum LossError {
    /// A number is not positive and finite.
    #[error("{name} = {value} must be a positive number")]
    NotPositive {
        /// Name of the number.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// β_norm beside a mean over the dimensions.
    #[error("β_norm belongs to a loss that is summed over the dimensions; give the coefficient of the KL instead")]
    NormalisedMean,
}

impl LossConvention {
    /// The loss of the package PyTorch-VAE: the mean squared error over all elements of a batch + `kld_weight` KL.
    pub fn pytorch_vae(kld_weight: f64) -> Self {
        Self {
            reconstruction: ReconstructionLoss::SquaredError,
            over: OverDimensions::Mean,
            weight: KlWeight::Coefficient(kld_weight),
        }
    }

    /// The objective here with the same optima, for data of dimension `n`.
    ///
    /// # Errors
    /// [`LossError`].
    pub fn equivalent(&self, n: usize) -> Result<EquivalentObjective, LossError> {
        let positive = |name, value: f64| {
            if value > 0.0 && value.is_finite() { Ok(value) } else { Err(LossError::NotPositive { name, value }) }
        };
        let n = positive("n", n as f64)?;
        let coefficient = match (self.weight, self.over) {
            (KlWeight::Coefficient(weight), _) => positive("the coefficient of the KL", weight)?,
            (KlWeight::Normalised { .. }, OverDimensions::Mean) => return Err(LossError::NormalisedMean),
            (KlWeight::Normalised { beta_norm, latents }, OverDimensions::Sum) => {
                positive("β_norm", beta_norm)? * n / positive("m", latents as f64)?
            }
        };
        // A mean is made a sum: both terms times n.
        let beta = match self.over {
            OverDimensions::Sum => coefficient,
            OverDimensions::Mean => n * coefficient,
        };
        let sigma2 = match self.reconstruction {
            // ‖x − x̂‖² = ‖x − x̂‖²/2σ² at σ² = ½.
            ReconstructionLoss::SquaredError => Some(0.5),
            ReconstructionLoss::HalfSquaredError { sigma2 } => Some(positive("sigma2", sigma2)?),
            ReconstructionLoss::CrossEntropy => None,
        };
        // The product of large numbers may overflow, and that of small ones vanish.
        positive("beta", beta)?;
        if let Some(sigma2) = sigma2 {
            positive("b", beta * sigma2)?;
        }
        Ok(EquivalentObjective { beta, sigma2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b(reconstruction: ReconstructionLoss, over: OverDimensions, coefficient: f64, n: usize) -> f64 {
        let loss = LossConvention { reconstruction, over, weight: KlWeight::Coefficient(coefficient) };
        loss.equivalent(n).unwrap().b().unwrap()
    }

    #[test]
    fn published_losses_have_the_b_that_theory_says() {
        let mnist = LossConvention::pytorch_vae(0.000_25).equivalent(28 * 28).unwrap();
        assert!((mnist.b().unwrap() - 0.098).abs() < 1e-15);
        let celeba = LossConvention::pytorch_vae(0.000_25).equivalent(64 * 64 * 3).unwrap();
        assert!((celeba.b().unwrap() - 1.536).abs() < 1e-15);
    }

    #[test]
    fn every_convention_is_the_same_objective_times_a_constant() {
        // Numbers in general position: the ratio of both losses must not depend on error and KL.
        let (n, m, c, sigma2) = (12, 3, 0.7, 0.2);
        let half = ReconstructionLoss::HalfSquaredError { sigma2 };
        for reconstruction in [ReconstructionLoss::SquaredError, half] {
            for over in [OverDimensions::Sum, OverDimensions::Mean] {
                let theirs = |square: f64, kl: f64| {
                    let error = if reconstruction == half { 0.5 * square / sigma2 } else { square };
                    (if over == OverDimensions::Mean { error / n as f64 } else { error }) + c * kl
                };
                let loss = LossConvention { reconstruction, over, weight: KlWeight::Coefficient(c) };
                let ours = loss.equivalent(n).unwrap();
                let ratio =
                    |square: f64, kl: f64| (0.5 * square / ours.sigma2.unwrap() + ours.beta * kl) / theirs(square, kl);
                assert!((ratio(3.1, 0.4) - ratio(0.2, 5.3)).abs() < 1e-12);
            }
        }
        assert!((b(ReconstructionLoss::SquaredError, OverDimensions::Sum, c, n) - c / 2.0).abs() < 1e-15);
        assert!((b(half, OverDimensions::Sum, c, n) - c * sigma2).abs() < 1e-15);
        // β_norm = β m/n.
        let weight = KlWeight::Normalised { beta_norm: 0.5, latents: m };
        let loss = LossConvention { reconstruction: half, over: OverDimensions::Sum, weight };
        assert!((loss.equivalent(n).unwrap().beta - 2.0).abs() < 1e-15);
        let mean = LossConvention { over: OverDimensions::Mean, ..loss };
        assert_eq!(mean.equivalent(n), Err(LossError::NormalisedMean));
    }

    #[test]
    fn cross_entropy_has_a_beta_and_no_b() {
        let loss =
            LossConvention { reconstruction: ReconstructionLoss::CrossEntropy, ..LossConvention::pytorch_vae(0.01) };
        let found = loss.equivalent(100).unwrap();
        assert_eq!((found.beta, found.sigma2, found.b()), (1.0, None, None));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e308] {
            assert!(LossConvention::pytorch_vae(bad).equivalent(4).is_err());
        }
    }
}
