//! The dialog that imports your data: reads beside the window, shows what it finds, and asks how the file becomes data.

mod choices;
mod columns;
pub(in crate::app) mod dialog;
mod job;
mod preview;
mod words;
