//! Figures that earlier builds wrote still bring their runs back, to the last bit. Fixtures are never renewed.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be opened has failed")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use unpick::experiment::Experiment;
use unpick::io::{Session, open, open_session};
use unpick::launch::{PreparedRun, RunSource, launch};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The run at the step where it was saved.
fn repeated(prepared: PreparedRun) -> Experiment {
    let steps = prepared.steps;
    let mut run = prepared.experiment().unwrap();
    assert!(run.play_to(steps, |_| ControlFlow::Continue(())).unwrap().is_continue());
    run
}

fn check(session: &Session, prepared: PreparedRun, name: &str) {
    let run = repeated(prepared);
    assert_eq!(session.has_weights_of(&run.state().vae), Some(true), "{name}: other weights");
}

#[test]
fn every_kind_of_figure_brings_its_run_back() {
    for kind in ["svg", "pdf", "png", "gif", "apng"] {
        let path = fixture(&format!("figure-0.1.0.{kind}"));
        let session = open_session(&path).unwrap();
        assert_eq!((session.steps, session.log.len(), session.config.seed), (60, 2, 0), "{kind}");
        let z: Vec<f64> = serde_json::from_value(session.view["selection"]["z"].clone()).unwrap();
        assert_eq!(z.len(), 2, "{kind}");
        check(&session, launch(&RunSource::of_file(&path), None).unwrap(), kind);
    }
}

#[test]
fn a_figure_of_two_runs_brings_both_back() {
    let path = fixture("figure-compare-0.1.0.svg");
    let session = open_session(&path).unwrap();
    let mut first = launch(&RunSource::of_file(&path), None).unwrap();
    let second = *first.beside.take().unwrap();
    assert_ne!(first.config.objective.covariance, second.config.objective.covariance);
    check(session.beside.as_ref().unwrap(), second, "run B");
    check(&session, first, "run A");
}

#[test]
fn the_figure_of_a_sweep_brings_its_first_run_back() {
    let path = fixture("figure-sweep-0.1.0.svg");
    let prepared = launch(&RunSource::of_file(&path), None).unwrap();
    assert_eq!((prepared.steps, prepared.config.seed, prepared.config.objective.beta), (60, 0, 1.0));
    assert_eq!(prepared.weights, None, "a sweep keeps no weights");
    assert_eq!(repeated(prepared).state().step, 60);
}

#[test]
fn a_run_folder_without_hashes_opens() {
    let saved = open(&fixture("folder-0.1.0")).unwrap();
    assert_eq!((saved.steps, saved.history.len(), saved.data.labels.len()), (80, 2, 1));
    let prepared = launch(&RunSource::of_file(&fixture("folder-0.1.0")), None).unwrap();
    assert_eq!(repeated(prepared).state().vae.parameters, saved.vae.parameters);
}

#[test]
fn a_session_of_two_runs_brings_both_back() {
    let path = fixture("session-compare-0.1.0.unpick");
    let session = open_session(&path).unwrap();
    let mut first = launch(&RunSource::of_file(&path), None).unwrap();
    let second = *first.beside.take().unwrap();
    check(session.beside.as_ref().unwrap(), second, "run B");
    check(&session, first, "run A");
}
