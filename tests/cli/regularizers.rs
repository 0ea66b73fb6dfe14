//! Runs whose objective has another regulariser than β KL.

use serde_json::Value;

use super::harness::Harness;

const RUN: &str = "train --scene linear --posterior-factor cholesky --steps 80 --seed 2";

#[test]
fn a_regulariser_is_recorded_repeated_and_measured() {
    let cli = Harness::new();
    cli.succeed(&format!(
        "{RUN} --regularizer tc-mss:1,0.5 --beta 3 --covariance full --at 40:regularizer=tc-mws --out run"
    ));
    let config = cli.toml("run/config.toml");
    assert_eq!(config["model"]["regularizer"].as_str(), Some("tc-mss:1,0.5"));
    assert_eq!(config["commands"].as_array().unwrap()[0].as_str(), Some("40:regularizer=tc-mws"));
    assert!(cli.succeed("replay run").contains("agree to the last bit"));
    assert!(cli.succeed("train --session run/session.unpick --out again").contains("to the last bit"));
    let recipe = cli.succeed("recipe run");
    assert!(recipe.contains(";regularizer=tc-mss:1,0.5;") && recipe.contains(";at=40:regularizer=tc-mws;"), "{recipe}");
    cli.succeed(&format!("train --recipe {} --out repeated", recipe.trim()));
    assert_eq!(cli.read("repeated/history.csv"), cli.read("run/history.csv"));

    let metrics = cli.json("run/metrics.json");
    let number = |name: &str| metrics[name].as_f64().unwrap();
    let parts = ["mutual_information", "total_correlation", "dimension_wise_kl"].map(number);
    assert!((parts.iter().sum::<f64>() - number("kl")).abs() < 0.1, "of the first observations: {parts:?}");
    let objective = number("reconstruction") - parts[0] - 3.0 * parts[1] - parts[2];
    assert!((number("elbo") - objective).abs() < 1e-9);
    for name in ["beta_gap", "posterior_error"] {
        assert_eq!(metrics[name], Value::Null);
        assert!(metrics["undefined"][name].as_str().unwrap().contains("regulariser"), "{name}");
    }
    assert!(metrics["optimum_test"].is_null() && metrics["ima_contrast"].is_f64());
    assert!(cli.succeed("metrics run --exact-gap 2").contains("regulariser"));
}

/// A FactorVAE: its discriminator is part of the model of a folder, of a session and of a checkpoint, and is measured.
#[test]
fn a_discriminator_is_kept_repeated_and_resumed() {
    let cli = Harness::new();
    cli.succeed(&format!(
        "{RUN} --regularizer factor:5 --at 40:covariance=full --at 50:regularizer=factor:2 --at 60:rotate=30 --out run"
    ));
    assert!(cli.succeed("replay run").contains("agree to the last bit"));
    assert!(cli.succeed("train --session run/session.unpick --out again").contains("to the last bit"));
    let history = cli.read("run/history.csv");
    let lines: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| lines[0].iter().position(|column| *column == name).unwrap();
    let number = |line: &[&str], name: &str| line[column(name)].parse::<f64>().unwrap();
    for line in &lines[1..] {
        // It guesses at first: codes of linear Gaussian data are nearly independent.
        assert!((number(line, "discriminator_loss") - std::f64::consts::LN_2).abs() < 0.1, "{line:?}");
        // What is left of the objective is γ times its estimate for held-out codes, which are nearly independent.
        let [kl, reconstruction, elbo] = ["kl_test", "reconstruction_test", "elbo_test"].map(|name| number(line, name));
        let gamma = if number(line, "step") > 50.0 { 2.0 } else { 5.0 };
        let estimate = (reconstruction - kl - elbo) / gamma;
        assert!(estimate != 0.0 && estimate.abs() < 0.2, "{line:?}");
    }
    let metrics = cli.json("run/metrics.json");
    let number = |name: &str| metrics[name].as_f64().unwrap();
    let estimate = (number("reconstruction") - number("kl") - number("elbo")) / 2.0;
    assert!(estimate != 0.0 && estimate.abs() < 0.2, "{estimate}");
    assert!(metrics["undefined"]["beta_gap"].as_str().unwrap().contains("regulariser"));

    // Without it nothing is left of it.
    cli.succeed(&format!("{RUN} --regularizer factor:5 --at 40:regularizer=kl --out plain"));
    let plain = cli.read("plain/history.csv");
    let column = plain.lines().next().unwrap().split(',').position(|name| name == "discriminator_loss").unwrap();
    assert_eq!(plain.lines().last().unwrap().split(',').nth(column), Some("nan"), "{plain}");
    let bytes = |folder: &str| std::fs::read(cli.path(&format!("{folder}/model.safetensors"))).unwrap();
    let has = |folder: &str| bytes(folder).windows(16).any(|name| name == b"discriminator.0.");
    assert!(has("run") && !has("plain"));
}

/// A Laplace prior: its KL is that of the posteriors, and numbers that rest on a normal prior say why there are none.
#[test]
fn a_laplace_prior_is_recorded_repeated_and_measured() {
    let cli = Harness::new();
    for factor in ["cholesky", "exponential"] {
        let options = format!("--scene laplace --posterior-factor {factor} --covariance full --steps 80 --seed 2");
        cli.succeed(&format!("train {options} --at 40:regularizer=kl --at 60:regularizer=laplace --out {factor}"));
        assert!(cli.succeed(&format!("replay {factor}")).contains("agree to the last bit"));
        let metrics = cli.json(&format!("{factor}/metrics.json"));
        let number = |name: &str| metrics[name].as_f64().unwrap();
        let parts = ["mutual_information", "total_correlation", "dimension_wise_kl"].map(number);
        assert!((parts.iter().sum::<f64>() - number("kl")).abs() < 0.1, "of the first observations: {parts:?}");
        assert!((number("elbo") - number("reconstruction") + number("kl")).abs() < 1e-9);
        for name in ["beta_gap", "posterior_error"] {
            assert!(metrics["undefined"][name].as_str().unwrap().contains("the prior is not normal"), "{name}");
        }
        assert!(cli.succeed(&format!("metrics {factor} --exact-gap 2")).contains("the prior is not normal"));
    }
}

#[test]
fn a_run_without_a_regulariser_has_no_key() {
    let cli = Harness::new();
    cli.succeed(&format!("{RUN} --out plain"));
    cli.succeed(&format!("{RUN} --regularizer kl --out named"));
    assert_eq!(cli.read("plain/session.unpick"), cli.read("named/session.unpick"));
    assert!(!cli.read("plain/session.unpick").contains("regularizer"));
}

/// An autoencoder has a reconstruction and a geometry, and nothing that needs a covariance or a KL.
#[test]
fn an_autoencoder_says_what_it_lacks() {
    let cli = Harness::new();
    cli.succeed(&format!("{RUN} --regularizer none --out run"));
    assert!(cli.succeed("replay run").contains("agree to the last bit"));
    cli.succeed("train --session run/session.unpick --out again");
    assert_eq!(cli.read("run/metrics.json"), cli.read("again/metrics.json"));
    let metrics = cli.json("run/metrics.json");
    for name in
        ["elbo", "kl", "kl_per_dim", "beta", "beta_gap", "posterior_error", "total_correlation", "elbo_training"]
    {
        assert_eq!(metrics[name], Value::Null, "{name}");
        assert!(metrics["undefined"][name].as_str().unwrap().contains("autoencoder"), "{name}");
    }
    assert!(["reconstruction", "ima_contrast", "mcc", "sigma2"].iter().all(|name| metrics[*name].is_f64()));
    let history = cli.read("run/history.csv");
    let lines: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| lines[0].iter().position(|column| *column == name).unwrap();
    let last = &lines[lines.len() - 1];
    assert_eq!(
        [last[column("elbo")], last[column("elbo_test")]],
        [last[column("reconstruction")], last[column("reconstruction_test")]]
    );
    assert!(["kl", "kl_1", "kl_test", "mutual_information", "beta_gap"].iter().all(|name| last[column(name)] == "nan"));
    // It becomes a VAE on the living run, and the other way round.
    cli.succeed(&format!("{RUN} --regularizer none --at 40:regularizer=kl --at 60:rotate=30 --beta 2 --out vae"));
    assert!(cli.json("vae/metrics.json")["elbo"].is_f64());
}

#[test]
fn what_a_regulariser_needs_is_said_in_one_sentence() {
    let cli = Harness::new();
    for (options, words) in [
        ("--regularizer tc", "none of kl"),
        ("--regularizer factor", "as factor:5"),
        ("--regularizer factor:-1", "gamma = -1 is not between 0 and 1000000"),
        ("--regularizer factor:5 --threads 2", "choose threads = 1"),
        ("--regularizer factor:5 --batch 1", "batch = 1 is not between 2"),
        ("--regularizer factor:5 --optimizer lbfgs", "choose adam-equivariant"),
        ("--regularizer tc-mws:-1,1", "alpha = -1 is not between 0 and 1000000"),
        ("--regularizer none --beta 2", "--beta is for regularisers"),
        ("--regularizer capacity:3,0", "whole number of steps"),
        ("--regularizer capacity:-3,10", "capacity = -3 is not between 0 and 10000"),
        ("--regularizer tc-mws --threads 2", "choose threads = 1"),
        ("--regularizer tc-mws --batch 1", "batch = 1 is not between 2"),
        ("--regularizer tc-mws --optimizer lbfgs", "choose adam-equivariant"),
        ("--at 3:regularizer=tc-mws --posterior-factor exponential --covariance full", "posterior_factor = cholesky"),
    ] {
        let sentence = cli.fail(2, &format!("train --scene linear --steps 9 {options} --out run"));
        assert!(sentence.contains(words), "{options}: {sentence}");
    }
}
