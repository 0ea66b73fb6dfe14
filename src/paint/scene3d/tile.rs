//! The fragments of one tile: drawn, grouped by sample, sorted by depth, composited.

use super::lighting::Light;
use super::primitive::{Ball, Capsule, Owner, Primitive, Skirt, Vertex, position};
use super::tiles::{TILE_HEIGHT, TILE_WIDTH};
use super::vec3::Vec3;
use crate::paint::scan::{Interpolator, PixelRect, spans};
use eframe::egui::Color32;
use std::ops::Range;

/// Samples in a tile.
const SAMPLES: usize = TILE_WIDTH * TILE_HEIGHT;

/// Working space for one tile at a time.
pub(crate) struct Tile {
    area: PixelRect,
    /// The nearest opaque fragment of every sample.
    opaque: Vec<Fragment>,
    /// All others that were in front of it when they were drawn.
    drawn: Vec<Drawn>,
    /// For every sample what a line would join.
    latest: Vec<Latest>,
    /// Those of `drawn` that are seen, grouped by sample: those of sample k from `starts[k]` to `starts[k + 1]`.
    grouped: Vec<Fragment>,
    starts: Vec<u32>,
}

const NOTHING: Fragment = Fragment { key: f32::INFINITY, color: Color32::TRANSPARENT };

impl Default for Tile {
    fn default() -> Self {
        Self {
            area: PixelRect::new(0..0, 0..0),
            opaque: vec![NOTHING; SAMPLES],
            drawn: Vec::new(),
            latest: vec![Latest::default(); SAMPLES],
            grouped: Vec::new(),
            starts: vec![0; SAMPLES + 2],
        }
    }
}

impl Tile {
    /// Begin with the empty tile of these samples.
    pub(crate) fn clear(&mut self, area: PixelRect) {
        self.area = area;
        self.opaque.fill(NOTHING);
        self.drawn.clear();
        self.latest.fill(Latest::default());
    }

    fn sample(&self, x: i32, y: i32) -> usize {
        (y - self.area.y0) as usize * TILE_WIDTH + (x - self.area.x0) as usize
    }

    /// Add the fragments of a shape.
    pub(crate) fn draw(&mut self, primitive: &Primitive) {
        match primitive {
            Primitive::Triangle(vertices) => self.triangle(vertices),
            Primitive::Skirt(skirt) => self.skirt(skirt),
            Primitive::Ball(ball) => self.ball(ball),
            Primitive::Capsule(capsule) => self.capsule(capsule),
        }
    }

    /// Leave a fragment on a sample unless something opaque hides it.
    fn put(&mut self, sample: usize, key: f32, color: Color32) {
        let fragment = Fragment { key, color };
        let opaque = &mut self.opaque[sample];
        if key < opaque.key {
            if color.is_opaque() {
                *opaque = fragment;
            } else {
                self.drawn.push(Drawn { fragment, sample: sample as u16 });
            }
        }
    }

    /// As `put`, but where the same owner has left a fragment at nearly the same depth the two are parts of one line that
    /// overlap, and the one that covers more stands for both.
    fn put_owned(&mut self, sample: usize, key: f32, color: Color32, owner: Owner) {
        let latest = self.latest[sample];
        if latest.owner == owner.id && !color.is_opaque() {
            let old = &mut self.drawn[latest.drawn as usize].fragment;
            if (old.key - key).abs() <= owner.reach {
                if color.a() > old.color.a() {
                    old.color = color;
                }
                old.key = old.key.min(key);
                return;
            }
        }
        let before = self.drawn.len();
        self.put(sample, key, color);
        if self.drawn.len() > before {
            self.latest[sample] = Latest { owner: owner.id, drawn: before as u32 };
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
                Drawn { fragment: Fragment { key, color }, sample: sample as u16 }
            });
            if alpha < 255 {
                // What is hidden is left out later: it is rare.
                self.drawn.extend(fragments);
            } else {
                for (Drawn { fragment, .. }, opaque) in fragments.zip(&mut self.opaque[first..]) {
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
        // A cast rounds towards zero: upwards only for what is outside.
        (from as i32).max(self.area.y0)..(to as i32).saturating_add(1).min(self.area.y1)
    }

    fn columns(&self, from: f32, to: f32) -> Range<i32> {
        (from as i32).max(self.area.x0)..(to as i32).saturating_add(1).min(self.area.x1)
    }

    /// Group the fragments that are seen by sample, in the order of drawing.
    pub(crate) fn group(&mut self) {
        let seen = |opaque: &[Fragment], d: &Drawn| d.fragment.key < opaque[usize::from(d.sample)].key;
        // Counting sort with the counts two places on, so that filling leaves the starts in place.
        self.starts.fill(0);
        for drawn in &self.drawn {
            self.starts[usize::from(drawn.sample) + 2] += u32::from(seen(&self.opaque, drawn));
        }
        let mut total = 0;
        for start in &mut self.starts {
            total += *start;
            *start = total;
        }
        self.grouped.resize(total as usize, NOTHING);
        for drawn in self.drawn.iter().filter(|d| seen(&self.opaque, d)) {
            let next = &mut self.starts[usize::from(drawn.sample) + 1];
            self.grouped[*next as usize] = drawn.fragment;
            *next += 1;
        }
    }

    /// Composite row `y` of the tile over `background` into `pixels`.
    pub(crate) fn resolve(&mut self, y: usize, supersample: usize, background: Color32, pixels: &mut [Color32]) {
        if supersample == 1 {
            for (x, pixel) in pixels.iter_mut().enumerate() {
                *pixel = self.composite(y * TILE_WIDTH + x, background);
            }
            return;
        }
        let count = (supersample * supersample) as u32;
        for (x, pixel) in pixels.iter_mut().enumerate() {
            let mut sum = [count / 2; 4];
            for row in y * supersample..(y + 1) * supersample {
                for column in x * supersample..(x + 1) * supersample {
                    let color = self.composite(row * TILE_WIDTH + column, background).to_array();
                    sum = std::array::from_fn(|k| sum[k] + u32::from(color[k]));
                }
            }
            let [r, g, b, a] = sum.map(|channel| (channel / count) as u8);
            *pixel = Color32::from_rgba_premultiplied(r, g, b, a);
        }
    }

    /// The colour of a sample over `background`.
    fn composite(&mut self, sample: usize, background: Color32) -> Color32 {
        let (from, to) = (self.starts[sample] as usize, self.starts[sample + 1] as usize);
        let opaque = self.opaque[sample];
        let last = if opaque.key < f32::INFINITY { opaque.color } else { background };
        if from == to {
            return last;
        }
        let fragments = &mut self.grouped[from..to];
        sort_by_depth(fragments);
        let mut color = [0.0; 4];
        let mut through = 1.0;
        for layer in fragments.iter().map(|fragment| fragment.color).chain([last]) {
            let layer = layer.to_array().map(f32::from);
            color = std::array::from_fn(|k| color[k] + through * layer[k]);
            through *= 1.0 - layer[3] * (1.0 / 255.0);
        }
        color32(color)
    }
}

/// What a shape leaves on a sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment {
    key: f32,
    color: Color32,
}

/// A fragment in the order of drawing.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    fragment: Fragment,
    sample: u16,
}

/// The last fragment of a curve or a silhouette on a sample.
#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    owner: u32,
    drawn: u32,
}

/// Nearest first, equal depths in the order of drawing.
fn sort_by_depth(fragments: &mut [Fragment]) {
    if fragments.len() > 32 {
        return fragments.sort_by(|a, b| a.key.total_cmp(&b.key));
    }
    // Few, and often in order: insertion beats a call.
    for end in 1..fragments.len() {
        let fragment = fragments[end];
        let mut at = end;
        while at > 0 && fragment.key < fragments[at - 1].key {
            fragments[at] = fragments[at - 1];
            at -= 1;
        }
        fragments[at] = fragment;
    }
}

/// The point of a segment nearest to a sample.
struct Nearest {
    distance: f32,
    /// Where it is on the segment, 0–1.
    t: f32,
    key: f32,
    /// (b − a) × (sample − a): its sign tells the side of the line.
    side: f32,
}

/// The part `coverage` of a premultiplied colour of channels 0–255.
fn cover(color: [f32; 4], coverage: f32) -> Color32 {
    color32(color.map(|c| c * coverage))
}

/// The nearest colour to channels 0–255.
fn color32(color: [f32; 4]) -> Color32 {
    let [r, g, b, a] = color.map(byte);
    Color32::from_rgba_premultiplied(r, g, b, a)
}

/// The integer nearest to 0 ≤ v ≤ 255.
fn byte(v: f32) -> u8 {
    // Adding 1.5 · 2²³ leaves the integer in the lowest bits. Several channels go in one instruction, unlike in a cast.
    (v + 12_582_912.0).to_bits() as u8
}
