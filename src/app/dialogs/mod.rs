//! Dialogs: opening files and models, importing, saving, exporting, which β, the command palette.

pub(super) mod beta;
mod desktop;
pub(super) mod export;
pub(super) mod export_settings;
pub(super) mod frame;
pub(super) mod import;
pub(super) mod model;
pub(super) mod open;
pub(super) mod palette;
pub(super) mod path_picker;
pub(super) mod save;
