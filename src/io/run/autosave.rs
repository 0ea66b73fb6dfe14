//! Autosave: each window keeps its open session in a file of its own. Those of windows that crashed are left for the next one.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::provenance::open_session;
use super::session::{Session, save_session};
use crate::io::file_error::FileError;
use crate::io::lock_file::LockFile;
use crate::io::paths::{free_path, make_folder};

/// The session of one window, which is locked while it is open.
#[derive(Debug)]
struct SessionPlace {
    session: PathBuf,
    _lock: LockFile,
}

impl SessionPlace {
    /// The names of the session and of the lock of place `number`, from 1 on.
    fn names(number: usize) -> [String; 2] {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        [format!("{STEM}{number}{ENDING}"), format!("running{number}")]
    }

    /// Takes it, unless another window has it.
    fn take(folder: &Path, number: usize) -> Result<Option<Self>, FileError> {
        let [session, lock] = Self::names(number).map(|name| folder.join(name));
        let cannot = |e: std::io::Error| FileError::new(format_args!("sessions cannot be autosaved ({e})")).at(&lock);
        let lock = LockFile::take(&lock).map_err(cannot)?;
        Ok(lock.map(|lock| Self { session, _lock: lock }))
    }

    /// Removes hidden files of a window that was killed while it saved.
    fn remove_unfinished(&self) {
        let (Some(folder), Some(name)) = (self.session.parent(), self.session.file_name()) else { return };
        let beginning = format!(".{}.", name.to_string_lossy());
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&beginning) && name.ends_with(".tmp") {
                let _ignored = fs::remove_file(entry.path());
            }
        }
    }
}

const STEM: &str = "autosave";
const ENDING: &str = ".unpick";

/// The place of the session of this window.
#[derive(Debug)]
pub struct Autosave(SessionPlace);

impl Autosave {
    /// Starts autosaving to `folder`, which is created if necessary. Also returns the sessions of windows that crashed, newest first, and
    /// the reasons why others cannot be read; such a file is put aside, and the reason names it.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub fn open(folder: &Path) -> Result<(Self, Vec<LeftSession>, Vec<FileError>), FileError> {
        make_folder(folder)?;
        let (mut left, mut damaged) = (Vec::new(), Vec::new());
        for number in numbers_in(folder) {
            let Ok(Some(place)) = SessionPlace::take(folder, number) else { continue };
            place.remove_unfinished();
            let saved = fs::metadata(&place.session).and_then(|about| about.modified());
            match open_session(&place.session) {
                Ok(session) => left.push((saved.unwrap_or(SystemTime::UNIX_EPOCH), LeftSession { session, place })),
                Err(error) => damaged.push(put_aside(&place.session, folder, error)),
            }
        }
        left.sort_by_key(|(saved, _)| Reverse(*saved));
        let left = left.into_iter().map(|(_, session)| session).collect();
        let mut number = 1;
        loop {
            match SessionPlace::take(folder, number)? {
                // A window that closed since then has left nothing; one that crashed leaves its session.
                Some(place) if !place.session.exists() => return Ok((Self(place), left, damaged)),
                _ => number += 1,
            }
        }
    }

    /// Saves the session.
    ///
    /// # Errors
    /// If it cannot be written; the previous session is then unchanged.
    pub fn save(&self, session: &Session) -> Result<(), FileError> {
        save_session(&self.0.session, session)
    }

    /// Removes the session: the window closes as expected.
    pub fn close(&self) {
        // If that fails, the next window offers to restore the session, which is harmless.
        let _ignored = fs::remove_file(&self.0.session);
    }
}

/// The session of a window that crashed. While it is held no other window finds it; dropping it leaves it for the next one.
#[derive(Debug)]
pub struct LeftSession {
    session: Session,
    place: SessionPlace,
}

impl LeftSession {
    /// Its content.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Removes its file.
    pub fn forget(self) {
        // If that fails, it is offered again.
        let _ignored = fs::remove_file(&self.place.session);
    }
}

/// The numbers of the places with a session.
fn numbers_in(folder: &Path) -> Vec<usize> {
    let number = |name: &str| match name.strip_prefix(STEM)?.strip_suffix(ENDING)? {
        "" => Some(1),
        digits => digits.strip_prefix('-')?.parse().ok().filter(|number| SessionPlace::names(*number)[0] == name),
    };
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter_map(|name| number(name.to_str()?)).collect()
}

/// Renames a session that cannot be read, so that it is neither offered nor overwritten.
fn put_aside(path: &Path, folder: &Path, error: FileError) -> FileError {
    let aside = free_path(folder, "damaged", ENDING.trim_start_matches('.'));
    match fs::rename(path, &aside) {
        Ok(()) => error.now_at(path, &aside),
        Err(_) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Scene;
    use crate::experiment::{Config, Origin};

    fn session(steps: u64) -> Session {
        let scene = Scene::named("linear").unwrap().clone();
        Session::planned(Config::new(Origin::Scene(Box::new(scene)), 1, 1000), Vec::new(), steps)
    }

    fn steps(left: &[LeftSession]) -> Vec<u64> {
        left.iter().map(|left| left.session().steps).collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_session_is_left_only_by_a_crash() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("kept");
        let (autosave, left, _) = Autosave::open(&folder).unwrap();
        assert!(left.is_empty());
        autosave.save(&session(3)).unwrap();
        fs::write(folder.join(".autosave.unpick.1-2.tmp"), "half a sess").unwrap();
        drop(autosave);
        let (autosave, left, _) = Autosave::open(&folder).unwrap();
        assert_eq!(steps(&left), [3]);
        assert_eq!(names(&folder), ["autosave.unpick", "running", "running-2"]);
        // The new window saves beside what was left.
        autosave.save(&session(1)).unwrap();
        autosave.close();
        drop((autosave, left));
        let (_autosave, mut left, _) = Autosave::open(&folder).unwrap();
        assert_eq!(steps(&left), [3], "an offer without an answer stands");
        left.remove(0).forget();
        assert!(Autosave::open(&folder).unwrap().1.is_empty());
    }

    #[test]
    fn windows_that_are_open_at_once_save_apart_and_one_that_lives_is_not_offered() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path();
        let windows: Vec<_> = (0..3).map(|_| Autosave::open(folder).unwrap().0).collect();
        windows.iter().zip(10..).for_each(|(window, steps)| window.save(&session(steps)).unwrap());
        assert_eq!(names(folder).iter().filter(|name| name.ends_with(ENDING)).count(), 3);
        let [first, second, third] = windows.try_into().unwrap();
        drop(second);
        let (fourth, left, _) = Autosave::open(folder).unwrap();
        assert_eq!(steps(&left), [11], "the others live");
        // Who offers it holds it.
        assert!(Autosave::open(folder).unwrap().1.is_empty());
        let saved = fs::metadata(&first.0.session).unwrap().modified().unwrap();
        let past = saved - std::time::Duration::from_mins(1);
        fs::File::options().append(true).open(&first.0.session).unwrap().set_modified(past).unwrap();
        fourth.close();
        drop((first, third, fourth, left));
        assert_eq!(steps(&Autosave::open(folder).unwrap().1).last(), Some(&10), "newest first");
    }

    #[test]
    fn damage_is_reported_and_put_aside() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("autosave.unpick"), "{").unwrap();
        let (autosave, left, damaged) = Autosave::open(directory.path()).unwrap();
        assert!(left.is_empty());
        autosave.save(&session(1)).unwrap();
        let kept = directory.path().join("damaged.unpick");
        let sentence = damaged[0].to_string();
        assert!(
            sentence.contains("not a whole session") && sentence.ends_with(&kept.display().to_string()),
            "{sentence}"
        );
        assert_eq!(fs::read(kept).unwrap(), b"{");
    }
}
