//! Tiles of traversals and reconstructions, hovered and clicked.

use eframe::egui::{Event, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use unpick::geometry::{Jets, Order};
use unpick::linalg::Matrix;
use unpick::viz::command::UiCommand;
use unpick::viz::views::view_named;

use crate::harness::WindowTest;

#[test]
fn a_hovered_tile_is_previewed_and_a_clicked_one_moves_z() {
    let mut test = WindowTest::paused_at("cylinder", 40);
    test.press("Traversals");
    let before = test.app().selection().z.clone();
    let tile = test.kittest.get_by_label("z₁ = −2.00").rect().center();
    test.kittest.event(Event::PointerMoved(tile));
    test.frames(3);
    assert_eq!(test.app().selection().z, [-2.0, before[1]], "the preview is what every view shows");
    assert_eq!(test.app().selection().rest(), before, "z* itself stays");
    let session = test.app().session().expect("a run");
    assert_eq!(session.view["selection"]["z"], serde_json::json!(before), "and is what a session keeps");
    test.kittest.event(Event::PointerMoved(pos2(640.0, 710.0)));
    test.frames(3);
    assert_eq!(test.app().selection().z, before, "off the tile it is back");
    test.click(tile);
    test.frames(2);
    assert_eq!(test.app().selection().rest(), [-2.0, before[1]]);
}

#[test]
fn the_lengths_beside_the_rows_are_those_at_z() {
    let mut test = WindowTest::paused_at("cylinder", 40);
    test.press("Traversals");
    for z in [vec![0.0, 0.0], vec![1.5, -1.0]] {
        test.app().execute(UiCommand::MoveTo(z.clone()));
        test.frames(4);
        let vae = test.app().snapshot().expect("a run").vae.cast();
        let jets = Jets::of(&vae, &Matrix::from_columns(2, 1, z), Order::First);
        for (name, column) in ["z₁", "z₂"].into_iter().zip(jets.jacobian(0).column_iter()) {
            let length = format!("‖J‖ {:.2}", column.norm());
            let label = test.kittest.get_by_label_contains(&format!("{name}: KL")).accesskit_node().value();
            assert!(label.as_ref().is_some_and(|label| label.contains(&length)), "{length} is not in {label:?}");
        }
    }
}

#[test]
fn differences_are_of_pictures_and_columns() {
    for (scene, possible) in [("cylinder", false), ("sprites", true)] {
        let mut test = WindowTest::paused_at(scene, 10);
        test.app().execute(UiCommand::SetAlone(view_named("traversals")));
        test.frames(3);
        test.press("rows ▾");
        test.frames(3);
        assert_eq!(!test.kittest.get_by_label("difference").accesskit_node().is_disabled(), possible, "{scene}");
    }
}

#[test]
fn a_clicked_reconstruction_is_chosen() {
    let mut test = WindowTest::paused_at("sprites", 40);
    test.press("Reconstructions");
    let first = test.app().snapshot().expect("a run").mean(0).to_vec();
    let label =
        test.kittest.get_all_by_label_contains("held-out observation 1,").next().map(|node| node.rect().center());
    test.click(label.expect("the first observation is shown"));
    let selection = test.app().selection();
    assert_eq!(selection.observation, Some(0));
    assert!(selection.z.iter().zip(&first).all(|(z, mean)| (*z as f32 - mean).abs() < 1e-6));
}

#[test]
fn rows_play_while_z_stays() {
    let mut test = WindowTest::paused_at("sprites", 40);
    // Pictures have their traversals in front.
    let before = test.app().selection().z.clone();
    test.press("Play all rows in phase");
    let phase = test.app().selection().traversal.phase;
    test.frames(5);
    assert!(phase.is_some() && test.app().selection().traversal.phase != phase);
    assert_eq!(test.app().selection().z, before);
    test.press("Play all rows in phase");
    assert_eq!(test.app().selection().traversal.phase, None);
}
