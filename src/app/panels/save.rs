//! Saving something that is ready: a picture of the window, a session, a table.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{ColorImage, Context};

use super::dialog;
use super::place::{Place, Press};

/// A file that waits for its place.
#[derive(Debug)]
pub(crate) struct SaveDialog {
    title: &'static str,
    about: String,
    bytes: Vec<u8>,
    place: Place,
}

/// What became of the dialog in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is still open.
    Open,
    /// It was closed without saving.
    Cancelled,
    /// The file is there.
    Saved(PathBuf),
}

/// A file that is to be saved.
#[derive(Debug)]
pub(crate) struct Ready {
    /// What the dialog is called.
    pub title: &'static str,
    /// A line about it.
    pub about: String,
    /// How its name ends.
    pub extension: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl SaveDialog {
    /// Offers to save as `folder`/`name`, or as the first of its numbered names that is free.
    pub(crate) fn new(ready: Ready, folder: &Path, name: &str) -> Self {
        let Ready { title, about, extension, bytes } = ready;
        Self { title, about, bytes, place: Place::new(folder, name, extension) }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context) -> Outcome {
        let (mut press, mut open) = (None, true);
        dialog(ctx, self.title).open(&mut open).show(ctx, |ui| {
            ui.label(&self.about);
            let entered = self.place.edit(ui);
            let pressed = ui.horizontal(|ui| self.place.buttons(ui)).inner;
            press = if entered { Some(Press::Save) } else { pressed };
        });
        match press {
            _ if !open => Outcome::Cancelled,
            Some(Press::Cancel) => Outcome::Cancelled,
            Some(Press::Save) => self.place.write(&self.bytes).map_or(Outcome::Open, Outcome::Saved),
            None => Outcome::Open,
        }
    }
}

/// The part of a screenshot that shows `rect` (in points).
pub(crate) fn crop(image: &Arc<ColorImage>, rect: eframe::egui::Rect, pixels_per_point: f32) -> ColorImage {
    let [width, height] = image.size;
    let pixel = |points: f32, most: usize| (points * pixels_per_point).round().clamp(0.0, most as f32) as usize;
    let (x0, x1) = (pixel(rect.min.x, width), pixel(rect.max.x, width));
    let (y0, y1) = (pixel(rect.min.y, height), pixel(rect.max.y, height));
    let rows = (y0..y1).flat_map(|y| image.pixels[y * width + x0..y * width + x1].iter().copied());
    ColorImage::new([x1 - x0, y1 - y0], rows.collect())
}
