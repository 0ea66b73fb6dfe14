//! The window, driven as a person drives it, without a display: buttons, keys, dragging, dialogs, every view on every scene.

#![cfg(feature = "gui")]

mod figures;
mod measured;
mod movies;
mod sessions;
mod stagehand;
mod time;

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Theme, vec2};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use stagehand::Stagehand;
use unpick::app::Action;
use unpick::app::views::View;
use unpick::data::Scene;
use unpick::vae::Covariance;

#[test]
fn every_view_of_every_scene_is_drawn() {
    for scene in Scene::built_in() {
        let mut hand = Stagehand::paused_at(&scene.name, 60);
        for view in View::ALL {
            hand.window().act(Action::Maximise(view));
            hand.frames(2);
            hand.render();
            hand.window().act(Action::Maximise(view));
        }
        hand.window().selection().layers.truth = true;
        hand.frames(2);
        assert_eq!(hand.window().notice(), None, "{}", scene.name);
    }
}

#[test]
fn run_pause_step_and_restart_have_buttons_and_keys() {
    let mut hand = Stagehand::paused_at("linear", 0);
    hand.press("Step");
    hand.until(|window| window.snapshot().is_some_and(|s| s.step == 1));
    hand.key(Key::Period);
    hand.until(|window| window.snapshot().is_some_and(|s| s.step == 2));
    hand.key(Key::Space);
    hand.until(|window| window.is_running() && window.snapshot().is_some_and(|s| s.step > 50));
    hand.press("■ Pause");
    hand.until(|window| !window.is_running());
    hand.key_with(Modifiers::COMMAND, Key::R);
    hand.until(|window| window.snapshot().is_some_and(|s| s.step == 0) && !window.is_running());
    hand.press("▶ Run");
    hand.until(|window| window.is_running());
}

#[test]
fn a_restart_is_the_same_run_and_the_next_seed_another() {
    let mut hand = Stagehand::paused_at("linear", 100);
    let parameters = |hand: &mut Stagehand| hand.window().snapshot().unwrap().vae.parameters.clone();
    let first = parameters(&mut hand);
    hand.window().act(Action::Restart);
    hand.steps(100);
    assert_eq!(parameters(&mut hand), first);
    hand.window().act(Action::NewSeed);
    hand.steps(100);
    assert_ne!(parameters(&mut hand), first);
}

#[test]
fn sliders_change_the_living_run() {
    let mut hand = Stagehand::paused_at("linear", 20);
    // As a screen reader does, then as a hand does.
    hand.harness.get_by_role_and_label(Role::Slider, "β").set_value_accesskit(4.0);
    hand.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.beta == 4.0));
    let slider = hand.harness.get_by_role_and_label(Role::Slider, "σ²").rect();
    hand.drag(slider.left_center() + vec2(40.0, 0.0), slider.left_center() + vec2(90.0, 0.0));
    hand.until(|window| window.snapshot().is_some_and(|s| s.settings.objective.sigma2 > 0.1));
    let snapshot = Arc::clone(hand.window().snapshot().unwrap());
    assert_eq!(snapshot.step, 20, "the run goes on from where it is");
    assert!(snapshot.log.len() >= 2 && snapshot.log.iter().all(|change| change.step == 20));
}

#[test]
fn covariance_is_switched_by_button_and_key() {
    let mut hand = Stagehand::paused_at("cylinder", 5);
    hand.press("full");
    hand.until(|window| window.snapshot().is_some_and(|s| s.vae.covariance == Covariance::Full));
    hand.key(Key::C);
    hand.until(|window| window.snapshot().is_some_and(|s| s.vae.covariance == Covariance::Diagonal));
}

#[test]
fn two_runs_are_compared_swapped_and_left() {
    let mut hand = Stagehand::paused_at("linear", 100);
    let alone = hand.window().snapshot().unwrap().vae.parameters.clone();
    hand.press("Compare A | B");
    // The second run makes up for what the first one has done.
    hand.until(|window| window.second_snapshot().is_some_and(|s| s.step == 100));
    let [a, b] = {
        let window = hand.window();
        [Arc::clone(window.snapshot().unwrap()), Arc::clone(window.second_snapshot().unwrap())]
    };
    assert_eq!(a.vae.parameters, alone, "the first run does not notice");
    assert_eq!((a.vae.covariance, b.vae.covariance), (Covariance::Diagonal, Covariance::Full));
    assert!(Arc::ptr_eq(&a.data, &b.data) && a.config.seed == b.config.seed);

    // The controls belong to B until A is chosen.
    hand.harness.get_by_role_and_label(Role::Slider, "β").set_value_accesskit(4.0);
    hand.until(|window| window.second_snapshot().is_some_and(|s| s.settings.objective.beta == 4.0));
    assert_eq!(hand.window().snapshot().unwrap().settings.objective.beta, 1.0);

    // z* is one; both views of it move it.
    let handles: Vec<_> =
        hand.harness.get_all_by_label("z* in latent space").map(|node| node.rect().center()).collect();
    assert_eq!(handles.len(), 2);
    let before = hand.window().selection().z.clone();
    hand.drag(handles[1], handles[1] + vec2(-30.0, 0.0));
    assert!(hand.window().selection().z[0] < before[0] - 0.3);

    // Every view is drawn of both, alone and together.
    for view in View::ALL {
        hand.window().act(Action::Maximise(view));
        hand.frames(2);
        hand.render();
        hand.window().act(Action::Maximise(view));
    }
    hand.key(Key::S);
    assert_eq!(hand.window().snapshot().unwrap().vae.covariance, Covariance::Full);
    hand.key(Key::B);
    assert!(hand.window().second_snapshot().is_none());
    assert_eq!(hand.window().snapshot().unwrap().vae.covariance, Covariance::Full);
    assert_eq!(hand.window().notice(), None);
}

#[test]
fn runs_with_different_numbers_of_latents_stand_beside_each_other() {
    let mut hand = Stagehand::paused_at("linear", 10);
    hand.press("Compare A | B");
    hand.until(|window| window.second_snapshot().is_some_and(|s| s.step == 10));
    hand.window().open_scene(Scene::named("water-filling").unwrap().clone());
    hand.until(|window| window.second_snapshot().is_some_and(|s| s.latent_dim() == 3 && s.step > 20));
    hand.frames(3);
    assert_eq!(hand.window().selection().z.len(), 3);
    assert_eq!(hand.window().snapshot().unwrap().latent_dim(), 2);
    hand.key(Key::B);
    hand.frames(3);
    assert_eq!(hand.window().selection().z.len(), 2);
}

#[test]
fn z_is_dragged_nudged_typed_and_sent_to_a_code() {
    let mut hand = Stagehand::paused_at("linear", 200);
    let start = hand.window().selection().z.clone();
    let handle = hand.harness.get_by_label("z* in latent space").rect().center();
    hand.drag(handle, handle + vec2(-60.0, 40.0));
    let dragged = hand.window().selection().z.clone();
    assert!(dragged[0] < start[0] - 0.5 && dragged[1] < start[1] - 0.3, "{start:?} {dragged:?}");

    hand.key(Key::ArrowRight);
    hand.key(Key::ArrowUp);
    let nudged = hand.window().selection().z.clone();
    assert!((nudged[0] - dragged[0] - 0.1).abs() < 1e-9 && (nudged[1] - dragged[1] - 0.1).abs() < 1e-9);

    let slider = hand.harness.get_by_role_and_label(Role::Slider, "z₁");
    slider.set_value_accesskit(1.25);
    hand.frames(3);
    assert!((hand.window().selection().z[0] - 1.25).abs() < 1e-9);

    // Shift keeps the coordinate that has moved less.
    let handle = hand.harness.get_by_label("z* in latent space").rect().center();
    let before = hand.window().selection().z.clone();
    hand.drag_with(Modifiers::SHIFT, handle, handle + vec2(-80.0, 9.0));
    let after = hand.window().selection().z.clone();
    assert!(after[0] < before[0] - 0.5 && (after[1] - before[1]).abs() < 1e-9, "{before:?} {after:?}");

    let handle = hand.harness.get_by_label("z* in latent space").rect().center();
    hand.double_click(handle);
    assert_eq!(hand.window().selection().z, [0.0, 0.0]);

    // The codes are densest at the origin: a click there finds one, and z* goes to it.
    let origin = hand.harness.get_by_label("z* in latent space").rect().center();
    hand.click(origin + vec2(30.0, 0.0));
    assert!(hand.window().selection().observation.is_some());
}

#[test]
fn the_picture_follows_during_the_drag() {
    let mut hand = Stagehand::paused_at("cylinder", 100);
    let slider = hand.harness.get_by_role_and_label(Role::Slider, "z₁").rect();
    let before = hand.render();
    hand.hold(slider.left_center() + vec2(60.0, 0.0), slider.left_center() + vec2(100.0, 0.0));
    let during = hand.render();
    // The data view is right of the controls in the upper half.
    let differs = |x0: u32, x1: u32, y0: u32, y1: u32| {
        (x0..x1).any(|x| (y0..y1).any(|y| before.get_pixel(x, y) != during.get_pixel(x, y)))
    };
    assert!(differs(260, 640, 80, 400), "the button is still down, the picture has moved already");
}

#[test]
fn the_camera_turns_and_comes_home() {
    let mut hand = Stagehand::paused_at("cylinder", 10);
    let home = hand.window().selection().camera.unwrap();
    let view = hand.harness.get_by_label("Data space in three dimensions").rect().center();
    hand.drag(view, view + vec2(70.0, 20.0));
    let turned = hand.window().selection().camera.unwrap();
    assert!((turned.azimuth - home.azimuth).abs() > 0.1 && (turned.elevation - home.elevation).abs() > 0.05);
    hand.key(Key::X);
    let along = hand.window().selection().camera.unwrap();
    assert!(along.azimuth.sin().abs() < 1e-6 && along.elevation.abs() < 1e-6, "{along:?}");
    hand.key(Key::T);
    assert_ne!(hand.window().selection().camera.unwrap(), along, "T faces the tangent plane");
    hand.key(Key::Home);
    assert_eq!(hand.window().selection().camera.unwrap(), home);
}

#[test]
fn themes_are_light_and_dark() {
    let mut hand = Stagehand::paused_at("linear", 10);
    let brightness = |image: &image::RgbaImage| {
        image.pixels().map(|p| u64::from(p[0]) + u64::from(p[1]) + u64::from(p[2])).sum::<u64>()
            / (3 * image.len() as u64 / 4)
    };
    assert!(brightness(&hand.render()) > 200);
    hand.key(Key::D);
    assert_eq!(hand.harness.ctx.theme(), Theme::Dark);
    assert!(brightness(&hand.render()) < 80);
}

#[test]
fn a_screenshot_is_saved_where_the_path_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut hand = Stagehand::paused_at("linear", 10);
    hand.window().set_folder(folder.path());
    hand.key(Key::P);
    hand.until_shown("Save");
    hand.press("Save");
    hand.until(|window| window.notice().is_some_and(|notice| notice.starts_with("saved ")));
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
    let mut hand = Stagehand::paused_at("linear", 10);
    // A folder that is a file can't hold another one, whoever is asking.
    hand.window().set_folder(&blocked);
    hand.key(Key::P);
    hand.until_shown("Save");
    hand.press("Save");
    hand.until_gone("saving…");
    assert!(hand.harness.query_by_label_contains("cannot write the file").is_some(), "the dialog says what is wrong");
    assert!(hand.harness.query_by_label("Save").is_some(), "and stays open with the picture");
    assert_eq!(std::fs::read_to_string(&blocked).unwrap(), "in the way");
}

#[test]
fn data_of_ones_own_are_opened_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.csv"), folder.path().join("bad.csv"));
    let rows: String = (0..200).map(|i| format!("{},{}\n", (f64::from(i) * 0.1).sin(), f64::from(i) * 0.01)).collect();
    std::fs::write(&good, format!("left,right\n{rows}")).unwrap();
    std::fs::write(&bad, format!("left,right\n{rows}1,oops\n")).unwrap();

    let mut hand = Stagehand::paused_at("linear", 10);
    hand.window().open_file(&bad);
    hand.frames(3);
    let notice = hand.window().notice().unwrap().to_owned();
    assert!(notice.contains("oops") && notice.contains("bad.csv"), "{notice}");
    assert_eq!(hand.window().snapshot().unwrap().config.origin.name(), "linear", "what was open stays open");

    hand.window().open_file(&good);
    hand.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "good.csv" && s.step > 20));
    assert_eq!(hand.window().notice(), None);
}

#[test]
fn a_diverged_run_goes_back_and_says_so() {
    let mut hand = Stagehand::paused_at("linear", 400);
    hand.press("Optimiser and seed");
    hand.frames(30);
    hand.harness.get_by_role_and_label(Role::Slider, "rate").set_value_accesskit(300.0);
    hand.frames(2);
    hand.key(Key::Space);
    hand.until(|window| window.notice().is_some() && !window.is_running());
    let notice = hand.window().notice().unwrap().to_owned();
    assert!(notice.contains("the loss became") && notice.contains("lr="), "{notice}");
    let snapshot = Arc::clone(hand.window().snapshot().unwrap());
    assert!(snapshot.step <= 400 && snapshot.vae.parameters.iter().all(|p| p.is_finite()));
    assert!(snapshot.settings.optimizer.lr < 1.0, "the rate that blew up is undone");
}

#[test]
fn help_lists_every_key() {
    let mut hand = Stagehand::paused_at("linear", 0);
    hand.key(Key::F1);
    hand.frames(3);
    for action in Action::ALL.into_iter().filter(|a| a.shortcut().is_some()) {
        let label = action.label();
        let shown = hand.harness.get_all_by_label(&label).next().is_some();
        assert!(shown, "{label}");
    }
    hand.key(Key::Escape);
    hand.frames(2);
    assert!(hand.harness.query_by_label("Keyboard and mouse").is_none());
}

#[test]
fn the_latent_plane_becomes_the_manifold_and_latents_run_through_the_prior() {
    let mut hand = Stagehand::paused_at("cylinder", 100);
    let manifold = hand.render();
    hand.key(Key::M);
    assert!(hand.window().selection().tau < 0.3, "it starts at the latent plane");
    assert!(hand.render() != manifold);
    hand.frames(120);
    assert_eq!(hand.window().selection().tau, 1.0, "two seconds later it has arrived");
    assert!(hand.render() == manifold);

    let before = hand.window().selection().z.clone();
    hand.press("z₂ through the prior");
    hand.frames(20);
    let after = hand.window().selection().z.clone();
    assert!(after[0] == before[0] && after[1] > before[1] + 0.05, "{before:?} {after:?}");
    hand.press("z₂ through the prior");
    let stopped = hand.window().selection().z.clone();
    hand.frames(5);
    assert_eq!(hand.window().selection().z, stopped);
    hand.key(Key::A);
    hand.frames(20);
    let both = hand.window().selection().z.clone();
    assert!(both[0] == both[1] && both[0] != stopped[0]);
}

#[test]
fn a_kick_turns_the_living_run() {
    let mut hand = Stagehand::paused_at("linear", 300);
    let before = hand.window().snapshot().unwrap().vae.clone();
    hand.window().act(Action::Maximise(View::Rotate));
    hand.window().selection().phi = 30.0;
    hand.frames(3);
    hand.press("Kick by 30°");
    hand.until(|window| window.snapshot().is_some_and(|s| !s.log.is_empty()));
    let snapshot = Arc::clone(hand.window().snapshot().unwrap());
    assert_eq!(snapshot.log[0].command.to_string(), "rotate=30");
    let decode = |vae: &unpick::vae::Vae<f32>, z: [f32; 2]| {
        vae.decode(&unpick::linalg::Matrix::from_columns(2, 1, z.to_vec())).as_slice().to_vec()
    };
    // R z with z = e₁: what z was before it was turned is decoded from R z now.
    let (sin, cos) = 30_f32.to_radians().sin_cos();
    let (old, new) = (decode(&before, [1.0, 0.0]), decode(&snapshot.vae, [cos, sin]));
    assert!(old.iter().zip(&new).all(|(a, b)| (a - b).abs() < 1e-5), "{old:?} {new:?}");
    assert_eq!(hand.window().selection().phi, 0.0);
}

#[test]
fn more_seeds_are_trained_beside_the_run_and_one_becomes_the_main_run() {
    let mut hand = Stagehand::paused_at("linear", 10);
    hand.press("Seeds");
    hand.press("Train 8 seeds");
    hand.until_shown("Make seed 5 the main run");
    hand.until(|window| window.seeds_are_done());
    hand.press("Make seed 5 the main run");
    hand.until(|window| window.snapshot().is_some_and(|s| s.config.seed == 5 && s.step > 500));
    hand.press("Close");
    hand.frames(2);
    assert!(hand.harness.query_by_label("Train 8 seeds").is_some());
    assert_eq!(hand.window().notice(), None);
}

#[test]
fn predictions_are_listed_measured_and_stopped() {
    let mut hand = Stagehand::paused_at("linear", 10);
    hand.press("Certificates");
    assert!(hand.harness.query_by_label_contains("Diagonal posteriors reach the closed-form optimum.").is_some());
    hand.press("Certify this scene");
    hand.until_shown("Stop certifying");
    hand.press("Stop certifying");
    hand.until_shown("Certify this scene");
}

#[test]
fn every_gauge_says_what_it_is_and_why_it_is_undefined() {
    let mut hand = Stagehand::paused_at("linear-equal", 300);
    hand.press("About c_IMA");
    assert!(hand.harness.query_by_label_contains("Gresele").is_some());
    hand.press("About c_IMA");
    hand.press("About DtO");
    assert!(hand.harness.query_by_label_contains("Rolínek").is_some());
    let reason = hand.harness.query_by_label_contains("Undefined now: the singular values are nearly equal");
    assert!(reason.is_some(), "with equal singular values V is free");
}

#[test]
fn views_can_be_shown_alone() {
    let mut hand = Stagehand::paused_at("linear", 10);
    hand.key(Key::Num2);
    hand.frames(2);
    assert!(hand.harness.query_by_label("Densities").is_none());
    assert!(hand.harness.query_by_label("Latent space").is_some());
    hand.key(Key::Escape);
    hand.frames(2);
    assert!(hand.harness.query_by_label("Densities").is_some());
}

#[test]
fn the_window_looks_as_it_should() {
    let mut results = SnapshotResults::default();
    for (name, scene, theme) in [
        ("linear_light", "linear", Theme::Light),
        ("cylinder_dark", "cylinder", Theme::Dark),
        ("parabola_light", "parabola", Theme::Light),
    ] {
        let mut hand = Stagehand::paused_at(scene, 300);
        hand.harness.ctx.set_theme(theme);
        hand.frames(4);
        hand.harness.snapshot(name);
        results.extend(hand.harness.take_snapshot_results());
    }
}

#[test]
fn everything_fits_at_1280_by_720() {
    let hand = Stagehand::paused_at("water-filling", 50);
    for label in ["Data space", "Latent space", "Densities", "Joint", "Gauges", "Jacobian", "Rotate", "Training"] {
        let rect = hand.harness.get_by_label(label).rect();
        assert!(rect.right() <= 1280.0 && rect.bottom() <= 720.0, "{label} {rect:?}");
    }
    let node = hand.harness.get_by_role_and_label(Role::Slider, "z₃");
    assert!(node.accesskit_node().bounding_box().is_some_and(|b| b.y1 < 720.0), "three sliders need no scrolling");
}
