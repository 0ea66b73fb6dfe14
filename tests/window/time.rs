//! Earlier moments of a run: looked at, gone on from, and left again.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, pos2};
use egui_kittest::kittest::Queryable as _;
use unpick::app::Action;

use crate::stagehand::Stagehand;

const PLOT: &str = "Time of ELBO, reconstruction, −β KL";

#[test]
fn dragging_along_the_training_plot_shows_earlier_moments_and_the_end_is_now() {
    let mut hand = Stagehand::paused_at("linear", 100);
    let early = hand.window().snapshot().unwrap().vae.parameters.clone();
    hand.window().act(Action::ManySteps);
    hand.until(|window| window.snapshot().is_some_and(|s| s.step == 200));
    hand.harness.get_by_role_and_label(Role::Slider, "moment").set_value_accesskit(100.0);
    hand.until(|window| window.shown().is_some_and(|s| s.step == 100));
    assert_eq!(hand.window().shown().unwrap().vae.parameters, early, "to the last bit");
    assert_eq!(hand.window().snapshot().unwrap().step, 200, "the run is where it was");

    let plot = hand.harness.get_by_label(PLOT).rect();
    let at = |share: f32| pos2(plot.left() + share * plot.width(), plot.center().y);
    hand.drag(at(0.9), at(0.25));
    hand.until(|window| window.shown().is_some_and(|s| (48..=52).contains(&s.step)));
    let plot = hand.harness.get_by_label(PLOT).rect();
    let at = |share: f32| pos2(plot.left() + share * plot.width(), plot.center().y);
    hand.drag(at(0.25), at(1.2));
    hand.until(|window| window.shown().is_some_and(|s| s.step == 200));
    assert_eq!(hand.window().selection().moment, None);

    hand.window().selection().moment = Some(7);
    hand.until(|window| window.shown().is_some_and(|s| s.step == 7));
    hand.render();
    hand.key(Key::Escape);
    hand.until(|window| window.shown().is_some_and(|s| s.step == 200));
}

#[test]
fn a_run_goes_on_from_an_earlier_moment_and_the_old_branch_stays_until_it_is_closed() {
    let mut hand = Stagehand::paused_at("linear", 200);
    let end = hand.window().snapshot().unwrap().vae.parameters.clone();
    hand.window().selection().moment = Some(50);
    hand.until_shown("Run from here");
    hand.press("Run from here");
    hand.until(|window| window.is_running() && window.branches() == 1);
    hand.key(Key::Space);
    hand.until(|window| !window.is_running());
    hand.press("branches ▾");
    hand.press("Go on with branch 1");
    hand.until(|window| window.snapshot().is_some_and(|s| s.step == 200));
    assert_eq!(hand.window().snapshot().unwrap().vae.parameters, end);
    hand.press("branches ▾");
    hand.press("Close branch 2");
    hand.until(|window| window.branches() == 0);
}

#[test]
fn a_restart_repeats_the_changes_at_their_steps() {
    let mut hand = Stagehand::paused_at("linear", 100);
    hand.key(Key::C);
    hand.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 1));
    hand.window().act(Action::ManySteps);
    hand.until(|window| window.snapshot().is_some_and(|s| s.step == 200));
    let end = hand.window().snapshot().unwrap().vae.parameters.clone();
    hand.key_with(Modifiers::COMMAND, Key::R);
    hand.steps(200);
    assert_eq!(hand.window().snapshot().unwrap().vae.parameters, end);
    assert_eq!(hand.window().snapshot().unwrap().log.len(), 1);
}

#[test]
fn two_runs_are_looked_at_at_the_same_step() {
    let mut hand = Stagehand::paused_at("linear", 100);
    hand.press("Compare A | B");
    hand.until(|window| window.second_snapshot().is_some_and(|s| s.step == 100));
    hand.window().selection().moment = Some(30);
    hand.until(|window| window.shown().is_some_and(|s| s.step == 30));
    hand.until(|window| window.second_shown().is_some_and(|s| s.step == 30));
    hand.render();
}

#[test]
fn a_screenshot_of_an_earlier_moment_carries_that_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut hand = Stagehand::paused_at("linear", 60);
    hand.window().set_folder(folder.path());
    hand.window().selection().moment = Some(20);
    hand.until(|window| window.shown().is_some_and(|s| s.step == 20));
    hand.key(Key::P);
    hand.until_shown("Save");
    hand.press("Save");
    hand.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    assert_eq!(unpick::io::open_session(&file).unwrap().steps, 20);
}
