//! Runs that are saved, opened, pasted and restored.

use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use unpick::app::Action;
use unpick::io::{Recipe, Session, open_session, save_session};

use crate::stagehand::Stagehand;

fn parameters(hand: &mut Stagehand) -> Vec<f32> {
    hand.window().snapshot().expect("a paused run has been seen").vae.parameters.clone()
}

fn kept(hand: &mut Stagehand) -> Session {
    hand.window().session().expect("a paused run has been seen")
}

#[test]
fn a_session_is_saved_and_brings_run_and_camera_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut hand = Stagehand::paused_at("cylinder", 120);
    hand.window().set_folder(folder.path());
    hand.window().keep_in(&folder.path().join("kept"));
    hand.key(Key::C);
    hand.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 1));
    hand.key(Key::X);
    hand.window().selection().z = vec![1.25, -0.75];
    hand.frames(2);
    hand.key_with(Modifiers::COMMAND, Key::S);
    hand.until_shown("Save");
    hand.press("Save");
    hand.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let path = folder.path().join("cylinder_full_beta1_seed0_step000120_session.unpick");
    let (weights, selection) = (parameters(&mut hand), hand.window().selection().clone());
    let (saved, shown) = (open_session(&path).unwrap(), kept(&mut hand));
    assert_eq!((saved.config, saved.log, saved.steps), (shown.config, shown.log, shown.steps));
    assert_eq!(saved.weights, shown.weights);

    // Another window, another scene: a file that is dropped is opened by what is in it, not by its name.
    let renamed = folder.path().join("renamed.csv");
    std::fs::copy(&path, &renamed).unwrap();
    let mut other = Stagehand::paused_at("linear", 10);
    other.window().open_file(&renamed);
    other.until(|window| window.snapshot().is_some_and(|s| s.step == 120) && !window.is_running());
    assert_eq!(parameters(&mut other), weights);
    let restored = other.window().selection().clone();
    assert_eq!((restored.z, restored.camera), (selection.z, selection.camera));
    assert_eq!(other.window().notice(), None);

    // What was saved is among the recent files.
    hand.window().open_scene(unpick::data::Scene::named("linear").unwrap().clone());
    hand.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear"));
    hand.window().act(Action::OpenRecent(0));
    hand.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "cylinder" && s.step == 120));
}

#[test]
fn weights_that_differ_are_told_and_damage_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut hand = Stagehand::paused_at("linear", 50);
    let session = Session { weights: Some("00ff".to_owned()), ..kept(&mut hand) };
    let path = folder.path().join("elsewhere.unpick");
    save_session(&path, &session).unwrap();
    let before = Arc::clone(hand.window().snapshot().unwrap());
    std::fs::write(folder.path().join("damaged.unpick"), "{\"format\":\"unpick sess").unwrap();
    hand.window().open_file(&folder.path().join("damaged.unpick"));
    hand.frames(3);
    assert!(hand.window().notice().unwrap().contains("damaged.unpick"));
    assert!(Arc::ptr_eq(&before, hand.window().snapshot().unwrap()), "what was open is as it was");

    hand.window().open_file(&path);
    hand.until(|window| window.notice().is_some_and(|notice| notice.contains("its weights differ")));
    assert_eq!(hand.window().snapshot().unwrap().step, 50);
}

#[test]
fn a_recipe_is_copied_and_pasted() {
    let mut hand = Stagehand::paused_at("linear", 40);
    hand.window().selection().z = vec![0.5, 0.25];
    hand.key(Key::C);
    hand.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 1));
    let weights = parameters(&mut hand);
    hand.key_with(Modifiers::COMMAND, Key::L);
    let line = hand.window().notice().unwrap().strip_prefix("copied ").unwrap().to_owned();
    assert_eq!(line.parse::<Recipe>().unwrap().steps(), 40);

    let mut other = Stagehand::paused_at("cylinder", 0);
    other.harness.event(Event::Paste("not a recipe".to_owned()));
    other.frames(2);
    assert!(other.window().notice().unwrap().contains("a recipe begins with"));
    other.harness.event(Event::Paste(line));
    other.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear" && s.step == 40));
    assert_eq!(parameters(&mut other), weights);
    assert_eq!(other.window().selection().z, [0.5, 0.25]);
}

#[test]
fn the_last_session_is_offered_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let mut hand = Stagehand::paused_at("linear", 0);
    hand.window().keep_in(folder.path());
    hand.frames(2);
    hand.key(Key::Period);
    hand.until(|window| window.snapshot().is_some_and(|s| s.step == 1));
    // Half a minute later.
    hand.harness.input_mut().time = Some(40.0);
    let saved = folder.path().join("autosave.unpick");
    hand.until(|_| saved.exists());
    // A program that is killed closes nothing.
    drop(hand);
    for answer in ["Restore", "Forget"] {
        let mut next = Stagehand::paused_at("cylinder", 0);
        next.window().keep_in(folder.path());
        next.until_shown(answer);
        next.press(answer);
        if answer == "Restore" {
            next.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "linear" && s.step == 1));
        }
        assert!(next.harness.query_by_label(answer).is_none());
    }
    let mut last = Stagehand::paused_at("cylinder", 0);
    last.window().keep_in(folder.path());
    last.until_shown("Forget");
    last.window().close();
    drop(last);
    let mut after = Stagehand::paused_at("cylinder", 0);
    after.window().keep_in(folder.path());
    after.frames(3);
    assert!(after.harness.query_by_label("Restore").is_none(), "who closed the window is not asked");
}

#[test]
fn two_runs_with_their_layout_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut hand = Stagehand::paused_at("linear", 40);
    hand.key(Key::B);
    hand.until(|window| window.second_snapshot().is_some_and(|s| s.step == 40));
    hand.window().act(Action::SwitchTheme);
    hand.window().act(Action::Maximise(unpick::app::views::View::Latent));
    hand.window().selection().z = vec![0.1, 0.7];
    hand.frames(2);
    let session = kept(&mut hand);
    let path = folder.path().join("both.unpick");
    save_session(&path, &session).unwrap();

    let mut other = Stagehand::paused_at("cylinder", 0);
    other.window().open_file(&path);
    let at_end = |s: Option<&Arc<unpick::experiment::Snapshot>>| s.is_some_and(|s| s.step == 40);
    other.until(|window| at_end(window.snapshot()) && at_end(window.second_snapshot()) && !window.is_running());
    other.frames(2);
    assert_eq!(kept(&mut other), session, "runs, weights, z*, layout and theme");
    assert_eq!(other.window().notice(), None);

    // A layout that shows a view twice, or not at all, is not taken over.
    let mut wild = session.clone();
    wild.view["layout"]["tree"]["root"] = serde_json::Value::Null;
    save_session(&path, &wild).unwrap();
    other.window().open_file(&path);
    other.until(|window| at_end(window.snapshot()) && at_end(window.second_snapshot()));
    assert_eq!(kept(&mut other).view["layout"], session.view["layout"]);
}

#[test]
fn the_folder_of_a_run_is_saved_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut hand = Stagehand::paused_at("linear", 30);
    hand.window().set_folder(folder.path());
    hand.window().act(Action::SaveRun);
    hand.until_shown("Save");
    hand.press("Save");
    hand.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let path = folder.path().join("linear_diagonal_beta1_seed0_step000030_run");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names, std::slice::from_ref(&path), "nothing else stays");
    let saved = unpick::io::open(&path).unwrap();
    assert_eq!((saved.vae.parameters.clone(), saved.steps), (parameters(&mut hand), 30));
    let mut other = Stagehand::paused_at("cylinder", 0);
    other.window().open_file(&path);
    other.until(|window| window.snapshot().is_some_and(|s| s.step == 30) && !window.is_running());
    assert_eq!(parameters(&mut other), saved.vae.parameters);
}

/// What eframe keeps in a file.
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
    let mut hand = Stagehand::paused_at("linear", 10);
    hand.window().selection().layers.grid = false;
    hand.window().set_folder(folder.path());
    hand.window().act(Action::SaveSession);
    hand.until_shown("Save");
    hand.press("Save");
    hand.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    eframe::App::save(hand.window(), &mut memory);

    let mut next = Stagehand::paused_at("linear", 10);
    next.window().recall(Some(&memory));
    assert!(!next.window().selection().layers.grid);
    next.window().act(Action::SaveSession);
    next.until_shown("Save");
    next.press("Save");
    next.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "beside the first, with a number");
}
