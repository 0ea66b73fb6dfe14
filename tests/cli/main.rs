//! The program on the command line: files, output and exit codes.
#![expect(clippy::unwrap_used, reason = "a program that cannot be started is a failed test")]

#[path = "../stress/amount.rs"]
mod amount;
mod arrays;
mod beta;
mod data;
mod errors;
#[cfg(feature = "gui")]
mod figures;
mod harness;
mod idle_options;
#[cfg(unix)]
mod interruption;
mod kills;
mod learned_variance;
mod messages;
mod model;
mod multi_run;
mod parts;
mod privacy;
mod regularizers;
mod runs;
mod saved_runs;
mod storage;
