//! Watch a small VAE unpick data along its seams.

#[cfg(feature = "gui")]
pub mod app;
pub mod checks;
pub mod cli;
pub mod data;
pub mod experiment;
#[cfg(feature = "gui")]
pub mod figure;
pub mod geometry;
pub mod io;
pub mod launch;
pub mod linalg;
pub mod nn;
#[cfg(feature = "gui")]
pub mod paint;
pub mod ppca;
pub mod rng;
pub mod stats;
pub mod trainer;
pub mod vae;
#[cfg(feature = "gui")]
pub mod viz;
