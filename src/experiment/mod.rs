//! One run as a pure state machine: a configuration and a log of commands determine every weight to the last bit, watched
//! or not. No clock, no file, and no thread that outlives a step or could change a bit.

mod batches;
mod collapse_jump;
mod command;
mod config;
mod convergence;
mod data_variances;
mod factor_score;
mod factor_scores;
mod history;
mod keyframes;
mod latent_axes;
mod measure;
mod metrics;
mod minibatch;
mod next_observation;
mod opened_model;
mod player;
mod reconstruction;
mod run;
mod sampled_scores;
mod schedule;
mod settings;
mod snapshot;
mod state;
mod training_moments;
mod trend;

pub use batches::Batches;
pub use collapse_jump::CollapseJump;
pub use command::{Command, LoggedCommand};
pub use config::{Config, Origin};
pub use data_variances::{DataVariances, LossOnData};
pub use factor_score::{FactorScore, ScoreDepth, ScoreValue};
pub use factor_scores::FactorScores;
pub use history::{History, Row};
pub use latent_axes::has_latent_axes;
pub use measure::{FactorCorrelation, posteriors, summarise};
pub use metrics::Metrics;
pub use next_observation::NextObservation;
pub use opened_model::{FIXED, OWN_SAMPLES, OpenedModel};
pub use run::{Divergence, Experiment};
pub use schedule::Schedule;
pub use settings::{InvalidSetting, Optimizer, Settings};
pub use snapshot::Snapshot;
pub use state::State;
pub use trend::{Convergence, Trend};
