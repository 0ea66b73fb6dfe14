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
