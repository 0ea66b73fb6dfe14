//! What stands around the views: menu, controls, dialogs.

pub mod controls;
pub mod help;
pub mod open;
pub mod save;
pub mod top;
