//! The window. Controls, keys, menus, dialogs and views send commands to one queue; [`App::frame`] draws a frame and then
//! executes the queue; the trainers' snapshots come back and are drawn by the views.

mod autosave;
mod command_handling;
mod config_draft;
mod dialog_handling;
mod dialogs;
mod frame;
mod lesson;
mod lesson_steps;
mod native;
mod open;
mod panels;
mod pointer;
mod presenter;
mod presenting;
mod presets;
mod reading;
mod recovery;
mod run_slot;
mod shown_preset;
mod slow_steps;
mod speaker_notes;
mod state;
mod time_travel;
mod undo;
mod undoing;
mod zoom;

pub use native::{WindowStart, window};
pub use state::{App, FirstRun};
