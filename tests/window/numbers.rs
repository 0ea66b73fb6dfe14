//! What the window says about marks and numbers: legends, names, values under the pointer.

use eframe::egui::accesskit::Role;
use eframe::egui::{Pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::experiment::Command;
use unpick::vae::Regularizer;
use unpick::viz::command::UiCommand;
use unpick::viz::views::{all_views, view_named};

use crate::harness::WindowTest;

/// The texts of all that is on the screen.
fn labels(test: &WindowTest) -> Vec<String> {
    let nodes = test.kittest.root().children_recursive();
    nodes.filter_map(|node| node.accesskit_node().label().or_else(|| node.accesskit_node().value())).collect()
}

#[test]
fn no_number_stands_under_a_name_that_others_have() {
    let mut test = WindowTest::paused_at("clusters", 60);
    for view in all_views() {
        test.app().execute(UiCommand::ToggleAlone(view));
        test.frames(3);
        for label in labels(&test) {
            for bare in ["c_IMA", "β gap", "ELBO"] {
                let is_number = |rest: &str| rest.is_empty() || rest.starts_with([' ', '=']);
                let is_bare =
                    label.strip_prefix(bare).is_some_and(is_number) && !label.starts_with(&format!("{bare} at "));
                assert!(!is_bare, "{}: '{label}' does not say over what it is", view.name);
            }
        }
        test.app().execute(UiCommand::ToggleAlone(view));
    }
    assert!(labels(&test).iter().any(|label| label.starts_with("minibatch ELBO")));
    for (view, name) in [("jacobian", "c_IMA at z*"), ("metrics", "mean c_IMA")] {
        test.app().execute(UiCommand::ToggleAlone(view_named(view).unwrap()));
        test.frames(2);
        assert!(test.kittest.query_by_label(name).is_some(), "{name} in {view}");
        test.app().execute(UiCommand::ToggleAlone(view_named(view).unwrap()));
    }
}

/// An autoencoder has no KL, so no ELBO, nothing for β and the covariance to do, and no theorem about its columns.
#[test]
fn an_autoencoder_claims_nothing_that_rests_on_a_posterior() {
    let mut test = WindowTest::paused_at("linear", 20);
    let starts = |test: &WindowTest, word: &str| labels(test).iter().any(|label| label.starts_with(word));
    let is_disabled = |test: &WindowTest, role, name: &str| {
        test.kittest.get_by_role_and_label(role, name).accesskit_node().is_disabled()
    };
    assert!(!is_disabled(&test, Role::Slider, "β") && !is_disabled(&test, Role::RadioButton, "full"));
    test.app().execute(UiCommand::Change(Command::Regularizer(Regularizer::None)));
    test.app().execute(UiCommand::Steps(30));
    test.until(|app| app.snapshot().is_some_and(|snapshot| snapshot.step == 50));
    test.frames(3);
    assert!(starts(&test, "minibatch objective") && starts(&test, "recent objective"));
    for name in ["minibatch ELBO", "recent ELBO", "held-out ELBO"] {
        assert!(!starts(&test, name), "{name}");
    }
    assert!(is_disabled(&test, Role::Slider, "β") && is_disabled(&test, Role::RadioButton, "full"));
}

#[test]
fn legends_name_the_marks_and_can_be_switched_off() {
    let mut test = WindowTest::paused_at("cylinder", 20);
    for name in ["latent lines", "image lines", "decoder", "held-out", "codes"] {
        assert!(test.kittest.query_by_label(name).is_some(), "{name}");
    }
    assert!(test.kittest.query_by_label("truth").is_none());
    test.app().selection().layers.truth = true;
    test.frames(2);
    assert!(test.kittest.query_all_by_label("truth").count() > 0);
    test.app().selection().layers.legend = false;
    test.frames(2);
    assert!(test.kittest.query_by_label("image lines").is_none() && test.kittest.query_by_label("truth").is_none());
    // In a small window the views themselves need the room.
    let small = WindowTest::sized("cylinder", 20, vec2(480.0, 240.0));
    assert!(small.kittest.query_by_label("image lines").is_none());
}

#[test]
fn the_values_under_the_pointer_are_shown_in_every_plot() {
    let mut test = WindowTest::paused_at("polar", 60);
    let words = [
        ("data", " = "),
        ("latent", "z₁ = "),
        ("densities", "density = "),
        ("rotate", "nats = "),
        ("joint", " = "),
        ("posterior", " = "),
        ("training", "step "),
    ];
    for (name, word) in words {
        let view = view_named(name).unwrap();
        test.app().execute(UiCommand::ToggleAlone(view));
        test.frames(4);
        let before = labels(&test);
        let shown = (0..40).any(|k| {
            // Places over the whole view, with a pause for the tooltip.
            let at = Pos2::new(330.0 + 110.0 * (k % 8) as f32, 130.0 + 110.0 * (k / 8) as f32);
            test.kittest.hover_at(at);
            test.frames(40);
            labels(&test).iter().any(|label| !before.contains(label) && label.len() < 200 && label.contains(word))
        });
        assert!(shown, "{name} shows no values");
        test.app().execute(UiCommand::ToggleAlone(view));
    }
}

#[test]
fn the_jacobian_names_its_marks_and_the_entry_under_the_pointer() {
    let mut test = WindowTest::paused_at("polar", 60);
    test.app().execute(UiCommand::ToggleAlone(view_named("jacobian").unwrap()));
    test.frames(4);
    for name in ["unit circle", "its image", "singular vectors", "column length"] {
        assert!(test.kittest.query_by_label(name).is_some(), "{name}");
    }
    let cells = test.kittest.get_by_label_contains("JᵀJ: ").rect();
    test.kittest.hover_at(cells.center() + vec2(0.25 * cells.width(), -0.25 * cells.height()));
    test.frames(40);
    let words = labels(&test);
    assert!(words.iter().any(|label| label.starts_with("JᵀJ, row J₁, column J₂: ")), "{words:?}");
    // Down across the arrow e₁ in the left circle.
    let shown = (0..18).any(|k| {
        test.kittest.hover_at(Pos2::new(474.0, 110.0 + 18.0 * k as f32));
        test.frames(40);
        labels(&test).iter().any(|label| label.starts_with("column J₁ (z₁): length"))
    });
    assert!(shown, "no column is named");
}
