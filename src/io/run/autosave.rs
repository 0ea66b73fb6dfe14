//! What the window keeps for the next time: the session that was open, and the files that were opened last.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::provenance::open_session;
use super::session::{Session, save_session};
use crate::io::file_error::FileError;
use crate::io::paths::make_folder;

const SESSION: &str = "autosave.unpick";
const RUNNING: &str = "running";

/// The place for the session that is open. Only one window at a time saves there.
#[derive(Debug)]
pub struct Autosave {
    folder: PathBuf,
    /// Locked as long as the program lives, however it ends. None if another program holds it.
    running: Option<File>,
}

impl Autosave {
    /// Takes the place in `folder`, which is made if need be. If the last program that held it did not [`close`] it, the
    /// session that it had saved comes with it, or the reason why that cannot be read.
    ///
    /// [`close`]: Self::close
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub fn open(folder: &Path) -> Result<(Self, Option<Result<Session, FileError>>), FileError> {
        make_folder(folder)?;
        let path = folder.join(RUNNING);
        let cannot =
            |e: std::io::Error| FileError::new(format_args!("sessions cannot be saved by themselves ({e})")).at(&path);
        let crashed = fs::exists(&path).map_err(cannot)?;
        let file = File::options().create(true).append(true).open(&path).map_err(cannot)?;
        let folder = folder.to_owned();
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok((Self { folder, running: None }, None)),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
            Ok(()) => {
                remove_unfinished(&folder);
                let saved = folder.join(SESSION);
                let left = (crashed && fs::exists(&saved).unwrap_or(false)).then(|| open_session(&saved));
                Ok((Self { folder, running: Some(file) }, left))
            }
        }
    }

    /// Saves the session, unless another window does.
    ///
    /// # Errors
    /// If it cannot be written; the one before is then as it was.
    pub fn save(&self, session: &Session) -> Result<(), FileError> {
        match self.running {
            Some(_) => save_session(&self.folder.join(SESSION), session),
            None => Ok(()),
        }
    }

    /// The session that was saved last, for whoever wants to go on with it.
    ///
    /// # Errors
    /// If there is none, or a damaged one.
    pub fn last(&self) -> Result<Session, FileError> {
        open_session(&self.folder.join(SESSION))
    }

    /// Says that the program ends as it should.
    pub fn close(self) {
        if self.running.is_some() {
            // Should that fail, the next program offers the session, which does no harm.
            let _ignored = fs::remove_file(self.folder.join(RUNNING));
        }
    }
}

/// Removes what a program that was killed while it was saving has left.
fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&format!(".{SESSION}.")) && name.ends_with(".tmp") {
            // It is in nobody's way.
            let _ignored = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;
    use crate::experiment::{Config, Origin};

    fn session(steps: u64) -> Session {
        let scene = Scene::named("linear").unwrap().clone();
        Session {
            config: Config::new(Origin::Scene(Box::new(scene)), 1, 1000),
            log: Vec::new(),
            steps,
            table: None,
            weights: None,
            view: serde_json::Value::Null,
            program: "unpick 0.1.0".to_owned(),
            beside: None,
        }
    }

    #[test]
    fn a_session_is_offered_after_a_crash_only() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("kept");
        let (place, left) = Autosave::open(&folder).unwrap();
        assert!(left.is_none() && place.last().is_err());
        place.save(&session(1)).unwrap();
        // Somebody else has no say.
        let (other, left) = Autosave::open(&folder).unwrap();
        assert!(left.is_none());
        other.save(&session(2)).unwrap();
        other.close();
        place.save(&session(3)).unwrap();
        fs::write(folder.join(".autosave.unpick.1-2.tmp"), "half a sess").unwrap();
        // The lock goes with the program, the file stays.
        drop(place);
        let (place, left) = Autosave::open(&folder).unwrap();
        assert_eq!(left.unwrap().unwrap(), session(3));
        let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        place.close();
        let (place, left) = Autosave::open(&folder).unwrap();
        assert!(left.is_none());
        assert_eq!(place.last().unwrap(), session(3));
        fs::write(folder.join(SESSION), "{").unwrap();
        drop(place);
        assert!(Autosave::open(&folder).unwrap().1.unwrap().is_err(), "damage is told");
    }
}
