//! The sheet a user interface is painted on.

use eframe::egui::{Color32, Theme, Vec2};

use crate::memory;

/// The sheet a user interface is painted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canvas {
    /// Width and height in points.
    pub size: Vec2,
    /// Pixels per point.
    pub pixels_per_point: f32,
    /// Light or dark.
    pub theme: Theme,
    /// The colour of the empty sheet.
    pub background: Color32,
    /// The size of text and marks relative to the usual one: they are laid out on a sheet that is smaller by this factor, and magnified.
    pub text_scale: f32,
}

impl Canvas {
    /// A white sheet in the light theme, one pixel per point.
    pub fn new(size: Vec2) -> Self {
        Self { size, pixels_per_point: 1.0, theme: Theme::Light, background: Color32::WHITE, text_scale: 1.0 }
    }

    /// Refuses a picture that would not fit into memory: four bytes for each pixel while it is drawn and once more while it is encoded.
    ///
    /// # Errors
    /// If it would need more than [`budget`](crate::memory::budget).
    pub fn check_memory(&self) -> Result<(), String> {
        let [width, height] = self.pixels().map(|side| side as u64);
        memory::check(8 * width * height, format_args!("a picture of {width}×{height} pixels"))
    }

    /// Width and height of the sheet that is laid out.
    pub(in crate::paint) fn layout_size(&self) -> Vec2 {
        self.size / self.text_scale
    }

    /// Pixels per point of that sheet.
    pub(in crate::paint) fn layout_scale(&self) -> f32 {
        self.pixels_per_point * self.text_scale
    }

    /// Width and height in pixels.
    pub fn pixels(&self) -> [usize; 2] {
        [self.size.x, self.size.y].map(|points| (points * self.pixels_per_point).round().max(0.0) as usize)
    }
}
