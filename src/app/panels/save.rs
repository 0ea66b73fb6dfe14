//! Saving a picture: a path to edit, a file dialog where there is one, and what went wrong.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;

use eframe::egui::{ColorImage, Context, Key, TextEdit};

use super::dialog;
use crate::io::write_atomically;
use crate::paint::{Picture, encode_png};

/// A picture that waits for its place.
#[derive(Debug)]
pub(crate) struct SaveDialog {
    picture: Picture,
    pixels_per_point: f32,
    path: String,
    /// The path for which overwriting was offered.
    overwrite: Option<String>,
    error: Option<String>,
    browsing: Option<Receiver<Option<PathBuf>>>,
}

/// What became of the dialog in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is still open.
    Open,
    /// It was closed without saving.
    Cancelled,
    /// The picture is there.
    Saved(PathBuf),
}

impl SaveDialog {
    /// Offers to save `image` as `folder`/`name`.png, or as the first of its numbered names that is free.
    pub(crate) fn new(image: ColorImage, pixels_per_point: f32, folder: &std::path::Path, name: &str) -> Self {
        let numbered = (1..).map(|k| if k == 1 { format!("{name}.png") } else { format!("{name}_{k}.png") });
        let free = numbered.map(|name| folder.join(name)).find(|path| !path.exists());
        Self {
            picture: image.into(),
            pixels_per_point,
            path: free.unwrap_or_default().display().to_string(),
            overwrite: None,
            error: None,
            browsing: None,
        }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context) -> Outcome {
        self.take_browsed();
        let mut outcome = Outcome::Open;
        let mut open = true;
        dialog(ctx, "Save picture").open(&mut open).show(ctx, |ui| {
            ui.label(format!("{} × {} pixels", self.picture.width, self.picture.height));
            ui.horizontal(|ui| {
                let label = ui.label("File");
                let edit =
                    ui.add(TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY)).labelled_by(label.id);
                if edit.changed() {
                    self.error = None;
                }
                if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
                    outcome = self.save();
                }
            });
            if let Some(error) = &self.error {
                ui.colored_label(ui.visuals().warn_fg_color, error);
            }
            ui.horizontal(|ui| {
                let overwrite = self.overwrite.as_ref() == Some(&self.path);
                if ui.button(if overwrite { "Overwrite" } else { "Save" }).clicked() {
                    outcome = self.save();
                }
                let browse = ui.add_enabled(self.browsing.is_none(), eframe::egui::Button::new("Browse…"));
                if browse.on_hover_text("Choose with the file dialog of the desktop, if there is one").clicked() {
                    self.browse(ctx);
                }
                if ui.button("Cancel").clicked() {
                    outcome = Outcome::Cancelled;
                }
            });
        });
        if open { outcome } else { Outcome::Cancelled }
    }

    /// Asks the desktop. The dialog may be missing, and then answers as if it was cancelled: the path field stays.
    fn browse(&mut self, ctx: &Context) {
        let (send, receive) = channel();
        let path = PathBuf::from(&self.path);
        let ctx = ctx.clone();
        let spawned = Builder::new().name("file dialog".to_owned()).spawn(move || {
            let mut dialog = rfd::FileDialog::new().add_filter("PNG picture", &["png"]);
            if let Some(folder) = path.parent() {
                dialog = dialog.set_directory(folder);
            }
            if let Some(name) = path.file_name() {
                dialog = dialog.set_file_name(name.to_string_lossy());
            }
            // Nobody listens any more if the window was closed meanwhile.
            drop(send.send(dialog.save_file()));
            ctx.request_repaint();
        });
        match spawned {
            Ok(_) => self.browsing = Some(receive),
            Err(error) => self.error = Some(format!("no file dialog ({error}); edit the path instead")),
        }
    }

    fn take_browsed(&mut self) {
        let Some(browsing) = &self.browsing else { return };
        match browsing.try_recv() {
            Ok(chosen) => {
                if let Some(path) = chosen {
                    // The desktop's dialog has asked about overwriting already.
                    self.path = path.display().to_string();
                    self.overwrite = path.exists().then(|| self.path.clone());
                }
                self.browsing = None;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => self.browsing = None,
        }
    }

    fn save(&mut self) -> Outcome {
        let mut path = PathBuf::from(self.path.trim());
        if path.as_os_str().is_empty() {
            self.error = Some("write the name of a file".to_owned());
            return Outcome::Open;
        }
        if path.extension().is_none() {
            path.set_extension("png");
            self.path = path.display().to_string();
        }
        if path.exists() && self.overwrite.as_ref() != Some(&self.path) {
            self.overwrite = Some(self.path.clone());
            self.error = Some("there is a file of that name".to_owned());
            return Outcome::Open;
        }
        let program = crate::io::program();
        let written = encode_png(&self.picture, self.pixels_per_point, &[("Software", &program)])
            .map_err(|e| e.to_string())
            .and_then(|bytes| write_atomically(&path, &bytes).map_err(|e| e.to_string()));
        match written {
            Ok(()) => Outcome::Saved(path),
            Err(error) => {
                self.error = Some(error);
                Outcome::Open
            }
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
