//! Standard output.

use std::io::{ErrorKind, Write};

use super::error::CliError;

/// Writes a result. A reader that closes the pipe (`unpick scenes | head -1`) is no error.
///
/// # Errors
/// If the output cannot be written for another reason.
pub(super) fn print(out: &mut impl Write, text: &str) -> Result<(), CliError> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Input(format!("cannot write the result to standard output ({e})")))
        }
        _ => Ok(()),
    }
}
