//! `unpick compare`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use serde_json::Value;

use super::metrics::shown;
use super::progress::bar;
use super::run_args::Begun;
use super::train::refuse_to_overwrite;
use super::{CliError, RunArgs};
use crate::checks::in_parallel;
use crate::experiment::{Metrics, Snapshot};
use crate::io::{make_folder, metrics_fields, metrics_json, save, write_atomically};

/// Arguments of `compare`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Compare {
    /// What is said of A only: arguments of `train` without dashes, as "covariance=diagonal beta=2"
    #[arg(long, value_name = "NAME=VALUE …", default_value = "covariance=diagonal", value_parser = parse_side)]
    a: RunArgs,
    /// What is said of B only
    #[arg(long, value_name = "NAME=VALUE …", default_value = "covariance=full", value_parser = parse_side)]
    b: RunArgs,
    #[command(flatten)]
    common: RunArgs,
    /// The folder to write: a run in each of a and b, and compare.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write even if the folder holds something
    #[arg(long)]
    force: bool,
}

/// One side as if its words stood on a command line.
#[derive(Parser)]
#[command(no_binary_name = true, allow_negative_numbers = true, disable_help_flag = true)]
struct SideArgs {
    #[command(flatten)]
    run: RunArgs,
}

fn parse_side(text: &str) -> Result<RunArgs, String> {
    let words = text.split_whitespace().map(|word| format!("--{}", word.trim_start_matches('-')));
    let side = SideArgs::try_parse_from(words).map_err(|e| CliError::from(&e).to_string())?;
    Ok(side.run)
}

impl Compare {
    /// The folder that it writes.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Trains both, saves them, and gives their metrics side by side.
    pub(super) fn run(&self) -> Result<String, CliError> {
        let folders = ["a", "b"].map(|side| self.out.join(side));
        refuse_to_overwrite(&self.out, self.force)?;
        let begin = |side: &RunArgs| side.over(&self.common).begin();
        let (a, b) = (begin(&self.a)?, begin(&self.b)?);
        folders.iter().try_for_each(|folder| make_folder(folder))?;
        let jobs = [(a, &folders[0]), (b, &folders[1])];
        let mut finished = [None, None];
        let mut count = 0;
        in_parallel(
            &jobs,
            jobs.iter().map(|(begun, _)| begun.run.config().threads).max().unwrap_or(1),
            |(start, folder)| finish(start, folder),
            |(_, folder), outcome| {
                finished[usize::from(*folder != &folders[0])] = Some(outcome?);
                count += 1;
                bar(count, 2, "runs");
                Ok::<(), CliError>(())
            },
        )?;
        let [Some(a), Some(b)] = finished else { return Err(CliError::Run("a run was not made".to_owned())) };
        let rows = side_by_side(&a, &b);
        write_atomically(&self.out.join("compare.csv"), csv(&rows).as_bytes())?;
        Ok(format!("{}saved in {}\n", table(&rows), self.out.display()))
    }
}

/// Makes a run that has begun, saves it, and gives its metrics.
fn finish(Begun { run, steps, .. }: &Begun, folder: &Path) -> Result<Value, CliError> {
    let mut run = run.clone();
    let outcome = run.play_to(*steps, |_| ControlFlow::Continue(()));
    let state = run.state();
    let metrics = Metrics::measure(&state.vae, &state.settings, run.data(), run.config().seed);
    save(folder, &Snapshot::of(&run), &metrics)?;
    if let Err(divergence) = outcome {
        return Err(CliError::Run(format!("{divergence}; what was sound is saved in {}", folder.display())));
    }
    Ok(metrics_json(&metrics, state.step, &state.settings))
}

/// Name, value in A, value in B; a value that one side lacks is empty.
fn side_by_side(a: &Value, b: &Value) -> Vec<[String; 3]> {
    let (a, b) = (metrics_fields(a), metrics_fields(b));
    let find = |fields: &[(String, String)], name: &str| {
        fields.iter().find(|(n, _)| n == name).map_or_else(String::new, |(_, value)| value.clone())
    };
    let names = a.iter().chain(b.iter().filter(|(name, _)| a.iter().all(|(n, _)| n != name))).map(|(name, _)| name);
    names.map(|name| [name.clone(), find(&a, name), find(&b, name)]).collect()
}

fn csv(rows: &[[String; 3]]) -> String {
    let header = "metric,a,b\n".to_owned();
    std::iter::once(header).chain(rows.iter().map(|row| format!("{}\n", row.join(",")))).collect()
}

fn table(rows: &[[String; 3]]) -> String {
    let short = |text: &str| -> String {
        let number = |word: &str| word.parse::<f64>().map_or_else(|_| word.to_owned(), |x| shown(&Value::from(x)));
        text.split(' ')
            .map(|word| if word.contains('.') { number(word) } else { word.to_owned() })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let line = |[name, a, b]: &[String; 3]| format!("{name:<22} {:<24} {}\n", short(a), short(b)).replace(" \n", "\n");
    let header = ["", "a", "b"].map(str::to_owned);
    std::iter::once(&header).chain(rows).map(line).collect()
}
