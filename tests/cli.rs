//! The program as scripts use it: what it writes, what it says, and how it ends.
#![expect(clippy::unwrap_used, reason = "a program that cannot be started is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use unpick::io::{parse_npy, write_npy_f32};
use unpick::linalg::Matrix;

/// A folder of its own for a test, in which the program is started.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    fn toml(&self, name: &str) -> toml::Table {
        toml::from_str(&self.read(name)).unwrap()
    }

    /// The names in a folder, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs `unpick` with words separated by spaces.
    fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("RUST_LOG")
            .output()
            .unwrap()
    }

    /// Runs it and gives its results; nothing may have gone wrong, and nothing be said about it.
    fn succeed(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && error.is_empty(), "{arguments}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it and gives the one line that it says before it ends with this code.
    fn fail(&self, code: i32, arguments: &str) -> String {
        the_one_line(code, arguments, self.run(arguments))
    }

    /// The same for what would go on for ever if it did not fail: it is ended after a minute.
    fn fail_soon(&self, code: i32, arguments: &str) -> String {
        let mut program = Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("RUST_LOG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while program.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_mins(1) {
                program.kill().unwrap();
            }
            sleep(Duration::from_millis(10));
        }
        the_one_line(code, arguments, program.wait_with_output().unwrap())
    }
}

fn the_one_line(code: i32, arguments: &str, output: Output) -> String {
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
    assert!(output.stdout.is_empty(), "{arguments} has a result: {}", String::from_utf8_lossy(&output.stdout));
    let line = error.strip_suffix('\n').unwrap_or_else(|| panic!("{arguments}: no line: {error:?}"));
    assert!(!line.contains('\n') && !line.contains("panicked"), "{arguments}: more than one line: {error}");
    line.strip_prefix("unpick: ").unwrap_or_else(|| panic!("{arguments}: {error:?}")).to_owned()
}

/// A short run of a small network.
const SHORT: &str = "train --scene cylinder --hidden 8 --batch 32 --steps 40 --out run";

/// The shape of an array.
fn shape(path: &Path) -> Vec<usize> {
    let bytes = fs::read(path).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00") && bytes.windows(5).any(|w| w == b"'<f4'"), "{}", path.display());
    parse_npy(&bytes).unwrap().shape
}

fn keys(table: &toml::Table) -> Vec<&str> {
    table.keys().map(String::as_str).collect()
}

const FILES: [&str; 9] = [
    "config.toml",
    "factors.npy",
    "factors_test.npy",
    "history.csv",
    "metrics.json",
    "model.safetensors",
    "observations.npy",
    "observations_test.npy",
    "session.unpick",
];

#[test]
fn scenes_are_listed_for_people_and_programs() {
    let desk = Desk::new();
    let list: Value = serde_json::from_str(&desk.succeed("scenes --json")).unwrap();
    let text = desk.succeed("scenes");
    let scenes = list.as_array().unwrap();
    assert_eq!(text.lines().count(), scenes.len() + 1, "a heading and a line each");
    for (scene, line) in scenes.iter().zip(text.lines().skip(1)) {
        assert_eq!(line.split_whitespace().next(), scene["name"].as_str());
        assert!(line.ends_with(scene["summary"].as_str().unwrap()), "{line}");
        assert!(scene["n"].as_u64().unwrap() >= 1 && !scene["factors"].as_array().unwrap().is_empty());
    }
    let linear = &scenes[0];
    assert_eq!(
        (linear["name"].as_str(), linear["n"].as_u64(), linear["m"].as_u64()),
        (Some("linear"), Some(3), Some(2))
    );
}

#[test]
fn train_writes_the_files_it_promises() {
    let desk = Desk::new();
    let said = desk.succeed(&format!("{SHORT} --covariance full --seed 3 --beta 2 --at 20:beta=4 --at 30:batch=16"));
    assert!(said.ends_with("saved in run\n") && said.contains("ima_contrast"), "{said}");
    assert_eq!(desk.names("run"), FILES);

    for (name, expected) in [
        ("observations.npy", [20_000, 3]),
        ("observations_test.npy", [4000, 3]),
        ("factors.npy", [20_000, 2]),
        ("factors_test.npy", [4000, 2]),
    ] {
        assert_eq!(shape(&desk.path("run").join(name)), expected, "{name}");
    }

    let config = desk.toml("run/config.toml");
    assert_eq!(keys(&config), ["commands", "model", "optimizer", "program", "scene", "schema", "seed", "steps"]);
    assert_eq!(config["commands"], toml::Value::from(vec!["20:beta=4", "30:batch=16"]));
    assert_eq!((config["seed"].as_integer(), config["steps"].as_integer()), (Some(3), Some(40)));
    assert_eq!(config["schema"].as_integer(), Some(1));
    assert!(config["program"].as_str().unwrap().starts_with("unpick "));
    let model = config["model"].as_table().unwrap();
    assert_eq!(keys(model), ["activation", "beta", "covariance", "decoder", "hidden", "latent_dim", "sigma2"]);
    assert_eq!((model["beta"].as_float(), model["covariance"].as_str()), (Some(2.0), Some("full")), "as at the start");
    assert_eq!(model["hidden"], toml::Value::from(vec![8]));
    assert_eq!(keys(config["scene"].as_table().unwrap()), ["name", "parameters"]);
    assert_eq!(config["optimizer"]["batch"].as_integer(), Some(32));

    let history = desk.read("run/history.csv");
    let rows: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "step,elbo,reconstruction,kl,kl_1,kl_2,beta,sigma2,covariance,lr,batch,ima_contrast,diagonal_gap,dto,\
         c2_residual,posterior_error,active_units,off_diagonal_mass,mcc"
    );
    let column = |name: &str| -> Vec<&str> {
        let place = rows[0].iter().position(|n| *n == name).unwrap();
        rows[1..].iter().map(|row| row[place]).collect()
    };
    assert_eq!(column("step"), ["10", "20", "30", "40"]);
    assert_eq!((column("beta"), column("batch")), (vec!["2", "2", "4", "4"], vec!["32", "32", "32", "16"]));
    assert_eq!(column("covariance"), ["full"; 4]);
    for i in 0..4 {
        let [elbo, reconstruction, kl, first, second, beta]: [f64; 6] =
            ["elbo", "reconstruction", "kl", "kl_1", "kl_2", "beta"].map(|name| column(name)[i].parse().unwrap());
        assert!((kl - first - second).abs() < 1e-12 && (elbo - reconstruction + beta * kl).abs() < 1e-9, "row {i}");
    }

    let metrics = desk.json("run/metrics.json");
    let names: Vec<&str> = metrics.as_object().unwrap().keys().map(String::as_str).collect();
    for name in [
        "step",
        "elbo",
        "elbo_standard_error",
        "reconstruction",
        "kl",
        "kl_per_dim",
        "active_units",
        "ima_contrast",
        "diagonal_gap",
        "off_diagonal_mass",
        "dto",
        "alignment",
        "c2_residual",
        "posterior_error",
        "singular_values",
        "mcc",
        "undefined",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert_eq!(metrics["step"], 40);
    // At the last step, where β = 4.
    let [elbo, reconstruction, kl] = ["elbo", "reconstruction", "kl"].map(|name| metrics[name].as_f64().unwrap());
    assert!((elbo - reconstruction + 4.0 * kl).abs() < 1e-9);
    assert_eq!((metrics["beta"].as_f64(), metrics["covariance"].as_str()), (Some(4.0), Some("full")));
    assert_eq!(metrics["kl_per_dim"].as_array().unwrap().len(), 2);
    assert_reasons(&metrics);

    let session = desk.json("run/session.unpick");
    assert_eq!(session["commands"], serde_json::json!(["20:beta=4", "30:batch=16"]));
    assert_eq!((session["seed"].as_u64(), session["steps"].as_u64()), (Some(3), Some(40)));
}

/// What is null, and only that, has a reason.
fn assert_reasons(metrics: &Value) {
    for (name, value) in metrics.as_object().unwrap() {
        let reason = metrics["undefined"].get(name);
        assert_eq!(value.is_null(), reason.is_some_and(Value::is_string), "{name} is {value} because of {reason:?}");
    }
}

#[test]
fn a_linear_decoder_comes_with_its_optimum_and_relu_without_second_derivatives() {
    let desk = Desk::new();
    desk.succeed("train --steps 30 --out linear");
    let metrics = desk.json("linear/metrics.json");
    let optimum = &metrics["optimum"];
    assert!((optimum["elbo"].as_f64().unwrap() + 3.14226).abs() < 1e-4, "theory 4.1: {optimum}");
    assert!((optimum["kl"].as_f64().unwrap() - 3.37905).abs() < 1e-4, "theory 4.1: {optimum}");
    desk.succeed("train --scene swiss-roll --hidden 6 --activation relu --steps 5 --out relu");
    let metrics = desk.json("relu/metrics.json");
    assert!(metrics["c2_residual"].is_null() && metrics["optimum"].is_null());
    assert!(metrics["undefined"]["c2_residual"].as_str().unwrap().contains("ReLU"));
    assert_reasons(&metrics);
    // Without hidden layers there is no ReLU either: all is linear.
    desk.succeed("train --scene swiss-roll --hidden , --activation relu --steps 5 --out flat");
    let metrics = desk.json("flat/metrics.json");
    assert_eq!(metrics["c2_residual"].as_f64(), Some(0.0));
    assert!(metrics["optimum"].is_object());
}

#[test]
fn what_has_no_value_in_a_collapsed_model_says_so() {
    let desk = Desk::new();
    desk.succeed("train --scene water-filling --beta 60 --steps 1500 --out run");
    let metrics = desk.json("run/metrics.json");
    assert_eq!((metrics["active_units"].as_u64(), metrics["ima_contrast"].as_f64()), (Some(0), None));
    assert_reasons(&metrics);
}

#[test]
fn a_kick_is_recorded_and_replayed() {
    let desk = Desk::new();
    desk.succeed(&format!("{SHORT} --covariance full --at 10:rotate=30 --at 20:rotate=-12.5:2,1"));
    assert_eq!(
        desk.toml("run/config.toml")["commands"],
        toml::Value::from(vec!["10:rotate=30", "20:rotate=-12.5:2,1"])
    );
    assert!(desk.succeed("replay run").starts_with("identical"));
    let error = desk.fail(2, &format!("{SHORT} --force --at 10:rotate=30:1,3"));
    assert!(error.contains("1,3 are not two different latents from 1 to 2"), "{error}");
}

/// Linear scenes are trained in half a second each. A scene that is edited so that it cannot show what it must fails.
#[test]
fn predictions_are_certified_and_a_falsified_one_fails() {
    let desk = Desk::new();
    let said = desk.succeed("certify linear-equal --seeds 1");
    assert!(said.starts_with("linear-equal\n") && said.contains("theorem") && !said.contains("FAIL"), "{said}");
    assert!(said.ends_with("6 of 6 predictions hold\n"), "{said}");

    let list: Value = serde_json::from_str(&desk.succeed("certify uniform-square --seeds 1 --json")).unwrap();
    for certificate in list.as_array().unwrap() {
        assert_eq!((&certificate["scene"], &certificate["passed"]), (&"uniform-square".into(), &true.into()));
        assert!(certificate["measured"].is_number() && certificate["runs"].as_array().unwrap().len() == 1);
    }

    let scene = include_str!("../assets/scenes/uniform-square.toml");
    desk.write("unfinished.toml", scene.replace("steps = 5000", "steps = 100"));
    let output = desk.run("certify unfinished.toml --seeds 1");
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{table}");
    assert!(table.contains("FAIL") && !table.ends_with("3 of 3 predictions hold\n"), "{table}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("unpick: ") && error.ends_with("do not hold\n"), "{error}");

    desk.write("own.toml", scene.replace("name = \"uniform-square\"", "name = \"own\""));
    assert!(desk.fail(2, "certify own.toml").contains("nothing is predicted about the scene 'own'"));
    assert!(desk.fail(2, "certify nowhere").contains("no scene 'nowhere'"));
}

/// The same number but for the last digit, which reading JSON may lose.
fn close(number: f64, json: &Value) -> bool {
    json.as_f64().is_some_and(|other| (number - other).abs() <= 1e-14 * other.abs())
}

#[test]
fn a_sweep_has_a_row_for_each_run_and_goes_on_where_it_stopped() {
    let desk = Desk::new();
    let sweep = "sweep --scene cylinder --hidden 6 --batch 16 --steps 20 --betas 0.5,2 --covariances diagonal,full";
    let said = desk.succeed(&format!("{sweep} --seeds 0..2 --out sweep"));
    assert!(said.starts_with("8 runs made, 0 were there already\n"), "{said}");
    let first = desk.read("sweep/sweep.csv");
    let names: Vec<&str> = first.lines().next().unwrap().split(',').collect();
    assert_eq!(names[..3], ["seed", "beta", "covariance"]);
    assert_eq!(first.lines().count(), 9);

    // A row is what `train` measures.
    desk.succeed(
        "train --scene cylinder --hidden 6 --batch 16 --steps 20 --beta 2 --covariance full --seed 1 --out one",
    );
    let metrics = desk.json("one/metrics.json");
    let rows: Vec<Vec<&str>> = first.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let row = rows.iter().find(|row| row[..3] == ["1", "2", "full"]).unwrap();
    for name in ["elbo", "kl", "ima_contrast", "mcc"] {
        let value: f64 = row[names.iter().position(|n| *n == name).unwrap()].parse().unwrap();
        assert!(close(value, &metrics[name]), "{name}: {value}");
    }

    // What is there is not made again, nor changed.
    let said = desk.succeed(&format!("{sweep} --seeds 0,1,5 --out sweep"));
    assert!(said.starts_with("4 runs made, 8 were there already\n"), "{said}");
    let second = desk.read("sweep/sweep.csv");
    assert!(second.starts_with(&first) && second.lines().count() == 13);
    let error = desk.fail(2, &format!("{sweep} --seeds 0..2 --lr 0.5 --out sweep"));
    assert!(error.contains("a sweep of other runs"), "{error}");
    assert_eq!(desk.read("sweep/sweep.csv"), second);
    for (arguments, words) in [
        ("--betas 1,x", "'x' is not a number"),
        ("--betas -1", "beta = -1"),
        ("--seeds 3..3", "range"),
        ("--covariances round", "choose one of diagonal, full"),
        ("--betas 1 --beta 2", "cannot be used with"),
    ] {
        let error = desk.fail(2, &format!("sweep --steps 3 {arguments} --out other"));
        assert!(error.contains(words), "{arguments}: {error}");
    }
    assert!(!desk.path("other").exists(), "a request that makes no sense leaves nothing");
}

#[test]
fn two_runs_share_what_is_common_and_differ_in_what_is_said() {
    let desk = Desk::new();
    let common = "--scene cylinder --hidden 6 --batch 16 --seed 4";
    // The words of a side are separated by spaces, which `run` would split.
    let output = Command::new(env!("CARGO_BIN_EXE_unpick"))
        .args(format!("compare {common} --steps 20 --out pair --b").split_whitespace())
        .arg("covariance=full beta=3 at=10:rotate=30")
        .current_dir(desk.0.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pictures: &[&str] = if cfg!(feature = "gui") { &["compare.png", "compare.svg"] } else { &[] };
    assert_eq!(desk.names("pair"), [&["a", "b", "compare.csv"], pictures].concat());
    assert_eq!(
        (desk.names("pair/a"), desk.names("pair/b")),
        (FILES.map(str::to_owned).to_vec(), FILES.map(str::to_owned).to_vec())
    );
    let bytes = |name: &str| fs::read(desk.path("pair").join(name)).unwrap();
    assert_eq!(bytes("a/observations.npy"), bytes("b/observations.npy"), "the same data");
    // A side is the run that `train` makes.
    desk.succeed(&format!("train {common} --steps 20 --covariance full --beta 3 --at 10:rotate=30 --out alone"));
    assert_eq!(bytes("b/model.safetensors"), fs::read(desk.path("alone/model.safetensors")).unwrap());
    assert!(desk.succeed("replay pair/b").starts_with("identical"));

    let csv = desk.read("pair/compare.csv");
    let row = |name: &str| -> Vec<String> {
        let line = csv.lines().find(|line| line.split(',').next() == Some(name)).unwrap();
        line.split(',').map(str::to_owned).collect()
    };
    assert_eq!(
        (csv.lines().next(), row("covariance")),
        (Some("metric,a,b"), ["covariance", "diagonal", "full"].map(str::to_owned).to_vec())
    );
    let (a, b) = (desk.json("pair/a/metrics.json"), desk.json("pair/b/metrics.json"));
    for (text, metrics) in row("elbo")[1..].iter().zip([a, b]) {
        assert!(close(text.parse().unwrap(), &metrics["elbo"]), "{text}");
    }
    assert!(String::from_utf8(output.stdout).unwrap().contains("ima_contrast"));

    assert!(desk.fail(2, "compare --steps 3 --out pair").contains("--force"));
    assert!(desk.fail(2, "compare --a betta=2 --out other").contains("betta"));
    assert!(desk.fail(2, "compare --a beta=-2 --out other").contains("beta = -2"));
}

#[test]
fn metrics_are_computed_again_from_the_model() {
    let desk = Desk::new();
    desk.succeed(&format!("{SHORT} --at 10:covariance=full --at 20:sigma2=0.5"));
    let saved = desk.json("run/metrics.json");
    // Not read back: they come out the same without the file.
    fs::remove_file(desk.path("run/metrics.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&desk.succeed("metrics run --json")).unwrap(), saved);
    let table = desk.succeed("metrics run");
    let line = table.lines().find(|line| line.starts_with("elbo ")).unwrap();
    assert_eq!(line.split_whitespace().nth(1).unwrap(), format!("{:.4}", saved["elbo"].as_f64().unwrap()));
}

#[test]
fn a_replay_notices_one_changed_bit() {
    let desk = Desk::new();
    desk.succeed(&format!("{SHORT} --seed 5 --at 0:lr=0.02 --at 12:covariance=full --at 12:beta=3 --at 40:beta=1"));
    assert!(desk.succeed("replay run").starts_with("identical: all "));
    let model = desk.path("run/model.safetensors");
    let mut bytes = fs::read(&model).unwrap();
    // The numbers stand at the end, little-endian: this is the lowest bit of the last one.
    let place = bytes.len() - 4;
    bytes[place] ^= 1;
    fs::write(&model, bytes).unwrap();
    let sentence = desk.fail(1, "replay run");
    assert!(sentence.starts_with("different: 1 of "), "{sentence}");
}

#[test]
fn a_session_is_the_same_run_again_or_another_from_its_seed() {
    let desk = Desk::new();
    desk.succeed(&format!("{SHORT} --seed 5 --at 10:beta=3"));
    desk.succeed("train --session run/session.unpick --out again");
    for name in FILES {
        assert_eq!(
            fs::read(desk.path("run").join(name)).unwrap(),
            fs::read(desk.path("again").join(name)).unwrap(),
            "{name}"
        );
    }
    desk.succeed("train --session run/session.unpick --seed 6 --steps 20 --out other");
    desk.succeed(&format!("{SHORT} --seed 6 --at 10:beta=3 --steps 20").replace("--steps 40 --out run", "--out fresh"));
    assert_eq!(desk.read("other/config.toml"), desk.read("fresh/config.toml"));
    assert_eq!(
        fs::read(desk.path("other/model.safetensors")).unwrap(),
        fs::read(desk.path("fresh/model.safetensors")).unwrap()
    );
    assert!(desk.succeed("replay other").starts_with("identical"), "data, too, are those of the new seed");
}

#[test]
fn a_scene_of_ones_own_is_a_file() {
    let desk = Desk::new();
    desk.write(
        "tilted.toml",
        "name = 'tilted'\ntitle = ''\nsummary = ''\nlook_for = ''\n[generator]\nsamples = 100\ntest_samples = 20\n\
         map.kind = 'mixing'\n[training]\nhidden = []\nsteps = 15\n",
    );
    desk.succeed("train --scene tilted.toml --out run");
    assert_eq!(shape(&desk.path("run/observations.npy")), [100, 2]);
    assert_eq!(desk.toml("run/config.toml")["optimizer"]["batch"].as_integer(), Some(100), "no more than there are");
    assert!(desk.succeed("replay run").starts_with("identical"));
    desk.write("tilted.toml", "name = 'tilted'\nsides = 3\n");
    let sentence = desk.fail(2, "train --scene tilted.toml --out other");
    assert!(sentence.contains("sides") && sentence.ends_with(": tilted.toml"), "{sentence}");
    assert!(desk.fail(2, "train --scene none.toml --out other").ends_with(": none.toml"));
}

/// Rows of two columns that vary.
fn rows(separator: char) -> String {
    (0..30).map(|i| format!("{}{separator}{}\n", f64::from(i).sin(), f64::from(i * i % 7))).collect::<Vec<_>>().concat()
}

#[test]
fn own_data_come_as_text_or_arrays() {
    let desk = Desk::new();
    desk.write("plain.csv", rows(','));
    desk.write("named.csv", format!("left,right\n{}", rows(',')));
    desk.write("semicolon.csv", rows(';'));
    desk.write("tabs.tsv", rows('\t'));
    desk.write(
        "array.npy",
        write_npy_f32(&Matrix::from_fn(2, 30, |r, c| if r == 0 { (c as f32).sin() } else { (c * c % 7) as f32 })),
    );
    let names = ["plain.csv", "named.csv", "semicolon.csv", "tabs.tsv", "array.npy"];
    for (i, name) in names.into_iter().enumerate() {
        desk.succeed(&format!("train --data {name} --hidden 4 --steps 12 --out {i}"));
        assert_eq!(desk.names(&i.to_string()).len(), FILES.len() - 2, "{name} has no factors");
        assert_eq!(shape(&desk.path(&format!("{i}/observations.npy"))), [24, 2], "four fifths of {name}");
        let config = desk.toml(&format!("{i}/config.toml"));
        assert_eq!((config["data"]["file"].as_str(), config.get("scene")), (Some(name), None));
        assert_eq!(config["data"]["sha256"].as_str().unwrap().len(), 64);
        let metrics = desk.json(&format!("{i}/metrics.json"));
        assert!(metrics["mcc"].is_null() && metrics["undefined"]["mcc"].is_string());
        assert!(desk.succeed(&format!("replay {i}")).starts_with("identical"), "{name}");
    }
    for text in ["1", "2", "3"] {
        let same =
            |file: &str| fs::read(desk.path("0").join(file)).unwrap() == fs::read(desk.path(text).join(file)).unwrap();
        assert!(same("observations.npy") && same("model.safetensors"), "{text} holds the same numbers as 0");
    }
    // The file itself may go: the run has what it needs.
    fs::remove_file(desk.path("plain.csv")).unwrap();
    desk.succeed("train --session 0/session.unpick --steps 20 --out more");
    assert!(desk.succeed("replay more").starts_with("identical"));
}

#[test]
fn own_data_that_cannot_be_used_are_named() {
    let desk = Desk::new();
    let broken = |line: &str| format!("{}{line}\n", rows(','));
    let binary: Vec<u8> = (0..2000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut array = write_npy_f32(&Matrix::from_fn(2, 30, |r, c| (r + c) as f32));
    desk.write("short.npy", &array[..array.len() - 3]);
    let place = array.len() - 4;
    array[place..].copy_from_slice(&f32::NAN.to_le_bytes());
    desk.write("nan.npy", array);
    desk.write("text.csv", broken("1,two"));
    desk.write("ragged.csv", broken("1,2,3"));
    desk.write("nan.csv", broken("nan,1"));
    desk.write("gap.csv", broken("1,"));
    desk.write("constant.csv", "1,2\n".repeat(20));
    desk.write("short.csv", "1,2\n");
    desk.write("empty.csv", "");
    desk.write("junk.csv", binary);
    desk.write("huge.csv", broken("1e300,1"));
    fs::create_dir(desk.path("folder")).unwrap();
    let before = desk.names(".");
    for (name, words) in [
        ("missing.csv", "cannot read the file"),
        ("folder", "cannot read the file"),
        ("text.csv", "line 31, column 2 holds \"two\""),
        ("ragged.csv", "line 31 has 3 cells"),
        ("nan.csv", "line 31, column 1 holds \"nan\""),
        ("gap.csv", "line 31, column 2 is empty"),
        ("constant.csv", "nothing to learn"),
        ("short.csv", "too few"),
        ("empty.csv", "no numbers"),
        ("junk.csv", "neither text nor .npy"),
        ("huge.csv", "too large"),
        ("short.npy", "ends before"),
        ("nan.npy", "row 29, column 1"),
    ] {
        let sentence = desk.fail(2, &format!("train --data {name} --steps 3 --out run"));
        assert!(sentence.contains(words) && sentence.ends_with(&format!(": {name}")), "{sentence}");
    }
    assert_eq!(desk.names("."), before, "nothing was written");
}

#[test]
fn requests_that_make_no_sense_are_refused_before_anything_happens() {
    let desk = Desk::new();
    for (arguments, words) in [
        ("--scene blob", "there is no scene 'blob'; choose one of linear,"),
        ("--beta -1", "beta = -1 is not between"),
        ("--beta nan", "beta = NaN"),
        ("--beta many", "'many'"),
        ("--sigma2 0", "sigma2 = 0 is not between"),
        ("--sigma2 inf", "sigma2 = inf"),
        ("--lr nan", "lr = NaN"),
        ("--lr 0", "lr = 0 is not between"),
        ("--latent-dim 0", "latent_dim = 0 is not between 1 and 64"),
        ("--latent-dim 1000", "latent_dim = 1000"),
        ("--hidden 0", "hidden = 0 is not between"),
        ("--hidden 8,x", "'8,x' is not a list of whole numbers"),
        ("--hidden 9,9,9,9,9,9,9,9,9", "9 layers are more than the 8"),
        ("--batch 0", "batch = 0"),
        ("--batch 100000", "batch = 100000"),
        ("--seed 18446744073709551615", "seed = 18446744073709551615"),
        ("--activation sine", "choose one of tanh, relu, softplus, linear"),
        ("--covariance round", "choose one of diagonal, full"),
        ("--decoder conv", "choose one of mlp, linear"),
        ("--at 30:beta=2", "--at 30:beta=2 comes after the last step 20"),
        ("--at beta=2", "there is no colon"),
        ("--at ten:beta=2", "the step is not a whole number"),
        ("--at 10:beta", "name=value"),
        ("--at 10:beta=two", "'two' is not a number"),
        ("--at 10:hidden=3", "cannot be changed in a living run"),
        ("--at 5:lr=0.1 --at 10:beta=-2", "at step 10: beta = -2"),
        ("--at 10:batch=0", "at step 10: batch = 0"),
        ("--scene linear --data x.csv", "cannot be used with"),
        ("--momentum 0.9", "unexpected argument '--momentum'"),
        ("--session none.unpick", "cannot read the session"),
    ] {
        let sentence = desk.fail(2, &format!("train --steps 20 --out run {arguments}"));
        assert!(sentence.contains(words), "{arguments}: {sentence}");
    }
    assert!(desk.fail(2, "train --steps 20").contains("--out <DIR>"));
    assert!(desk.fail(2, "train --out run --steps -3").contains("'-3' for '--steps <STEPS>'"));
    assert!(desk.fail(2, "tarin").contains("tarin"));
    assert_eq!(desk.names("."), [""; 0], "nothing was written");
    desk.write("ten.csv", rows(','));
    assert!(
        desk.fail(2, "train --data ten.csv --batch 25 --steps 3 --out run")
            .contains("batch = 25 is not between 1 and 24")
    );
    assert_eq!(desk.names("."), ["ten.csv"]);
}

#[test]
fn nothing_is_overwritten_without_force_and_nothing_put_where_it_cannot_be() {
    let desk = Desk::new();
    fs::create_dir(desk.path("run")).unwrap();
    desk.write("run/thesis.tex", "years of work");
    let sentence = desk.fail(2, SHORT);
    assert!(sentence.contains("--force") && sentence.ends_with(": run"), "{sentence}");
    assert_eq!(desk.names("run"), ["thesis.tex"]);
    desk.succeed(&format!("{SHORT} --force"));
    assert_eq!(desk.read("run/thesis.tex"), "years of work");
    assert_eq!(desk.names("run").len(), FILES.len() + 1);

    // So many steps would take days: the place is looked at first.
    for place in ["run/thesis.tex", "run/thesis.tex/inside"] {
        let sentence = desk.fail_soon(2, &format!("train --steps 1000000000 --out {place}"));
        let words = ("cannot make the folder (", format!(": {place}"));
        assert!(sentence.starts_with(words.0) && sentence.ends_with(&words.1), "{sentence}");
    }
    // The model's place is taken by a folder: writing fails, and says where.
    fs::create_dir_all(desk.path("blocked/model.safetensors/x")).unwrap();
    let sentence = desk.fail(2, "train --steps 3 --force --out blocked");
    assert!(
        sentence.starts_with("cannot write the file (") && sentence.ends_with(": blocked/model.safetensors"),
        "{sentence}"
    );
}

#[test]
fn a_run_that_diverges_says_where_and_leaves_what_was_sound() {
    let desk = Desk::new();
    let sentence = desk.fail(1, &SHORT.replace("--steps 40", "--steps 300 --at 100:lr=1000"));
    for words in ["the loss became ", "after lr=1000 at step 100", "went back to step 100", "saved in run"] {
        assert!(sentence.contains(words), "{words} is missing in: {sentence}");
    }
    assert_eq!(desk.names("run"), FILES);
    let config = desk.toml("run/config.toml");
    assert_eq!((config["steps"].as_integer(), config["commands"].as_array().map(Vec::len)), (Some(100), Some(0)));
    assert!(desk.json("run/metrics.json")["elbo"].as_f64().unwrap().is_finite());
    assert!(desk.succeed("replay run").starts_with("identical"));

    let sentence = desk.fail(1, "train --lr 1000 --steps 300 --out hopeless");
    assert!(sentence.contains("went back to step 0"), "{sentence}");
    // There is no later step that would notice by learning.
    let sentence = desk.fail(1, "train --scene cylinder --hidden 512 --lr 1000 --steps 1 --out last");
    assert!(sentence.contains("at step 1; went back to step 0") && sentence.ends_with(" last"), "{sentence}");
}

#[test]
fn a_damaged_run_is_refused_with_the_file_that_is_damaged() {
    let desk = Desk::new();
    desk.write("own.csv", rows(','));
    desk.succeed("train --data own.csv --hidden 4 --steps 12 --at 5:beta=2 --out run");
    /// A file, what becomes of its content (`None` removes it), what must be said, and of which file.
    type Damage<'a> = (&'a str, Option<&'a dyn Fn(Vec<u8>) -> Vec<u8>>, &'a str, &'a str);
    let replaced = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{from} is not in {text}");
            text.replace(from, to).into_bytes()
        }
    };
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 20].to_vec();
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let junk = |bytes: Vec<u8>| bytes.iter().map(|b| b.wrapping_mul(7) ^ 0xa5).collect();
    let empty = |_: Vec<u8>| Vec::new();
    let nan = |mut bytes: Vec<u8>| {
        let place = bytes.len() - 4;
        bytes[place..].copy_from_slice(&f32::NAN.to_le_bytes());
        bytes
    };
    let (unknown, schema) = (replaced("latent_dim", "latent_dims"), replaced("schema = 1", "schema = 9"));
    let (nonsense, late) = (replaced("5:beta=2", "5:beta=-2"), replaced("5:beta=2", "50:beta=2"));
    let (wider, wide) = (replaced("hidden = [4]", "hidden = [5]"), replaced("hidden = [4]", "hidden = [4000000000]"));
    let (full, steps) = (replaced("\"diagonal\"", "\"full\""), replaced("steps = 12", "steps = -12"));
    let (config, model, train, test) =
        ("config.toml", "model.safetensors", "observations.npy", "observations_test.npy");
    let damages: [Damage<'_>; 22] = [
        (config, None, "this is no folder of a run", "run"),
        (config, Some(&junk), "config.toml cannot be read", "run"),
        (config, Some(&half), "line ", "run/config.toml"),
        (config, Some(&empty), "missing field `schema`", "run/config.toml"),
        (config, Some(&unknown), "latent_dim", "run/config.toml"),
        (config, Some(&schema), "schema 9", "run/config.toml"),
        (config, Some(&nonsense), "at step 5: beta = -2", "run/config.toml"),
        (config, Some(&late), "50:beta=2 comes after the last step 12", "run/config.toml"),
        (config, Some(&wide), "hidden = 4000000000", "run/config.toml"),
        (config, Some(&steps), "line 4", "run/config.toml"),
        (model, None, "cannot read the model", "run/model.safetensors"),
        (model, Some(&half), "not a whole safetensors file", "run/model.safetensors"),
        (model, Some(&junk), "not a whole safetensors file", "run/model.safetensors"),
        (model, Some(&empty), "not a whole safetensors file", "run/model.safetensors"),
        // A model that belongs to another configuration.
        (config, Some(&wider), "[4, 2]", "run/model.safetensors"),
        (config, Some(&full), "posterior_tril", "run/model.safetensors"),
        (train, None, "cannot read the data", "run/observations.npy"),
        (train, Some(&half), "ends before", "run/observations.npy"),
        (train, Some(&nan), "row 23 holds no finite number", "run/observations.npy"),
        (test, Some(&junk), ".npy", "run/observations_test.npy"),
        ("history.csv", None, "cannot read the history", "run/history.csv"),
        ("history.csv", Some(&cut), "line 2: this is no row of a history", "run/history.csv"),
    ];
    for (name, damage, words, blamed) in damages {
        let path = desk.path("run").join(name);
        let whole = fs::read(&path).unwrap();
        match damage {
            Some(damage) => fs::write(&path, damage(whole.clone())).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        for command in ["metrics run", "replay run"] {
            let sentence = desk.fail(2, command);
            assert!(sentence.contains(words) && sentence.ends_with(&format!(": {blamed}")), "{name}: {sentence}");
        }
        fs::write(&path, whole).unwrap();
    }
    assert!(desk.succeed("replay run").starts_with("identical"), "whole again");

    let session = desk.read("run/session.unpick");
    for (text, words) in [
        (session[..session.len() / 2].to_owned(), "not a whole session file"),
        (String::new(), "not a whole session file"),
        (session.replace("\"schema\": 1", "\"schema\": 9"), "schema 9"),
        (session.replace("5:beta=2", "5:beta=two"), "'two' is not a number"),
        (session.replace("\"beta\": 1.0", "\"beta\": \"one\""), "string \"one\", expected f64"),
    ] {
        desk.write("run/session.unpick", text);
        let sentence = desk.fail(2, "train --session run/session.unpick --steps 20 --out other");
        assert!(sentence.contains(words) && sentence.ends_with(": run/session.unpick"), "{sentence}");
    }
    assert_eq!(desk.names("."), ["own.csv", "run"], "nothing was written");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let desk = Desk::new();
    for arguments in [&["scenes"][..], &["scenes", "--json"], &["--help"], &["train", "--steps", "3", "--out", "run"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(arguments)
            .current_dir(desk.0.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The pipe is closed before anything can be written to it.
        drop(program.stdout.take());
        let output = program.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && error.is_empty(), "{arguments:?}: {error}");
    }
    assert_eq!(desk.names("run").len(), FILES.len(), "the run is saved all the same");
}

/// A full disk, say: results that cannot be delivered are an error.
#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_written_are_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_unpick")).arg("scenes").stdout(full).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("standard output") && error.lines().count() == 1, "{error}");
}

#[test]
fn help_and_version_are_results() {
    let desk = Desk::new();
    assert!(desk.succeed("--version").starts_with("unpick "));
    let help = desk.succeed("--help");
    for command in ["scenes", "train", "metrics", "replay"] {
        assert!(help.contains(command), "{command} is missing in the help");
    }
    assert!(desk.succeed("train --help").contains("--at <STEP:NAME=VALUE>"));
}
