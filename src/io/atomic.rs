//! Atomic replacement of files and folders: written under a hidden name beside the target, then renamed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{Builder, TempPath};

use super::file_error::FileError;

/// Replaces the file at `path` by one with these bytes. On an error the old file is as it was, and nothing else is left
/// behind.
///
/// # Errors
/// If the directory does not exist, may not be written to or is full, or if `path` is a directory.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    Staged::file(path, bytes)?.commit().map(drop)
}

/// A file or a folder of files, complete on the disk under a hidden name. [`Staged::commit`] gives it its own name;
/// dropping it removes it. What an interrupted program left of the same target is removed with the commit.
#[derive(Debug)]
pub struct Staged {
    /// The path as it was asked for.
    path: PathBuf,
    /// The path after links are followed.
    target: PathBuf,
    hidden: TempPath,
    begun: SystemTime,
    /// Files of the folder before with such a name go, if they are not replaced.
    goes: fn(&str) -> bool,
}

impl Staged {
    /// Stages a file for `path`. It takes over the permissions of the file that it will replace.
    ///
    /// # Errors
    /// If the directory does not exist, may not be written to or is full.
    pub fn file(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        Self::stream(path, |file| file.write_all(bytes))
    }

    /// Stages a file for `path` that `write` writes piece by piece.
    ///
    /// # Errors
    /// If the directory does not exist, may not be written to or is full, or `write` fails.
    pub(in crate::io) fn stream(
        path: &Path,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<Self, FileError> {
        let stage = || {
            let (staged, mut file) = Self::beside(path, |hidden| File::create_new(hidden))?;
            write(&mut file)?;
            finish(&file, &staged.target)?;
            Ok(staged)
        };
        stage().map_err(|error| failed("file", path, &error))
    }

    /// Stages a folder for `path` with these files, each with its name and what writes it. In a folder that exists, files for whose names
    /// `goes` holds are of what was there before: those that are not replaced go.
    ///
    /// # Errors
    /// If neither the parent directory nor the folder itself can be written to, or the disk is full.
    pub fn folder<W: FnOnce(&mut dyn io::Write) -> io::Result<()>>(
        path: &Path,
        files: impl Iterator<Item = (String, W)>,
        goes: fn(&str) -> bool,
    ) -> Result<Self, FileError> {
        let stage = || {
            let (mut staged, ()) = Self::beside(path, |hidden| fs::create_dir(hidden))?;
            staged.goes = goes;
            for (name, write) in files {
                let mut file = File::create_new(staged.hidden.join(&name))?;
                write(&mut file)?;
                finish(&file, &staged.target.join(&name))?;
            }
            Ok(staged)
        };
        stage().map_err(|error| failed("folder", path, &error))
    }

    /// Renames it to its target. In a folder that exists, files of the same names are replaced and all others stay: in one step
    /// where the system can, so that an interrupted program leaves the old files or the new ones.
    ///
    /// # Errors
    /// If something else has the name of the target.
    pub fn commit(self) -> Result<PathBuf, FileError> {
        let Self { path, target, hidden, begun, goes } = &self;
        let is_folder = hidden.is_dir();
        let place = directory_of(hidden).to_owned();
        if is_folder && target.is_dir() {
            if !exchange(hidden, target, *goes) {
                move_into(hidden, path, *goes)?;
            }
        } else {
            fs::rename(hidden, target)
                .map_err(|error| failed(if is_folder { "folder" } else { "file" }, path, &error))?;
        }
        remove_leftovers(&place, target, *begun);
        // The new name reaches the disk with the directory. Some systems do not allow a directory to be opened.
        if let Ok(directory) = File::open(directory_of(target)) {
            let _ignored = directory.sync_all();
        }
        Ok(path.clone())
    }

    /// Creates something under a hidden name beside the target of `path`.
    fn beside<T>(path: &Path, create: impl Fn(&Path) -> io::Result<T>) -> io::Result<(Self, T)> {
        // A link keeps pointing to the file, which is replaced.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let prefix =
            hidden_prefix(&target).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no name"))?;
        let make = |place: &Path| Builder::new().prefix(&prefix).suffix(SUFFIX).make_in(place, &create);
        let hidden = match directory_of(&target) {
            // What is renamed stays on its disk.
            place if is_other_disk(place, &target) => make(&target),
            place => make(place).or_else(|error| if target.is_dir() { make(&target) } else { Err(error) }),
        };
        let (created, hidden) = hidden?.into_parts();
        let begun = fs::metadata(&hidden)?.modified()?;
        Ok((Self { path: path.to_owned(), target, hidden, begun, goes: |_| false }, created))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // `TempPath` removes files only. After a commit neither finds anything, and a failure here has no remedy.
        if self.hidden.is_dir() {
            let _ignored = fs::remove_dir_all(&self.hidden);
        }
    }
}

/// The end of hidden names.
const SUFFIX: &str = ".tmp";

/// The beginning of the hidden names of a target.
fn hidden_prefix(target: &Path) -> Option<OsString> {
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name()?);
    prefix.push(".");
    Some(prefix)
}

/// Removes what has a hidden name of this target and was written to before `begun`: no one writes to it any more. What cannot be removed
/// stays, and nothing depends on it.
fn remove_leftovers(place: &Path, target: &Path, begun: SystemTime) {
    /// Between the last byte of a file and its new name, if two programs write to one target.
    const PAUSE: Duration = Duration::from_secs(2);
    let Some(prefix) = hidden_prefix(target) else { return };
    let prefix = prefix.to_string_lossy();
    for entry in fs::read_dir(place).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name();
        let random = name.to_str().and_then(|name| name.strip_prefix(&*prefix)?.strip_suffix(SUFFIX));
        let is_hidden = random.is_some_and(|random| random.chars().all(char::is_alphanumeric) && !random.is_empty());
        let modified = || entry.metadata().and_then(|about| about.modified()).ok();
        if is_hidden && modified().is_some_and(|modified| modified + PAUSE < begun) {
            let path = entry.path();
            let _ignored = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

fn failed(what: &str, path: &Path, error: &io::Error) -> FileError {
    FileError::of_writing(what, error).at(path)
}

fn directory_of(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// True if the target is a folder on another disk than its parent directory.
#[cfg(unix)]
fn is_other_disk(directory: &Path, target: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let disk = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_dir).map(|about| about.dev());
    disk(target).is_some_and(|own| disk(directory).is_some_and(|other| own != other))
}

#[cfg(not(unix))]
fn is_other_disk(_directory: &Path, _target: &Path) -> bool {
    false
}

/// Exchanges a staged folder with the folder of its target in one step, after linking the other files of the target into it, but for those
/// that go. False if the system cannot, or there are folders in the target, or one stands in it.
#[cfg(unix)]
fn exchange(hidden: &Path, target: &Path, goes: fn(&str) -> bool) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let stands_inside = || std::env::current_dir().is_ok_and(|here| here.starts_with(target));
    let comes_along = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let place = hidden.join(entry.file_name());
        if !entry.file_type()?.is_file() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let stays = !place.exists() && !entry.file_name().to_str().is_some_and(goes);
        if stays { fs::hard_link(entry.path(), place) } else { Ok(()) }
    };
    let link = || {
        fs::read_dir(target)?.try_for_each(comes_along)?;
        fs::set_permissions(hidden, fs::metadata(target)?.permissions())
    };
    !stands_inside() && link().is_ok() && renameat_with(CWD, hidden, CWD, target, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(unix))]
fn exchange(_hidden: &Path, _target: &Path, _goes: fn(&str) -> bool) -> bool {
    false
}

fn move_into(from: &Path, to: &Path, goes: fn(&str) -> bool) -> Result<(), FileError> {
    let not_read = |error: io::Error| failed("folder", to, &error);
    let mut moved = Vec::new();
    for entry in fs::read_dir(from).map_err(not_read)? {
        let entry = entry.map_err(not_read)?;
        let place = to.join(entry.file_name());
        fs::rename(entry.path(), &place).map_err(|error| failed("file", &place, &error))?;
        moved.push(entry.file_name());
    }
    for entry in fs::read_dir(to).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(goes) && !moved.contains(&entry.file_name()) {
            // What names the parts does not name this one.
            let _ignored = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Takes over the permissions of the file that is replaced, and waits until the disk has everything.
fn finish(file: &File, target: &Path) -> io::Result<()> {
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
    fn a_file_is_created_and_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.csv");
        write_atomically(&path, b"first").unwrap();
        write_atomically(&path, b"2nd").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2nd");
        assert_eq!(names(directory.path()), ["run.csv"]);
    }

    #[test]
    fn what_an_interrupted_program_left_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let old = fs::metadata(directory.path()).unwrap().modified().unwrap() - Duration::from_mins(1);
        for name in [".k.npz.a1B2c3.tmp", ".k.npz.new.tmp", ".other.npz.a1B2c3.tmp", ".k.npz.my.notes.tmp"] {
            let file = File::create(directory.path().join(name)).unwrap();
            if !name.contains("new") {
                file.set_modified(old).unwrap();
            }
        }
        write_atomically(&directory.path().join("k.npz"), b"array").unwrap();
        let left = [".k.npz.my.notes.tmp", ".k.npz.new.tmp", ".other.npz.a1B2c3.tmp", "k.npz"];
        assert_eq!(names(directory.path()), left);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_is_exchanged_in_one_step_with_what_else_is_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let (target, hidden) = (directory.path().join("run"), directory.path().join("hidden"));
        for (folder, files) in [(&target, &["model", "thesis.tex", "stale"][..]), (&hidden, &["model", "new"])] {
            fs::create_dir(folder).unwrap();
            files.iter().for_each(|name| fs::write(folder.join(name), folder.as_os_str().as_encoded_bytes()).unwrap());
        }
        // Not every file system can.
        let probes = ["a", "b"].map(|name| directory.path().join(name));
        probes.iter().for_each(|probe| fs::create_dir(probe).unwrap());
        let [a, b] = &probes;
        let can = rustix::fs::renameat_with(rustix::fs::CWD, a, rustix::fs::CWD, b, rustix::fs::RenameFlags::EXCHANGE);
        assert_eq!(exchange(&hidden, &target, |name| name == "stale"), can.is_ok());
        if can.is_err() {
            return assert_eq!(names(&target), ["model", "stale", "thesis.tex"]);
        }
        assert_eq!(names(&target), ["model", "new", "thesis.tex"]);
        let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
        assert_eq!(fs::read(target.join("model")).unwrap(), bytes(&hidden));
        assert_eq!(fs::read(target.join("thesis.tex")).unwrap(), bytes(&target));
        // Folders cannot be linked.
        fs::create_dir(target.join("chapters")).unwrap();
        assert!(!exchange(&hidden, &target, |_| false));
        assert_eq!(fs::read(target.join("model")).unwrap(), bytes(&hidden));
    }

    #[test]
    fn an_error_changes_nothing() {
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
    fn an_error_ends_with_the_path() {
        let directory = tempfile::tempdir().unwrap();
        for path in [directory.path().join("missing/run.csv"), PathBuf::from("/"), PathBuf::new()] {
            let error = write_atomically(&path, b"new").unwrap_err().to_string();
            assert!(error.ends_with(&format!("): {}", path.display())), "{error}");
            assert!(!error.contains('\n'));
        }
        assert_eq!(names(directory.path()), [""; 0]);
    }

    #[test]
    fn a_folder_is_written_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("frames");
        let stage = |names: &[&str]| {
            let write = |name: &str| {
                let name = name.to_owned();
                move |file: &mut dyn io::Write| file.write_all(name.as_bytes())
            };
            let files = names.iter().map(|name| ((*name).to_owned(), write(name)));
            Staged::folder(&path, files, |name| name == "stale")
        };
        let staged = stage(&["a", "b"]).unwrap();
        assert!(!path.exists());
        drop(staged);
        assert_eq!(names(directory.path()), [""; 0], "a folder that is not committed is removed");
        assert!(stage(&["a", "missing/b"]).unwrap_err().to_string().ends_with(&path.display().to_string()));
        assert_eq!(names(directory.path()), [""; 0]);
        assert_eq!(stage(&["a", "b"]).unwrap().commit().unwrap(), path);
        fs::write(path.join("b"), "old").unwrap();
        fs::write(path.join("stale"), "old").unwrap();
        stage(&["b", "c"]).unwrap().commit().unwrap();
        assert_eq!((names(&path).join(" "), fs::read(path.join("b")).unwrap()), ("a b c".to_owned(), b"b".to_vec()));
        assert_eq!(names(directory.path()), ["frames"]);
        // With a folder in it, file by file.
        fs::create_dir(path.join("own")).unwrap();
        fs::write(path.join("stale"), "old").unwrap();
        stage(&["c", "d"]).unwrap().commit().unwrap();
        assert_eq!(
            (names(&path).join(" "), fs::read(path.join("c")).unwrap()),
            ("a b c d own".to_owned(), b"c".to_vec())
        );
        fs::remove_dir_all(&path).unwrap();
        fs::write(&path, "mine").unwrap();
        assert!(stage(&["a"]).unwrap().commit().is_err(), "a file is in the way");
        assert_eq!((names(directory.path()), fs::read(&path).unwrap()), (vec!["frames".to_owned()], b"mine".to_vec()));
    }

    /// Nothing beside a folder that is a disk of its own can be renamed into it.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_on_another_disk_is_staged_in_itself() {
        let (parent, disk) = (Path::new("/dev"), Path::new("/dev/shm"));
        // Not every system has it.
        if is_other_disk(parent, disk) {
            let (staged, ()) = Staged::beside(disk, |hidden| fs::create_dir(hidden)).unwrap();
            assert_eq!(staged.hidden.parent(), Some(disk));
        }
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
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
