//! The dialog that saves a screenshot, a session or a run folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;

use eframe::egui::Context;

use super::frame::dialog;
use super::path_picker::{DialogButton, PathPicker};
use crate::experiment::{Metrics, ScoreDepth, Snapshot};
use crate::io::{FileError, Staged, stage_run};
use crate::viz::command::{CommandQueue, UiCommand};

/// A file that waits for its place.
#[derive(Debug)]
pub(crate) struct SaveDialog {
    title: &'static str,
    about: String,
    content: Content,
    path: PathPicker,
    /// A file that is being written, or a folder.
    writing: Option<Receiver<Result<Staged, FileError>>>,
}

/// A file that is to be saved.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The title of the dialog.
    pub title: &'static str,
    /// The part of the file name that names the content.
    pub what: &'static str,
    /// A line about it.
    pub about: String,
    /// The extension of its name.
    pub extension: &'static str,
    /// The content.
    pub content: Content,
}

/// The content of a file.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A file that is ready.
    File(Vec<u8>),
    /// The folder of a run, which has to be measured first.
    Run(Arc<Snapshot>),
}

impl SaveDialog {
    /// Offers to save in `folder`. `name` is that of the run.
    pub(crate) fn new(ready: Ready, folder: &Path, name: &str) -> Self {
        let Ready { title, what, about, extension, content } = ready;
        Self { title, about, content, path: PathPicker::new(folder, name, what, extension), writing: None }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        if let Some(path) = self.take_written() {
            return commands.send(UiCommand::FileSaved(path));
        }
        let mut press = None;
        dialog(ctx, "save", self.title, None, |ui, keys| {
            ui.label(&self.about);
            ui.add_enabled_ui(self.writing.is_none(), |ui| {
                self.path.edit(ui, keys);
                press = ui.horizontal(|ui| self.path.buttons(ui, keys)).inner;
            });
            if self.writing.is_some() {
                ui.weak("saving…");
            }
        });
        if press == Some(DialogButton::Cancel) {
            commands.send(UiCommand::CloseDialogs);
        } else if press == Some(DialogButton::Save) {
            self.write(ctx);
        }
    }

    /// Writes on a thread: a disk may take its time, and so may the measuring.
    fn write(&mut self, ctx: &Context) {
        let Some(path) = self.path.free() else { return };
        let (send, receive) = channel();
        let (content, ctx) = (self.content.clone(), ctx.clone());
        let spawned = Builder::new().name("save".to_owned()).spawn(move || {
            // Nobody listens any more if the dialog was closed meanwhile; what has no name yet goes then.
            drop(send.send(content.stage(&path)));
            ctx.request_repaint();
        });
        match spawned {
            Ok(_) => self.writing = Some(receive),
            Err(error) => {
                self.path.refuse(format!("there is no thread to write with ({error}); close other programs"));
            }
        }
    }

    fn take_written(&mut self) -> Option<PathBuf> {
        let written = match self.writing.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            written => written,
        };
        self.writing = None;
        let gone = |_| FileError::new("the run could not be measured; save its session instead");
        let named = written.map_err(gone).flatten().and_then(Staged::commit);
        named.map_err(|error| self.path.refuse(error.to_string())).ok()
    }
}

impl Content {
    fn stage(&self, path: &Path) -> Result<Staged, FileError> {
        match self {
            Self::File(bytes) => Staged::file(path, bytes),
            Self::Run(run) => {
                let metrics = Metrics::measure(&run.vae, &run.settings, &run.data, &run.config).with_factor_scores(
                    &run.vae,
                    &run.data,
                    &run.config,
                    ScoreDepth::Quick,
                );
                stage_run(path, run, &metrics)
            }
        }
    }
}
