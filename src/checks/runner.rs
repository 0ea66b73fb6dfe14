//! Makes the runs that predictions need on all cores, and judges the predictions.

use super::parallel::in_parallel;
use super::prediction::{Check, Prediction};
use super::run::{CheckOutcome, CheckRun};

/// Makes the runs of all predictions on all cores, each once, and judges the predictions. `progress` gets the number of runs
/// made and of all runs; its error ends the work early. A failed run is logged, and its predictions fail.
///
/// # Errors
/// If `progress` returns one.
pub fn run_checks<E>(
    predictions: &[Prediction],
    mut progress: impl FnMut(usize, usize) -> Result<(), E>,
) -> Result<Vec<Check>, E> {
    let mut runs: Vec<CheckRun> = Vec::new();
    for run in predictions.iter().flat_map(Prediction::runs) {
        if !runs.contains(run) {
            runs.push(run.clone());
        }
    }
    let mut made: Vec<(CheckRun, Option<CheckOutcome>)> = Vec::new();
    in_parallel(&runs, 1, CheckRun::run, |run, outcome| {
        if let Err(sentence) = &outcome {
            log::warn!("{} with seed {}: {sentence}", run.scene.name, run.seed);
        }
        made.push((run.clone(), outcome.ok()));
        progress(made.len(), runs.len())
    })?;
    let find = |run: &CheckRun| made.iter().find(|(other, _)| other == run).and_then(|(_, outcome)| outcome.as_ref());
    // In parallel, too: some quantities take longer to measure than a run to make.
    let mut checks: Vec<Option<Check>> = vec![None; predictions.len()];
    let indices: Vec<usize> = (0..predictions.len()).collect();
    in_parallel(
        &indices,
        1,
        |i| predictions[*i].judge(find),
        |i, check| {
            checks[*i] = Some(check);
            Ok(())
        },
    )?;
    Ok(checks.into_iter().flatten().collect())
}
