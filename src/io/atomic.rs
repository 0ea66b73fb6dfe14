//! Files that are either written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::FileError;

/// Writes `bytes` to `path`, replacing what was there. They go to a new file in the same directory, which takes the name
/// only when all of them are on the disk: whatever goes wrong, the old file is as it was and nothing else is left behind.
///
/// # Errors
/// If the directory does not exist, may not be written to or is full, or if `path` is a directory.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    // A link keeps pointing to the file, which is what changes.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&target, bytes).map_err(|error| FileError::new(format_args!("cannot write the file ({error})")).at(path))
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let (temporary, file) = create_beside(target, directory)?;
    let written = fill(file, target, bytes).and_then(|()| fs::rename(&temporary, target));
    if written.is_err() {
        // The first error is the one to report; should this fail as well, there is nothing more to be done.
        let _ignored = fs::remove_file(&temporary);
    }
    written?;
    // The new name reaches the disk with the directory. Not every system lets one open a directory.
    if let Ok(directory) = File::open(directory) {
        let _ignored = directory.sync_all();
    }
    Ok(())
}

/// Creates a hidden file that did not exist.
fn create_beside(target: &Path, directory: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{count}.tmp", std::process::id()));
        let temporary = directory.join(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
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
