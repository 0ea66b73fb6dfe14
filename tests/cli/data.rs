//! Scenes and your data.

use std::fs;

use serde_json::Value;
use unpick::io::write_npy_f32;
use unpick::linalg::Matrix;

use super::harness::{FILES, Harness, rows, shape};

#[test]
fn scenes_are_listed_as_text_and_json() {
    let cli = Harness::new();
    let list: Value = serde_json::from_str(&cli.succeed("scenes --json")).unwrap();
    let text = cli.succeed("scenes");
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
fn a_scene_file_is_trained_and_replayed() {
    let cli = Harness::new();
    cli.write(
        "tilted.toml",
        "name = 'tilted'\ntitle = ''\nsummary = ''\nlook_for = ''\n[generator]\nsamples = 100\ntest_samples = 20\n\
         map.kind = 'mixing'\n[training]\nhidden = []\nsteps = 15\n",
    );
    cli.succeed("train --scene tilted.toml --out run");
    assert_eq!(shape(&cli.path("run/observations.npy")), [100, 2]);
    assert_eq!(cli.toml("run/config.toml")["optimizer"]["batch"].as_integer(), Some(100), "no more than there are");
    assert!(cli.succeed("replay run").starts_with("identical"));
    cli.write("tilted.toml", "name = 'tilted'\nsides = 3\n");
    let sentence = cli.fail(2, "train --scene tilted.toml --out other");
    assert!(sentence.contains("sides") && sentence.ends_with(": tilted.toml"), "{sentence}");
    assert!(cli.fail(2, "train --scene none.toml --out other").ends_with(": none.toml"));
}

/// A linear model of your data takes the optimiser without noise, which ends at the closed form; other models can't take it.
#[test]
fn a_linear_model_of_your_data_settles_at_its_closed_form() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    let linear = "train --data own.csv --decoder linear --latent-dim 2 --sigma2 0.001";
    let text = cli.succeed(&format!("{linear} --until settled --out run"));
    assert!(text.contains("\nsettled since step 6,000\n"), "{text}");
    let (config, metrics) = (cli.toml("run/config.toml"), cli.json("run/metrics.json"));
    assert_eq!(config["optimizer"]["kind"].as_str(), Some("lbfgs"));
    assert!(config["model"]["hidden"].as_array().unwrap().is_empty());
    assert_eq!((metrics["settled"].as_u64(), metrics["step"].as_u64()), (Some(6000), Some(6000)));
    let gap = metrics["optimum_training"]["elbo"].as_f64().unwrap() - metrics["elbo_training"].as_f64().unwrap();
    assert!(gap.abs() < 1e-4, "{gap}");
    let apart = metrics["elbo_training"].as_f64().unwrap() - metrics["elbo"].as_f64().unwrap();
    assert_eq!(metrics["generalisation_gap"].as_f64(), Some(apart));
    assert!(cli.succeed("replay run").starts_with("identical"));
    let text = cli.succeed("metrics run");
    let settled = text.lines().find(|line| line.starts_with("settled")).unwrap();
    assert!(settled.ends_with(" 6000"), "read from the folder: {settled}");

    // With the steps as the limit, and without a verdict.
    let text = cli.succeed("train --data own.csv --hidden 4 --until settled --steps 300 --out short");
    let metrics = cli.json("short/metrics.json");
    assert!(metrics["settled"].is_null() && metrics["undefined"]["settled"].is_string(), "{text}");
    assert_eq!(metrics["step"].as_u64(), Some(300));
    assert_eq!(cli.toml("short/config.toml")["optimizer"]["cycle"].as_integer(), Some(6000), "as without a limit");

    let sentence = cli.fail(2, "train --recipe unpick:scene=linear;steps=5 --until settled --out other");
    assert!(sentence.contains("never judged"), "{sentence}");
    let sentence = cli.fail(2, "train --data own.csv --optimizer lbfgs --out other");
    assert!(sentence.contains("linear encoders and decoders"), "{sentence}");
    let sentence = cli.fail(2, "train --data own.csv --hidden 4 --at 3:optimizer=lbfgs --out other");
    assert!(sentence.contains("at step 3") && sentence.contains("linear encoders and decoders"), "{sentence}");
}

#[test]
fn your_data_are_read_from_text_and_arrays() {
    let cli = Harness::new();
    cli.write("plain.csv", rows(','));
    cli.write("named.csv", format!("left,right\n{}", rows(',')));
    cli.write("semicolon.csv", rows(';'));
    cli.write("tabs.tsv", rows('\t'));
    cli.write(
        "array.npy",
        write_npy_f32(&Matrix::from_fn(2, 30, |r, c| if r == 0 { (c as f32).sin() } else { (c * c % 7) as f32 })),
    );
    let names = ["plain.csv", "named.csv", "semicolon.csv", "tabs.tsv", "array.npy"];
    for (i, name) in names.into_iter().enumerate() {
        cli.succeed(&format!("train --data {name} --hidden 4 --steps 12 --out {i}"));
        assert_eq!(cli.names(&i.to_string()).len(), FILES.len() - 1, "{name} has no factors, but a split");
        assert_eq!(shape(&cli.path(&format!("{i}/observations.npy"))), [24, 2], "four fifths of {name}");
        let config = cli.toml(&format!("{i}/config.toml"));
        assert_eq!((config["data"]["file"].as_str(), config.get("scene")), (Some(name), None));
        assert_eq!(config["data"]["sha256"].as_str().unwrap().len(), 64);
        let metrics = cli.json(&format!("{i}/metrics.json"));
        assert!(metrics["mcc"].is_null() && metrics["undefined"]["mcc"].is_string());
        assert!(cli.succeed(&format!("replay {i}")).starts_with("identical"), "{name}");
    }
    for text in ["1", "2", "3"] {
        let same =
            |file: &str| fs::read(cli.path("0").join(file)).unwrap() == fs::read(cli.path(text).join(file)).unwrap();
        assert!(same("observations.npy") && same("model.safetensors"), "{text} holds the same numbers as 0");
    }
    // The run does not need the file itself.
    fs::remove_file(cli.path("plain.csv")).unwrap();
    cli.succeed("train --session 0/session.unpick --steps 20 --out more");
    assert!(cli.succeed("replay more").starts_with("identical"));
}

/// A stranger with the CSV, `config.toml` and `split.csv` alone finds the same matrices to the last bit.
#[test]
fn a_run_folder_says_how_your_data_were_prepared() {
    let cli = Harness::new();
    let number = |row: usize, column: usize| 1e3 * column as f64 + ((row * (7 + column) % 31) as f64).sqrt() * 10.0;
    let line = |row: usize| (0..3).map(|c| format!("{}", number(row, c))).collect::<Vec<_>>().join(",");
    let table: Vec<String> = (0..57).map(line).collect();
    cli.write("mine.csv", format!("width,height,\"depth, cm\"\n{}\n", table.join("\n")));
    for seed in [0, 9] {
        let run = format!("run{seed}");
        cli.succeed(&format!("train --data mine.csv --seed {seed} --hidden 4 --steps 5 --out {run}"));
        let config = cli.toml(&format!("{run}/config.toml"));
        let data = config["data"].as_table().unwrap();
        let scale = data["scale"].as_float().unwrap();
        let centre: Vec<f64> = data["centre"].as_array().unwrap().iter().map(|c| c.as_float().unwrap()).collect();
        let names: Vec<&str> = data["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(names, ["width", "height", "depth, cm"]);
        assert_eq!(data["split_seed"].as_integer(), Some(seed));
        let split = cli.read(&format!("{run}/split.csv"));
        let mut all = Vec::new();
        for (part, file, count) in [("train", "observations.npy", 46), ("test", "observations_test.npy", 11)] {
            let rows: Vec<usize> =
                split.lines().filter_map(|line| line.strip_prefix(part)?.strip_prefix(',')?.parse().ok()).collect();
            assert_eq!(rows.len(), count, "a fifth is held out");
            let value = |c: usize, i: usize| {
                let x: f64 = table[rows[i]].split(',').nth(c).unwrap().parse().unwrap();
                ((x - centre[c]) / scale) as f32
            };
            let expected = write_npy_f32(&Matrix::from_fn(3, count, value));
            assert_eq!(fs::read(cli.path(&run).join(file)).unwrap(), expected, "{file} with seed {seed}");
            all.extend(rows);
        }
        all.sort_unstable();
        assert_eq!(all, (0..57).collect::<Vec<_>>());
        // The same again from the session, without the file.
        cli.succeed(&format!("train --session {run}/session.unpick --out again{seed}"));
        for file in ["split.csv", "config.toml"] {
            assert_eq!(cli.read(&format!("{run}/{file}")), cli.read(&format!("again{seed}/{file}")), "{file}");
        }
    }
    assert_ne!(cli.read("run0/split.csv"), cli.read("run9/split.csv"));
    // Folders of earlier versions say less.
    let text = cli.read("run0/config.toml");
    let known = ["split_seed", "scale", "names", "centre"];
    let old: Vec<&str> = text.lines().filter(|line| !known.iter().any(|key| line.starts_with(key))).collect();
    assert_eq!(old.len() + 4, text.lines().count());
    cli.write("run0/config.toml", old.join("\n"));
    cli.succeed("metrics run0");
}

#[test]
fn errors_in_your_data_name_the_file_and_the_place() {
    let cli = Harness::new();
    let broken = |line: &str| format!("{}{line}\n", rows(','));
    let binary: Vec<u8> = (0..2000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut array = write_npy_f32(&Matrix::from_fn(2, 30, |r, c| (r + c) as f32));
    cli.write("short.npy", &array[..array.len() - 3]);
    let place = array.len() - 4;
    array[place..].copy_from_slice(&f32::NAN.to_le_bytes());
    cli.write("nan.npy", array);
    cli.write("text.csv", broken("1,two"));
    cli.write("ragged.csv", broken("1,2,3"));
    cli.write("nan.csv", broken("nan,1"));
    cli.write("gap.csv", broken("1,"));
    cli.write("constant.csv", "1,2\n".repeat(20));
    cli.write("short.csv", "1,2\n");
    cli.write("empty.csv", "");
    cli.write("junk.csv", binary);
    cli.write("huge.csv", broken("1e300,1"));
    fs::create_dir(cli.path("folder")).unwrap();
    let before = cli.names(".");
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
        let sentence = cli.fail(2, &format!("train --data {name} --steps 3 --out run"));
        assert!(sentence.contains(words) && sentence.ends_with(&format!(": {name}")), "{sentence}");
    }
    assert_eq!(cli.names("."), before, "nothing was written");
}
