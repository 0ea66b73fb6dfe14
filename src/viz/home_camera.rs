//! The home position of the camera in 3-D data space.

use super::projection::Projection;
use crate::data::Scene;
use crate::paint::{Bounds, Camera};

/// The box around the projected data.
pub(crate) fn data_bounds(projection: &Projection) -> Bounds {
    let extent = |axis: usize, end: usize| projection.extent.get(axis).map_or(0.0, |e| e[end] as f32);
    let corner = |end: usize| [0, 1, 2].map(|axis| extent(axis, end));
    Bounds { min: corner(0), max: corner(1) }
}

/// The camera that the scene file asks for, fitted to the data.
pub(crate) fn home_camera(projection: &Projection, scene: Option<&Scene>) -> Camera {
    let mut camera = Camera::default();
    camera.frame(&data_bounds(projection));
    // Room for the names of the axes.
    camera.half_height *= 1.08;
    if let Some(scene) = scene {
        let wanted = &scene.camera;
        camera.azimuth = (wanted.yaw as f32).to_radians();
        camera.elevation = (wanted.pitch as f32).to_radians();
        camera.half_height /= wanted.zoom as f32;
    }
    camera
}
