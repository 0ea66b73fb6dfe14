//! The import dialog: choices, preview, progress, errors.
#![expect(clippy::unwrap_used, reason = "a test that cannot write its file has failed")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use eframe::egui::{Key, Theme, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::data::{Dataset, ImportOptions, MissingValues, ObservationKind, Scaling, Scene, generate};
use unpick::experiment::{Config, Origin};
use unpick::launch::{RunSource, launch};
use unpick::viz::command::UiCommand;
use unpick::viz::views::{data, latent};

use super::harness::WindowTest;

/// 120 rows of three measurements, a grade and a kind.
fn flowers(path: &Path) {
    let row = |i: u32| {
        let (x, t) = (f64::from(i) * 0.37, ["rose", "tulip", "iris"][i as usize % 3]);
        format!("{:.3},{:.3},{:.3},{},{t}\n", x.sin(), 2.0 * x.cos() + f64::from(i % 3), 0.1 * x, i % 4)
    };
    let rows: String = (0..120).map(row).collect();
    fs::write(path, format!("length,width,height,grade,kind\n{rows}")).unwrap();
}

/// Data and configuration of a command with these options.
fn by_command(path: &Path, options: ImportOptions) -> (Config, Arc<Dataset>) {
    let source = RunSource::Data { path: path.to_owned(), test: None, options: Box::new(options) };
    let prepared = launch(&source, Some(0)).unwrap();
    (prepared.config, prepared.data)
}

/// Data and configuration of the window once it shows this file.
fn opened(test: &mut WindowTest, name: &str) -> (Config, Arc<Dataset>) {
    test.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == name));
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    ((*snapshot.config).clone(), Arc::clone(&snapshot.data))
}

/// Waits until the file is read.
fn read(test: &mut WindowTest) {
    test.frames(20);
    test.until_gone("Progress of reading");
    test.frames(2);
}

fn choose_role(test: &mut WindowTest, column: &str, role: &str) {
    test.press(&format!("Role of {column}"));
    test.frames(2);
    let choice = test.kittest.get_all_by_label(role).last().unwrap();
    choice.click();
    test.frames(3);
}

#[test]
fn what_is_chosen_is_what_options_give() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowers.csv");
    flowers(&path);
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().open_file(&path);
    read(&mut test);
    test.press("Open");
    let guessed = opened(&mut test, "flowers.csv");
    let plain = by_command(&path, ImportOptions::guessed());
    assert!(guessed == plain, "without a choice the rules decide as for a command");
    assert_eq!((plain.1.data_dim(), plain.1.labels.len()), (3, 2));

    test.app().open_file(&path);
    read(&mut test);
    test.press("Select none");
    test.until_shown("no column is a dimension; choose some");
    for (column, role) in [("length", "dimension"), ("width", "dimension"), ("grade", "factor"), ("kind", "label")] {
        choose_role(&mut test, column, role);
    }
    test.press("per column");
    read(&mut test);
    test.key(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.data.data_dim() == 2));
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let options = ImportOptions {
        columns: Some(list(&["length", "width"])),
        labels: list(&["kind"]),
        factors: list(&["grade"]),
        scale: Scaling::Columns,
        ..ImportOptions::guessed()
    };
    assert!(opened(&mut test, "flowers.csv") == by_command(&path, options));
    assert_eq!(test.app().notice(), None);
}

#[test]
fn cancel_and_escape_leave_the_run_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowers.csv");
    flowers(&path);
    let mut test = WindowTest::paused_at("linear", 30);
    let before = Arc::clone(test.app().snapshot().unwrap());
    for leave in [|test: &mut WindowTest| test.press("Cancel"), |test: &mut WindowTest| test.key(Key::Escape)] {
        test.app().open_file(&path);
        read(&mut test);
        choose_role(&mut test, "height", "left out");
        leave(&mut test);
        assert!(test.kittest.query_by_label("Cancel").is_none());
        assert!(Arc::ptr_eq(&before, test.app().snapshot().unwrap()));
    }
    // The space bar is meant for the dialog, not for the run.
    test.app().open_file(&path);
    read(&mut test);
    test.key(Key::Space);
    assert!(!test.app().is_running());
}

#[test]
fn an_error_names_its_remedy_and_a_press_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gaps.csv");
    flowers(&path);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}1.0,NA,2.0,1,rose\n1.0,3.0,,2,iris\n")).unwrap();
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().open_file(&path);
    test.until_shown("2 rows have missing values (lines 122, 123); fill them in, or drop incomplete rows");
    assert!(test.kittest.get_by_label("Open").accesskit_node().is_disabled());
    assert!(test.kittest.query_by_label("Role of width").is_some(), "its columns are known nevertheless");
    test.kittest.get_all_by_label("Drop incomplete rows").last().unwrap().click();
    read(&mut test);
    assert!(test.kittest.query_by_label_contains("2 rows are left out for missing values").is_some());
    test.press("Open");
    let options = ImportOptions { missing: MissingValues::Drop, ..ImportOptions::guessed() };
    assert!(opened(&mut test, "gaps.csv") == by_command(&path, options));
}

#[test]
fn a_row_far_outside_is_named_and_a_press_leaves_it_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ring.csv");
    let ring = |i: u32| format!("{:.4},{:.4}\n", f64::from(i).cos(), f64::from(i).sin());
    fs::write(&path, format!("x,y\n{}999999,1\n", (0..120).map(ring).collect::<String>())).unwrap();
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().open_file(&path);
    read(&mut test);
    assert!(test.kittest.query_by_label_contains("line 122 lies far outside all others ('x' is 999999)").is_some());
    assert!(test.kittest.query_by_label_contains("--").is_none(), "no option of the command line is named");
    test.press("Leave out row 122");
    read(&mut test);
    assert!(test.kittest.query_by_label("Left out: 122").is_some());
    assert!(test.kittest.query_by_label_contains("lies far outside").is_none());
    test.press("Keep");
    read(&mut test);
    test.press("Leave out row 122");
    read(&mut test);
    test.press("Open");
    let options = ImportOptions { leave_out: vec![122], ..ImportOptions::guessed() };
    assert!(opened(&mut test, "ring.csv") == by_command(&path, options));
    assert_eq!(test.app().snapshot().unwrap().data.train.samples(), 96);
}

#[test]
fn pictures_are_shown_as_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pictures");
    // IDX: bytes in three axes.
    let sides = [60_u32, 6, 8].map(u32::to_be_bytes).concat();
    let pixels = (0..60 * 48_u32).map(|i| (i * i % 251) as u8);
    fs::write(&path, [0, 0, 8, 3].into_iter().chain(sides).chain(pixels).collect::<Vec<u8>>()).unwrap();
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().open_file(&path);
    test.until_shown("Picture 1");
    let shape = "60 pictures of 8×6 pixels, grey, from 0 to 249";
    assert!(test.kittest.query_by_label(shape).is_some());
    test.render();
    test.press("All pictures");
    read(&mut test);
    test.press("Open");
    let (_, data) = opened(&mut test, "pictures");
    assert_eq!(data.kind, ObservationKind::Images { height: 6, width: 8, channels: 1 });
}

#[test]
fn reading_can_be_cancelled_while_the_run_trains() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.csv");
    let rows: String = (0..400_000).map(|i| format!("{}.25,{},{}\n", i % 977, i % 7919, i % 13)).collect();
    fs::write(&path, rows).unwrap();
    let scene = Scene::named("linear").unwrap().clone();
    let data = Arc::new(generate(&scene, 0));
    // A run that does not end meanwhile.
    let config =
        Config { cycle: Some(1_000_000_000), ..Config::new(Origin::Scene(Box::new(scene)), 0, data.train.samples()) };
    let mut test = WindowTest::of(config, data);
    test.app().execute(UiCommand::SetRunning(true));
    test.until(|window| window.snapshot().is_some_and(|s| s.step > 0));
    test.app().open_file(&path);
    test.until_shown("Progress of reading");
    test.press("Cancel");
    assert!(test.kittest.query_by_label("Progress of reading").is_none());
    let step = test.app().snapshot().unwrap().step;
    test.until(|window| window.snapshot().is_some_and(|s| s.step > step && s.config.origin.name() == "linear"));
}

#[test]
fn labels_and_factors_of_your_data_have_legends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowers.csv");
    flowers(&path);
    let mut test = WindowTest::paused_at("linear", 0);
    test.app().open_file(&path);
    read(&mut test);
    choose_role(&mut test, "grade", "factor");
    read(&mut test);
    test.press("Open");
    opened(&mut test, "flowers.csv");
    test.app().execute(UiCommand::SetRunning(false));
    test.until(|window| !window.is_running());
    for view in [data::SPEC.view, latent::SPEC.view] {
        test.app().execute(UiCommand::SetAlone(Some(view)));
        test.app().selection().color = None;
        test.frames(4);
        let pictures = [None, Some(0), Some(1)].map(|color| {
            test.app().selection().color = color;
            test.frames(4);
            test.render()
        });
        assert!(pictures[0] != pictures[1] && pictures[1] != pictures[2], "each colours in its own way");
    }
}

#[test]
fn the_dialog_looks_as_in_its_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowers.csv");
    flowers(&path);
    let mut test = WindowTest::paused_at("linear", 0);
    for (theme, name) in [(Theme::Light, "import_light"), (Theme::Dark, "import_dark")] {
        test.app().execute(UiCommand::SetTheme(theme));
        test.app().open_file(&path);
        read(&mut test);
        test.kittest.snapshot(name);
        test.key(Key::Escape);
    }
}

/// At 150 % a window of 1280 × 720 has 853 × 480 points.
#[test]
fn the_buttons_are_in_sight_in_small_windows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowers.csv");
    flowers(&path);
    let mut test = WindowTest::sized("linear", 0, vec2(853.0, 480.0));
    test.app().open_file(&path);
    read(&mut test);
    for label in ["Open", "Cancel", "Header line", "Role of length"] {
        let place = test.kittest.get_by_label(label).rect();
        assert!(place.min.x >= 0.0 && place.min.y >= 0.0, "{label} {place:?}");
        assert!(place.max.x <= 853.0 && place.max.y <= 480.0, "{label} {place:?}");
    }
}
