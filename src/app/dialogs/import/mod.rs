//! The dialog that imports your data: reads beside the window, shows what it finds, and asks how the file becomes data.

mod choices;
mod columns;
mod dialog;
mod job;
mod preview;
mod words;

pub(crate) use dialog::ImportDialog;
