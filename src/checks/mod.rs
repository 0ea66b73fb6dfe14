//! What must be seen in each scene, predicted before it is measured: every number of the argument, with where it comes
//! from and how far off it may be.
//!
//! A [`Prediction`] names the runs that it is about. [`judged`] makes them on all cores ([`CheckRun::run`] is a pure function), and
//! [`Prediction::judge`] compares. Nothing is asked of a single seed that theory does not say of every one.

mod claims;
mod curved;
mod linear;
mod parallel;
mod points;
mod prediction;
mod predictions;
mod quantity;
mod run;
mod runner;
mod worker;

pub use parallel::in_parallel;
pub use points::glued_code;
pub use prediction::{Check, Expected, Pool, Prediction, Standing};
pub use predictions::predictions;
pub use quantity::CheckQuantity;
pub use run::{CheckOutcome, CheckRun};
pub use runner::judged;
pub use worker::{CHECK_SEEDS, CheckProgress, CheckWorker};
