//! A turntable camera: z stays up, lengths stay comparable.

use super::bounds::Bounds;
use super::projector::Projector;
use super::vec3::{add, dot, scale, unit};
use serde::{Deserialize, Serialize};
use std::f32::consts::{FRAC_PI_2, FRAC_PI_6, PI, TAU};

/// A turntable camera.
///
/// The eye lies in the direction (cos ε cos α, cos ε sin α, sin ε) of the target, α the azimuth and ε the elevation.
/// The projection is orthographic unless a field of view is given; then the target plane keeps its scale, so switching
/// between both changes the foreshortening only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// The point in the middle of the viewport.
    pub target: [f32; 3],
    /// Angle of the eye about the z axis, from the x axis, in radians.
    pub azimuth: f32,
    /// Angle of the eye above the x-y plane, in radians, within [−π/2, π/2].
    pub elevation: f32,
    /// World units from the target to the upper edge of the viewport (to its side edge if it is narrower than high).
    pub half_height: f32,
    /// The field of view over twice `half_height`, in radians; `None` for an orthographic projection.
    pub field_of_view: Option<f32>,
}

impl Default for Camera {
    /// From the front, right and above: x runs to the right, y away from the viewer.
    fn default() -> Self {
        Self { target: [0.0; 3], azimuth: -PI / 3.0, elevation: FRAC_PI_6, half_height: 2.0, field_of_view: None }
    }
}

/// Radians per point of a drag: half a turn over 360 points.
const RADIANS_PER_POINT: f32 = PI / 360.0;

/// A direction whose horizontal part is below this counts as vertical: its azimuth would be noise.
const VERTICAL: f32 = 0.01;

impl Camera {
    /// Right, up and forward (away from the eye) as an orthonormal basis: right × up = −forward.
    pub fn basis(&self) -> [[f32; 3]; 3] {
        let (sin_a, cos_a) = self.azimuth.sin_cos();
        let (sin_e, cos_e) = self.elevation.sin_cos();
        [[-sin_a, cos_a, 0.0], [-sin_e * cos_a, -sin_e * sin_a, cos_e], [-cos_e * cos_a, -cos_e * sin_a, -sin_e]]
    }

    /// The projection into a viewport of `[width, height]` pixels.
    pub fn projector(&self, viewport: [f32; 2]) -> Projector {
        let [right, up, forward] = self.basis();
        // Between the orthographic limit and a fish eye; anything else is no perspective.
        let field_of_view = self.field_of_view.filter(|f| *f > 0.0).map(|f| f.min(2.6));
        Projector {
            target: self.target,
            right,
            up,
            forward,
            center: [0.5 * viewport[0], 0.5 * viewport[1]],
            pixels_per_unit: 1.0 / self.units_per_pixel(viewport),
            nearness: field_of_view.map_or(0.0, |f| (0.5 * f).tan() / self.half_height),
        }
    }

    /// The pixel `[x, y]` (y downwards) on which a point appears, and how far it lies behind the target plane, in world
    /// units. `None` if the point is behind the eye.
    pub fn project(&self, point: [f32; 3], viewport: [f32; 2]) -> Option<[f32; 3]> {
        self.projector(viewport).project(point)
    }

    /// Turns the scene with the pointer, dragged by so many points.
    pub fn orbit(&mut self, dx: f32, dy: f32) {
        self.azimuth = (self.azimuth - dx * RADIANS_PER_POINT).rem_euclid(TAU);
        self.elevation = (self.elevation + dy * RADIANS_PER_POINT).clamp(-FRAC_PI_2, FRAC_PI_2);
    }

    /// Moves the scene with the pointer, dragged by `[x, y]` pixels of a viewport.
    pub fn pan(&mut self, drag: [f32; 2], viewport: [f32; 2]) {
        let [right, up, _] = self.basis();
        let unit = self.units_per_pixel(viewport);
        self.target = add(self.target, add(scale(right, -drag[0] * unit), scale(up, drag[1] * unit)));
    }

    /// Magnifies by `factor` about the target.
    pub fn zoom(&mut self, factor: f32) {
        if factor > 0.0 {
            self.half_height = (self.half_height / factor).clamp(1e-5, 1e5);
        }
    }

    /// Magnifies by `factor`; the point of the target plane under the pixel `at` stays there.
    pub fn zoom_at(&mut self, factor: f32, at: [f32; 2], viewport: [f32; 2]) {
        let offset = [at[0] - 0.5 * viewport[0], at[1] - 0.5 * viewport[1]];
        self.pan([-offset[0], -offset[1]], viewport);
        self.zoom(factor);
        self.pan(offset, viewport);
    }

    /// Looks along `direction`, for example `[0, 0, -1]` for the view from above.
    ///
    /// Along ±z this gives the views of technical drawing, x to the right. A direction of length zero changes nothing.
    pub fn look_along(&mut self, direction: [f32; 3]) {
        let Some([x, y, z]) = unit(direction) else { return };
        self.elevation = (-z).clamp(-1.0, 1.0).asin();
        self.azimuth = if x.hypot(y) > 1e-6 { (-y).atan2(-x).rem_euclid(TAU) } else { 3.0 * FRAC_PI_2 };
    }

    /// Looks at a plane with the given normal from the front, so that its angles are undistorted.
    ///
    /// The camera stays on its side of the plane, and does not turn about the vertical when the plane is (nearly)
    /// horizontal.
    pub fn face(&mut self, normal: [f32; 3]) {
        let Some(normal) = unit(normal) else { return };
        let [_, _, forward] = self.basis();
        let direction = if dot(normal, forward) < 0.0 { normal } else { scale(normal, -1.0) };
        let azimuth = self.azimuth;
        self.look_along(scale(direction, -1.0));
        if direction[0].hypot(direction[1]) < VERTICAL {
            self.azimuth = azimuth;
        }
    }

    /// Sets target and zoom so that the sphere around `bounds` just fits from any direction.
    pub fn frame(&mut self, bounds: &Bounds) {
        self.target = bounds.center();
        // A sphere seen in perspective is tangent to the cone of view: r = D sin(f/2), half height = D tan(f/2).
        let bulge = self.field_of_view.map_or(1.0, |f| (0.5 * f).cos().max(0.1));
        self.half_height = (bounds.radius() / bulge).clamp(1e-5, 1e5);
    }

    /// World units per pixel in the target plane.
    pub fn units_per_pixel(&self, viewport: [f32; 2]) -> f32 {
        2.0 * self.half_height / viewport[0].min(viewport[1]).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::vec3::{cross, length};
    use super::*;

    const VIEWPORT: [f32; 2] = [400.0, 200.0];

    fn close(a: &[f32], b: &[f32], tolerance: f32) -> bool {
        a.iter().zip(b).all(|(x, y)| (x - y).abs() <= tolerance)
    }

    fn cameras() -> impl Iterator<Item = Camera> {
        (0..13 * 7).map(|k| Camera {
            azimuth: (k % 13) as f32 * 0.5,
            elevation: (k / 13) as f32 * FRAC_PI_2 / 3.0 - FRAC_PI_2,
            ..Camera::default()
        })
    }

    #[test]
    fn the_basis_is_orthonormal_and_z_never_points_down() {
        for camera in cameras() {
            let [right, up, forward] = camera.basis();
            assert!(close(&cross(right, up), &scale(forward, -1.0), 1e-6), "{camera:?}");
            for v in [right, up, forward] {
                assert!((length(v) - 1.0).abs() < 1e-6);
            }
            assert!(dot(right, up).abs() < 1e-6 && up[2] >= -1e-6 && right[2] == 0.0, "{camera:?}");
        }
    }

    #[test]
    fn known_points_appear_where_they_should() {
        let mut camera = Camera { half_height: 2.0, target: [1.0, 0.0, 0.0], ..Camera::default() };
        camera.look_along([0.0, 1.0, 0.0]);
        // 200 pixels show four units.
        let seen = camera.project([2.0, 3.0, 1.5], VIEWPORT).unwrap();
        assert!(close(&seen, &[250.0, 25.0, 3.0], 1e-4), "{seen:?}");
        camera.look_along([0.0, 0.0, -1.0]);
        let seen = camera.project([2.0, 1.0, 0.5], VIEWPORT).unwrap();
        assert!(close(&seen, &[250.0, 50.0, -0.5], 1e-4), "{seen:?}");
        camera.look_along([0.0, 0.0, 1.0]);
        let seen = camera.project([2.0, 1.0, 0.5], VIEWPORT).unwrap();
        assert!(close(&seen, &[250.0, 150.0, 0.5], 1e-4), "from below: {seen:?}");
        camera.look_along([-1.0, 0.0, 0.0]);
        let seen = camera.project([2.0, 1.0, 1.0], VIEWPORT).unwrap();
        assert!(close(&seen, &[250.0, 50.0, -1.0], 1e-4), "{seen:?}");
    }

    #[test]
    fn perspective_foreshortens_and_keeps_the_target_plane() {
        let flat = Camera { half_height: 1.0, azimuth: 0.0, elevation: 0.0, ..Camera::default() };
        let deep = Camera { field_of_view: Some(FRAC_PI_2), ..flat };
        let p = [0.0, 0.5, 0.25];
        assert!(close(&deep.project(p, VIEWPORT).unwrap(), &flat.project(p, VIEWPORT).unwrap(), 1e-4));
        // The eye is one unit away, so one unit behind the target everything has half its size.
        let seen = deep.project([-1.0, 0.5, 0.0], VIEWPORT).unwrap();
        assert!(close(&seen, &[225.0, 100.0, 1.0], 1e-4), "{seen:?}");
        assert_eq!(deep.project([1.5, 0.0, 0.0], VIEWPORT), None, "behind the eye");
        let projector = deep.projector(VIEWPORT);
        let [a, b] = projector.clip_near([0.3, 0.1, 1.0], [0.1, 0.0, -3.0]).unwrap();
        assert!(a == [0.3, 0.1, 1.0] && projector.screen(b).is_some() && b[2] < -0.95, "{b:?}");
    }

    #[test]
    fn unproject_inverts_project() {
        for camera in cameras().flat_map(|c| [c, Camera { field_of_view: Some(0.8), ..c }]) {
            let p = [0.3, -0.7, 1.1];
            let projector = camera.projector(VIEWPORT);
            let [x, y, depth] = projector.project(p).unwrap();
            assert!(close(&projector.unproject(x, y, depth), &p, 1e-5), "{camera:?}");
        }
    }

    #[test]
    fn dragging_past_the_pole_stops_there() {
        let mut camera = Camera::default();
        camera.orbit(0.0, 1e4);
        let at_pole = camera.basis();
        camera.orbit(0.0, 500.0);
        assert_eq!(camera.basis(), at_pole);
        assert_eq!(camera.elevation, FRAC_PI_2);
        camera.orbit(0.0, -1.0);
        assert!(close(&camera.basis()[0], &at_pole[0], 1e-6), "right does not flip at the pole");
    }

    #[test]
    fn facing_a_plane_shows_its_right_angles() {
        for camera in cameras() {
            let (u, v) = ([0.8, 0.0, 0.6], [-0.36, 0.8, 0.48]);
            let mut facing = camera;
            facing.face(cross(u, v));
            let at = |p| facing.project(add(facing.target, p), VIEWPORT).unwrap();
            let (o, pu, pv) = (at([0.0; 3]), at(u), at(v));
            let (a, b) = ([pu[0] - o[0], pu[1] - o[1]], [pv[0] - o[0], pv[1] - o[1]]);
            // Pixels of 50 per unit.
            assert!((a[0] * b[0] + a[1] * b[1]).abs() < 0.05, "{camera:?}");
            assert!((a[0].hypot(a[1]) - 50.0).abs() < 0.01 && (b[0].hypot(b[1]) - 50.0).abs() < 0.01);
            assert!(dot(facing.basis()[2], camera.basis()[2]) >= -1e-6, "it stays on its side");
        }
    }

    #[test]
    fn zooming_at_a_pixel_keeps_what_is_under_it() {
        let mut camera = Camera::default();
        let at = [310.0, 40.0];
        let before = camera.projector(VIEWPORT).unproject(at[0], at[1], 0.0);
        camera.zoom_at(3.0, at, VIEWPORT);
        assert!(close(&camera.projector(VIEWPORT).unproject(at[0], at[1], 0.0), &before, 1e-5));
        assert!((camera.half_height - 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_framed_sphere_touches_the_edge() {
        let bounds = Bounds { min: [0.0, 0.0, 0.0], max: [2.0, 2.0, 1.0] };
        for field_of_view in [None, Some(0.9)] {
            let mut camera = Camera { field_of_view, ..Camera::default() };
            camera.frame(&bounds);
            assert_eq!(bounds.radius(), 1.5);
            let [_, up, forward] = camera.basis();
            // The outline of the sphere: the circle of points seen from the eye at a right angle to the radius.
            let sine = field_of_view.map_or(0.0, |f| (0.5 * f).sin());
            let rim = add(scale(up, 1.5 * (1.0 - sine * sine).sqrt()), scale(forward, -1.5 * sine));
            let [_, y, _] = camera.project(add(camera.target, rim), VIEWPORT).unwrap();
            assert!(y.abs() < 0.01, "{y}");
        }
    }
}
