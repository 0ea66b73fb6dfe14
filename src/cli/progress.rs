//! Progress bars on the terminal.

use std::io::{IsTerminal as _, Write as _};
use std::ops::ControlFlow;

use crate::experiment::Experiment;

/// Progress bar for [`Experiment::play_to`] that shows the step and the ELBO.
pub(super) fn run_progress(steps: u64) -> impl FnMut(&Experiment) -> ControlFlow<()> {
    move |run| {
        let step = run.state().step;
        if step.is_multiple_of((steps / 200).max(1)) || step == steps {
            let elbo = run.history().rows().last().map_or(String::new(), |row| format!("ELBO {:.3}", row.elbo));
            bar(step, steps, &elbo);
        }
        ControlFlow::Continue(())
    }
}

/// Draws a bar on standard error, if that is a terminal, with `label` behind it.
pub(super) fn bar(done: u64, all: u64, label: &str) {
    const WIDTH: u64 = 30;
    if !std::io::stderr().is_terminal() {
        return;
    }
    let full = (WIDTH * done / all.max(1)) as usize;
    let end = if done == all { "\n" } else { "" };
    let bar = format!("\r{:━<full$}{:·<rest$} {done}/{all} {label}  {end}", "", "", rest = WIDTH as usize - full);
    // A terminal that cannot show the bar does not stop the work.
    drop(std::io::stderr().write_all(bar.as_bytes()));
}
