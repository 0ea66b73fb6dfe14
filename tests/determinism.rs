//! A run is its configuration and its log: neither being watched nor being copied, paused, hurried or rescued changes a
//! single bit of it.
#![expect(clippy::unwrap_used, reason = "a run that cannot be made is a failed test")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::sleep;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::data::{Dataset, Scene, Table, TableError, dataset_from_table, generate};
use unpick::experiment::{Batches, Command, Config, Experiment, LoggedCommand, Origin, Row, Snapshot};
use unpick::geometry::Rotation;
use unpick::linalg::Matrix;
use unpick::rng::{Purpose, stream};
use unpick::trainer::{Request, RunView, Trainer};
use unpick::vae::{Covariance, ElboWorkspace, Vae};

/// A small model on the cylinder: some ten thousand steps a second.
fn start(seed: u64) -> (Config, Arc<Dataset>) {
    let mut scene = Scene::named("cylinder").unwrap().clone();
    scene.generator.samples = 1000;
    scene.generator.test_samples = 200;
    let data = Arc::new(generate(&scene, seed));
    let mut config = Config::new(Origin::Scene(Box::new(scene)), seed, 1000);
    config.architecture.hidden = vec![9, 8];
    config.optimizer.batch = 24;
    (config, data)
}

fn run(seed: u64) -> Experiment {
    let (config, data) = start(seed);
    Experiment::new(config, data).unwrap()
}

fn advance(run: &mut Experiment, steps: u64) {
    for _ in 0..steps {
        run.step().unwrap();
    }
}

fn bits(vae: &Vae<f32>) -> Vec<u32> {
    vae.parameters.iter().map(|p| p.to_bits()).collect()
}

/// Everything that stands in the rows, where NaN equals NaN.
fn rows(rows: &[Arc<Row>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.fields()).collect()
}

/// The run that a configuration and a log describe, without a thread and without a viewer.
fn replay(config: &Config, data: &Arc<Dataset>, log: &[LoggedCommand], steps: u64) -> Experiment {
    let mut run = Experiment::new(config.clone(), Arc::clone(data)).unwrap();
    for logged in log {
        let until = logged.step - run.state().step;
        advance(&mut run, until);
        run.apply(logged.command).unwrap();
    }
    let until = steps - run.state().step;
    advance(&mut run, until);
    run
}

/// The newest view, once it satisfies a condition. The trainer knocks whenever there is a new one.
fn wait(trainer: &Trainer, knocks: &Receiver<()>, until: impl Fn(&RunView) -> bool) -> RunView {
    loop {
        if let Some(view) = trainer.read() {
            let view = view.as_ref().as_ref().unwrap();
            if until(view) {
                return view.clone();
            }
        }
        knocks.recv_timeout(Duration::from_mins(1)).expect("the trainer has stopped answering");
    }
}

fn random_command(rng: &mut ChaCha8Rng) -> Command {
    let between = |rng: &mut ChaCha8Rng, low: f64, high: f64| (rng.random_range(low.ln()..high.ln())).exp();
    match rng.random_range(0..11) {
        // A slider that is dragged.
        0..=5 => Command::Beta(between(rng, 0.1, 50.0)),
        6 => Command::Covariance(Covariance::ALL[rng.random_range(0..2)]),
        // A rate that blows the run up, now and then.
        7 if rng.random_bool(0.2) => Command::Lr(1000.0),
        7 => Command::Lr(between(rng, 1e-4, 0.05)),
        8 => Command::Sigma2(between(rng, 0.005, 0.5)),
        9 => Command::Rotate(Rotation { degrees: rng.random_range(-90.0..90.0), plane: [1, 0] }),
        _ => Command::Batch(rng.random_range(1..100)),
    }
}

/// Somebody who cannot leave it alone: commands, glances, pauses and changes of pace at moments that the clock decides.
/// Returns the commands and the last view, after everything that was asked for has been done.
fn impatient_viewer(trainer: &Trainer, knocks: &Receiver<()>, rng: &mut ChaCha8Rng) -> (Vec<Command>, RunView) {
    let mut commands = Vec::new();
    let mut command = |command| {
        commands.push(command);
        trainer.ask(Request::Command(command));
    };
    trainer.ask(Request::Run);
    for _ in 0..400 {
        match rng.random_range(0..20) {
            0..=8 => command(random_command(rng)),
            // It makes no sense, so it must leave no trace.
            9 => command(Command::Beta(-1.0)),
            10 => trainer.ask(Request::Pause),
            11 => trainer.ask(Request::Steps(rng.random_range(0..40))),
            12 => trainer.ask(Request::MaxRate(Some(rng.random_range(100.0..3000.0)))),
            13..=15 => {
                trainer.ask(Request::MaxRate(None));
                trainer.ask(Request::Run);
            }
            _ => drop(trainer.read()),
        }
        sleep(Duration::from_micros(rng.random_range(0..4000)));
    }
    let last = Command::Beta(1.25);
    command(last);
    trainer.ask(Request::Pause);
    let view = wait(trainer, knocks, |view| !view.running && last.current(&view.snapshot.settings) == Some(last));
    (commands, view)
}

#[test]
fn a_run_that_is_watched_and_meddled_with_is_the_run_of_its_log() {
    for seed in [7, 263] {
        let (config, data) = start(seed);
        let (knock, knocks) = channel();
        let build = {
            let (config, data) = (config.clone(), Arc::clone(&data));
            move || Experiment::new(config, data).map_err(|e| e.to_string())
        };
        let trainer = Trainer::spawn(build, move || knock.send(()).unwrap_or_default()).unwrap();
        let (asked, view) = impatient_viewer(&trainer, &knocks, &mut ChaCha8Rng::seed_from_u64(seed));
        let snapshot = &view.snapshot;
        assert!(snapshot.step > 200 && snapshot.log.len() > 50, "{} steps, too little happened", snapshot.step);
        assert!(view.notice.is_some(), "neither the senseless nor the fatal commands were noticed");

        // Nothing was done that nobody had asked for.
        let mut asked = asked.iter();
        assert!(snapshot.log.iter().all(|logged| asked.any(|command| *command == logged.command)), "seed {seed}");

        let again = replay(&config, &data, &snapshot.log, snapshot.step);
        assert_eq!(again.log(), snapshot.log, "seed {seed}");
        assert_eq!(bits(&again.state().vae), bits(&snapshot.vae), "seed {seed} after {} steps", snapshot.step);
        assert_eq!(rows(again.history().rows()), rows(&snapshot.history), "seed {seed}");
    }
}

#[test]
fn a_trainer_makes_the_steps_it_is_asked_for_and_then_rests() {
    let (config, data) = start(7);
    let (knock, knocks) = channel();
    let build = move || Experiment::new(config, data).map_err(|e| e.to_string());
    let trainer = Trainer::spawn(build, move || knock.send(()).unwrap_or_default()).unwrap();
    for (steps, pace) in [(17, None), (1, None), (5, Some(200.0)), (40, Some(f64::NAN)), (0, None)] {
        let before = wait(&trainer, &knocks, |view| !view.running).snapshot.step;
        trainer.ask(Request::MaxRate(pace));
        trainer.ask(Request::Steps(steps));
        let view = wait(&trainer, &knocks, |view| !view.running && view.snapshot.step >= before + steps);
        assert_eq!(view.snapshot.step, before + steps);
    }
    trainer.ask(Request::Pause);
    let view = wait(&trainer, &knocks, |view| view.served == 11);
    assert_eq!((view.snapshot.step, view.running), (63, false));
}

#[test]
fn what_a_trainer_cannot_build_it_reports() {
    let (mut config, data) = start(7);
    config.optimizer.batch = 0;
    let (knock, knocks) = channel();
    let build = move || Experiment::new(config, data).map_err(|e| e.to_string());
    let trainer = Trainer::spawn(build, move || knock.send(()).unwrap_or_default()).unwrap();
    knocks.recv_timeout(Duration::from_mins(1)).unwrap();
    let view = trainer.read().unwrap();
    assert_eq!(view.as_ref().as_ref().unwrap_err(), "batch = 0 is not between 1 and 1000");
}

#[test]
fn looking_changes_nothing() {
    let (mut watched, mut alone) = (run(7), run(7));
    advance(&mut alone, 120);
    let mut first = None;
    for _ in 0..120 {
        let snapshot = Snapshot::of(&watched);
        first.get_or_insert((bits(&snapshot.vae), snapshot));
        watched.step().unwrap();
    }
    assert_eq!(bits(&watched.state().vae), bits(&alone.state().vae));
    assert_eq!(rows(watched.history().rows()), rows(alone.history().rows()));
    let (before, snapshot) = first.unwrap();
    assert_eq!((snapshot.step, bits(&snapshot.vae)), (0, before), "a snapshot never changes");
}

#[test]
fn the_seed_decides_everything_and_nothing_else_does() {
    let after = |seed| {
        let mut run = run(seed);
        let start = bits(&run.state().vae);
        advance(&mut run, 50);
        (run.data().train.observations.as_slice().to_vec(), start, bits(&run.state().vae))
    };
    let (seven, again, other) = (after(7), after(7), after(263));
    assert_eq!(seven, again);
    assert!(seven.0 != other.0 && seven.1 != other.1 && seven.2 != other.2, "data, initial and trained weights");
}

/// A step by hand: its minibatch, its noise and its rate are functions of the seed and of where the run stands.
#[test]
fn minibatches_and_noise_follow_from_seed_and_place() {
    for seed in [7, 263] {
        let mut run = run(seed);
        advance(&mut run, 2);
        let mut state = run.state().clone();
        let mut chosen = Vec::new();
        Batches::new(seed, 1000).choose(2 * 24, 24, &mut chosen);
        let observations = &run.data().train.observations;
        let x = Matrix::from_fn(observations.rows(), 24, |r, c| observations[(r, chosen[c] as usize)]);
        let mut rng = stream(seed, Purpose::Noise, 2);
        let noise = Matrix::from_fn(2, 24, |_, _| StandardNormal.sample(&mut rng));
        let mut workspace = ElboWorkspace::new(&state.vae);
        state.vae.differentiate(&state.settings.objective, &x, &noise, &mut workspace);
        let rate = state.learning_rate();
        state.adam.update(&mut state.vae.parameters, &workspace.gradient, rate);
        advance(&mut run, 1);
        assert_eq!(bits(&state.vae), bits(&run.state().vae), "seed {seed}");
    }
}

/// Rounding (10⁻⁷ of a gradient) moves a parameter as little, except where the gradient itself is next to nothing: Adam
/// makes a step of the size of the rate (at most 10⁻⁴ here) of it. The mean over all parameters may be a hundredth of
/// one such step.
#[test]
fn threads_decide_the_last_digits_and_nothing_else() {
    // With 8 threads and a minibatch of 5, three have nothing to do.
    for (threads, batch) in [(2, 24), (3, 25), (8, 5)] {
        let after = |threads| {
            let (mut config, data) = start(7);
            (config.threads, config.optimizer.batch, config.optimizer.lr) = (threads, batch, 1e-4);
            let mut run = Experiment::new(config, data).unwrap();
            advance(&mut run, 10);
            run.apply(Command::Covariance(Covariance::Full)).unwrap();
            advance(&mut run, 10);
            (bits(&run.state().vae), run.state().vae.parameters.clone(), rows(run.history().rows()))
        };
        let (first, again, alone) = (after(threads), after(threads), after(1));
        assert_eq!(first, again, "{threads} threads");
        assert_ne!(first.0, alone.0, "{threads} threads add up in another order than one");
        let apart: f64 = first.1.iter().zip(&alone.1).map(|(a, b)| f64::from((a - b).abs())).sum();
        let mean = apart / first.1.len() as f64;
        assert!(mean < 1e-6, "{threads} threads: {mean:e}");
    }
}

#[test]
fn a_copy_goes_on_as_the_original_does() {
    let mut original = run(7);
    // In the middle of an epoch (24 of 1000), of a row of the history, and of the learning rate's rise.
    advance(&mut original, 37);
    let mut copy = original.clone();
    for change in [None, Some(Command::Covariance(Covariance::Full)), Some(Command::Batch(10)), None] {
        for run in [&mut original, &mut copy] {
            if let Some(command) = change {
                run.apply(command).unwrap();
            }
            advance(run, 61);
        }
        assert_eq!(original.state(), copy.state(), "after {change:?}");
    }
    assert_eq!(rows(original.history().rows()), rows(copy.history().rows()));
}

/// Steps until the run blows up.
fn blow_up(run: &mut Experiment) -> String {
    (0..1000).find_map(|_| run.step().err()).expect("a rate of 1000 must blow up").to_string()
}

/// Whether two runs are the same now and after some more steps and commands.
fn assert_same_future(mut one: Experiment, mut other: Experiment) {
    assert_eq!((one.state(), one.log()), (other.state(), other.log()));
    for run in [&mut one, &mut other] {
        advance(run, 25);
        run.apply(Command::Lr(0.003)).unwrap();
        advance(run, 200);
    }
    assert_eq!((one.state(), one.log()), (other.state(), other.log()));
    assert_eq!(rows(one.history().rows()), rows(other.history().rows()));
}

#[test]
fn a_rescued_run_goes_on_as_if_nothing_had_happened() {
    // On and off the rows of the history, and beyond the first moment that is kept of its own accord.
    for steps in [100, 137, 250] {
        let mut run = run(7);
        advance(&mut run, 20);
        run.apply(Command::Beta(2.0)).unwrap();
        advance(&mut run, steps - 20);
        let spared = run.clone();

        run.apply(Command::Lr(1000.0)).unwrap();
        let sentence = blow_up(&mut run);
        let words = (format!("after lr=1000 at step {steps}"), format!("went back to step {steps}"));
        assert!(sentence.contains(&words.0) && sentence.contains(&words.1), "{sentence}");
        assert_same_future(run, spared);
    }
}

/// Whoever drags a slider on after the fatal command must not make its result the state to go back to.
#[test]
fn commands_after_the_fatal_one_do_not_hide_it() {
    for pause in [0, 1] {
        let mut run = run(7);
        advance(&mut run, 137);
        let spared = run.clone();

        run.apply(Command::Lr(1000.0)).unwrap();
        advance(&mut run, pause);
        run.apply(Command::Covariance(Covariance::Full)).unwrap();
        run.apply(Command::Beta(3.0)).unwrap();
        let sentence = blow_up(&mut run);
        assert!(sentence.contains("after 3 changes from lr=1000 at step 137 to beta=3 at step"), "{sentence}");
        assert!(sentence.contains("went back to step 137"), "{sentence}");
        assert_same_future(run, spared);
    }
}

#[test]
fn a_run_that_cannot_even_start_stays_at_its_start() {
    let (mut config, data) = start(7);
    config.optimizer.lr = 1000.0;
    let mut run = Experiment::new(config, data).unwrap();
    let mut before = run.clone();
    let sentence = blow_up(&mut run);
    assert!(sentence.contains("went back to step 0"), "{sentence}");
    for run in [&mut run, &mut before] {
        run.apply(Command::Lr(0.01)).unwrap();
    }
    assert_same_future(run, before);
}

#[test]
fn no_number_that_is_none_enters() {
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for place in 0..20 {
            let value = |r: usize, c: usize| if c == place && r == 1 { wrong } else { (r + c * c) as f64 };
            let names = vec!["a".to_owned(), "b".to_owned()];
            let table = Table { names, values: Matrix::from_fn(2, 20, value), image_shape: None };
            let refused = dataset_from_table(&table, 7);
            assert_eq!(refused.map(drop), Err(TableError::TooLarge), "{wrong} in row {place}");
        }
    }
}
