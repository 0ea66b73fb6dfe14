//! Autosave: the open session and the list of recent files, kept between starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use eframe::egui::Context;

use crate::experiment::{Config, Snapshot};
use crate::io::{Autosave, FileError, Session, add_recent, recent};
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
    /// The session of a window that closed unexpectedly, as long as it is offered.
    pub offered: Option<Session>,
    /// Files, newest first.
    pub recent: Vec<PathBuf>,
}

/// The part of the state whose change makes a new session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SavePoint {
    /// Configuration, number of changes and step of each run.
    runs: Vec<(Arc<Config>, usize, u64)>,
    selection: Selection,
}

impl SavePoint {
    /// The state of these runs.
    pub(super) fn new<'a>(snapshots: impl Iterator<Item = &'a Arc<Snapshot>>, selection: &Selection) -> Self {
        let runs = snapshots.map(|s| (Arc::clone(&s.config), s.log.len(), s.step)).collect();
        Self { runs, selection: selection.at_rest() }
    }
}

impl AutosaveState {
    /// Keeps sessions and the list of recent files in `folder`. Gives the error if the last session can't be read.
    pub(super) fn open(folder: &Path) -> (Self, Option<FileError>) {
        let mut state = Self { folder: Some(folder.to_owned()), recent: recent(folder), ..Self::default() };
        let error = match Autosave::open(folder) {
            Ok((place, offered)) => {
                state.place = Some(place);
                match offered.transpose() {
                    Ok(offered) => {
                        state.offered = offered;
                        None
                    }
                    Err(error) => Some(error),
                }
            }
            Err(error) => Some(error),
        };
        (state, error)
    }

    /// Removes the saved session: the window closes as expected.
    pub(super) fn close(&mut self) {
        if let Some(saving) = self.saving.take()
            && let Ok((place, _)) = saving.join()
        {
            self.place = Some(place);
        }
        if let Some(place) = self.place.take() {
            place.close();
        }
    }

    /// True if anything is kept.
    pub(super) fn is_on(&self) -> bool {
        self.folder.is_some()
    }

    /// Puts a file at the head of the recent ones.
    pub(super) fn add_recent(&mut self, path: &Path) {
        if let Some(folder) = &self.folder {
            if let Err(error) = add_recent(folder, path) {
                log::warn!("{error}");
            }
            self.recent = recent(folder);
        }
    }

    /// Saves the session if there is something new and it is time. Gives the error of the save before.
    pub(super) fn save(
        &mut self,
        ctx: &Context,
        mark: SavePoint,
        session: impl FnOnce() -> Option<Session>,
    ) -> Option<FileError> {
        let outcome = self.take_back();
        let now = ctx.input(|i| i.time);
        let (saved, since) = self.saved.get_or_insert_with(|| (mark.clone(), now));
        // The file holds the offered session until that is restored or forgotten.
        if *saved == mark || self.offered.is_some() {
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
