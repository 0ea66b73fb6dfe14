//! Makes the runs that predictions need on all cores, and judges them.

use super::parallel::in_parallel;
use super::prediction::{Check, Prediction};
use super::run::{CheckOutcome, CheckRun};

/// Makes the runs that predictions need, each once however many are about it, on all cores, and compares. `progress`
/// hears how many of them are made, and ends it early by an error. A run that failed proves nothing and is said in the log.
///
/// # Errors
/// Those of `progress`.
pub fn judged<E>(
    predictions: &[Prediction],
    mut progress: impl FnMut(usize, usize) -> Result<(), E>,
) -> Result<Vec<Check>, E> {
    let mut jobs: Vec<CheckRun> = Vec::new();
    for job in predictions.iter().flat_map(Prediction::jobs) {
        if !jobs.contains(job) {
            jobs.push(job.clone());
        }
    }
    let mut made: Vec<(CheckRun, Option<CheckOutcome>)> = Vec::new();
    in_parallel(&jobs, 1, CheckRun::run, |job, outcome| {
        if let Err(sentence) = &outcome {
            log::warn!("{} with seed {}: {sentence}", job.scene.name, job.seed);
        }
        made.push((job.clone(), outcome.ok()));
        progress(made.len(), jobs.len())
    })?;
    let find = |job: &CheckRun| made.iter().find(|(asked, _)| asked == job).and_then(|(_, outcome)| outcome.as_ref());
    // Some quantities take longer to measure than a run to make.
    let mut certificates: Vec<Option<Check>> = vec![None; predictions.len()];
    let places: Vec<usize> = (0..predictions.len()).collect();
    in_parallel(
        &places,
        1,
        |place| predictions[*place].judge(find),
        |place, certificate| {
            certificates[*place] = Some(certificate);
            Ok(())
        },
    )?;
    Ok(certificates.into_iter().flatten().collect())
}
