//! What the window keeps between its starts: the session that is open, and the files that were opened last.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use eframe::egui::{Context, Panel, Ui};

use super::side::Side;
use super::{App, Selection};
use crate::cli::Start;
use crate::experiment::Config;
use crate::io::{Autosave, FileError, Session, add_recent, recent};

/// Seconds between two savings.
const INTERVAL: f64 = 30.0;

/// The folder of the program and what is in it. Without a folder nothing is kept.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    folder: Option<PathBuf>,
    /// Away while a session is being saved.
    place: Option<Autosave>,
    saving: Option<JoinHandle<(Autosave, Result<(), FileError>)>>,
    /// What was saved last, and when.
    saved: Option<(Mark, f64)>,
    /// The session that a program has left that did not end as it should.
    left: Option<Session>,
    /// Files, newest first.
    pub recent: Vec<PathBuf>,
}

/// What makes a session another one.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    /// Of each run its configuration, how many changes, and the step.
    runs: Vec<(Arc<Config>, usize, u64)>,
    selection: Selection,
}

impl Keeping {
    /// Saves the session if there is something new and it is time. Gives what went wrong.
    fn save(&mut self, ctx: &Context, mark: Mark, session: impl FnOnce() -> Option<Session>) -> Option<FileError> {
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
        self.keeping.folder = Some(folder.to_owned());
        self.keeping.recent = recent(folder);
        match Autosave::open(folder) {
            Ok((place, left)) => {
                self.keeping.place = Some(place);
                match left.transpose() {
                    Ok(left) => self.keeping.left = left,
                    Err(error) => self.notice = Some(format!("the last session cannot be restored: {error}")),
                }
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Says that the program ends as it should.
    pub fn close(&mut self) {
        if let Some(saving) = self.keeping.saving.take()
            && let Ok((place, _)) = saving.join()
        {
            self.keeping.place = Some(place);
        }
        if let Some(place) = self.keeping.place.take() {
            place.close();
        }
    }

    pub(super) fn autosave(&mut self) {
        if self.keeping.folder.is_none() {
            return;
        }
        let snapshots = self.sides.iter().filter_map(Side::snapshot);
        let mark = Mark {
            runs: snapshots.map(|s| (Arc::clone(&s.config), s.log.len(), s.step)).collect(),
            selection: Selection { motion: None, phase: 0.0, ask: None, ..self.selection.clone() },
        };
        let mut keeping = std::mem::take(&mut self.keeping);
        if let Some(error) = keeping.save(&self.ctx, mark, || self.session()) {
            self.notice = Some(format!("the session is not saved by itself: {error}"));
        }
        self.keeping = keeping;
    }

    /// Puts a file at the head of the recent ones.
    pub(super) fn remember(&mut self, path: &Path) {
        if let Some(folder) = &self.keeping.folder {
            if let Err(error) = add_recent(folder, path) {
                log::warn!("{error}");
            }
            self.keeping.recent = recent(folder);
        }
    }

    /// Opens the recent file of that number.
    pub(super) fn open_recent(&mut self, number: usize) {
        if let Some(path) = self.keeping.recent.get(number).cloned() {
            self.open_file(&path);
        }
    }

    /// Offers the session that was left.
    pub(super) fn offer_bar(&mut self, ui: &mut Ui) {
        let Some(session) = &self.keeping.left else { return };
        let sentence = format!(
            "Restore last session? The program did not end as it should while '{}' was at step {}.",
            session.config.origin.name(),
            session.steps
        );
        let (mut restore, mut forget) = (false, false);
        Panel::bottom("last session").show(ui, |ui| {
            ui.horizontal(|ui| {
                restore = ui.button("Restore").clicked();
                forget = ui.button("Forget").clicked();
                ui.strong(sentence);
            });
        });
        if restore || forget {
            let left = self.keeping.left.take().filter(|_| restore);
            match left.map(Start::of_session) {
                Some(Ok(start)) => self.resume(start),
                Some(Err(error)) => self.notice = Some(error.to_string()),
                None => {}
            }
        }
    }
}
