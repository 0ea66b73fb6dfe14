//! A model of another program in the window, and the dialog "Which β…".

use std::fs;

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use unpick::experiment::Command;
use unpick::io::{EMBEDDED_IN_FIGURE, Session, to_safetensors};
use unpick::viz::command::UiCommand;
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
}
