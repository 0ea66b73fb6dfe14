//! The views that measure: what they print is what the functions give, and everything in them has a name and a key.

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::app::Analyst;
use unpick::app::analysis::{Answer, PosteriorsQuestion, Topic, TurnedQuestion};
use unpick::experiment::Command;
use unpick::geometry::Rotation;

use crate::stagehand::Stagehand;

fn shows(hand: &Stagehand, label: &str) -> bool {
    hand.harness.query_all_by_label(label).next().is_some()
}

#[test]
fn posteriors_are_those_that_the_analyst_finds() {
    let mut hand = Stagehand::paused_at("cylinder", 400);
    hand.window().selection().observation = Some(7);
    hand.press("Posterior");
    let snapshot = Arc::clone(hand.window().snapshot().unwrap());
    let topic = Topic::Posteriors(PosteriorsQuestion { observation: 7, plane: [0, 1] });
    let answer = Analyst::immediate().ask(&snapshot, Arc::new(snapshot.vae.cast()), topic).unwrap();
    let Answer::Posteriors(posteriors) = &*answer else { panic!("{answer:?}") };
    for (k, divergence) in posteriors.divergences().into_iter().enumerate() {
        assert!(k == 1 || shows(&hand, &format!("{divergence:.4}")), "{divergence}");
    }
    assert!(hand.harness.query_by_label_contains("held-out observation 7, chosen").is_some());
}

#[test]
fn drawing_moves_only_while_it_is_on() {
    let mut hand = Stagehand::paused_at("linear", 100);
    hand.press("Posterior");
    hand.press("▶ Draw");
    assert!(hand.window().selection().draw);
    let before = hand.render();
    hand.frames(60);
    assert!(hand.render() != before, "a second later there are other samples");
    hand.press("▶ Draw");
    hand.frames(10);
    let before = hand.render();
    hand.frames(60);
    assert!(hand.render() == before, "nothing moves any more");
}

#[test]
fn the_latents_are_turned_by_keys_and_kicked() {
    let mut hand = Stagehand::paused_at("linear", 400);
    hand.press("Rotate");
    let z = hand.window().selection().z.clone();
    hand.harness.get_by_label("Angle of the turned latents").focus();
    hand.frames(2);
    for key in [Key::ArrowRight, Key::ArrowUp, Key::ArrowRight, Key::ArrowLeft] {
        hand.key(key);
    }
    assert_eq!(hand.window().selection().phi, 2.0);
    assert_eq!(hand.window().selection().z, z, "the dial has the keys, not z*");
    let snapshot = Arc::clone(hand.window().snapshot().unwrap());
    let topic = Topic::Turned(TurnedQuestion { plane: [0, 1] });
    let answer = Analyst::immediate().ask(&snapshot, Arc::new(snapshot.vae.cast()), topic).unwrap();
    let Answer::Turned(turned) = &*answer else { panic!("{answer:?}") };
    assert!(shows(&hand, &format!("{:.3} nats", turned.loss(2.0))), "the price of the angle is shown");
    hand.press("Kick by 2°");
    assert_eq!(kicked(&mut hand), Command::Rotate(Rotation { degrees: 2.0, plane: [0, 1] }));
    assert_eq!(hand.window().selection().phi, 0.0, "angles are counted from the latents as they are now");
    // The handle sits on the right of the ring.
    let handle = hand.harness.get_by_label("Angle of the turned latents").rect().center();
    hand.drag(handle, handle + vec2(-3.0, -25.0));
    let phi = hand.window().selection().phi;
    assert!((10.0..70.0).contains(&phi), "{phi}");
}

#[test]
fn with_three_latents_the_pair_is_chosen() {
    let mut hand = Stagehand::paused_at("water-filling", 60);
    hand.press("Rotate");
    hand.window().selection().turned = [2, 0];
    hand.window().selection().phi = 30.0;
    hand.frames(3);
    hand.press("Kick by 30°");
    assert_eq!(kicked(&mut hand), Command::Rotate(Rotation { degrees: 30.0, plane: [2, 0] }));
}

/// The first command that the run was given.
fn kicked(hand: &mut Stagehand) -> Command {
    hand.until(|window| window.snapshot().is_some_and(|s| !s.log.is_empty()));
    hand.window().snapshot().expect("it has been waited for").log[0].command
}

#[test]
fn the_loop_is_moved_and_coordinates_are_refused_where_there_are_none() {
    let mut hand = Stagehand::paused_at("polar", 300);
    hand.press("Joint");
    assert!(shows(&hand, "No global coordinates"), "the true map does not meet C2");
    let corner = hand.harness.get_by_label("Opposite corner of the loop").rect().center();
    hand.drag(corner, corner + vec2(12.0, -10.0));
    let [first, second] = hand.window().selection().corners;
    assert!(first == [-1.0, -1.0] && second[0] > 1.05 && second[1] > 1.05, "{second:?}");
    hand.harness.get_by_label("First corner of the loop").focus();
    hand.frames(2);
    hand.key(Key::ArrowDown);
    assert!((hand.window().selection().corners[0][1] + 1.1).abs() < 1e-9);

    let mut hand = Stagehand::paused_at("cylinder", 1500);
    hand.press("Joint");
    assert!(!shows(&hand, "No global coordinates"), "a trained sheet has them");
}

#[test]
fn factors_show_the_coefficient_and_its_pairs() {
    let mut hand = Stagehand::paused_at("linear", 400);
    hand.press("Factors");
    let mcc = hand.window().snapshot().unwrap().mcc().unwrap();
    assert!(shows(&hand, &format!("MCC {mcc:.3}")), "{mcc}");
    let matched = hand.harness.get_all_by_role(Role::Image).filter(|node| {
        node.accesskit_node().label().is_some_and(|label| label.contains("against") && label.ends_with("matched"))
    });
    assert_eq!(matched.count(), 2, "each factor has one latent");
    let before = hand.render();
    hand.window().selection().color = Some(1);
    hand.frames(3);
    assert!(hand.render() != before, "points take the colour of the factor");
}

#[test]
fn what_is_not_known_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("line.csv");
    let rows: String = (0..200).map(|i| format!("{},{}\n", (f64::from(i) * 0.1).sin(), f64::from(i) * 0.01)).collect();
    std::fs::write(&file, format!("left,right\n{rows}")).unwrap();
    let mut hand = Stagehand::paused_at("linear", 10);
    hand.window().open_file(&file);
    hand.until(|window| window.snapshot().is_some_and(|s| s.config.origin.name() == "line.csv"));
    hand.press("Factors");
    assert!(shows(&hand, "The true factors of this data are not known"));
}
