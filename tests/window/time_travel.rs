//! Earlier steps of a run: shown, branched from, and left again.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, pos2};
use egui_kittest::kittest::Queryable as _;
use unpick::viz::command::UiCommand;

use crate::harness::WindowTest;

const PLOT: &str = "Time of minibatch ELBO, held-out ELBO, reconstruction, −β KL";

#[test]
fn dragging_along_the_training_plot_shows_earlier_steps_and_the_end_is_the_newest() {
    let mut test = WindowTest::paused_at("linear", 100);
    let early = test.app().snapshot().unwrap().vae.parameters.clone();
    test.app().execute(UiCommand::Steps(100));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 200));
    test.kittest.get_by_role_and_label(Role::Slider, "step").set_value_accesskit(100.0);
    test.until(|window| window.shown().is_some_and(|s| s.step == 100));
    assert_eq!(test.app().shown().unwrap().vae.parameters, early, "to the last bit");
    assert_eq!(test.app().snapshot().unwrap().step, 200, "the run is where it was");

    let plot = test.kittest.get_by_label(PLOT).rect();
    let at = |share: f32| pos2(plot.left() + share * plot.width(), plot.center().y);
    test.drag(at(0.9), at(0.25));
    test.until(|window| window.shown().is_some_and(|s| (48..=52).contains(&s.step)));
    let plot = test.kittest.get_by_label(PLOT).rect();
    let at = |share: f32| pos2(plot.left() + share * plot.width(), plot.center().y);
    test.drag(at(0.25), at(1.2));
    test.until(|window| window.shown().is_some_and(|s| s.step == 200));
    assert_eq!(test.app().selection().shown_step, None);

    test.app().selection().shown_step = Some(7);
    test.until(|window| window.shown().is_some_and(|s| s.step == 7));
    test.render();
    test.key(Key::Escape);
    test.until(|window| window.shown().is_some_and(|s| s.step == 200));
}

#[test]
fn a_run_branches_at_an_earlier_step_and_the_old_branch_stays_until_it_is_closed() {
    let mut test = WindowTest::paused_at("linear", 200);
    let end = test.app().snapshot().unwrap().vae.parameters.clone();
    test.app().selection().shown_step = Some(50);
    test.until_shown("Run from here");
    test.press("Run from here");
    test.until(|window| window.is_running() && window.branches() == 1);
    test.key(Key::Space);
    test.until(|window| !window.is_running());
    test.press("branches ▾");
    test.press("Switch to branch 1");
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 200));
    assert_eq!(test.app().snapshot().unwrap().vae.parameters, end);
    test.press("branches ▾");
    test.press("Close branch 2");
    test.until(|window| window.branches() == 0);
}

#[test]
fn a_repetition_makes_the_changes_at_their_steps() {
    let mut test = WindowTest::paused_at("linear", 100);
    test.key(Key::C);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 1));
    test.app().execute(UiCommand::Steps(100));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 200));
    let end = test.app().snapshot().unwrap().vae.parameters.clone();
    test.app().execute(UiCommand::Repeat);
    test.steps(200);
    assert_eq!(test.app().snapshot().unwrap().vae.parameters, end);
    assert_eq!(test.app().snapshot().unwrap().log.len(), 1);
}

#[test]
fn two_runs_are_looked_at_at_the_same_step() {
    let mut test = WindowTest::paused_at("linear", 100);
    test.press("Compare A | B");
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 100));
    test.app().selection().shown_step = Some(30);
    test.until(|window| window.shown().is_some_and(|s| s.step == 30));
    test.until(|window| window.second_shown().is_some_and(|s| s.step == 30));
    test.render();
}

#[test]
fn a_screenshot_of_an_earlier_step_carries_that_step() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 60);
    test.app().set_folder(folder.path());
    test.app().selection().shown_step = Some(20);
    test.until(|window| window.shown().is_some_and(|s| s.step == 20));
    test.key(Key::P);
    test.until_shown("Save");
    test.press("Save");
    test.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    assert_eq!(unpick::io::open_session(&file).unwrap().steps, 20);
}
