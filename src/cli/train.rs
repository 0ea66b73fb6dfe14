//! `unpick train`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::error::CliError;
use super::interruption::Interruption;
use super::metrics::{CostlyMetrics, table};
use super::output::print_notes;
use super::progress::{leave_bar, run_progress};
use super::run_args::{RunArgs, Until};
use crate::experiment::{Experiment, Interrupted, Metrics, Snapshot};
use crate::io::{
    FileError, SavedRun, Unfinished, hash_of_weights, is_occupied, make_writable_folder, metrics_json,
    open_interrupted, save, save_interrupted,
};
use crate::launch::PreparedRun;

/// Arguments of `train`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Train {
    #[command(flatten)]
    run: RunArgs,
    /// Write to this folder
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    out: Option<PathBuf>,
    /// Write even if the folder is not empty
    #[arg(long)]
    force: bool,
    /// Train until the run has settled: the last cycle of the learning rate, as long as all before it, gained less than 0.01 nats
    /// (lbfgs: 0.000001), or a linear decoder is as near to its closed form; --steps is then the most [default: 500000]
    #[arg(long, value_name = "settled", value_parser = ["settled"])]
    until: Option<String>,
    /// Go on with the run in this folder, which Ctrl-C or a signal interrupted, to its planned steps
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "force", "until"])]
    resume: Option<PathBuf>,
    #[command(flatten)]
    gap: CostlyMetrics,
}

impl Train {
    /// Trains, saves and returns the metrics as text. Two compared runs are saved in the folders a and b.
    pub(super) fn run(self) -> Result<String, CliError> {
        let out = match (self.out, self.resume) {
            (Some(out), _) => out,
            (None, Some(folder)) => {
                refuse_beside_resume(&self.run)?;
                return resume(&folder, self.gap);
            }
            (None, None) => return Err(CliError::Input("give the folder of the run with --out".to_owned())),
        };
        ensure_empty(&out, self.force)?;
        let until = if self.until.is_some() { Until::Settled } else { Until::Steps };
        let mut first = self.run.prepare_until(until)?;
        self.run.refuse_idle_in(&first)?;
        print_notes(&first.notes);
        let second = first.beside.take();
        let runs: Vec<PreparedRun> = std::iter::once(first).chain(second.map(|second| *second)).collect();
        let folders = match runs.len() {
            1 => vec![out],
            _ => ["a", "b"].map(|name| out.join(name)).to_vec(),
        };
        // Before the training, so that a folder that cannot be written to is reported at once.
        folders.iter().try_for_each(|folder| make_writable_folder(folder))?;
        let interruption = Interruption::watched();
        runs.into_iter()
            .zip(&folders)
            .map(|(run, folder)| finish(run, folder, self.gap, until, &interruption))
            .collect()
    }
}

/// An interrupted run goes on as it was planned.
fn refuse_beside_resume(run: &RunArgs) -> Result<(), CliError> {
    let others = [("--at", !run.at.is_empty()), ("another run", run.source.is_given())];
    match run.given().into_iter().chain(others).find(|(_, is_given)| *is_given) {
        Some((name, _)) => {
            Err(CliError::Input(format!("{name} cannot be used with --resume, which goes on as it was planned")))
        }
        None => Ok(()),
    }
}

fn finish(
    prepared: PreparedRun,
    folder: &Path,
    gap: CostlyMetrics,
    until: Until,
    interruption: &Interruption,
) -> Result<String, CliError> {
    let (weights, outliers) = (prepared.weights.clone(), prepared.outliers.clone());
    let plan = Plan { steps: prepared.steps, until, costly: Some(gap) };
    let (run, metrics) = train_and_save(prepared.experiment()?, folder, plan, interruption, run_progress(plan.steps))?;
    let comparison = match weights.map(|weights| weights == hash_of_weights(&run.state().vae)) {
        Some(true) => "the weights are those of the session to the last bit\n",
        Some(false) => {
            "the weights differ from those of the session: it is of another machine or version of this program, or was edited\n"
        }
        None => "",
    };
    Ok(report(&run, &metrics, folder, comparison, &outliers))
}

/// Goes on with an interrupted run.
fn resume(folder: &Path, gap: CostlyMetrics) -> Result<String, CliError> {
    let (saved, unfinished) = open_interrupted(folder)?;
    let SavedRun { config, log, vae, data, history, .. } = saved;
    let Unfinished { planned, until_settled, checkpoint } = unfinished;
    let from = Interrupted { config, data: Arc::new(data), log, vae, rows: history };
    let run = Experiment::resumed(from, checkpoint).map_err(|e| FileError::new(e).at(folder))?;
    make_writable_folder(folder)?;
    let until = if until_settled { Until::Settled } else { Until::Steps };
    let plan = Plan { steps: planned, until, costly: Some(gap) };
    let (run, metrics) = train_and_save(run, folder, plan, &Interruption::watched(), run_progress(planned))?;
    Ok(report(&run, &metrics, folder, "", &[]))
}

/// Metrics, warnings and verdict of a finished run. `outliers` are numbers of rows far outside the others.
fn report(run: &Experiment, metrics: &Metrics, folder: &Path, comparison: &str, outliers: &[usize]) -> String {
    let convergence = run.convergence();
    let collapsed = (!outliers.is_empty() && metrics.geometry.active.is_empty()).then(|| {
        let numbers = outliers.iter().take(5).map(usize::to_string).collect::<Vec<_>>().join(",");
        format!("all latents have collapsed, as they do where a row far outside the others decides the scale; try --leave-out {numbers}")
    });
    let state = run.state();
    let metrics = metrics_json(metrics, state.step, &state.settings, &convergence);
    let sentence = convergence.sentence();
    let warnings: String = run.warnings().chain(collapsed).map(|warning| format!("warning: {warning}\n")).collect();
    format!("{}\n{comparison}{warnings}{sentence}\nsaved in {}\n", table(&metrics).trim_end(), folder.display())
}

/// End of a run, and its costly measurements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) steps: u64,
    pub(super) until: Until,
    pub(super) costly: Option<CostlyMetrics>,
}

/// Trains, saves to `folder` and returns the run with its metrics. A diverged run is saved in its last sound state, an interrupted one so
/// that [`resume`] can go on with it.
pub(super) fn train_and_save(
    mut run: Experiment,
    folder: &Path,
    Plan { steps, until, costly }: Plan,
    interruption: &Interruption,
    mut on_step: impl FnMut(&Experiment) -> ControlFlow<()>,
) -> Result<(Experiment, Metrics), CliError> {
    let is_over = |run: &Experiment| until == Until::Settled && run.state().schedule.settled().is_some();
    let played = run.play_to(steps, |run| {
        let goes_on = !is_over(run) && !interruption.has_come();
        if goes_on { on_step(run) } else { ControlFlow::Break(()) }
    });
    let signal = interruption.exit_code().filter(|_| run.state().step < steps && !is_over(&run));
    // Only the next minibatch shows if the last step was sound.
    let outcome = played.and_then(|_| if signal.is_some() { run.verify() } else { Ok(()) });
    let signal = signal.filter(|_| outcome.is_ok());
    let state = run.state();
    let measured = Metrics::measure(&state.vae, &state.settings, run.data(), run.config());
    let costly = costly.filter(|_| signal.is_none()).unwrap_or_default();
    let metrics = costly.add_to(measured, &state.vae, &state.settings, run.data(), run.config());
    let (snapshot, place) = (Snapshot::of(&run), folder.display());
    if let Some(code) = signal {
        leave_bar();
        let until_settled = until == Until::Settled;
        let unfinished = Unfinished { planned: steps, until_settled, checkpoint: run.checkpoint() };
        save_interrupted(folder, &snapshot, &metrics, &unfinished)?;
        let step = state.step;
        let sentence = format!("interrupted at step {step} of {steps}; go on with: unpick train --resume {place}");
        return Err(CliError::Interrupted(sentence, code));
    }
    save(folder, &snapshot, &metrics)?;
    if let Err(divergence) = outcome {
        return Err(CliError::Run(format!("{divergence}; the last sound state is saved in {place}")));
    }
    Ok((run, metrics))
}

/// Error if the folder is not empty, or cannot be listed, unless `force`.
pub(super) fn ensure_empty(folder: &Path, force: bool) -> Result<(), CliError> {
    if !force && is_occupied(folder)? {
        let folder = folder.display();
        return Err(CliError::Input(format!("the folder is not empty; add --force to overwrite: {folder}")));
    }
    Ok(())
}
