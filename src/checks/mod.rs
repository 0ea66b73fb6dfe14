//! Checks of the theory: predictions about each scene with their origin and tolerance, compared with runs.
//!
//! A [`Prediction`] names its runs. [`run_checks`] makes them on all cores ([`CheckRun::run`] is a pure function), and
//! [`Prediction::judge`] compares. Each prediction is tested on the median over seeds, a few on their mean.

mod ambiguity;
mod autoencoder;
mod bits;
mod claims;
mod curved;
mod kinks;
mod laplace;
mod learned_variance;
mod linear;
mod parallel;
mod pictures;
mod points;
mod prediction;
mod predictions;
mod quantity;
mod rolinek;
mod run;
mod runner;
mod sources;
mod thresholds;
mod worker;

pub use parallel::in_parallel;
pub use points::{glued_code, half_distance};
pub use prediction::{Check, Expected, Pool, Prediction, Standing};
pub use predictions::predictions;
pub use quantity::CheckQuantity;
pub use rolinek::{RolinekData, RolinekModel, RolinekRow, random_rotation, rolinek_table};
pub use run::{CheckOutcome, CheckRun, Seeds};
pub use runner::run_checks;
pub use thresholds::{
    CLEARLY, MCC_TOLERANCE, MOST_C2_RESIDUAL, MOST_CONTRAST, MOST_COUPLING, ORTHOGONAL_CURVED, ORTHOGONAL_LINEAR,
    most_misplaced_mass,
};
pub use worker::{CHECK_SEEDS, CheckProgress, CheckWorker};
