//! Architecture and objective of a VAE.

use serde::{Deserialize, Serialize};

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
    /// Σ = A Aᵀ, A any square matrix: rotations z ↦ R z act linearly, A ↦ R A Rᵀ, so no axis is singled out.
    Square,
}

impl PosteriorFactor {
    /// Both parametrisations.
    pub const ALL: [Self; 2] = [Self::Cholesky, Self::Square];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cholesky => "cholesky",
            Self::Square => "square",
        }
    }

    /// True for the default, which files leave out.
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
    /// x̂ = D z + c; optimum and penalty have closed forms.
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
}

impl Architecture {
    /// The number of encoder outputs: μ (m) and, for diagonal covariance, log L_ii (m); with a Cholesky factor also the strictly
    /// lower triangle of L, row by row; with a square factor A (m²), column by column, in their place.
    pub fn encoder_outputs(&self, covariance: Covariance) -> usize {
        let m = self.latent_dim;
        match covariance {
            Covariance::Diagonal => 2 * m,
            Covariance::Full if self.has_square_factor(covariance) => m + m * m,
            Covariance::Full => 2 * m + m * (m - 1) / 2,
        }
    }

    /// True if the encoder gives the square factor A of Σ = A Aᵀ.
    pub fn has_square_factor(&self, covariance: Covariance) -> bool {
        covariance == Covariance::Full && self.factor == PosteriorFactor::Square && self.latent_dim > 1
    }
}

/// The objective −‖x − x̂‖²/2σ² − (n/2) log 2πσ² − β KL. It may change during a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The family of posteriors.
    pub covariance: Covariance,
    /// β, the weight of the KL divergence.
    pub beta: f64,
    /// σ², the fixed variance of p(x|z).
    pub sigma2: f64,
}

impl Objective {
    /// b = βσ², the one number that decides the geometry of the optimum.
    pub fn b(&self) -> f64 {
        self.beta * self.sigma2
    }

    /// (n/2) log 2πσ² for data of dimension n.
    pub fn log_normaliser(&self, n: usize) -> f64 {
        0.5 * n as f64 * (std::f64::consts::TAU * self.sigma2).ln()
    }
}
