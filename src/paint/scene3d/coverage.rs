//! Coverage: the fragments that primitives leave on the samples of a tile.

use super::fragment::{Fragment, SampleFragment, byte, color32};
use super::lighting::Light;
use super::primitive::{Ball, Capsule, Primitive, Skirt, Vertex, position};
use super::tile::Tile;
use super::vec3::Vec3;
use crate::paint::scan::{Interpolator, spans};
use eframe::egui::Color32;
use std::ops::Range;

impl Tile {
    /// Adds the fragments of a primitive.
    pub(crate) fn draw(&mut self, primitive: &Primitive) {
        match primitive {
            Primitive::Triangle(vertices) => self.triangle(vertices),
            Primitive::Skirt(skirt) => self.skirt(skirt),
            Primitive::Ball(ball) => self.ball(ball),
            Primitive::Capsule(capsule) => self.capsule(capsule),
        }
    }

    fn triangle(&mut self, vertices: &[Vertex; 3]) {
        let corners = vertices.map(|v| v.snapped());
        let Some(interpolator) = Interpolator::new(corners) else { return };
        let alpha = vertices[0].color.a();
        let values = vertices.map(|Vertex { key, color, .. }| {
            let [r, g, b, _] = color.to_array().map(f32::from);
            [r, g, b, key]
        });
        let planes = interpolator.planes(values);
        // Where a triangle is seen almost from its side, rounding must not lead far away from it.
        let [a, b, c] = values;
        let low: [f32; 4] = std::array::from_fn(|k| a[k].min(b[k]).min(c[k]));
        let high: [f32; 4] = std::array::from_fn(|k| a[k].max(b[k]).max(c[k]));
        let at = |x, y| -> [f32; 4] {
            let at = planes.at(x, y);
            let above: [f32; 4] = std::array::from_fn(|k| if at[k] > low[k] { at[k] } else { low[k] });
            std::array::from_fn(|k| if above[k] < high[k] { above[k] } else { high[k] })
        };
        spans(corners, self.area, |y, x0, x1| {
            let (from, to) = (at(x0, y), at(x1 - 1, y));
            let gap = 1.0 / (x1 - x0 - 1).max(1) as f32;
            let step: [f32; 4] = std::array::from_fn(|k| (to[k] - from[k]) * gap);
            let mut value = from;
            let first = self.sample(x0, y);
            let fragments = (first..first + (x1 - x0) as usize).map(|sample| {
                let [r, g, b, key] = value;
                value = std::array::from_fn(|k| value[k] + step[k]);
                let color = Color32::from_rgba_premultiplied(byte(r), byte(g), byte(b), alpha);
                SampleFragment { fragment: Fragment { key, color }, sample: sample as u16 }
            });
            if alpha < 255 {
                // Hidden fragments are rare and left out later.
                self.drawn.extend(fragments);
            } else {
                for (SampleFragment { fragment, .. }, opaque) in fragments.zip(&mut self.opaque[first..]) {
                    if fragment.key < opaque.key {
                        *opaque = fragment;
                    }
                }
            }
        });
    }

    fn ball(&mut self, ball: &Ball) {
        let [x, y, key] = ball.center;
        // A point smaller than a sample fades instead of vanishing between samples.
        let radius = ball.radius.max(1.0);
        let weight = (ball.radius / radius).powi(2);
        let inverse = 1.0 / radius;
        // The coverage at the distance d is 1/2 + (r² − d²)/2r within 0–1: like r + 1/2 − d near the rim, but without a
        // root, and its integral is the area πr² exactly.
        let square = radius * radius;
        let reach = square + radius;
        let color = ball.color.to_array().map(f32::from);
        for row in self.rows(y - ball.reach(), y + ball.reach()) {
            let dy = row as f32 + 0.5 - y;
            let width = (reach - dy * dy).max(0.0).sqrt();
            for column in self.columns(x - width, x + width) {
                let dx = column as f32 + 0.5 - x;
                let inside = square - dx * dx - dy * dy;
                let coverage = 0.5 + 0.5 * inside * inverse;
                if coverage <= 0.0 {
                    continue;
                }
                let coverage = if coverage < 1.0 { coverage * weight } else { weight };
                let height = if inside > 0.0 { inside.sqrt() } else { 0.0 };
                let light = Light::from_front([dx * inverse, -dy * inverse, -height * inverse]);
                let [r, g, b] = [0, 1, 2].map(|k| light.apply(color[k], color[3]));
                self.put(self.sample(column, row), key - height * ball.relief, cover([r, g, b, color[3]], coverage));
            }
        }
    }

    fn capsule(&mut self, capsule: &Capsule) {
        let half_width = capsule.half_width.max(0.5);
        let weight = capsule.half_width / half_width;
        let color = capsule.color.to_array().map(f32::from);
        self.along(capsule.a, capsule.b, half_width + 0.5, |tile, sample, near| {
            let coverage = weight * (half_width + 0.5 - near.distance).min(1.0);
            tile.put_owned(sample, near.key, cover(color, coverage), capsule.owner);
        });
    }

    fn skirt(&mut self, skirt: &Skirt) {
        let (a, b) = (position(&skirt.a), position(&skirt.b));
        let colors = [skirt.a, skirt.b].map(|v| v.color.to_array().map(f32::from));
        self.along(a, b, 1.0, |tile, sample, near| {
            if near.side * skirt.outside > 0.0 {
                let [from, to] = colors;
                let color = std::array::from_fn(|k| from[k] + near.t * (to[k] - from[k]));
                tile.put_owned(sample, near.key, cover(color, 1.0 - near.distance), skirt.owner);
            }
        });
    }

    /// Calls `visit` for every sample whose centre is nearer than `reach` to a segment.
    fn along(&mut self, a: Vec3, b: Vec3, reach: f32, mut visit: impl FnMut(&mut Self, usize, Nearest)) {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let square = dx * dx + dy * dy;
        let inverse = if square > 0.0 { 1.0 / square } else { 0.0 };
        let columns = [a[0].min(b[0]) - reach, a[0].max(b[0]) + reach];
        // Half the width of the strip around the line, measured along a row.
        let strip = reach * square.sqrt() / dy.abs();
        for row in self.rows(a[1].min(b[1]) - reach, a[1].max(b[1]) + reach) {
            let y = row as f32 + 0.5 - a[1];
            let middle = a[0] + y * dx / dy;
            let [low, high] = columns;
            let columns = if strip.is_finite() && middle.is_finite() {
                self.columns(low.max(middle - strip), high.min(middle + strip))
            } else {
                self.columns(low, high)
            };
            for column in columns {
                let x = column as f32 + 0.5 - a[0];
                let t = ((x * dx + y * dy) * inverse).clamp(0.0, 1.0);
                let (ex, ey) = (x - t * dx, y - t * dy);
                let distance = ex * ex + ey * ey;
                if distance < reach * reach {
                    let key = a[2] + t * (b[2] - a[2]);
                    let side = dx * y - dy * x;
                    let sample = self.sample(column, row);
                    visit(self, sample, Nearest { distance: distance.sqrt(), t, key, side });
                }
            }
        }
    }

    /// The rows of the tile whose centres may lie in an interval.
    fn rows(&self, from: f32, to: f32) -> Range<i32> {
        // A cast rounds towards zero: upwards only outside the tile.
        (from as i32).max(self.area.y0)..(to as i32).saturating_add(1).min(self.area.y1)
    }

    fn columns(&self, from: f32, to: f32) -> Range<i32> {
        (from as i32).max(self.area.x0)..(to as i32).saturating_add(1).min(self.area.x1)
    }
}

/// The point of a segment nearest to a sample.
struct Nearest {
    distance: f32,
    /// Its position along the segment, 0–1.
    t: f32,
    key: f32,
    /// (b − a) × (sample − a): its sign tells the side of the line.
    side: f32,
}

/// A premultiplied colour, with channels 0–255, times a coverage.
fn cover(color: [f32; 4], coverage: f32) -> Color32 {
    color32(color.map(|c| c * coverage))
}
