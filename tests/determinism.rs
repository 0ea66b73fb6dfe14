//! Configuration and log determine a run to the last bit, whether it is watched, copied, paused, slowed down or restored.
#![expect(clippy::unwrap_used, reason = "a run that cannot be made is a failed test")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::sleep;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution as _, StandardNormal};
use unpick::data::{Dataset, Scene, Table, TableError, dataset_from_table, generate};
use unpick::experiment::{Batches, Command, Config, Experiment, LoggedCommand, Origin, Row, Settings, Snapshot};
use unpick::geometry::Rotation;
use unpick::linalg::Matrix;
use unpick::nn::OptimizerKind;
use unpick::rng::{Purpose, stream};
use unpick::trainer::{IsSaved, Repeated, Repetition, Request, RunView, Trainer};
use unpick::vae::{Covariance, ElboWorkspace, PosteriorFactor, Vae};

/// A small model on the cylinder with some ten thousand steps per second.
fn start(seed: u64) -> (Config, Arc<Dataset>) {
    let mut scene = Scene::named("cylinder").unwrap().clone();
    scene.generator.samples = 1000;
    scene.generator.test_samples = 200;
    let data = Arc::new(generate(&scene, seed));
    let mut config = Config::new(Origin::Scene(Box::new(scene)), seed, 1000);
    config.architecture.hidden = vec![9, 8];
    config.architecture.factor = PosteriorFactor::ALL[(seed % 2) as usize];
    config.optimizer.batch = 24;
    (config, data)
}

fn run(seed: u64) -> Experiment {
    let (config, data) = start(seed);
    Experiment::new(config, data).unwrap()
}

fn bits(vae: &Vae<f32>) -> Vec<u32> {
    vae.parameters.iter().map(|p| p.to_bits()).collect()
}

/// Fields of rows as text, where NaN equals NaN.
fn rows(rows: &[Arc<Row>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.fields()).collect()
}

/// The run of a configuration and a log, without the log player.
fn replay(config: &Config, data: &Arc<Dataset>, log: &[LoggedCommand], steps: u64) -> Experiment {
    let mut run = Experiment::new(config.clone(), Arc::clone(data)).unwrap();
    let step_to = |run: &mut Experiment, end| (run.state().step..end).for_each(|_| run.step().unwrap());
    for logged in log {
        step_to(&mut run, logged.step);
        run.apply(logged.command).unwrap();
    }
    step_to(&mut run, steps);
    run
}

/// Newest view that satisfies a condition. The trainer wakes the receiver after each publication.
fn wait(trainer: &Trainer, wakes: &Receiver<()>, until: impl Fn(&RunView) -> bool) -> RunView {
    loop {
        if let Some(view) = trainer.read() {
            let view = view.as_ref().as_ref().unwrap();
            if until(view) {
                return view.clone();
            }
        }
        wakes.recv_timeout(Duration::from_mins(1)).expect("the trainer has stopped answering");
    }
}

fn random_command(rng: &mut ChaCha8Rng) -> Command {
    let between = |rng: &mut ChaCha8Rng, low: f64, high: f64| (rng.random_range(low.ln()..high.ln())).exp();
    match rng.random_range(0..12) {
        // A dragged slider.
        0..=5 => Command::Beta(between(rng, 0.1, 50.0)),
        6 => Command::Covariance(Covariance::ALL[rng.random_range(0..2)]),
        // Now and then a rate that makes the run diverge.
        7 if rng.random_bool(0.2) => Command::Lr(1000.0),
        7 => Command::Lr(between(rng, 1e-4, 0.05)),
        8 => Command::Sigma2(between(rng, 0.005, 0.5)),
        9 => Command::Rotate(Rotation { degrees: rng.random_range(-90.0..90.0), plane: [1, 0] }),
        10 => Command::Optimizer(OptimizerKind::ALL[rng.random_range(0..3)]),
        _ => Command::Batch(rng.random_range(1..100)),
    }
}

/// Sends commands, reads, pauses and changes of the rate at random times. Returns the commands and the last view, after all
/// requests have been served.
fn random_requests(trainer: &Trainer, wakes: &Receiver<()>, rng: &mut ChaCha8Rng) -> (Vec<Command>, RunView) {
    let mut commands = Vec::new();
    let mut command = |command| {
        commands.push(command);
        trainer.ask(Request::Command(command));
    };
    trainer.ask(Request::Run);
    for _ in 0..400 {
        match rng.random_range(0..20) {
            0..=8 => command(random_command(rng)),
            // Invalid, so it must leave no trace.
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
    let view = wait(trainer, wakes, |view| !view.running && last.current(&view.snapshot.settings) == Some(last));
    (commands, view)
}

#[test]
fn a_run_under_random_requests_is_the_run_of_its_log() {
    for seed in [7, 263] {
        let (config, data) = start(seed);
        let (wake, wakes) = channel();
        let build = {
            let (config, data) = (config.clone(), Arc::clone(&data));
            move || Experiment::new(config, data).map_err(|e| e.to_string())
        };
        let trainer = Trainer::spawn(build, move || wake.send(()).unwrap_or_default()).unwrap();
        let (asked, view) = random_requests(&trainer, &wakes, &mut ChaCha8Rng::seed_from_u64(seed));
        let snapshot = &view.snapshot;
        assert!(snapshot.step > 200 && snapshot.log.len() > 50, "{} steps, too little happened", snapshot.step);
        assert!(view.notice.is_some(), "neither the invalid nor the fatal commands were noticed");

        // Every logged command was requested.
        let mut asked = asked.iter();
        assert!(snapshot.log.iter().all(|logged| asked.any(|command| *command == logged.command)), "seed {seed}");

        let again = replay(&config, &data, &snapshot.log, snapshot.step);
        assert_eq!(again.log(), snapshot.log, "seed {seed}");
        assert_eq!(bits(&again.state().vae), bits(&snapshot.vae), "seed {seed} after {} steps", snapshot.step);
        assert_eq!(rows(again.history().rows()), rows(&snapshot.history), "seed {seed}");
    }
}

/// Regularisers change on the living run, and any step is reached again from keyframes.
#[test]
fn a_run_with_changing_regularisers_is_the_run_of_its_log() {
    // An even seed: the Cholesky factor, which all of them train.
    let (config, data) = start(8);
    let mut run = Experiment::new(config.clone(), Arc::clone(&data)).unwrap();
    for regularizer in REGULARIZERS {
        run.apply(format!("regularizer={regularizer}").parse().unwrap()).unwrap();
        run.advance(130).unwrap();
    }
    let end = run.state().step;
    for step in [end, 250] {
        let (here, log) = (run.at(step), run.log().to_vec());
        let log: Vec<_> = log.into_iter().filter(|logged| logged.step <= step).collect();
        let again = replay(&config, &data, &log, step);
        assert_eq!(bits(&here.state().vae), bits(&again.state().vae), "step {step}");
        assert_eq!(rows(here.history().rows()), rows(again.history().rows()), "step {step}");
    }
    let objectives = run.history().rows().iter().map(|row| [row.elbo, row.elbo_test]);
    assert!(objectives.flatten().all(f64::is_finite), "every row has its objective");
}

/// A learned σ² is a part of the state: keyframes, restarts and the watched run have it to the last bit.
#[test]
fn a_learned_variance_is_repeated_to_the_last_bit() {
    for threads in [1, 2] {
        let (mut config, data) = start(9);
        config.threads = threads;
        let mut run = Experiment::new(config.clone(), Arc::clone(&data)).unwrap();
        let changes = ["sigma2=learned", "beta=1.3", "sigma2=0.05", "optimizer=sgd", "sigma2=learned:0.4", "rotate=20"];
        for change in changes {
            run.apply(change.parse().unwrap()).unwrap();
            run.advance(130).unwrap();
        }
        let end = run.state().step;
        let value = |run: &Experiment| run.state().settings.objective.sigma2;
        for step in [end, 700, 390, 250, 100] {
            let (here, log) = (run.at(step), run.log().to_vec());
            let log: Vec<_> = log.into_iter().filter(|logged| logged.step <= step).collect();
            let again = replay(&config, &data, &log, step);
            assert_eq!(value(&here).to_bits(), value(&again).to_bits(), "step {step}");
            assert_eq!(here.state(), again.state(), "step {step}");
            assert_eq!(rows(here.history().rows()), rows(again.history().rows()), "step {step}");
            assert_eq!(Snapshot::of(&here).settings, here.state().settings);
        }
        assert_eq!(value(&run.at(390)), 0.05);
        assert!(value(&run) != 0.4 && run.at(100).state().settings.objective.learns_sigma2);

        let (wake, wakes) = channel();
        let (begun, made) = (config.clone(), Arc::clone(&data));
        let build = move || Experiment::new(begun, made).map_err(|e| e.to_string());
        let trainer = Trainer::spawn(build, move || wake.send(()).unwrap_or_default()).unwrap();
        trainer.ask(Request::Command(Command::LearnSigma2(None)));
        trainer.ask(Request::Steps(300));
        let seen = wait(&trainer, &wakes, |view| !view.running && view.snapshot.step == 300);
        let alone = replay(&config, &data, &[LoggedCommand { step: 0, command: Command::LearnSigma2(None) }], 300);
        assert_eq!(seen.snapshot.settings, alone.state().settings);
        assert_eq!(bits(&seen.snapshot.vae), bits(&alone.state().vae));
        assert_eq!(rows(&seen.snapshot.history), rows(alone.history().rows()));
    }
}

const REGULARIZERS: [&str; 8] =
    ["tc-mss", "factor:3", "capacity:3,400", "laplace", "none", "factor:1", "tc-mws:0.5,2", "kl"];

#[test]
fn a_trainer_makes_the_requested_steps_and_pauses() {
    let (config, data) = start(7);
    let (wake, wakes) = channel();
    let build = move || Experiment::new(config, data).map_err(|e| e.to_string());
    let trainer = Trainer::spawn(build, move || wake.send(()).unwrap_or_default()).unwrap();
    for (steps, max_rate) in [(17, None), (1, None), (5, Some(200.0)), (40, Some(f64::NAN)), (0, None)] {
        let before = wait(&trainer, &wakes, |view| !view.running).snapshot.step;
        trainer.ask(Request::MaxRate(max_rate));
        trainer.ask(Request::Steps(steps));
        let view = wait(&trainer, &wakes, |view| !view.running && view.snapshot.step >= before + steps);
        assert_eq!(view.snapshot.step, before + steps);
    }
    trainer.ask(Request::Pause);
    let view = wait(&trainer, &wakes, |view| view.served == 11);
    assert_eq!((view.snapshot.step, view.running), (63, false));
    for (k, steps) in [100, 100, 20].into_iter().enumerate() {
        trainer.ask(Request::StepsTo(steps));
        let view = wait(&trainer, &wakes, |view| !view.running && view.served == 12 + k as u64);
        assert_eq!(view.snapshot.step, 100, "steps in all, not more steps");
    }
}

/// Steps that take longer than the test needs to look at their beginning.
const LONG: u64 = 20_000;

/// A repetition of `steps` steps, whose saved state is a model of zeros.
fn repetition(steps: u64, is_same: bool) -> (Trainer, Receiver<()>, Experiment) {
    let (config, data) = start(7);
    let run = Experiment::new(config, data).unwrap();
    let mut saved = Snapshot::of(&run);
    saved.step = steps;
    saved.vae.parameters.fill(0.0);
    let (wake, wakes) = channel();
    let again = run.clone();
    let build = move || {
        let is_saved: IsSaved = Box::new(move |_: &Vae<f32>| is_same);
        Ok(Repetition { run: again, steps, saved: Some(saved), is_saved: Some(is_saved) })
    };
    (Trainer::repeat(build, move || wake.send(()).unwrap_or_default()).unwrap(), wakes, run)
}

#[test]
fn a_saved_state_is_shown_while_its_steps_are_repeated() {
    let (trainer, wakes, mut run) = repetition(LONG, true);
    let seen = wait(&trainer, &wakes, |_| true);
    assert_eq!((seen.snapshot.step, seen.running), (LONG, true));
    assert!(seen.snapshot.vae.parameters.iter().all(|x| *x == 0.0));
    // What is asked for concerns the end, and waits; it holds for the run that is repeated, not for what is shown.
    trainer.ask(Request::Command(Command::Beta(3.0)));
    trainer.ask(Request::Steps(10));
    let seen = wait(&trainer, &wakes, |view| !view.running && view.served == 2);
    run.advance(LONG).unwrap();
    run.apply(Command::Beta(3.0)).unwrap();
    run.advance(10).unwrap();
    assert_eq!((seen.snapshot.step, seen.repeated), (LONG + 10, None), "trained further");
    assert_eq!(bits(&seen.snapshot.vae), bits(&run.state().vae));
    assert_eq!(rows(&seen.snapshot.history), rows(run.history().rows()));
}

#[test]
fn a_repetition_is_held_and_goes_on_and_says_how_it_ended() {
    let (trainer, wakes, mut run) = repetition(LONG, true);
    trainer.ask(Request::Pause);
    let held = wait(&trainer, &wakes, |view| view.served == 1);
    let Some(Repeated::Steps(made, LONG)) = held.repeated else { panic!("{:?}", held.repeated) };
    assert!(!held.running && made < LONG);
    trainer.ask(Request::Steps(0));
    let seen = wait(&trainer, &wakes, |view| view.served == 2 && !view.running);
    run.advance(LONG).unwrap();
    assert_eq!(seen.repeated, Some(Repeated::Verified));
    assert_eq!(bits(&seen.snapshot.vae), bits(&run.state().vae));

    let (trainer, wakes, _) = repetition(20, false);
    let seen = wait(&trainer, &wakes, |view| !view.running);
    assert_eq!(seen.repeated, Some(Repeated::Different));
    assert!(seen.notice.unwrap().1.contains("its weights differ from the saved ones"));
    // A restart does not wait for a repetition.
    let (trainer, wakes, _) = repetition(u64::MAX, true);
    trainer.ask(Request::Restart);
    let seen = wait(&trainer, &wakes, |view| view.served == 1);
    assert_eq!((seen.snapshot.step, seen.running, seen.repeated), (0, false, None));
}

#[test]
fn a_trainer_reports_a_run_that_cannot_be_built() {
    let (mut config, data) = start(7);
    config.optimizer.batch = 0;
    let (wake, wakes) = channel();
    let build = move || Experiment::new(config, data).map_err(|e| e.to_string());
    let trainer = Trainer::spawn(build, move || wake.send(()).unwrap_or_default()).unwrap();
    wakes.recv_timeout(Duration::from_mins(1)).unwrap();
    let view = trainer.read().unwrap();
    assert_eq!(view.as_ref().as_ref().unwrap_err(), "batch = 0 is not between 1 and 1000");
}

#[test]
fn snapshots_do_not_change_the_run() {
    let (mut watched, mut alone) = (run(7), run(7));
    alone.advance(120).unwrap();
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
fn everything_random_follows_from_the_seed() {
    let after = |seed| {
        let mut run = run(seed);
        let start = bits(&run.state().vae);
        run.advance(50).unwrap();
        (run.data().train.observations.as_slice().to_vec(), start, bits(&run.state().vae))
    };
    let (seven, again, other) = (after(7), after(7), after(263));
    assert_eq!(seven, again);
    assert!(seven.0 != other.0 && seven.1 != other.1 && seven.2 != other.2, "data, initial and trained weights");
}

/// A step by hand: minibatch, noise and rate are functions of the seed and the position of the run.
#[test]
fn minibatches_and_noise_follow_from_seed_and_position() {
    for seed in [7, 263] {
        let mut run = run(seed);
        run.advance(2).unwrap();
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
        let Settings { objective, optimizer } = state.settings;
        state.vae.descend(optimizer.kind, &mut state.adam, &workspace.gradient, rate, objective.sigma2);
        run.advance(1).unwrap();
        assert_eq!(bits(&state.vae), bits(&run.state().vae), "seed {seed}");
    }
}

/// A relative rounding error of 10⁻⁷ of a gradient moves a parameter as little, except where the gradient is nearly zero:
/// Adam scales it to a step of the size of the rate (at most 10⁻⁴ here). The mean over all parameters may be a hundredth of
/// one such step.
#[test]
fn the_number_of_threads_changes_only_rounding() {
    // With 8 threads and a minibatch of 5, three have nothing to do.
    for (threads, batch) in [(2, 24), (3, 25), (8, 5)] {
        let after = |threads| {
            let (mut config, data) = start(7);
            (config.threads, config.optimizer.batch, config.optimizer.lr) = (threads, batch, 1e-4);
            let mut run = Experiment::new(config, data).unwrap();
            run.advance(10).unwrap();
            run.apply(Command::Covariance(Covariance::Full)).unwrap();
            run.advance(10).unwrap();
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
fn a_copy_continues_as_the_original_does() {
    let mut original = run(7);
    // In the middle of an epoch (24 of 1000), of a row of the history, and of the learning rate's rise.
    original.advance(37).unwrap();
    let mut copy = original.clone();
    for change in [None, Some(Command::Covariance(Covariance::Full)), Some(Command::Batch(10)), None] {
        for run in [&mut original, &mut copy] {
            if let Some(command) = change {
                run.apply(command).unwrap();
            }
            run.advance(61).unwrap();
        }
        assert_eq!(original.state(), copy.state(), "after {change:?}");
    }
    assert_eq!(rows(original.history().rows()), rows(copy.history().rows()));
}

/// Steps until the run diverges.
fn diverge(run: &mut Experiment) -> String {
    (0..1000).find_map(|_| run.step().err()).expect("a rate of 1000 must diverge").to_string()
}

/// Asserts that two runs are equal now and after more steps and commands.
fn assert_same_future(mut one: Experiment, mut other: Experiment) {
    assert_eq!((one.state(), one.log()), (other.state(), other.log()));
    for run in [&mut one, &mut other] {
        run.advance(25).unwrap();
        run.apply(Command::Lr(0.003)).unwrap();
        run.advance(200).unwrap();
    }
    assert_eq!((one.state(), one.log()), (other.state(), other.log()));
    assert_eq!(rows(one.history().rows()), rows(other.history().rows()));
}

#[test]
fn a_restored_run_continues_as_if_it_had_not_diverged() {
    // On and off the rows of the history, and beyond the first state marked as sound by its step alone.
    for steps in [100, 137, 250] {
        let mut run = run(7);
        run.advance(20).unwrap();
        run.apply(Command::Beta(2.0)).unwrap();
        run.advance(steps - 20).unwrap();
        let spared = run.clone();

        run.apply(Command::Lr(1000.0)).unwrap();
        let sentence = diverge(&mut run);
        let words = (format!("after lr=1000 at step {steps}"), format!("went back to step {steps}"));
        assert!(sentence.contains(&words.0) && sentence.contains(&words.1), "{sentence}");
        assert_same_future(run, spared);
    }
}

/// A slider dragged on after the fatal command must not mark its effect as sound.
#[test]
fn commands_after_the_fatal_one_are_undone_too() {
    for pause in [0, 1] {
        let mut run = run(7);
        run.advance(137).unwrap();
        let spared = run.clone();

        run.apply(Command::Lr(1000.0)).unwrap();
        // Not `advance`, which would notice the divergence.
        (0..pause).for_each(|_| run.step().unwrap());
        run.apply(Command::Covariance(Covariance::Full)).unwrap();
        run.apply(Command::Beta(3.0)).unwrap();
        let sentence = diverge(&mut run);
        assert!(sentence.contains("after 3 changes from lr=1000 at step 137 to beta=3 at step"), "{sentence}");
        assert!(sentence.contains("went back to step 137"), "{sentence}");
        assert_same_future(run, spared);
    }
}

#[test]
fn a_run_that_diverges_at_once_returns_to_its_start() {
    let (mut config, data) = start(7);
    config.optimizer.lr = 1000.0;
    let mut run = Experiment::new(config, data).unwrap();
    let mut before = run.clone();
    let sentence = diverge(&mut run);
    assert!(sentence.contains("went back to step 0"), "{sentence}");
    for run in [&mut run, &mut before] {
        run.apply(Command::Lr(0.01)).unwrap();
    }
    assert_same_future(run, before);
}

#[test]
fn nan_and_infinity_in_the_data_are_refused() {
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for place in 0..20 {
            let value = |r: usize, c: usize| if c == place && r == 1 { wrong } else { (r + c * c) as f64 };
            let names = vec!["a".to_owned(), "b".to_owned()];
            let table = Table::new(names, Matrix::from_fn(2, 20, value));
            let refused = dataset_from_table(&table, 7);
            assert_eq!(refused.map(drop), Err(TableError::TooLarge), "{wrong} in row {place}");
        }
    }
}
