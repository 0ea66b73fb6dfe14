//! The window, driven as a person drives it, without a display: buttons, keys, dragging, dialogs, every view on every scene.

#![cfg(feature = "gui")]

mod argument;
mod controls;
mod derived_views;
mod dialogs;
mod figures;
mod glossary;
mod harness;
mod images;
mod imports;
mod legibility;
mod lessons;
mod model;
mod movies;
mod network;
mod numbers;
mod palette;
mod recovery;
mod running;
mod sessions;
mod time_travel;
mod traversals;
mod undo;

use std::sync::Arc;

use eframe::egui::accesskit::{Action, ActionRequest, Role};
use eframe::egui::{Event, Key, Modifiers, Theme, vec2};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use harness::WindowTest;
use unpick::data::Scene;
use unpick::geometry::MapQuantity;
use unpick::vae::Covariance;
use unpick::viz::command::{Arrangement, UiCommand};
use unpick::viz::views::{all_views, command_table, rotate, view_named};

#[test]
fn every_view_of_every_scene_of_points_is_drawn() {
    draws_every_view(Scene::built_in().iter().filter(|scene| scene.generator.data_dim() <= 3));
}

#[test]
fn every_view_of_every_scene_of_pictures_is_drawn() {
    draws_every_view(Scene::built_in().iter().filter(|scene| scene.generator.data_dim() > 3));
}

fn draws_every_view(scenes: impl Iterator<Item = &'static Scene>) {
    for scene in scenes {
        let mut test = WindowTest::paused_at(&scene.name, 60);
        for view in all_views() {
            test.app().execute(UiCommand::ToggleAlone(view));
            test.frames(2);
            test.render();
            test.app().execute(UiCommand::ToggleAlone(view));
        }
        test.app().selection().layers.truth = true;
        test.frames(2);
        assert_eq!(test.app().notice(), None, "{}", scene.name);
    }
}

#[test]
fn run_pause_step_and_restart_have_buttons_and_keys() {
    let mut test = WindowTest::paused_at("linear", 0);
    test.press("Step");
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 1));
    test.key(Key::Period);
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 2));
    test.key(Key::Space);
    test.until(|window| window.is_running() && window.snapshot().is_some_and(|s| s.step > 50));
    test.press("■ Pause");
    test.until(|window| !window.is_running());
    test.key_with(Modifiers::COMMAND, Key::R);
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 0) && !window.is_running());
    test.press("▶ Run");
    test.until(|window| window.is_running());
}

#[test]
fn a_restart_is_the_same_run_and_the_next_seed_another() {
    let mut test = WindowTest::paused_at("linear", 100);
    let parameters = |test: &mut WindowTest| test.app().snapshot().unwrap().vae.parameters.clone();
    let first = parameters(&mut test);
    test.app().execute(UiCommand::Restart);
    test.steps(100);
    assert_eq!(parameters(&mut test), first);
    test.app().execute(UiCommand::NextSeed);
    test.steps(100);
    assert_ne!(parameters(&mut test), first);
}

#[test]
fn sliders_change_the_living_run() {
    let mut test = WindowTest::paused_at("linear", 20);
    // As a screen reader does, then as a test does.
    test.kittest.get_by_role_and_label(Role::Slider, "β").set_value_accesskit(4.0);
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 4.0));
    let slider = test.kittest.get_by_role_and_label(Role::Slider, "σ²").rect();
    test.drag(slider.left_center() + vec2(40.0, 0.0), slider.left_center() + vec2(90.0, 0.0));
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.sigma2 > 0.1));
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    assert_eq!(snapshot.step, 20, "the run goes on from where it is");
    assert!(snapshot.log.len() >= 2 && snapshot.log.iter().all(|change| change.step == 20));
}

#[test]
fn a_learned_variance_moves_its_slider_until_it_is_fixed() {
    let mut test = WindowTest::sized("linear", 20, vec2(1280.0, 960.0));
    let objective = |test: &mut WindowTest| test.app().snapshot().unwrap().settings.objective;
    let start = objective(&mut test).sigma2;
    test.press("learn σ²");
    test.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.learns_sigma2));
    test.app().execute(UiCommand::Steps(40));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 60));
    let learned = objective(&mut test).sigma2;
    assert!(learned != start && test.app().snapshot().unwrap().log.len() == 1);
    // It cannot be dragged, and does not count as a change that could be undone.
    let slider = test.kittest.get_by_role_and_label(Role::Slider, "σ²").rect();
    test.drag(slider.left_center() + vec2(40.0, 0.0), slider.left_center() + vec2(90.0, 0.0));
    assert_eq!(objective(&mut test).sigma2, learned);
    test.press("learn σ²");
    test.until(|window| window.snapshot().is_some_and(|s| !s.settings.objective.learns_sigma2));
    assert_eq!(objective(&mut test).sigma2, learned, "fixed where it was");
    test.app().execute(UiCommand::Steps(10));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 70));
    assert_eq!(objective(&mut test).sigma2, learned);
}

#[test]
fn covariance_is_switched_by_button_and_key() {
    let mut test = WindowTest::paused_at("cylinder", 5);
    test.press("full");
    test.until(|window| window.snapshot().is_some_and(|s| s.vae.covariance == Covariance::Full));
    test.key(Key::C);
    test.until(|window| window.snapshot().is_some_and(|s| s.vae.covariance == Covariance::Diagonal));
}

#[test]
fn two_runs_are_compared_swapped_and_left() {
    let mut test = WindowTest::paused_at("linear", 100);
    let alone = test.app().snapshot().unwrap().vae.parameters.clone();
    test.press("Compare A | B");
    // The second run makes up for what the first one has done.
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 100));
    let [a, b] = {
        let window = test.app();
        [Arc::clone(window.snapshot().unwrap()), Arc::clone(window.second_snapshot().unwrap())]
    };
    assert_eq!(a.vae.parameters, alone, "the first run does not notice");
    assert_eq!((a.vae.covariance, b.vae.covariance), (Covariance::Diagonal, Covariance::Full));
    assert!(Arc::ptr_eq(&a.data, &b.data) && a.config.seed == b.config.seed);

    // The controls belong to B until A is chosen.
    test.kittest.get_by_role_and_label(Role::Slider, "β").set_value_accesskit(4.0);
    test.until(|window| window.second_snapshot().is_some_and(|s| s.settings.objective.beta == 4.0));
    assert_eq!(test.app().snapshot().unwrap().settings.objective.beta, 1.0);

    // z* is one; both views of it move it.
    let handles: Vec<_> =
        test.kittest.get_all_by_label("z* in latent space").map(|node| node.rect().center()).collect();
    assert_eq!(handles.len(), 2);
    let before = test.app().selection().z.clone();
    test.drag(handles[1], handles[1] + vec2(-30.0, 0.0));
    assert!(test.app().selection().z[0] < before[0] - 0.3);

    // Every view is drawn of both, alone and together.
    for view in all_views() {
        test.app().execute(UiCommand::ToggleAlone(view));
        test.frames(2);
        test.render();
        test.app().execute(UiCommand::ToggleAlone(view));
    }
    test.key(Key::S);
    assert_eq!(test.app().snapshot().unwrap().vae.covariance, Covariance::Full);
    test.key(Key::B);
    assert!(test.app().second_snapshot().is_none());
    assert_eq!(test.app().snapshot().unwrap().vae.covariance, Covariance::Full);
    assert_eq!(test.app().notice(), None);
}

#[test]
fn runs_with_different_numbers_of_latents_stand_beside_each_other() {
    let mut test = WindowTest::paused_at("linear", 10);
    test.press("Compare A | B");
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 10));
    test.app().open_scene(Scene::named("water-filling").unwrap().clone());
    test.until(|window| window.second_snapshot().is_some_and(|s| s.latent_dim() == 3 && s.step > 20));
    test.frames(3);
    assert_eq!(test.app().selection().z.len(), 3);
    assert_eq!(test.app().snapshot().unwrap().latent_dim(), 2);
    test.key(Key::B);
    test.frames(3);
    assert_eq!(test.app().selection().z.len(), 2);
}

#[test]
fn z_is_dragged_nudged_typed_and_sent_to_a_code() {
    let mut test = WindowTest::paused_at("linear", 200);
    let start = test.app().selection().z.clone();
    let handle = test.kittest.get_by_label("z* in latent space").rect().center();
    test.drag(handle, handle + vec2(-60.0, 40.0));
    let dragged = test.app().selection().z.clone();
    assert!(dragged[0] < start[0] - 0.5 && dragged[1] < start[1] - 0.3, "{start:?} {dragged:?}");

    test.key(Key::ArrowRight);
    test.key(Key::ArrowUp);
    let nudged = test.app().selection().z.clone();
    assert!((nudged[0] - dragged[0] - 0.1).abs() < 1e-9 && (nudged[1] - dragged[1] - 0.1).abs() < 1e-9);

    let slider = test.kittest.get_by_role_and_label(Role::Slider, "z₁");
    slider.set_value_accesskit(1.25);
    test.frames(3);
    assert!((test.app().selection().z[0] - 1.25).abs() < 1e-9);

    // Shift keeps the coordinate that has moved less.
    let handle = test.kittest.get_by_label("z* in latent space").rect().center();
    let before = test.app().selection().z.clone();
    test.drag_with(Modifiers::SHIFT, handle, handle + vec2(-80.0, 9.0));
    let after = test.app().selection().z.clone();
    assert!(after[0] < before[0] - 0.5 && (after[1] - before[1]).abs() < 1e-9, "{before:?} {after:?}");

    let handle = test.kittest.get_by_label("z* in latent space").rect().center();
    test.double_click(handle);
    assert_eq!(test.app().selection().z, [0.0, 0.0]);

    // The codes are densest at the origin: a click there finds one, and z* goes to it.
    let origin = test.kittest.get_by_label("z* in latent space").rect().center();
    test.click(origin + vec2(30.0, 0.0));
    assert!(test.app().selection().observation.is_some());
}

#[test]
fn z_is_dragged_in_any_plane_of_all_pairs() {
    let mut test = WindowTest::paused_at("water-filling", 20);
    test.press("z₁, z₂ ▾");
    test.press("all pairs");
    let handles: Vec<_> =
        test.kittest.get_all_by_label("z* in latent space").map(|node| node.rect().center()).collect();
    assert_eq!(handles.len(), 3, "z₁z₂, z₁z₃, z₂z₃");
    let before = test.app().selection().z.clone();
    test.drag(handles[2], handles[2] + vec2(-20.0, -16.0));
    let after = test.app().selection().z.clone();
    assert_eq!(after[0], before[0]);
    assert!(after[1] < before[1] - 0.2 && after[2] > before[2] + 0.2, "{before:?} {after:?}");
    assert_eq!(test.app().selection().axes, [1, 2], "data space shows the image of the plane in hand");

    // Maps of all planes at once, in both views.
    test.app().selection().heat = Some(MapQuantity::Gap);
    test.frames(2);
    let maps = test.render();
    test.app().selection().heat = None;
    test.frames(2);
    assert!(test.render() != maps);
    test.press("all pairs ▾");
    test.press("all pairs");
    assert_eq!(test.kittest.get_all_by_label("z* in latent space").count(), 1);
}

#[test]
fn the_picture_follows_during_the_drag() {
    let mut test = WindowTest::paused_at("cylinder", 100);
    let slider = test.kittest.get_by_role_and_label(Role::Slider, "z₁").rect();
    let before = test.render();
    test.hold(slider.left_center() + vec2(60.0, 0.0), slider.left_center() + vec2(100.0, 0.0));
    let during = test.render();
    // The data view is right of the controls in the upper half.
    let differs = |x0: u32, x1: u32, y0: u32, y1: u32| {
        (x0..x1).any(|x| (y0..y1).any(|y| before.get_pixel(x, y) != during.get_pixel(x, y)))
    };
    assert!(differs(260, 640, 80, 400), "the button is still down, the picture has moved already");
}

#[test]
fn the_camera_turns_and_comes_home() {
    let mut test = WindowTest::paused_at("cylinder", 10);
    let home = test.app().selection().camera.unwrap();
    let view = test.kittest.get_by_label("Data space in three dimensions").rect().center();
    test.drag(view, view + vec2(70.0, 20.0));
    let turned = test.app().selection().camera.unwrap();
    assert!((turned.azimuth - home.azimuth).abs() > 0.1 && (turned.elevation - home.elevation).abs() > 0.05);
    test.key(Key::X);
    let along = test.app().selection().camera.unwrap();
    assert!(along.azimuth.sin().abs() < 1e-6 && along.elevation.abs() < 1e-6, "{along:?}");
    test.key(Key::T);
    assert_ne!(test.app().selection().camera.unwrap(), along, "T faces the tangent plane");
    test.key(Key::Home);
    assert_eq!(test.app().selection().camera.unwrap(), home);
}

#[test]
fn themes_are_light_and_dark() {
    let mut test = WindowTest::paused_at("linear", 10);
    let brightness = |image: &image::RgbaImage| {
        image.pixels().map(|p| u64::from(p[0]) + u64::from(p[1]) + u64::from(p[2])).sum::<u64>()
            / (3 * image.len() as u64 / 4)
    };
    assert!(brightness(&test.render()) > 200);
    test.key(Key::D);
    assert_eq!(test.kittest.ctx.theme(), Theme::Dark);
    assert!(brightness(&test.render()) < 80);
}

#[test]
fn a_screenshot_is_saved_where_the_path_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut test = WindowTest::paused_at("linear", 10);
    test.app().set_folder(folder.path());
    test.key(Key::P);
    test.until_shown("Save");
    test.press("Save");
    test.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(file.file_name().unwrap(), "linear_diagonal_beta1_seed0_step000010_window.png");
    let (picture, _) = unpick::paint::decode_png(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!((picture.width, picture.height), (1280, 720));
    assert_eq!(unpick::io::open_session(file).unwrap().steps, 10, "it carries the run");
}

#[test]
fn a_file_that_cannot_be_written_is_said_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("a file");
    std::fs::write(&blocked, "in the way").unwrap();
    let mut test = WindowTest::paused_at("linear", 10);
    // A folder that is a file can't hold another one, whoever is asking.
    test.app().set_folder(&blocked);
    test.key(Key::P);
    test.until_shown("Save");
    test.press("Save");
    test.until_gone("saving…");
    assert!(test.kittest.query_by_label_contains("cannot write the file").is_some(), "the dialog says what is wrong");
    assert!(test.kittest.query_by_label("Save").is_some(), "and stays open with the picture");
    assert_eq!(std::fs::read_to_string(&blocked).unwrap(), "in the way");
}

#[test]
fn data_of_ones_own_are_opened_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.csv"), folder.path().join("bad.csv"));
    let rows: String = (0..200).map(|i| format!("{},{}\n", (f64::from(i) * 0.1).sin(), f64::from(i) * 0.01)).collect();
    std::fs::write(&good, format!("left,right\n{rows}")).unwrap();
    std::fs::write(&bad, format!("left,right\n{rows}1,oops\n")).unwrap();

    let mut test = WindowTest::paused_at("linear", 10);
    test.app().open_file(&bad);
    test.until_shown("line 202, column 2 holds \"oops\", which is not a number; write numbers like -1.5e3 and separate them by commas");
    assert!(test.kittest.query_by_label("Import bad.csv").is_some());
    assert_eq!(test.app().snapshot().unwrap().config.origin.name(), "linear", "what was open stays open");

    test.app().open_file(&good);
    test.key(Key::Enter);
    test.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "good.csv" && s.step > 20));
    assert_eq!(test.app().notice(), None);
}

#[test]
fn a_diverged_run_goes_back_and_says_so() {
    let mut test = WindowTest::paused_at("linear", 400);
    test.kittest.get_by_label("Optimiser").click_accesskit();
    test.frames(30);
    test.kittest.get_by_role_and_label(Role::Slider, "rate").set_value_accesskit(300.0);
    test.frames(2);
    test.key(Key::Space);
    test.until(|window| window.notice().is_some() && !window.is_running());
    let notice = test.app().notice().unwrap().to_owned();
    assert!(notice.contains("the loss became") && notice.contains("lr="), "{notice}");
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    assert!(snapshot.step <= 400 && snapshot.vae.parameters.iter().all(|p| p.is_finite()));
    assert!(snapshot.settings.optimizer.lr < 1.0, "the rate that blew up is undone");
}

#[test]
fn help_lists_every_key() {
    let mut test = WindowTest::paused_at("linear", 0);
    test.key(Key::F1);
    test.frames(3);
    for entry in command_table().iter().filter(|entry| entry.shortcut.is_some()) {
        let shown = test.kittest.get_all_by_label(&entry.label).next().is_some();
        assert!(shown, "{}", entry.label);
    }
    test.key(Key::Escape);
    test.frames(2);
    assert!(test.kittest.query_by_label("Keyboard and mouse").is_none());
}

/// Keys that arrive in one frame act in the order pressed, each as often as pressed.
#[test]
fn keys_act_in_the_order_pressed() {
    let mut test = WindowTest::paused_at("linear", 0);
    test.kittest.key_press(Key::C);
    test.kittest.key_press(Key::B);
    test.frames(2);
    test.until(|window| window.second_snapshot().is_some());
    test.until(|window| window.snapshot().unwrap().vae.covariance == Covariance::Full);
    let second = test.app().second_snapshot().unwrap().vae.covariance;
    assert_eq!(second, Covariance::Diagonal, "the second run has the other covariance");
}

/// What is typed into a dialog is no shortcut; Escape closes an open menu.
#[test]
fn dialogs_and_menus_have_the_keyboard() {
    let mut test = WindowTest::paused_at("linear", 0);
    test.key_with(Modifiers::COMMAND, Key::O);
    test.frames(3);
    for key in [Key::C, Key::P, Key::B] {
        test.key(key);
    }
    assert!(test.kittest.query_by_label("Open a file").is_some());
    test.frames(20);
    assert_eq!(test.app().snapshot().unwrap().vae.covariance, Covariance::Diagonal);
    assert!(test.app().second_snapshot().is_none(), "no second run");
    test.key(Key::Escape);
    assert!(test.kittest.query_by_label("Open a file").is_none());

    test.press("File");
    assert!(test.kittest.query_by_label_contains("Quit").is_some());
    test.key(Key::Escape);
    test.frames(2);
    assert!(test.kittest.query_by_label_contains("Quit").is_none());
}

#[test]
fn the_latent_plane_becomes_the_manifold_and_latents_run_through_the_prior() {
    let mut test = WindowTest::paused_at("cylinder", 100);
    // Its numbers are measured beside the window.
    test.app().execute(UiCommand::ToggleArgument);
    test.frames(2);
    let manifold = test.render();
    test.key(Key::M);
    assert!(test.app().selection().tau < 0.3, "it starts at the latent plane");
    assert!(test.render() != manifold);
    test.frames(120);
    assert_eq!(test.app().selection().tau, 1.0, "two seconds later it has arrived");
    assert!(test.render() == manifold);

    let before = test.app().selection().z.clone();
    test.press("Move z₂ through the prior");
    test.frames(20);
    let after = test.app().selection().z.clone();
    assert!(after[0] == before[0] && after[1] > before[1] + 0.05, "{before:?} {after:?}");
    test.press("Move z₂ through the prior");
    let stopped = test.app().selection().z.clone();
    test.frames(5);
    assert_eq!(test.app().selection().z, stopped);
    test.key(Key::A);
    test.frames(20);
    let both = test.app().selection().z.clone();
    assert!(both[0] == both[1] && both[0] != stopped[0]);
}

#[test]
fn the_rotate_button_rotates_the_living_run() {
    let mut test = WindowTest::paused_at("linear", 300);
    let before = test.app().snapshot().unwrap().vae.clone();
    test.app().execute(UiCommand::ToggleAlone(rotate::SPEC.view));
    test.app().selection().phi = 30.0;
    test.frames(3);
    test.press("Rotate by 30°");
    test.until(|window| window.snapshot().is_some_and(|s| !s.log.is_empty()));
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    assert_eq!(snapshot.log[0].command.to_string(), "rotate=30");
    let decode = |vae: &unpick::vae::Vae<f32>, z: [f32; 2]| {
        vae.decode(&unpick::linalg::Matrix::from_columns(2, 1, z.to_vec())).as_slice().to_vec()
    };
    // R z with z = e₁: the decoding of z before the rotation is that of R z after it.
    let (sin, cos) = 30_f32.to_radians().sin_cos();
    let (old, new) = (decode(&before, [1.0, 0.0]), decode(&snapshot.vae, [cos, sin]));
    assert!(old.iter().zip(&new).all(|(a, b)| (a - b).abs() < 1e-5), "{old:?} {new:?}");
    assert_eq!(test.app().selection().phi, 0.0);
}

#[test]
fn more_seeds_are_trained_beside_the_run_and_one_becomes_the_main_run() {
    let mut test = WindowTest::paused_at("linear", 10);
    test.press("Seeds");
    test.press("Train 8 seeds");
    test.until_shown("Make seed 5 the main run");
    test.until(|window| window.seeds_are_done());
    test.press("Make seed 5 the main run");
    test.until(|window| window.snapshot().is_some_and(|s| s.config.seed == 5 && s.step > 500));
    test.press("Close");
    test.frames(2);
    assert!(test.kittest.query_by_label("Train 8 seeds").is_some());
    assert_eq!(test.app().notice(), None);
}

#[test]
fn predictions_are_listed_checked_and_stopped() {
    let mut test = WindowTest::paused_at("linear", 10);
    test.press("Checks");
    assert!(test.kittest.query_by_label_contains("Diagonal posteriors reach the closed-form optimum.").is_some());
    test.press("Check this scene");
    test.until_shown("Stop");
    test.press("Stop");
    test.until_shown("Check this scene");
}

#[test]
fn every_metric_says_its_definition_and_why_it_is_undefined() {
    let mut test = WindowTest::paused_at("linear-equal", 300);
    test.press("About mean c_IMA");
    assert!(test.kittest.query_by_label_contains("Gresele").is_some());
    test.press("About mean c_IMA");
    test.press("About DtO");
    assert!(test.kittest.query_by_label_contains("Rolínek").is_some());
    let reason = test.kittest.query_by_label_contains("Undefined now: the singular values are nearly equal");
    assert!(reason.is_some(), "with equal singular values V is free");
}

#[test]
fn views_can_be_shown_alone() {
    let mut test = WindowTest::paused_at("linear", 10);
    test.key(Key::Num2);
    test.frames(2);
    assert!(test.kittest.query_by_label("Densities").is_none());
    // Its title is a menu of all views.
    test.press("Latent space ▾");
    test.press("Metrics");
    test.frames(2);
    assert!(test.kittest.query_by_label("Metrics ▾").is_some());
    test.key(Key::Escape);
    test.frames(2);
    assert!(test.kittest.query_by_label("Densities").is_some());
}

/// A picture of the window and one of every view, light and dark in alternation. `UPDATE_SNAPSHOTS=1 cargo test` renews them.
#[test]
fn the_window_and_every_view_look_as_in_their_snapshots() {
    let mut results = SnapshotResults::default();
    let mut test = WindowTest::paused_at("cylinder", 300);
    test.kittest.snapshot("window_light");
    results.extend(test.kittest.take_snapshot_results());
    let mut test = WindowTest::sized("polar", 300, vec2(900.0, 560.0));
    for (k, view) in all_views().into_iter().enumerate() {
        let (theme, name) = if k % 2 == 0 { (Theme::Light, "light") } else { (Theme::Dark, "dark") };
        test.app().execute(UiCommand::SetTheme(theme));
        test.app().execute(UiCommand::SetAlone(Some(view)));
        test.frames(4);
        test.kittest.snapshot(format!("{}_{name}", view.name));
        results.extend(test.kittest.take_snapshot_results());
    }
}

#[test]
fn two_requests_in_one_frame_both_count_in_the_order_of_asking() {
    let mut test = WindowTest::paused_at("linear", 20);
    test.app().execute(UiCommand::ToggleAlone(rotate::SPEC.view));
    test.app().selection().phi = 30.0;
    test.frames(3);
    let presses: Vec<Event> = ["Rotate by 30°", "full"]
        .map(|label| {
            let (target_node, target_tree) = test.kittest.get_by_label(label).accesskit_node().locate();
            let request = ActionRequest { action: Action::Click, target_node, target_tree, data: None };
            Event::AccessKitActionRequest(request)
        })
        .into();
    test.kittest.input_mut().events.extend(presses);
    test.until(|window| window.snapshot().is_some_and(|s| s.log.len() == 2));
    let commands: Vec<String> =
        test.app().snapshot().unwrap().log.iter().map(|logged| logged.command.to_string()).collect();
    assert_eq!(commands, ["covariance=full", "rotate=30"], "the controls are drawn, and asked, before the views");
}

#[test]
fn commands_set_every_state_of_the_window() {
    let mut test = WindowTest::paused_at("linear", 0);
    let scene = Scene::named("water-filling").unwrap().clone();
    test.app().execute(UiCommand::SetScene(Box::new(scene)));
    test.app().execute(UiCommand::SetRunning(false));
    // A scene that is still running would go on running with another seed.
    test.until(|window| {
        let shown = window.snapshot().is_some_and(|s| s.config.origin.name() == "water-filling");
        shown && !window.is_running()
    });
    test.app().execute(UiCommand::SetSeed(7));
    test.until(|window| window.snapshot().is_some_and(|s| s.config.seed == 7 && s.step == 0));
    for command in ["beta=2", "covariance=full", "optimizer=adam-equivariant"] {
        test.app().execute(UiCommand::Change(command.parse().unwrap()));
    }
    test.app().execute(UiCommand::StepsTo(30));
    test.app().execute(UiCommand::StepsTo(30));
    test.until(|window| window.snapshot().is_some_and(|s| s.step == 30) && !window.is_running());
    let objective = test.app().snapshot().unwrap().settings.objective;
    assert_eq!((objective.beta, objective.covariance), (2.0, Covariance::Full));

    let view = |name| Arrangement::View(view_named(name).unwrap(), 0);
    let tabs = Arrangement::Tabs(vec![view("densities"), view("joint")]);
    let arrangement = Arrangement::Row(vec![(1.0, view("latent")), (2.0, tabs)]);
    test.app().execute(UiCommand::Arrange(Box::new(arrangement)));
    test.frames(3);
    let shown = |test: &WindowTest, label: &str| test.kittest.query_by_label(label).is_some();
    assert!(shown(&test, "Latent space") && shown(&test, "Joint") && !shown(&test, "Data space"));
    test.app().execute(UiCommand::SetCompared(true));
    test.app().execute(UiCommand::SetCompared(true));
    test.until(|window| window.second_snapshot().is_some_and(|s| s.step == 30));
    test.app().execute(UiCommand::SetCompared(false));
    assert!(test.app().second_snapshot().is_none());
    test.app().execute(UiCommand::ResetView);
    test.frames(2);
    assert!(shown(&test, "Data space"));
}

#[test]
fn everything_fits_at_1280_by_720() {
    let test = WindowTest::paused_at("water-filling", 50);
    for label in ["Data space", "Latent space", "Densities", "Joint", "Metrics", "Jacobian", "Rotate", "Training"] {
        let rect = test.kittest.get_by_label(label).rect();
        assert!(rect.right() <= 1280.0 && rect.bottom() <= 720.0, "{label} {rect:?}");
    }
    let node = test.kittest.get_by_role_and_label(Role::Slider, "z₃");
    assert!(node.accesskit_node().bounding_box().is_some_and(|b| b.y1 < 720.0), "three sliders need no scrolling");
}
