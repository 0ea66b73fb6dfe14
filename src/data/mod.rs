//! Data: scenes that generate observations from known factors, and tables of one's own.

mod dataset;
mod generator;
mod ground_truth_map;
mod scene;
mod table;
mod training;

pub use dataset::{CentreAndScale, Dataset, Kind, Split};
pub use generator::{FactorDistribution, Generator, Moments, Source, generate};
pub use ground_truth_map::GroundTruthMap;
pub use scene::{Camera, Scene, SceneError};
pub use table::{Table, TableError, dataset_from_table};
pub use training::TrainingDefaults;
