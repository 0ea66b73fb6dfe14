//! Run folders whose files were not saved together, or were cut short.

use std::fs;

use super::harness::{Harness, rows};

/// Runs that differ in nothing but their seed, on a scene and on your data.
fn pairs(cli: &Harness) -> [[&'static str; 2]; 2] {
    let rows: String =
        rows(',').lines().enumerate().map(|(i, line)| format!("{line},{}\n", ["even", "odd"][i % 2])).collect();
    cli.write("own.csv", format!("a,b,kind\n{rows}"));
    let folders = [["scene-0", "scene-1"], ["own-0", "own-1"]];
    for (source, pair) in ["--scene cylinder", "--data own.csv"].into_iter().zip(folders) {
        for (seed, folder) in pair.into_iter().enumerate() {
            cli.succeed_with_notes(&format!(
                "train {source} --hidden 4 --batch 8 --steps 90 --seed {seed} --at 5:beta=2 --out {folder}"
            ));
        }
    }
    folders
}

#[test]
fn a_mixture_of_two_runs_is_refused() {
    let cli = Harness::new();
    for [run, other] in pairs(&cli) {
        let mut mixed = 0;
        for name in cli.names(run) {
            let (own, foreign) = (cli.path(run).join(&name), cli.path(other).join(&name));
            let bytes = fs::read(&own).unwrap();
            if fs::read(&foreign).unwrap() == bytes {
                continue;
            }
            mixed += 1;
            fs::copy(&foreign, &own).unwrap();
            let sentence = cli.fail(2, &format!("metrics {run}"));
            assert!(sentence.contains("save the run again"), "{name}: {sentence}");
            // A replay compares the weights itself.
            let code = if name == "model.safetensors" { 1 } else { 2 };
            cli.fail(code, &format!("replay {run}"));
            fs::write(&own, bytes).unwrap();
        }
        assert!(mixed >= 7, "{mixed} files were mixed");
        cli.succeed(&format!("metrics {run}"));
    }
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let cli = Harness::new();
    for [run, _] in pairs(&cli) {
        for name in cli.names(run) {
            let path = cli.path(run).join(&name);
            let bytes = fs::read(&path).unwrap();
            // Session and configuration are whole or not read at all.
            let ends = (0..bytes.len()).filter(|k| bytes[*k] == b'\n').map(|k| k + 1);
            let lengths: Vec<usize> = [0].into_iter().chain(ends).filter(|length| *length < bytes.len()).collect();
            let step = lengths.len().div_ceil(6).max(1);
            for length in lengths.into_iter().step_by(step) {
                fs::write(&path, &bytes[..length]).unwrap();
                cli.fail(2, &format!("metrics {run}"));
            }
            fs::write(&path, bytes).unwrap();
        }
        cli.succeed(&format!("metrics {run}"));
    }
}

#[test]
fn a_folder_lists_its_parts_and_nothing_else() {
    let cli = Harness::new();
    for [run, _] in pairs(&cli) {
        let name = format!("{run}/config.toml");
        let config = cli.read(&name);
        let (before, rest) = config.split_once("[parts]\n").unwrap();
        let (parts, after) = rest.split_once("\n[").unwrap();
        let line = |part: &str| parts.lines().find(|line| line.starts_with(&format!("\"{part}\" = "))).unwrap();
        let without = |part: &str| config.replace(&format!("{}\n", line(part)), "");
        let lacking: Vec<&str> =
            if run.starts_with("own") { vec!["model.safetensors", "split.csv"] } else { vec!["metrics.json"] };
        for (text, words) in lacking.iter().map(|part| (without(part), *part)).chain([
            (format!("{before}[{after}"), "[parts] lacks the hash of model.safetensors"),
            (config.replace("[parts]\n", "[parts]\n\"../x.npy\" = \"0\"\n"), "[parts] names '../x.npy'"),
            (config.replace("\"model.safetensors\" =", "\"weights.bin\" ="), "[parts] names 'weights.bin'"),
        ]) {
            assert_ne!(text, config, "{words}");
            cli.write(&name, text);
            for command in ["metrics", "replay", "recipe"] {
                let sentence = cli.fail(2, &format!("{command} {run}"));
                assert!(sentence.contains(words) && sentence.contains("save the run again"), "{command}: {sentence}");
            }
        }
        // A folder of an earlier version has no hashes.
        cli.write(&name, format!("{before}[{after}").replace("schema = 2", "schema = 1"));
        cli.succeed(&format!("metrics {run}"));
    }
}
