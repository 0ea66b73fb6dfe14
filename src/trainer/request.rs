//! Requests to a trainer.

use crate::experiment::Command;

/// Request to a trainer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Request {
    /// Trains until the next request to stop.
    Run,
    /// Stops training and uses no processor.
    Pause,
    /// Makes this many steps, then pauses.
    Steps(u64),
    /// Makes steps until there are this many in all, then pauses. Pauses at once if there are.
    StepsTo(u64),
    /// Applies a command.
    Command(Command),
    /// Limits steps per second; `None`: no limit. The run does not depend on it.
    MaxRate(Option<f64>),
    /// Publishes a snapshot of an earlier step beside the current one while training continues; `None`: only the current one.
    ShowStep(Option<u64>),
    /// Starts a branch after this many steps and makes it the current one.
    Fork(u64),
    /// Makes the branch of this number the current one.
    Switch(u32),
    /// Deletes the branch of this number, unless it is the current one.
    Close(u32),
    /// Restarts the current branch at step 0 with its commands scheduled again.
    Restart,
}
