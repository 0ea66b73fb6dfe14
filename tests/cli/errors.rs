//! Errors: one line each, and existing files stay as they were.

use std::fs;
use std::process::{Command, Stdio};

use super::harness::{FILES, Harness, SHORT, rows};

#[test]
fn invalid_options_are_refused_before_anything_is_written() {
    let cli = Harness::new();
    for (arguments, words) in [
        ("--scene torus", "there is no scene 'torus'; choose one of linear,"),
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
        ("--likelihood poisson", "choose one of gaussian, bernoulli"),
        ("--likelihood bernoulli", "likelihood = bernoulli needs observations in [0, 1], but x"),
        ("--likelihood bernoulli --sigma2 0.1", "a Bernoulli likelihood has no variance"),
        ("--scene shapes --at 5:sigma2=0.1", "a Bernoulli likelihood has no variance"),
        ("--likelihood bernoulli --hidden , --optimizer lbfgs", "needs a Gaussian likelihood"),
        ("--decoder conv", "choose one of mlp, linear"),
        ("--at 30:beta=2", "--at 30:beta=2 comes after the last step 20"),
        ("--at beta=2", "there is no colon"),
        ("--at ten:beta=2", "the step is not a whole number"),
        ("--at 10:beta", "name=value"),
        ("--at 10:beta=two", "'two' is not a number"),
        ("--at 10:hidden=3", "cannot be changed during training"),
        ("--at 5:lr=0.1 --at 10:beta=-2", "at step 10: beta = -2"),
        ("--at 10:batch=0", "at step 10: batch = 0"),
        ("--scene linear --data x.csv", "cannot be used with"),
        ("--momentum 0.9", "unexpected argument '--momentum'"),
        ("--session none.unpick", "cannot read the session"),
    ] {
        let sentence = cli.fail(2, &format!("train --steps 20 --out run {arguments}"));
        assert!(sentence.contains(words), "{arguments}: {sentence}");
    }
    assert!(cli.fail(2, "train --steps 20").contains("--out <DIR>"));
    assert!(cli.fail(2, "train --out run --steps -3").contains("'-3' for '--steps <STEPS>'"));
    assert!(cli.fail(2, "tarin").contains("tarin"));
    assert_eq!(cli.names("."), [""; 0], "nothing was written");
    cli.write("ten.csv", rows(','));
    assert!(
        cli.fail(2, "train --data ten.csv --batch 25 --steps 3 --out run")
            .contains("batch = 25 is not between 1 and 24")
    );
    let sentence = cli.fail(2, "train --data ten.csv --likelihood bernoulli --steps 3 --out run");
    assert!(sentence.contains("in [0, 1]") && sentence.contains("--scale none"), "{sentence}");
    assert_eq!(cli.names("."), ["ten.csv"]);
}

#[test]
fn nothing_is_overwritten_without_force() {
    let cli = Harness::new();
    fs::create_dir(cli.path("run")).unwrap();
    cli.write("run/thesis.tex", "years of work");
    let sentence = cli.fail(2, SHORT);
    assert!(sentence.contains("--force") && sentence.ends_with(": run"), "{sentence}");
    assert_eq!(cli.names("run"), ["thesis.tex"]);
    cli.succeed(&format!("{SHORT} --force"));
    assert_eq!(cli.read("run/thesis.tex"), "years of work");
    assert_eq!(cli.names("run").len(), FILES.len() + 1);

    // So many steps would take days: the folder is made first.
    for place in ["run/thesis.tex", "run/thesis.tex/inside"] {
        let sentence = cli.fail_soon(2, &format!("train --steps 1000000000 --out {place}"));
        let words = ("cannot make the folder (", format!(": {place}"));
        assert!(sentence.starts_with(words.0) && sentence.ends_with(&words.1), "{sentence}");
    }
    // A folder has the name of the model's file: writing fails and says where.
    fs::create_dir_all(cli.path("blocked/model.safetensors/x")).unwrap();
    let sentence = cli.fail(2, "train --steps 3 --force --out blocked");
    assert!(
        sentence.starts_with("cannot write the file (") && sentence.ends_with(": blocked/model.safetensors"),
        "{sentence}"
    );
}

#[test]
fn a_diverged_run_is_saved_in_its_last_sound_state() {
    let cli = Harness::new();
    let sentence = cli.fail(1, &SHORT.replace("--steps 40", "--steps 300 --at 100:lr=1000"));
    for words in ["the loss became ", "after lr=1000 at step 100", "went back to step 100", "saved in run"] {
        assert!(sentence.contains(words), "{words} is missing in: {sentence}");
    }
    assert_eq!(cli.names("run"), FILES);
    let config = cli.toml("run/config.toml");
    assert_eq!((config["steps"].as_integer(), config["commands"].as_array().map(Vec::len)), (Some(100), Some(0)));
    assert!(cli.json("run/metrics.json")["elbo"].as_f64().unwrap().is_finite());
    assert!(cli.succeed("replay run").starts_with("identical"));

    // `compare` and `sweep` end in the same state.
    let same = "--scene cylinder --hidden 8 --batch 32 --steps 300 --at 100:lr=1000";
    let compared = cli.fail(1, &format!("compare {same} --a covariance=diagonal --b covariance=diagonal --out pair"));
    assert!(compared.contains("went back to step 100"), "{compared}");
    let saved = ["run", "pair/a"].map(|folder| fs::read(cli.path(folder).join("model.safetensors")).unwrap());
    assert!(saved[0] == saved[1], "the last sound state, saved by train and compare");
    let swept = cli.run(&format!("sweep {same} --covariances diagonal --out sweep"));
    assert_eq!(swept.status.code(), Some(1));
    let table = cli.read("sweep/sweep.csv");
    let column = |name: &str| -> &str {
        let index = table.lines().next().unwrap().split(',').position(|n| n == name).unwrap();
        table.lines().nth(1).unwrap().split(',').nth(index).unwrap()
    };
    assert_eq!(column("step"), "100");
    let elbo = cli.json("run/metrics.json")["elbo"].as_f64().unwrap();
    assert!((column("elbo").parse::<f64>().unwrap() - elbo).abs() <= 1e-14 * elbo.abs());
    assert!(sentence.contains(column("failure").trim_matches('"')), "{}", column("failure"));

    let sentence = cli.fail(1, "train --lr 1000 --steps 300 --out hopeless");
    assert!(sentence.contains("went back to step 0"), "{sentence}");
    // Only the check after the last step can notice this one.
    let sentence = cli.fail(1, "train --scene cylinder --hidden 512 --lr 1000 --steps 1 --out last");
    assert!(sentence.contains("at step 1; went back to step 0") && sentence.ends_with(" last"), "{sentence}");
}

#[test]
fn errors_in_a_damaged_run_name_the_file() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    cli.succeed("train --data own.csv --hidden 4 --steps 22 --at 5:beta=2 --out run");
    /// File, damage to its content (`None` removes it), words of the error, and the file that it names.
    type Damage<'a> = (&'a str, Option<&'a dyn Fn(Vec<u8>) -> Vec<u8>>, &'a str, &'a str);
    let replaced = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{from} is not in {text}");
            text.replace(from, to).into_bytes()
        }
    };
    // A row that ends early.
    let cut = |bytes: Vec<u8>| [&bytes[..], b"40,-3.5,0.2\n"].concat();
    let half = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let junk = |bytes: Vec<u8>| bytes.iter().map(|b| b.wrapping_mul(7) ^ 0xa5).collect();
    let empty = |_: Vec<u8>| Vec::new();
    let nan = |mut bytes: Vec<u8>| {
        let place = bytes.len() - 4;
        bytes[place..].copy_from_slice(&f32::NAN.to_le_bytes());
        bytes
    };
    let (unknown, schema) = (replaced("latent_dim", "latent_dims"), replaced("schema = 2", "schema = 9"));
    let (nonsense, late) = (replaced("5:beta=2", "5:beta=-2"), replaced("5:beta=2", "50:beta=2"));
    let (wider, wide) = (replaced("hidden = [4]", "hidden = [5]"), replaced("hidden = [4]", "hidden = [4000000000]"));
    let (full, steps) = (replaced("\"diagonal\"", "\"full\""), replaced("steps = 22", "steps = -22"));
    let (config, model, train, test) =
        ("config.toml", "model.safetensors", "observations.npy", "observations_test.npy");
    let damages: [Damage<'_>; 22] = [
        (config, None, "not a run folder", "run"),
        (config, Some(&junk), "config.toml cannot be read", "run"),
        (config, Some(&half), "line ", "run/config.toml"),
        (config, Some(&empty), "missing field `schema`", "run/config.toml"),
        (config, Some(&unknown), "latent_dim", "run/config.toml"),
        (config, Some(&schema), "schema 9", "run/config.toml"),
        (config, Some(&nonsense), "at step 5: beta = -2", "run/config.toml"),
        (config, Some(&late), "50:beta=2 comes after the last step 22", "run/config.toml"),
        (config, Some(&wide), "hidden = 4000000000", "run/config.toml"),
        (config, Some(&steps), "line 4", "run/config.toml"),
        (model, None, "cannot read the model", "run/model.safetensors"),
        (model, Some(&half), "not a whole safetensors file", "run/model.safetensors"),
        (model, Some(&junk), "not a whole safetensors file", "run/model.safetensors"),
        (model, Some(&empty), "not a whole safetensors file", "run/model.safetensors"),
        // A model that belongs to another configuration.
        (config, Some(&wider), "[4, 2]", "run/model.safetensors"),
        (config, Some(&full), "posterior_exponent", "run/model.safetensors"),
        (train, None, "cannot read the data", "run/observations.npy"),
        (train, Some(&half), "ends before", "run/observations.npy"),
        (train, Some(&nan), "row 23 holds no finite number", "run/observations.npy"),
        (test, Some(&junk), ".npy", "run/observations_test.npy"),
        ("history.csv", None, "cannot read the history", "run/history.csv"),
        ("history.csv", Some(&cut), "line 2: this is no row of a history", "run/history.csv"),
    ];
    for (name, damage, words, blamed) in damages {
        let path = cli.path("run").join(name);
        let whole = fs::read(&path).unwrap();
        match damage {
            Some(damage) => fs::write(&path, damage(whole.clone())).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        for command in ["metrics run", "replay run"] {
            let sentence = cli.fail(2, command);
            assert!(sentence.contains(words) && sentence.ends_with(&format!(": {blamed}")), "{name}: {sentence}");
        }
        fs::write(&path, whole).unwrap();
    }
    assert!(cli.succeed("replay run").starts_with("identical"), "whole again");

    let session = cli.read("run/session.unpick");
    for (text, words) in [
        (session[..session.len() / 2].to_owned(), "not a whole session file"),
        (String::new(), "not a whole session file"),
        (session.replace("\"schema\": 1", "\"schema\": 9"), "schema 9"),
        (session.replace("5:beta=2", "5:beta=two"), "'two' is not a number"),
        (session.replace("\"beta\": 1.0", "\"beta\": \"one\""), "string \"one\", expected f64"),
    ] {
        cli.write("run/session.unpick", text);
        let sentence = cli.fail(2, "train --session run/session.unpick --steps 20 --out other");
        assert!(sentence.contains(words) && sentence.ends_with(": run/session.unpick"), "{sentence}");
    }
    assert_eq!(cli.names("."), ["own.csv", "run"], "nothing was written");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let cli = Harness::new();
    for arguments in [&["scenes"][..], &["scenes", "--json"], &["--help"], &["train", "--steps", "3", "--out", "run"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_unpick"))
            .args(arguments)
            .current_dir(cli.0.path())
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
    assert_eq!(cli.names("run").len(), FILES.len(), "the run is saved");
}

/// As on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_unpick")).arg("scenes").stdout(full).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("standard output") && error.lines().count() == 1, "{error}");
}
