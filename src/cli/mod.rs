//! Commands: the program without a window. Training needs no figures; `render`, and the figures of `compare` and `sweep`,
//! need the feature `gui`.

mod beta;
mod check;
mod command;
mod compare;
mod error;
mod export;
mod idle_options;
mod import_args;
mod interruption;
mod lesson;
mod lists;
mod make;
mod metrics;
mod model_args;
mod output;
mod progress;
mod recipe;
#[cfg(feature = "gui")]
mod render;
#[cfg(feature = "gui")]
mod render_animation;
#[cfg(feature = "gui")]
mod render_remarks;
#[cfg(feature = "gui")]
mod render_values;
mod replay;
mod run_args;
mod scenes;
mod shard;
mod source_args;
mod sweep;
mod train;

pub use beta::Beta;
pub use check::CheckArgs;
pub use command::{CliCommand, run};
pub use compare::Compare;
pub use error::CliError;
pub use export::Export;
pub use lesson::{LessonArgs, find_lesson};
pub use lists::List;
pub use model_args::ModelArgs;
#[cfg(feature = "gui")]
pub use render::{Render, render};
pub use run_args::{RunArgs, Widths};
pub use source_args::SourceArgs;
pub use sweep::Sweep;
pub use train::Train;
