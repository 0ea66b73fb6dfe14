//! Undo and redo: time points of settings and view, and what leads from one to another.

pub(super) mod history;
pub(super) mod point;
