//! Opens files for reading. Pipes and devices, which may never end, are refused.

use std::fs::{File, metadata};
use std::io::Error;
use std::path::Path;

use super::file_error::FileError;

/// Opens a regular file. `what` names its content in errors, as "the scene".
///
/// # Errors
/// If it cannot be opened, or is a folder, a pipe or a device. The sentence does not name the path.
pub(in crate::io) fn open_regular(path: &Path, what: &str) -> Result<File, FileError> {
    let failed = |error: Error| FileError::new(format_args!("cannot read {what} ({error})"));
    let kind = metadata(path).map_err(failed)?.file_type();
    if !kind.is_file() {
        let reason = if kind.is_dir() {
            "it is a folder); choose a file in it"
        } else {
            "it is a pipe or a device); save its data to a file first"
        };
        return Err(FileError::new(format_args!("cannot read {what} ({reason}")));
    }
    File::open(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_devices_are_no_files() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |path: &Path| open_regular(path, "the scene").unwrap_err().to_string();
        assert!(refused(directory.path()).contains("it is a folder"));
        assert!(refused(&directory.path().join("none")).starts_with("cannot read the scene ("));
        if cfg!(unix) {
            assert!(refused(Path::new("/dev/zero")).contains("a pipe or a device"));
        }
    }
}
