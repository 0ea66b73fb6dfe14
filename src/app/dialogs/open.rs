//! The dialog that opens a session, a figure or your data: a path to edit, and the desktop's file dialog where there is one.

use std::ffi::OsStr;

use eframe::egui::{Button, Context, TextEdit, Ui};

use super::desktop::{DesktopAnswer, DesktopDialog, MISSING};
use super::frame::dialog;
use crate::io::typed_path;
use crate::viz::command::{CommandQueue, UiCommand};

/// Extensions of sessions and figures.
const SESSIONS: &[&str] = &["unpick", "png", "svg", "pdf", "gif", "apng"];

/// Extensions of data.
const TABLES: &[&str] = &["csv", "tsv", "txt", "npy", "npz", "gz"];

/// Extension of models of other programs.
const MODELS: &[&str] = &["safetensors"];

/// Extension of scenes.
const SCENES: &[&str] = &["toml"];

/// Kind of path to open. The dialogs of desktops choose files or folders, not both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenKind {
    /// Anything; a folder only as text.
    File,
    /// A folder of pictures.
    Folder,
}

/// A path that is being chosen.
#[derive(Debug)]
pub(crate) struct OpenDialog {
    kind: OpenKind,
    path: String,
    browsing: Option<DesktopDialog>,
    /// The desktop has no file dialog.
    is_missing: bool,
}

impl OpenDialog {
    /// A dialog without a path.
    pub(crate) fn new(kind: OpenKind) -> Self {
        Self { kind, path: String::new(), browsing: None, is_missing: false }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        let answer = self.browsed();
        let is_typed = matches!(answer, Some(DesktopAnswer::Cancelled | DesktopAnswer::Missing));
        let mut chosen = match answer {
            Some(DesktopAnswer::Chosen(path)) => Some(path),
            _ => None,
        };
        let is_folder = self.kind == OpenKind::Folder;
        let title = if is_folder { "Open a folder of pictures" } else { "Open a file" };
        dialog(ctx, "open", title, None, |ui, keys| {
            if is_folder {
                ui.label("PNG or JPEG pictures, one per sample. The names of subfolders become labels.");
            } else {
                about_files(ui);
            }
            ui.horizontal(|ui| {
                let label = ui.label(if is_folder { "Folder" } else { "File" });
                let edit =
                    ui.add(TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY)).labelled_by(label.id);
                keys.start_at(&edit);
                if is_typed {
                    edit.request_focus();
                }
            });
            // Whether there is a sentence or not, the buttons beneath are the same ones to whoever is pressing them.
            ui.push_id("error", |ui| {
                if self.is_missing {
                    ui.colored_label(ui.visuals().warn_fg_color, MISSING);
                }
            });
            ui.horizontal(|ui| {
                let open = ui.add_enabled(!self.path.trim().is_empty(), Button::new("Open"));
                if keys.press(&open.on_disabled_hover_text("Write a path first")) {
                    chosen = Some(typed_path(OsStr::new(&self.path)));
                }
                let browse = keys.button(ui, self.browsing.is_none(), Button::new("Browse…"));
                if browse.on_hover_text("Choose with the file dialog of the desktop, if there is one").clicked() {
                    self.browse(ctx);
                }
                if keys.button(ui, true, Button::new("Cancel")).clicked() {
                    commands.send(UiCommand::CloseDialogs);
                }
            });
        });
        if let Some(path) = chosen {
            commands.send(UiCommand::OpenFile(path));
        }
    }

    fn browse(&mut self, ctx: &Context) {
        let kind = self.kind;
        let dialog = DesktopDialog::open(ctx, move || {
            let dialog = rfd::FileDialog::new();
            match kind {
                OpenKind::Folder => dialog.pick_folder(),
                OpenKind::File => dialog
                    .add_filter("All", &[SESSIONS, TABLES, MODELS, SCENES].concat())
                    .add_filter("Sessions and figures", SESSIONS)
                    .add_filter("Data", TABLES)
                    .add_filter("Models", MODELS)
                    .add_filter("Scenes", SCENES)
                    .pick_file(),
            }
        });
        self.is_missing = dialog.is_err();
        self.browsing = dialog.ok();
    }

    /// The answer of the desktop, once.
    fn browsed(&mut self) -> Option<DesktopAnswer> {
        let answer = self.browsing.as_ref()?.answer()?;
        self.browsing = None;
        self.is_missing = answer == DesktopAnswer::Missing;
        Some(answer)
    }
}

fn about_files(ui: &mut Ui) {
    ui.label(
        "A session, a figure of this program or a run folder: its run is repeated. A scene file starts a new run.",
    );
    ui.label("A model of another program as safetensors: an MLP decoder, with or without its encoder. It is shown, not trained.");
    ui.label("Your data as text, NPY, NPZ or IDX, one row per sample, or a folder of PNG or JPEG pictures: the import dialog asks how.");
}
