//! Architecture and objective of a VAE.

use serde::{Deserialize, Serialize};

use super::likelihood::Likelihood;
use super::regularizer::{Capacity, Regularizer};
use crate::nn::Activation;

/// The family of posteriors q(z|x) = N(μ(x), Σ(x)), Σ = L Lᵀ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Covariance {
    /// Diagonal Σ, which singles out the latent axes.
    #[default]
    Diagonal,
    /// Full Σ: the objective is invariant under rotations of latent space.
    Full,
}

impl Covariance {
    /// Both families.
    pub const ALL: [Self; 2] = [Self::Diagonal, Self::Full];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Diagonal => "diagonal",
            Self::Full => "full",
        }
    }
}

/// The parametrisation of full posterior covariances. One latent has no rotation, so there both are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PosteriorFactor {
    /// Σ = L Lᵀ, L lower triangular: it singles out an order of the latents.
    #[default]
    Cholesky,
    /// Σ = exp 2H, H symmetric: rotations z ↦ R z act linearly, H ↦ R H Rᵀ, so no axis is singled out. Diagonal H are the
    /// logarithms of the standard deviations of diagonal posteriors.
    Exponential,
}

impl PosteriorFactor {
    /// Both parametrisations.
    pub const ALL: [Self; 2] = [Self::Cholesky, Self::Exponential];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cholesky => "cholesky",
            Self::Exponential => "exponential",
        }
    }

    /// True for the default, which files leave out.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
    fn is_cholesky(&self) -> bool {
        *self == Self::Cholesky
    }
}

/// The family of decoders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecoderKind {
    /// The hidden layers of the encoder in reverse order.
    #[default]
    Mlp,
    /// η = D z + c. With a Gaussian likelihood, optimum and penalty have closed forms.
    Linear,
}

impl DecoderKind {
    /// Both families.
    pub const ALL: [Self; 2] = [Self::Mlp, Self::Linear];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlp => "mlp",
            Self::Linear => "linear",
        }
    }
}

/// The shape of the networks. A change starts another run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// m, the dimension of z.
    pub latent_dim: usize,
    /// Widths of the hidden layers of the encoder, from the data on. Empty: a linear encoder.
    pub hidden: Vec<usize>,
    /// σ of the hidden layers.
    pub activation: Activation,
    /// The family of the decoder.
    pub decoder: DecoderKind,
    /// The parametrisation of full posterior covariances.
    #[serde(rename = "posterior_factor", default, skip_serializing_if = "PosteriorFactor::is_cholesky")]
    pub factor: PosteriorFactor,
    /// The family of p(x|z).
    #[serde(default, skip_serializing_if = "Likelihood::is_gaussian")]
    pub likelihood: Likelihood,
    /// Widths of the hidden layers of an MLP decoder, from the latents on. `None`: those of the encoder in reverse order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder_hidden: Option<Vec<usize>>,
}

impl Architecture {
    /// The number of encoder outputs: μ (m), log L_ii (m), and for full covariance L_ij below the diagonal, row by row. With an
    /// exponential factor, H_ii and √2 H_ij in their place: in these coordinates H ↦ R H Rᵀ is a rotation, too.
    pub fn encoder_outputs(&self, covariance: Covariance) -> usize {
        let m = self.latent_dim;
        match covariance {
            Covariance::Diagonal => 2 * m,
            Covariance::Full => 2 * m + m * (m - 1) / 2,
        }
    }

    /// Widths of the decoder's hidden layers, from the latents on.
    pub fn decoder_widths(&self) -> Vec<usize> {
        match (self.decoder, &self.decoder_hidden) {
            (DecoderKind::Linear, _) => Vec::new(),
            (DecoderKind::Mlp, Some(widths)) => widths.clone(),
            (DecoderKind::Mlp, None) => self.hidden.iter().rev().copied().collect(),
        }
    }

    /// True for affine encoders and decoders of one layer each.
    pub fn is_linear(&self) -> bool {
        self.hidden.is_empty() && self.decoder_widths().is_empty()
    }

    /// True for affine decoders of a Gaussian likelihood: the objective is quadratic in z, and optimum, posterior and gap have
    /// closed forms.
    pub fn has_closed_forms(&self) -> bool {
        self.likelihood == Likelihood::Gaussian && self.has_affine_decoder()
    }

    /// True for affine decoders, z ↦ η.
    pub fn has_affine_decoder(&self) -> bool {
        self.decoder_widths().is_empty() || self.activation == Activation::Linear
    }

    /// True if the encoder gives H of Σ = exp 2H, and not L of Σ = L Lᵀ.
    pub fn has_exponential_factor(&self, covariance: Covariance) -> bool {
        covariance == Covariance::Full && self.factor == PosteriorFactor::Exponential
    }
}

/// The objective log p(x|z) − β KL, for a Gaussian −‖x − x̂‖²/2σ² − (n/2) log 2πσ² − β KL, or with another regulariser in place of
/// β KL. It may change during a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The family of posteriors.
    pub covariance: Covariance,
    /// β, the weight of the KL divergence, or what it means for the regulariser.
    pub beta: f64,
    /// σ², the variance of p(x|z); 1 for a Bernoulli likelihood, which has none.
    pub sigma2: f64,
    /// True if σ² is learned with the weights ([`Self::sigma2_after_step`]); the value above is the one in force, at step 0 where it
    /// starts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub learns_sigma2: bool,
    /// What is subtracted from E_q log p(x|z).
    #[serde(default, skip_serializing_if = "Regularizer::is_kl")]
    pub regularizer: Regularizer,
}

impl Objective {
    /// The objective log p(x|z) − β KL.
    pub const fn new(covariance: Covariance, beta: f64, sigma2: f64) -> Self {
        Self { covariance, beta, sigma2, learns_sigma2: false, regularizer: Regularizer::Kl }
    }

    /// b = βσ² (b = β for a Bernoulli likelihood), the one number that decides the geometry of the optimum. 0 for another regulariser
    /// than β KL, or another prior, of whose optimum no such number is known: what rests on b is undefined then, as it is for β = 0.
    pub fn b(&self) -> f64 {
        match self.regularizer {
            Regularizer::Kl => self.beta * self.sigma2,
            Regularizer::Parts(_)
            | Regularizer::Capacity(_)
            | Regularizer::Discriminated(_)
            | Regularizer::Laplace
            | Regularizer::None => 0.0,
        }
    }

    /// The objective in force after so many steps of a run.
    #[must_use]
    pub fn at(&self, step: u64) -> Self {
        Self { regularizer: self.regularizer.at(step), ..*self }
    }

    /// Slope of the regulariser by the KL of a batch, `kl`, whose closed form is in the loss.
    pub(super) fn kl_weight(&self, kl: f64) -> f64 {
        match self.regularizer {
            Regularizer::Kl | Regularizer::Discriminated(_) | Regularizer::Laplace => self.beta,
            Regularizer::Parts(weights) => weights.alpha,
            Regularizer::Capacity(Capacity { nats, .. }) => self.beta * if kl < nats { -1.0 } else { 1.0 },
            Regularizer::None => 0.0,
        }
    }

    /// The ELBO of the Gaussian model with noise variance b, from the value of this objective for data of dimension n. They differ by a
    /// scale and a constant, L = β ELBO_b + (n/2)(β log 2πb − log 2πσ²), for every decoder and posterior.
    pub fn elbo_at_b(&self, value: f64, n: usize) -> f64 {
        let at_b = Self { sigma2: self.b(), ..*self };
        (value + self.log_normaliser(n)) / self.beta - at_b.log_normaliser(n)
    }

    /// (n/2) log 2πσ² for data of dimension n.
    pub fn log_normaliser(&self, n: usize) -> f64 {
        0.5 * n as f64 * (std::f64::consts::TAU * self.sigma2).ln()
    }
}

impl Likelihood {
    /// The mean of log p(x|z) from that of f, for observations of dimension `n`, in nats.
    pub fn reconstruction(self, loss: f64, objective: &Objective, n: usize) -> f64 {
        -loss / objective.sigma2 - self.log_normaliser(objective, n)
    }

    /// The constant of log p(x|z): (n/2) log 2πσ², or 0.
    pub fn log_normaliser(self, objective: &Objective, n: usize) -> f64 {
        match self {
            Self::Gaussian => objective.log_normaliser(n),
            Self::Bernoulli => 0.0,
        }
    }

    /// The ELBO of the model whose likelihood is p(x|z)^(1/β), from the value of the objective. For a Gaussian it is the
    /// model with noise variance b ([`Objective::elbo_at_b`]). For Bernoulli variables p(x|z)^(1/β) is a probability only at β = 1.
    pub fn elbo_at_b(self, value: f64, objective: &Objective, n: usize) -> f64 {
        match self {
            Self::Gaussian => objective.elbo_at_b(value, n),
            Self::Bernoulli => value / objective.beta,
        }
    }
}
