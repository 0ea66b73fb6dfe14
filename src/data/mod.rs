//! Data: scenes that generate observations from known factors, and tables of one's own.

mod dataset;
mod generate;
mod generator;
mod ground_truth_map;
mod scene;
mod table;
mod training;

pub use dataset::{CentreAndScale, Dataset, Kind, Split};
pub use generate::generate;
pub use generator::{FactorDistribution, Generator, Moments, Source};
pub use ground_truth_map::GroundTruthMap;
pub use scene::{Camera, Scene, SceneError};
pub use table::{Table, TableError, dataset_from_table};
pub use training::TrainingDefaults;
