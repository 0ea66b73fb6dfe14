//! `unpick compare`.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Parser};
use serde_json::Value;

use super::error::CliError;
use super::metrics::shown;
use super::output::print;
use super::progress::bar;
use super::run_args::RunArgs;
use super::train::{ensure_empty, train_and_save};
use crate::checks::in_parallel;
use crate::io::{make_folder, metrics_fields, write_atomically};

/// Arguments of `compare`: those of `--a` and `--b` apply to one run, all others to both.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Compare {
    /// Apply these options of `train` to run A only, written without dashes, as "covariance=diagonal beta=2"
    #[arg(long, value_name = "NAME=VALUE …", default_value = "covariance=diagonal", value_parser = parse_side)]
    a: RunArgs,
    /// Apply these options of `train` to run B only
    #[arg(long, value_name = "NAME=VALUE …", default_value = "covariance=full", value_parser = parse_side)]
    b: RunArgs,
    #[command(flatten)]
    common: RunArgs,
    /// Write to this folder: run A in a, run B in b, and compare.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write even if the folder is not empty
    #[arg(long)]
    force: bool,
}

/// Options of one run on a command line of their own.
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
    /// Trains and saves both runs, prints their metrics side by side and draws them.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), CliError> {
        print(out, &self.train()?)?;
        #[cfg(feature = "gui")]
        print(out, &super::render::compare_figure(&self.out)?)?;
        Ok(())
    }

    fn train(&self) -> Result<String, CliError> {
        let folders = ["a", "b"].map(|side| self.out.join(side));
        ensure_empty(&self.out, self.force)?;
        let prepare = |side: &RunArgs| side.over(&self.common).prepare();
        let runs = [prepare(&self.a)?, prepare(&self.b)?];
        folders.iter().try_for_each(|folder| make_folder(folder))?;
        let mut finished = [None, None];
        let mut count = 0;
        in_parallel(
            &[0, 1],
            runs.iter().map(|run| run.config.threads).max().unwrap_or(1),
            |i| train_and_save(runs[*i].clone(), &folders[*i], None, |_| ControlFlow::Continue(())),
            |i, outcome| {
                finished[*i] = Some(outcome?.1);
                count += 1;
                bar(count, 2, "runs");
                Ok::<(), CliError>(())
            },
        )?;
        let [Some(a), Some(b)] = finished else { return Err(CliError::Run("a run is missing".to_owned())) };
        let rows = side_by_side(&a, &b);
        write_atomically(&self.out.join("compare.csv"), csv(&rows).as_bytes())?;
        Ok(format!("{}saved in {}\n", table(&rows), self.out.display()))
    }
}

/// Name, value in A, value in B; a value missing in one run is empty.
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
