//! Subcommands of the program.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use super::beta::Beta;
use super::check::CheckArgs;
use super::compare::Compare;
use super::error::CliError;
use super::export::Export;
use super::lesson::LessonArgs;
use super::make::MakeArgs;
use super::metrics::{CostlyMetrics, metrics};
use super::model_args::ModelArgs;
use super::output::print;
use super::recipe::recipe;
#[cfg(feature = "gui")]
use super::render::{Render, render};
use super::replay::replay;
use super::scenes::scenes;
use super::sweep::Sweep;
use super::train::Train;
use crate::io::open_unverified;

/// Subcommand of the program.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// List the built-in scenes
    Scenes {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write generated data as a file
    Make(MakeArgs),
    /// Train a model and save the run
    Train(Box<Train>),
    /// Train two models on the same data, seed, minibatches and noise, and compare their metrics
    Compare(Box<Compare>),
    /// Train for every combination of β, covariance and seed, one row of metrics per run
    Sweep(Box<Sweep>),
    /// Measure a saved model again on its held-out data
    Metrics {
        /// Read the run from this folder
        dir: Option<PathBuf>,
        /// Measure a model of another program
        #[command(flatten)]
        model: ModelArgs,
        /// Measure the exact gap, too
        #[command(flatten)]
        gap: CostlyMetrics,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Test the predictions of the theory about scenes; exit with code 1 if one fails
    #[command(alias = "certify")]
    Check(CheckArgs),
    /// List the lessons, or the steps of one, and measure the claims of its texts
    Lesson(LessonArgs),
    /// Say which β and σ² the loss of another program means here
    Beta(Box<Beta>),
    /// Repeat a saved run from its seed and compare the weights
    Replay {
        /// Read the run from this folder
        dir: PathBuf,
    },
    /// Write latents, Jacobians or densities of a saved run as NPY, NPZ or CSV
    Export(Export),
    /// Draw a saved run into a file
    #[cfg(feature = "gui")]
    Render(Box<Render>),
    /// Print a run on a built-in scene as one line of text
    Recipe {
        /// Read the run from this folder, session or figure
        path: PathBuf,
    },
}

/// Runs a subcommand; results go to `out`.
///
/// # Errors
/// With the sentence to show and the exit code.
pub fn run(command: CliCommand, out: &mut impl Write) -> Result<(), CliError> {
    match command {
        CliCommand::Scenes { json } => print(out, &scenes(json)),
        CliCommand::Make(make) => print(out, &make.run()?),
        CliCommand::Train(train) => print(out, &train.run()?),
        CliCommand::Compare(compare) => compare.run(out),
        CliCommand::Sweep(sweep) => sweep.run(out),
        CliCommand::Metrics { dir, model, gap, json } => print(out, &metrics(&model.open(dir.as_deref())?, gap, json)),
        CliCommand::Check(check) => check.run(out),
        CliCommand::Lesson(lesson) => lesson.run(out),
        CliCommand::Beta(beta) => print(out, &beta.run()?),
        CliCommand::Replay { dir } => print(out, &replay(open_unverified(&dir)?)?),
        CliCommand::Export(export) => print(out, &export.run()?),
        #[cfg(feature = "gui")]
        CliCommand::Render(request) => print(out, &render(&request)?),
        CliCommand::Recipe { path } => print(out, &format!("{}\n", recipe(&path)?)),
    }
}
