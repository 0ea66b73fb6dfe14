//! The program as scripts use it: what it writes, what it says, and how it ends.
#![expect(clippy::unwrap_used, reason = "a program that cannot be started is a failed test")]

mod data;
mod desk;
mod many;
mod refusals;
mod runs;
