//! Projection of points onto the screen.

use super::vec3::{Vec3, add, dot, lerp, scale, sub, unit};

/// A projection of world points into a viewport, for many points.
#[derive(Clone, Copy, Debug)]
pub struct Projector {
    pub(super) target: Vec3,
    pub(super) right: Vec3,
    pub(super) up: Vec3,
    pub(super) forward: Vec3,
    pub(super) center: [f32; 2],
    pub(super) pixels_per_unit: f32,
    /// One over the distance from eye to target; zero for an eye at infinity (orthographic).
    pub(super) nearness: f32,
}

/// The near plane, in parts of the distance from eye to target.
const NEAR: f32 = 0.02;

impl Projector {
    /// The same as [`Camera::project`](super::camera::Camera::project).
    pub fn project(&self, point: [f32; 3]) -> Option<[f32; 3]> {
        let [x, y, key] = self.screen(self.view(point))?;
        Some([x, y, self.depth(key)])
    }

    /// The point that appears at the pixel `[x, y]` with the depth of
    /// [`Camera::project`](super::camera::Camera::project).
    pub fn unproject(&self, x: f32, y: f32, depth: f32) -> [f32; 3] {
        let unit = (1.0 + self.nearness * depth) / self.pixels_per_unit;
        let across = add(scale(self.right, (x - self.center[0]) * unit), scale(self.up, (self.center[1] - y) * unit));
        add(self.target, add(across, scale(self.forward, depth)))
    }

    /// Pixels per world unit in the target plane.
    pub fn pixels_per_unit(&self) -> f32 {
        self.pixels_per_unit
    }

    /// The point in the coordinates of the camera: right, up, behind the target plane.
    pub(crate) fn view(&self, point: Vec3) -> Vec3 {
        let offset = sub(point, self.target);
        [dot(offset, self.right), dot(offset, self.up), dot(offset, self.forward)]
    }

    /// Pixel coordinates and depth key of a point in camera coordinates, `None` behind the near plane.
    ///
    /// The key δ/(1 + δ/D), D the distance of the eye, grows with the depth δ, equals it to first order near the target
    /// plane and, unlike it, is an affine function of the pixel on every plane.
    pub(crate) fn screen(&self, [x, y, depth]: Vec3) -> Option<Vec3> {
        let magnification = self.magnification(depth);
        let k = magnification * self.pixels_per_unit;
        let screen = [self.center[0] + x * k, self.center[1] - y * k, depth * magnification];
        (1.0 + self.nearness * depth >= NEAR && screen.iter().all(|c| c.is_finite())).then_some(screen)
    }

    /// Size on the screen at this depth, relative to the target plane.
    pub(crate) fn magnification(&self, depth: f32) -> f32 {
        1.0 / (1.0 + self.nearness * depth)
    }

    /// The part of a segment, in camera coordinates, in front of the near plane.
    pub(crate) fn clip_near(&self, a: Vec3, b: Vec3) -> Option<[Vec3; 2]> {
        let height = |p: Vec3| 1.0 + self.nearness * p[2] - NEAR;
        let (ha, hb) = (height(a), height(b));
        // Just inside, so that rounding does not put the cut outside.
        let cut = || lerp(a, b, ha / (ha - hb));
        let inside = |p: Vec3| [p[0], p[1], p[2] + 1e-3 / self.nearness];
        match (ha >= 0.0, hb >= 0.0) {
            (true, true) => Some([a, b]),
            (true, false) => Some([a, inside(cut())]),
            (false, true) => Some([inside(cut()), b]),
            (false, false) => None,
        }
    }

    /// The depth behind the target plane for a depth key.
    pub(crate) fn depth(&self, key: f32) -> f32 {
        key / (1.0 - self.nearness * key)
    }

    /// The unit vector from a point in camera coordinates to the eye, in camera coordinates.
    pub(crate) fn towards_eye(&self, [x, y, depth]: Vec3) -> Vec3 {
        let w = self.nearness;
        unit([-x * w, -y * w, -1.0 - depth * w]).unwrap_or([0.0, 0.0, -1.0])
    }

    /// A direction of the world in camera coordinates.
    pub(crate) fn turn(&self, direction: Vec3) -> Vec3 {
        [dot(direction, self.right), dot(direction, self.up), dot(direction, self.forward)]
    }
}
