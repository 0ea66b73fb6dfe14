//! Programs that are killed while they write: what is on the disk is whole, old or new, and the next program clears what they left.
//! `STRESS_KILLS` says how many hundredths of the regime are done: 100 kills of `train`, 36 of `sweep`, 20 of movies.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use unpick::io::{open, open_session};

use super::amount::{amount, seed};
use super::harness::{FILES, Harness};

/// A share of the kills of the regime, at least four.
fn kills(of: u64) -> u64 {
    (of * amount("STRESS_KILLS", 20)).div_ceil(100).max(4)
}

/// Moments at which a program is killed: half of them anywhere in its time, half of them around the moment at which it puts what it
/// has made in its place, which is followed by bisection.
struct Moments {
    rng: ChaCha8Rng,
    whole: f64,
    commit: f64,
}

impl Moments {
    /// For a program that takes so long as this one.
    fn of(cli: &Harness, arguments: &str) -> Self {
        let start = Instant::now();
        cli.succeed(arguments);
        let whole = start.elapsed().as_secs_f64();
        Self { rng: ChaCha8Rng::seed_from_u64(seed()), whole, commit: 0.8 * whole }
    }

    /// Starts the program and kills it.
    fn kill(&mut self, cli: &Harness, arguments: &str) {
        let moment = if self.rng.random_bool(0.5) {
            self.whole * self.rng.random_range(0.0..1.1)
        } else {
            self.commit * self.rng.random_range(0.8..1.2)
        };
        let mut program = Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(arguments.split_whitespace())
            .current_dir(cli.0.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_secs_f64(moment));
        program.kill().unwrap();
        program.wait().unwrap();
    }

    /// What was found after a kill.
    fn learn(&mut self, is_new: bool) {
        self.commit *= if is_new { 0.85 } else { 1.15 };
        self.commit = self.commit.clamp(0.05 * self.whole, 3.0 * self.whole);
    }
}

/// Names that no program shows.
fn hidden(cli: &Harness, folder: &str) -> Vec<String> {
    cli.names(folder).into_iter().filter(|name| name.starts_with('.')).collect()
}

/// Hidden names that are younger are another program's.
fn wait_until_leftovers_are_old() {
    sleep(Duration::from_millis(2100));
}

/// Runs that are written over each other: what reads as a run is one of them, whole. A folder in the way makes files take their places
/// one by one.
#[test]
fn a_killed_training_never_leaves_parts_of_two_runs_that_read_as_one() {
    let cli = Harness::with_small_scene();
    let train = |seed: u64| format!("train --scene small.toml --steps 5 --seed {seed} --out run --force");
    cli.succeed(&train(1000));
    let mut moments = Moments::of(&cli, &train(1000));
    let count = kills(100);
    let (mut old, mut new) = (0, 0);
    for seed in 0..count {
        if seed == count / 2 {
            fs::create_dir(cli.path("run/chapters")).unwrap();
        }
        moments.kill(&cli, &train(seed));
        match open(&cli.path("run")) {
            Ok(saved) => {
                assert_eq!(open_session(&cli.path("run/session.unpick")).unwrap().config.seed, saved.config.seed);
                assert!(cli.succeed("replay run").starts_with("identical"));
                moments.learn(saved.config.seed == seed);
                if saved.config.seed == seed { new += 1 } else { old += 1 }
            }
            // Only where they cannot be exchanged in one step.
            Err(error) => {
                assert!(seed >= count / 2 && error.to_string().contains("save the run again"), "{error}");
                cli.succeed(&train(1000));
            }
        }
    }
    assert!(old > 0 && new > 0, "killed before and after: {old} {new}");
    wait_until_leftovers_are_old();
    cli.succeed(&train(1000));
    assert_eq!((hidden(&cli, "."), hidden(&cli, "run")), (Vec::new(), Vec::new()));
}

/// The first save of a folder: it is missing, empty, or a whole run. An empty one is made before the first step, to see that it can be.
#[test]
fn a_first_save_that_is_killed_leaves_nothing_or_a_run() {
    let cli = Harness::with_small_scene();
    let train = |out: &str| format!("train --scene small.toml --steps 5 --out {out}");
    let mut moments = Moments::of(&cli, &train("other"));
    for _ in 0..kills(10) {
        moments.kill(&cli, &train("run"));
        let found = if cli.path("run").exists() { cli.names("run") } else { Vec::new() };
        moments.learn(!found.is_empty());
        if found.is_empty() {
            assert!(cli.fail(2, "metrics run").contains("run"));
        } else {
            assert_eq!(found, FILES);
            assert!(cli.succeed("replay run").starts_with("identical"));
            fs::remove_dir_all(cli.path("run")).unwrap();
        }
    }
    wait_until_leftovers_are_old();
    cli.succeed(&train("run"));
    assert_eq!((hidden(&cli, "."), hidden(&cli, "run")), (Vec::new(), Vec::new()));
}

/// A table keeps the rows that it has; the same command makes the others, and the same as in one go.
#[test]
fn a_killed_sweep_loses_no_row() {
    const RUNS: usize = 16;
    let cli = Harness::with_small_scene();
    let sweep = |out: &str| format!("sweep --scene small.toml --steps 5 --seeds 0..{RUNS} --out {out}");
    let mut moments = Moments::of(&cli, &sweep("whole"));
    let sorted = |text: &str| {
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        rows.sort();
        rows
    };
    let whole = sorted(&cli.read("whole/sweep.csv"));
    let table = |folder: &str| fs::read_to_string(cli.path(folder).join("sweep.csv")).unwrap_or_default();
    let mut interrupted = 0;
    for k in 0..kills(36) {
        let before = table("sweep");
        moments.kill(&cli, &sweep("sweep"));
        let after = table("sweep");
        assert!(after.starts_with(&before) && (after.is_empty() || after.ends_with('\n')), "{before}\n{after}");
        assert!(after.lines().all(|row| whole.iter().any(|other| other == row)), "a row of its own: {after}");
        let rows = after.lines().count().saturating_sub(1);
        interrupted += usize::from(rows > 0 && rows < RUNS);
        // The middle of the table, however fast the machine is meanwhile.
        moments.learn(2 * rows > RUNS);
        if rows == RUNS || k % 6 == 5 {
            wait_until_leftovers_are_old();
            let said = cli.succeed(&sweep("sweep"));
            assert!(said.starts_with(&format!("{} runs made, {rows} were there already", RUNS - rows)), "{said}");
            assert_eq!(sorted(&table("sweep")), whole);
            assert_eq!((hidden(&cli, "."), hidden(&cli, "sweep")), (Vec::new(), Vec::new()));
            fs::remove_dir_all(cli.path("sweep")).unwrap();
        }
    }
    assert!(interrupted > 0, "none was killed between two rows");
}

/// A movie in a file or a folder is the one before or the new one, to the last byte.
#[cfg(all(feature = "gui", target_os = "linux"))]
#[test]
fn a_killed_movie_is_the_old_one_or_the_new_one() {
    let cli = Harness::with_small_scene();
    cli.succeed("train --scene small.toml --steps 5 --out run");
    let movie = |theme: &str, out: &str| {
        format!(
            "render run --view traversal --seconds 0.5 --rate 10 --size 480x240 --theme {theme} --force --out {out}"
        )
    };
    let content = |name: &str| -> BTreeMap<String, Vec<u8>> {
        let path = cli.path(name);
        if path.is_dir() {
            let bytes = |picture: String| (picture.clone(), fs::read(path.join(picture)).unwrap());
            return cli.names(name).into_iter().map(bytes).collect();
        }
        BTreeMap::from([(name.to_owned(), fs::read(path).unwrap())])
    };
    for out in ["movie.gif", "movie"] {
        let both = ["light", "dark"].map(|theme| {
            cli.succeed(&movie(theme, out));
            content(out)
        });
        assert_ne!(both[0], both[1]);
        let mut moments = Moments::of(&cli, &movie("dark", out));
        let mut shown = 1;
        for _ in 0..kills(20) / 2 {
            moments.kill(&cli, &movie(["light", "dark"][1 - shown], out));
            let now = content(out);
            let found = both.iter().position(|movie| *movie == now);
            assert!(found.is_some(), "{out} is neither the one before nor the new one: {:?}", now.keys());
            moments.learn(found != Some(shown));
            shown = found.unwrap_or_default();
        }
        wait_until_leftovers_are_old();
        cli.succeed(&movie("light", out));
        assert_eq!(content(out), both[0]);
        assert_eq!((hidden(&cli, "."), cli.names("run").len()), (Vec::new(), 9));
    }
}
