//! `unpick train`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::advance::{advance, progress};
use super::metrics::table;
use super::{CliError, RunArgs};
use crate::experiment::{Experiment, Metrics};
use crate::io::{is_occupied, make_folder, metrics_json, open_session, save};

/// Arguments of `train`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Train {
    #[command(flatten)]
    run: RunArgs,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write even if the folder holds something
    #[arg(long)]
    force: bool,
}

impl Train {
    /// Trains, saves, and gives the metrics as text.
    pub(super) fn run(self) -> Result<String, CliError> {
        let out = &self.out;
        refuse_to_overwrite(out, self.force)?;
        let (mut run, log, steps) = self.run.begin()?;
        // Not after hours of training: a place that cannot be written to is told now.
        make_folder(out)?;
        let outcome = advance(&mut run, &log, steps, progress)?;
        let state = run.state();
        let metrics = Metrics::measure(&state.vae, &state.settings, run.data(), run.config().seed);
        save(out, &run, &metrics)?;
        if let Some(divergence) = outcome {
            return Err(CliError::Run(format!("{divergence}; what was sound is saved in {}", out.display())));
        }
        let value = metrics_json(&metrics, state.step, &state.settings);
        let comparison = self.compare(&run)?;
        Ok(format!("{}\n{comparison}saved in {}\n", table(&value).trim_end(), out.display()))
    }

    /// Whether a session was repeated to the last bit, if one was repeated.
    fn compare(&self, run: &Experiment) -> Result<&'static str, CliError> {
        let Some(path) = &self.run.origin.session else { return Ok("") };
        let session = open_session(path)?;
        let same = session.config == **run.config() && session.log == run.log() && session.steps == run.state().step;
        Ok(match session.has_weights_of(&run.state().vae).filter(|_| same) {
            Some(true) => "the weights are those of the session to the last bit\n",
            Some(false) => "the weights differ from those of the session: another machine or version of this program\n",
            None => "",
        })
    }
}

/// An error if the folder holds something and that may not be replaced.
pub(super) fn refuse_to_overwrite(folder: &Path, force: bool) -> Result<(), CliError> {
    if !force && is_occupied(folder) {
        let folder = folder.display();
        return Err(CliError::Input(format!("the folder holds something already; add --force to overwrite: {folder}")));
    }
    Ok(())
}
