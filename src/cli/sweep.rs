//! `unpick sweep`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::bar;
use super::run_args::{Begun, parse_covariance};
use super::{CliError, RunArgs};
use crate::checks::in_parallel;
use crate::experiment::{Config, Metrics};
use crate::io::{
    FileError, Record, RunTable, SWEEP_COMMON, SWEEP_TABLE, make_folder, metrics_fields, metrics_json, read_text,
    write_atomically,
};
use crate::vae::Covariance;

/// Arguments of `sweep`. `--beta`, `--covariance` and `--seed` are lists of one.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Sweep {
    #[command(flatten)]
    run: RunArgs,
    /// Weights of the KL divergence, as 0.5,1,2
    #[arg(long, value_name = "LIST", value_parser = parse_betas, conflicts_with = "beta")]
    betas: Option<List<f64>>,
    /// Families of posteriors, as diagonal,full
    #[arg(long, value_name = "LIST", value_parser = parse_covariances, conflicts_with = "covariance")]
    covariances: Option<List<Covariance>>,
    /// Seeds, as 0,3,5 or 0..8 (without 8)
    #[arg(long, value_name = "LIST|FROM..TO", value_parser = parse_seeds, conflicts_with = "seed")]
    seeds: Option<List<u64>>,
    /// The folder to write; a sweep that is in it already goes on where it stopped
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Values that are gone through.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T>(Vec<T>);

impl<T: Clone> List<T> {
    /// The values of a list that was given, or the one value that there is.
    fn or_one(list: Option<&Self>, one: T) -> Vec<T> {
        list.map_or_else(|| vec![one], |list| list.0.clone())
    }
}

fn parse_list<T>(text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<List<T>, String> {
    let list: Result<Vec<T>, String> = text.split(',').map(|part| parse(part.trim())).collect();
    list.map(List)
}

fn parse_betas(text: &str) -> Result<List<f64>, String> {
    parse_list(text, |part| part.parse().map_err(|e| format!("'{part}' is not a number ({e})")))
}

fn parse_covariances(text: &str) -> Result<List<Covariance>, String> {
    parse_list(text, parse_covariance)
}

fn parse_seeds(text: &str) -> Result<List<u64>, String> {
    let seed = |part: &str| part.trim().parse::<u64>().map_err(|e| format!("'{part}' is not a seed ({e})"));
    let Some((from, to)) = text.split_once("..") else { return parse_list(text, seed) };
    let (from, to) = (seed(from)?, seed(to)?);
    if from < to && to - from <= 10_000 {
        Ok(List((from..to).collect()))
    } else {
        Err(format!("{from}..{to} is not a range of 1 to 10000 seeds"))
    }
}

impl Sweep {
    /// The folder that is written.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Makes the runs that are not in the table yet, on all cores, and adds a row for each as it ends.
    pub(super) fn run(&self) -> Result<String, CliError> {
        let all = self.runs()?;
        make_folder(&self.out)?;
        let path = self.out.join(SWEEP_TABLE);
        let mut table = RunTable::open(&path)?;
        self.check_common(&table)?;
        let left: Vec<&RunArgs> = all.iter().filter(|run| !table.has(&key(run))).collect();
        let mut count = 0;
        in_parallel(
            &left,
            self.run.threads(),
            |run| row(run),
            |_, row| {
                table.push(row?)?;
                count += 1;
                bar(count, left.len() as u64, "runs");
                Ok::<(), CliError>(())
            },
        )?;
        let failed = table.column("failure").filter(|sentence| !sentence.is_empty()).count();
        let made = format!("{} runs made, {} were there already", left.len(), all.len() - left.len());
        if failed > 0 {
            return Err(CliError::Run(format!(
                "{made}; {failed} diverged, see the column failure: {}",
                path.display()
            )));
        }
        Ok(format!("{made}\nsaved in {}\n", path.display()))
    }

    /// Every combination, as a run of its own, if each of them can be begun.
    fn runs(&self) -> Result<Vec<RunArgs>, CliError> {
        let Begun { run: base, log, .. } = self.run.begin()?;
        let (config, samples) = (base.config(), base.data().train.samples());
        let betas = List::or_one(self.betas.as_ref(), config.objective.beta);
        let covariances = List::or_one(self.covariances.as_ref(), config.objective.covariance);
        let seeds = List::or_one(self.seeds.as_ref(), config.seed);
        let mut runs = Vec::new();
        for beta in &betas {
            for covariance in &covariances {
                for seed in &seeds {
                    let mut config = Config::clone(config);
                    (config.objective.beta, config.objective.covariance, config.seed) = (*beta, *covariance, *seed);
                    config.validate(samples)?;
                    config.settings_after(&log, samples)?;
                    let (beta, covariance, seed) = (Some(*beta), Some(*covariance), Some(*seed));
                    runs.push(RunArgs { covariance, beta, seed, ..self.run.clone() });
                }
            }
        }
        Ok(runs)
    }

    /// What all runs of the sweep have in common stands in a file beside the table: rows of another sweep must not mix with
    /// those of this one.
    fn check_common(&self, table: &RunTable) -> Result<(), CliError> {
        let base = RunArgs { beta: None, covariance: None, seed: Some(0), ..self.run.clone() };
        let Begun { run, log, steps } = base.begin()?;
        let text = Record::new(run.config(), &log, steps).to_toml()?;
        let path = self.out.join(SWEEP_COMMON);
        if !table.is_empty() && read_text(&path, "the sweep")? != text {
            let sentence = "the folder holds a sweep of other runs; choose another one, or repeat its arguments";
            return Err(FileError::new(sentence).at(&self.out).into());
        }
        Ok(write_atomically(&path, text.as_bytes())?)
    }
}

/// The columns that tell a run from the others of its sweep: what it started with.
fn key(run: &RunArgs) -> Vec<(&'static str, String)> {
    let text = |x: Option<String>| x.unwrap_or_default();
    vec![
        ("seed", text(run.seed.map(|seed| seed.to_string()))),
        ("beta", text(run.beta.map(|beta| beta.to_string()))),
        ("covariance", text(run.covariance.map(|covariance| covariance.name().to_owned()))),
    ]
}

/// Trains and measures. A run that diverged is measured where it was last sound, and says so in its last column.
fn row(run: &RunArgs) -> Result<Vec<(String, String)>, CliError> {
    let Begun { run: mut experiment, steps, .. } = run.begin()?;
    let failure = experiment.play_to(steps, |_| ControlFlow::Continue(())).err();
    let state = experiment.state();
    let metrics = Metrics::measure(&state.vae, &state.settings, experiment.data(), experiment.config().seed);
    let key = key(run);
    let mut fields: Vec<(String, String)> =
        key.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let measured = metrics_fields(&metrics_json(&metrics, state.step, &state.settings));
    fields.extend(measured.into_iter().filter(|(name, _)| key.iter().all(|(known, _)| known != name)));
    fields.push(("failure".to_owned(), failure.map_or_else(String::new, |divergence| divergence.to_string())));
    Ok(fields)
}
