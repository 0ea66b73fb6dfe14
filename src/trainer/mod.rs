//! Threads that train: the trainer of one run, which takes requests and publishes snapshots, and the ensemble of seeds.

mod branches;
mod handle;
mod latest;
mod repetition;
mod request;
mod run_view;
mod seed_ensemble;
mod trainer_thread;

pub use branches::Branch;
pub use handle::Trainer;
pub use latest::Latest;
pub use repetition::{IsSaved, Repeated, Repetition};
pub use request::Request;
pub use run_view::RunView;
pub use seed_ensemble::{ENSEMBLE_SEEDS, SeedEnsemble};
