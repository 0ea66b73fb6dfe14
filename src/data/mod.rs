//! Data: scenes, which generate observations from known factors, and tables of your data.

mod column_spread;
mod dataset;
mod factor_sampler;
mod generate;
mod generator;
mod ground_truth_map;
mod image_map;
mod import;
mod import_check;
mod nearest_factors;
mod numbers;
mod scene;
mod scene_parameters;
mod shapes;
mod table;
mod training;

pub use dataset::{CentreAndScale, Dataset, Label, ObservationKind, Scale, Split};
pub use factor_sampler::FactorSampler;
pub use generate::generate;
pub use generator::{FactorDistribution, Generator, ObservationSource, SampleMoments};
pub use ground_truth_map::GroundTruthMap;
pub use import::{FEWEST_ROWS, HELD_OUT, ImportNote, ImportOptions, MissingValues, PixelColor, Scaling, TestFile};
pub use import_check::notes_on;
pub use nearest_factors::nearest_factors;
pub use numbers::{Numbers, chosen_rows};
pub use scene::{Scene, SceneCamera, SceneError};
pub use scene_parameters::SceneParameter;
pub use shapes::{SHAPES_COUNT, SHAPES_FACTORS, SHAPES_SIZE, ShapePicture};
pub use table::{FactorColumn, LabelColumn, Table, TableError, dataset_from_table, prepare_table, split_rows};
pub use training::TrainingDefaults;
