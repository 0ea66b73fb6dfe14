//! Watch a small VAE unpick data along its seams.

pub mod linalg;
pub mod nn;
pub mod rng;
pub mod vae;
