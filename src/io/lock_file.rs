//! Locks between programs.

use std::fs::{File, TryLockError, remove_file};
use std::io::Result;
use std::path::{Path, PathBuf};

/// A file that is locked until it is dropped, or the program ends in whatever way. Dropping it removes the file.
#[derive(Debug)]
pub(in crate::io) struct LockFile {
    path: PathBuf,
    _file: File,
}

impl LockFile {
    /// Takes the lock; `None` if it is held already, by this program or another one.
    ///
    /// # Errors
    /// If the file cannot be made, or the file system has no locks.
    pub(in crate::io) fn take(path: &Path) -> Result<Option<Self>> {
        loop {
            let file = File::options().create(true).append(true).open(path)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
                // Who held it before may have removed it since it was opened: then it locks nothing.
                Ok(()) if is_at(&file, path) => return Ok(Some(Self { path: path.to_owned(), _file: file })),
                Ok(()) => {}
            }
        }
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // A file that stays locks nothing.
        let _ignored = remove_file(&self.path);
    }
}

/// True if the open file is the one with this path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |about: std::fs::Metadata| (about.dev(), about.ino());
    file.metadata().map(identity).ok() == std::fs::metadata(path).map(identity).ok()
}

#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_holds_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let lock = LockFile::take(&path).unwrap().unwrap();
        assert!(LockFile::take(&path).unwrap().is_none());
        drop(lock);
        assert!(!path.exists());
        // What a killed program leaves locks nothing.
        std::fs::write(&path, "").unwrap();
        assert!(LockFile::take(&path).unwrap().is_some());
        assert!(LockFile::take(&directory.path().join("missing/lock")).is_err());
    }

    #[test]
    fn of_many_that_take_it_at_once_one_holds_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let holders = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Some(_lock) = LockFile::take(&path).unwrap() {
                            assert_eq!(holders.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            holders.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                });
            }
        });
    }
}
