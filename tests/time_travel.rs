//! Any moment of a run can be had again to the last bit, within a fixed memory, and gone on from.
#![expect(clippy::unwrap_used, reason = "a run that cannot be made is a failed test")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use unpick::data::{Scene, generate};
use unpick::experiment::{Command, Config, Experiment, Origin};
use unpick::trainer::{Request, RunView, Trainer};
use unpick::vae::Covariance;

fn run(scene: &str, hidden: &[usize]) -> Experiment {
    let mut scene = Scene::named(scene).unwrap().clone();
    scene.generator.samples = 1000;
    scene.generator.test_samples = 100;
    let data = Arc::new(generate(&scene, 7));
    let mut config = Config::new(Origin::Scene(Box::new(scene)), 7, 1000);
    config.architecture.hidden = hidden.to_vec();
    config.optimizer.batch = 16;
    Experiment::new(config, data).unwrap()
}

fn advance(run: &mut Experiment, steps: u64) {
    for _ in 0..steps {
        run.step().unwrap();
    }
}

/// All that a run is, where NaN equals NaN.
fn all(run: &Experiment) -> (Vec<u32>, String, Vec<Vec<String>>) {
    let state = run.state();
    let bits = state.vae.parameters.iter().chain(&state.adam.first).chain(&state.adam.second).map(|x| x.to_bits());
    let rest = format!("{} {} {:?} {:?}", state.step, state.adam.updates, state.settings, run.log());
    (bits.collect(), rest, run.history().rows().iter().map(|row| row.fields()).collect())
}

/// Makes a long run, changing things on the way; gives what it was at `moments`, which ascend.
fn long_run(run: &mut Experiment, steps: u64, moments: &[u64]) -> Vec<(Vec<u32>, String, Vec<Vec<String>>)> {
    let changes = [
        (3000, Command::Beta(2.0)),
        (7777, Command::Covariance(Covariance::Full)),
        (7777, Command::Batch(24)),
        (10_001, "rotate=20".parse().unwrap()),
        (12_000, Command::Lr(0.004)),
        (15_000, Command::Covariance(Covariance::Diagonal)),
    ];
    let mut seen = Vec::new();
    loop {
        let step = run.state().step;
        changes.iter().filter(|(at, _)| *at == step).for_each(|(_, command)| run.apply(*command).unwrap());
        seen.extend(moments.iter().filter(|moment| **moment == step).map(|_| all(run)));
        if step == steps {
            return seen;
        }
        run.step().unwrap();
    }
}

#[test]
fn a_thousand_random_moments_of_a_long_run_are_exact() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut moments: Vec<u64> = (0..1000).map(|_| rng.random_range(0..=20_000)).collect();
    moments.extend([0, 7777, 20_000]);
    moments.sort_unstable();
    let mut run = run("linear", &[]);
    let seen = long_run(&mut run, 20_000, &moments);
    let (end, budget) = (all(&run), Experiment::KEYFRAME_BYTES);
    assert!(run.keyframe_bytes() <= budget, "{} bytes", run.keyframe_bytes());
    // In no order, as somebody scrubs.
    for k in 0..moments.len() {
        let k = (k * 379) % moments.len();
        assert!(all(&run.at(moments[k])) == seen[k], "the moment after {} steps is another one", moments[k]);
    }
    assert!(all(&run) == end, "looking has changed the run");
}

#[test]
fn keyframes_stay_within_their_memory_and_evenly_spread() {
    let mut run = run("cylinder", &[16]);
    let budget = 300_000;
    run.keep_within(budget);
    let moments = [950, 3333, 5999];
    let seen = long_run(&mut run, 6000, &moments);
    assert!((budget / 3..=budget).contains(&run.keyframe_bytes()), "{} bytes", run.keyframe_bytes());
    let steps: Vec<u64> = run.keyframes().collect();
    let interval = steps[1];
    assert!(interval > 100 && steps.iter().enumerate().all(|(k, step)| *step == k as u64 * interval), "{steps:?}");
    assert_eq!(steps.last(), Some(&(6000 / interval * interval)));
    for (moment, seen) in moments.iter().zip(&seen) {
        assert!(all(&run.at(*moment)) == *seen);
    }
    run.keep_within(1);
    assert_eq!(run.keyframes().collect::<Vec<_>>(), [0], "the start always stays");
    assert!(all(&run.at(950)) == seen[0]);
}

#[test]
fn a_fork_has_the_future_that_the_run_would_have_had() {
    let mut run = run("cylinder", &[9]);
    drop(long_run(&mut run, 3456, &[]));
    let mut early = self::run("cylinder", &[9]);
    drop(long_run(&mut early, 3210, &[]));
    let mut fork = run.at(3210);
    for run in [&mut early, &mut fork] {
        run.apply(Command::Sigma2(0.07)).unwrap();
        advance(run, 321);
        // What is undone when the run blows up is the same, too.
        run.apply(Command::Lr(1000.0)).unwrap();
        assert!((0..1000).any(|_| run.step().is_err()));
        advance(run, 20);
    }
    assert!(all(&early) == all(&fork));
    assert!(all(&run.at(3300)) != all(&fork.at(3300)), "the run has not gone the same way");
}

#[test]
fn again_is_the_same_run_until_something_else_is_done() {
    let mut run = run("linear", &[]);
    run.apply(Command::Beta(0.7)).unwrap();
    drop(long_run(&mut run, 8000, &[]));
    let mut again = run.restarted();
    assert_eq!((again.state().step, again.log().len()), (0, 1));
    advance(&mut again, 8000);
    assert!(all(&again) == all(&run));

    let mut other = run.restarted();
    advance(&mut other, 100);
    other.apply(Command::Beta(3.0)).unwrap();
    advance(&mut other, 7900);
    assert_eq!(other.log().len(), 2, "the changes that were to come belong to another run");
    // Restarting while the changes are still to come forgets none.
    let mut twice = run.restarted();
    advance(&mut twice, 5000);
    twice = twice.restarted();
    advance(&mut twice, 8000);
    assert!(all(&twice) == all(&run));
}

/// The newest view, once everything that was asked for has been served.
fn view(trainer: &Trainer, knocks: &Receiver<()>, served: u64) -> RunView {
    loop {
        if let Some(view) = trainer.read() {
            let view = view.as_ref().as_ref().unwrap();
            if view.served == served && !view.running {
                return view.clone();
            }
        }
        knocks.recv_timeout(Duration::from_mins(1)).expect("the trainer has stopped answering");
    }
}

#[test]
fn the_trainer_shows_moments_and_keeps_branches() {
    let (knock, knocks) = channel();
    let trainer = Trainer::spawn(|| Ok(run("linear", &[])), move || knock.send(()).unwrap_or_default()).unwrap();
    let mut asked = 0;
    let mut ask = |requests: &[Request]| {
        requests.iter().for_each(|request| trainer.ask(*request));
        asked += requests.len() as u64;
        view(&trainer, &knocks, asked)
    };
    let mut alone = run("linear", &[]);
    advance(&mut alone, 700);
    let end = alone.clone();

    // Moments are asked for while it trains; the last one counts, and the run is not disturbed.
    let looks: Vec<Request> = (0..50).map(|k| Request::ShowStep(Some(k))).collect();
    let seen = ask(&[&[Request::Steps(700)], looks.as_slice(), &[Request::ShowStep(Some(345))]].concat());
    let seen = if seen.snapshot.step == 700 {
        seen
    } else {
        ask(&[Request::Steps(0), Request::Steps(700 - seen.snapshot.step)])
    };
    assert_eq!(seen.snapshot.vae.parameters, end.state().vae.parameters);
    let seen = ask(&[Request::ShowStep(Some(345))]);
    assert_eq!(seen.shown.unwrap().vae.parameters, end.at(345).state().vae.parameters);
    assert_eq!(seen.snapshot.step, 700);
    assert!(ask(&[Request::ShowStep(None)]).shown.is_none());

    let seen = ask(&[Request::Fork(345), Request::Command(Command::Beta(3.0)), Request::Steps(100)]);
    assert_eq!((seen.snapshot.step, seen.branch, seen.others.len()), (445, 1, 1));
    assert_eq!((seen.others[0].number, seen.others[0].from, seen.others[0].steps), (0, 0, 700));
    let fork = seen.snapshot;
    let seen = ask(&[Request::Switch(0)]);
    assert_eq!(seen.snapshot.vae.parameters, end.state().vae.parameters);
    assert_eq!((seen.branch, seen.others[0].number, seen.others[0].from), (0, 1, 345));
    let seen = ask(&[Request::Switch(1), Request::Restart, Request::Steps(445)]);
    assert_eq!(seen.snapshot.vae.parameters, fork.vae.parameters, "the same run from its first step");
    let seen = ask(&[Request::Close(1), Request::Close(0), Request::Switch(0)]);
    assert_eq!((seen.branch, seen.others.len()), (1, 0), "what is gone on with stays, what was closed is gone");
}
