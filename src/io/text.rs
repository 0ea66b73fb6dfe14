//! Text files that a person may have written.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::FileError;

/// No scene and no session comes near to 16 MiB.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a text file. `what` says what should be in it, as "the scene".
///
/// # Errors
/// If the file cannot be read, is no text, or is far too large. The sentence ends with the path.
pub fn read_text(path: &Path, what: &str) -> Result<String, FileError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text))
        .map_err(|e| FileError::new(format_args!("cannot read {what} ({e})")).at(path))?;
    if text.len() as u64 > MOST_BYTES {
        return Err(FileError::new(format_args!("{what} is larger than 16 MiB, which nobody has written")).at(path));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named_with_its_path_last() {
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
