//! Paths: existence, new folders, free names.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::file_error::FileError;

/// True if `folder` is a folder that is not empty.
pub fn is_occupied(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
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
