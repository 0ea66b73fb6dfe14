//! A diverging run ends in its last sound state, the same to the last bit wherever it is made or repeated.
#![expect(clippy::unwrap_used, reason = "a run that cannot be made is a failed test")]

use std::ops::ControlFlow;
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use unpick::checks::CheckRun;
use unpick::data::Scene;
use unpick::experiment::{Command, Experiment, LoggedCommand, Settings, Snapshot};
use unpick::io::Session;
use unpick::launch::PreparedRun;
use unpick::trainer::{Request, RunView, SeedEnsemble, Trainer};
use unpick::vae::{Covariance, Vae};

fn scene() -> Scene {
    let mut scene = Scene::named("cylinder").unwrap().clone();
    (scene.generator.samples, scene.generator.test_samples) = (1000, 200);
    (scene.training.hidden, scene.training.batch, scene.training.steps) = (vec![9, 8], 24, 400);
    scene
}

/// Runs with a fatal learning rate: followed by a command that is still scheduled when they diverge, or by one that has
/// taken effect. Each diverges long before its end, or exactly at it, where only the check after the last step sees it.
fn diverging() -> Vec<PreparedRun> {
    let logs: [&[(u64, &str)]; 2] = [
        &[(120, "beta=2"), (230, "lr=1000"), (390, "covariance=full")],
        &[(60, "rotate=30"), (301, "lr=1000"), (302, "covariance=full")],
    ];
    let long = logs.map(|log| {
        let command = |(step, text): &(u64, &str)| LoggedCommand { step: *step, command: text.parse().unwrap() };
        PreparedRun { log: log.iter().map(command).collect(), ..PreparedRun::of_scene(scene(), 7) }
    });
    let short = long.clone().map(|prepared| {
        let mut run = prepared.clone().experiment().unwrap();
        let steps = run.advance(prepared.steps).expect_err("a rate of 1000 must diverge").step;
        assert!(steps > 230 && steps < prepared.steps, "{steps}");
        let log = prepared.log.into_iter().filter(|logged| logged.step <= steps).collect();
        PreparedRun { steps, log, ..prepared }
    });
    long.into_iter().chain(short).collect()
}

/// End of a run.
#[derive(Debug, PartialEq)]
struct End {
    step: u64,
    log: Vec<LoggedCommand>,
    settings: Settings,
    weights: Vec<u32>,
    divergence: Option<String>,
}

impl End {
    fn of(run: &Experiment, divergence: Option<String>) -> Self {
        let state = run.state();
        let (log, weights) = (run.log().to_vec(), bits(&state.vae));
        Self { step: state.step, log, settings: state.settings, weights, divergence }
    }
}

fn bits(vae: &Vae<f32>) -> Vec<u32> {
    vae.parameters.iter().map(|p| p.to_bits()).collect()
}

/// As `train`, `replay` and `render` do.
fn played(prepared: &PreparedRun) -> End {
    let mut run = prepared.clone().experiment().unwrap();
    let outcome = run.play_to(prepared.steps, |_| ControlFlow::Continue(()));
    End::of(&run, outcome.err().map(|divergence| divergence.to_string()))
}

/// As `compare` and `sweep` do, and the checks.
fn advanced(prepared: &PreparedRun) -> End {
    let mut run = prepared.clone().experiment().unwrap();
    let outcome = run.advance(prepared.steps);
    End::of(&run, outcome.err().map(|divergence| divergence.to_string()))
}

/// As the window does.
fn trained(prepared: &PreparedRun, requests: &[Request]) -> End {
    let (wake, wakes) = channel();
    let build = {
        let prepared = prepared.clone();
        move || prepared.experiment().map_err(|e| e.to_string())
    };
    let trainer = Trainer::spawn(build, move || wake.send(()).unwrap_or_default()).unwrap();
    requests.iter().for_each(|request| trainer.ask(*request));
    let view: RunView = loop {
        if let Some(view) = trainer.read() {
            let view = view.as_ref().as_ref().unwrap().clone();
            if view.served == requests.len() as u64 && !view.running {
                break view;
            }
        }
        wakes.recv_timeout(Duration::from_mins(1)).expect("the trainer has stopped answering");
    };
    let Snapshot { step, log, settings, vae, .. } = &*view.snapshot;
    // Other notices are warnings, as after the rotation here.
    let divergence = view.notice.map(|(_, sentence)| sentence).filter(|sentence| sentence.starts_with("the loss"));
    End { step: *step, log: log.clone(), settings: *settings, weights: bits(vae), divergence }
}

/// As the seed ensemble does.
fn in_turns(prepared: &PreparedRun) -> End {
    let build = {
        let prepared = prepared.clone();
        move |_| prepared.clone().experiment().map_err(|e| e.to_string())
    };
    let ensemble = SeedEnsemble::spawn(7..8, prepared.steps, build, || ()).unwrap();
    let start = Instant::now();
    while !ensemble.is_done() {
        assert!(start.elapsed() < Duration::from_mins(1), "{} steps take longer than a minute", prepared.steps);
        sleep(Duration::from_millis(2));
    }
    let (_, newest, _) = ensemble.runs().next().unwrap();
    let divergence = newest.unwrap().as_ref().as_ref().err().cloned();
    End::of(&ensemble.copy_of(0)().unwrap(), divergence)
}

#[test]
fn a_diverging_run_ends_the_same_way_everywhere() {
    for prepared in diverging() {
        let (end, steps) = (played(&prepared), prepared.steps);
        let sentence = end.divergence.clone().unwrap();
        assert!(end.step < steps && end.log.iter().all(|logged| logged.command != Command::Lr(1000.0)), "{sentence}");
        assert!(end.weights.iter().all(|bits| f32::from_bits(*bits).is_finite()));
        assert_eq!(advanced(&prepared), end);
        assert_eq!(in_turns(&prepared), end);
        for requests in [
            &[Request::Steps(steps)][..],
            &[Request::StepsTo(steps)],
            &[Request::MaxRate(Some(1e4)), Request::Steps(steps)],
            &[Request::Run],
            &[Request::StepsTo(steps), Request::ShowStep(Some(10))],
        ] {
            assert_eq!(trained(&prepared, requests), end, "{requests:?}");
        }
    }
}

/// The log of the last sound state leads to it, in memory and through a session.
#[test]
fn the_log_of_a_diverged_run_repeats_its_end() {
    for prepared in diverging() {
        let mut run = prepared.clone().experiment().unwrap();
        run.advance(prepared.steps).unwrap_err();
        let end = End::of(&run, None);
        let session = Session::of(&Snapshot::of(&run), Value::Null);
        for repeated in [
            PreparedRun { log: end.log.clone(), steps: end.step, ..prepared.clone() },
            PreparedRun::of_session(session).unwrap(),
        ] {
            assert_eq!(repeated.steps, end.step);
            assert_eq!(played(&repeated), end);
            assert_eq!(trained(&repeated, &[Request::StepsTo(end.step)]), end);
        }
    }
}

/// No step reports this divergence: without the check after the last step the run would end with useless weights.
#[test]
fn only_the_check_after_the_last_step_sees_a_divergence_there() {
    for prepared in diverging().into_iter().skip(2) {
        let steps = prepared.steps;
        let mut run = prepared.experiment().unwrap();
        (0..steps).for_each(|_| run.step().unwrap());
        let divergence = run.verify().unwrap_err();
        assert_eq!((divergence.step, divergence.restored), (steps, run.state().step));
    }
}

#[test]
fn checks_fail_with_the_divergence_of_the_run() {
    let mut scene = scene();
    scene.training.lr = 1000.0;
    let failed = CheckRun::new(&scene, Covariance::Diagonal, 7).run().unwrap_err();
    let mut prepared = PreparedRun::of_scene(scene, 7);
    prepared.config.objective.covariance = Covariance::Diagonal;
    assert_eq!(Some(failed), played(&prepared).divergence);
}
