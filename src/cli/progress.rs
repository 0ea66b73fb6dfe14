//! Progress on standard error: a bar on a terminal, otherwise a line a second.

use std::io::{IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::experiment::Experiment;

/// Progress bar for [`Experiment::play_to`] that shows the step and the ELBO, or another objective.
pub(super) fn run_progress(steps: u64) -> impl FnMut(&Experiment) -> ControlFlow<()> {
    move |run| {
        let step = run.state().step;
        if step.is_multiple_of((steps / 200).clamp(1, 50)) || step == steps {
            let name = if run.state().settings.objective.regularizer.is_kl() { "ELBO" } else { "objective" };
            let value = run.history().rows().last().map_or(String::new(), |row| format!("{name} {:.3}", row.elbo));
            bar(step, steps, &value);
        }
        ControlFlow::Continue(())
    }
}

/// Draws a bar on standard error with `label` behind it, or writes a line a second if that is no terminal.
pub(super) fn bar(done: u64, all: u64, label: &str) {
    const WIDTH: u64 = 30;
    if !std::io::stderr().is_terminal() {
        return line(done, all, label);
    }
    let full = (WIDTH * done / all.max(1)) as usize;
    let end = if done == all { "\n" } else { "" };
    let bar = format!("\r{:━<full$}{:·<rest$} {done}/{all} {label}  {end}", "", "", rest = WIDTH as usize - full);
    // A terminal that cannot show the bar does not stop the work.
    drop(std::io::stderr().write_all(bar.as_bytes()));
}

/// Leaves the line of a bar that is not full, so that what is said next has its own.
pub(super) fn leave_bar() {
    if std::io::stderr().is_terminal() {
        drop(std::io::stderr().write_all(b"\n"));
    }
}

/// Writes a line for the log of a job, unless the last one, or the beginning, is less than a second ago.
fn line(done: u64, all: u64, label: &str) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.get_or_insert_with(Instant::now).elapsed() >= Duration::from_secs(1) {
        *last = Some(Instant::now());
        drop(writeln!(std::io::stderr(), "{done}/{all} {label}"));
    }
}
