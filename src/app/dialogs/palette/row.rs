//! A row of the palette, and what it depends on.

use std::fmt;

use crate::experiment::Settings;
use crate::vae::Architecture;
use crate::viz::command::UiCommand;

/// A row of the palette.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct PaletteRow {
    /// What it does.
    pub(in crate::app) label: String,
    /// The key, or the present value.
    pub(in crate::app) note: String,
    /// One sentence more.
    pub(in crate::app) help: String,
    /// What happens when it is chosen.
    pub(in crate::app) action: RowAction,
}

/// What happens when a row is chosen.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) enum RowAction {
    /// The command is sent.
    Send(UiCommand),
    /// The typed text becomes this one, to which a value is added.
    Complete(String),
    /// Nothing, for this reason.
    Refuse(String),
}

/// What the rows depend on: the active run.
pub(in crate::app) struct PaletteContext<'a> {
    /// The settings in force.
    pub(in crate::app) settings: &'a Settings,
    /// The network.
    pub(in crate::app) architecture: &'a Architecture,
    /// Threads that differentiate a minibatch.
    pub(in crate::app) threads: usize,
    /// The size of the training data.
    pub(in crate::app) samples: usize,
    /// The steps that were made.
    pub(in crate::app) step: u64,
    /// The seed.
    pub(in crate::app) seed: u64,
    /// z*.
    pub(in crate::app) z: &'a [f64],
    /// The angle of the rotation dial, in degrees.
    pub(in crate::app) phi: f64,
    /// Seconds for the planned steps; `None`: full speed.
    pub(in crate::app) pace: Option<f64>,
    /// Why a command would be refused.
    pub(in crate::app) refusal: &'a dyn Fn(&UiCommand) -> Option<String>,
}

impl fmt::Debug for PaletteContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaletteContext")
            .field("settings", self.settings)
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

impl PaletteContext<'_> {
    /// A row that sends a command, or says why it would be refused.
    pub(super) fn row(&self, label: String, note: String, help: &str, command: UiCommand) -> PaletteRow {
        let action = (self.refusal)(&command).map_or(RowAction::Send(command), RowAction::Refuse);
        PaletteRow { label, note, help: help.to_owned(), action }
    }
}
