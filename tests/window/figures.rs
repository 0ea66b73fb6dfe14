//! Figures of what the window shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::cli::{Render, render};
use unpick::data::ImportOptions;
use unpick::experiment::{Metrics, Snapshot};
use unpick::io::{open_session, save};
use unpick::launch::{PreparedRun, RunSource, launch};
use unpick::paint::decode_png;
use unpick::viz::command::UiCommand;
use unpick::viz::views::latent;

use crate::harness::WindowTest;

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    render: Render,
}

/// The files of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}

#[test]
fn a_view_is_exported_as_the_command_line_draws_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 60);
    test.app().set_folder(folder.path());
    test.app().execute(UiCommand::ExportFigure(Some(latent::SPEC.view)));
    test.until_shown("Preview of the figure");
    test.press("PNG");
    test.press("Save");
    test.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let path = folder.path().join("linear_diagonal_beta1_seed0_step000060_latent.png");
    assert_eq!(files(folder.path()), std::slice::from_ref(&path));

    // The session in the figure makes the run again, and from its folder the command line draws the same pixels.
    let session = open_session(&path).unwrap();
    let mut run = PreparedRun::of_session(session.clone()).unwrap().experiment().unwrap();
    run.advance(session.steps).unwrap();
    let state = run.state();
    let metrics = Metrics::measure(&state.vae, &state.settings, run.data(), run.config());
    let (saved, drawn) = (folder.path().join("run"), folder.path().join("drawn.png"));
    save(&saved, &Snapshot::of(&run), &metrics).unwrap();
    let [saved, out] = [&saved, &drawn].map(|path| path.to_str().unwrap().to_owned());
    let line = Line::parse_from(["render", &saved, "--view", "latent", "--out", &out]);
    render(&line.render).unwrap();
    let [exported, drawn] = [&path, &drawn].map(|path| decode_png(&std::fs::read(path).unwrap()).unwrap().0);
    assert!(exported == drawn, "the same picture");
}

#[test]
fn the_layout_is_exported_in_every_format_with_or_without_the_experiment() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().set_folder(folder.path());
    for (format, beginning) in [("SVG", &b"<?xml"[..]), ("PDF", b"%PDF"), ("PNG", b"\x89PNG")] {
        test.key_with(Modifiers::COMMAND, Key::E);
        test.until_shown("Preview of the figure");
        test.press(format);
        test.press("double column");
        test.press("dark");
        test.press("transparent");
        if format == "PNG" {
            test.press("Store the experiment in the figure");
        }
        test.press("Save");
        let name = format!("linear_diagonal_beta1_seed0_step000020_all.{}", format.to_lowercase());
        let path = folder.path().join(name);
        test.until(|_| path.exists());
        test.until_gone("Export figure");
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(beginning), "{format}");
        assert_eq!(open_session(&path).is_ok(), format != "PNG");
        if format == "PNG" {
            let (picture, _) = decode_png(&bytes).unwrap();
            assert_eq!((picture.width, picture.height), (2016, 1134));
            let clear = picture.pixels.iter().filter(|p| p.a() == 0).count();
            assert!(2 * clear > picture.pixels.len() && picture.pixels.iter().any(|p| p.a() == 255), "{clear} pixels");
        }
    }
}

#[test]
fn your_observations_are_in_a_figure_only_if_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.csv");
    let rows: String = (0..60).map(|i| format!("{:.3},{}\n", f64::from(i).sin(), i * i % 7)).collect();
    std::fs::write(&path, rows).unwrap();
    let source = RunSource::Data { path, test: None, options: Box::new(ImportOptions::guessed()) };
    let prepared = launch(&source, Some(0)).unwrap();
    let mut test = WindowTest::of(prepared.config, prepared.data);
    test.app().set_folder(folder.path());
    for (asked, format) in [(false, "SVG"), (true, "PNG")] {
        test.app().execute(UiCommand::ExportFigure(Some(latent::SPEC.view)));
        test.until_shown("Preview of the figure");
        test.press(format);
        let warning = "Everyone who gets the figure can read them.";
        if asked {
            assert!(test.kittest.query_by_label(warning).is_none());
            test.press("with your observations");
            test.until_shown(warning);
        }
        test.press("Save");
        test.until_gone("Export figure");
        let is_figure = |path: &PathBuf| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(format));
        let path = files(folder.path()).into_iter().find(is_figure).unwrap();
        assert_eq!(open_session(&path).unwrap().table.is_some(), asked, "{format}");
    }
    // Generated data are in no figure.
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().execute(UiCommand::ExportFigure(Some(latent::SPEC.view)));
    test.until_shown("Preview of the figure");
    assert!(test.kittest.query_by_label("with your observations").is_none());
}

#[test]
fn a_figure_that_would_overwrite_asks_and_escape_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().set_folder(folder.path());
    test.key_with(Modifiers::COMMAND, Key::E);
    test.until_shown("Preview of the figure");
    let path = folder.path().join("linear_diagonal_beta1_seed0_step000020_all.svg");
    std::fs::write(&path, "mine").unwrap();
    test.press("Save");
    test.until_shown("Overwrite");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    test.key(Key::Escape);
    test.until_gone("Export figure");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn the_numbers_of_a_view_are_saved_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 60);
    test.app().set_folder(folder.path());
    test.app().execute(UiCommand::ExportFigure(Some(latent::SPEC.view)));
    test.until_shown("Preview of the figure");
    test.press("CSV");
    test.until_shown("Copy numbers");
    // Until the preview is drawn nothing else is.
    test.until_gone("drawing…");
    test.kittest.get_by_label("Copy numbers").click();
    let copied = test.until_copied();
    test.until_gone("drawing…");
    test.press("Save");
    test.until_gone("Export figure");
    let path = folder.path().join("linear_diagonal_beta1_seed0_step000060_latent.csv");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(copied == text, "the file is what was copied: {}", copied.len());
    let mut table = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>()[..5], ["observation", "z_1", "z_2", "sd_1", "sd_2"]);
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    for (i, row) in table.records().map(Result::unwrap).enumerate() {
        let code: Vec<f64> = (1..3).map(|k| row[k].parse().unwrap()).collect();
        assert_eq!(code, snapshot.posterior(i).mean.as_slice(), "posterior means");
    }
    // Not of the whole layout.
    test.key_with(Modifiers::COMMAND, Key::E);
    test.until_shown("Preview of the figure");
    assert!(test.kittest.get_by_label("CSV").accesskit_node().is_disabled());
}
