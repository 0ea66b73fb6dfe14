//! The error of everything that reads or writes files.

use std::fmt::Display;
use std::path::Path;

use crate::sentence::{printable, sentence};

/// One sentence: the problem, the remedy, and the path last, once it is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct FileError {
    sentence: String,
    has_path: bool,
    remedy: Option<Remedy>,
}

/// Another choice with which the same file can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Only so many rows fit into the memory.
    Rows(usize),
    /// Rows with missing values are left out.
    DropMissing,
    /// All pictures get this height and width.
    Resize(usize, usize),
    /// One of several arrays is chosen.
    Key(String),
}

impl FileError {
    /// An error with this sentence.
    pub fn new(text: impl Display) -> Self {
        Self { sentence: sentence(&text), has_path: false, remedy: None }
    }

    /// Appends the path of the file, unless it has one: a file of several is at fault.
    pub fn at(self, path: &Path) -> Self {
        if self.has_path {
            return self;
        }
        Self { sentence: format!("{}: {}", self.sentence, printable(&path.display())), has_path: true, ..self }
    }

    /// The same error, said of a part of the file.
    #[must_use]
    pub fn of_part(self, part: &str) -> Self {
        Self { sentence: sentence(&format_args!("{part}: {}", self.sentence)), ..self }
    }

    /// The same error with a choice that avoids it.
    pub(in crate::io) fn with_remedy(self, remedy: Remedy) -> Self {
        Self { remedy: Some(remedy), ..self }
    }

    /// A choice that avoids the error, if one is known.
    pub fn remedy(&self) -> Option<&Remedy> {
        self.remedy.as_ref()
    }
}
