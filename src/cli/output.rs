//! Standard output.

use std::io::{ErrorKind, Write};

use super::error::CliError;
use crate::data::ImportNote;
use crate::sentence::{printable, sentence};

/// Writes a result. A reader that closes the pipe (`unpick scenes | head -1`) is no error.
///
/// # Errors
/// If the output cannot be written for another reason.
pub(super) fn print(out: &mut impl Write, text: &str) -> Result<(), CliError> {
    match out.write_all(on_printable_lines(text).as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Run(format!("cannot write the result to standard output ({e})")))
        }
        _ => Ok(()),
    }
}

/// The text with control characters escaped: names in a result come from files. Lines stay.
fn on_printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Writes the notes about your data to standard error, each once.
pub(super) fn print_notes<'a>(notes: impl IntoIterator<Item = &'a ImportNote>) {
    let mut said: Vec<&ImportNote> = Vec::new();
    for note in notes {
        if !said.contains(&note) {
            print_note(&note.to_string());
            said.push(note);
        }
    }
}

/// Writes a note to standard error.
pub(super) fn print_note(note: &str) {
    // If standard error is closed, no one reads it.
    drop(writeln!(std::io::stderr(), "note: {}", sentence(note)));
}
