//! `unpick certify`.

use clap::Args;
use serde_json::{Value, json};

use super::CliError;
use super::advance::bar;
use super::origin::find_scene;
use super::parallel::in_parallel;
use crate::certificate::{Certificate, Expected, Job, Outcome, Prediction, predictions};
use crate::data::Scene;

/// Arguments of `certify`.
#[derive(Args, Debug)]
pub struct Certify {
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

impl Certify {
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
        let certificates = judged(&predictions, |made, of| {
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

/// Makes the runs that predictions need, each once however many are about it, on all cores, and compares. `progress`
/// hears how many of them are made, and ends it early by an error. A run that failed proves nothing and is said in the log.
///
/// # Errors
/// Those of `progress`.
pub fn judged<E>(
    predictions: &[Prediction],
    mut progress: impl FnMut(usize, usize) -> Result<(), E>,
) -> Result<Vec<Certificate>, E> {
    let mut jobs: Vec<Job> = Vec::new();
    for job in predictions.iter().flat_map(Prediction::jobs) {
        if !jobs.contains(job) {
            jobs.push(job.clone());
        }
    }
    let mut made: Vec<(Job, Option<Outcome>)> = Vec::new();
    in_parallel(&jobs, 1, Job::run, |job, outcome| {
        if let Err(sentence) = &outcome {
            log::warn!("{} with seed {}: {sentence}", job.scene.name, job.seed);
        }
        made.push((job.clone(), outcome.ok()));
        progress(made.len(), jobs.len())
    })?;
    let find = |job: &Job| made.iter().find(|(asked, _)| asked == job).and_then(|(_, outcome)| outcome.as_ref());
    // Some quantities take longer to measure than a run to make.
    let mut certificates: Vec<Option<Certificate>> = vec![None; predictions.len()];
    let places: Vec<usize> = (0..predictions.len()).collect();
    in_parallel(
        &places,
        1,
        |place| predictions[*place].judge(find),
        |place, certificate| {
            certificates[*place] = Some(certificate);
            Ok(())
        },
    )?;
    Ok(certificates.into_iter().flatten().collect())
}

/// A heading for each scene, two lines for each certificate, and the count.
fn table(certificates: &[Certificate]) -> String {
    let scenes = certificates.chunk_by(|a, b| a.prediction.scene == b.prediction.scene);
    let sections: String = scenes
        .map(|list| format!("{}\n{}\n", list[0].prediction.scene, list.iter().map(lines).collect::<String>()))
        .collect();
    let passed = certificates.iter().filter(|c| c.passed).count();
    format!("{sections}{passed} of {} predictions hold\n", certificates.len())
}

fn lines(certificate: &Certificate) -> String {
    let Certificate { prediction, measured, passed, .. } = certificate;
    let verdict = if *passed { "pass" } else { "FAIL" };
    let (quantity, expected) = (prediction.measured(), prediction.expected.to_string());
    format!(
        "  {verdict}  {:<13}  {quantity:<24} {expected:>18}  measured {measured:.4}\n        {}\n",
        prediction.standing, prediction.claim
    )
}

fn as_json(certificate: &Certificate) -> Value {
    let Certificate { prediction, measured, values, passed } = certificate;
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
