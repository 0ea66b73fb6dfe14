//! Runs that are saved, opened, pasted and restored.

use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use unpick::io::{Recipe, Session, open_session, save_session};
use unpick::viz::command::UiCommand;
use unpick::viz::views::latent;

use crate::harness::WindowTest;

fn parameters(test: &mut WindowTest) -> Vec<f32> {
    test.app().snapshot().expect("a paused run has been seen").vae.parameters.clone()
}

fn kept(test: &mut WindowTest) -> Session {
    test.app().session().expect("a paused run has been seen")
}

#[test]
fn a_session_is_saved_and_brings_run_and_camera_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("cylinder", 120);
    test.app().set_folder(folder.path());
    test.app().keep_in(&folder.path().join("kept"));
    test.key(Key::C);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 1));
    test.key(Key::X);
    test.app().selection().z = vec![1.25, -0.75];
    test.frames(2);
    test.key_with(Modifiers::COMMAND, Key::S);
    test.until_shown("Save");
    test.press("Save");
    test.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let path = folder.path().join("cylinder_full_beta1_seed0_step000120_session.unpick");
    let (weights, selection) = (parameters(&mut test), test.app().selection().clone());
    let (saved, shown) = (open_session(&path).unwrap(), kept(&mut test));
    assert_eq!((saved.config, saved.log, saved.steps), (shown.config, shown.log, shown.steps));
    assert_eq!(saved.weights, shown.weights);

    // Another window, another scene: a file that is dropped is opened by what is in it, not by its name.
    let renamed = folder.path().join("renamed.csv");
    std::fs::copy(&path, &renamed).unwrap();
    let mut other = WindowTest::paused_at("linear", 10);
    other.app().open_file(&renamed);
    other.until(|window| window.snapshot().is_some_and(|s| s.step == 120) && !window.is_running());
    assert_eq!(parameters(&mut other), weights);
    let restored = other.app().selection().clone();
    assert_eq!((restored.z, restored.camera), (selection.z, selection.camera));
    assert_eq!(other.app().notice(), None);

    // What was saved is among the recent files.
    test.app().open_scene(unpick::data::Scene::named("linear").unwrap().clone());
    test.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear"));
    test.app().execute(UiCommand::OpenRecent(0));
    test.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "cylinder" && s.step == 120));
}

#[test]
fn weights_that_differ_are_told_and_damage_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 50);
    let session = Session { weights: Some("00ff".to_owned()), ..kept(&mut test) };
    save_session(&folder.path().join("forged.unpick"), &session).unwrap();
    let short = Session { parameters: Some(vec![0.5; 3]), ..kept(&mut test) };
    save_session(&folder.path().join("short.unpick"), &short).unwrap();
    let path = folder.path().join("elsewhere.unpick");
    save_session(&path, &Session { parameters: None, ..session }).unwrap();
    let before = Arc::clone(test.app().snapshot().unwrap());
    std::fs::write(folder.path().join("damaged.unpick"), "{\"format\":\"unpick sess").unwrap();
    for (name, words) in
        [("damaged", "not a whole session"), ("forged", "their hash is another"), ("short", "their hash is another")]
    {
        test.app().open_file(&folder.path().join(format!("{name}.unpick")));
        test.frames(3);
        let notice = test.app().notice().unwrap().to_owned();
        assert!(notice.contains(words) && notice.contains(&format!("{name}.unpick")), "{notice}");
        assert!(Arc::ptr_eq(&before, test.app().snapshot().unwrap()), "what was open is as it was");
    }

    test.app().open_file(&path);
    test.until(|window| window.notice().is_some_and(|notice| notice.contains("its weights differ")));
    assert_eq!(test.app().snapshot().unwrap().step, 50);
}

#[test]
fn a_session_of_which_one_run_is_invalid_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 20);
    test.key(Key::B);
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 20));
    let text = unpick::io::session_file(&kept(&mut test)).unwrap();
    let good: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut open = WindowTest::paused_at("cylinder", 5);
    let before = kept(&mut open);
    for (place, value) in [
        ("/beside/model/latent_dim", serde_json::json!(0)),
        ("/beside/commands", serde_json::json!(["5:beta=NaN"])),
        ("/beside/weights", serde_json::json!("00ff")),
        ("/beside/seed", serde_json::Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        let path = folder.path().join("bad.unpick");
        std::fs::write(&path, bad.to_string()).unwrap();
        open.app().open_file(&path);
        open.frames(3);
        let notice = open.app().notice().unwrap().to_owned();
        assert!(notice.starts_with("the second run of the session") && notice.ends_with("bad.unpick"), "{notice}");
        assert!(open.app().second_snapshot().is_none() && !open.app().is_running());
        assert_eq!(kept(&mut open), before, "{place}");
    }
}

#[test]
fn the_saved_state_is_shown_at_once_and_verified_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.unpick");
    let mut test = WindowTest::paused_at("linear", 3000);
    let (session, weights) = (kept(&mut test), parameters(&mut test));
    save_session(&path, &session).unwrap();

    let mut other = WindowTest::paused_at("cylinder", 5);
    other.app().open_file(&path);
    other.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear"));
    // The first that is seen is the saved state, long before its steps are repeated.
    assert_eq!(other.app().snapshot().unwrap().step, 3000);
    assert_eq!(parameters(&mut other), weights);
    assert_eq!(kept(&mut other).weights, session.weights, "what is saved meanwhile is the whole run");
    other.until(|window| !window.is_running());
    other.until_shown("✔ verified");
    assert_eq!(parameters(&mut other), weights);
    assert_eq!(other.app().snapshot().unwrap().history.len(), test.app().snapshot().unwrap().history.len());
    assert_eq!(other.app().notice(), None);
    // From there it goes on as the run itself does.
    for window in [&mut test, &mut other] {
        window.app().execute(UiCommand::StepsTo(3010));
        window.until(|window| window.snapshot().is_some_and(|s| s.step == 3010));
    }
    assert_eq!(parameters(&mut other), parameters(&mut test));
    other.frames(2);
    assert!(other.kittest.query_by_label("✔ verified").is_none(), "it was trained further");
}

#[test]
fn a_recipe_is_copied_and_pasted() {
    let mut test = WindowTest::paused_at("linear", 40);
    test.app().selection().z = vec![0.5, 0.25];
    test.key(Key::C);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 1));
    let weights = parameters(&mut test);
    test.key_with(Modifiers::COMMAND, Key::L);
    let line = test.app().notice().unwrap().strip_prefix("copied ").unwrap().to_owned();
    assert_eq!(line.parse::<Recipe>().unwrap().steps(), 40);

    let mut other = WindowTest::paused_at("cylinder", 0);
    other.kittest.event(Event::Paste("not a recipe".to_owned()));
    other.frames(2);
    assert!(other.app().notice().unwrap().contains("a recipe begins with"));
    other.kittest.event(Event::Paste(line));
    other.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear" && s.step == 40));
    assert_eq!(parameters(&mut other), weights);
    assert_eq!(other.app().selection().z, [0.5, 0.25]);
}

#[test]
fn two_runs_with_their_layout_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 40);
    test.key(Key::B);
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 40));
    test.app().execute(UiCommand::SwitchTheme);
    test.app().execute(UiCommand::ToggleAlone(latent::SPEC.view));
    test.app().selection().z = vec![0.1, 0.7];
    test.frames(2);
    let session = kept(&mut test);
    let path = folder.path().join("both.unpick");
    save_session(&path, &session).unwrap();

    let mut other = WindowTest::paused_at("cylinder", 0);
    other.app().open_file(&path);
    let at_end = |s: Option<&Arc<unpick::experiment::Snapshot>>| s.is_some_and(|s| s.step == 40);
    other.until(|window| at_end(window.snapshot()) && at_end(window.second_snapshot()) && !window.is_running());
    other.frames(2);
    assert_eq!(kept(&mut other), session, "runs, weights, z*, layout and theme");
    assert_eq!(other.app().notice(), None);

    // A layout that shows a view twice, or not at all, is not taken over.
    let mut wild = session.clone();
    wild.view["layout"]["tree"]["root"] = serde_json::Value::Null;
    save_session(&path, &wild).unwrap();
    other.app().open_file(&path);
    other.until(|window| at_end(window.snapshot()) && at_end(window.second_snapshot()));
    assert_eq!(kept(&mut other).view["layout"], session.view["layout"]);
}

#[test]
fn the_folder_of_a_run_is_saved_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 30);
    test.app().set_folder(folder.path());
    test.app().execute(UiCommand::SaveRun);
    test.until_shown("Save");
    test.press("Save");
    test.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let path = folder.path().join("linear_diagonal_beta1_seed0_step000030_run");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names, std::slice::from_ref(&path), "nothing else stays");
    let saved = unpick::io::open(&path).unwrap();
    assert_eq!((saved.vae.parameters.clone(), saved.steps), (parameters(&mut test), 30));
    let mut other = WindowTest::paused_at("cylinder", 0);
    other.app().open_file(&path);
    other.until(|window| window.snapshot().is_some_and(|s| s.step == 30) && !window.is_running());
    assert_eq!(parameters(&mut other), saved.vae.parameters);
}

/// The storage of eframe, in memory.
#[derive(Default)]
struct Memory(std::collections::HashMap<String, String>);

impl eframe::Storage for Memory {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }
    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }
    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }
    fn flush(&mut self) {}
}

#[test]
fn layers_and_the_folder_that_was_saved_to_are_remembered() {
    let (folder, mut memory) = (tempfile::tempdir().unwrap(), Memory::default());
    let mut test = WindowTest::paused_at("linear", 10);
    test.app().selection().layers.grid = false;
    test.app().set_folder(folder.path());
    test.app().execute(UiCommand::SaveSession);
    test.until_shown("Save");
    test.press("Save");
    test.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    eframe::App::save(test.app(), &mut memory);

    let mut next = WindowTest::paused_at("linear", 10);
    next.app().restore(Some(&memory));
    assert!(!next.app().selection().layers.grid);
    next.app().execute(UiCommand::SaveSession);
    next.until_shown("Save");
    next.press("Save");
    next.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "beside the first, with a number");
}

/// The fixture shows the view that was called "gauges" alone, in the dark theme.
#[test]
fn the_layout_of_an_older_session_comes_back() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/session-compare-0.1.0.unpick");
    let mut test = WindowTest::paused_at("cylinder", 0);
    test.app().open_file(&path);
    test.until(|window| {
        [window.snapshot(), window.second_snapshot()].into_iter().all(|s| s.is_some_and(|s| s.step == 40))
    });
    test.frames(2);
    assert_eq!(test.app().selection().z, [0.1, 0.7]);
    let view = kept(&mut test).view;
    assert_eq!((view["layout"]["alone"].as_str(), view["theme"].as_str()), (Some("metrics"), Some("dark")));
    assert_eq!(test.app().notice(), None);
}
