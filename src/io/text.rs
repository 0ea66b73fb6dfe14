//! Whole files, as bytes or as text, up to a size.

use std::io::Read as _;
use std::path::Path;

use super::file_error::FileError;
use super::regular_file::open_regular;

/// Scenes are much smaller than 16 MiB.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a text file. `what` names its content in errors, as "the scene".
///
/// # Errors
/// If the file cannot be read, is not UTF-8, or is larger than 16 MiB. The sentence ends with the path.
pub fn read_text(path: &Path, what: &str) -> Result<String, FileError> {
    let bytes = read_bytes(path, what, MOST_BYTES)?;
    String::from_utf8(bytes).map_err(|e| FileError::new(format_args!("cannot read {what} as UTF-8 ({e})")).at(path))
}

/// Reads a file of at most `most` bytes. `what` names its content in errors, as "the session".
///
/// # Errors
/// If the file cannot be read or is larger. The sentence ends with the path.
pub fn read_bytes(path: &Path, what: &str, most: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let file = open_regular(path, what).map_err(|error| error.at(path))?;
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| FileError::new(format_args!("cannot read {what} ({e})")).at(path))?;
    if bytes.len() as u64 > most {
        return Err(FileError::new(format_args!("{what} is larger than {} MiB", most >> 20)).at(path));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_content_and_end_with_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("scene.toml");
        let sentence = || read_text(&path, "the scene").unwrap_err().to_string();
        let ends_with_path = |s: &str| s.ends_with(&format!(": {}", path.display()));
        assert!(sentence().starts_with("cannot read the scene (") && ends_with_path(&sentence()), "{}", sentence());
        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert!(sentence().contains("UTF-8") && ends_with_path(&sentence()), "{}", sentence());
        std::fs::write(&path, vec![b' '; (16 << 20) + 1]).unwrap();
        assert!(sentence().contains("larger than 16 MiB") && ends_with_path(&sentence()), "{}", sentence());
        std::fs::write(&path, "name = 'µ'").unwrap();
        assert_eq!(read_text(&path, "the scene").unwrap(), "name = 'µ'");
    }
}
