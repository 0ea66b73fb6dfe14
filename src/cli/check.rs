//! `unpick check`.

use clap::Args;
use serde_json::{Value, json};

use super::CliError;
use super::progress::bar;
use crate::checks::{Check, Expected, Prediction, run_checks, predictions};
use crate::data::Scene;
use crate::launch::find_scene;

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Built-in scenes, or files of edited ones; all built-in ones unless said
    #[arg(value_name = "SCENE")]
    scenes: Vec<String>,
    /// Seeds for each prediction about many runs
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    seeds: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl CheckArgs {
    /// Makes the runs that the predictions need, compares, and gives the table with the verdict of each, and how
    /// many failed.
    pub(super) fn run(&self) -> Result<(String, usize), CliError> {
        let scenes = if self.scenes.is_empty() {
            Scene::built_in().to_vec()
        } else {
            self.scenes.iter().map(|name| find_scene(name)).collect::<Result<_, _>>()?
        };
        let predictions: Vec<Prediction> = scenes.iter().flat_map(|scene| predictions(scene, self.seeds)).collect();
        if let Some(scene) = scenes.iter().find(|scene| !predictions.iter().any(|p| p.scene == scene.name)) {
            return Err(CliError::Input(format!("nothing is predicted about the scene '{}'", scene.name)));
        }
        let certificates = run_checks(&predictions, |made, of| {
            bar(made as u64, of as u64, "runs");
            Ok::<(), CliError>(())
        })?;
        let failed = certificates.iter().filter(|c| !c.passed).count();
        let text = if self.json {
            format!("{:#}\n", Value::from(certificates.iter().map(as_json).collect::<Vec<_>>()))
        } else {
            table(&certificates)
        };
        Ok((text, failed))
    }
}

/// A heading for each scene, two lines for each certificate, and the count.
fn table(certificates: &[Check]) -> String {
    let scenes = certificates.chunk_by(|a, b| a.prediction.scene == b.prediction.scene);
    let sections: String = scenes
        .map(|list| format!("{}\n{}\n", list[0].prediction.scene, list.iter().map(lines).collect::<String>()))
        .collect();
    let passed = certificates.iter().filter(|c| c.passed).count();
    format!("{sections}{passed} of {} predictions hold\n", certificates.len())
}

fn lines(certificate: &Check) -> String {
    let Check { prediction, measured, passed, .. } = certificate;
    let verdict = if *passed { "pass" } else { "FAIL" };
    let (quantity, expected) = (prediction.measured(), prediction.expected.to_string());
    format!(
        "  {verdict}  {:<13}  {quantity:<24} {expected:>18}  measured {measured:.4}\n        {}\n",
        prediction.standing, prediction.claim
    )
}

fn as_json(certificate: &Check) -> Value {
    let Check { prediction, measured, values, passed } = certificate;
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
