//! The hash of a file of any size.

use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::file_error::FileError;
use super::format::hash::hexadecimal;
use super::regular_file::open_regular;
use super::watch::Watch;

/// SHA-256 of a file in hexadecimal digits, read in pieces. `what` names its content in errors, as "the file".
///
/// # Errors
/// If it cannot be read, or the read is cancelled.
pub(in crate::io) fn sha256_of_file(path: &Path, what: &str, watch: Watch<'_>) -> Result<String, FileError> {
    let cannot = |e| FileError::new(format_args!("cannot read {what} ({e})"));
    let mut file = open_regular(path, what)?;
    let length = file.metadata().map_err(cannot)?.len();
    let (mut hash, mut piece, mut done) = (Sha256::new(), vec![0; 1 << 20], 0);
    loop {
        let count = file.read(&mut piece).map_err(cannot)?;
        if count == 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&piece[..count]);
        done += count as u64;
        watch.report(done, length)?;
    }
}
