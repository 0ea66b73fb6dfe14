//! Errors of commands.

use clap::error::ContextValue;

use crate::experiment::InvalidSetting;
use crate::io::FileError;
use crate::launch::LaunchError;
use crate::sentence::{printable, quoted, sentence};

/// Error of a command, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Invalid request: exit code 2.
    #[error("{}", sentence(.0))]
    Input(String),
    /// Valid request that failed: exit code 1.
    #[error("{}", sentence(.0))]
    Run(String),
    /// Valid request that a signal ended: the exit code of the signal.
    #[error("{}", sentence(.0))]
    Interrupted(String, u8),
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        if error.is_of_full_disk() { Self::Run(error.to_string()) } else { Self::Input(error.to_string()) }
    }
}

impl From<LaunchError> for CliError {
    fn from(error: LaunchError) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<InvalidSetting> for CliError {
    fn from(error: InvalidSetting) -> Self {
        Self::Input(error.to_string())
    }
}

/// End of a sentence about a wrong argument.
const POINTER: &str = "(see --help)";

impl From<&clap::Error> for CliError {
    /// One line from the first paragraph of the message and its tips, without the usage.
    fn from(error: &clap::Error) -> Self {
        let mut message = error.to_string();
        // A value that is refused may hold anything, quotation marks and blank lines, too.
        for (_, value) in error.context() {
            if let ContextValue::String(value) = value
                && !value.is_empty()
            {
                message = message.replace(&format!("'{value}'"), &quoted(value));
            }
        }
        let line = |paragraph: &str| printable(&paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
        let mut paragraphs = message.trim_start_matches("error: ").split("\n\n").map(line);
        // An option whose value holds options has a pointer already.
        let sentence = paragraphs.next().unwrap_or_default();
        let sentence = sentence.trim_end_matches(POINTER).trim_end();
        let tips = paragraphs.filter_map(|p| p.strip_prefix("tip: ").map(|tip| format!("; {tip}")));
        Self::Input(format!("{sentence}{} {POINTER}", tips.collect::<String>()))
    }
}

impl CliError {
    /// Exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Run(_) => 1,
            Self::Interrupted(_, code) => *code,
        }
    }
}
