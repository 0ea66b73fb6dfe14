//! Which predictions each scene has.

use super::prediction::Prediction;
use super::{curved, linear, points};
use crate::data::Scene;

/// What theory says about a scene, over `seeds` seeds (at least one); nothing about one that it does not know by name.
pub fn predictions(scene: &Scene, seeds: u64) -> Vec<Prediction> {
    let seeds = seeds.max(1);
    match scene.name.as_str() {
        "linear" => linear::linear(scene, seeds),
        "linear-equal" => linear::linear_equal(scene, seeds),
        "uniform-square" => linear::uniform_square(scene, seeds),
        "water-filling" => linear::water_filling(scene, seeds),
        "parabola" => curved::parabola(scene, seeds),
        "cylinder" | "s-curve" => curved::flat(scene, seeds),
        "swiss-roll" => curved::swiss_roll(scene, seeds),
        "polar" => curved::polar(scene, seeds),
        "sphere" => curved::sphere(scene, seeds),
        "skew" => curved::skew(scene, seeds),
        "two-points" => points::two_points(scene, seeds),
        "clusters" => points::clusters(scene, seeds),
        _ => Vec::new(),
    }
}
