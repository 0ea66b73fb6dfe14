//! The variational autoencoder: Gaussian encoder with diagonal or full covariance, Gaussian decoder, the objective and
//! its gradient.

mod config;
mod elbo;
mod model;
mod posterior;

pub use config::{Architecture, Covariance, DecoderKind, Objective};
pub use elbo::{Elbo, ElboWorkspace};
pub use model::Vae;
pub use posterior::Posterior;
