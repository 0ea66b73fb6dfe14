//! Watch a small VAE unpick data along its seams.

pub mod cli;
pub mod data;
pub mod experiment;
pub mod geometry;
pub mod io;
pub mod linalg;
pub mod nn;
pub mod ppca;
pub mod rng;
pub mod stats;
pub mod trainer;
pub mod vae;
