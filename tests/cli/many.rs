//! Commands that train many runs.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::desk::{Desk, FILES};

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

    let scene = include_str!("../../assets/scenes/uniform-square.toml");
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
