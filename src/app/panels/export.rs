//! Exporting what the window shows as a figure for print, slides or the clipboard, with a picture of what comes out.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;

use eframe::egui::{
    Button, Color32, ColorImage, ComboBox, Context, Direction, DragValue, Image, Layout as Arrangement, Slider,
    TextureHandle, TextureOptions, Theme, Ui, Vec2, vec2,
};

use super::dialog;
use super::place::{Place, Press};
use super::save::Outcome;
use crate::app::layout::Layout;
use crate::app::views::View;
use crate::app::{Background, Figure, Moments, Painter3, Palette, SIZES, Selection, Stage, usual_size};
use crate::paint::{Canvas, Format, Picture, encode_figure};

/// What is drawn: everything that stands still while the dialog is open.
#[derive(Clone, Debug)]
pub(crate) struct Scenery {
    /// The run, or run A.
    pub run: Moments,
    /// Run B.
    pub beside: Option<Moments>,
    /// What is looked at.
    pub selection: Selection,
    /// What was made beside the runs.
    pub background: Background,
    /// Where the views are.
    pub layout: Layout,
}

/// How it is drawn.
#[derive(Clone, Debug, PartialEq)]
struct Drawing {
    /// One view, or the whole layout.
    view: Option<View>,
    format: Format,
    scale: u8,
    size: (f32, f32),
    theme: Theme,
    sheet: Sheet,
    axes: bool,
    provenance: bool,
}

/// The colour behind everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sheet {
    Theme,
    White,
    Transparent,
}

impl Sheet {
    const ALL: [(Self, &str); 3] =
        [(Self::Theme, "of the theme"), (Self::White, "white"), (Self::Transparent, "transparent")];
}

impl Drawing {
    fn canvas(&self, pixels_per_point: f32) -> Canvas {
        let background = match self.sheet {
            Sheet::Theme => Palette::of_theme(self.theme).paper,
            Sheet::White => Color32::WHITE,
            Sheet::Transparent => Color32::TRANSPARENT,
        };
        Canvas { size: vec2(self.size.0, self.size.1), pixels_per_point, theme: self.theme, background }
    }

    /// The picture on the screen, or for the clipboard.
    fn picture(&self, scenery: &Scenery, pixels_per_point: f32) -> Picture {
        let canvas = self.canvas(pixels_per_point);
        let mut figure = scenery.figure(self.axes);
        figure.draw(&canvas, scenery.show(self.view), |offscreen, output| offscreen.paint(&canvas, output))
    }

    fn file(&self, scenery: &Scenery) -> Result<Vec<u8>, String> {
        let canvas = self.canvas(self.scale.into());
        let mut figure = scenery.figure(self.axes);
        let mut layout = scenery.layout.clone();
        layout.alone = self.view;
        let session =
            self.provenance.then(|| figure.session_with(Some(&layout))).transpose().map_err(|e| e.to_string())?;
        figure.draw(&canvas, scenery.show(self.view), |offscreen, output| {
            encode_figure(offscreen, &canvas, output, self.format, session.as_deref())
        })
    }
}

impl Scenery {
    fn figure(&self, axes: bool) -> Figure {
        let mut selection = self.selection.clone();
        selection.layers.axes = axes;
        Figure::new(self.run.clone(), self.beside.clone(), &selection, self.background.clone())
    }

    fn show(&self, view: Option<View>) -> impl FnMut(&mut Ui, &[Stage<'_>], &mut Selection, &mut [&mut Painter3]) {
        let mut layout = self.layout.clone();
        layout.alone = view;
        move |ui: &mut Ui, stages: &[Stage<'_>], selection: &mut Selection, painters: &mut [&mut Painter3]| {
            layout.draw(ui, stages, selection, painters);
        }
    }
}

/// What comes back from a thread that draws.
enum Drawn {
    Preview(Drawing, Picture),
    Clipboard(Picture),
    File(Result<Vec<u8>, String>),
}

/// The dialog.
pub(crate) struct ExportDialog {
    scenery: Scenery,
    drawing: Drawing,
    place: Place,
    preview: Option<(Drawing, TextureHandle)>,
    /// One drawing at a time.
    busy: Option<Receiver<Drawn>>,
    failure: Option<String>,
}

impl std::fmt::Debug for ExportDialog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportDialog").field("drawing", &self.drawing).finish_non_exhaustive()
    }
}

impl ExportDialog {
    /// Offers to export one view, or the whole layout, as `folder`/`name`.
    pub(crate) fn new(scenery: Scenery, view: Option<View>, theme: Theme, folder: &Path, name: &str) -> Self {
        let size = usual_size(view, scenery.beside.is_some());
        let axes = scenery.selection.layers.axes;
        let drawing =
            Drawing { view, format: Format::Svg, scale: 2, size, theme, sheet: Sheet::Theme, axes, provenance: true };
        let place = Place::new(folder, name, Format::Svg.extension());
        Self { scenery, drawing, place, preview: None, busy: None, failure: None }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context) -> Outcome {
        if let Some(path) = self.take_drawn(ctx) {
            return Outcome::Saved(path);
        }
        let (mut press, mut open) = (None, true);
        dialog(ctx, "Export figure").open(&mut open).show(ctx, |ui| {
            self.settings(ui);
            self.picture(ui);
            let entered = self.place.edit(ui);
            if let Some(failure) = &self.failure {
                ui.colored_label(ui.visuals().warn_fg_color, failure);
            }
            ui.horizontal(|ui| {
                press = self.place.buttons(ui);
                let copy = ui.add_enabled(self.busy.is_none(), Button::new("Copy image"));
                if copy.on_hover_text("To the clipboard, as pixels").clicked() {
                    let (drawing, scale) = (self.drawing.clone(), f32::from(self.drawing.scale));
                    self.draw(ctx, move |scenery| Drawn::Clipboard(drawing.picture(scenery, scale)));
                }
                if self.busy.is_some() {
                    ui.weak("drawing…");
                }
            });
            press = if entered { Some(Press::Save) } else { press };
        });
        if !open || press == Some(Press::Cancel) {
            return Outcome::Cancelled;
        }
        if press == Some(Press::Save) && self.place.free().is_some() {
            let drawing = self.drawing.clone();
            // A preview that is on its way is of no use any more.
            self.busy = None;
            self.draw(ctx, move |scenery| Drawn::File(drawing.file(scenery)));
        } else if self.busy.is_none() && self.preview.as_ref().is_none_or(|(shown, _)| *shown != self.drawing) {
            let drawing = self.drawing.clone();
            self.draw(ctx, move |scenery| {
                let picture = drawing.picture(scenery, 1.0);
                Drawn::Preview(drawing, picture)
            });
        }
        Outcome::Open
    }

    fn settings(&mut self, ui: &mut Ui) {
        let Drawing { view, format, scale, size, theme, sheet, axes, provenance } = &mut self.drawing;
        let name = |view: Option<View>| view.map_or("Whole layout", View::title);
        ui.horizontal(|ui| {
            let before = *view;
            ComboBox::from_label("what").selected_text(name(*view)).show_ui(ui, |ui| {
                for choice in std::iter::once(None).chain(View::ALL.map(Some)) {
                    ui.selectable_value(view, choice, name(choice));
                }
            });
            if *view != before {
                *size = usual_size(*view, self.scenery.beside.is_some());
            }
            for choice in Format::ALL {
                ui.radio_value(format, choice, choice.extension().to_uppercase());
            }
            let help = "Pixels per point; in SVG and PDF of what stays pixels, as surfaces in three dimensions";
            ui.add(Slider::new(scale, 1..=8).text("scale")).on_hover_text(help);
        });
        ui.horizontal(|ui| {
            ui.label("size");
            for (name, preset) in SIZES {
                if ui.selectable_label(*size == preset, name).clicked() {
                    *size = preset;
                }
            }
            for (name, side) in [("width", &mut size.0), ("height", &mut size.1)] {
                let label = ui.label(name);
                ui.add(DragValue::new(side).range(100.0..=8000.0).max_decimals(0)).labelled_by(label.id);
            }
        });
        ui.horizontal(|ui| {
            ui.label("theme");
            ui.radio_value(theme, Theme::Light, "light");
            ui.radio_value(theme, Theme::Dark, "dark");
            ui.separator();
            ui.label("background");
            for (choice, name) in Sheet::ALL {
                ui.radio_value(sheet, choice, name);
            }
            ui.separator();
            ui.checkbox(axes, "axes").on_hover_text("Axes and grid lines of all plots");
        });
        let help = "Configuration, seed, changes, step and z*: dropped onto the window, the figure brings the run back";
        ui.checkbox(provenance, "Store the experiment in the figure").on_hover_text(help);
        self.place.set_extension(self.drawing.format.extension());
    }

    /// What comes out, small.
    fn picture(&self, ui: &mut Ui) {
        const ROOM: Vec2 = vec2(540.0, 230.0);
        ui.allocate_ui_with_layout(ROOM, Arrangement::centered_and_justified(Direction::TopDown), |ui| {
            ui.set_min_size(ROOM);
            if let Some((_, texture)) = &self.preview {
                let size = texture.size_vec2();
                let scale = (ROOM.x / size.x).min(ROOM.y / size.y).min(1.0);
                let image = Image::new(texture).fit_to_exact_size(size * scale);
                ui.add(image.alt_text("Preview of the figure"));
            }
        });
    }

    /// Draws on a thread: a figure of all views takes longer than a frame.
    fn draw(&mut self, ctx: &Context, job: impl FnOnce(&Scenery) -> Drawn + Send + 'static) {
        let (send, receive) = channel();
        let (scenery, ctx) = (self.scenery.clone(), ctx.clone());
        let spawned = Builder::new().name("figure".to_owned()).spawn(move || {
            // Nobody listens any more if the dialog was closed meanwhile.
            drop(send.send(job(&scenery)));
            ctx.request_repaint();
        });
        match spawned {
            Ok(_) => (self.busy, self.failure) = (Some(receive), None),
            Err(error) => {
                self.failure = Some(format!("there is no thread to draw with ({error}); close other programs"));
            }
        }
    }

    /// Takes what has been drawn; gives the file if one was written.
    fn take_drawn(&mut self, ctx: &Context) -> Option<PathBuf> {
        let drawn = match self.busy.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            drawn => drawn,
        };
        self.busy = None;
        let image = |picture: Picture| ColorImage::new([picture.width, picture.height], picture.pixels);
        match drawn {
            Ok(Drawn::Preview(drawing, picture)) => {
                let texture = ctx.load_texture("figure", image(picture), TextureOptions::LINEAR);
                self.preview = Some((drawing, texture));
            }
            Ok(Drawn::Clipboard(picture)) => ctx.copy_image(image(picture)),
            Ok(Drawn::File(Ok(bytes))) => return self.place.write(&bytes),
            Ok(Drawn::File(Err(error))) => self.failure = Some(error),
            Err(_) => self.failure = Some("the figure could not be drawn; choose another size".to_owned()),
        }
        None
    }
}
