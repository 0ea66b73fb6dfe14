//! Options that say nothing about what is asked for: they are refused, so that nobody believes that they did something.

use super::error::CliError;

/// An option that is given or not, and what it is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionUse {
    /// Name with its dashes.
    pub name: &'static str,
    /// True on this command line.
    pub is_given: bool,
    /// True if what is asked for depends on it.
    pub is_of_use: bool,
    /// What it is for, after "is for".
    pub purpose: &'static str,
}

impl OptionUse {
    /// A row of the table.
    pub(super) fn new(name: &'static str, is_given: bool, is_of_use: bool, purpose: &'static str) -> Self {
        Self { name, is_given, is_of_use, purpose }
    }
}

/// Refuses the first option that is given for nothing.
pub(super) fn refuse_idle(options: &[OptionUse]) -> Result<(), CliError> {
    match options.iter().find(|option| option.is_given && !option.is_of_use) {
        Some(OptionUse { name, purpose, .. }) => {
            Err(CliError::Input(format!("{name} is for {purpose}; leave it out here")))
        }
        None => Ok(()),
    }
}
