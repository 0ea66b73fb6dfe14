//! Files and folders that are either written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::file_error::FileError;

/// Writes `bytes` to `path`, replacing what was there. They go to a new file in the same directory, which takes the name
/// only when all of them are on the disk: whatever goes wrong, the old file is as it was and nothing else is left behind.
///
/// # Errors
/// If the directory does not exist, may not be written to or is full, or if `path` is a directory.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    Staged::file(path, bytes)?.commit().map(drop)
}

/// A file, or a folder of files, that is on the disk under another name. Unless it takes its own, nothing of it stays.
#[derive(Debug)]
pub struct Staged {
    /// As it was asked for.
    path: PathBuf,
    /// What it is after links are followed.
    target: PathBuf,
    temporary: PathBuf,
}

impl Staged {
    /// Writes the bytes of a file that is to be at `path`.
    ///
    /// # Errors
    /// If the directory does not exist, may not be written to or is full.
    pub fn file(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let create = |temporary: &Path| OpenOptions::new().write(true).create_new(true).open(temporary);
        let stage = || {
            let (staged, file) = Self::beside(path, create)?;
            fill(file, &staged.target, bytes)?;
            Ok(staged)
        };
        stage().map_err(|error| failed("file", path, &error))
    }

    /// Writes the files of a folder that is to be at `path`, each with its name.
    ///
    /// # Errors
    /// If the directory that it is in does not exist, may not be written to or is full.
    pub fn folder<'a>(path: &Path, files: impl Iterator<Item = (String, &'a [u8])>) -> Result<Self, FileError> {
        let stage = || {
            let (staged, ()) = Self::beside(path, |temporary| fs::create_dir(temporary))?;
            for (name, bytes) in files {
                fill(File::create_new(staged.temporary.join(&name))?, &staged.target.join(&name), bytes)?;
            }
            Ok(staged)
        };
        stage().map_err(|error| failed("folder", path, &error))
    }

    /// Takes its name. What is in a folder of that name stays, but for files that are replaced.
    ///
    /// # Errors
    /// If something of that name is in the way.
    pub fn commit(self) -> Result<PathBuf, FileError> {
        let Self { path, target, temporary } = &self;
        let is_folder = temporary.is_dir();
        let named =
            if is_folder && target.is_dir() { move_into(temporary, target) } else { fs::rename(temporary, target) };
        named.map_err(|error| failed(if is_folder { "folder" } else { "file" }, path, &error))?;
        // The new name reaches the disk with the directory. Not every system lets one open a directory.
        if let Ok(directory) = File::open(directory_of(target)) {
            let _ignored = directory.sync_all();
        }
        Ok(path.clone())
    }

    /// Creates something hidden, which did not exist, beside what is to be at `path`.
    fn beside<T>(path: &Path, create: impl Fn(&Path) -> io::Result<T>) -> io::Result<(Self, T)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // A link keeps pointing to the file, which is what changes.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{count}.tmp", std::process::id()));
            let temporary = directory_of(&target).join(hidden);
            match create(&temporary) {
                Ok(created) => return Ok((Self { path: path.to_owned(), target, temporary }, created)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit there is nothing. Should this fail otherwise, there is nothing more to be done.
        let _ignored = if self.temporary.is_dir() {
            fs::remove_dir_all(&self.temporary)
        } else {
            fs::remove_file(&self.temporary)
        };
    }
}

fn failed(what: &str, path: &Path, error: &io::Error) -> FileError {
    FileError::new(format_args!("cannot write the {what} ({error})")).at(path)
}

fn directory_of(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn move_into(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::rename(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn fill(mut file: File, target: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    if let Ok(old) = fs::metadata(target)
        && old.is_file()
    {
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_and_replaced_and_nothing_else_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.csv");
        write_atomically(&path, b"first").unwrap();
        write_atomically(&path, b"2nd").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2nd");
        assert_eq!(names(directory.path()), ["run.csv"]);
    }

    #[test]
    fn on_an_error_everything_is_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let taken = directory.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inside"), b"old").unwrap();
        let error = write_atomically(&taken, b"new").unwrap_err().to_string();
        assert!(error.ends_with(&taken.display().to_string()), "{error}");
        assert_eq!(names(directory.path()), ["taken"]);
        assert_eq!(fs::read(taken.join("inside")).unwrap(), b"old");
    }

    #[test]
    fn a_place_that_does_not_exist_is_named_last() {
        let directory = tempfile::tempdir().unwrap();
        for path in [directory.path().join("missing/run.csv"), PathBuf::from("/"), PathBuf::new()] {
            let error = write_atomically(&path, b"new").unwrap_err().to_string();
            assert!(error.ends_with(&format!("): {}", path.display())), "{error}");
            assert!(!error.contains('\n'));
        }
        assert_eq!(names(directory.path()), [""; 0]);
    }

    #[test]
    fn a_folder_comes_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("frames");
        let stage =
            |names: &[&str]| Staged::folder(&path, names.iter().map(|name| ((*name).to_owned(), name.as_bytes())));
        let staged = stage(&["a", "b"]).unwrap();
        assert!(!path.exists());
        drop(staged);
        assert_eq!(names(directory.path()), [""; 0], "what is not committed goes");
        assert!(stage(&["a", "missing/b"]).unwrap_err().to_string().ends_with(&path.display().to_string()));
        assert_eq!(names(directory.path()), [""; 0]);
        assert_eq!(stage(&["a", "b"]).unwrap().commit().unwrap(), path);
        fs::write(path.join("b"), "old").unwrap();
        stage(&["b", "c"]).unwrap().commit().unwrap();
        assert_eq!((names(&path).join(" "), fs::read(path.join("b")).unwrap()), ("a b c".to_owned(), b"b".to_vec()));
        assert_eq!(names(directory.path()), ["frames"]);
        fs::remove_dir_all(&path).unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(stage(&["a"]).unwrap().commit().is_err(), "a file is in the way");
        assert_eq!((names(directory.path()), fs::read(&path).unwrap()), (vec!["frames".to_owned()], b"mine".to_vec()));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, b"old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&file, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
