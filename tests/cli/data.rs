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
        assert_eq!(cli.names(&i.to_string()).len(), FILES.len() - 2, "{name} has no factors");
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
