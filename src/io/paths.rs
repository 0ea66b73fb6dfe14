//! Paths: existence, new folders, free names.

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
