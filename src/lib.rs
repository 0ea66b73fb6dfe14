//! Watch a small VAE unpick data along its seams.

#[cfg(feature = "gui")]
pub mod app;
pub mod certificate;
pub mod cli;
pub mod data;
pub mod experiment;
pub mod geometry;
#[cfg(feature = "gui")]
pub mod headless;
pub mod io;
pub mod linalg;
pub mod nn;
#[cfg(feature = "gui")]
pub mod paint;
pub mod ppca;
pub mod rng;
pub mod stats;
pub mod trainer;
pub mod vae;
