//! What a command ends with when it cannot do what it was asked for.

use crate::experiment::InvalidSetting;
use crate::io::FileError;
use crate::launch::LaunchError;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Something about the request is wrong: exit code 2.
    #[error("{0}")]
    Input(String),
    /// The request was fine, the run was not: exit code 1.
    #[error("{0}")]
    Run(String),
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        Self::Input(error.to_string())
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

impl From<&clap::Error> for CliError {
    /// What is wrong with the arguments as one line: the first paragraph of the message and the tips, without usage.
    fn from(error: &clap::Error) -> Self {
        let message = error.to_string();
        let line = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut paragraphs = message.trim_start_matches("error: ").split("\n\n").map(line);
        let sentence = paragraphs.next().unwrap_or_default();
        let tips = paragraphs.filter_map(|p| p.strip_prefix("tip: ").map(|tip| format!("; {tip}")));
        Self::Input(format!("{sentence}{} (--help shows what there is)", tips.collect::<String>()))
    }
}

impl CliError {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Run(_) => 1,
        }
    }
}
