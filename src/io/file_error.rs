//! What goes wrong with files.

use std::fmt::Display;
use std::path::Path;

/// One sentence that says what is wrong and what to do, with the path last once it is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct FileError {
    sentence: String,
}

impl FileError {
    /// Says that.
    pub fn new(sentence: impl Display) -> Self {
        Self { sentence: sentence.to_string() }
    }

    /// Adds which file it is about.
    pub fn at(self, path: &Path) -> Self {
        Self { sentence: format!("{}: {}", self.sentence, path.display()) }
    }
}
