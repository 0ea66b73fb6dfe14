//! Observations that are images.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use unpick::data::{Dataset, ImportOptions, ObservationKind, Table, dataset_from_table};
use unpick::experiment::{Config, Origin};
use unpick::linalg::Matrix;

use crate::harness::WindowTest;

/// Images of 8×8 pixels: a bright bar at one of eight rows, and another of varying shade.
fn images() -> (Config, Arc<Dataset>) {
    let value = |pixel: usize, c: usize| {
        let (row, column) = (pixel / 8, pixel % 8);
        f64::from(u8::from(row == c % 8)) + f64::from(u8::from(column == c / 8 % 8)) * (c % 5) as f64 / 5.0
    };
    let names = (1..=64).map(|i| format!("x{i}")).collect();
    let kind = ObservationKind::Images { height: 8, width: 8, channels: 1 };
    let table = Table { kind, ..Table::new(names, Matrix::from_fn(64, 200, value)) };
    let data = dataset_from_table(&table, 0).expect("the images vary");
    let origin = Origin::file("bars.npy", "00", ImportOptions::default());
    let mut config = Config::new(origin, 0, data.train.samples());
    config.architecture.latent_dim = 4;
    (config, Arc::new(data))
}

#[test]
fn images_are_drawn_at_their_points() {
    let (config, data) = images();
    let mut test = WindowTest::of(config, data);
    let without = test.render();
    test.app().selection().layers.pictures = true;
    test.frames(2);
    let with = test.render();
    // The data view is right of the controls in the upper half.
    let changed = |x0: u32, x1: u32| {
        (x0..x1)
            .flat_map(|x| (60..400).map(move |y| (x, y)))
            .filter(|(x, y)| without.get_pixel(*x, *y) != with.get_pixel(*x, *y))
            .count()
    };
    assert!(changed(260, 610) > 5 * 30 * 30, "at least five pictures: {}", changed(260, 610));
    assert_eq!(changed(640, 1270), 0, "no other view changes");
    test.app().selection().layers.pictures = false;
    test.frames(2);
    assert!(test.render() == without);
}

#[test]
fn columns_of_the_jacobian_are_pictures() {
    let (config, data) = images();
    let mut test = WindowTest::of(config, data);
    test.press("Jacobian");
    for i in ["₁", "₂", "₃", "₄"] {
        for letter in ["J", "u"] {
            let name = format!("{letter}{i} as a picture");
            assert!(test.kittest.query_by_label(&name).is_some(), "{name}");
        }
    }
    assert!(test.kittest.query_by_label_contains("entries of J").is_some(), "the scale");
}
