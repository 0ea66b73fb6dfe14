//! From a time point of a run to shapes on a plot. No window and no files: the window and the figures draw with the same views.
//!
//! A view gets a [`ViewContext`](context::ViewContext) (the snapshot, the [`Probe`](probe::Probe) at z\*, answers to
//! [queries](query::Query) that take longer than a frame) and the [`Selection`](selection::Selection), which it may change.
//! Whatever else a person asks for goes as a [`UiCommand`](command::UiCommand) into one queue. [`VIEWS`](views::VIEWS) lists
//! the views: each is a folder or file below `views`.

pub(crate) mod argument;
pub(crate) mod argument_query;
pub mod background_runs;
pub mod command;
pub mod context;
pub mod draw;
pub mod factor_matrix;
pub(crate) mod field_query;
pub(crate) mod file_units;
pub(crate) mod glossary;
pub(crate) mod ground_truth;
pub(crate) mod history_table;
pub(crate) mod home_camera;
pub(crate) mod indicatrix_query;
pub(crate) mod latent_grid;
pub mod layers;
pub mod lesson_names;
pub(crate) mod loop_query;
pub(crate) mod metrics_query;
pub mod motion;
pub(crate) mod number_name;
pub(crate) mod observations;
pub(crate) mod picture;
pub mod preset;
pub mod probe;
pub(crate) mod probe_worker;
pub(crate) mod projection;
pub mod query;
pub mod run_names;
mod scene_painter;
pub mod selection;
pub(crate) mod singular_query;
pub mod slow_step;
pub mod symbol;
pub mod theme;
pub mod traversal;
pub mod view;
pub mod view_spec;
pub mod views;
pub mod workers;
