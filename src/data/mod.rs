//! Data: scenes that generate observations from known factors, and tables of one's own.

mod dataset;
mod generator;
mod map;
mod own;
mod scene;
mod training;

pub use dataset::{CentreAndScale, Dataset, Kind, Split};
pub use generator::{FactorDistribution, Generator, Moments, Source, generate};
pub use map::Map;
pub use own::{OwnDataError, Table, own_dataset};
pub use scene::{Camera, Scene, SceneError};
pub use training::TrainingDefaults;
