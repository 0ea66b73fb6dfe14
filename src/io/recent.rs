//! The list of recent files.

use std::fs;
use std::path::{Path, PathBuf};

use super::atomic::write_atomically;
use super::file_error::FileError;
use super::paths::make_folder;

const RECENT: &str = "recent.json";

/// Maximum length of the list.
const MOST_RECENT: usize = 10;

/// Recent files that still exist, newest first.
pub fn recent(folder: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(folder.join(RECENT)).unwrap_or_default();
    let paths: Vec<PathBuf> = serde_json::from_str(&text).unwrap_or_default();
    paths.into_iter().filter(|path| path.exists()).take(MOST_RECENT).collect()
}

/// Puts a file first in the list.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_short_and_its_files_exist() {
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
}
