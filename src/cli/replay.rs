//! `unpick replay`.

use std::sync::Arc;

use super::CliError;
use super::progress::run_progress;
use crate::experiment::Experiment;
use crate::io::SavedRun;

/// Runs a saved run again from its seed.
pub(super) fn replay(saved: &SavedRun) -> Result<String, CliError> {
    let mut run = Experiment::new(saved.config.clone(), Arc::new(saved.data.clone()))?;
    run.schedule_log(&saved.log)?;
    let played = run.play_to(saved.steps, run_progress(saved.steps));
    let _reached = played.map_err(|divergence| CliError::Run(format!("the replay diverged: {divergence}")))?;
    let pairs = run.state().vae.parameters.iter().zip(&saved.vae.parameters);
    let different = pairs.clone().filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    let count = saved.vae.parameters.len();
    if different == 0 {
        return Ok(format!("identical: all {count} weights agree to the last bit after {} steps\n", saved.steps));
    }
    let largest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    Err(CliError::Run(format!(
        "different: {different} of {count} weights differ after {} steps, by at most {largest:e}; the saved model was \
         changed, or it was trained by another version or on a machine with other arithmetic",
        saved.steps
    )))
}
