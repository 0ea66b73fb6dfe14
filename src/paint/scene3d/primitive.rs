//! The primitives of the A-buffer, in sample coordinates.

use super::vec3::Vec3;
use crate::paint::scan::{SUBPIXELS, Snapped};
use eframe::egui::Color32;

/// A primitive on the screen. Third coordinates are depth keys (see `Projector::screen`), colours are lit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Primitive {
    /// All corners have the same opacity.
    Triangle([Vertex; 3]),
    Skirt(Skirt),
    Ball(Ball),
    Capsule(Capsule),
}

/// A corner of a triangle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vertex {
    /// Position in 1/256 sample.
    pub(crate) at: [i32; 2],
    pub(crate) key: f32,
    pub(crate) color: Color32,
}

impl Vertex {
    pub(crate) fn snapped(&self) -> Snapped {
        self.at.map(i64::from)
    }
}

/// A soft edge, one sample wide, along the outside of a silhouette from `a` to `b`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Skirt {
    pub(crate) a: Vertex,
    pub(crate) b: Vertex,
    /// +1 or −1: the sign of (b − a) × (p − a) for points p outside.
    pub(crate) outside: f32,
    pub(crate) owner: Owner,
}

/// A point of a cloud, lit as a ball.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ball {
    pub(crate) center: Vec3,
    pub(crate) radius: f32,
    /// Depth per sample of height.
    pub(crate) relief: f32,
    pub(crate) color: Color32,
}

impl Ball {
    /// The distance from the centre within which samples are touched.
    pub(crate) fn reach(&self) -> f32 {
        let radius = self.radius.max(1.0);
        (radius * radius + radius).sqrt()
    }
}

/// A line with round ends: all points within half the width of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capsule {
    pub(crate) a: Vec3,
    pub(crate) b: Vec3,
    pub(crate) half_width: f32,
    pub(crate) color: Color32,
    pub(crate) owner: Owner,
}

/// The curve or surface of a line. Where lines of one owner overlap they are blended once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    /// From 1.
    pub(crate) id: u32,
    /// Lines further apart in depth are blended separately.
    pub(crate) reach: f32,
}

impl Primitive {
    /// The bounding box of the samples that the primitive may touch: left, top, right, bottom.
    pub(crate) fn bounds(&self) -> [f32; 4] {
        match self {
            Self::Triangle(vertices) => {
                let [a, b, c] = vertices.map(|v| v.at);
                let min = |k: usize| a[k].min(b[k]).min(c[k]) as f32 / SUBPIXELS;
                let max = |k: usize| a[k].max(b[k]).max(c[k]) as f32 / SUBPIXELS;
                [min(0), min(1), max(0), max(1)]
            }
            Self::Skirt(Skirt { a, b, .. }) => around(position(a), position(b), 1.0),
            Self::Ball(ball) => around(ball.center, ball.center, ball.reach()),
            Self::Capsule(capsule) => around(capsule.a, capsule.b, capsule.half_width.max(0.5) + 0.5),
        }
    }
}

/// The position of a vertex in samples, with its key.
pub(crate) fn position(vertex: &Vertex) -> Vec3 {
    let [x, y] = vertex.at.map(|v| v as f32 / SUBPIXELS);
    [x, y, vertex.key]
}

fn around(a: Vec3, b: Vec3, reach: f32) -> [f32; 4] {
    [a[0].min(b[0]) - reach, a[1].min(b[1]) - reach, a[0].max(b[0]) + reach, a[1].max(b[1]) + reach]
}
