//! The variational autoencoder: Gaussian encoder with diagonal or full covariance, Gaussian or Bernoulli decoder, the
//! objective and its gradient.

mod aggregate_posterior;
mod config;
mod decomposition;
mod discriminator;
mod elbo;
mod exponential_factor;
mod learned_variance;
mod likelihood;
mod linear_objective;
mod loss_convention;
mod model;
mod part_gradient;
mod posterior;
mod prior;
mod regularizer;
mod symmetry;

pub use aggregate_posterior::AggregatePosterior;
pub use config::{Architecture, Covariance, DecoderKind, Objective, PosteriorFactor};
pub use decomposition::Decomposition;
pub use discriminator::shuffle_latents;
pub use elbo::{Elbo, ElboWorkspace};
pub use exponential_factor::place_of;
pub use learned_variance::SIGMA2_RANGE;
pub use likelihood::Likelihood;
pub use linear_objective::{Moments, linear_objective};
pub use loss_convention::{
    EquivalentObjective, KlWeight, LossConvention, LossError, OverDimensions, ReconstructionLoss,
};
pub use model::{Vae, parameter_count};
pub use posterior::Posterior;
pub use prior::Prior;
pub use regularizer::{Capacity, DensityEstimator, Discriminated, NoRegularizer, PartWeights, Regularizer};
