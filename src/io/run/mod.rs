//! Runs on disk: run folders, checkpoints of interrupted runs, sessions and the figures that carry them, recipes, tables of runs, autosave.

pub(super) mod autosave;
mod checkpoint;
pub(super) mod export;
pub(super) mod folder;
mod history_csv;
pub(super) mod metrics;
mod part_content;
mod parts;
pub mod provenance;
pub(super) mod recipe;
pub(super) mod record;
pub(super) mod run_table;
pub(super) mod session;
mod table_record;
