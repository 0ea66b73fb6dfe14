//! What the window keeps for the next time: the session that was open, and the files that were opened last.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::session::save_session;
use super::{FileError, Session, make_folder, open_session, write_atomically};

const SESSION: &str = "autosave.unpick";
const RUNNING: &str = "running";
const RECENT: &str = "recent.json";

/// How many recent files are listed.
const MOST_RECENT: usize = 10;

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

/// The files that were opened or saved last, newest first, without those that are gone.
pub fn recent(folder: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(folder.join(RECENT)).unwrap_or_default();
    let paths: Vec<PathBuf> = serde_json::from_str(&text).unwrap_or_default();
    paths.into_iter().filter(|path| path.exists()).take(MOST_RECENT).collect()
}

/// Puts a file at the head of the recent ones.
///
/// # Errors
/// If the list cannot be written.
pub fn add_recent(folder: &Path, path: &Path) -> Result<(), FileError> {
    make_folder(folder)?;
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut paths = recent(folder);
    paths.retain(|other| *other != path);
    paths.insert(0, path);
    paths.truncate(MOST_RECENT);
    let text = serde_json::to_string_pretty(&paths).map_err(FileError::new)?;
    write_atomically(&folder.join(RECENT), text.as_bytes())
}

/// `folder/stem.extension`, or the first of `stem_2`, `stem_3`, … that is not taken; without a dot if there is no extension.
pub fn free_path(folder: &Path, stem: &str, extension: &str) -> PathBuf {
    let ending = if extension.is_empty() { String::new() } else { format!(".{extension}") };
    let mut path = folder.join(format!("{stem}{ending}"));
    let mut number = 1_u32;
    while path.exists() {
        number += 1;
        path = folder.join(format!("{stem}_{number}{ending}"));
    }
    path
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

    #[test]
    fn recent_files_are_few_and_there() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path();
        assert_eq!(recent(folder), Vec::<PathBuf>::new());
        let paths: Vec<PathBuf> = (0..12).map(|k| folder.join(format!("{k}.unpick"))).collect();
        for path in &paths {
            fs::write(path, "").unwrap();
            add_recent(folder, path).unwrap();
        }
        add_recent(folder, &paths[5]).unwrap();
        fs::remove_file(&paths[11]).unwrap();
        let names: Vec<_> =
            recent(folder).iter().map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        assert_eq!(names, ["5", "10", "9", "8", "7", "6", "4", "3", "2"]);
        fs::write(folder.join(RECENT), "damaged").unwrap();
        assert!(recent(folder).is_empty());
    }

    #[test]
    fn a_name_that_is_taken_is_numbered() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["figure.png", "figure_2.png", "figure_3.png"] {
            let path = free_path(directory.path(), "figure", "png");
            assert_eq!(path.file_name().unwrap(), name);
            fs::write(path, "").unwrap();
        }
        for name in ["v1.5", "v1.5_2"] {
            let path = free_path(directory.path(), "v1.5", "");
            assert_eq!(path.file_name().unwrap(), name);
            fs::create_dir(path).unwrap();
        }
    }
}
