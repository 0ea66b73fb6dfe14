//! The error of everything that reads or writes files.

use std::fmt::Display;
use std::path::Path;

/// One sentence: the problem, the remedy, and the path last, once it is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct FileError {
    sentence: String,
}

impl FileError {
    /// An error with this sentence.
    pub fn new(sentence: impl Display) -> Self {
        Self { sentence: sentence.to_string() }
    }

    /// Appends the path of the file.
    pub fn at(self, path: &Path) -> Self {
        Self { sentence: format!("{}: {}", self.sentence, path.display()) }
    }
}
