//! `unpick compare`.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Parser};
use serde_json::Value;

use super::error::CliError;
use super::idle_options::{OptionUse, refuse_idle};
use super::interruption::Interruption;
use super::metrics::shown;
use super::output::{print, print_notes};
use super::progress::bar;
use super::run_args::{RunArgs, Until};
use super::train::{Plan, ensure_empty, train_and_save};
use crate::checks::in_parallel;
use crate::experiment::{Experiment, Metrics};
use crate::io::{make_writable_folder, metrics_fields, metrics_json, write_atomically};

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

    /// Refuses options for both runs that each of them sets for itself.
    fn refuse_overridden(&self) -> Result<(), CliError> {
        let [common, a, b] = [&self.common, &self.a, &self.b].map(RunArgs::given);
        let purpose =
            "both runs, but --a and --b set it for each (without them to covariance=diagonal and covariance=full)";
        let of = |k: usize| OptionUse::new(common[k].0, common[k].1, !(a[k].1 && b[k].1), purpose);
        refuse_idle(&(0..common.len()).map(of).collect::<Vec<_>>())
    }

    fn train(&self) -> Result<String, CliError> {
        let folders = ["a", "b"].map(|side| self.out.join(side));
        ensure_empty(&self.out, self.force)?;
        self.refuse_overridden()?;
        let prepare = |side: &RunArgs| side.over(&self.common).prepare();
        let runs = [prepare(&self.a)?, prepare(&self.b)?];
        print_notes(runs.iter().flat_map(|run| &run.notes));
        folders.iter().try_for_each(|folder| make_writable_folder(folder))?;
        let interruption = Interruption::watched();
        let mut finished: [Option<(Experiment, Metrics)>; 2] = [None, None];
        let mut count = 0;
        in_parallel(
            &[0, 1],
            runs.iter().map(|run| run.config.threads).max().unwrap_or(1),
            |i| {
                let plan = Plan { steps: runs[*i].steps, until: Until::Steps, costly: None };
                let run = runs[*i].clone().experiment()?;
                train_and_save(run, &folders[*i], plan, &interruption, |_| ControlFlow::Continue(()))
            },
            |i, outcome| {
                finished[*i] = Some(outcome?);
                count += 1;
                bar(count, 2, "runs");
                Ok::<(), CliError>(())
            },
        )?;
        let [Some(a), Some(b)] = finished else { return Err(CliError::Run("a run is missing".to_owned())) };
        let are_paired = a.0.data().test.observations == b.0.data().test.observations;
        let rows = side_by_side([&a, &b], are_paired);
        write_atomically(&self.out.join("compare.csv"), csv(&rows).as_bytes())?;
        let note = if are_paired {
            "a − b: mean of the paired differences over the held-out observations, with its 95 % interval (Student's t)"
        } else {
            "a − b –: the runs have different held-out observations"
        };
        Ok(format!("{}{note}\nsaved in {}\n", table(&rows), self.out.display()))
    }
}

/// Name, value in A, value in B, A − B with the ends of its interval. What is missing is empty.
fn side_by_side(runs: [&(Experiment, Metrics); 2], are_paired: bool) -> Vec<[String; 6]> {
    let fields = |(run, metrics): &(Experiment, Metrics)| {
        let state = run.state();
        let convergence = run.convergence();
        metrics_fields(&metrics_json(metrics, state.step, &state.settings, &convergence))
    };
    let [a, b] = runs.map(fields);
    let find = |fields: &[(String, String)], name: &str| {
        fields.iter().find(|(n, _)| n == name).map_or_else(String::new, |(_, value)| value.clone())
    };
    let difference = |name: &str| {
        let found = runs[0].1.difference(&runs[1].1, name).filter(|_| are_paired);
        found.map_or_else(Default::default, |difference| {
            let [low, high] = difference.interval(0.95);
            [difference.mean, low, high].map(|x| x.to_string())
        })
    };
    let names = a.iter().chain(b.iter().filter(|(name, _)| a.iter().all(|(n, _)| n != name))).map(|(name, _)| name);
    names
        .map(|name| {
            let [mean, low, high] = difference(name);
            [name.clone(), find(&a, name), find(&b, name), mean, low, high]
        })
        .collect()
}

fn csv(rows: &[[String; 6]]) -> String {
    let header = "metric,a,b,a_minus_b,low,high\n".to_owned();
    std::iter::once(header).chain(rows.iter().map(|row| format!("{}\n", row.join(",")))).collect()
}

fn table(rows: &[[String; 6]]) -> String {
    let short = |text: &str| -> String {
        let number = |word: &str| word.parse::<f64>().map_or_else(|_| word.to_owned(), |x| shown(&Value::from(x)));
        text.split(' ')
            .map(|word| if word.contains('.') { number(word) } else { word.to_owned() })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let line = |[name, a, b, mean, low, high]: &[String; 6]| {
        let interval = if low.is_empty() { String::new() } else { format!(" ({} to {})", short(low), short(high)) };
        let line = format!("{name:<22} {:<24} {:<24} {}{interval}", short(a), short(b), short(mean));
        format!("{}\n", line.trim_end())
    };
    let header = ["", "a", "b", "a − b", "", ""].map(str::to_owned);
    let shown = rows.iter().filter(|row| !row[0].starts_with("standard_errors."));
    std::iter::once(&header).chain(shown).map(line).collect()
}
