//! Files of a run and their replay.

use std::fs;

use serde_json::Value;

use super::harness::{FILES, Harness, SHORT, keys, shape};

#[test]
fn train_writes_all_files_of_a_run() {
    let cli = Harness::new();
    let text = cli.succeed(
        "train --scene cylinder --hidden 8 --batch 32 --steps 160 --out run --covariance full --seed 3 --beta 2 --at 80:beta=4 \
         --at 120:batch=16",
    );
    assert!(text.ends_with("saved in run\n") && text.contains("ima_contrast"), "{text}");
    assert_eq!(cli.names("run"), FILES);

    for (name, expected) in [
        ("observations.npy", [20_000, 3]),
        ("observations_test.npy", [4000, 3]),
        ("factors.npy", [20_000, 2]),
        ("factors_test.npy", [4000, 2]),
    ] {
        assert_eq!(shape(&cli.path("run").join(name)), expected, "{name}");
    }

    let config = cli.toml("run/config.toml");
    assert_eq!(
        keys(&config),
        ["commands", "model", "optimizer", "parts", "program", "scene", "schema", "seed", "steps"]
    );
    assert_eq!(config["commands"], toml::Value::from(vec!["80:beta=4", "120:batch=16"]));
    assert_eq!((config["seed"].as_integer(), config["steps"].as_integer()), (Some(3), Some(160)));
    assert_eq!(config["schema"].as_integer(), Some(2));
    assert!(config["program"].as_str().unwrap().starts_with("unpick "));
    let model = config["model"].as_table().unwrap();
    assert_eq!(
        keys(model),
        ["activation", "beta", "covariance", "decoder", "hidden", "latent_dim", "posterior_factor", "sigma2",]
    );
    assert_eq!((model["beta"].as_float(), model["covariance"].as_str()), (Some(2.0), Some("full")), "as at the start");
    assert_eq!(model["hidden"], toml::Value::from(vec![8]));
    assert_eq!(keys(config["scene"].as_table().unwrap()), ["name", "parameters"]);
    assert_eq!(config["optimizer"]["batch"].as_integer(), Some(32));
    assert_eq!(config["optimizer"]["kind"].as_str(), Some("adam-equivariant"));
    assert_eq!(config["optimizer"]["cycle"].as_integer(), Some(160), "the planned steps");

    let history = cli.read("run/history.csv");
    let rows: Vec<Vec<&str>> = history.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "step,elbo,reconstruction,kl,kl_1,kl_2,beta,sigma2,covariance,lr,batch,ima_contrast,beta_gap,dto,\
         c2_residual,posterior_error,active_units,off_diagonal_mass,mcc,elbo_test,reconstruction_test,kl_test,\
         mutual_information,total_correlation,dimension_wise_kl,discriminator_loss,mcc_spearman,mig,sap"
    );
    let column = |name: &str| -> Vec<&str> {
        let place = rows[0].iter().position(|n| *n == name).unwrap();
        rows[1..].iter().map(|row| row[place]).collect()
    };
    assert_eq!(column("step"), ["40", "80", "120", "160"]);
    assert_eq!((column("beta"), column("batch")), (vec!["2", "2", "4", "4"], vec!["32", "32", "32", "16"]));
    assert_eq!(column("covariance"), ["full"; 4]);
    for score in ["mcc", "mcc_spearman", "mig", "sap"] {
        let values: Vec<f64> = column(score).into_iter().map(|x| x.parse().unwrap()).collect();
        assert!(values.iter().all(|x| (0.0..=1.0).contains(x)) && values[0] != values[3], "{score}: {values:?}");
    }
    for i in 0..4 {
        let [elbo, reconstruction, kl, first, second, beta]: [f64; 6] =
            ["elbo", "reconstruction", "kl", "kl_1", "kl_2", "beta"].map(|name| column(name)[i].parse().unwrap());
        let [test, of_test, kl_of_test]: [f64; 3] =
            ["elbo_test", "reconstruction_test", "kl_test"].map(|name| column(name)[i].parse().unwrap());
        assert!((test - of_test + beta * kl_of_test).abs() < 1e-9 && (test - elbo).abs() > 1e-6, "row {i}");
        assert!((kl - first - second).abs() < 1e-12 && (elbo - reconstruction + beta * kl).abs() < 1e-9, "row {i}");
    }

    let metrics = cli.json("run/metrics.json");
    let names: Vec<&str> = metrics.as_object().unwrap().keys().map(String::as_str).collect();
    for name in [
        "step",
        "elbo",
        "elbo_monte_carlo_error",
        "reconstruction",
        "kl",
        "kl_per_dim",
        "active_units",
        "ima_contrast",
        "beta_gap",
        "off_diagonal_mass",
        "dto",
        "alignment",
        "c2_residual",
        "posterior_error",
        "singular_values",
        "mcc",
        "standard_errors",
        "undefined",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert_eq!((&metrics["step"], &metrics["observations"]), (&160.into(), &4000.into()));
    assert!(metrics["standard_errors"]["elbo"].as_f64().unwrap() > 0.0);
    // At the last step, where β = 4.
    let [elbo, reconstruction, kl] = ["elbo", "reconstruction", "kl"].map(|name| metrics[name].as_f64().unwrap());
    assert!((elbo - reconstruction + 4.0 * kl).abs() < 1e-9);
    assert_eq!((metrics["beta"].as_f64(), metrics["covariance"].as_str()), (Some(4.0), Some("full")));
    assert_eq!(metrics["kl_per_dim"].as_array().unwrap().len(), 2);
    assert_reasons(&metrics);

    let session = cli.json("run/session.unpick");
    assert_eq!(session["commands"], serde_json::json!(["80:beta=4", "120:batch=16"]));
    assert_eq!((session["seed"].as_u64(), session["steps"].as_u64()), (Some(3), Some(160)));
}

/// Undefined metrics, and only those, have a reason.
fn assert_reasons(metrics: &Value) {
    for (name, value) in metrics.as_object().unwrap() {
        let reason = metrics["undefined"].get(name);
        assert_eq!(value.is_null(), reason.is_some_and(Value::is_string), "{name} is {value} because of {reason:?}");
    }
}

/// Three latents for two factors, with b between the variances of the factors: two latents collapse, then all.
#[test]
fn collapsed_latents_count_nowhere() {
    let cli = Harness::new();
    cli.succeed("train --scene linear --latent-dim 3 --beta 10 --sigma2 0.15 --out one");
    let metrics = cli.json("one/metrics.json");
    assert_eq!(metrics["active_units"], 1, "b = 1.5 is between the variances 2.05 and 1.05");
    for name in ["ima_contrast", "beta_gap", "off_diagonal_mass", "dto", "dto_chance", "c2_residual", "mcc_chance"] {
        assert!(metrics["undefined"][name].as_str().unwrap().contains("only one latent"), "{name}");
    }
    // The encoder's variance of the one latent is optimal for the linear decoder.
    assert!(metrics["posterior_error"].as_f64().unwrap() < 0.05);
    // The ceiling counts the collapsed one as 0, and so does the coefficient: it can be no larger than ½.
    assert!((metrics["mcc"].as_f64().unwrap() - 0.5).abs() < 0.05, "{}", metrics["mcc"]);
    assert_reasons(&metrics);

    cli.succeed("train --scene linear --beta 100 --out none");
    let metrics = cli.json("none/metrics.json");
    assert_eq!(metrics["active_units"], 0, "b = 5 exceeds every variance");
    for name in ["posterior_error", "mcc", "mcc_chance", "dto_chance", "beta_gap"] {
        assert!(metrics["undefined"][name].as_str().unwrap().contains("no latent is active"), "{name}");
    }
}

#[test]
fn linear_decoders_have_an_optimum_and_relu_has_no_c2_residual() {
    let cli = Harness::new();
    cli.succeed("train --steps 30 --out linear");
    let metrics = cli.json("linear/metrics.json");
    let optimum = &metrics["optimum_test"];
    assert!((optimum["elbo"].as_f64().unwrap() + 3.14226).abs() < 1e-4, "theory 4.1: {optimum}");
    assert!((optimum["kl"].as_f64().unwrap() - 3.37905).abs() < 1e-4, "theory 4.1: {optimum}");
    cli.succeed("train --scene swiss-roll --hidden 6 --activation relu --steps 5 --out relu");
    let metrics = cli.json("relu/metrics.json");
    assert!(metrics["c2_residual"].is_null() && metrics["optimum_test"].is_null());
    assert!(metrics["undefined"]["c2_residual"].as_str().unwrap().contains("ReLU"));
    assert_reasons(&metrics);
    // Without hidden layers there is no ReLU either: the decoder is linear.
    cli.succeed("train --session relu/session.unpick --hidden , --steps 5 --out flat");
    let metrics = cli.json("flat/metrics.json");
    assert_eq!(metrics["c2_residual"].as_f64(), Some(0.0));
    assert!(metrics["optimum_test"].is_object());
}

/// β (log p(x) − ELBO) = family + diagonal + amortisation, and linear decoders lose nothing by their family.
/// A Bernoulli run says its likelihood, has no σ² and no optimum, and repeats from folder, session and metrics.
#[test]
fn a_bernoulli_run_is_saved_replayed_and_measured() {
    let cli = Harness::new();
    let scene = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bits.toml");
    cli.succeed(&format!("train --scene {scene} --decoder linear --steps 60 --exact-gap 2 --out run"));
    assert_eq!(cli.toml("run/config.toml")["model"]["likelihood"].as_str(), Some("bernoulli"));
    let metrics = cli.json("run/metrics.json");
    for name in ["sigma2", "optimum_training", "optimum_test"] {
        assert!(metrics[name].is_null() && metrics["undefined"][name].is_string(), "{name}: {metrics}");
    }
    assert!(metrics["likelihood"] == "bernoulli" && metrics["exact_gap"]["log_px"].as_f64().unwrap() < 0.0);
    assert!(metrics["elbo_monte_carlo_error"].as_f64().unwrap() > 0.0, "nothing about it is in closed form");
    cli.succeed("replay run");
    assert!(cli.succeed("train --session run/session.unpick --out again").contains("again"));
    assert_eq!(
        fs::read(cli.path("run/model.safetensors")).unwrap(),
        fs::read(cli.path("again/model.safetensors")).unwrap()
    );
    // The reconstruction is a probability.
    cli.succeed("export run --what latents --out latents.npz");
    cli.succeed(&format!("train --scene {scene} --likelihood gaussian --steps 10 --out gaussian"));
    assert_eq!(cli.json("gaussian/metrics.json")["sigma2"], 0.02);
}

#[test]
fn the_exact_gap_is_measured_on_request() {
    let cli = Harness::new();
    cli.succeed("train --steps 30 --out plain");
    assert!(cli.json("plain/metrics.json").get("exact_gap").is_none());
    cli.succeed("train --steps 30 --beta 2 --exact-gap 8 --out linear");
    let metrics = cli.json("linear/metrics.json");
    let gap = |name: &str| metrics["exact_gap"][name].as_f64().unwrap();
    assert_eq!((gap("observations"), gap("left_out")), (8.0, 0.0));
    assert!(gap("family").abs() < 1e-8 && gap("diagonal") >= 0.0 && gap("amortisation") > 0.0, "{metrics}");
    let price = 2.0 * (gap("log_px") - gap("elbo"));
    assert!((price - gap("family") - gap("diagonal") - gap("amortisation")).abs() < 1e-9, "× β");
    assert!(gap("amortisation_standard_error") > 0.0);
    let again: Value = serde_json::from_str(&cli.succeed("metrics linear --exact-gap 8 --json")).unwrap();
    assert_eq!(again["exact_gap"], metrics["exact_gap"]);

    cli.succeed("train --steps 30 --covariance full --beta 0 --exact-gap 8 --out zero");
    let metrics = cli.json("zero/metrics.json");
    assert!(metrics["exact_gap"].is_null());
    assert_reasons(&metrics);
}

#[test]
fn undefined_metrics_of_a_collapsed_model_have_reasons() {
    let cli = Harness::new();
    cli.succeed("train --scene water-filling --beta 60 --steps 1500 --out run");
    let metrics = cli.json("run/metrics.json");
    assert_eq!((metrics["active_units"].as_u64(), metrics["ima_contrast"].as_f64()), (Some(0), None));
    assert_reasons(&metrics);
}

#[test]
fn a_rotation_is_recorded_and_replayed() {
    let cli = Harness::new();
    cli.succeed(&format!("{SHORT} --covariance full --at 10:rotate=30 --at 20:rotate=-12.5:2,1"));
    assert_eq!(cli.toml("run/config.toml")["commands"], toml::Value::from(vec!["10:rotate=30", "20:rotate=-12.5:2,1"]));
    assert!(cli.succeed("replay run").starts_with("identical"));
    let error = cli.fail(2, &format!("{SHORT} --force --at 10:rotate=30:1,3"));
    assert!(error.contains("1,3 are not two different latents from 1 to 2"), "{error}");
}

#[test]
fn metrics_are_measured_again_from_the_model() {
    let cli = Harness::new();
    cli.succeed(&format!("{SHORT} --at 10:covariance=full --at 20:sigma2=0.5"));
    let saved = cli.json("run/metrics.json");
    // Measured, not read from the file.
    fs::remove_file(cli.path("run/metrics.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&cli.succeed("metrics run --json")).unwrap(), saved);
    let table = cli.succeed("metrics run");
    let line = table.lines().find(|line| line.starts_with("elbo ")).unwrap();
    assert_eq!(line.split_whitespace().nth(1).unwrap(), format!("{:.4}", saved["elbo"].as_f64().unwrap()));
}

#[test]
fn threads_are_recorded_and_replayed() {
    let cli = Harness::new();
    cli.succeed(&format!("{SHORT} --threads 3"));
    assert_eq!(cli.toml("run/config.toml")["optimizer"]["threads"].as_integer(), Some(3));
    assert!(cli.succeed("replay run").starts_with("identical"));
    cli.succeed("train --session run/session.unpick --steps 20 --out again");
    assert_eq!(cli.toml("again/config.toml")["optimizer"]["threads"].as_integer(), Some(3));
    for wrong in [0, 65] {
        let sentence = cli.fail(2, &format!("train --threads {wrong} --out none"));
        assert!(sentence.contains(&format!("threads = {wrong} is not between 1 and 64")), "{sentence}");
    }
}

#[test]
fn a_replay_notices_one_changed_bit() {
    let cli = Harness::new();
    cli.succeed(&format!("{SHORT} --seed 5 --at 0:lr=0.02 --at 12:covariance=full --at 12:beta=3 --at 40:beta=1"));
    assert!(cli.succeed("replay run").starts_with("identical: all "));
    let model = cli.path("run/model.safetensors");
    let mut bytes = fs::read(&model).unwrap();
    // The numbers stand at the end, little-endian: this is the lowest bit of the last one.
    let place = bytes.len() - 4;
    bytes[place] ^= 1;
    fs::write(&model, bytes).unwrap();
    let sentence = cli.fail(1, "replay run");
    assert!(sentence.starts_with("different: 1 of "), "{sentence}");
    for reader in ["metrics run", "export run --what latents --out x.npz", "render run --view data --out x.png"] {
        let sentence = cli.fail(2, reader);
        assert!(sentence.starts_with("the weights are not those of the session beside them"), "{sentence}");
    }
}

#[test]
fn a_session_repeats_its_run_or_makes_another_from_a_new_seed() {
    let cli = Harness::new();
    cli.succeed(&format!("{SHORT} --seed 5 --at 10:beta=3"));
    cli.succeed("train --session run/session.unpick --out again");
    for name in FILES {
        assert_eq!(
            fs::read(cli.path("run").join(name)).unwrap(),
            fs::read(cli.path("again").join(name)).unwrap(),
            "{name}"
        );
    }
    cli.succeed("train --session run/session.unpick --seed 6 --out other");
    cli.succeed(&format!("{SHORT} --seed 6 --at 10:beta=3").replace("--out run", "--out fresh"));
    assert_eq!(cli.read("other/config.toml"), cli.read("fresh/config.toml"));
    assert_eq!(
        fs::read(cli.path("other/model.safetensors")).unwrap(),
        fs::read(cli.path("fresh/model.safetensors")).unwrap()
    );
    assert!(cli.succeed("replay other").starts_with("identical"), "the data are of the new seed, too");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let cli = Harness::new();
    assert!(cli.succeed("--version").starts_with("unpick "));
    let help = cli.succeed("--help");
    for command in ["scenes", "train", "metrics", "replay"] {
        assert!(help.contains(command), "{command} is missing in the help");
    }
    assert!(cli.succeed("train --help").contains("--at <STEP:NAME=VALUE>"));
}
