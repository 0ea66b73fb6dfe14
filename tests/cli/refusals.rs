//! What cannot be done is refused in one line, and what was there stays as it was.

use std::fs;
use std::process::{Command, Stdio};

use super::desk::{Desk, FILES, SHORT, rows};

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
