//! The argument above the views, and layouts of a few views by key.

use eframe::egui::{Key, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use image::GenericImageView as _;
use unpick::viz::command::UiCommand;
use unpick::viz::preset::Preset;
use unpick::viz::views::view_named;

use crate::harness::WindowTest;

/// The sentences of the links in the strip.
fn links(test: &WindowTest) -> Vec<String> {
    let names = ["diagonal Σ", "columns orthogonal", "density factorises", "disentangled"];
    let label = |name: &str| {
        let node = test.kittest.query_by(|node| node.label().is_some_and(|l| l.starts_with(&format!("{name}: "))));
        node.and_then(|node| node.accesskit_node().label())
    };
    names.into_iter().filter_map(label).collect()
}

#[test]
fn lamps_go_out_with_a_full_posterior() {
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().execute(UiCommand::SetPace(None));
    test.steps(1500);
    test.until(|_| true);
    let lit = links(&test);
    assert_eq!(lit.len(), 4, "{lit:?}");
    assert!(lit[0].ends_with("lit") && lit[1].contains("lit, ∠ "), "{lit:?}");
    test.app().execute(UiCommand::SwitchCovariance);
    test.until(|app| app.snapshot().is_some_and(|s| s.log.len() == 1));
    test.frames(3);
    assert!(links(&test)[0].ends_with("out"), "{:?}", links(&test));
}

#[test]
fn a_link_shows_the_views_that_prove_it_and_goes_back() {
    let mut test = WindowTest::paused_at("cylinder", 60);
    let sentence = links(&test)[2].clone();
    test.press(&sentence);
    assert_eq!(test.app().shown_preset(), Some(Preset::StepB));
    test.key(Key::Num7);
    assert_eq!(test.app().shown_preset(), None);
    for preset in Preset::ALL {
        test.key(preset.key());
        test.frames(2);
        assert_eq!(test.app().shown_preset(), Some(preset));
        for name in preset.rows().iter().copied().flatten() {
            let title = view_named(name).unwrap();
            let is_there = |label: &str| test.kittest.query_all_by_label(label).next().is_some();
            assert!(is_there(title.title) || is_there(title.short_title), "{} lacks {name}", preset.name());
        }
    }
    test.key(Key::Escape);
    assert_eq!(test.app().shown_preset(), None);
    test.key(Key::Num4);
    test.press("Compare A | B");
    test.frames(3);
    assert_eq!(test.app().shown_preset(), Some(Preset::Figure), "of both runs");
    test.key(Key::Num0);
    assert_eq!(test.app().shown_preset(), None);
}

#[test]
fn the_drawing_of_the_post_leaves_the_layers_as_they_were() {
    let mut test = WindowTest::paused_at("cylinder", 60);
    let before = test.app().selection().layers;
    test.key(Key::Num4);
    assert_eq!(test.app().selection().layers, before);
    test.key(Key::Num4);
    assert_eq!(test.app().selection().layers, before);
}

#[test]
fn the_argument_can_be_hidden_and_gives_way_in_a_small_window() {
    let mut test = WindowTest::paused_at("cylinder", 60);
    assert_eq!(links(&test).len(), 4);
    test.key(Key::G);
    assert!(links(&test).is_empty());
    test.key(Key::G);
    assert_eq!(links(&test).len(), 4);
    test.resize(vec2(800.0, 600.0));
    assert!(links(&test).is_empty());
}

/// While the dial is dragged data and latent space turn; the run does not, and letting go shows it again.
#[test]
fn dragging_the_dial_turns_the_picture_and_not_the_run() {
    let mut test = WindowTest::paused_at("linear", 300);
    test.press("Rotate");
    test.frames(3);
    let data = |picture: &image::RgbaImage| picture.view(260, 90, 340, 300).to_image();
    let (before, step) = (test.render(), test.app().snapshot().unwrap().step);
    let handle = test.kittest.get_by_label("Angle of the rotated latents").rect().center();
    test.hold(handle, handle + vec2(-8.0, -30.0));
    test.frames(2);
    let turned = test.render();
    assert!(data(&turned) != data(&before), "the image lines turn");
    let snapshot = test.app().snapshot().unwrap();
    assert!(snapshot.log.is_empty() && snapshot.step == step, "the run stays as it is");
    let phi = test.app().selection().phi;
    assert!(phi > 5.0, "{phi}");
    test.click(handle + vec2(-8.0, -30.0));
    test.frames(3);
    assert!(data(&test.render()) == data(&before), "it is shown as it is again");
}

/// Compared runs lie on one picture, and β can be across.
#[test]
fn the_ball_and_the_picture_over_beta_are_drawn() {
    let mut test = WindowTest::paused_at("linear", 300);
    test.app().execute(UiCommand::SetAlone(view_named("rotate")));
    test.until_shown("this run");
    test.press("over β");
    test.frames(3);
    assert!(test.kittest.query_by_label("this run").is_none() && test.app().selection().over_beta);
    test.press("over β");
    test.press("Compare A | B");
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 300));
    test.app().execute(UiCommand::SetAlone(view_named("rotate")));
    test.frames(3);
    assert_eq!(test.kittest.query_all_by_label("other run").count(), 2, "of each run the other one");
}
