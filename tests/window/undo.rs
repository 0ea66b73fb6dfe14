//! Undo and redo of settings and view.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use unpick::geometry::Rotation;
use unpick::viz::command::UiCommand;

use crate::harness::WindowTest;

fn undo(test: &mut WindowTest) {
    test.key_with(Modifiers::COMMAND, Key::Z);
}

fn redo(test: &mut WindowTest) {
    test.key_with(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
}

#[test]
fn a_drag_of_z_is_one_undo_and_sends_nothing_to_the_run() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.frames(10);
    let start = test.app().selection().z.clone();
    let handle = test.kittest.get_by_label("z* in latent space").rect().center();
    test.drag(handle, handle + vec2(30.0, 20.0));
    let dragged = test.app().selection().z.clone();
    assert_ne!(dragged, start);
    undo(&mut test);
    assert_eq!(test.app().selection().z, start);
    redo(&mut test);
    assert_eq!(test.app().selection().z, dragged);
    test.key_with(Modifiers::COMMAND, Key::Z);
    test.key_with(Modifiers::COMMAND, Key::Y);
    assert_eq!(test.app().selection().z, dragged, "Ctrl+Y, too");
    undo(&mut test);
    undo(&mut test);
    assert_eq!(test.app().notice(), Some("there is nothing to undo"));
    assert_eq!(test.app().snapshot().map(|s| (s.step, s.log.len())), Some((20, 0)));
}

#[test]
fn an_undone_setting_is_another_change_of_the_run() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.frames(10);
    let slider = test.kittest.get_by_role_and_label(Role::Slider, "β").rect();
    test.drag(slider.left_center() + vec2(50.0, 0.0), slider.left_center() + vec2(80.0, 0.0));
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta > 2.0));
    let set = test.app().snapshot().map(|s| (s.settings.objective.beta, s.log.len()));
    test.press("Edit");
    test.kittest.get_by_label_contains("Undo β");
    test.key(Key::Escape);
    test.frames(2);
    undo(&mut test);
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 1.0));
    let log = test.app().snapshot().map(|s| s.log.len());
    assert_eq!(log, set.map(|(_, log)| log + 1), "the log keeps both");
    redo(&mut test);
    test.until(|window| window.snapshot().map(|s| s.settings.objective.beta) == set.map(|(beta, _)| beta));
}

#[test]
fn camera_layers_and_views_come_back_one_by_one() {
    let mut test = WindowTest::paused_at("cylinder", 20);
    test.frames(10);
    let camera = test.app().selection().camera;
    let theme = test.kittest.ctx.theme();
    let data = test.kittest.get_by_label("Data space in three dimensions").rect().center();
    test.drag(data, data + vec2(60.0, 10.0));
    let turned = test.app().selection().camera;
    assert_ne!(turned, camera);
    test.app().selection().layers.grid = false;
    test.frames(40);
    test.key(Key::Num2);
    test.frames(40);
    test.key(Key::D);
    test.frames(40);
    undo(&mut test);
    assert_eq!(test.kittest.ctx.theme(), theme);
    undo(&mut test);
    assert!(test.kittest.query_by_label("Data space in three dimensions").is_some(), "all views again");
    undo(&mut test);
    assert!(test.app().selection().layers.grid);
    assert_eq!(test.app().selection().camera, turned);
    undo(&mut test);
    assert_eq!(test.app().selection().camera, camera);
    for _ in 0..4 {
        redo(&mut test);
    }
    assert!(!test.app().selection().layers.grid && test.kittest.ctx.theme() != theme);
    // Another start is another run.
    test.app().execute(UiCommand::Restart);
    test.frames(20);
    undo(&mut test);
    assert_eq!(test.app().notice(), Some("there is nothing to undo"));
}

#[test]
fn a_run_trains_on_while_settings_are_undone() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.frames(10);
    test.app().execute(UiCommand::SetRunning(true));
    test.until(|window| window.snapshot().is_some_and(|s| s.step > 100));
    test.kittest.get_by_role_and_label(Role::Slider, "β").set_value_accesskit(4.0);
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 4.0));
    test.frames(40);
    test.key(Key::C);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 2));
    test.frames(40);
    let before = test.app().snapshot().map_or(0, |s| s.step);
    undo(&mut test);
    undo(&mut test);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 4));
    let snapshot = test.app().snapshot().map(Arc::clone).expect("it is training");
    assert!(snapshot.step >= before && snapshot.settings == snapshot.config.settings());
    redo(&mut test);
    redo(&mut test);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 6 && s.settings.objective.beta == 4.0));
}

#[test]
fn a_rotation_of_the_run_is_taken_back_and_made_again() {
    let mut test = WindowTest::paused_at("linear", 100);
    test.frames(60);
    let log = |app: &mut unpick::app::App| {
        let snapshot = app.snapshot().expect("there is a run");
        snapshot.log.iter().map(|logged| logged.command.to_string()).collect::<Vec<_>>()
    };
    test.app().execute(UiCommand::RotateLatents(Rotation { degrees: 30.0, plane: [0, 1] }));
    test.frames(60);
    test.app().execute(UiCommand::Undo);
    test.until(|app| log(app) == ["rotate=30", "rotate=-30"]);
    test.frames(60);
    test.app().execute(UiCommand::Redo);
    test.until(|app| log(app) == ["rotate=30", "rotate=-30", "rotate=30"]);
}
