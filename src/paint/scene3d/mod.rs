//! An A-buffer renderer for scenes in three dimensions: a camera projects a scene, primitive assembly turns it into
//! triangles, balls and lines on the screen, and every tile sorts their fragments by depth.

pub(super) mod bounds;
pub(super) mod camera;
pub(super) mod projector;
pub(super) mod render;
pub(super) mod scene3;
pub(super) mod surface;

mod assembly;
mod coverage;
mod dash;
mod fragment;
mod lighting;
mod primitive;
mod tile;
mod tiles;
mod vec3;
