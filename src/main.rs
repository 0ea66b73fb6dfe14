//! Arguments decide between the window and a command; errors become exit codes.

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use unpick::cli::{self, OriginArgs};

/// Watch a small VAE unpick data along its seams.
///
/// Without a command it opens a window.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    origin: OriginArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    WithoutPictures(cli::Command),
    /// Draw a saved run into a file
    #[cfg(feature = "gui")]
    Render(Box<unpick::headless::Render>),
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let outcome = match Arguments::try_parse() {
        #[cfg(feature = "gui")]
        Ok(Arguments { command: Some(Command::WithoutPictures(cli::Command::Sweep(sweep))), .. }) => draw_sweep(sweep),
        #[cfg(feature = "gui")]
        Ok(Arguments { command: Some(Command::WithoutPictures(cli::Command::Compare(compare))), .. }) => {
            draw_comparison(compare)
        }
        Ok(Arguments { command: Some(Command::WithoutPictures(command)), .. }) => {
            cli::run(command, &mut stdout().lock())
        }
        #[cfg(feature = "gui")]
        Ok(Arguments { command: Some(Command::Render(request)), .. }) => {
            unpick::headless::render(&request).and_then(|line| cli::print(&mut stdout().lock(), &line))
        }
        Ok(Arguments { command: None, origin }) => window(&origin),
        Err(error) if error.use_stderr() => Err(cli::CliError::from(&error)),
        // What was asked for is the help or the version.
        Err(error) => error.exit(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even standard error is closed, the exit code has to do.
            drop(writeln!(stderr(), "unpick: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

/// A sweep and the picture of it, which is drawn even if some of its runs diverged.
#[cfg(feature = "gui")]
fn draw_sweep(sweep: Box<cli::Sweep>) -> Result<(), cli::CliError> {
    let folder = sweep.out().to_owned();
    let outcome = cli::run(cli::Command::Sweep(sweep), &mut stdout().lock());
    if matches!(outcome, Ok(()) | Err(cli::CliError::Run(_))) {
        let line = unpick::headless::sweep_figure(&folder)?;
        cli::print(&mut stdout().lock(), &line)?;
    }
    outcome
}

/// Two runs and the picture of both.
#[cfg(feature = "gui")]
fn draw_comparison(compare: Box<cli::Compare>) -> Result<(), cli::CliError> {
    let folder = compare.out().to_owned();
    cli::run(cli::Command::Compare(compare), &mut stdout().lock())?;
    let lines = unpick::headless::compare_figure(&folder)?;
    cli::print(&mut stdout().lock(), &lines)
}

#[cfg(feature = "gui")]
fn window(origin: &OriginArgs) -> Result<(), cli::CliError> {
    let start = cli::start(origin, "cylinder", None)?;
    unpick::app::window(start, origin.is_repeated())
}

#[cfg(not(feature = "gui"))]
fn window(_origin: &OriginArgs) -> Result<(), cli::CliError> {
    let sentence = "this build has no window; use a command (unpick --help lists them) or build with the feature gui";
    Err(cli::CliError::Input(sentence.to_owned()))
}
