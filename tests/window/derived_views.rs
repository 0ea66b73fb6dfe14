//! The views that measure: what they print is what the functions give, and everything in them has a name and a key.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::experiment::Command;
use unpick::geometry::Rotation;
use unpick::viz::command::UiCommand;
use unpick::viz::query::QueryCache;
use unpick::viz::views::posterior::query::PosteriorQuery;
use unpick::viz::views::rotate::query::RotateQuery;
use unpick::viz::views::view_named;

use crate::harness::WindowTest;

fn shows(test: &WindowTest, label: &str) -> bool {
    test.kittest.query_all_by_label(label).next().is_some()
}

#[test]
fn the_posterior_view_prints_the_answer_of_its_query() {
    let mut test = WindowTest::paused_at("cylinder", 400);
    test.app().selection().observation = Some(7);
    test.press("Posterior");
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    let query = PosteriorQuery { observation: 7, plane: [0, 1] };
    let posteriors = QueryCache::immediate().ask(&snapshot, Arc::new(snapshot.vae.cast()), &query).unwrap();
    let posteriors = posteriors.as_ref().as_ref().unwrap();
    for (k, divergence) in posteriors.divergences().into_iter().enumerate() {
        assert!(k == 1 || shows(&test, &format!("{divergence:.4}")), "{divergence}");
    }
    assert!(test.kittest.query_by_label_contains("held-out observation 7, chosen").is_some());
    // The exact gap of this observation, and its mean over more and more of them.
    for part in posteriors.gap.unwrap().parts.into_iter().flatten() {
        assert!(shows(&test, &format!("{:.4}", part.value)), "{part:?}");
    }
    test.frames(4);
    assert!(test.kittest.query_by_label_contains("mean of 64").is_some());
}

#[test]
fn samples_move_only_while_drawing_is_on() {
    let mut test = WindowTest::paused_at("linear", 100);
    test.press("Posterior");
    test.press("▶ Draw");
    assert!(test.app().selection().draw);
    let before = test.render();
    test.frames(60);
    assert!(test.render() != before, "a second later there are other samples");
    test.press("▶ Draw");
    test.frames(10);
    let before = test.render();
    test.frames(60);
    assert!(test.render() == before, "nothing moves any more");
}

#[test]
fn the_line_of_the_angle_is_dragged_and_rotates_on_release_if_wanted() {
    let mut test = WindowTest::paused_at("linear", 400);
    test.app().execute(UiCommand::SetAlone(view_named("rotate")));
    test.frames(3);
    let plot = test.kittest.get_by_label("Line of φ").rect();
    let at = |share: f32| plot.center() + vec2(share * plot.width(), 0.0);
    test.drag(at(0.0), at(0.05));
    let before = test.app().selection().phi;
    test.drag(at(0.05), at(0.15));
    // A tenth of a plot that spans 2.28 × 90 degrees; φ is a whole number of them.
    let turned = test.app().selection().phi - before;
    assert!((turned - 0.1 * 2.28 * 90.0).abs() <= 1.0, "{turned}");
    assert!(test.app().snapshot().unwrap().log.is_empty(), "the run stays as it is");
    test.press("on release");
    test.drag(at(0.15), at(0.2));
    test.until(|app| app.snapshot().is_some_and(|snapshot| !snapshot.log.is_empty()));
    let rotated = test.app().snapshot().unwrap().log[0].command.to_string();
    assert!(rotated.starts_with("rotate=") && test.app().selection().phi == 0.0, "{rotated}");
}

#[test]
fn the_rotation_angle_moves_by_keys_and_rotates_the_run() {
    let mut test = WindowTest::paused_at("linear", 400);
    test.press("Rotate");
    let z = test.app().selection().z.clone();
    test.kittest.get_by_label("Angle of the rotated latents").focus();
    test.frames(2);
    for key in [Key::ArrowRight, Key::ArrowUp, Key::ArrowRight, Key::ArrowLeft] {
        test.key(key);
    }
    assert_eq!(test.app().selection().phi, 2.0);
    assert_eq!(test.app().selection().z, z, "the dial has the keys, not z*");
    let snapshot = Arc::clone(test.app().snapshot().unwrap());
    let query = RotateQuery { plane: [0, 1] };
    let curve = QueryCache::immediate().ask(&snapshot, Arc::new(snapshot.vae.cast()), &query).unwrap();
    let loss = curve.loss(2.0);
    let text = if loss < 0.01 { format!("{loss:.4} nats") } else { format!("{loss:.3} nats") };
    assert!((0.001..1.0).contains(&loss) && shows(&test, &text), "the price of the angle is shown: {loss}");
    test.press("Rotate by 2°");
    assert_eq!(first_command(&mut test), Command::Rotate(Rotation { degrees: 2.0, plane: [0, 1] }));
    assert_eq!(test.app().selection().phi, 0.0, "angles are counted from the latents as they are now");
    // The handle sits on the right of the ring.
    let handle = test.kittest.get_by_label("Angle of the rotated latents").rect().center();
    test.drag(handle, handle + vec2(-3.0, -25.0));
    let phi = test.app().selection().phi;
    assert!((10.0..70.0).contains(&phi), "{phi}");
}

#[test]
fn with_three_latents_the_pair_is_chosen() {
    let mut test = WindowTest::paused_at("water-filling", 60);
    test.press("Rotate");
    test.app().selection().rotated = [2, 0];
    test.app().selection().phi = 30.0;
    test.frames(3);
    test.press("Rotate by 30°");
    assert_eq!(first_command(&mut test), Command::Rotate(Rotation { degrees: 30.0, plane: [2, 0] }));
}

/// The first command that the run was given.
fn first_command(test: &mut WindowTest) -> Command {
    test.until(|window| window.snapshot().is_some_and(|s| !s.log.is_empty()));
    test.app().snapshot().expect("it has been waited for").log[0].command
}

#[test]
fn the_loop_is_moved_and_coordinates_are_refused_where_there_are_none() {
    let mut test = WindowTest::paused_at("polar", 300);
    test.press("Joint");
    assert!(shows(&test, "No global coordinates"), "the true map does not meet C2");
    let corner = test.kittest.get_by_label("Opposite corner of the loop").rect().center();
    test.drag(corner, corner + vec2(12.0, -10.0));
    let [first, second] = test.app().selection().corners;
    assert!(first == [-1.0, -1.0] && second[0] > 1.05 && second[1] > 1.05, "{second:?}");
    test.kittest.get_by_label("First corner of the loop").focus();
    test.frames(2);
    test.key(Key::ArrowDown);
    assert!((test.app().selection().corners[0][1] + 1.1).abs() < 1e-9);

    let mut test = WindowTest::paused_at("cylinder", 1500);
    test.press("Joint");
    assert!(!shows(&test, "No global coordinates"), "a trained sheet has them");
}

#[test]
fn factors_show_the_coefficient_and_its_pairs() {
    let mut test = WindowTest::paused_at("linear", 400);
    test.press("Factors");
    let mcc = test.app().snapshot().unwrap().mcc().unwrap();
    test.until(|_| true);
    test.frames(3);
    let coefficient = format!("MCC {mcc:.3}");
    assert!(test.kittest.query_all_by_label_contains(&coefficient).next().is_some(), "{coefficient}");
    let matched = test.kittest.get_all_by_role(Role::Image).filter(|node| {
        node.accesskit_node().label().is_some_and(|label| label.contains("against") && label.ends_with("matched"))
    });
    assert_eq!(matched.count(), 2, "each factor has one latent");
    let before = test.render();
    test.app().selection().color = Some(1);
    test.frames(3);
    assert!(test.render() != before, "points take the colour of the factor");
}

#[test]
fn unknown_factors_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("line.csv");
    let rows: String = (0..200).map(|i| format!("{},{}\n", (f64::from(i) * 0.1).sin(), f64::from(i) * 0.01)).collect();
    std::fs::write(&file, format!("left,right\n{rows}")).unwrap();
    let mut test = WindowTest::paused_at("linear", 10);
    test.app().open_file(&file);
    test.until_shown("Open");
    test.press("Open");
    test.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "line.csv"));
    test.press("Factors");
    assert!(shows(&test, "The true factors of this data are not known"));
}
