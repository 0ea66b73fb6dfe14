//! Commands that train several runs.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::harness::{FILES, Harness};

/// Linear scenes train in half a second each. A scene edited to stop early must fail. `certify` is an alias.
#[test]
fn predictions_are_checked_and_a_false_one_fails() {
    let cli = Harness::new();
    let text = cli.succeed("certify linear-equal --seeds 1");
    assert!(text.starts_with("linear-equal\n") && text.contains("theorem") && !text.contains("FAIL"), "{text}");
    assert!(text.ends_with("6 of 6 predictions hold\n"), "{text}");

    let list: Value = serde_json::from_str(&cli.succeed("check uniform-square --seeds 1 --json")).unwrap();
    for check in list.as_array().unwrap() {
        assert_eq!((&check["scene"], &check["passed"]), (&"uniform-square".into(), &true.into()));
        assert!(check["measured"].is_number() && check["runs"].as_array().unwrap().len() == 1);
    }

    // Another seed is another run, and the seeds are consecutive.
    let runs = |arguments: &str| -> Vec<Vec<f64>> {
        let list: Value =
            serde_json::from_str(&cli.succeed(&format!("check uniform-square --json {arguments}"))).unwrap();
        let numbers = |check: &Value| check["runs"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        list.as_array().unwrap().iter().map(numbers).collect()
    };
    let [zero, one, both] = ["--seeds 1", "--seeds 1 --first-seed 1", "--seeds 2 --first-seed 0"].map(runs);
    assert_ne!(zero, one);
    assert_eq!(both, zero.iter().zip(&one).map(|(a, b)| [&a[..], b].concat()).collect::<Vec<_>>());
    assert!(cli.fail(2, "check uniform-square --first-seed x").contains("'x' for '--first-seed <N>'"));

    let scene = include_str!("../../assets/scenes/uniform-square.toml");
    cli.write("unfinished.toml", scene.replace("steps = 5000", "steps = 100"));
    let output = cli.run("check unfinished.toml --seeds 1");
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{table}");
    assert!(table.contains("FAIL") && !table.ends_with("3 of 3 predictions hold\n"), "{table}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("unpick: ") && error.ends_with("do not hold\n"), "{error}");

    cli.write("own.toml", scene.replace("name = \"uniform-square\"", "name = \"own\""));
    assert!(cli.fail(2, "check own.toml").contains("no predictions about the scene 'own'"));
    assert!(cli.fail(2, "check linear polar linear").contains("'linear' is given twice"));
    assert!(cli.fail(2, "check nowhere").contains("no scene 'nowhere'"));
}

/// Equal up to the last digit, which JSON may lose.
fn close(number: f64, json: &Value) -> bool {
    json.as_f64().is_some_and(|other| (number - other).abs() <= 1e-14 * other.abs())
}

#[test]
fn shards_of_a_sweep_make_the_same_rows_in_any_order_and_are_merged() {
    let cli = Harness::new();
    let sweep = "sweep --scene linear --steps 5 --betas 0.5,2 --covariances diagonal,full --seeds 0..2";
    cli.succeed(&format!("{sweep} --out whole"));
    cli.succeed(&format!("{sweep} --shard 2/3 --out here"));
    cli.succeed(&format!("{sweep} --shard 3/3 --out there"));
    cli.succeed(&format!("{sweep} --shard 1/3 --out here"));
    let text = cli.succeed("sweep --merge here there --out merged");
    assert!(text.starts_with("8 runs of 3 tables"), "{text}");
    let sorted = |table: &str| {
        let mut lines: Vec<String> = cli.read(table).lines().skip(1).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted("merged/sweep.csv"), sorted("whole/sweep.csv"), "the same rows to the last digit");
    // Twice is once, and a folder that holds the whole goes on.
    cli.succeed("sweep --merge there --out merged");
    assert!(cli.succeed(&format!("{sweep} --out merged")).starts_with("0 runs made, 8 were there already"));
    let other = cli.fail(2, &format!("{sweep} --lr 0.5 --shard 1/3 --out here"));
    assert!(other.contains("a sweep of other runs"), "{other}");
    cli.succeed(&format!("{sweep} --lr 0.5 --shard 1/3 --out other"));
    assert!(cli.fail(2, "sweep --merge here other --out mixed").contains("a sweep of other runs"));
    assert!(cli.fail(2, "sweep --merge nowhere --out mixed").contains("nowhere"));
    assert!(cli.fail(2, &format!("{sweep} --merge here --out mixed")).contains("cannot be used with"));
    assert!(cli.fail(2, &format!("{sweep} --shard 4/3 --out here")).contains("K/N"));
}

#[test]
fn a_sweep_has_a_row_per_run_and_continues_where_it_stopped() {
    let cli = Harness::new();
    let sweep = "sweep --scene cylinder --hidden 6 --batch 16 --steps 20 --betas 0.5,2 --covariances diagonal,full";
    let text = cli.succeed(&format!("{sweep} --seeds 0..2 --out sweep"));
    assert!(text.starts_with("8 runs made, 0 were there already\nmedians over seeds"), "{text}");
    assert!(text.contains("beta_gap       β 0.5    diagonal") && text.contains(", 2 seeds)\n"), "{text}");
    let first = cli.read("sweep/sweep.csv");
    let names: Vec<&str> = first.lines().next().unwrap().split(',').collect();
    assert_eq!(names[..3], ["seed", "beta", "covariance"]);
    assert_eq!(first.lines().count(), 9);

    // A row has the metrics of `train`.
    cli.succeed(
        "train --scene cylinder --hidden 6 --batch 16 --steps 20 --beta 2 --covariance full --seed 1 --out one",
    );
    let metrics = cli.json("one/metrics.json");
    let rows: Vec<Vec<&str>> = first.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let row = rows.iter().find(|row| row[..3] == ["1", "2", "full"]).unwrap();
    for name in ["elbo", "kl", "ima_contrast", "mcc"] {
        let value: f64 = row[names.iter().position(|n| *n == name).unwrap()].parse().unwrap();
        assert!(close(value, &metrics[name]), "{name}: {value}");
    }

    // Existing rows stay as they are.
    let text = cli.succeed(&format!("{sweep} --seeds 0,1,5 --out sweep"));
    assert!(text.starts_with("4 runs made, 8 were there already\n"), "{text}");
    let second = cli.read("sweep/sweep.csv");
    assert!(second.starts_with(&first) && second.lines().count() == 13);
    let error = cli.fail(2, &format!("{sweep} --seeds 0..2 --lr 0.5 --out sweep"));
    assert!(error.contains("a sweep of other runs"), "{error}");
    assert_eq!(cli.read("sweep/sweep.csv"), second);
    for (arguments, words) in [
        ("--betas 1,x", "'x' is not a number"),
        ("--betas -1", "beta = -1"),
        ("--seeds 3..3", "range"),
        ("--betas 1,2,1.0", "1 is given twice"),
        ("--seeds 0..3,2", "2 is given twice"),
        ("--covariances diagonal,diagonal", "diagonal is given twice"),
        ("--covariances round", "choose one of diagonal, full"),
        ("--betas 1 --beta 2", "cannot be used with"),
    ] {
        let error = cli.fail(2, &format!("sweep --steps 3 {arguments} --out other"));
        assert!(error.contains(words), "{arguments}: {error}");
    }
    assert!(!cli.path("other").exists(), "a request that makes no sense leaves nothing");
}

#[test]
fn compared_runs_share_common_options_and_differ_in_their_own() {
    let cli = Harness::new();
    let common = "--scene cylinder --hidden 6 --batch 16 --seed 4";
    // The options of one run contain spaces, at which `run` would split them.
    let output = Command::new(env!("CARGO_BIN_EXE_unpick"))
        .args(format!("compare {common} --steps 20 --out pair --b").split_whitespace())
        .arg("covariance=full beta=3 at=10:rotate=30")
        .current_dir(cli.0.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pictures: &[&str] = if cfg!(feature = "gui") { &["compare.png", "compare.svg"] } else { &[] };
    assert_eq!(cli.names("pair"), [&["a", "b", "compare.csv"], pictures].concat());
    assert_eq!(
        (cli.names("pair/a"), cli.names("pair/b")),
        (FILES.map(str::to_owned).to_vec(), FILES.map(str::to_owned).to_vec())
    );
    let bytes = |name: &str| fs::read(cli.path("pair").join(name)).unwrap();
    assert_eq!(bytes("a/observations.npy"), bytes("b/observations.npy"), "the same data");
    // Each run is the one that `train` makes.
    cli.succeed(&format!("train {common} --steps 20 --covariance full --beta 3 --at 10:rotate=30 --out alone"));
    assert_eq!(bytes("b/model.safetensors"), fs::read(cli.path("alone/model.safetensors")).unwrap());
    assert!(cli.succeed("replay pair/b").starts_with("identical"));

    let csv = cli.read("pair/compare.csv");
    let row = |name: &str| -> Vec<String> {
        let line = csv.lines().find(|line| line.split(',').next() == Some(name)).unwrap();
        line.split(',').map(str::to_owned).collect()
    };
    assert_eq!(
        (csv.lines().next(), row("covariance")),
        (
            Some("metric,a,b,a_minus_b,low,high"),
            ["covariance", "diagonal", "full", "", "", ""].map(str::to_owned).to_vec()
        )
    );
    let (a, b) = (cli.json("pair/a/metrics.json"), cli.json("pair/b/metrics.json"));
    for (text, metrics) in row("elbo")[1..].iter().zip([&a, &b]) {
        assert!(close(text.parse().unwrap(), &metrics["elbo"]), "{text}");
    }
    let [mean, low, high]: [f64; 3] = [3, 4, 5].map(|column| row("elbo")[column].parse().unwrap());
    let number = |metrics: &Value, name: &str| metrics[name].as_f64().unwrap();
    assert!((mean - number(&a, "elbo") + number(&b, "elbo")).abs() < 1e-9 && low < mean && mean < high);
    // Pairs share the observation and the noise, so the interval is narrower than that of two independent means.
    let errors = [&a, &b].map(|metrics| number(&metrics["standard_errors"], "elbo"));
    assert!(high - low < 2.0 * 1.96 * errors[0].hypot(errors[1]), "{low} {high} {errors:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("ima_contrast") && text.contains("paired differences"), "{text}");

    let text = cli.succeed(&format!(
        "compare {} --steps 5 --a seed=1 --b seed=2 --out unpaired",
        common.replace(" --seed 4", "")
    ));
    assert!(text.contains("different held-out observations"), "{text}");
    assert!(cli.read("unpaired/compare.csv").lines().any(|line| line.starts_with("elbo,") && line.ends_with(",,,")));

    assert!(cli.fail(2, "compare --steps 3 --out pair").contains("--force"));
    assert!(cli.fail(2, "compare --a betta=2 --out other").contains("betta"));
    assert!(cli.fail(2, "compare --a beta=-2 --out other").contains("beta = -2"));
}
