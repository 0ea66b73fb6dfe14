//! Arguments decide between the window and a command; errors become exit codes.

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use unpick::cli::{self, ModelArgs, SourceArgs};
use unpick::sentence::sentence;

/// Watch a small VAE unpick data along its seams.
///
/// Without a command it opens a window.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<cli::CliCommand>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    model: ModelArgs,
}

fn main() -> ExitCode {
    // Warnings of libraries are for those who ask with RUST_LOG.
    let filter = env_logger::Env::default().default_filter_or("error,unpick=warn");
    // Names in a line come from files.
    let line = |out: &mut env_logger::fmt::Formatter, record: &log::Record<'_>| {
        let (level, target) = (record.level(), record.target());
        writeln!(out, "[{} {level} {target}] {}", out.timestamp(), sentence(record.args()))
    };
    env_logger::Builder::from_env(filter).format(line).init();
    let outcome = match Arguments::try_parse() {
        Ok(Arguments { command: Some(command), .. }) => cli::run(command, &mut stdout().lock()),
        Ok(Arguments { command: None, source, model }) => window(&source, &model),
        Err(error) if error.use_stderr() => Err(cli::CliError::from(&error)),
        // Help or version.
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

/// The scene of a window without another one.
#[cfg(feature = "gui")]
const FIRST_SCENE: &str = "cylinder";

#[cfg(feature = "gui")]
fn window(source: &SourceArgs, model: &ModelArgs) -> Result<(), cli::CliError> {
    use unpick::io::exists;
    use unpick::launch::{RunSource, launch};
    let source = match model.source() {
        Some(_) if source.is_given() => {
            let sentence = "--model has its own data; leave out --scene, --data, --session and --recipe";
            return Err(cli::CliError::Input(sentence.to_owned()));
        }
        Some(model) => model,
        None => source.source(FIRST_SCENE)?,
    };
    // The window reads your data beside itself, above a scene.
    let (first, import) = match source {
        RunSource::Data { ref path, .. } if exists(path) => (RunSource::Scene(FIRST_SCENE.to_owned()), Some(source)),
        other => (other, None),
    };
    let prepared = launch(&first, None)?;
    unpick::app::window(prepared, first.is_saved(), import).map_err(|error| cli::CliError::Input(error.to_string()))
}

#[cfg(not(feature = "gui"))]
fn window(_source: &SourceArgs, _model: &ModelArgs) -> Result<(), cli::CliError> {
    let sentence = "this build has no window; use a command (unpick --help lists them) or build with the feature gui";
    Err(cli::CliError::Input(sentence.to_owned()))
}
