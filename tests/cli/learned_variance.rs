//! Runs that learn σ².

use super::harness::Harness;

const RUN: &str = "train --scene linear --steps 200 --seed 2";

#[test]
fn a_learned_variance_is_recorded_repeated_and_measured() {
    let cli = Harness::new();
    cli.succeed(&format!("{RUN} --sigma2 learned:0.3 --at 90:sigma2=0.2 --at 120:sigma2=learned --out run"));
    let config = cli.toml("run/config.toml");
    assert_eq!(config["model"]["sigma2"].as_float(), Some(0.3), "where it starts");
    assert_eq!(config["model"]["learns_sigma2"].as_bool(), Some(true));
    let learned = config["sigma2"].as_float().unwrap();
    assert!(cli.succeed("replay run").contains("agree to the last bit"));
    assert!(cli.succeed("train --session run/session.unpick --out again").contains("to the last bit"));
    assert_eq!(cli.read("again/metrics.json"), cli.read("run/metrics.json"));
    let recipe = cli.succeed("recipe run");
    let changes = ["sigma2=learned:0.3", "at=90:sigma2=0.2", "at=120:sigma2=learned"];
    assert!(changes.iter().all(|change| recipe.trim().split(';').any(|part| part == *change)), "{recipe}");
    cli.succeed(&format!("train --recipe {} --out repeated", recipe.trim()));
    assert_eq!(cli.read("repeated/history.csv"), cli.read("run/history.csv"));

    let metrics = cli.json("run/metrics.json");
    assert_eq!(metrics["sigma2"].as_f64(), Some(learned));
    assert_eq!(metrics["learns_sigma2"].as_bool(), Some(true));
    // λ = 2.05, 1.05 and 0.05, of which two are carried.
    assert!((metrics["optimum_training"]["sigma2"].as_f64().unwrap() - 0.05).abs() < 1e-6);
    let measured = cli.succeed("metrics run");
    assert!(measured.contains("optimum_training"), "{measured}");
    let history = cli.read("run/history.csv");
    let lines: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    let column = lines[0].iter().position(|column| *column == "sigma2").unwrap();
    let values: Vec<f64> = lines[1..].iter().map(|line| line[column].parse().unwrap()).collect();
    assert!(values[0] != 0.3 && values.windows(2).any(|w| w[0] != w[1]), "{values:?}");
    assert_eq!(*values.last().unwrap(), learned, "step 200 has a row");
}

/// Nothing changes for runs with a fixed σ², and their files have no new keys.
#[test]
fn a_fixed_variance_has_no_key() {
    let cli = Harness::new();
    cli.succeed(&format!("{RUN} --sigma2 0.05 --out run"));
    for file in ["run/session.unpick", "run/config.toml", "run/metrics.json"] {
        assert!(!cli.read(file).contains("learn"), "{file}");
    }
    assert!(cli.toml("run/config.toml").get("sigma2").is_none());
}

/// A model that reconstructs without error sends σ² to its least value, and the program says so.
#[test]
fn the_least_value_is_said() {
    let cli = Harness::new();
    cli.write("line.csv", (0..60).map(|i| format!("{},{}\n", i % 10, 2 * (i % 10))).collect::<String>());
    let options = "--data line.csv --decoder linear --hidden , --latent-dim 2 --regularizer none --lr 0.05 --batch 32 --steps 3000";
    let said = cli.succeed(&format!("train {options} --optimizer sgd --sigma2 learned --out run"));
    assert!(said.contains("least value that is allowed, 0.00000001"), "{said}");
    assert_eq!(cli.json("run/metrics.json")["sigma2"].as_f64(), Some(1e-8));
}

#[test]
fn what_it_does_not_go_with_is_said_in_one_sentence() {
    let cli = Harness::new();
    for (options, words) in [
        ("--sigma2 learn", "neither a number nor learned"),
        ("--sigma2 learned:", "neither a number nor learned"),
        ("--sigma2 learned:x", "not a number"),
        ("--sigma2 learned:0", "sigma2 = 0 is not between"),
        ("--sigma2 learned --optimizer lbfgs", "choose adam-equivariant"),
        ("--sigma2 learned --at 9:optimizer=lbfgs", "choose adam-equivariant"),
        ("--sigma2 learned --likelihood bernoulli", "has no variance"),
    ] {
        let sentence = cli.fail(2, &format!("{RUN} {options} --out run"));
        assert!(sentence.contains(words), "{options}: {sentence}");
    }
    let sentence = cli.fail(2, "train --scene bits --steps 20 --at 9:sigma2=learned --out run");
    assert!(sentence.contains("has no variance"), "{sentence}");
}
