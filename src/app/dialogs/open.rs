//! The dialog that opens a session, a figure or your data: a path to edit, and the desktop's file dialog where there is one.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;

use eframe::egui::{Button, Context, TextEdit, Ui};

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
    browsing: Option<Receiver<Option<PathBuf>>>,
}

impl OpenDialog {
    /// A dialog without a path.
    pub(crate) fn new(kind: OpenKind) -> Self {
        Self { kind, path: String::new(), browsing: None }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        let mut chosen = self.browsed();
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
            });
            ui.horizontal(|ui| {
                if keys.press(&ui.button("Open")) {
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
        let (send, receive) = channel();
        let (ctx, kind) = (ctx.clone(), self.kind);
        let spawned = Builder::new().name("file dialog".to_owned()).spawn(move || {
            let dialog = rfd::FileDialog::new();
            let chosen = match kind {
                OpenKind::Folder => dialog.pick_folder(),
                OpenKind::File => dialog
                    .add_filter("All", &[SESSIONS, TABLES, MODELS, SCENES].concat())
                    .add_filter("Sessions and figures", SESSIONS)
                    .add_filter("Data", TABLES)
                    .add_filter("Models", MODELS)
                    .add_filter("Scenes", SCENES)
                    .pick_file(),
            };
            // Nobody listens any more if the window was closed meanwhile.
            drop(send.send(chosen));
            ctx.request_repaint();
        });
        self.browsing = spawned.is_ok().then_some(receive);
    }

    fn browsed(&mut self) -> Option<PathBuf> {
        let answer = match self.browsing.as_ref()?.try_recv() {
            Ok(chosen) => chosen,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => None,
        };
        self.browsing = None;
        answer
    }
}

fn about_files(ui: &mut Ui) {
    ui.label(
        "A session, a figure of this program or a run folder: its run is repeated. A scene file starts a new run.",
    );
    ui.label("A model of another program as safetensors: an MLP decoder, with or without its encoder. It is shown, not trained.");
    ui.label("Your data as text, NPY, NPZ or IDX, one row per sample, or a folder of PNG or JPEG pictures: the import dialog asks how.");
}
