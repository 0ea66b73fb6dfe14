//! How a read that takes longer than a frame is watched.

use std::fmt::{Debug, Formatter, Result as Written};
use std::sync::atomic::{AtomicBool, Ordering};

use super::file_error::FileError;

/// Hears the progress of a read, and stops it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    progress: &'a (dyn Fn(f64) + 'a),
    cancelled: &'a AtomicBool,
}

impl<'a> Watch<'a> {
    /// `progress` hears the part read so far, from 0 to 1. Once `cancelled` is true, the read ends with an error.
    pub fn new(progress: &'a (dyn Fn(f64) + 'a), cancelled: &'a AtomicBool) -> Self {
        Self { progress, cancelled }
    }

    /// No one watches.
    pub fn nobody() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self { progress: &|_| (), cancelled: &NEVER }
    }

    /// Reports `done` of `all` bytes or files.
    ///
    /// # Errors
    /// If the read is cancelled.
    pub(in crate::io) fn report(self, done: u64, all: u64) -> Result<(), FileError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(FileError::new("reading was cancelled"));
        }
        (self.progress)((done as f64 / all.max(1) as f64).min(1.0));
        Ok(())
    }
}

impl Debug for Watch<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        f.debug_struct("Watch").field("cancelled", self.cancelled).finish_non_exhaustive()
    }
}
