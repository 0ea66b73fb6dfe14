//! Panels around the views: menu bar, controls, help.

pub(super) mod controls;
pub(super) mod help;
pub(super) mod menu_bar;
pub(super) mod room;
