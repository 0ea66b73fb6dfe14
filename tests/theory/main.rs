//! Numbers of the theory, computed by the public functions for given maps, learned and random decoders.
//!
//! Vnn are the numbers of the checks behind the theory. Quoted tables were computed by other means.
#![expect(clippy::unwrap_used, reason = "an oracle that cannot be computed is a failed test")]

mod bernoulli;
mod geometry;
mod linear;
mod maps;
mod regularizers;
mod rotate;
mod singular;
mod symmetry;
