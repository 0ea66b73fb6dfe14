//! Default model, objective and optimiser of a scene.

use serde::{Deserialize, Serialize};

use crate::nn::Activation;
use crate::vae::{Architecture, Covariance, DecoderKind, Likelihood, Objective, PosteriorFactor, Regularizer};

/// Default model, objective and optimiser of a scene. A scene file gives the values that differ from [`Self::default`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingDefaults {
    /// m, the dimension of z.
    pub latent_dim: usize,
    /// Widths of the encoder's hidden layers.
    pub hidden: Vec<usize>,
    /// The activation function of the hidden layers.
    pub activation: Activation,
    /// The family of the decoder.
    pub decoder: DecoderKind,
    /// The family of p(x|z).
    #[serde(skip_serializing_if = "Likelihood::is_gaussian")]
    pub likelihood: Likelihood,
    /// The family of posteriors.
    pub covariance: Covariance,
    /// β, the weight of the KL divergence.
    pub beta: f64,
    /// Regulariser of the objective.
    #[serde(skip_serializing_if = "Regularizer::is_kl")]
    pub regularizer: Regularizer,
    /// σ², the variance of p(x|z). A Bernoulli likelihood has none, and ignores it.
    pub sigma2: f64,
    /// True if σ² is learned, and starts there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub learns_sigma2: bool,
    /// The learning rate of Adam.
    pub lr: f64,
    /// Observations per minibatch.
    pub batch: usize,
    /// Steps of a run.
    pub steps: u64,
}

impl Default for TrainingDefaults {
    fn default() -> Self {
        Self {
            latent_dim: 2,
            hidden: vec![64, 64],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            likelihood: Likelihood::Gaussian,
            covariance: Covariance::Diagonal,
            beta: 1.0,
            regularizer: Regularizer::Kl,
            sigma2: 0.02,
            learns_sigma2: false,
            lr: 0.01,
            batch: 256,
            steps: 5000,
        }
    }
}

impl TrainingDefaults {
    /// The shape of the networks.
    pub fn architecture(&self) -> Architecture {
        Architecture {
            latent_dim: self.latent_dim,
            hidden: self.hidden.clone(),
            activation: self.activation,
            decoder: self.decoder,
            factor: PosteriorFactor::Exponential,
            likelihood: self.likelihood,
            decoder_hidden: None,
        }
    }

    /// The objective at the first step.
    pub fn objective(&self) -> Objective {
        let sigma2 = match self.likelihood {
            Likelihood::Gaussian => self.sigma2,
            Likelihood::Bernoulli => 1.0,
        };
        let learns_sigma2 = self.learns_sigma2 && self.likelihood == Likelihood::Gaussian;
        Objective { learns_sigma2, regularizer: self.regularizer, ..Objective::new(self.covariance, self.beta, sigma2) }
    }

    /// Checks the values; the error describes the first that no run can start with.
    pub(super) fn check(&self) -> Result<(), String> {
        let count = |name: &str, value: usize, most: usize| {
            let inside = (1..=most).contains(&value);
            inside.then_some(()).ok_or_else(|| format!("[training] {name} = {value} is outside 1 to {most}"))
        };
        count("latent_dim", self.latent_dim, 64)?;
        count("batch", self.batch, 65_536)?;
        count("steps", self.steps.try_into().unwrap_or(usize::MAX), 1_000_000_000)?;
        for width in &self.hidden {
            count("hidden: a width", *width, 4096)?;
        }
        if self.hidden.len() > 8 {
            return Err(format!("[training] hidden has {} layers; eight are the most", self.hidden.len()));
        }
        for (name, value) in [("beta", self.beta), ("sigma2", self.sigma2), ("lr", self.lr)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(format!("[training] {name} = {value} must be a positive number"));
            }
        }
        Ok(())
    }
}
