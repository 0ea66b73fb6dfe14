//! Autosave: the open session and the list of recent files, kept between starts.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use eframe::egui::Context;

use crate::experiment::{Config, Snapshot};
use crate::io::{Autosave, FileError, LeftSession, Session, add_recent, recent};
use crate::viz::selection::Selection;

/// Seconds between two savings.
const INTERVAL: f64 = 30.0;

/// The program's folder and its content. Without a folder nothing is kept.
#[derive(Debug, Default)]
pub(super) struct AutosaveState {
    folder: Option<PathBuf>,
    place: Option<Arc<Autosave>>,
    saving: Option<JoinHandle<Result<(), FileError>>>,
    /// The last saved state, and when it was saved.
    saved: Option<(SavePoint, f64)>,
    /// Sessions of windows that closed unexpectedly, newest first, as long as they are offered.
    offered: VecDeque<LeftSession>,
    /// The one that was restored, until its run is verified and this window has saved it.
    restored: Option<Restored>,
    /// Files, newest first.
    pub recent: Vec<PathBuf>,
}

/// A restored session, whose file stays until it is not needed any more.
#[derive(Debug)]
struct Restored {
    left: LeftSession,
    is_saved: bool,
    is_verified: bool,
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
    /// Keeps sessions and the list of recent files in `folder`. Gives the errors of sessions that can't be read.
    pub(super) fn open(folder: &Path) -> (Self, Vec<FileError>) {
        let mut state = Self { folder: Some(folder.to_owned()), recent: recent(folder), ..Self::default() };
        let errors = match Autosave::open(folder) {
            Ok((place, left, damaged)) => {
                (state.place, state.offered) = (Some(Arc::new(place)), left.into());
                damaged
            }
            Err(error) => vec![error],
        };
        (state, errors)
    }

    /// Removes the saved session: the window closes as expected. Offers without an answer stay for the next window.
    pub(super) fn close(&mut self) {
        self.finish_saving();
        if let Some(place) = self.place.take() {
            place.close();
        }
        if let Some(restored) = self.restored.take() {
            restored.left.forget();
        }
    }

    /// The session that is offered, and the number of offers.
    pub(super) fn offer(&self) -> Option<(&Session, usize)> {
        Some((self.offered.front()?.session(), self.offered.len()))
    }

    /// Takes the offer. Its file stays until the run is verified and saved again; other sessions are left for the next window.
    pub(super) fn restore(&mut self) {
        // What is being saved is of the run before.
        self.finish_saving();
        let left = std::mem::take(&mut self.offered).pop_front();
        self.restored = left.map(|left| Restored { left, is_saved: false, is_verified: false });
    }

    /// Removes the session that is offered.
    pub(super) fn forget(&mut self) {
        if let Some(left) = self.offered.pop_front() {
            left.forget();
        }
    }

    /// Says that the runs were repeated to the last bit.
    pub(super) fn verify(&mut self) {
        if let Some(restored) = &mut self.restored {
            restored.is_verified = true;
        }
        self.forget_restored();
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
        let is_over = self.saving.as_ref().is_some_and(JoinHandle::is_finished);
        let outcome = if is_over { self.finish_saving() } else { None };
        let now = ctx.input(|i| i.time);
        let (saved, since) = self.saved.get_or_insert_with(|| (mark.clone(), now));
        if *saved == mark || self.saving.is_some() {
            return outcome;
        }
        let wait = *since + INTERVAL - now;
        if wait > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(wait));
            return outcome;
        }
        let Some(session) = session() else { return outcome };
        let Some(place) = self.place.clone() else { return outcome };
        self.saved = Some((mark, now));
        // A disk may take its time.
        let spawned = Builder::new().name("autosave".to_owned()).spawn(move || place.save(&session));
        self.saving = spawned.ok();
        outcome
    }

    /// Waits for the end of a saving. Gives its error.
    fn finish_saving(&mut self) -> Option<FileError> {
        let outcome = self.saving.take()?.join().ok()?;
        if let (Ok(()), Some(restored)) = (&outcome, &mut self.restored) {
            restored.is_saved = true;
        }
        self.forget_restored();
        outcome.err()
    }

    /// Removes the file of the restored session once there is another one of the whole run.
    fn forget_restored(&mut self) {
        if let Some(restored) = self.restored.take_if(|restored| restored.is_saved && restored.is_verified) {
            restored.left.forget();
        }
    }
}
