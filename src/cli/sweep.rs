//! `unpick sweep`.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::interruption::Interruption;
use super::lists::{List, parse_betas, parse_covariances, parse_seeds};
use super::output::{print, print_notes};
use super::progress::{bar, leave_bar};
use super::run_args::RunArgs;
use super::shard::Shard;
use crate::checks::in_parallel;
use crate::experiment::{Experiment, Metrics, ScoreDepth};
use crate::io::{
    FileError, Record, RunTable, SWEEP_COMMON, SWEEP_METRICS, SWEEP_TABLE, TableLock, ensure_of_sweep,
    make_writable_folder, metrics_fields, metrics_json, read_text, tables_in, write_atomically,
};
use crate::launch::PreparedRun;
use crate::stats::Spread;
use crate::vae::Covariance;

/// Arguments of `sweep`. `--beta`, `--covariance` and `--seed` give one value instead of a list.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Sweep {
    #[command(flatten)]
    run: RunArgs,
    /// Train with each of these values of β, as 0.5,1,2 or 0,5;1;2
    #[arg(long, value_name = "LIST", value_parser = parse_betas, conflicts_with = "beta")]
    betas: Option<List<f64>>,
    /// Train with each of these families of posteriors, as diagonal,full
    #[arg(long, value_name = "LIST", value_parser = parse_covariances, conflicts_with = "covariance")]
    covariances: Option<List<Covariance>>,
    /// Train with each of these seeds, as 0,3,5 or 0..8 (without 8), or both as 0..8,12
    #[arg(long, value_name = "LIST|FROM..TO", value_parser = parse_seeds, conflicts_with = "seed")]
    seeds: Option<List<u64>>,
    /// Make the runs K, K + N, K + 2N … of all, as 3/8, into a table of their own
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
    /// Put the tables of these folders together into --out, and train nothing
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["RunArgs", "betas", "covariances", "seeds", "shard"])]
    merge: Vec<PathBuf>,
    /// Write to this folder; continue the sweep that is in it
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Sweep {
    /// Makes the runs and prints the result. Runs that diverged are an error, but the others are drawn.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), CliError> {
        let trained = if self.merge.is_empty() { self.train() } else { self.merge() };
        if let Ok(text) = &trained {
            print(out, text)?;
        }
        #[cfg(feature = "gui")]
        if !matches!(trained, Err(CliError::Input(_) | CliError::Interrupted(..)))
            && let Some(path) = crate::figure::sweep_plot::sweep_figure(&self.out)?
        {
            print(out, &format!("drawn in {}\n", path.display()))?;
        }
        trained.map(drop)
    }

    /// Makes the runs that are missing in the table, on all cores, and adds the row of each as soon as it ends.
    fn train(&self) -> Result<String, CliError> {
        let base = self.run.prepare()?;
        self.run.refuse_idle_in(&base)?;
        print_notes(&base.notes);
        let all = self.runs(&base)?;
        let all = self.shard.map_or_else(|| all.clone(), |shard| shard.of(&all));
        make_writable_folder(&self.out)?;
        let path = self.out.join(self.shard.map_or_else(|| SWEEP_TABLE.to_owned(), Shard::table));
        let _lock = TableLock::take(&path)?;
        let mut table = RunTable::open(&path)?;
        ensure_of_sweep(&table)?;
        self.check_common(&table)?;
        let interruption = Interruption::watched();
        let left: Vec<&RunArgs> = all.iter().filter(|run| !table.has(&key(run))).collect();
        if left.is_empty() {
            // Each row that is added clears what a killed sweep has left; without one it is done here.
            table.write()?;
        }
        let mut count = 0;
        in_parallel(
            &left,
            base.config.threads,
            |run| row(run, &interruption),
            |_, row| {
                let Some(row) = row? else {
                    let made = all.len() - left.len() + count as usize;
                    return Err(self.interrupted(&interruption, made, all.len()));
                };
                table.push(row)?;
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
        Ok(format!("{made}\n{}saved in {}\n", medians(&table), path.display()))
    }

    /// A signal has ended the runs in progress.
    fn interrupted(&self, interruption: &Interruption, made: usize, all: usize) -> CliError {
        leave_bar();
        let place = self.out.display();
        let sentence =
            format!("interrupted: {made} of {all} runs are in the table; the same command makes the others: {place}");
        CliError::Interrupted(sentence, interruption.exit_code().unwrap_or(1))
    }

    /// Puts the tables of all shards together, in the order of β, family and seed.
    fn merge(&self) -> Result<String, CliError> {
        make_writable_folder(&self.out)?;
        let path = self.out.join(SWEEP_TABLE);
        let _lock = TableLock::take(&path)?;
        let mut tables = tables_in(&self.merge)?;
        tables.retain(|other| *other != path);
        let mut table = RunTable::open(&path)?;
        ensure_of_sweep(&table)?;
        let had_rows = !table.is_empty();
        let mut common = if had_rows { Some(read_text(&self.out.join(SWEEP_COMMON), "the sweep")?) } else { None };
        for folder in &self.merge {
            let text = read_text(&folder.join(SWEEP_COMMON), "the sweep")?;
            if common.as_ref().is_some_and(|common| *common != text) {
                return Err(FileError::new("the folder holds a sweep of other runs").at(folder).into());
            }
            common = Some(text);
        }
        for other in &tables {
            table.merge(&RunTable::open(other)?, &KEY)?;
        }
        table.sort_by(&["beta", "covariance", "seed"]);
        write_atomically(&self.out.join(SWEEP_COMMON), common.unwrap_or_default().as_bytes())?;
        table.write()?;
        let made = format!("{} runs of {} tables", table.len(), tables.len() + usize::from(had_rows));
        Ok(format!("{made}\n{}saved in {}\n", medians(&table), path.display()))
    }

    /// Every combination as a run of its own, if all of them are valid.
    fn runs(&self, base: &PreparedRun) -> Result<Vec<RunArgs>, CliError> {
        let config = &base.config;
        let betas = List::or_one(self.betas.as_ref(), config.objective.beta);
        let covariances = List::or_one(self.covariances.as_ref(), config.objective.covariance);
        let seeds = List::or_one(self.seeds.as_ref(), config.seed);
        let mut runs = Vec::new();
        for beta in &betas {
            for covariance in &covariances {
                for seed in &seeds {
                    let mut run = base.clone();
                    let config = &mut run.config;
                    (config.objective.beta, config.objective.covariance, config.seed) = (*beta, *covariance, *seed);
                    run.validate()?;
                    let (beta, covariance, seed) = (Some(*beta), Some(*covariance), Some(*seed));
                    runs.push(RunArgs { covariance, beta, seed, ..self.run.clone() });
                }
            }
        }
        Ok(runs)
    }

    /// Writes the settings common to all runs beside the table, or compares them with those of the sweep already there: rows
    /// of different sweeps must not mix.
    fn check_common(&self, table: &RunTable) -> Result<(), CliError> {
        let base = RunArgs { beta: None, covariance: None, seed: Some(0), ..self.run.clone() };
        let PreparedRun { config, log, steps, .. } = base.prepare()?;
        let text = Record::new(&config, &log, steps).to_toml()?;
        let path = self.out.join(SWEEP_COMMON);
        // Shards of one sweep may share a folder before one of them has a row.
        let is_begun = !table.is_empty() || self.shard.is_some();
        let known = match read_text(&path, "the sweep") {
            Err(error) if !table.is_empty() => return Err(error.into()),
            known => known.ok(),
        };
        if is_begun && known.is_some_and(|known| known != text) {
            let sentence = "the folder holds a sweep of other runs; choose another one, or repeat its arguments";
            return Err(FileError::new(sentence).at(&self.out).into());
        }
        Ok(write_atomically(&path, text.as_bytes())?)
    }
}

/// Median over the seeds of each metric with its range, for each β and family with several seeds.
fn medians(table: &RunTable) -> String {
    let lines = SWEEP_METRICS.into_iter().flat_map(|name| {
        let runs = table.values(name);
        let mut settings: Vec<(f64, Covariance)> = runs.iter().map(|run| (run.beta, run.family)).collect();
        settings.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.name().cmp(b.1.name())));
        settings.dedup();
        let line = |(beta, family): (f64, Covariance)| {
            let of_setting = runs.iter().filter(|run| (run.beta, run.family) == (beta, family));
            let Spread { median, least, most, count } = Spread::of(of_setting.map(|run| run.value))?;
            let family = family.name();
            let range = format!("({least:.4} to {most:.4}, {count} seeds)");
            (count > 1).then(|| format!("{name:<14} β {beta:<6} {family:<9} {median:.4} {range}\n"))
        };
        settings.into_iter().filter_map(line).collect::<Vec<_>>()
    });
    let text: String = lines.collect();
    if text.is_empty() { text } else { format!("medians over seeds, with their range:\n{text}") }
}

/// The names of the columns of [`key`].
const KEY: [&str; 3] = ["seed", "beta", "covariance"];

/// Columns that identify a run within its sweep.
fn key(run: &RunArgs) -> Vec<(&'static str, String)> {
    let text = |x: Option<String>| x.unwrap_or_default();
    vec![
        (KEY[0], text(run.seed.map(|seed| seed.to_string()))),
        (KEY[1], text(run.beta.map(|beta| beta.to_string()))),
        (KEY[2], text(run.covariance.map(|covariance| covariance.name().to_owned()))),
    ]
}

/// Lists with a number for each latent, and the names of its columns.
const LISTS: [(&str, &str); 3] = [("kl_per_dim", "kl"), ("column_norms", "column_norm"), ("singular_values", "s")];

/// A column for each number of such a list, empty where it is undefined, as `kl_1`, `kl_2` …; another field as it is.
fn by_latent((name, value): (String, String), latents: usize) -> Vec<(String, String)> {
    let Some((_, short)) = LISTS.into_iter().find(|(list, _)| *list == name) else { return vec![(name, value)] };
    let mut numbers = value.split_whitespace();
    (1..=latents).map(|i| (format!("{short}_{i}"), numbers.next().unwrap_or_default().to_owned())).collect()
}

/// Trains and measures. A diverged run is measured in its last sound state, and its last column gives the reason. `None`: it was
/// interrupted.
fn row(run: &RunArgs, interruption: &Interruption) -> Result<Option<Vec<(String, String)>>, CliError> {
    let prepared = run.prepare()?;
    let steps = prepared.steps;
    let mut experiment = prepared.experiment()?;
    let go_on =
        |_: &Experiment| if interruption.has_come() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let failure = match experiment.play_to(steps, go_on) {
        Ok(ControlFlow::Break(())) => return Ok(None),
        played => played.err(),
    };
    let state = experiment.state();
    let metrics = Metrics::measure(&state.vae, &state.settings, experiment.data(), experiment.config());
    let metrics = metrics.with_factor_scores(&state.vae, experiment.data(), experiment.config(), ScoreDepth::Quick);
    let key = key(run);
    let mut fields: Vec<(String, String)> =
        key.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let convergence = experiment.convergence();
    let measured = metrics_fields(&metrics_json(&metrics, state.step, &state.settings, &convergence));
    let measured = measured.into_iter().filter(|(name, _)| key.iter().all(|(known, _)| known != name));
    fields.extend(measured.flat_map(|field| by_latent(field, state.vae.latent_dim())));
    fields.push(("failure".to_owned(), failure.map_or_else(String::new, |divergence| divergence.to_string())));
    Ok(Some(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_become_columns() {
        let field = |name: &str, value: &str| by_latent((name.to_owned(), value.to_owned()), 2);
        let columns =
            |pairs: [(&str, &str); 2]| pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(field("kl_per_dim", "1.5 0.25"), columns([("kl_1", "1.5"), ("kl_2", "0.25")]));
        assert_eq!(field("singular_values", ""), columns([("s_1", ""), ("s_2", "")]));
        assert_eq!(field("elbo", "-1"), [("elbo".to_owned(), "-1".to_owned())]);
    }
}
