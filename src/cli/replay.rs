//! `unpick replay`.

use std::sync::Arc;

use super::error::CliError;
use super::progress::run_progress;
use crate::experiment::Experiment;
use crate::io::SavedRun;

/// Repeats a saved run from its seed and compares the weights.
pub(super) fn replay(saved: SavedRun) -> Result<String, CliError> {
    let SavedRun { config, log, steps, vae, data, .. } = saved;
    let mut run = Experiment::new(config, Arc::new(data))?;
    run.schedule_log(&log)?;
    let played = run.play_to(steps, run_progress(steps)).map(drop);
    played.map_err(|divergence| CliError::Run(format!("the replay diverged: {divergence}")))?;
    let pairs = run.state().vae.parameters.iter().zip(&vae.parameters);
    let different = pairs.clone().filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    let count = vae.parameters.len();
    if different == 0 {
        return Ok(format!("identical: all {count} weights agree to the last bit after {steps} steps\n"));
    }
    let largest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    Err(CliError::Run(format!(
        "different: {different} of {count} weights differ after {steps} steps, by at most {largest:e}; the saved model was \
         changed, or it was trained by another version or on a machine with other arithmetic"
    )))
}
