//! Saving something that is ready: a picture of the window, a session, a table.

use std::path::{Path, PathBuf};

use eframe::egui::Context;

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
    /// What its name says of it.
    pub what: &'static str,
    /// A line about it.
    pub about: String,
    /// How its name ends.
    pub extension: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl SaveDialog {
    /// Offers to save in `folder`. `name` is that of the run.
    pub(crate) fn new(ready: Ready, folder: &Path, name: &str) -> Self {
        let Ready { title, what, about, extension, bytes } = ready;
        Self { title, about, bytes, place: Place::new(folder, name, what, extension) }
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
