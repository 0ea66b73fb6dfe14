//! Bounding boxes.

use super::vec3::{Vec3, add, is_finite, length, scale, sub};

/// An axis-aligned bounding box, including both corners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The smallest coordinates.
    pub min: [f32; 3],
    /// The largest coordinates.
    pub max: [f32; 3],
}

impl Bounds {
    /// The box around `points`. Points that are not finite are left out; `None` if nothing remains.
    pub fn around(points: impl IntoIterator<Item = [f32; 3]>) -> Option<Self> {
        points.into_iter().filter(|p| is_finite(*p)).fold(None, |bounds, p| {
            let Self { min, max } = bounds.unwrap_or(Self { min: p, max: p });
            let pick = |f: fn(f32, f32) -> f32, a: Vec3| std::array::from_fn(|k| f(a[k], p[k]));
            Some(Self { min: pick(f32::min, min), max: pick(f32::max, max) })
        })
    }

    /// The box around two boxes.
    pub fn union(self, other: Self) -> Self {
        Self {
            min: std::array::from_fn(|k| self.min[k].min(other.min[k])),
            max: std::array::from_fn(|k| self.max[k].max(other.max[k])),
        }
    }

    /// One of the eight corners: bit k of `bits` says whether coordinate k is the largest.
    pub fn corner(&self, bits: usize) -> [f32; 3] {
        std::array::from_fn(|k| if bits >> k & 1 == 1 { self.max[k] } else { self.min[k] })
    }

    /// The middle of the box.
    pub fn center(&self) -> [f32; 3] {
        scale(add(self.min, self.max), 0.5)
    }

    /// The radius of the sphere through the corners.
    pub fn radius(&self) -> f32 {
        0.5 * length(sub(self.max, self.min))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_holds_its_points_and_ignores_holes_in_the_data() {
        let bounds = Bounds::around([[1.0, -2.0, 0.0], [f32::NAN, 9.0, 9.0], [-1.0, 4.0, 4.0]]).unwrap();
        assert_eq!((bounds.min, bounds.max), ([-1.0, -2.0, 0.0], [1.0, 4.0, 4.0]));
        assert_eq!(bounds.center(), [0.0, 1.0, 2.0]);
        assert_eq!(bounds.radius(), 0.5 * (4.0_f32 + 36.0 + 16.0).sqrt());
        assert_eq!(Bounds::around([[f32::INFINITY, 0.0, 0.0]]), None);
    }
}
