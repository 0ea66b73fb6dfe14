//! Time travel: any earlier step of a run is restored to the last bit within a fixed memory, and can be forked.
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

/// Everything that a run is, where NaN equals NaN.
fn all(run: &Experiment) -> (Vec<u32>, String, Vec<Vec<String>>) {
    let state = run.state();
    let bits = state.vae.parameters.iter().chain(&state.adam.first).chain(&state.adam.second).map(|x| x.to_bits());
    let rest = format!("{} {} {:?} {:?}", state.step, state.adam.updates, state.settings, run.log());
    (bits.collect(), rest, run.history().rows().iter().map(|row| row.fields()).collect())
}

/// Makes a long run with commands; returns everything that it was at the steps `seen_at`, which ascend.
fn long_run(run: &mut Experiment, steps: u64, seen_at: &[u64]) -> Vec<(Vec<u32>, String, Vec<Vec<String>>)> {
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
        seen.extend(seen_at.iter().filter(|at| **at == step).map(|_| all(run)));
        if step == steps {
            return seen;
        }
        run.step().unwrap();
    }
}

#[test]
fn a_thousand_random_steps_of_a_long_run_are_exact() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut steps: Vec<u64> = (0..1000).map(|_| rng.random_range(0..=20_000)).collect();
    steps.extend([0, 7777, 20_000]);
    steps.sort_unstable();
    let mut run = run("linear", &[]);
    let seen = long_run(&mut run, 20_000, &steps);
    let (end, budget) = (all(&run), Experiment::KEYFRAME_BYTES);
    assert!(run.keyframe_bytes() <= budget, "{} bytes", run.keyframe_bytes());
    // In no order, as when dragging the timeline.
    for k in 0..steps.len() {
        let k = (k * 379) % steps.len();
        assert!(all(&run.at(steps[k])) == seen[k], "step {} differs", steps[k]);
    }
    assert!(all(&run) == end, "looking back has changed the run");
}

#[test]
fn keyframes_stay_within_their_memory_and_evenly_spread() {
    let mut run = run("cylinder", &[16]);
    let budget = 150_000;
    run.keep_within(budget);
    let seen_at = [950, 3333, 5999];
    let seen = long_run(&mut run, 6000, &seen_at);
    assert!((budget / 3..=budget).contains(&run.keyframe_bytes()), "{} bytes", run.keyframe_bytes());
    let steps: Vec<u64> = run.keyframes().collect();
    let interval = steps[1];
    assert!(interval > 100 && steps.iter().enumerate().all(|(k, step)| *step == k as u64 * interval), "{steps:?}");
    assert_eq!(steps.last(), Some(&(6000 / interval * interval)));
    for (step, seen) in seen_at.iter().zip(&seen) {
        assert!(all(&run.at(*step)) == *seen);
    }
    run.keep_within(1);
    assert_eq!(run.keyframes().collect::<Vec<_>>(), [0], "the start is never dropped");
    assert!(all(&run.at(950)) == seen[0]);
}

#[test]
fn a_fork_has_the_same_future_as_the_run_had_at_that_step() {
    let mut run = run("cylinder", &[9]);
    drop(long_run(&mut run, 3456, &[]));
    let mut early = self::run("cylinder", &[9]);
    drop(long_run(&mut early, 3210, &[]));
    let mut fork = run.at(3210);
    for run in [&mut early, &mut fork] {
        run.apply(Command::Sigma2(0.07)).unwrap();
        run.advance(321).unwrap();
        // A divergence undoes the same, too.
        run.apply(Command::Lr(1000.0)).unwrap();
        assert!((0..1000).any(|_| run.step().is_err()));
        run.advance(20).unwrap();
    }
    assert!(all(&early) == all(&fork));
    assert!(all(&run.at(3300)) != all(&fork.at(3300)), "the run itself went another way");
}

#[test]
fn a_restarted_run_repeats_itself_until_another_command() {
    let mut run = run("linear", &[]);
    run.apply(Command::Beta(0.7)).unwrap();
    drop(long_run(&mut run, 8000, &[]));
    let mut restarted = run.restarted();
    assert_eq!((restarted.state().step, restarted.log().len()), (0, 1));
    restarted.advance(8000).unwrap();
    assert!(all(&restarted) == all(&run));

    let mut other = run.restarted();
    other.advance(100).unwrap();
    other.apply(Command::Beta(3.0)).unwrap();
    other.advance(7900).unwrap();
    assert_eq!(other.log().len(), 2, "another command cancels the scheduled ones");
    // Restarting with commands still scheduled keeps them.
    let mut twice = run.restarted();
    twice.advance(5000).unwrap();
    twice = twice.restarted();
    twice.advance(8000).unwrap();
    assert!(all(&twice) == all(&run));
}

/// Newest view after all requests have been served.
fn view(trainer: &Trainer, wakes: &Receiver<()>, served: u64) -> RunView {
    loop {
        if let Some(view) = trainer.read() {
            let view = view.as_ref().as_ref().unwrap();
            if view.served == served && !view.running {
                return view.clone();
            }
        }
        wakes.recv_timeout(Duration::from_mins(1)).expect("the trainer has stopped answering");
    }
}

#[test]
fn the_trainer_shows_earlier_steps_and_keeps_branches() {
    let (wake, wakes) = channel();
    let trainer = Trainer::spawn(|| Ok(run("linear", &[])), move || wake.send(()).unwrap_or_default()).unwrap();
    let mut asked = 0;
    let mut ask = |requests: &[Request]| {
        requests.iter().for_each(|request| trainer.ask(*request));
        asked += requests.len() as u64;
        view(&trainer, &wakes, asked)
    };
    let mut alone = run("linear", &[]);
    alone.advance(700).unwrap();
    let end = alone.clone();

    // Requests for earlier steps while it trains: the last one counts, and the run does not depend on them.
    let shown: Vec<Request> = (0..50).map(|k| Request::ShowStep(Some(k))).collect();
    let seen = ask(&[&[Request::Steps(700)], shown.as_slice(), &[Request::ShowStep(Some(345))]].concat());
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
    assert_eq!(seen.snapshot.vae.parameters, fork.vae.parameters, "the same run from step 0");
    let seen = ask(&[Request::Close(1), Request::Close(0), Request::Switch(0)]);
    assert_eq!((seen.branch, seen.others.len()), (1, 0), "the current branch stays, the closed one is gone");
}
