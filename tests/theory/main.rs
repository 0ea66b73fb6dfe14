//! Numbers of the theory through the public functions: decoders are given maps, learned ones and random ones.
//!
//! Vnn are the numbers of the checks behind the theory; where a table is quoted, it was computed by other means.
#![expect(clippy::unwrap_used, reason = "an oracle that cannot be computed is a failed test")]

mod geometry;
mod linear;
mod maps;
mod rotate;
