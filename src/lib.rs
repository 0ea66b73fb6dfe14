//! Watch a small VAE unpick data along its seams.

pub mod geometry;
pub mod linalg;
pub mod nn;
#[cfg(feature = "gui")]
pub mod paint;
pub mod ppca;
pub mod rng;
pub mod vae;
