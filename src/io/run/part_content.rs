//! Contents of the files of a run folder. Observations, which may be large, are written from where they are.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use crate::io::format::hash::hexadecimal;
use crate::io::format::npy::write_npy_f32;
use crate::linalg::Matrix;

/// Content of a file of a run folder.
#[derive(Debug)]
pub(super) enum PartContent<'a> {
    /// These bytes.
    Bytes(Vec<u8>),
    /// An array whose rows are these samples, the columns.
    Samples(&'a Matrix<f32>),
}

impl From<Vec<u8>> for PartContent<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<String> for PartContent<'_> {
    fn from(text: String) -> Self {
        Self::Bytes(text.into_bytes())
    }
}

impl PartContent<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// If `to` cannot be written to.
    pub(super) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Bytes(bytes) => to.write_all(bytes),
            Self::Samples(samples) => write_npy_f32(samples, to),
        }
    }

    /// SHA-256 in hexadecimal digits.
    ///
    /// # Errors
    /// Never in fact: a hash takes any bytes.
    pub(super) fn sha256(&self) -> io::Result<String> {
        let mut hash = Hashed(Sha256::new());
        self.write(&mut hash)?;
        Ok(hexadecimal(&hash.0.finalize()))
    }
}

/// A hash of what is written.
struct Hashed(Sha256);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::format::hash::sha256;

    #[test]
    fn the_hash_is_that_of_what_is_written() {
        // More than one piece.
        let samples = Matrix::from_fn(7, 20_000, |r, c| r as f32 - 0.5 * c as f32);
        for content in [PartContent::Samples(&samples), PartContent::Bytes(b"text".to_vec())] {
            let mut bytes = Vec::new();
            content.write(&mut bytes).unwrap();
            assert_eq!(content.sha256().unwrap(), sha256(&bytes));
        }
    }
}
