//! The error of everything that reads or writes files.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::sentence::{printable, sentence};

/// One sentence: the problem, the remedy, and the path last, once it is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct FileError {
    sentence: String,
    has_path: bool,
    remedy: Option<Remedy>,
    /// The disk is full, which is no fault of who asked.
    is_of_full_disk: bool,
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
        Self { sentence: sentence(&text), has_path: false, remedy: None, is_of_full_disk: false }
    }

    /// Appends the path of the file, unless it has one: a file of several is at fault.
    pub fn at(self, path: &Path) -> Self {
        if self.has_path {
            return self;
        }
        Self { sentence: format!("{}: {}", self.sentence, printable(&path.display())), has_path: true, ..self }
    }

    /// The same error of a file that was renamed since.
    #[must_use]
    pub(in crate::io) fn now_at(self, before: &Path, now: &Path) -> Self {
        let [before, now] = [before, now].map(|path| printable(&path.display()));
        Self { sentence: self.sentence.replace(&*before, &now), ..self }
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

    /// An error of writing, with what to do if the disk is full.
    pub(in crate::io) fn of_writing(what: &str, error: &io::Error) -> Self {
        let kinds = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
        let is_of_full_disk = kinds.contains(&error.kind());
        let remedy = if is_of_full_disk { "; make room, or choose another disk" } else { "" };
        Self { is_of_full_disk, ..Self::new(format_args!("cannot write the {what} ({error}){remedy}")) }
    }

    /// True if the disk is full, or as full as it may be.
    pub fn is_of_full_disk(&self) -> bool {
        self.is_of_full_disk
    }

    /// A choice that avoids the error, if one is known.
    pub fn remedy(&self) -> Option<&Remedy> {
        self.remedy.as_ref()
    }
}
