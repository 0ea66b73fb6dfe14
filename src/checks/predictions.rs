//! Predictions about the built-in scenes.

use super::prediction::Prediction;
use super::{curved, linear, points};
use crate::data::Scene;

/// Predictions about a scene, over `seeds` seeds (at least one). Empty for a scene with an unknown name.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scene_has_predictions() {
        for scene in Scene::built_in() {
            let predictions = predictions(scene, 2);
            assert!(!predictions.is_empty(), "{}", scene.name);
            assert!(predictions.iter().all(|p| p.runs().count() > 0 && p.claim.ends_with('.')), "{predictions:?}");
        }
        let mut own = Scene::built_in()[0].clone();
        own.name = "own".to_owned();
        assert!(predictions(&own, 2).is_empty());
    }
}
