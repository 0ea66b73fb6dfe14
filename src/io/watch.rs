//! How a read that takes longer than a frame is watched.

use std::fmt::{Debug, Formatter, Result as Written};
use std::sync::atomic::{AtomicBool, Ordering};

use super::file_error::FileError;

/// Hears the progress of a read, and stops it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    progress: &'a (dyn Fn(f64) + 'a),
    cancelled: &'a AtomicBool,
    /// Where this read begins and how much of the whole it is.
    part: [f64; 2],
}

impl<'a> Watch<'a> {
    /// `progress` hears the part read so far, from 0 to 1. Once `cancelled` is true, the read ends with an error.
    pub fn new(progress: &'a (dyn Fn(f64) + 'a), cancelled: &'a AtomicBool) -> Self {
        Self { progress, cancelled, part: [0.0, 1.0] }
    }

    /// No one watches.
    pub fn nobody() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self { progress: &|_| (), cancelled: &NEVER, part: [0.0, 1.0] }
    }

    /// Hears a step of several, which is this part of the way.
    pub(in crate::io) fn part(self, from: f64, to: f64) -> Self {
        let [begin, length] = self.part;
        Self { part: [begin + from * length, (to - from) * length], ..self }
    }

    /// Reports `done` of `all` bytes or files.
    ///
    /// # Errors
    /// If the read is cancelled.
    pub(in crate::io) fn report(self, done: u64, all: u64) -> Result<(), FileError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(FileError::new("reading was cancelled"));
        }
        let [begin, length] = self.part;
        (self.progress)(begin + length * (done as f64 / all.max(1) as f64).min(1.0));
        Ok(())
    }
}

impl Debug for Watch<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        f.debug_struct("Watch").field("cancelled", self.cancelled).finish_non_exhaustive()
    }
}
