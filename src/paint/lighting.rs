//! One light over the viewer's left shoulder.
//!
//! Directions are in camera coordinates: right, up, away from the viewer. The light turns with the camera, so the same
//! slope has the same brightness wherever it lies in the world.

use super::vec3::{Vec3, add, dot, scale, unit};
use std::sync::LazyLock;

/// Towards the light (unit length).
const LIGHT: Vec3 = [-0.348, 0.530, -0.773];
const AMBIENT: f32 = 0.45;
const DIFFUSE: f32 = 0.65;
const SPECULAR: f32 = 0.18;
const SHININESS: i32 = 24;

/// What light does to a colour c: c · `diffuse` + `specular`, for colours 0–1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Light {
    pub(crate) diffuse: f32,
    pub(crate) specular: f32,
}

impl Light {
    /// The light on a surface with this normal, either side of which may be seen (Blinn and Phong).
    pub(crate) fn on(normal: Vec3, to_eye: Vec3) -> Self {
        let normal = if dot(normal, to_eye) < 0.0 { scale(normal, -1.0) } else { normal };
        let half = unit(add(LIGHT, to_eye)).unwrap_or(to_eye);
        Self {
            diffuse: AMBIENT + DIFFUSE * dot(normal, LIGHT).max(0.0),
            specular: SPECULAR * dot(normal, half).max(0.0).powi(SHININESS),
        }
    }

    /// The light on a ball at the point (x, y) of its disc, right and up, in radii.
    pub(crate) fn on_ball(x: f32, y: f32) -> Self {
        let cell = |v: f32| (((v + 1.0) * 0.5 * BALL as f32) as usize).min(BALL - 1);
        BALL_LIGHT[cell(y) * BALL + cell(x)]
    }

    /// The lit colour, for channels 0–255 of a colour that hides `alpha`/255.
    pub(crate) fn apply(self, channel: f32, alpha: f32) -> f32 {
        (channel * self.diffuse + self.specular * alpha).min(alpha)
    }
}

/// Cells along the sides of the table.
const BALL: usize = 64;

static BALL_LIGHT: LazyLock<Vec<Light>> = LazyLock::new(|| {
    let center = |cell: usize| (2 * cell + 1) as f32 / BALL as f32 - 1.0;
    let light = |k: usize| {
        let (x, y) = (center(k % BALL), center(k / BALL));
        // Beyond the rim, where only a part of a pixel is the ball, as at the rim.
        let r = x.hypot(y).max(1.0);
        let (x, y) = (x / r, y / r);
        Light::on([x, y, -(1.0 - x * x - y * y).max(0.0).sqrt()], [0.0, 0.0, -1.0])
    };
    (0..BALL * BALL).map(light).collect()
});

#[cfg(test)]
mod tests {
    use super::super::vec3::length;
    use super::*;

    #[test]
    fn both_sides_of_a_sheet_are_lit_alike_and_a_ball_is_brightest_upper_left() {
        assert!((length(LIGHT) - 1.0).abs() < 1e-3);
        let eye = [0.0, 0.0, -1.0];
        let (front, back) = (Light::on([0.1, 0.2, -0.97], eye), Light::on([-0.1, -0.2, 0.97], eye));
        assert_eq!((front.diffuse, front.specular), (back.diffuse, back.specular));
        let light = |x, y| Light::on_ball(x, y).apply(200.0, 255.0);
        assert!(light(-0.35, 0.5) > light(0.0, 0.0) && light(0.0, 0.0) > light(0.5, -0.6));
        assert!(Light::on_ball(-0.3, 0.4).apply(255.0, 100.0) <= 100.0, "premultiplied stays premultiplied");
    }
}
