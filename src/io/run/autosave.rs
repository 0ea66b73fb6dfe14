//! Autosave of the open session, and its recovery after a crash.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::provenance::open_session;
use super::session::{Session, save_session};
use crate::io::file_error::FileError;
use crate::io::paths::make_folder;

const SESSION: &str = "autosave.unpick";
const RUNNING: &str = "running";

/// The autosaved session. Only one window at a time saves it.
#[derive(Debug)]
pub struct Autosave {
    folder: PathBuf,
    /// A file that is locked until the program ends, in whatever way. `None` if another program holds the lock.
    running: Option<File>,
}

impl Autosave {
    /// Starts autosaving to `folder`, which is created if necessary. If the last program crashed before
    /// [`Self::close`], also returns its session, or the reason why that cannot be read.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub fn open(folder: &Path) -> Result<(Self, Option<Result<Session, FileError>>), FileError> {
        make_folder(folder)?;
        let path = folder.join(RUNNING);
        let cannot = |e: std::io::Error| FileError::new(format_args!("sessions cannot be autosaved ({e})")).at(&path);
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

    /// Saves the session, unless another window holds the lock.
    ///
    /// # Errors
    /// If it cannot be written; the previous session is then unchanged.
    pub fn save(&self, session: &Session) -> Result<(), FileError> {
        match self.running {
            Some(_) => save_session(&self.folder.join(SESSION), session),
            None => Ok(()),
        }
    }

    /// The last saved session.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub fn last(&self) -> Result<Session, FileError> {
        open_session(&self.folder.join(SESSION))
    }

    /// Ends autosaving: the program closes normally.
    pub fn close(self) {
        if self.running.is_some() {
            // If that fails, the next program offers to restore the session, which is harmless.
            let _ignored = fs::remove_file(self.folder.join(RUNNING));
        }
    }
}

/// Removes hidden files of a program that was killed while it saved.
fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&format!(".{SESSION}.")) && name.ends_with(".tmp") {
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
            parameters: None,
            history: None,
            settled: None,
            view: serde_json::Value::Null,
            program: "unpick 0.1.0".to_owned(),
            beside: None,
        }
    }

    #[test]
    fn a_session_is_restored_only_after_a_crash() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("kept");
        let (autosave, left) = Autosave::open(&folder).unwrap();
        assert!(left.is_none() && autosave.last().is_err());
        autosave.save(&session(1)).unwrap();
        // A second window does not save.
        let (other, left) = Autosave::open(&folder).unwrap();
        assert!(left.is_none());
        other.save(&session(2)).unwrap();
        other.close();
        autosave.save(&session(3)).unwrap();
        fs::write(folder.join(".autosave.unpick.1-2.tmp"), "half a sess").unwrap();
        // A crash releases the lock and leaves the file.
        drop(autosave);
        let (autosave, left) = Autosave::open(&folder).unwrap();
        assert_eq!(left.unwrap().unwrap(), session(3));
        let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        autosave.close();
        let (autosave, left) = Autosave::open(&folder).unwrap();
        assert!(left.is_none());
        assert_eq!(autosave.last().unwrap(), session(3));
        fs::write(folder.join(SESSION), "{").unwrap();
        drop(autosave);
        assert!(Autosave::open(&folder).unwrap().1.unwrap().is_err(), "damage is reported");
    }
}
