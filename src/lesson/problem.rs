//! Mistakes in lesson files.

use std::fmt;

use crate::sentence::sentence;

/// A mistake in a lesson file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LessonProblem {
    /// Its line, counted from 1.
    pub line: usize,
    /// The mistake and its remedy.
    pub sentence: String,
}

impl LessonProblem {
    pub(super) fn new(line: usize, words: impl fmt::Display) -> Self {
        Self { line, sentence: words.to_string() }
    }
}

impl fmt::Display for LessonProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, sentence(&self.sentence))
    }
}
