//! The dialog that opens a session, a figure or your data: a path to edit, and the desktop's file dialog where there is one.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;

use eframe::egui::{Context, Key, TextEdit};

use super::frame::dialog;
use crate::viz::command::{CommandQueue, UiCommand};

/// Extensions of sessions and figures.
const SESSIONS: &[&str] = &["unpick", "png", "svg", "pdf", "gif", "apng"];

/// Extensions of data.
const TABLES: &[&str] = &["csv", "tsv", "txt", "npy", "npz", "gz"];

/// Extension of models of other programs.
const MODELS: &[&str] = &["safetensors"];

/// Extension of scenes.
const SCENES: &[&str] = &["toml"];

/// A path that is being chosen.
#[derive(Debug, Default)]
pub(crate) struct OpenDialog {
    path: String,
    /// True once the path has had the keyboard.
    shown: bool,
    browsing: Option<Receiver<Option<PathBuf>>>,
}

impl OpenDialog {
    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        let (mut chosen, mut open) = (self.browsed(), true);
        dialog(ctx, "Open a file").open(&mut open).show(ctx, |ui| {
            ui.label("A session, a figure of this program or a run folder: its run is repeated. A scene file starts a new run.");
            ui.label("A model of another program as safetensors: an MLP decoder, with or without its encoder. It is shown, not trained.");
            ui.label("Your data as text, NPY, NPZ or IDX, one row per sample, or a folder of PNG or JPEG pictures: the import dialog asks how.");
            ui.horizontal(|ui| {
                let label = ui.label("File");
                let edit =
                    ui.add(TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY)).labelled_by(label.id);
                if !std::mem::replace(&mut self.shown, true) {
                    edit.request_focus();
                }
                if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
                    chosen = Some(PathBuf::from(self.path.trim()));
                }
            });
            ui.horizontal(|ui| {
                if ui.button("Open").clicked() {
                    chosen = Some(PathBuf::from(self.path.trim()));
                }
                let browse = ui.add_enabled(self.browsing.is_none(), eframe::egui::Button::new("Browse…"));
                if browse.on_hover_text("Choose with the file dialog of the desktop, if there is one").clicked() {
                    self.browse(ctx);
                }
                if ui.button("Cancel").clicked() {
                    commands.send(UiCommand::CloseDialogs);
                }
            });
        });
        if !open {
            commands.send(UiCommand::CloseDialogs);
        }
        if let Some(path) = chosen {
            commands.send(UiCommand::OpenFile(path));
        }
    }

    fn browse(&mut self, ctx: &Context) {
        let (send, receive) = channel();
        let ctx = ctx.clone();
        let spawned = Builder::new().name("file dialog".to_owned()).spawn(move || {
            let dialog = rfd::FileDialog::new()
                .add_filter("All", &[SESSIONS, TABLES, MODELS, SCENES].concat())
                .add_filter("Sessions and figures", SESSIONS)
                .add_filter("Data", TABLES)
                .add_filter("Models", MODELS)
                .add_filter("Scenes", SCENES);
            // Nobody listens any more if the window was closed meanwhile.
            drop(send.send(dialog.pick_file()));
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
