//! Arguments decide between the window and a command; errors become exit codes.

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use unpick::cli::{self, CliError, OriginArgs};

/// Watch a small VAE unpick data along its seams.
///
/// Without a command it opens a window.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<cli::Command>,
    #[command(flatten)]
    origin: OriginArgs,
}

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let outcome = match Arguments::try_parse() {
        Ok(Arguments { command: Some(command), .. }) => cli::run(command, &mut stdout().lock()),
        Ok(Arguments { command: None, origin }) => window(&origin),
        Err(error) if error.use_stderr() => Err(CliError::from(&error)),
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

fn window(_origin: &OriginArgs) -> Result<(), CliError> {
    Err(CliError::Input("no window yet".to_owned()))
}
