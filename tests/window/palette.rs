//! The command palette: every command by its words, settings as typed text.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use unpick::viz::command::UiCommand;

use crate::harness::WindowTest;

/// Opens the palette and types a text, which replaces what was typed before.
fn type_in(test: &mut WindowTest, text: &str) {
    test.key_with(Modifiers::COMMAND, Key::K);
    test.frames(2);
    test.kittest.event(Event::Text(text.to_owned()));
    test.frames(2);
}

fn is_open(test: &WindowTest) -> bool {
    test.kittest.ctx.memory(|memory| memory.top_modal_layer()).is_some()
}

#[test]
fn what_is_typed_into_the_palette_is_done() {
    let mut test = WindowTest::paused_at("linear", 20);
    type_in(&mut test, "beta 4");
    test.key(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 4.0));
    test.frames(2);
    assert!(!is_open(&test));
    type_in(&mut test, "z 1 -0.5");
    test.key(Key::Enter);
    assert_eq!(test.app().selection().z, [1.0, -0.5]);
    // A setting that is named waits for its value.
    type_in(&mut test, "step");
    test.kittest.get_by_role_and_label(Role::Button, "train to step …");
    test.key(Key::ArrowDown);
    test.key(Key::Escape);
    assert!(!is_open(&test));
    type_in(&mut test, "steps 30");
    test.key(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 30));
    type_in(&mut test, "light or dark");
    test.key(Key::Enter);
    assert_eq!(test.kittest.ctx.theme(), Theme::Dark);
}

/// A fast typist, or a slow frame.
#[test]
fn enter_in_the_frame_of_the_last_letter_means_what_was_typed() {
    let mut test = WindowTest::paused_at("linear", 20);
    type_in(&mut test, "beta 7");
    test.kittest.event(Event::Text("7".to_owned()));
    test.kittest.key_press(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 77.0));
}

#[test]
fn a_setting_that_cannot_be_says_why_and_nothing_happens() {
    let mut test = WindowTest::paused_at("linear", 20);
    type_in(&mut test, "sigma2 -1");
    test.kittest.get_by_label_contains("is not between");
    test.key(Key::Enter);
    assert!(is_open(&test), "Enter does nothing");
    // Keys act on what lies behind only when the palette is gone, and Escape closes the topmost thing only.
    test.key(Key::F1);
    test.key(Key::Escape);
    assert!(is_open(&test));
    test.key(Key::Escape);
    assert!(!is_open(&test));
    assert_eq!(test.app().snapshot().map(|s| s.log.len()), Some(0));
}

#[test]
fn rows_are_chosen_with_arrows_and_by_the_mouse_also_while_presenting() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().execute(UiCommand::TogglePresenter);
    test.frames(3);
    type_in(&mut test, "view ");
    test.key(Key::ArrowDown);
    test.key(Key::Enter);
    test.frames(2);
    assert!(test.kittest.query_by_label("z* in latent space").is_some(), "the second view is alone");
    type_in(&mut test, "view all");
    test.press("all views");
    assert!(!is_open(&test));
    assert!(test.app().is_presenting());
}
