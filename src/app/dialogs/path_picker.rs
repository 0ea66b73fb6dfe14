//! The path of a file to be written: edited as text or chosen in the desktop's file dialog; nothing is overwritten unasked.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use eframe::egui::{Button, Context, TextEdit, Ui};

use super::desktop::{DesktopAnswer, DesktopDialog, MISSING};
use super::frame::DialogKeys;
use crate::io::{free_path, typed_path};

/// A path that is being chosen.
#[derive(Debug)]
pub(crate) struct PathPicker {
    path: String,
    folder: PathBuf,
    /// The name of the run.
    run: String,
    /// The part of the file name that names the content.
    what: String,
    /// The path that was proposed.
    proposed: PathBuf,
    /// Without dot; none for a folder.
    extension: &'static str,
    /// The path for which overwriting was offered.
    overwrite: Option<String>,
    error: Option<String>,
    browsing: Option<DesktopDialog>,
}

/// A button beside a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DialogButton {
    /// Write the file.
    Save,
    /// Leave.
    Cancel,
}

impl PathPicker {
    /// `run`_`what`.`extension` in `folder`, or the first of its numbered names that is free.
    pub(crate) fn new(folder: &Path, run: &str, what: &str, extension: &'static str) -> Self {
        let mut place = Self {
            path: String::new(),
            folder: folder.to_owned(),
            run: run.to_owned(),
            what: what.to_owned(),
            proposed: PathBuf::new(),
            extension,
            overwrite: None,
            error: None,
            browsing: None,
        };
        place.propose();
        place
    }

    fn propose(&mut self) {
        self.proposed = free_path(&self.folder, &format!("{}_{}", self.run, self.what), self.extension);
        self.path = self.proposed.display().to_string();
    }

    /// Something else is to be written: another name is proposed; one that was chosen keeps all but its ending.
    pub(crate) fn rename(&mut self, what: &str, extension: &'static str) {
        if (what, extension) == (self.what.as_str(), self.extension) {
            return;
        }
        let ending = |extension: &str| if extension.is_empty() { String::new() } else { format!(".{extension}") };
        let before = std::mem::replace(&mut self.extension, extension);
        what.clone_into(&mut self.what);
        if Path::new(&self.path) == self.proposed {
            self.propose();
        } else {
            let stem = self.path.strip_suffix(&ending(before)).unwrap_or(&self.path);
            self.path = format!("{stem}{}", ending(extension));
        }
        (self.overwrite, self.error) = (None, None);
    }

    /// Draws the path and what was wrong with it.
    pub(super) fn edit(&mut self, ui: &mut Ui, keys: &DialogKeys) {
        let is_typed = self.take_browsed();
        ui.horizontal(|ui| {
            let label = ui.label("File");
            let edit = TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY);
            let edit = ui.add(edit).labelled_by(label.id);
            keys.start_at(&edit);
            if is_typed {
                edit.request_focus();
            }
            if edit.changed() {
                self.error = None;
            }
        });
        // Whether there is a sentence or not, the buttons beneath are the same ones to whoever is pressing them.
        ui.push_id("error", |ui| {
            if let Some(error) = &self.error {
                ui.colored_label(ui.visuals().warn_fg_color, error);
            }
        });
    }

    /// Draws the buttons.
    pub(super) fn buttons(&mut self, ui: &mut Ui, keys: &mut DialogKeys) -> Option<DialogButton> {
        let overwrite = self.overwrite.as_ref() == Some(&self.path);
        let save = keys.press(&ui.button(if overwrite { "Overwrite" } else { "Save" }));
        let browse = keys.button(ui, self.browsing.is_none(), Button::new("Browse…"));
        if browse.on_hover_text("Choose with the file dialog of the desktop, if there is one").clicked() {
            self.browse(ui.ctx());
        }
        let cancel = keys.button(ui, true, Button::new("Cancel")).clicked();
        if save { Some(DialogButton::Save) } else { cancel.then_some(DialogButton::Cancel) }
    }

    /// The path that is meant, if nothing would be lost by writing there.
    pub(crate) fn free(&mut self) -> Option<PathBuf> {
        let mut path = typed_path(OsStr::new(self.path.trim()));
        if path.as_os_str().is_empty() {
            self.error = Some("write the name of a file".to_owned());
            return None;
        }
        // "fig 1.2" has no extension.
        let is_number = |extension: &OsStr| extension.to_string_lossy().chars().all(|c| c.is_ascii_digit());
        if !self.extension.is_empty() && path.extension().is_none_or(is_number) {
            path.as_mut_os_string().push(format!(".{}", self.extension));
            self.path = path.display().to_string();
        }
        if path.exists() && self.overwrite.as_ref() != Some(&self.path) {
            self.overwrite = Some(self.path.clone());
            let what = if path.is_dir() { "folder" } else { "file" };
            self.error = Some(format!("the {what} exists"));
            return None;
        }
        Some(path)
    }

    /// Says why it could not be written there.
    pub(crate) fn refuse(&mut self, sentence: String) {
        self.error = Some(sentence);
    }

    /// Asks the desktop.
    fn browse(&mut self, ctx: &Context) {
        let (path, extension) = (PathBuf::from(&self.path), self.extension);
        let dialog = DesktopDialog::open(ctx, move || {
            let mut dialog = rfd::FileDialog::new();
            if !extension.is_empty() {
                dialog = dialog.add_filter(extension, &[extension]);
            }
            if let Some(folder) = path.parent() {
                dialog = dialog.set_directory(folder);
            }
            if let Some(name) = path.file_name() {
                dialog = dialog.set_file_name(name.to_string_lossy());
            }
            dialog.save_file()
        });
        match dialog {
            Ok(dialog) => self.browsing = Some(dialog),
            Err(error) => self.error = Some(format!("no file dialog ({error}); edit the path instead")),
        }
    }

    /// Takes the answer of the desktop. True if the path is to be typed.
    fn take_browsed(&mut self) -> bool {
        let Some(answer) = self.browsing.as_ref().and_then(DesktopDialog::answer) else { return false };
        self.browsing = None;
        match answer {
            DesktopAnswer::Chosen(path) => {
                // The desktop's dialog has asked about overwriting already.
                self.path = path.display().to_string();
                self.overwrite = path.exists().then(|| self.path.clone());
                false
            }
            DesktopAnswer::Cancelled => true,
            DesktopAnswer::Missing => {
                self.error = Some(MISSING.to_owned());
                true
            }
        }
    }
}
