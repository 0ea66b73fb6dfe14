//! A model of another program in the window, and the dialog "Which β…".

use std::fs;
use std::sync::Arc;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::experiment::Command;
use unpick::geometry::Undefined;
use unpick::io::{EMBEDDED_IN_FIGURE, Session, to_safetensors};
use unpick::viz::command::UiCommand;
use unpick::viz::layers::Layers;
use unpick::viz::views::all_views;

use crate::harness::WindowTest;

/// A file that does not say its activation asks for it; then every view is drawn or says why not, and nothing trains.
#[test]
fn a_model_is_opened_and_shown_and_not_trained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.safetensors");
    let mut test = WindowTest::paused_at("cylinder", 40);
    let mut vae = test.app().snapshot().unwrap().vae.clone();
    vae.has_encoder = false;
    fs::write(&path, to_safetensors(&vae, "{}").unwrap()).unwrap();
    test.app().execute(UiCommand::OpenFile(path));
    test.until_shown("Open model");
    test.press("relu");
    test.press("tanh");
    test.press("Open model");
    let is_model = |window: &mut unpick::app::App| window.snapshot().is_some_and(|s| s.config.origin.model().is_some());
    test.until(is_model);
    let fixed = "a model from a file is shown, not trained";
    assert!(test.app().notice().unwrap().starts_with(fixed));
    assert_eq!(test.app().snapshot().unwrap().vae.parameters[..vae.decoder.end()], vae.parameters[..vae.decoder.end()]);
    test.app().selection().layers.singular = true;
    for view in all_views() {
        test.app().execute(UiCommand::ToggleAlone(view));
        test.frames(2);
        test.render();
        test.app().execute(UiCommand::ToggleAlone(view));
    }
    for command in [UiCommand::RunOrPause, UiCommand::Compare, UiCommand::NextSeed, UiCommand::SwitchCovariance] {
        test.app().execute(UiCommand::CloseNotice);
        test.app().execute(command);
        test.frames(2);
        assert!(test.app().notice().unwrap().starts_with(fixed));
        assert!(test.app().snapshot().is_some_and(|s| s.step == 0 && s.config.origin.model().is_some()));
    }
    // β and σ² may be set, so that what depends on them is defined.
    assert!(test.app().snapshot().unwrap().geometry.beta_gap.is_err());
    test.app().execute(UiCommand::Change(Command::Beta(1.0)));
    test.app().execute(UiCommand::Change(Command::Sigma2(0.02)));
    test.until(|window| window.snapshot().is_some_and(|s| s.geometry.beta_gap.is_ok()));
    // A session of it holds the model.
    let session = test.app().session().unwrap();
    let again = Session::parse(&session.to_json(EMBEDDED_IN_FIGURE).unwrap()).unwrap();
    assert_eq!(again.config, session.config);
    let told = Session::parse(&session.to_json(0).unwrap()).map(drop).unwrap_err().to_string();
    assert!(told.contains("too large for the session; open its file, which was called own.safetensors"), "{told}");
}

/// The file says neither β nor σ²; both are set together, or not at all.
#[test]
fn unknown_beta_and_sigma2_are_shown_as_unknown_until_both_are_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.safetensors");
    let mut test = WindowTest::paused_at("cylinder", 40);
    let vae = test.app().snapshot().unwrap().vae.clone();
    fs::write(&path, to_safetensors(&vae, "{}").unwrap()).unwrap();
    test.app().execute(UiCommand::OpenFile(path));
    test.until_shown("Open model");
    test.key(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.config.origin.model().is_some()));
    test.until_shown("b = βσ²: –");
    assert!(test.kittest.query_by_role_and_label(Role::Slider, "β").is_none());
    assert!(test.app().notice().unwrap().contains("does not say β and σ²"));
    let snapshot = |test: &mut WindowTest| Arc::clone(test.app().snapshot().unwrap());
    assert_eq!(snapshot(&mut test).geometry.beta_gap, Err(Undefined::NoObjective));
    let write = |test: &mut WindowTest, name: &str, text: &str| {
        let field = test.kittest.get_by_role_and_label(Role::TextInput, name);
        field.focus();
        field.type_text(text);
        test.frames(3);
    };
    write(&mut test, "β", "2");
    assert!(test.kittest.get_by_label("Set both").accesskit_node().is_disabled());
    write(&mut test, "σ²", "0.02");
    test.press("Set both");
    test.until(|window| window.snapshot().is_some_and(|s| s.geometry.beta_gap.is_ok()));
    let objective = snapshot(&mut test).settings.objective;
    assert_eq!((objective.beta, objective.sigma2), (2.0, 0.02));
    assert!(test.kittest.query_by_role_and_label(Role::Slider, "β").is_some());
}

/// Singular curves that came with a model go with it; those that a person switched on stay.
#[test]
fn singular_curves_of_a_model_go_with_it() {
    let layers = Layers::default();
    let with_model = layers.suited(true);
    assert!(with_model.singular && !with_model.suited(false).singular);
    assert_eq!(with_model.chosen(), layers, "they are no preference");
    let on = Layers { singular: true, ..layers };
    assert_eq!(on.suited(true).suited(false), on);
}

#[test]
fn the_loss_of_another_program_sets_beta_and_sigma2() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().execute(UiCommand::AskBeta);
    test.until_shown("Use β and σ²");
    // The mean over n = 3 of squared errors with coefficient 1: β = 3 and σ² = ½.
    test.until_shown("b = βσ² = 1.5 in units of your data, n = 3");
    assert!(test.kittest.query_all_by_label("collapses: λ ≤ b").count() > 0);
    test.press("Use β and σ²");
    test.until(|window| {
        window.snapshot().is_some_and(|s| (s.settings.objective.beta, s.settings.objective.sigma2) == (3.0, 0.5))
    });
    assert!(test.kittest.query_by_label("Use β and σ²").is_none(), "the dialog has closed");
    test.app().execute(UiCommand::AskBeta);
    test.until_shown("cross entropy");
    test.press("cross entropy");
    test.until_shown(
        "Principal directions: – (the data have numbers outside 0 to 1, which cross entropy does not allow)",
    );
    test.key(Key::Escape);
    test.until_gone("cross entropy");
    // PyTorch-VAE: the mean of squared errors + kld_weight KL, so b = n kld_weight/2.
    test.app().execute(UiCommand::AskBeta);
    test.until_shown("kld_weight");
    test.press("cross entropy");
    test.press("sum");
    test.press("kld_weight");
    test.until_shown("b = βσ² = 1.5 in units of your data, n = 3");
    test.press("β_norm");
    test.press("mean");
    assert!(test.kittest.query_by_label_contains("β_norm belongs to a loss that is summed").is_some());
}
