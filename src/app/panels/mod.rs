//! What stands around the views: menu, controls, dialogs.

pub(super) mod controls;
pub(super) mod help;
pub(super) mod open;
pub(super) mod save;
pub(super) mod top;
