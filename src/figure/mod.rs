//! Figures: the views drawn without a window, standing still or animated, and the tiles that a window shows them in.

pub mod animation;
mod caption;
pub mod content;
pub mod handout;
pub mod layout;
pub(crate) mod lesson_step;
pub mod pane;
pub mod still;
pub mod sweep_plot;
mod tabs_in_sight;
pub(crate) mod tiles;
pub(crate) mod view_state;
