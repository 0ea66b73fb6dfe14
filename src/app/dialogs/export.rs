//! The export dialog: a figure or a movie of what the window shows, for print, slides or the clipboard, with a preview.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;

use eframe::egui::{
    Align, Button, Checkbox, ColorImage, ComboBox, Context, Direction, DragValue, Image, Layout as Arrangement,
    ProgressBar, RadioButton, Role, Slider, TextureHandle, TextureOptions, Theme, Ui, WidgetInfo, vec2,
};

use super::export_settings::{ExportSettings, ExportSource, FigureBackground, Still};
use super::frame::{DialogKeys, dialog};
use super::path_picker::{DialogButton, PathPicker};
use crate::figure::animation::Animation;
use crate::figure::content::FigureContent;
use crate::figure::still::SIZES;
use crate::io::Staged;
use crate::paint::{MovieFormat, Picture};
use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::picture::for_texture;

/// The result of a drawing thread.
enum ExportResult {
    Preview(ExportSettings, Picture),
    Clipboard(Picture),
    Text(Result<String, String>),
    /// A file that waits for its name; `None` if it was not wanted any more.
    File(Result<Option<Staged>, String>),
}

/// A thread that draws. It stops when this is dropped, a movie at its next picture.
struct Busy {
    drawn: Receiver<ExportResult>,
    /// Pictures made. The thread goes on as long as somebody may ask.
    made: Arc<AtomicU32>,
    /// Pictures of a movie.
    count: Option<u32>,
}

/// The dialog.
pub(crate) struct ExportDialog {
    source: ExportSource,
    settings: ExportSettings,
    path: PathPicker,
    preview: Option<(ExportSettings, TextureHandle)>,
    /// One drawing at a time.
    busy: Option<Busy>,
    failure: Option<String>,
}

impl std::fmt::Debug for ExportDialog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportDialog").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl ExportDialog {
    /// Offers to export one view, or the whole layout, into `folder`. `name` is that of the run.
    pub(crate) fn new(source: ExportSource, what: FigureContent, theme: Theme, folder: &Path, name: &str) -> Self {
        let settings = ExportSettings::new(what, &source, theme);
        let path = PathPicker::new(folder, name, &settings.name(), settings.extension());
        Self { source, settings, path, preview: None, busy: None, failure: None }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        if let Some(path) = self.take_drawn(ctx) {
            return commands.send(UiCommand::FileSaved(path));
        }
        let mut press = None;
        let made = self.busy.as_ref().and_then(|busy| Some((busy.made.load(Ordering::Relaxed), busy.count?)));
        dialog(ctx, "export", "Export figure", None, |ui, keys| {
            ui.add_enabled_ui(made.is_none(), |ui| {
                self.settings(ui, keys);
                self.picture(ui);
                self.path.edit(ui, keys);
            });
            // Whether there is a sentence or not, the buttons beneath are the same ones to whoever is pressing them.
            ui.push_id("failure", |ui| {
                if let Some(failure) = &self.failure {
                    ui.colored_label(ui.visuals().warn_fg_color, failure);
                }
            });
            match made {
                Some((made, count)) => self.progress(ui, made, count),
                None => press = self.buttons(ui, keys),
            }
        });
        if press == Some(DialogButton::Cancel) {
            return commands.send(UiCommand::CloseDialogs);
        }
        if press == Some(DialogButton::Save) {
            self.save(ctx);
        } else if self.busy.is_none() && self.preview.as_ref().is_none_or(|(shown, _)| *shown != self.settings) {
            let settings = self.settings.clone();
            self.draw(ctx, None, move |source, _| {
                let picture = settings.picture(source, 1.0);
                ExportResult::Preview(settings, picture)
            });
        }
    }

    /// The buttons.
    fn buttons(&mut self, ui: &mut Ui, keys: &mut DialogKeys) -> Option<DialogButton> {
        ui.horizontal(|ui| {
            let press = self.path.buttons(ui, keys);
            if self.settings.animation.is_none() && self.settings.still == Still::Numbers {
                let copy = keys.button(ui, self.busy.is_none(), Button::new("Copy numbers"));
                if copy.on_hover_text("To the clipboard, as text that spreadsheets take").clicked() {
                    let settings = self.settings.clone();
                    self.draw(ui.ctx(), None, move |source, _| ExportResult::Text(settings.numbers(source)));
                }
            } else if self.settings.animation.is_none() {
                let copy = keys.button(ui, self.busy.is_none(), Button::new("Copy image"));
                if copy.on_hover_text("To the clipboard, as pixels").clicked() {
                    let (settings, scale) = (self.settings.clone(), f32::from(self.settings.scale));
                    let copy = move |source: &ExportSource, _: &Going<'_>| {
                        ExportResult::Clipboard(settings.picture(source, scale))
                    };
                    self.draw(ui.ctx(), None, copy);
                }
            }
            if self.busy.is_some() {
                ui.weak("drawing…");
            }
            press
        })
        .inner
    }

    /// The progress bar of a movie, and Cancel.
    fn progress(&mut self, ui: &mut Ui, made: u32, count: u32) {
        let text = format!("{made} of {count} pictures");
        ui.horizontal(|ui| {
            // Not where the button was that started it.
            ui.with_layout(Arrangement::right_to_left(Align::Center), |ui| {
                if ui.button("Cancel").on_hover_text("Stop making the movie; nothing of it stays").clicked() {
                    self.busy = None;
                }
                ui.label(text);
                let share = made as f32 / count as f32;
                let bar = ui.add(ProgressBar::new(share));
                bar.widget_info(|| WidgetInfo {
                    value: Some(f64::from(100.0 * share)),
                    ..WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress of the movie")
                });
            });
        });
    }

    fn save(&mut self, ctx: &Context) {
        let Some(path) = self.path.free() else { return };
        let count = match self.settings.spec().map(|spec| spec.count()).transpose() {
            Ok(count) => count,
            Err(error) => {
                self.failure = Some(error);
                return;
            }
        };
        let settings = self.settings.clone();
        // A preview that is on its way is of no use any more.
        self.busy = None;
        self.draw(ctx, count, move |source, go_on| ExportResult::File(settings.stage(source, &path, go_on)));
    }

    fn settings(&mut self, ui: &mut Ui, keys: &mut DialogKeys) {
        let (source, settings) = (&self.source, &mut self.settings);
        let compared = source.is_compared();
        ui.horizontal(|ui| {
            let mut what = settings.content;
            ComboBox::from_label("what").width(170.0).selected_text(what.title()).show_ui(ui, |ui| {
                for choice in FigureContent::list()
                    .filter(|what| settings.animation.is_none_or(|animation| animation.moves(*what)))
                {
                    ui.selectable_value(&mut what, choice, choice.title());
                }
            });
            if what != settings.content {
                settings.set_content(what, compared);
            }
            let help = "Pixels per point; in SVG and PDF of what stays pixels, as surfaces in three dimensions";
            ui.add(Slider::new(&mut settings.scale, 1..=8).text("scale")).on_hover_text(help);
        });
        ui.horizontal(|ui| {
            let mut animation = settings.animation;
            ui.radio_value(&mut animation, None, "Still");
            for choice in Animation::ALL {
                let refusal = source.refusal(choice);
                radio(ui, &mut animation, Some(choice), choice.title(), refusal);
            }
            if animation != settings.animation {
                settings.set_film(animation, compared);
            }
        });
        ui.horizontal(|ui| {
            ui.label("format");
            if settings.animation.is_none() {
                for choice in Still::ALL {
                    let refusal = choice.refusal(settings.content);
                    radio(ui, &mut settings.still, choice, &choice.extension().to_uppercase(), refusal);
                }
                return;
            }
            for choice in MovieFormat::ALL {
                radio(ui, &mut settings.movie, choice, choice.name(), choice.refusal());
            }
            ui.separator();
            let seconds = DragValue::new(&mut settings.seconds).range(0.2..=600.0).speed(0.1).max_decimals(1);
            let label = ui.label("seconds");
            keys.button(ui, true, seconds).labelled_by(label.id);
            let label = ui.label("pictures a second");
            keys.button(ui, true, DragValue::new(&mut settings.rate).range(1..=50)).labelled_by(label.id);
        });
        ui.horizontal(|ui| {
            ui.label("size");
            let (content, compared) = (settings.content, source.is_compared());
            let size = &mut settings.size;
            for (name, preset) in SIZES {
                let refusal = preset.refusal(content, compared);
                let button = Button::selectable(*size == preset, name);
                let button = ui.add_enabled(refusal.is_none(), button);
                if button.on_disabled_hover_text(refusal.unwrap_or_default()).clicked() {
                    *size = preset;
                }
            }
            let least = size.least(content, compared);
            for (name, side, least) in [("width", &mut size.size.0, least.0), ("height", &mut size.size.1, least.1)] {
                let label = ui.label(name);
                let drag = DragValue::new(side).range(least..=8000.0).max_decimals(0);
                let help = format!("At least {least} points for these views");
                keys.button(ui, true, drag).labelled_by(label.id).on_hover_text(help);
            }
        });
        ui.horizontal(|ui| {
            ui.label("theme");
            ui.radio_value(&mut settings.theme, Theme::Light, "light");
            let refusal = (settings.background == FigureBackground::White)
                .then_some("A white background goes with the light theme");
            radio(ui, &mut settings.theme, Theme::Dark, "dark", refusal);
            ui.separator();
            ui.label("background");
            for (choice, name) in FigureBackground::ALL {
                ui.radio_value(&mut settings.background, choice, name);
            }
            ui.separator();
            ui.checkbox(&mut settings.axes, "axes").on_hover_text("Axes and grid lines of all plots");
            ui.checkbox(&mut settings.caption, "caption")
                .on_hover_text("Scene, covariance, β, σ², step and seed, in a line beneath");
        });
        let help = "Configuration, seed, changes, step and z*: dropped onto the window, the figure brings the run back";
        ui.horizontal(|ui| {
            ui.checkbox(&mut settings.provenance, "Store the experiment in the figure").on_hover_text(help);
            let Some(fits) = source.fits_your_data() else { return };
            settings.with_data &= settings.provenance && fits;
            let choice = Checkbox::new(&mut settings.with_data, "with your observations");
            let refusal = if fits {
                "Store the experiment to add its data"
            } else {
                "They are larger than 1 MiB; share their file"
            };
            let response = ui.add_enabled(settings.provenance && fits, choice).on_disabled_hover_text(refusal);
            response.on_hover_text("Without them the figure opens beside their file, whose name and SHA-256 it holds");
            if settings.with_data {
                ui.colored_label(ui.visuals().warn_fg_color, "Everyone who gets the figure can read them.");
            }
        });
        self.path.rename(&settings.name(), settings.extension());
    }

    /// The preview.
    fn picture(&self, ui: &mut Ui) {
        // In a small window the buttons beneath must be reached.
        let height = (ui.ctx().content_rect().height() - 285.0).clamp(60.0, 230.0);
        let room = vec2(540.0, height);
        ui.allocate_ui_with_layout(room, Arrangement::centered_and_justified(Direction::TopDown), |ui| {
            ui.set_min_size(room);
            if let Some((_, texture)) = &self.preview {
                let size = texture.size_vec2();
                let scale = (room.x / size.x).min(room.y / size.y).min(1.0);
                let image = Image::new(texture).fit_to_exact_size(size * scale);
                ui.add(image.alt_text("Preview of the figure"));
            }
        });
    }

    /// Draws on a thread: a figure of all views takes longer than a frame. `count`: the pictures of a movie.
    fn draw(
        &mut self,
        ctx: &Context,
        count: Option<u32>,
        job: impl FnOnce(&ExportSource, &Going<'_>) -> ExportResult + Send + 'static,
    ) {
        let (send, drawn) = channel();
        let (source, ctx) = (self.source.clone(), ctx.clone());
        let made = Arc::new(AtomicU32::new(0));
        let asked = Arc::downgrade(&made);
        let spawned = Builder::new().name("figure".to_owned()).spawn(move || {
            let going = |pictures| {
                let Some(made) = asked.upgrade() else { return ControlFlow::Break(()) };
                if made.swap(pictures, Ordering::Relaxed) != pictures {
                    ctx.request_repaint();
                }
                ControlFlow::Continue(())
            };
            // Nobody listens any more if the dialog was closed meanwhile; a file without a name goes then.
            drop(send.send(job(&source, &going)));
            ctx.request_repaint();
        });
        match spawned {
            Ok(_) => (self.busy, self.failure) = (Some(Busy { drawn, made, count }), None),
            Err(error) => {
                self.failure = Some(format!("there is no thread to draw with ({error}); close other programs"));
            }
        }
    }

    /// Takes what has been drawn; gives the file if there is one.
    fn take_drawn(&mut self, ctx: &Context) -> Option<PathBuf> {
        let drawn = match self.busy.as_ref()?.drawn.try_recv() {
            Err(TryRecvError::Empty) => return None,
            drawn => drawn,
        };
        self.busy = None;
        let image = |picture: Picture| ColorImage::new([picture.width, picture.height], picture.pixels);
        match drawn {
            Ok(ExportResult::Preview(settings, picture)) => {
                let texture = ctx.load_texture("figure", for_texture(ctx, image(picture)), TextureOptions::LINEAR);
                self.preview = Some((settings, texture));
            }
            Ok(ExportResult::Clipboard(picture)) => ctx.copy_image(image(picture)),
            Ok(ExportResult::Text(Ok(text))) => ctx.copy_text(text),
            Ok(ExportResult::File(Ok(Some(staged)))) => match staged.commit() {
                Ok(path) => return Some(path),
                Err(error) => self.failure = Some(error.to_string()),
            },
            Ok(ExportResult::File(Ok(None))) => {}
            Ok(ExportResult::File(Err(error)) | ExportResult::Text(Err(error))) => self.failure = Some(error),
            Err(_) => self.failure = Some("the figure could not be drawn; choose another size".to_owned()),
        }
        None
    }
}

/// Says that so many pictures are made, and hears whether more are wanted.
type Going<'a> = dyn Fn(u32) -> ControlFlow<()> + 'a;

/// A choice that may be impossible for a reason.
fn radio<T: PartialEq>(ui: &mut Ui, value: &mut T, choice: T, name: &str, refusal: Option<&str>) {
    let button = ui.add_enabled(refusal.is_none(), RadioButton::new(*value == choice, name));
    if button.on_disabled_hover_text(refusal.unwrap_or_default()).clicked() {
        *value = choice;
    }
}
