//! Sessions and figures restore a run, even if the program is killed while it saves.
#![expect(clippy::unwrap_used, reason = "a program that does not start is a failed test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use unpick::io::{Autosave, LeftSession, Session, open, open_session, parse_npy, save_session};
use unpick::launch::PreparedRun;

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The fixtures keep a session of every released version.
#[test]
fn sessions_of_old_versions_open() {
    let session = open_session(&fixture("session-0.1.0.unpick")).unwrap();
    assert_eq!(session.program, "unpick 0.1.0");
    assert_eq!((session.config.seed, session.steps, session.log.len()), (3, 60, 2));
    assert_eq!(session.config.origin.name(), "cylinder");
    let prepared = PreparedRun::of_session(session.clone()).unwrap();
    let mut run = prepared.experiment().unwrap();
    run.advance(session.steps).unwrap();
    assert_eq!(run.log(), session.log);
}

/// Not a test: the program that the next tests start and kill. It saves two sessions of different length in turn, for
/// ever.
#[test]
fn the_saving_program() {
    let Ok(path) = std::env::var("UNPICK_TEST_SAVES_TO") else { return };
    let path = Path::new(&path);
    let mut session = open_session(&fixture("session-0.1.0.unpick")).unwrap();
    let (autosave, mut left) = match path.is_dir().then(|| Autosave::open(path).unwrap()) {
        Some((autosave, left, _)) => (Some(autosave), left),
        None => (None, Vec::new()),
    };
    for k in 0.. {
        session.view = serde_json::json!({ "k": k, "padding": "x".repeat(if k % 2 == 0 { 10 } else { 200_000 }) });
        match &autosave {
            Some(autosave) => autosave.save(&session).unwrap(),
            None => save_session(path, &session).unwrap(),
        }
        left.drain(..).for_each(LeftSession::forget);
    }
}

#[test]
fn a_session_is_whole_after_the_program_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("session.unpick");
    fs::copy(fixture("session-0.1.0.unpick"), &path).unwrap();
    stays_whole_while_the_program_is_killed(&path, || vec![open_session(&path).unwrap()]);
}

#[test]
fn an_autosaved_session_is_whole_after_the_program_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let (autosave, ..) = Autosave::open(directory.path()).unwrap();
    autosave.save(&open_session(&fixture("session-0.1.0.unpick")).unwrap()).unwrap();
    // Dropping it without closing leaves the state of a crash.
    drop(autosave);
    stays_whole_while_the_program_is_killed(directory.path(), || {
        let (_, left, damaged) = Autosave::open(directory.path()).unwrap();
        assert!(damaged.is_empty(), "{damaged:?}");
        left.iter().map(|left| left.session().clone()).collect()
    });
}

/// Kills the program that saves to `target` 200 times and reads what is there each time, the newest first.
fn stays_whole_while_the_program_is_killed(target: &Path, read: impl Fn() -> Vec<Session>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut kinds = [0, 0, 0];
    for kill in 0..200 {
        let mut program = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_saving_program", "--nocapture"])
            .env("UNPICK_TEST_SAVES_TO", target)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A slow machine has saved little after 20 ms.
        sleep(Duration::from_micros(rng.random_range(0..20_000 << (kill / 50))));
        program.kill().unwrap();
        program.wait().unwrap();
        let session = read().remove(0);
        let kind = session.view["k"].as_u64().map_or(0, |k| 1 + (k % 2) as usize);
        kinds[kind] += 1;
    }
    assert!(kinds[1] > 0 && kinds[2] > 0, "it was not killed after saves of both lengths: {kinds:?}");
}

fn unpick(folder: &Path, arguments: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_unpick"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn succeed(folder: &Path, arguments: &str) -> String {
    let (success, text) = unpick(folder, arguments);
    assert!(success, "{arguments}: {text}");
    text
}

#[test]
fn every_figure_restores_its_run() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let train =
        "train --scene cylinder --seed 3 --hidden 8 --batch 32 --at 20:beta=2 --at 30:covariance=full --steps 60";
    succeed(folder, &format!("{train} --out run"));
    let weights = |name: &str| open(&folder.join(name)).unwrap().vae;
    let render = |arguments: &str| succeed(folder, &format!("render run --at 0.5,-1 {arguments}"));
    render("--view data --size single-column --scale 1 --out figure.png");
    render("--view latent --out figure.svg --background transparent");
    render("--view spaces --size slide --out figure.pdf");
    render("--view turn --scale 1 --rate 5 --seconds 1 --out figure.gif");
    render("--view morph --scale 1 --rate 5 --seconds 1 --out figure.apng");
    render("--view history --scale 1 --rate 4 --seconds 1 --out frames");
    render("--view traversal --scale 1 --rate 4 --seconds 1 --out traversal.gif --no-provenance");
    let names = ["figure.png", "figure.svg", "figure.pdf", "figure.gif", "figure.apng", "frames/0000.png"];
    for (k, name) in names.into_iter().enumerate() {
        let session = open_session(&folder.join(name)).unwrap();
        assert_eq!(session.view["selection"]["z"], serde_json::json!([0.5, -1.0]), "{name}");
        let text = String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap()).into_owned();
        assert!(!text.contains(&*folder.to_string_lossy()), "{name} holds a path");
        // Training again takes the same path for all of them, so three are enough.
        if k % 2 == 0 {
            let said = succeed(folder, &format!("train --session {name} --out again{k}"));
            assert!(said.contains("the weights are those of the session to the last bit"), "{said}");
            assert_eq!(weights(&format!("again{k}")), weights("run"), "{name}");
        }
    }
    assert_eq!(fs::read_dir(folder.join("frames")).unwrap().count(), 4);
    let (success, said) = unpick(folder, "train --session traversal.gif --out none");
    assert!(!success && said.contains("does not carry its session"), "{said}");

    let line = succeed(folder, "recipe figure.svg");
    let expected = "unpick:version=2;scene=cylinder;seed=3;hidden=8;batch=32;cycle=60;at=20:beta=2;at=30:covariance=full;steps=60;z=0.5,-1\n";
    assert_eq!(line, expected);
    succeed(folder, &format!("train --recipe {} --out cooked", line.trim()));
    assert_eq!(weights("cooked"), weights("run"));
    // Without z*, which a run folder does not contain.
    assert_eq!(succeed(folder, "recipe cooked"), expected.replace(";z=0.5,-1", ""));
    assert!(!unpick(folder, "recipe none").0);
}

/// The pair of latents is part of the view: a figure drawn from a figure shows the same.
#[test]
fn a_figure_keeps_its_pair_of_latents() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    succeed(folder, "train --scene water-filling --hidden 8 --batch 32 --steps 20 --out run");
    let view = "--view latent --size 300x240 --scale 1 --no-axes";
    succeed(folder, &format!("render run {view} --out usual.png"));
    for (pair, name) in [("3,1", "one"), ("all", "all")] {
        succeed(folder, &format!("render run {view} --pair {pair} --out {name}.png"));
        assert_ne!(read(&format!("{name}.png")), read("usual.png"), "{pair}");
        succeed(folder, &format!("render {name}.png {view} --out again.png --force"));
        assert!(read("again.png") == read(&format!("{name}.png")), "{pair}");
    }
    for wrong in ["1,4", "2,2", "1", "0,1"] {
        assert!(!unpick(folder, &format!("render run {view} --pair {wrong} --out none.png")).0, "{wrong}");
    }
}

/// A figure drawn from a figure is identical to the last byte: weights, z*, camera, layers.
#[test]
fn a_figure_drawn_from_a_figure_is_identical() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    succeed(folder, "train --scene cylinder --seed 3 --hidden 8 --batch 32 --at 20:beta=2 --steps 60 --out run");
    let view = "--view data --size 300x240 --scale 1";
    succeed(folder, &format!("render run {view} --at 0.5,-1 --out plain.png"));
    // A window with another camera saves this.
    let mut session = open_session(&folder.join("plain.png")).unwrap();
    let camera = serde_json::json!({
        "azimuth": 0.25, "elevation": -0.5, "half_height": 2.5, "target": [0.0, 0.5, 0.0], "field_of_view": null,
    });
    session.view["selection"]["camera"] = camera.clone();
    session.view["selection"]["layers"]["surface"] = false.into();
    save_session(&folder.join("moved.unpick"), &session).unwrap();
    succeed(folder, &format!("render moved.unpick {view} --out first.png"));
    assert_ne!(read("first.png"), read("plain.png"), "the camera matters");
    succeed(folder, &format!("render first.png {view} --out first.svg"));
    succeed(folder, &format!("render first.svg {view} --out first.pdf"));
    succeed(folder, "render first.pdf --view turn --size 200x160 --rate 4 --seconds 1 --out first.gif");
    succeed(folder, "render first.gif --view morph --size 200x160 --rate 4 --seconds 1 --out first.apng");
    for name in ["first.png", "first.svg", "first.pdf", "first.gif", "first.apng"] {
        let kept = open_session(&folder.join(name)).unwrap();
        assert_eq!((&kept.view["selection"]["camera"], &kept.weights), (&camera, &session.weights), "{name}");
        succeed(folder, &format!("render {name} {view} --out again.png --force"));
        assert!(read("again.png") == read("first.png"), "{name}");
    }
    let line = succeed(folder, "recipe first.gif");
    succeed(folder, &format!("train --recipe {} --out cooked", line.trim()));
    succeed(folder, &format!("render cooked {view} --at 0.5,-1 --out cooked.png"));
    let (cooked, plain) = (open_session(&folder.join("cooked.png")), open_session(&folder.join("plain.png")));
    assert_eq!(cooked.unwrap(), plain.unwrap(), "a recipe gives the same session");
}

#[test]
fn figures_of_several_runs_restore_them() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let weights = |name: &str| open(&folder.join(name)).unwrap().vae;
    succeed(folder, "compare --scene linear --hidden 4 --batch 16 --steps 30 --out both");
    for name in ["compare.png", "compare.svg"] {
        let said = succeed(folder, &format!("train --session both/{name} --out again --force"));
        assert_eq!(said.matches("the weights are those of the session to the last bit").count(), 2, "{said}");
        for side in ["a", "b"] {
            assert_eq!(weights(&format!("again/{side}")), weights(&format!("both/{side}")));
        }
    }
    succeed(folder, "render both/compare.svg --view all --scale 2 --out again.png");
    assert!(fs::read(folder.join("again.png")).unwrap() == fs::read(folder.join("both/compare.png")).unwrap());

    succeed(folder, "sweep --scene linear --hidden 4 --batch 16 --steps 20 --betas 2,1 --seeds 4..6 --out swept");
    succeed(folder, "train --session swept/sweep.svg --out first");
    let first = open(&folder.join("first")).unwrap();
    assert_eq!((first.config.seed, first.config.objective.beta, first.steps), (4, 1.0, 20));
}

#[test]
fn figures_contain_small_data_and_ask_for_large_data() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let rows =
        |count: u32| (0..count).map(|k| format!("{},{}\n", (f64::from(k) / 9.0).sin(), k % 7)).collect::<String>();
    fs::write(folder.join("mine.csv"), rows(200)).unwrap();
    fs::write(folder.join("large.csv"), rows(150_000)).unwrap();
    fs::write(folder.join("other.csv"), rows(201)).unwrap();
    for name in ["mine", "large"] {
        succeed(folder, &format!("train --data {name}.csv --hidden 4 --batch 16 --steps 20 --out {name}"));
        succeed(folder, &format!("render {name} --view data --size 200x200 --scale 1 --out {name}.png"));
    }
    let with_data = "render mine --view data --size 200x200 --scale 1 --include-data --out whole.png";
    succeed(folder, with_data);
    let same = "the weights are those of the session to the last bit";
    fs::create_dir(folder.join("elsewhere")).unwrap();
    for name in ["mine.png", "whole.png", "large.png"] {
        fs::rename(folder.join(name), folder.join("elsewhere").join(name)).unwrap();
    }
    // Your data are in a figure only if it is asked to hold them.
    let (success, said) = unpick(folder, "train --session elsewhere/mine.png --out none");
    assert!(!success && said.contains("'mine.csv' (SHA-256"), "{said}");
    assert!(succeed(folder, "train --session elsewhere/whole.png --out a").contains(same));
    let (success, said) = unpick(folder, "train --session elsewhere/large.png --out b");
    assert!(!success && said.contains("'large.csv' (SHA-256"), "{said}");
    assert!(succeed(folder, "train --session elsewhere/large.png --data large.csv --out b").contains(same));
    let (success, said) = unpick(folder, "train --session elsewhere/large.png --data other.csv --out c");
    assert!(!success && said.contains("was not trained on this file"), "{said}");
}

#[test]
fn other_files_are_refused_and_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let text = fs::read_to_string(fixture("session-0.1.0.unpick")).unwrap();
    for (content, words) in [
        (text[..text.len() / 2].to_owned(), "not a whole session"),
        ("{}".to_owned(), "not a session of Unpick"),
        ("%PDF-1.7".to_owned(), "does not carry its session"),
        (text.replace("\"schema\": 1", "\"schema\": 7"), "schema 7"),
    ] {
        fs::write(folder.join("foreign"), content).unwrap();
        let (success, said) = unpick(folder, "train --session foreign --out run");
        assert!(!success && said.contains(words) && said.trim().ends_with(": foreign"), "{said}");
        assert!(!folder.join("run").exists());
    }
}

#[test]
fn a_cancelled_movie_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    succeed(folder, "train --scene cylinder --hidden 4 --batch 16 --steps 10 --out run");
    for out in ["long.gif", "frames"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(["render", "run", "--view", "turn", "--seconds", "200", "--out", out])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(500));
        assert!(program.try_wait().unwrap().is_none(), "4000 frames in half a second");
        program.kill().unwrap();
        program.wait().unwrap();
    }
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["run"]);
}

#[test]
fn numbers_are_exported_as_npy_npz_and_csv() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    succeed(folder, "train --scene cylinder --hidden 4 --batch 16 --steps 40 --out run");
    let shape = |name: &str| parse_npy(&fs::read(folder.join(name)).unwrap()).unwrap().shape;
    for (what, expected) in [
        ("latents", vec![4000, 2]),
        ("jacobians", vec![4000, 3, 2]),
        ("densities", vec![562, 6]),
        ("traversals", vec![2, 11, 3]),
    ] {
        succeed(folder, &format!("export run --what {what} --out {what}.npy"));
        assert_eq!(shape(&format!("{what}.npy")), expected);
        let at = if what == "densities" { " --at 0.5,-1" } else { "" };
        succeed(folder, &format!("export run --what {what} --out {what}.npz{at}"));
        assert!(fs::read(folder.join(format!("{what}.npz"))).unwrap().starts_with(b"PK"));
    }
    let views = "data latent densities joint factors gauges jacobian posterior rotate training certificates";
    for view in views.split(' ') {
        succeed(folder, &format!("render run --view {view} --out {view}.csv"));
        let mut table = csv::Reader::from_path(folder.join(format!("{view}.csv"))).unwrap();
        let rows = table.records().map(Result::unwrap).count();
        assert!(rows > 0, "{view} has no rows");
    }
    let rows = |name: &str| fs::read_to_string(folder.join(name)).unwrap().lines().count();
    // 281 points of two seams, and 141 of the four off-axis seams of each.
    assert_eq!((rows("densities.csv"), rows("joint.csv")), (1 + 2 * (281 + 4 * 141), 1 + 49 * 49));
    let (success, said) = unpick(folder, "render run --view seeds --out seeds.csv");
    assert!(!success && said.contains("no other seed has been trained"), "{said}");
    succeed(folder, "export run --what latents --out latents.csv");
    let csv = fs::read_to_string(folder.join("latents.csv")).unwrap();
    assert!(csv.starts_with("index,z_1,z_2\n0,") && csv.lines().count() == 4001);
    for (arguments, words) in [
        ("--what jacobians --out j.csv", "three axes"),
        ("--what latents --out l.txt", ".npy, .npz or .csv"),
        ("--what latents --out latents.csv", "--force"),
        ("--what densities --out d.npy --at 1,2,3", "--at must be 2 numbers"),
    ] {
        let (success, said) = unpick(folder, &format!("export run {arguments}"));
        assert!(!success && said.contains(words), "{said}");
    }
}
