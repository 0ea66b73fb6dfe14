//! What is on the disk stays, or is whole, whatever happens.

use std::fs;
use std::process::{Command, Output};

use super::harness::{Harness, error_line};

/// A run of a moment.
const SMALL: &str = "train --scene small.toml --steps 20 --out run";

#[test]
fn an_output_that_cannot_be_written_is_found_before_the_first_step() {
    let cli = Harness::with_small_scene();
    cli.write("file", "mine");
    let endless = "--scene small.toml --steps 1000000000";
    for out in ["file/run", "/proc"] {
        for command in [format!("train {endless} --force"), format!("sweep {endless} --seeds 0..2")] {
            let sentence = cli.fail_soon(2, &format!("{command} --out {out}"));
            assert!(sentence.starts_with("cannot ") && sentence.contains(out), "{sentence}");
        }
    }
    assert_eq!(cli.read("file"), "mine");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_listed_is_not_taken_for_an_empty_one() {
    let cli = Harness::with_small_scene();
    std::os::unix::fs::symlink(cli.path("loop"), cli.path("loop")).unwrap();
    assert!(cli.fail(2, "train --steps 3 --out loop").starts_with("cannot list the folder ("));
    assert!(cli.fail(2, "compare --steps 3 --out loop").starts_with("cannot list the folder ("));
}

#[test]
fn a_file_that_is_not_of_a_sweep_is_named_before_a_run_is_made() {
    let cli = Harness::with_small_scene();
    let sweep = "sweep --scene small.toml --steps 1000000000 --seeds 0..2 --out own";
    fs::create_dir(cli.path("own")).unwrap();
    let own = [
        ("sweep.csv", "a,b\n1,2\n"),
        ("sweep.csv", "a,b\n"),
        ("sweep.csv", ""),
        ("sweep.toml", "mine = 1\n"),
        ("sweep.svg", "<svg/>"),
    ];
    for (name, content) in own {
        cli.write(&format!("own/{name}"), content);
        let sentence = cli.fail_soon(2, sweep);
        assert!(
            sentence.starts_with("this file is not of a sweep") && sentence.ends_with(&format!("own/{name}")),
            "{sentence}"
        );
        assert_eq!((cli.read(&format!("own/{name}")), cli.names("own")), (content.to_owned(), vec![name.to_owned()]));
        fs::remove_file(cli.path("own").join(name)).unwrap();
    }
    cli.succeed("sweep --scene small.toml --steps 3 --seeds 0..2 --out own");
    cli.write("own/sweep.csv", "a,b\n1,2\n");
    assert!(cli.fail_soon(2, "sweep --scene small.toml --steps 3 --seeds 0..2 --out own").ends_with("own/sweep.csv"));
}

/// Runs the program where no file may be larger than some kilobytes, as on a disk that is nearly full.
#[cfg(target_os = "linux")]
fn run_on_a_small_disk(cli: &Harness, arguments: &str) -> Output {
    let script = format!("trap '' XFSZ; ulimit -f 2; exec {} {arguments}", env!("CARGO_BIN_EXE_unpick"));
    Command::new("sh").args(["-c", &script]).current_dir(cli.0.path()).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_leaves_what_was_there() {
    let cli = Harness::with_small_scene();
    cli.succeed(SMALL);
    let before = fs::read(cli.path("run/session.unpick")).unwrap();
    for arguments in [format!("{SMALL} --force --seed 9"), "export run --what latents --out latents.npz".to_owned()] {
        let sentence = error_line(1, &arguments, run_on_a_small_disk(&cli, &arguments));
        assert!(sentence.starts_with("cannot write the ") && sentence.contains("make room"), "{sentence}");
    }
    assert_eq!(fs::read(cli.path("run/session.unpick")).unwrap(), before);
    assert_eq!(cli.names("."), ["run", "small.toml"]);
}

/// A pipe would be waited for without an end.
#[cfg(unix)]
#[test]
fn a_pipe_in_a_run_folder_is_refused() {
    let cli = Harness::with_small_scene();
    cli.succeed(SMALL);
    for name in ["history.csv", "model.safetensors", "config.toml"] {
        fs::remove_file(cli.path("run").join(name)).unwrap();
        assert!(Command::new("mkfifo").arg(cli.path("run").join(name)).status().unwrap().success());
        let sentence = cli.fail_soon(2, "metrics run");
        assert!(sentence.contains("run"), "{sentence}");
    }
}

/// Whoever reads a session says that its weights were changed, even who does not need them.
#[test]
fn changed_weights_of_a_session_are_told_by_every_command() {
    let cli = Harness::with_small_scene();
    cli.succeed(SMALL);
    let mut session = cli.json("run/session.unpick");
    let mut digits = session["parameters"].as_str().unwrap().to_owned().into_bytes();
    digits[7] = if digits[7] == b'A' { b'B' } else { b'A' };
    session["parameters"] = String::from_utf8(digits).unwrap().into();
    cli.write("changed.unpick", session.to_string());
    let mut commands = vec!["train --out none --session", "beta", "recipe", "sweep --seeds 0..2 --out none --session"];
    if cfg!(feature = "gui") {
        commands.push("render --view data --out none.svg");
    }
    for command in commands {
        let sentence = cli.fail(2, &format!("{command} changed.unpick"));
        assert_eq!(
            sentence, "the weights of the session are damaged: their hash is another: changed.unpick",
            "{command}"
        );
    }
}
