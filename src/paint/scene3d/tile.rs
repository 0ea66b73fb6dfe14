//! A tile of the A-buffer: its fragments, grouped by sample, sorted by depth, composited.

use super::fragment::{Fragment, LineFragment, SampleFragment, color32, sort_by_depth};
use super::primitive::Owner;
use super::tiles::{TILE_HEIGHT, TILE_WIDTH};
use crate::paint::scan::PixelRect;
use eframe::egui::Color32;

/// Samples in a tile.
const SAMPLES: usize = TILE_WIDTH * TILE_HEIGHT;

/// The fragments of a tile.
pub(crate) struct Tile {
    pub(super) area: PixelRect,
    /// The nearest opaque fragment of every sample.
    pub(super) opaque: Vec<Fragment>,
    /// All translucent fragments that were in front of it when they were drawn.
    pub(super) drawn: Vec<SampleFragment>,
    /// The line fragment of every sample that the next one may join.
    lines: Vec<LineFragment>,
    /// The visible fragments of `drawn`, grouped by sample: those of sample k from `starts[k]` to `starts[k + 1]`.
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
            lines: vec![LineFragment::default(); SAMPLES],
            grouped: Vec::new(),
            starts: vec![0; SAMPLES + 2],
        }
    }
}

impl Tile {
    /// Empties the tile and moves it to these samples.
    pub(crate) fn clear(&mut self, area: PixelRect) {
        self.area = area;
        self.opaque.fill(NOTHING);
        self.drawn.clear();
        self.lines.fill(LineFragment::default());
    }

    #[inline]
    pub(super) fn sample(&self, x: i32, y: i32) -> usize {
        (y - self.area.y0) as usize * TILE_WIDTH + (x - self.area.x0) as usize
    }

    /// Adds a fragment to a sample unless an opaque one hides it.
    #[inline]
    pub(super) fn put(&mut self, sample: usize, key: f32, color: Color32) {
        let fragment = Fragment { key, color };
        let opaque = &mut self.opaque[sample];
        if key < opaque.key {
            if color.is_opaque() {
                *opaque = fragment;
            } else {
                self.drawn.push(SampleFragment { fragment, sample: sample as u16 });
            }
        }
    }

    /// Adds a fragment of a line. Overlapping parts of one line (the same owner at nearly the same depth) become one
    /// fragment with the larger coverage.
    #[inline]
    pub(super) fn put_owned(&mut self, sample: usize, key: f32, color: Color32, owner: Owner) {
        let latest = self.lines[sample];
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
            self.lines[sample] = LineFragment { owner: owner.id, drawn: before as u32 };
        }
    }

    /// Groups the visible fragments by sample, in the order of drawing.
    pub(crate) fn group(&mut self) {
        let seen = |opaque: &[Fragment], d: &SampleFragment| d.fragment.key < opaque[usize::from(d.sample)].key;
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

    /// Composites row `y` of the tile over `background` into `pixels`.
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
