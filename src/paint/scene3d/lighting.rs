//! Blinn–Phong lighting by one light over the viewer's left shoulder.
//!
//! Directions are in camera coordinates: right, up, away from the viewer. The light turns with the camera, so the same
//! slope has the same brightness wherever it lies in the world.

use super::vec3::{Vec3, add, dot, scale, unit};

/// The direction towards the light (unit length).
const LIGHT: Vec3 = [-0.348, 0.530, -0.773];
/// The half vector between the light and an eye in front.
const HALF: Vec3 = [-0.1848, 0.2815, -0.9416];
const AMBIENT: f32 = 0.45;
const DIFFUSE: f32 = 0.65;
const SPECULAR: f32 = 0.18;
const SHININESS: i32 = 24;

/// Shading of a colour c, 0–1: c · `diffuse` + `specular`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Light {
    pub(crate) diffuse: f32,
    pub(crate) specular: f32,
}

impl Light {
    /// The light on a surface with this normal, seen from either side.
    pub(crate) fn on(normal: Vec3, to_eye: Vec3) -> Self {
        let normal = if dot(normal, to_eye) < 0.0 { scale(normal, -1.0) } else { normal };
        let half = unit(add(LIGHT, to_eye)).unwrap_or(to_eye);
        Self {
            diffuse: AMBIENT + DIFFUSE * dot(normal, LIGHT).max(0.0),
            specular: SPECULAR * dot(normal, half).max(0.0).powi(SHININESS),
        }
    }

    /// The light on a normal that faces a distant eye in front.
    pub(crate) fn from_front(normal: Vec3) -> Self {
        Self {
            diffuse: AMBIENT + DIFFUSE * dot(normal, LIGHT).max(0.0),
            specular: SPECULAR * dot(normal, HALF).max(0.0).powi(SHININESS),
        }
    }

    /// The lit channel, 0–255, of a premultiplied colour with this `alpha`.
    pub(crate) fn apply(self, channel: f32, alpha: f32) -> f32 {
        let lit = channel * self.diffuse + self.specular * alpha;
        if lit < alpha { lit } else { alpha }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vec3::length;
    use super::*;

    #[test]
    fn both_sides_of_a_sheet_are_lit_alike_and_the_light_comes_from_the_upper_left() {
        assert!((length(LIGHT) - 1.0).abs() < 1e-3);
        let eye = [0.0, 0.0, -1.0];
        let (front, back) = (Light::on([0.1, 0.2, -0.97], eye), Light::on([-0.1, -0.2, 0.97], eye));
        assert_eq!((front.diffuse, front.specular), (back.diffuse, back.specular));
        let light = |normal| Light::on(normal, eye).apply(200.0, 255.0);
        assert!(light([-0.36, 0.48, -0.8]) > light(eye) && light(eye) > light([0.36, -0.48, -0.8]));
        assert!(Light::on(LIGHT, eye).apply(255.0, 100.0) <= 100.0, "premultiplied stays premultiplied");
    }

    #[test]
    fn the_light_from_the_front_is_the_light_for_an_eye_in_front() {
        for normal in [[0.0, 0.0, -1.0], [-0.36, 0.48, -0.8], [0.6, -0.48, -0.64]] {
            let (a, b) = (Light::from_front(normal), Light::on(normal, [0.0, 0.0, -1.0]));
            assert!((a.diffuse - b.diffuse).abs() < 1e-6 && (a.specular - b.specular).abs() < 1e-3 * SPECULAR);
        }
    }
}
