//! The commands that need no picture: the same experiment without a screen.

mod check;
mod compare;
mod error;
mod export;
mod metrics;
mod progress;
mod recipe;
#[cfg(feature = "gui")]
mod render;
#[cfg(feature = "gui")]
mod render_animation;
mod replay;
mod run_args;
mod scenes;
mod source_args;
mod sweep;
mod train;

use std::path::PathBuf;

use clap::Subcommand;

pub use check::CheckArgs;
pub use compare::Compare;
pub use error::CliError;
pub use export::Export;
#[cfg(feature = "gui")]
pub use render::{Render, render};
pub use run_args::{RunArgs, Widths};
pub use source_args::SourceArgs;
pub use sweep::{List, Sweep};
pub use train::Train;

use crate::io::open;

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the built-in scenes
    Scenes {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Train a model and save everything about the run
    Train(Box<Train>),
    /// Train two models that share data, seed, minibatches and noise, and lay their metrics side by side
    Compare(Box<Compare>),
    /// Train for every combination of β, covariance and seed; a row of metrics for each
    Sweep(Box<Sweep>),
    /// Measure a saved model again, on its held-out data
    Metrics {
        /// The folder of a run
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare what theory predicts about scenes with what their runs show; exit code 1 if a prediction fails
    #[command(alias = "certify")]
    Check(CheckArgs),
    /// Run the recorded commands again and compare the weights
    Replay {
        /// The folder of a run
        dir: PathBuf,
    },
    /// Write latents, Jacobians or densities of a saved run as NPY, NPZ or CSV
    Export(Export),
    /// Draw a saved run into a file
    #[cfg(feature = "gui")]
    Render(Box<Render>),
    /// Print a run on a built-in scene as one line of text
    Recipe {
        /// The folder of a run, a session, or a figure
        path: PathBuf,
    },
}

/// Does what the command says; results go to `out`.
///
/// # Errors
/// With the sentence to show and the exit code to end with.
pub fn run(command: Command, out: &mut impl std::io::Write) -> Result<(), CliError> {
    match command {
        Command::Scenes { json } => print(out, &scenes::scenes(json)),
        Command::Train(train) => print(out, &train.run()?),
        Command::Compare(compare) => {
            print(out, &compare.run()?)?;
            #[cfg(feature = "gui")]
            print(out, &render::compare_figure(compare.out())?)?;
            Ok(())
        }
        Command::Sweep(sweep) => {
            let trained = sweep.run();
            #[cfg(feature = "gui")]
            let drawn = match &trained {
                Ok(_) | Err(CliError::Run(_)) => crate::figure::sweep_plot::sweep_figure(sweep.out())?,
                Err(CliError::Input(_)) => None,
            };
            if let Ok(text) = &trained {
                print(out, text)?;
            }
            #[cfg(feature = "gui")]
            if let Some(path) = drawn {
                print(out, &format!("drawn in {}\n", path.display()))?;
            }
            trained.map(drop)
        }
        #[cfg(feature = "gui")]
        Command::Render(request) => print(out, &render(&request)?),
        Command::Metrics { dir, json } => print(out, &metrics::metrics(&open(&dir)?, json)),
        Command::Check(check) => {
            let (text, failed) = check.run()?;
            print(out, &text)?;
            let sentence = || CliError::Run(format!("{failed} of the predictions do not hold"));
            (failed == 0).then_some(()).ok_or_else(sentence)
        }
        Command::Replay { dir } => print(out, &replay::replay(&open(&dir)?)?),
        Command::Export(export) => print(out, &export.run()?),
        Command::Recipe { path } => print(out, &format!("{}\n", recipe::recipe(&path)?)),
    }
}

/// Writes to standard output; a reader that has gone away (`unpick scenes | head -1`) is no error.
///
/// # Errors
/// If the output cannot be written for another reason.
pub fn print(out: &mut impl std::io::Write, text: &str) -> Result<(), CliError> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::Input(format!("the result cannot be written to standard output ({e})")))
        }
        _ => Ok(()),
    }
}
