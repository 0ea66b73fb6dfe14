//! Panels around the views: menu bar, the argument, controls, help, glossary.

pub(super) mod argument_strip;
pub(super) mod controls;
pub(super) mod glossary;
pub(super) mod help;
mod latent_sliders;
pub(super) mod menu_bar;
pub(in crate::app) mod regularizer;
pub(super) mod room;
mod scene_numbers;
pub(super) mod slider;
pub(super) mod slow_step;
