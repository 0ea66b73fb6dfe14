//! The command palette: every command of the window by its words, and settings as typed text.

pub(in crate::app) mod popup;
pub(in crate::app) mod row;

mod change;
mod choices;
mod ranking;
mod rows;
mod typed;
