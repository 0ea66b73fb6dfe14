//! Signals: what there is is saved, and the same run goes on.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::harness::{FILES, Harness};

/// Seconds of training, with a change that is still to come.
const LONG: &str = "--scene small.toml --steps 30000 --seed 3 --at 29000:beta=2";

fn start(cli: &Harness, arguments: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_unpick"))
        .args(arguments.split_whitespace())
        .current_dir(cli.0.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_mins(5), "it did not come");
        sleep(Duration::from_millis(5));
    }
}

fn send(signal: &str, program: &Child) {
    let sent = Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Sends the signal; gives the exit code and the last line.
fn end(signal: &str, program: Child) -> (Option<i32>, String) {
    send(signal, &program);
    let output = program.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), error.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_last_bit() {
    let cli = Harness::with_small_scene();
    cli.succeed(&format!("train {LONG} --out whole"));
    let mut program = start(&cli, &format!("train {LONG} --out run"));
    wait_for(|| cli.path("run").exists());
    let mut before = 0;
    // As in the background of some shells, the tests may have been started to ignore a signal.
    let ignored = |number: u64| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() >> (number - 1) & 1 == 1)
    };
    let signals = [("-TERM", 15), ("-HUP", 1), ("-INT", 2)].into_iter().filter(|(_, number)| !ignored(*number));
    for (signal, number) in signals {
        sleep(Duration::from_millis(250));
        let (ended, line) = end(signal, program);
        assert_eq!(ended, Some(128 + number as i32), "{line}");
        assert!(line.starts_with("unpick: interrupted at step ") && line.ends_with("train --resume run"), "{line}");
        let config = cli.toml("run/config.toml");
        let made = config["steps"].as_integer().unwrap();
        assert!(before < made && made < 30_000, "{made}");
        assert_eq!(config["interrupted"]["planned"].as_integer(), Some(30_000));
        before = made;
        // What is there is a whole run of so many steps.
        assert!(cli.succeed("metrics run").contains("elbo"));
        program = start(&cli, "train --resume run");
    }
    assert!(program.wait().unwrap().success());
    assert_eq!(cli.names("run"), FILES, "the checkpoint is gone");
    for name in FILES {
        let [whole, run] = ["whole", "run"].map(|folder| fs::read(cli.path(folder).join(name)).unwrap());
        assert!(whole == run, "{name} differs");
    }
    let sentence = cli.fail(2, "train --resume run");
    assert_eq!(sentence, "the run was not interrupted: it has made its 30000 steps: run");
    assert!(cli.fail(2, "train --resume nowhere").contains("not a run folder"));
    assert!(cli.fail(2, "train --resume run --beta 3").contains("cannot be used with"));
    assert!(cli.fail(2, "train --resume run --scene linear").contains("cannot be used with"));
    assert!(cli.fail(2, "train --resume run --out other").contains("cannot be used with"));
    assert!(cli.fail(2, "train --steps 3").contains("--out"));
}

#[test]
fn a_checkpoint_that_was_changed_or_is_missing_is_refused() {
    let cli = Harness::with_small_scene();
    let program = start(&cli, &format!("train {LONG} --out run"));
    wait_for(|| cli.path("run").exists());
    sleep(Duration::from_millis(250));
    assert_eq!(end("-TERM", program).0, Some(143));
    let bytes = fs::read(cli.path("run/checkpoint.safetensors")).unwrap();
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    cli.write("run/checkpoint.safetensors", flipped);
    assert!(cli.fail(2, "train --resume run").ends_with("run/checkpoint.safetensors"));
    fs::remove_file(cli.path("run/checkpoint.safetensors")).unwrap();
    assert!(cli.fail(2, "train --resume run").contains("checkpoint"));
    // A run that is trained over it leaves nothing of it.
    cli.write("run/checkpoint.safetensors", bytes);
    cli.succeed("train --scene small.toml --steps 20 --out run --force");
    assert_eq!(cli.names("run"), FILES);
}

#[test]
fn a_run_that_was_started_to_ignore_a_signal_goes_on() {
    let cli = Harness::with_small_scene();
    let script = format!("trap '' HUP; exec {} train {LONG} --out run", env!("CARGO_BIN_EXE_unpick"));
    let mut program = Command::new("sh")
        .args(["-c", &script])
        .current_dir(cli.0.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(|| cli.path("run").exists());
    send("-HUP", &program);
    assert!(program.wait().unwrap().success());
    assert_eq!(cli.names("run"), FILES);
}

#[test]
fn an_interrupted_sweep_keeps_its_rows_and_goes_on() {
    let cli = Harness::with_small_scene();
    let sweep = "sweep --scene small.toml --steps 1000 --out sweep --seeds";
    let program = start(&cli, &format!("{sweep} 0..200"));
    wait_for(|| cli.path("sweep/sweep.csv").exists());
    let (code, line) = end("-TERM", program);
    assert_eq!(code, Some(143), "{line}");
    let rows = cli.read("sweep/sweep.csv");
    let seeds: Vec<u64> = rows.lines().skip(1).map(|row| row.split(',').next().unwrap().parse().unwrap()).collect();
    let made = seeds.len();
    let expected =
        format!("unpick: interrupted: {made} of 200 runs are in the table; the same command makes the others: sweep");
    assert!(line == expected && (1..200).contains(&made), "{line}");
    let there = seeds.iter().filter(|seed| **seed < 4).count();
    let text = cli.succeed(&format!("{sweep} 0..4"));
    assert!(text.starts_with(&format!("{} runs made, {there} were there already", 4 - there)), "{text}");
    assert!(cli.read("sweep/sweep.csv").starts_with(&rows));
    assert!(cli.names("sweep").iter().all(|name| !name.starts_with('.')), "{:?}", cli.names("sweep"));
}

#[test]
fn a_second_sweep_in_the_same_folder_waits_its_turn() {
    let cli = Harness::with_small_scene();
    let sweep = "sweep --scene small.toml --steps 100000 --seeds 0..4 --out sweep";
    let program = start(&cli, sweep);
    wait_for(|| cli.path("sweep/.sweep.csv.lock").exists() && cli.path("sweep/sweep.toml").exists());
    let sentence = cli.fail(2, sweep);
    assert!(
        sentence.starts_with("another sweep is writing to this table; ") && sentence.ends_with("sweep/sweep.csv"),
        "{sentence}"
    );
    // A shard has a table of its own.
    cli.succeed(&sweep.replace("100000", "5").replace("--out sweep", "--out other --shard 1/2"));
    assert_eq!(end("-KILL", program).0, None);
    // What a killed sweep leaves locks nothing.
    cli.succeed("sweep --scene small.toml --steps 5 --seeds 0..2 --out sweep");
}
