//! Panels around the views: menu bar, controls, help.

pub(super) mod controls;
pub(super) mod help;
mod latent_sliders;
pub(super) mod menu_bar;
pub(super) mod room;
mod scene_numbers;
mod slider;
pub(super) mod slow_step;
