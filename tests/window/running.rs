//! Restart, repetition, pace, and what the window shows meanwhile.

use std::sync::Arc;

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use unpick::experiment::{Command, Snapshot};
use unpick::vae::Covariance;
use unpick::viz::command::UiCommand;

use crate::harness::WindowTest;

#[test]
fn a_restart_has_the_settings_that_are_shown_and_a_repetition_those_of_the_start() {
    let mut test = WindowTest::paused_at("polar", 40);
    test.app().execute(UiCommand::Change(Command::Beta(4.0)));
    test.app().execute(UiCommand::SwitchCovariance);
    test.app().execute(UiCommand::StepsTo(100));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 100));
    let began = |test: &mut WindowTest| {
        let snapshot = Arc::clone(test.app().snapshot().unwrap());
        (snapshot.config.objective.beta, snapshot.config.objective.covariance, snapshot.step)
    };
    let first = began(&mut test);
    assert_eq!(first.1, Covariance::Diagonal);
    test.app().execute(UiCommand::Repeat);
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 0));
    test.steps(100);
    assert_eq!(began(&mut test), first);
    assert_eq!(test.app().snapshot().unwrap().log.len(), 2, "the changes come again at their step");
    test.app().execute(UiCommand::Restart);
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 0));
    assert_eq!(began(&mut test), (4.0, Covariance::Full, 0));
    assert!(test.app().snapshot().unwrap().log.is_empty());
}

#[test]
fn a_covariance_chosen_before_the_first_step_is_the_one_of_the_run() {
    let mut test = WindowTest::paused_at("polar", 0);
    test.app().execute(UiCommand::SwitchCovariance);
    let full = |s: &Arc<Snapshot>| s.config.objective.covariance == Covariance::Full;
    test.until(|window| window.snapshot().is_some_and(full));
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    assert_eq!((snapshot.step, snapshot.log.len()), (0, 0));
}

#[test]
fn the_side_panel_can_be_hidden() {
    let mut test = WindowTest::paused_at("linear", 10);
    let left = |test: &WindowTest| test.kittest.get_by_label("Data space").rect().left();
    let shown = left(&test);
    test.key(Key::K);
    test.frames(3);
    assert!(left(&test) < shown - 150.0 && test.kittest.query_by_label("Objective").is_none());
    test.key(Key::K);
    test.frames(3);
    assert_eq!(left(&test), shown);
}

#[test]
fn full_speed_and_the_pace_before_alternate() {
    let mut test = WindowTest::paused_at("linear", 10);
    test.app().execute(UiCommand::SetPace(Some(50.0)));
    for shown in ["full", "50 s"] {
        test.key(Key::U);
        test.frames(2);
        assert!(test.kittest.query_by_value(shown).is_some(), "{shown}");
    }
}

#[test]
fn the_tab_in_front_is_in_sight_in_a_narrow_bar() {
    let mut test = WindowTest::paused_at("blob", 10);
    test.app().execute(UiCommand::SetCompared(true));
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 10));
    test.frames(12);
    let rects = |label: &str| test.kittest.get_all_by_label(label).map(|node| node.rect()).collect::<Vec<_>>();
    let (tabs, tools) = (rects("Traversals"), rects("Play all rows in phase"));
    assert_eq!((tabs.len(), tools.len()), (2, 2), "each run has its bar");
    assert!(tabs.iter().zip(&tools).all(|(tab, tool)| tab.right() <= tool.left() + 1.0), "{tabs:?} {tools:?}");
}
