//! Training from step to step, with a bar on the terminal.

use std::io::{IsTerminal as _, Write as _};

use super::CliError;
use crate::experiment::{Experiment, Logged};

/// Makes the steps up to `steps`, with the commands of `log` (in the order of their steps) in their places. Gives the
/// sentence about a divergence, if there was one.
pub(super) fn advance(
    run: &mut Experiment,
    log: &[Logged],
    steps: u64,
    mut progress: impl FnMut(&Experiment, u64),
) -> Result<Option<String>, CliError> {
    let mut commands = log.iter().peekable();
    loop {
        while let Some(due) = commands.next_if(|l| l.step == run.state().step) {
            run.apply(due.command).map_err(|e| CliError::Input(format!("at step {}: {e}", due.step)))?;
        }
        if run.state().step >= steps {
            return Ok(run.verify().err().map(|divergence| divergence.to_string()));
        }
        if let Err(divergence) = run.step() {
            return Ok(Some(divergence.to_string()));
        }
        progress(run, steps);
    }
}

/// A bar on standard error with the ELBO.
pub(super) fn progress(run: &Experiment, steps: u64) {
    let step = run.state().step;
    if step.is_multiple_of((steps / 200).max(1)) || step == steps {
        let elbo = run.history().rows().last().map_or(String::new(), |row| format!("ELBO {:.3}", row.elbo));
        bar(step, steps, &elbo);
    }
}

/// A bar on standard error, if that is a terminal, with `word` behind it.
pub fn bar(done: u64, all: u64, word: &str) {
    const WIDTH: u64 = 30;
    if !std::io::stderr().is_terminal() {
        return;
    }
    let full = (WIDTH * done / all.max(1)) as usize;
    let end = if done == all { "\n" } else { "" };
    let bar = format!("\r{:━<full$}{:·<rest$} {done}/{all} {word}  {end}", "", "", rest = WIDTH as usize - full);
    // A terminal that takes no bar is no reason to stop.
    drop(std::io::stderr().write_all(bar.as_bytes()));
}
