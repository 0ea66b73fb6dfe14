//! Paths: existence, new folders, free names.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::file_error::FileError;

/// True if `folder` is a folder that is not empty.
///
/// # Errors
/// If it cannot be listed, though there is something.
pub fn is_occupied(folder: &Path) -> Result<bool, FileError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        // What is no folder cannot become one: who makes it says so.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(FileError::new(format_args!("cannot list the folder ({error})")).at(folder)),
    }
}

/// True if there is a file or folder at `path`.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// The path that a person means who typed or pasted it: without quotes, with the home folder for `~/`, and of a `file://` address its
/// path. A file that is called exactly so comes first.
pub fn typed_path(text: &OsStr) -> PathBuf {
    let as_it_is = PathBuf::from(text);
    let Some(text) = text.to_str().map(str::trim).filter(|_| !as_it_is.exists()) else { return as_it_is };
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text);
    if let Some(address) = text.strip_prefix("file://") {
        return PathBuf::from(unescaped(address.strip_prefix("localhost").unwrap_or(address)));
    }
    match text.strip_prefix("~/").zip(std::env::home_dir()) {
        Some((below, home)) => home.join(below),
        None => PathBuf::from(text),
    }
}

/// An address with its %20 and the like as characters.
fn unescaped(address: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = address.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        let escaped = code.filter(|_| *first == b'%');
        bytes.push(escaped.unwrap_or(*first));
        rest = &tail[if escaped.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8(bytes).unwrap_or_else(|_| address.to_owned())
}

/// Creates a folder and its parents, unless they exist.
///
/// # Errors
/// If permission is missing, or a file has that name.
pub fn make_folder(folder: &Path) -> Result<(), FileError> {
    fs::create_dir_all(folder).map_err(|e| FileError::new(format_args!("cannot make the folder ({e})")).at(folder))
}

/// The same, and makes sure that files can be written to it.
///
/// # Errors
/// As [`make_folder`], or if no file can be written.
pub fn make_writable_folder(folder: &Path) -> Result<(), FileError> {
    make_folder(folder)?;
    probe(folder).map_err(|e| FileError::new(format_args!("cannot write to the folder ({e})")).at(folder))
}

/// Makes sure that a file or folder can be written to `path`, before the work for it begins.
///
/// # Errors
/// If its parent directory is missing or cannot be written to.
pub fn ensure_place(path: &Path) -> Result<(), FileError> {
    let parent = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    probe(if path.is_dir() { path } else { parent }).map_err(|e| FileError::of_writing("file", &e).at(path))
}

/// Writes a file to the folder: what the system says when it is asked is not every reason. The file has no name, so that a program that is
/// killed leaves nothing.
fn probe(folder: &Path) -> std::io::Result<()> {
    tempfile::tempfile_in(folder).map(drop)
}

/// The first free path of `folder/stem.extension`, `folder/stem_2.extension`, …; without a dot if `extension` is empty.
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

    #[test]
    fn typed_paths_are_what_a_person_means() {
        let path = |text: &str| typed_path(OsStr::new(text));
        for text in ["\"/data/my x.csv\"", "'/data/my x.csv'", "file:///data/my%20x.csv", " /data/my x.csv "] {
            assert_eq!(path(text), Path::new("/data/my x.csv"), "{text}");
        }
        assert_eq!(path("file://localhost/100%.csv"), Path::new("/100%.csv"));
        if let Some(home) = std::env::home_dir() {
            assert_eq!(path("~/x.csv"), home.join("x.csv"));
        }
        let directory = tempfile::tempdir().unwrap();
        let odd = directory.path().join("'odd'");
        fs::write(&odd, "").unwrap();
        assert_eq!(typed_path(odd.as_os_str()), odd);
    }

    #[test]
    fn a_place_is_known_before_anything_is_written() {
        let directory = tempfile::tempdir().unwrap();
        ensure_place(&directory.path().join("figure.png")).unwrap();
        make_writable_folder(&directory.path().join("new/run")).unwrap();
        let missing = directory.path().join("missing/figure.png");
        let sentence = ensure_place(&missing).unwrap_err().to_string();
        assert!(
            sentence.starts_with("cannot write the file (") && sentence.ends_with("missing/figure.png"),
            "{sentence}"
        );
        assert!(!is_occupied(&directory.path().join("new/run")).unwrap());
        assert!(is_occupied(&directory.path().join("new")).unwrap() && !is_occupied(&missing).unwrap());
        fs::write(directory.path().join("file"), "").unwrap();
        assert!(!is_occupied(&directory.path().join("file")).unwrap(), "who makes the folder says that it is a file");
        assert!(make_writable_folder(&directory.path().join("file")).is_err());
    }

    #[test]
    fn a_taken_name_is_numbered() {
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
