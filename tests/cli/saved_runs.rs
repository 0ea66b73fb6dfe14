//! Damaged run folders and sessions: one sentence names the file, the run and the way out.

use std::fs;

use serde_json::Value;

use super::harness::{Harness, SHORT, rows};

#[test]
fn a_recipe_of_a_damaged_folder_names_the_file_and_the_way_out() {
    let cli = Harness::new();
    cli.succeed(SHORT);
    let recipe = cli.succeed("recipe run");
    let damage = |name: &str, spoil: &dyn Fn(&str) -> Option<String>| -> String {
        let text = cli.read(&format!("run/{name}"));
        match spoil(&text) {
            Some(text) => cli.write(&format!("run/{name}"), text),
            None => fs::remove_file(cli.path("run").join(name)).unwrap(),
        }
        let sentence = cli.fail(2, "recipe run");
        cli.write(&format!("run/{name}"), text);
        sentence
    };
    let half = |text: &str| Some(text[..text.len() / 2].to_owned());
    for (name, sentence) in
        [("config.toml", damage("config.toml", &half)), ("history.csv", damage("history.csv", &|_| None))]
    {
        assert!(sentence.contains(&format!("run/{name};")), "{sentence}");
        assert!(sentence.ends_with("its session is whole, so give that instead: run/session.unpick"), "{sentence}");
    }
    assert_eq!(cli.succeed("recipe run/session.unpick"), recipe);
    let sentence = damage("session.unpick", &half);
    assert!(sentence.contains("run/session.unpick; its session cannot be read either"), "{sentence}");
    assert_eq!(cli.succeed("recipe run"), recipe);

    fs::create_dir(cli.path("empty")).unwrap();
    assert!(cli.fail(2, "recipe empty").starts_with("not a run folder: "));
    cli.write("letter.txt", "Dear all");
    let sentence = cli.fail(2, "recipe letter.txt");
    assert_eq!(sentence, "this is neither a session nor a figure (PNG, SVG, PDF or GIF): letter.txt");
}

#[test]
fn errors_in_a_session_of_two_runs_name_file_and_run() {
    let cli = Harness::new();
    cli.succeed(&format!("{SHORT} --at 10:beta=3"));
    let mut session = cli.json("run/session.unpick");
    let Value::Object(mut beside) = session.clone() else { panic!("{session}") };
    beside.remove("format");
    session["beside"] = Value::Object(beside);
    let spoilt = |place: &str, key: &str, value: Value| {
        let mut session = session.clone();
        session.pointer_mut(place).unwrap()[key] = value;
        cli.write("two.unpick", session.to_string());
    };
    let rates = Value::from(vec!["10:lr=1e300"]);
    for (place, key, value, words) in [
        ("/model", "latent_dim", 0.into(), "the first run of the session: latent_dim = 0 is not between"),
        ("/beside/model", "latent_dim", 0.into(), "the second run of the session: latent_dim = 0 is not between"),
        ("/beside", "commands", rates, "the second run of the session: at step 10: lr = 1e300 is not between"),
        ("/beside", "weights", "0".into(), "the second run of the session: the weights of the session are damaged"),
        ("/beside", "seed", Value::Null, "the second run of the session: this is not a whole session file"),
    ] {
        spoilt(place, key, value);
        let commands = ["train --out none --session", "beta", "recipe"]
            .into_iter()
            .chain(cfg!(feature = "gui").then_some("render --view data --out none.svg"));
        for command in commands.filter(|command| *command != "recipe" || key != "weights") {
            let sentence = cli.fail(2, &format!("{command} two.unpick"));
            assert!(sentence.starts_with(words) && sentence.ends_with(": two.unpick"), "{command}: {sentence}");
            assert!(sentence.chars().count() < 300, "{sentence}");
        }
    }
}

#[test]
fn a_session_without_its_data_is_checked_once_they_are_known() {
    let cli = Harness::new();
    cli.write("own.csv", rows(','));
    cli.succeed_with_notes("train --data own.csv --hidden 4 --batch 8 --steps 5 --out run");
    let mut session = cli.json("run/session.unpick");
    session.as_object_mut().unwrap().remove("table");
    session["optimizer"]["batch"] = 25.into();
    cli.write("lean.unpick", session.to_string());
    let sentence = cli.fail(2, "train --session lean.unpick --data own.csv --out none");
    assert_eq!(sentence, "batch = 25 is not between 1 and 24: lean.unpick");
    session["optimizer"]["batch"] = 5000.into();
    cli.write("lean.unpick", session.to_string());
    assert!(cli.fail(2, "beta lean.unpick").starts_with("batch = 5000 is not between 1 and 4096: lean"));
}

#[test]
fn a_table_that_begins_with_a_brace_is_a_table() {
    let cli = Harness::new();
    cli.write("own.csv", format!("{{a}},<b>\n{}", rows(',')));
    let (text, _) = cli.succeed_with_notes("beta own.csv");
    assert!(text.contains("own.csv, 24 training observations"), "{text}");
    cli.succeed(SHORT);
    let session = cli.read("run/session.unpick");
    cli.write("session.csv", &session);
    assert!(cli.succeed("beta session.csv").contains("cylinder"));
    cli.write("cut.unpick", &session[..20]);
    assert!(cli.fail(2, "beta cut.unpick").contains("not a whole session file"));
}
