//! Autosave: the open session and the list of recent files, kept between starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use eframe::egui::{Context, Panel, Ui};

use super::run_slot::RunSlot;
use super::state::App;
use crate::experiment::Config;
use crate::io::{Autosave, FileError, Session, add_recent, recent};
use crate::launch::PreparedRun;
use crate::viz::command::UiCommand;
use crate::viz::selection::Selection;

/// Seconds between two savings.
const INTERVAL: f64 = 30.0;

/// The program's folder and its content. Without a folder nothing is kept.
#[derive(Debug, Default)]
pub(super) struct AutosaveState {
    folder: Option<PathBuf>,
    /// Away while a session is being saved.
    place: Option<Autosave>,
    saving: Option<JoinHandle<(Autosave, Result<(), FileError>)>>,
    /// The last saved state, and when it was saved.
    saved: Option<(SavePoint, f64)>,
    /// The session of a window that closed unexpectedly.
    left: Option<Session>,
    /// Files, newest first.
    pub recent: Vec<PathBuf>,
}

/// The part of the state whose change makes a new session.
#[derive(Clone, Debug, PartialEq)]
struct SavePoint {
    /// Of each run its configuration, how many changes, and the step.
    runs: Vec<(Arc<Config>, usize, u64)>,
    selection: Selection,
}

impl AutosaveState {
    /// Saves the session if there is something new and it is time. Gives what went wrong.
    fn save(&mut self, ctx: &Context, mark: SavePoint, session: impl FnOnce() -> Option<Session>) -> Option<FileError> {
        let outcome = self.take_back();
        let now = ctx.input(|i| i.time);
        let (saved, since) = self.saved.get_or_insert_with(|| (mark.clone(), now));
        // As long as the session of the last time is offered, it stays where it is.
        if *saved == mark || self.left.is_some() {
            return outcome;
        }
        let wait = *since + INTERVAL - now;
        if wait > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
            return outcome;
        }
        let Some(session) = session() else { return outcome };
        let Some(place) = self.place.take() else { return outcome };
        self.saved = Some((mark, now));
        // A disk may take its time.
        let spawned = Builder::new().name("autosave".to_owned()).spawn(move || {
            let outcome = place.save(&session);
            (place, outcome)
        });
        self.saving = spawned.ok();
        outcome
    }

    /// Takes the place back from a saving that has ended.
    fn take_back(&mut self) -> Option<FileError> {
        let saving = self.saving.take_if(|saving| saving.is_finished())?;
        let (place, outcome) = saving.join().ok()?;
        self.place = Some(place);
        outcome.err()
    }
}

impl App {
    /// Keeps in `folder` what is to be there the next time: every 30 seconds the session, if something has changed, and the
    /// list of recent files. If the program did not end as it should the last time, its session is offered.
    pub fn keep_in(&mut self, folder: &Path) {
        self.autosave.folder = Some(folder.to_owned());
        self.autosave.recent = recent(folder);
        match Autosave::open(folder) {
            Ok((place, left)) => {
                self.autosave.place = Some(place);
                match left.transpose() {
                    Ok(left) => self.autosave.left = left,
                    Err(error) => self.notice = Some(format!("the last session cannot be restored: {error}")),
                }
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Says that the program ends as it should.
    pub fn close(&mut self) {
        if let Some(saving) = self.autosave.saving.take()
            && let Ok((place, _)) = saving.join()
        {
            self.autosave.place = Some(place);
        }
        if let Some(place) = self.autosave.place.take() {
            place.close();
        }
    }

    /// Saves the session if there is something new and it is time.
    pub(super) fn save_regularly(&mut self) {
        if self.autosave.folder.is_none() {
            return;
        }
        let snapshots = self.runs.iter().filter_map(RunSlot::snapshot);
        let mark = SavePoint {
            runs: snapshots.map(|s| (Arc::clone(&s.config), s.log.len(), s.step)).collect(),
            selection: Selection { motion: None, phase: 0.0, ..self.selection.clone() },
        };
        let mut autosave = std::mem::take(&mut self.autosave);
        if let Some(error) = autosave.save(&self.ctx, mark, || self.session()) {
            self.notice = Some(format!("the session is not saved by itself: {error}"));
        }
        self.autosave = autosave;
    }

    /// Puts a file at the head of the recent ones.
    pub(super) fn add_recent(&mut self, path: &Path) {
        if let Some(folder) = &self.autosave.folder {
            if let Err(error) = add_recent(folder, path) {
                log::warn!("{error}");
            }
            self.autosave.recent = recent(folder);
        }
    }

    /// Opens the recent file of that number.
    pub(super) fn open_recent(&mut self, number: usize) {
        if let Some(path) = self.autosave.recent.get(number).cloned() {
            self.open_file(&path);
        }
    }

    /// Offers to restore the session of a window that closed unexpectedly.
    pub(super) fn restore_bar(&self, ui: &mut Ui) {
        let Some(session) = &self.autosave.left else { return };
        let sentence = format!(
            "Unpick closed unexpectedly. Restore '{}' at step {}?",
            session.config.origin.name(),
            session.steps
        );
        Panel::bottom("last session").show(ui, |ui| {
            ui.horizontal(|ui| {
                for (name, command) in [("Restore", UiCommand::RestoreSession), ("Forget", UiCommand::ForgetSession)] {
                    if ui.button(name).clicked() {
                        self.commands.send(command);
                    }
                }
                ui.strong(sentence);
            });
        });
    }

    /// Restores the session of a window that closed unexpectedly.
    pub(super) fn restore_session(&mut self) {
        match self.autosave.left.take().map(PreparedRun::of_session) {
            Some(Ok(prepared)) => self.resume(prepared),
            Some(Err(error)) => self.notice = Some(error.to_string()),
            None => {}
        }
    }

    /// Forgets the session of a window that closed unexpectedly.
    pub(super) fn forget_session(&mut self) {
        self.autosave.left = None;
    }
}
