//! The error of everything that reads or writes files.

use std::fmt::Display;
use std::path::Path;

/// One sentence: the problem, the remedy, and the path last, once it is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct FileError {
    sentence: String,
    has_path: bool,
}

impl FileError {
    /// An error with this sentence.
    pub fn new(sentence: impl Display) -> Self {
        Self { sentence: sentence.to_string(), has_path: false }
    }

    /// Appends the path of the file, unless it has one: a file of several is at fault.
    pub fn at(self, path: &Path) -> Self {
        if self.has_path {
            return self;
        }
        Self { sentence: format!("{}: {}", self.sentence, path.display()), has_path: true }
    }
}
