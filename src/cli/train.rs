//! `unpick train`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::metrics::table;
use super::progress::run_progress;
use super::run_args::Begun;
use super::{CliError, RunArgs};
use crate::experiment::{Experiment, Metrics, Snapshot};
use crate::io::{Session, is_occupied, make_folder, metrics_json, open_session, save};

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
    /// Trains, saves, and gives the metrics as text. Two runs that were compared go into folders of their own.
    pub(super) fn run(self) -> Result<String, CliError> {
        refuse_to_overwrite(&self.out, self.force)?;
        let runs = self.run.begin_all()?;
        let folder = |name: &str| if runs.len() == 1 { self.out.clone() } else { self.out.join(name) };
        let folders: Vec<PathBuf> = ["a", "b"].iter().take(runs.len()).map(|name| folder(name)).collect();
        // Not after hours of training: a place that cannot be written to is told now.
        folders.iter().try_for_each(|folder| make_folder(folder))?;
        let session = self.run.source.session.as_deref().map(open_session).transpose()?;
        let saved = [session.as_ref(), session.as_ref().and_then(|session| session.beside.as_deref())];
        runs.into_iter().zip(&folders).zip(saved).map(|((run, folder), saved)| finish(run, folder, saved)).collect()
    }
}

/// Makes the steps of a run, saves it, and tells how it went; `saved` is what it must come to.
fn finish(Begun { mut run, steps, .. }: Begun, folder: &Path, saved: Option<&Session>) -> Result<String, CliError> {
    let outcome = run.play_to(steps, run_progress(steps));
    let state = run.state();
    let metrics = Metrics::measure(&state.vae, &state.settings, run.data(), run.config().seed);
    save(folder, &Snapshot::of(&run), &metrics)?;
    if let Err(divergence) = outcome {
        return Err(CliError::Run(format!("{divergence}; what was sound is saved in {}", folder.display())));
    }
    let value = metrics_json(&metrics, state.step, &state.settings);
    let comparison = saved.map_or("", |saved| compare(&run, saved));
    Ok(format!("{}\n{comparison}saved in {}\n", table(&value).trim_end(), folder.display()))
}

/// Whether a session was repeated to the last bit, if just it was repeated.
fn compare(run: &Experiment, session: &Session) -> &'static str {
    let same = session.config == **run.config() && session.log == run.log() && session.steps == run.state().step;
    match session.has_weights_of(&run.state().vae).filter(|_| same) {
        Some(true) => "the weights are those of the session to the last bit\n",
        Some(false) => "the weights differ from those of the session: another machine or version of this program\n",
        None => "",
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
