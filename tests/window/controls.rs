//! The controls of the side panel, and where they are in a small window.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Rect, TouchPhase, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::data::GroundTruthMap;
use unpick::viz::command::UiCommand;
use unpick::viz::views::view_named;

use crate::harness::WindowTest;

#[test]
fn numbers_of_the_scene_are_changed_and_the_settings_stay() {
    let mut test = WindowTest::paused_at("linear-equal", 30);
    test.key(Key::C);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 1));
    test.press("Scene (restarts the run)");
    test.frames(20);
    test.kittest.get_by_role_and_label(Role::SpinButton, "scales 1").set_value_accesskit(1.5);
    test.frames(3);
    // A changed number waits until the edit ends, as a typed one does.
    test.kittest.get_by_role_and_label(Role::SpinButton, "scales 1").focus();
    test.frames(2);
    test.key(Key::Enter);
    test.key(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.is_empty() && s.step == 0));
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    let scene = snapshot.config.origin.scene().unwrap();
    let Some(GroundTruthMap::Linear { scales, .. }) = scene.truth() else { panic!("another map") };
    assert_eq!(scales, &[1.5, 1.0]);
    assert_eq!(snapshot.settings.objective.covariance, unpick::vae::Covariance::Full, "as it was chosen");
    assert_eq!(scene.title, "Equal singular values, changed");
    test.app().execute(UiCommand::RunChecks);
    assert!(test.app().notice().unwrap().contains("as it is built in"));
}

#[test]
fn escape_leaves_a_field_and_closes_nothing_else() {
    let mut test = WindowTest::paused_at("linear-equal", 30);
    test.press("Scene (restarts the run)");
    test.frames(20);
    test.app().execute(UiCommand::SetAlone(view_named("latent")));
    test.frames(3);
    test.kittest.get_by_role_and_label(Role::SpinButton, "scales 1").focus();
    test.frames(2);
    let is_alone = |test: &WindowTest| test.kittest.query_by_label_contains("Time of minibatch ELBO").is_none();
    test.key(Key::Escape);
    test.frames(5);
    assert!(is_alone(&test), "the field was the topmost thing");
    assert_eq!(test.app().snapshot().expect("a run").step, 30);
    test.key(Key::Escape);
    test.frames(3);
    assert!(!is_alone(&test), "the next one brings all views back");
}

#[test]
fn a_double_click_on_a_slider_returns_to_the_value_of_the_scene() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().selection().z = vec![1.5, -0.5];
    test.kittest.get_by_role_and_label(Role::Slider, "β").set_value_accesskit(4.0);
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 4.0));
    let rail = |test: &WindowTest, label: &str| {
        test.kittest.get_by_role_and_label(Role::Slider, label).rect().left_center() + vec2(50.0, 0.0)
    };
    let place = rail(&test, "β");
    test.double_click(place);
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 1.0));
    // Another click at once would be the third.
    test.frames(60);
    let place = rail(&test, "z₁");
    test.double_click(place);
    assert_eq!(test.app().selection().z, [0.0, -0.5]);
}

#[test]
fn the_wheel_zooms_the_training_plots_and_a_double_click_shows_all_steps() {
    let mut test = WindowTest::paused_at("linear", 600);
    test.app().execute(UiCommand::SetAlone(view_named("training")));
    test.frames(3);
    let plot = test.kittest.get_by_label("Time of minibatch ELBO, held-out ELBO, reconstruction, −β KL").rect();
    test.kittest.hover_at(plot.center());
    test.frames(2);
    for _ in 0..3 {
        let delta = vec2(0.0, 40.0);
        let (unit, phase, modifiers) = (MouseWheelUnit::Point, TouchPhase::Move, Modifiers::NONE);
        let source = MouseWheelSource::Unknown;
        test.kittest.event(Event::MouseWheel { unit, delta, phase, modifiers, source });
        test.frames(10);
    }
    let [low, high] = test.app().selection().step_range.expect("a range of steps");
    assert!(low > 10.0 && high < 590.0 && (low..high).contains(&300.0), "{low} to {high}");
    test.double_click(plot.center());
    assert_eq!((test.app().selection().step_range, test.app().selection().shown_step), (None, None));
}

#[test]
fn the_wheel_zooms_latent_space_and_a_double_click_shows_the_prior() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().execute(UiCommand::SetAlone(view_named("latent")));
    test.frames(3);
    let z = test.kittest.get_by_label("z* in latent space").rect().center();
    // Beside the handle, which would take the click.
    let place = z + vec2(80.0, 60.0);
    test.kittest.hover_at(place);
    test.frames(2);
    let delta = vec2(0.0, 200.0);
    let (unit, phase, modifiers) = (MouseWheelUnit::Point, TouchPhase::Move, Modifiers::NONE);
    test.kittest.event(Event::MouseWheel { unit, delta, phase, modifiers, source: MouseWheelSource::Unknown });
    test.frames(20);
    let [[left, right], _] = test.app().selection().latent_window.expect("a part of the prior");
    assert!(right - left < 5.0 && left > -4.0 && right < 4.0, "{left} to {right}");
    let moved = test.kittest.get_by_label("z* in latent space").rect().center();
    assert!(moved.distance(place) > 1.2 * z.distance(place), "what is seen is larger");
    test.frames(40);
    test.double_click(place);
    assert_eq!(test.app().selection().latent_window, None);
}

#[test]
fn in_a_small_window_views_come_one_at_a_time_and_the_panel_on_request() {
    let mut test = WindowTest::paused_at("cylinder", 20);
    test.press("Compare A | B");
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 20));
    test.resize(vec2(500.0, 420.0));
    let shown = |test: &WindowTest, label: &str| test.kittest.query_by_label(label).is_some();
    assert!(!shown(&test, "Objective"), "the side panel has folded");
    test.press("Controls");
    assert!(shown(&test, "Objective") && !shown(&test, "z* in latent space"), "and takes all the room");
    test.key(Key::K);
    assert!(!shown(&test, "Objective"));
    // The title of the view is a menu of views, and of both runs.
    test.press("A diagonal · Data space ▾");
    test.press("Training");
    test.until_shown("Training ▾");
    test.press("Training ▾");
    test.press("Latent space");
    test.until_shown("A diagonal · Latent space ▾");
    test.press("A diagonal · Latent space ▾");
    test.press("B full");
    test.until_shown("B full · Latent space ▾");
    // With room again all is as it was.
    test.resize(vec2(1280.0, 720.0));
    assert!(shown(&test, "Objective") && test.kittest.get_all_by_label("z* in latent space").count() == 2);
}

/// Also what is scrolled out of sight.
#[test]
fn what_gets_the_keyboard_is_scrolled_into_sight() {
    let mut test = WindowTest::sized("linear", 0, vec2(1280.0, 520.0));
    let mut below = 0;
    for _ in 0..60 {
        let before = focused(&test);
        test.key(Key::Tab);
        test.frames(30);
        let (name, place) = focused(&test).expect("something has the keyboard");
        assert!(place.min.y >= 0.0 && place.max.y <= 520.0, "'{name}' {place:?} after {before:?}");
        below += usize::from(name == "seed" || name == "latents m");
    }
    assert!(below > 0, "the end of the panel was reached");
}

/// What has the keyboard, by its name.
fn focused(test: &WindowTest) -> Option<(String, Rect)> {
    let mut nodes = test.kittest.root().children_recursive();
    let node = nodes.find(|node| node.accesskit_node().is_focused())?;
    Some((node.accesskit_node().label().unwrap_or_default(), node.rect()))
}
