//! `unpick train`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;

use super::error::CliError;
use super::metrics::{CostlyMetrics, table};
use super::output::print_notes;
use super::progress::run_progress;
use super::run_args::{RunArgs, Until};
use crate::experiment::{Experiment, Metrics, Snapshot};
use crate::io::{hash_of_weights, is_occupied, make_folder, metrics_json, save};
use crate::launch::PreparedRun;

/// Arguments of `train`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Train {
    #[command(flatten)]
    run: RunArgs,
    /// Write to this folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write even if the folder is not empty
    #[arg(long)]
    force: bool,
    /// Train until the run has settled: the last cycle of the learning rate, as long as all before it, gained less than 0.01 nats
    /// (lbfgs: 0.000001), or a linear decoder is as near to its closed form; --steps is then the most [default: 500000]
    #[arg(long, value_name = "settled", value_parser = ["settled"])]
    until: Option<String>,
    #[command(flatten)]
    gap: CostlyMetrics,
}

impl Train {
    /// Trains, saves and returns the metrics as text. Two compared runs are saved in the folders a and b.
    pub(super) fn run(self) -> Result<String, CliError> {
        ensure_empty(&self.out, self.force)?;
        let until = if self.until.is_some() { Until::Settled } else { Until::Steps };
        let mut first = self.run.prepare_until(until)?;
        self.run.refuse_idle_in(&first)?;
        print_notes(&first.notes);
        let second = first.beside.take();
        let runs: Vec<PreparedRun> = std::iter::once(first).chain(second.map(|second| *second)).collect();
        let folders = match runs.len() {
            1 => vec![self.out],
            _ => ["a", "b"].map(|name| self.out.join(name)).to_vec(),
        };
        // Before the training, so that a folder that cannot be made is reported at once.
        folders.iter().try_for_each(|folder| make_folder(folder))?;
        runs.into_iter().zip(&folders).map(|(run, folder)| finish(run, folder, self.gap, until)).collect()
    }
}

fn finish(prepared: PreparedRun, folder: &Path, gap: CostlyMetrics, until: Until) -> Result<String, CliError> {
    let (steps, weights, outliers) = (prepared.steps, prepared.weights.clone(), prepared.outliers.clone());
    let mut progress = run_progress(steps);
    let (run, metrics) = train_and_save(prepared, folder, Some(gap), |run| {
        let settled = until == Until::Settled && run.state().schedule.settled().is_some();
        if settled { ControlFlow::Break(()) } else { progress(run) }
    })?;
    let convergence = run.convergence();
    let comparison = match weights.map(|weights| weights == hash_of_weights(&run.state().vae)) {
        Some(true) => "the weights are those of the session to the last bit\n",
        Some(false) => "the weights differ from those of the session: another machine or version of this program\n",
        None => "",
    };
    let collapsed = (!outliers.is_empty() && metrics.geometry.active.is_empty()).then(|| {
        let numbers = outliers.iter().take(5).map(usize::to_string).collect::<Vec<_>>().join(",");
        format!("all latents have collapsed, as they do where a row far outside the others decides the scale; try --leave-out {numbers}")
    });
    let state = run.state();
    let metrics = metrics_json(&metrics, state.step, &state.settings, &convergence);
    let sentence = convergence.sentence();
    let warnings: String = run.warnings().chain(collapsed).map(|warning| format!("warning: {warning}\n")).collect();
    Ok(format!("{}\n{comparison}{warnings}{sentence}\nsaved in {}\n", table(&metrics).trim_end(), folder.display()))
}

/// Trains, saves to `folder` and returns the run with its metrics. A diverged run is saved in its last sound state.
pub(super) fn train_and_save(
    prepared: PreparedRun,
    folder: &Path,
    costly: Option<CostlyMetrics>,
    on_step: impl FnMut(&Experiment) -> ControlFlow<()>,
) -> Result<(Experiment, Metrics), CliError> {
    let steps = prepared.steps;
    let mut run = prepared.experiment()?;
    let outcome = run.play_to(steps, on_step);
    let state = run.state();
    let measured = Metrics::measure(&state.vae, &state.settings, run.data(), run.config());
    let costly = costly.unwrap_or_default();
    let metrics = costly.add_to(measured, &state.vae, &state.settings, run.data(), run.config());
    save(folder, &Snapshot::of(&run), &metrics)?;
    if let Err(divergence) = outcome {
        return Err(CliError::Run(format!("{divergence}; the last sound state is saved in {}", folder.display())));
    }
    Ok((run, metrics))
}

/// Error if the folder is not empty, unless `force`.
pub(super) fn ensure_empty(folder: &Path, force: bool) -> Result<(), CliError> {
    if !force && is_occupied(folder) {
        let folder = folder.display();
        return Err(CliError::Input(format!("the folder is not empty; add --force to overwrite: {folder}")));
    }
    Ok(())
}
