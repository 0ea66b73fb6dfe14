//! An A-buffer renderer for scenes in three dimensions.

pub(super) mod bounds;
pub(super) mod camera;
pub(super) mod render;
pub(super) mod scene3;

mod dash;
mod lighting;
mod primitive;
mod tile;
mod tiles;
mod vec3;
