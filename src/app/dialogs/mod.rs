//! Dialogs: opening, saving, exporting.

pub(super) mod export;
pub(super) mod export_settings;
pub(super) mod frame;
pub(super) mod open;
pub(super) mod path_picker;
pub(super) mod save;
