//! `unpick check`.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::error::CliError;
use super::lists::refuse_doubled;
use super::output::print;
use super::progress::bar;
use crate::checks::{
    Check, Expected, Prediction, RolinekRow, Seeds, predictions, random_rotation, rolinek_table, run_checks,
};
use crate::data::Scene;
use crate::launch::find_scene;
use crate::sentence::quoted;

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Check these built-in scenes or scene files [default: all built-in scenes]
    #[arg(value_name = "SCENE")]
    scenes: Vec<String>,
    /// Make this many runs per prediction, one per seed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// Begin with this seed
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64 - 100))]
    first_seed: u64,
    /// Repeat the experiments of Rolínek et al. 2019 with synthetic data instead, and print their table beside the paper's numbers
    #[arg(long, conflicts_with_all = ["scenes", "json"])]
    paper: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl CheckArgs {
    /// Makes the runs, compares them with the predictions and prints the verdicts.
    pub(super) fn run(&self, out: &mut impl Write) -> Result<(), CliError> {
        let seeds = Seeds { first: self.first_seed, count: self.seeds };
        let progress = |made, all| {
            bar(made as u64, all as u64, "runs");
            Ok::<(), CliError>(())
        };
        if self.paper {
            return print(out, &rolinek(&rolinek_table(seeds, progress)?));
        }
        refuse_doubled(&self.scenes, quoted).map_err(CliError::Input)?;
        let scenes = if self.scenes.is_empty() {
            Scene::built_in().to_vec()
        } else {
            self.scenes.iter().map(|name| find_scene(name)).collect::<Result<_, _>>()?
        };
        let predictions: Vec<Prediction> = scenes.iter().flat_map(|scene| predictions(scene, seeds)).collect();
        if let Some(scene) = scenes.iter().find(|scene| !predictions.iter().any(|p| p.scene == scene.name)) {
            return Err(CliError::Input(format!("there are no predictions about the scene '{}'", scene.name)));
        }
        let checks = run_checks(&predictions, progress)?;
        if self.json {
            print(out, &format!("{:#}\n", Value::from(checks.iter().map(as_json).collect::<Vec<_>>())))?;
        } else {
            print(out, &table(&checks))?;
        }
        match checks.iter().filter(|check| !check.passed).count() {
            0 => Ok(()),
            failed => Err(CliError::Run(format!("{failed} of the predictions do not hold"))),
        }
    }
}

/// A Markdown table: means and standard deviations over runs, the paper's beside them.
fn rolinek(rows: &[RolinekRow]) -> String {
    let head = "| data | model | DtO | paper | MCC | runs |\n|---|---|---|---|---|---|\n";
    let line = |row: &RolinekRow| {
        let published =
            row.data.published(row.model).map_or("–".to_owned(), |(mean, sd)| format!("{mean:.2} ± {sd:.2}"));
        let failed = if row.failed > 0 { format!(", {} diverged", row.failed) } else { String::new() };
        let (data, model, runs) = (row.data, row.model, row.dto.len());
        format!("| {data} | {model} | {} | {published} | {} | {runs}{failed} |\n", spread(&row.dto), spread(&row.mcc))
    };
    let lines: String = rows.iter().map(line).collect();
    let (mean, deviation) = random_rotation();
    format!("{head}{lines}| any | random rotation (Haar) | {mean:.2} ± {deviation:.2} | – | – | exact |\n")
}

/// Mean ± standard deviation.
fn spread(values: &[f64]) -> String {
    let count = values.len() as f64;
    if values.is_empty() {
        return "–".to_owned();
    }
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    format!("{mean:.2} ± {:.2}", variance.sqrt())
}

/// A heading per scene, two lines per check, and the count.
fn table(checks: &[Check]) -> String {
    let scenes = checks.chunk_by(|a, b| a.prediction.scene == b.prediction.scene);
    let sections: String = scenes
        .map(|list| format!("{}\n{}\n", list[0].prediction.scene, list.iter().map(lines).collect::<String>()))
        .collect();
    let passed = checks.iter().filter(|check| check.passed).count();
    format!("{sections}{passed} of {} predictions hold\n", checks.len())
}

fn lines(check: &Check) -> String {
    let Check { prediction, measured, passed, .. } = check;
    let verdict = if *passed { "pass" } else { "FAIL" };
    let (quantity, expected) = (prediction.measured(), prediction.expected.to_string());
    format!(
        "  {verdict}  {:<13}  {quantity:<24} {expected:>18}  measured {measured:.4}\n        {}\n",
        prediction.standing, prediction.claim
    )
}

fn as_json(check: &Check) -> Value {
    let Check { prediction, measured, values, passed } = check;
    let expected = match prediction.expected {
        Expected::Near { value, tolerance } => json!({ "value": value, "tolerance": tolerance }),
        Expected::Below(limit) => json!({ "below": limit }),
        Expected::Above(limit) => json!({ "above": limit }),
    };
    json!({
        "scene": prediction.scene,
        "claim": prediction.claim,
        "standing": prediction.standing.to_string(),
        "quantity": prediction.measured(),
        "expected": expected,
        "measured": measured,
        "runs": values,
        "passed": passed,
    })
}
