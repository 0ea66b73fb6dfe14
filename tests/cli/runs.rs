//! A run: the files it leaves, and how they bring it back.

use std::fs;

use serde_json::Value;

use super::desk::{Desk, FILES, SHORT, keys, shape};

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
fn threads_are_recorded_and_replayed() {
    let desk = Desk::new();
    desk.succeed(&format!("{SHORT} --threads 3"));
    assert_eq!(desk.toml("run/config.toml")["optimizer"]["threads"].as_integer(), Some(3));
    assert!(desk.succeed("replay run").starts_with("identical"));
    desk.succeed("train --session run/session.unpick --steps 20 --out again");
    assert_eq!(desk.toml("again/config.toml")["optimizer"]["threads"].as_integer(), Some(3));
    for wrong in [0, 65] {
        let sentence = desk.fail(2, &format!("train --threads {wrong} --out none"));
        assert!(sentence.contains(&format!("threads = {wrong} is not between 1 and 64")), "{sentence}");
    }
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
fn help_and_version_are_results() {
    let desk = Desk::new();
    assert!(desk.succeed("--version").starts_with("unpick "));
    let help = desk.succeed("--help");
    for command in ["scenes", "train", "metrics", "replay"] {
        assert!(help.contains(command), "{command} is missing in the help");
    }
    assert!(desk.succeed("train --help").contains("--at <STEP:NAME=VALUE>"));
}
