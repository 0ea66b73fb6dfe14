//! An open lesson: its steps, the runs that are prepared for them, and its panel.

pub(super) mod open_lesson;
pub(super) mod panel;
pub(super) mod preparer;
mod reload;
mod sketch;
pub(super) mod task_panel;
