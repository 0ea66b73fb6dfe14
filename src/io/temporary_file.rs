//! A temporary file for programs that write where they can go back.

use std::path::Path;
use std::time::SystemTime;

use tempfile::{Builder, TempPath};

use super::file_error::FileError;

/// An empty file in the folder for temporary ones. Dropping it removes it.
#[derive(Debug)]
pub struct TemporaryFile(TempPath);

impl TemporaryFile {
    /// Makes it, with a name that ends like this.
    ///
    /// # Errors
    /// If the folder may not be written to or is full.
    pub fn new(ending: &str) -> Result<Self, FileError> {
        let file = Builder::new().prefix("unpick").suffix(ending).tempfile();
        let file = file.map_err(|e| FileError::new(format!("no temporary file can be made ({e})")))?;
        Ok(Self(file.into_temp_path()))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What changes when something is written into it: its length and the time of the last change.
    pub fn changes(&self) -> Option<(u64, SystemTime)> {
        let about = std::fs::metadata(&self.0).ok()?;
        Some((about.len(), about.modified().ok()?))
    }

    /// What was written into it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn bytes(&self) -> Result<Vec<u8>, FileError> {
        std::fs::read(&self.0).map_err(|e| FileError::new(format!("the file cannot be read ({e})")).at(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_gone_when_it_is_dropped() {
        let file = TemporaryFile::new(".mp4").unwrap();
        let path = file.path().to_owned();
        std::fs::write(&path, b"movie").unwrap();
        assert_eq!(file.bytes().unwrap(), b"movie");
        assert!(path.extension().is_some_and(|ending| ending == "mp4"));
        drop(file);
        assert!(!path.exists());
    }
}
