//! Arguments decide between the window and a command; errors become exit codes.

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use unpick::cli::{self, ModelArgs, SourceArgs};
use unpick::memory;
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
    /// Allow data, models and pictures so many gigabytes of memory [default: a quarter of it]
    #[arg(long, global = true, value_name = "GB", value_parser = parse_gigabytes)]
    memory: Option<f64>,
    /// Open a built-in lesson, or a lesson file, in the window (`unpick lesson` lists the built-in ones)
    #[cfg(feature = "gui")]
    #[arg(long, value_name = "NAME")]
    lesson: Option<String>,
}

fn parse_gigabytes(text: &str) -> Result<f64, String> {
    let gigabytes = text.parse().ok().filter(|gigabytes: &f64| (0.1..=1e6).contains(gigabytes));
    gigabytes.ok_or_else(|| "give gigabytes from 0.1 to 1000000".to_owned())
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
    let parsed = Arguments::try_parse();
    if let Ok(Arguments { memory: Some(gigabytes), .. }) = parsed {
        memory::allow((gigabytes * 1e9) as u64);
    }
    let outcome = match parsed {
        Ok(Arguments { command: Some(command), .. }) => cli::run(command, &mut stdout().lock()),
        Ok(arguments) => window(&arguments),
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
fn window(Arguments { source, model, lesson, .. }: &Arguments) -> Result<(), cli::CliError> {
    use unpick::app::WindowStart;
    use unpick::io::exists;
    use unpick::launch::{RunSource, launch};
    // A lesson file among the files is a lesson, too.
    let file = source.file.as_ref().filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")));
    let lesson = lesson.clone().or_else(|| file.map(|path| path.to_string_lossy().into_owned()));
    if let Some(name) = &lesson {
        cli::find_lesson(name)?;
    }
    let of_file = SourceArgs::default();
    let source = if file.is_some() { &of_file } else { source };
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
    let start = WindowStart { prepared, is_saved: first.is_saved(), import, lesson };
    unpick::app::window(start).map_err(|error| cli::CliError::Input(error.to_string()))
}

#[cfg(not(feature = "gui"))]
fn window(_arguments: &Arguments) -> Result<(), cli::CliError> {
    let sentence = "this build has no window; use a command (unpick --help lists them) or build with the feature gui";
    Err(cli::CliError::Input(sentence.to_owned()))
}
