//! Messages: one short printable line, whatever they quote.

use super::harness::{Harness, SHORT};

/// Clears a terminal, names its window, and begins another line.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nunpick:_all_is_well\u{202e}";

fn check(sentence: &str) {
    assert!(!sentence.chars().any(|c| c.is_control() || c == '\u{202e}'), "{sentence:?}");
    assert!(sentence.chars().count() < 600, "{} characters: {sentence:.200}", sentence.chars().count());
}

#[test]
fn what_a_terminal_obeys_is_escaped() {
    let cli = Harness::new();
    let argument = HOSTILE.replace(['\r', '\n'], "");
    for option in ["--at 1:", "--scene ", "--hidden ", "--data ", "--", "--recipe unpick:"] {
        let sentence = cli.fail(2, &format!("train --out none --steps 5 {option}{argument}"));
        check(&sentence);
        assert!(sentence.contains("\\u{1b}[2J"), "{option}: {sentence}");
    }
    // A session names its commands and its file.
    cli.succeed(&format!("{SHORT} --at 10:beta=3"));
    let session = cli.read("run/session.unpick");
    let json = serde_json::to_string(HOSTILE).unwrap();
    cli.write("command.unpick", session.replace("\"10:beta=3\"", &json));
    cli.write("scene.unpick", session.replace("\"cylinder\"", &json).replace("\"samples\": 20000", "\"samples\": 0"));
    for name in ["command.unpick", "scene.unpick"] {
        check(&cli.fail(2, &format!("train --session {name} --out none")));
    }
    // A table names its columns in notes, and results name the run.
    let rows: String = (0..30).map(|i| format!("{},{},1\n", f64::from(i).sin(), i * i % 7)).collect();
    cli.write("own.csv", format!("a,\"{HOSTILE}\",\"c{HOSTILE}\"\n{rows}"));
    let output = cli.run("train --data own.csv --header yes --hidden 4 --batch 8 --steps 5 --out own");
    assert!(output.status.success());
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    said.lines().for_each(check);
    assert!(said.contains("note: ") && said.contains("\\u{1b}[2J"), "{said}");
}

#[test]
fn quotations_are_short() {
    let cli = Harness::new();
    let long = "A".repeat(100_000);
    for option in ["--at 1:", "--at 1:beta=", "--hidden ", "--scene ", "--beta ", "--", "--recipe unpick:", "--steps '"]
    {
        check(&cli.fail(2, &format!("train --out none {option}{long}")));
    }
    check(&cli.fail(2, &format!("train --out none --beta a'-'{long}'-b")));
    cli.succeed(&format!("{SHORT} --at 10:beta=3"));
    let session = cli.read("run/session.unpick");
    for (name, from, to) in [
        ("command", "10:beta=3", format!("1:{long}'{long}")),
        ("key", "\"seed\"", format!("\"{long}`{long}\"")),
        ("value", "\"diagonal\"", format!("\"{long}\"")),
    ] {
        cli.write(name, session.replace(from, &to));
        check(&cli.fail(2, &format!("train --session {name} --out none")));
    }
    let config = cli.read("run/config.toml");
    cli.write("run/config.toml", config.replace("seed = 0", &format!("{long} = 0")));
    check(&cli.fail(2, "metrics run"));
}

#[test]
fn numbers_are_short() {
    let cli = Harness::new();
    let nines = "9".repeat(200);
    for options in [
        "--beta 1e300",
        "--beta -1e300",
        "--lr 1e300",
        "--lr 1e-300",
        "--sigma2 1e300",
        "--sigma2 -1e-300",
        "--at 3:beta=1e300",
        "--at 3:rotate=1e300",
        "--at 30:lr=1e300",
        "--hidden 18446744073709551615",
        "--batch 18446744073709551615",
        "--recipe unpick:version=2;scene=linear;beta=1e300",
        &format!("--beta {nines}"),
        &format!("--steps {nines}"),
        &format!("--recipe unpick:version=2;scene=linear;sigma2={nines}"),
    ] {
        let sentence = cli.fail(2, &format!("train --out none --steps 10 {options}"));
        assert!(sentence.chars().count() < 300 && !sentence.contains(&"0".repeat(40)), "{options}: {sentence}");
    }
    assert!(cli.fail(2, "train --out none --beta 1e300").starts_with("beta = 1e300 is not between 0 and 1000000"));
    for arguments in [
        "beta --n 10 --kl -1e300",
        "beta --n 10 --loss half-mse-sum --sigma2 -1e300",
        "sweep --out none --betas 1,1e300",
    ] {
        let sentence = cli.fail(2, arguments);
        assert!(sentence.contains("1e300") && sentence.chars().count() < 300, "{sentence}");
    }
    cli.succeed(&format!("{SHORT} --at 10:beta=3"));
    let session = cli.read("run/session.unpick");
    for (from, to) in
        [("\"beta\": 1.0", "\"beta\": 1e300"), ("10:beta=3", "10:beta=1e300"), ("10:beta=3", "90:lr=1e300")]
    {
        assert!(session.contains(from));
        cli.write("long.unpick", session.replace(from, to));
        let sentence = cli.fail(2, "train --session long.unpick --out none");
        assert!(sentence.contains("1e300") && sentence.chars().count() < 300, "{sentence}");
    }
}

/// Names of columns cannot turn the text around them, in whatever file they are shown.
#[test]
fn marks_that_turn_the_direction_of_writing_are_harmless() {
    let cli = Harness::new();
    let row = |i: u32| format!("{},{},{}\n", f64::from(i).sin(), i * i % 7, ["u", "v"][i as usize % 2]);
    let rows: String = (0..40).map(row).collect();
    cli.write("own.csv", format!("wi\u{202e}dth,he\u{2066}ight,ki\u{200f}nd\n{rows}"));
    let (_, notes) = cli.succeed_with_notes("train --data own.csv --hidden 4 --batch 8 --steps 5 --out own");
    let is_turned = |text: &str| text.contains(['\u{202e}', '\u{2066}', '\u{200f}']);
    assert!(notes.iter().any(|note| note.contains("ki\\u{200f}nd")) && !notes.iter().any(|note| is_turned(note)));
    cli.succeed("export own --what decodings --out own/decodings.csv");
    assert!(cli.read("own/decodings.csv").starts_with("wi\\u{202e}dth\n"), "{}", cli.read("own/decodings.csv"));
    assert!(!is_turned(&cli.read("own/session.unpick")));
    cli.succeed("metrics own");
    if cfg!(feature = "gui") {
        cli.succeed("render own --view data --out own/data.svg");
        let drawn = cli.read("own/data.svg");
        assert!(drawn.contains(">width</text>") && !is_turned(&drawn));
        cli.succeed("render own --view data --out own/data.csv");
        assert!(!is_turned(&cli.read("own/data.csv")));
    }
}
