//! The variational autoencoder: Gaussian encoder with diagonal or full covariance, Gaussian decoder, the objective and
//! its gradient.

mod config;
mod elbo;
mod model;
mod posterior;
mod square_factor;
mod symmetry;

pub use config::{Architecture, Covariance, DecoderKind, Objective, PosteriorFactor};
pub use elbo::{Elbo, ElboWorkspace};
pub use model::Vae;
pub use posterior::Posterior;
