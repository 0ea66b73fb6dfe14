//! One run as a pure state machine: a configuration and a log of commands determine every weight to the last bit,
//! whether anybody looks or not. No clock, no file, and no thread that outlives a step or could change a bit.

mod batches;
mod command;
mod config;
mod history;
mod keyframes;
mod metrics;
mod minibatch;
mod player;
mod run;
mod schedule;
mod snapshot;

pub use batches::Batches;
pub use command::{Command, LoggedCommand};
pub use config::{Config, InvalidSetting, Optimizer, Origin, Settings};
pub use history::{History, Row};
pub use metrics::{Metrics, is_linear};
pub use run::{Divergence, Experiment, State, summarise};
pub use schedule::{Schedule, schedule};
pub use snapshot::{Moment, Snapshot};
