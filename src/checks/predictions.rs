//! Predictions about the built-in scenes.

use super::prediction::Prediction;
use super::run::Seeds;
use super::{
    ambiguity, autoencoder, bits, curved, kinks, laplace, learned_variance, linear, pictures, points, sources,
};
use crate::data::Scene;

/// Predictions about a scene over these seeds (at least one). Empty for a scene with an unknown name.
pub fn predictions(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let seeds = Seeds { count: seeds.count.max(1), ..seeds };
    match scene.name.as_str() {
        "linear" => linear::linear(scene, seeds),
        "linear-equal" => linear::linear_equal(scene, seeds),
        "uniform-square" => linear::uniform_square(scene, seeds),
        "water-filling" => linear::water_filling(scene, seeds),
        "learned-variance" => learned_variance::learned_variance(scene, seeds),
        "laplace" => laplace::laplace(scene, seeds),
        "parabola" => curved::parabola(scene, seeds),
        "cylinder" | "s-curve" => curved::flat(scene, seeds),
        "swiss-roll" => curved::swiss_roll(scene, seeds),
        "polar" => curved::polar(scene, seeds),
        "sphere" => curved::sphere(scene, seeds),
        "skew" => curved::skew(scene, seeds),
        "twist" => ambiguity::twist(scene, seeds),
        "whisper" => ambiguity::whisper(scene, seeds),
        "autoencoder" => autoencoder::autoencoder(scene, seeds),
        "sources" => sources::sources(scene, seeds),
        "kinks" => kinks::kinks(scene, seeds),
        "bits" => bits::bits(scene, seeds),
        "two-points" => points::two_points(scene, seeds),
        "clusters" => points::clusters(scene, seeds),
        "outliers" => points::outliers(scene, seeds),
        "blob" => pictures::blob(scene, seeds),
        "sprites" => pictures::sprites(scene, seeds),
        "shapes" => pictures::shapes(scene, seeds),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as the most demanding prediction needs.
    const SEEDS: Seeds = Seeds { first: 7, count: 12 };

    #[test]
    fn predictions_are_about_the_given_seeds() {
        for prediction in Scene::built_in().iter().flat_map(|scene| predictions(scene, SEEDS)) {
            assert!(prediction.runs().all(|run| (7..19).contains(&run.seed)), "{}", prediction.claim);
        }
    }

    #[test]
    fn every_built_in_scene_has_predictions() {
        for scene in Scene::built_in() {
            let predictions = predictions(scene, SEEDS);
            assert!(!predictions.is_empty(), "{}", scene.name);
            assert!(predictions.iter().all(|p| p.runs().count() > 0 && p.claim.ends_with('.')), "{predictions:?}");
        }
        let mut own = Scene::built_in()[0].clone();
        own.name = "own".to_owned();
        assert!(predictions(&own, SEEDS).is_empty());
    }
}
