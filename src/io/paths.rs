//! Questions about paths, and new folders.

use std::fs;
use std::path::{Path, PathBuf};

use super::file_error::FileError;

/// Whether there is a folder of that name that is not empty.
pub fn is_occupied(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether there is anything of that name.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Makes a folder, and those it is in, unless there is one.
///
/// # Errors
/// If that is not allowed, or a file has that name.
pub fn make_folder(folder: &Path) -> Result<(), FileError> {
    fs::create_dir_all(folder).map_err(|e| FileError::new(format_args!("cannot make the folder ({e})")).at(folder))
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
