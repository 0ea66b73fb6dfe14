//! Movies of what the window shows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::io::open_session;
use unpick::paint::{Picture, decode_png};
use unpick::viz::command::UiCommand;
use unpick::viz::view::View;
use unpick::viz::views::{data, latent};

use crate::harness::WindowTest;

/// Everything in a folder, hidden or not.
fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// The window with the export dialog for a view.
fn dialog(scene: &str, view: View, folder: &Path) -> WindowTest {
    let mut test = WindowTest::paused_at(scene, 20);
    test.app().set_folder(folder);
    test.app().execute(UiCommand::ExportFigure(Some(view)));
    test.until_shown("Preview of the figure");
    test
}

impl WindowTest {
    fn set(&mut self, values: &[(&str, f64)]) {
        for (label, value) in values {
            self.kittest.get_by_role_and_label(Role::SpinButton, label).set_value_accesskit(*value);
            self.frames(2);
        }
    }

    /// Saves what the dialog proposes to write into an empty folder.
    fn save_into(&mut self, folder: &Path) -> PathBuf {
        let before = entries(folder).len();
        self.press("Save");
        self.until_gone("Export figure");
        let mut after = entries(folder);
        assert_eq!(after.len(), before + 1, "{:?} {after:?}", self.app().notice());
        after.sort_by_key(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok());
        after.pop().expect("there is one more than before")
    }

    fn is_making(&self) -> bool {
        self.kittest.query_by_role(Role::ProgressIndicator).is_some()
    }

    /// Waits for the first pictures of a movie of 5000.
    fn until_making(&mut self) {
        self.until_shown("Progress of the movie");
        self.until_gone("0 of 5000 pictures");
        assert!(self.is_making());
    }
}

fn picture(path: &Path) -> Picture {
    let bytes = std::fs::read(path).expect("the picture is there");
    decode_png(&bytes).expect("the picture is whole").0
}

#[test]
fn a_traversal_becomes_a_gif_that_repeats_and_carries_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = dialog("linear", latent::SPEC.view, folder.path());
    test.press("Traversal");
    test.set(&[("seconds", 1.0), ("pictures a second", 6.0), ("width", 160.0), ("height", 120.0)]);
    let path = test.save_into(folder.path());
    assert!(path.ends_with("linear_diagonal_beta1_seed0_step000020_latent_traversal.gif"), "{path:?}");
    assert_eq!(open_session(&path).unwrap().steps, 20);
    let bytes = std::fs::read(&path).unwrap();
    let mut movie = gif::DecodeOptions::new().read_info(&bytes[..]).unwrap();
    assert_eq!((movie.width(), movie.height(), movie.repeat()), (160, 120, gif::Repeat::Infinite));
    let (mut pictures, mut duration) = (Vec::new(), 0);
    while let Some(frame) = movie.read_next_frame().unwrap() {
        duration += frame.delay;
        pictures.push(frame.buffer.to_vec());
    }
    assert_eq!((pictures.len(), duration), (6, 100), "hundredths of a second");
    assert!(pictures[0] != pictures[1], "z* moves");
}

#[test]
fn two_runs_move_beside_each_other_as_they_stand_still() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 20);
    test.press("Compare A | B");
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 20));
    test.app().set_folder(folder.path());
    let mut export = |film: &str, format: &str, values: &[(&str, f64)]| {
        test.app().execute(UiCommand::ExportFigure(Some(latent::SPEC.view)));
        test.until_shown("Preview of the figure");
        test.press(film);
        test.press(format);
        test.set(&[("width", 200.0), ("height", 150.0)]);
        test.set(values);
        test.save_into(folder.path())
    };
    let pace = [("seconds", 1.0), ("pictures a second", 3.0)];
    let moving = export("Traversal", "PNG folder", &pace);
    assert_eq!(entries(&moving).len(), 3);
    let still = picture(&export("Still", "PNG", &[("scale", 1.0)]));
    assert!(picture(&moving.join("0000.png")) == still, "the first picture is what stands still");
    assert!(picture(&moving.join("0001.png")) != still);
    // The last picture of a history is the present, above a line that says its step.
    let history = export("Training history", "PNG folder", &pace);
    let last = picture(&history.join("0002.png"));
    assert!(last != picture(&history.join("0000.png")));
    assert_eq!(open_session(&history.join("0000.png")).unwrap().steps, 20);
}

#[test]
fn a_movie_that_is_cancelled_or_left_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = dialog("linear", data::SPEC.view, folder.path());
    test.press("Camera turn");
    test.set(&[("seconds", 600.0), ("pictures a second", 50.0)]);
    test.press("Save");
    test.until_shown("600 seconds of 50 pictures are not 2 to 5000 pictures; change one of the two");
    test.set(&[("seconds", 100.0)]);
    test.until_gone("600 seconds of 50 pictures are not 2 to 5000 pictures; change one of the two");
    for _ in 0..2 {
        test.until_gone("drawing…");
        test.press("Save");
        test.until_making();
        assert!(test.kittest.get_by_label("Still").accesskit_node().is_disabled(), "what is being made stays as it is");
        test.press("Cancel");
        assert!(!test.is_making() && test.kittest.query_by_label("Export figure").is_some());
    }
    test.press("Save");
    test.until_making();
    test.key(Key::Escape);
    test.until_gone("Export figure");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(entries(folder.path()), [] as [PathBuf; 0]);
    assert_eq!(test.app().notice(), None);
}

#[test]
fn what_cannot_be_filmed_cannot_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let test = dialog("parabola", data::SPEC.view, folder.path());
    let disabled = |label: &str| test.kittest.get_by_label(label).accesskit_node().is_disabled();
    let films = ["Still", "Traversal", "Morph", "Training history", "Camera turn"];
    assert_eq!(films.map(disabled), [false, false, true, false, true]);
}
