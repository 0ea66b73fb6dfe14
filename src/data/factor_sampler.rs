//! Observations of a scene whose factors are chosen: one held fixed in a batch, or shared by the two of a pair.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::generate::draw;
use super::generator::ObservationSource;
use super::scene::Scene;
use super::shapes::{SHAPES_FACTORS, SHAPES_SIZE, ShapePicture};
use crate::linalg::Matrix;

/// A scene with independent factors that can be chosen: a map or the shapes, not clusters, which have one factor.
#[derive(Clone, Copy, Debug)]
pub struct FactorSampler<'a> {
    scene: &'a Scene,
}

impl<'a> FactorSampler<'a> {
    /// The sampler of a scene; `None` if it has fewer than two factors that can be chosen.
    pub fn of(scene: &'a Scene) -> Option<Self> {
        let sampler = Self { scene };
        (sampler.factors() > 1).then_some(sampler)
    }

    /// K, the number of factors.
    pub fn factors(self) -> usize {
        match &self.scene.generator.source {
            ObservationSource::Map { map, .. } => map.latent_dim(),
            ObservationSource::Shapes => SHAPES_FACTORS.len(),
            ObservationSource::Clusters { .. } => 1,
        }
    }

    /// `count` observations (n × count). Factor `fixed` is drawn once and shared by all, the others for each.
    pub fn batch(self, fixed: Option<usize>, count: usize, rng: &mut ChaCha8Rng) -> Matrix<f32> {
        let mut factors = self.draws(count, rng);
        if let Some(fixed) = fixed {
            let shared = self.draw(fixed, rng);
            factors.iter_mut().for_each(|factors| factors[fixed] = shared);
        }
        self.observations(&factors, rng)
    }

    /// `count` pairs of observations (n × count each). The two of a pair share the factor `shared`.
    pub fn pairs(self, shared: usize, count: usize, rng: &mut ChaCha8Rng) -> [Matrix<f32>; 2] {
        let first = self.draws(count, rng);
        let mut second = self.draws(count, rng);
        second.iter_mut().zip(&first).for_each(|(second, first)| second[shared] = first[shared]);
        [first, second].map(|factors| self.observations(&factors, rng))
    }

    fn draws(self, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        (0..count).map(|_| (0..self.factors()).map(|k| self.draw(k, rng)).collect()).collect()
    }

    /// A value of factor `k`: of the shapes the number of the value.
    fn draw(self, k: usize, rng: &mut ChaCha8Rng) -> f64 {
        match &self.scene.generator.source {
            ObservationSource::Map { factors, .. } => draw(*factors, rng),
            ObservationSource::Shapes => rng.random_range(0..ShapePicture::VALUES[k]) as f64,
            ObservationSource::Clusters { .. } => 0.0,
        }
    }

    /// The observations of these factors, with noise.
    fn observations(self, factors: &[Vec<f64>], rng: &mut ChaCha8Rng) -> Matrix<f32> {
        let (n, noise) = (self.scene.generator.data_dim(), self.scene.noise_variance().sqrt());
        let mut observations = Vec::with_capacity(n * factors.len());
        for factors in factors {
            match &self.scene.generator.source {
                ObservationSource::Map { map, .. } => {
                    observations.extend(map.value(factors).into_iter().map(|x| x as f32));
                }
                ObservationSource::Shapes => {
                    let mut pixels = vec![0.0_f32; SHAPES_SIZE * SHAPES_SIZE];
                    ShapePicture { classes: std::array::from_fn(|k| factors[k] as usize) }.draw(&mut pixels);
                    observations.extend(pixels);
                }
                ObservationSource::Clusters { centres, .. } => {
                    observations.extend(centres.first().into_iter().flatten().map(|x| *x as f32));
                }
            }
        }
        if noise > 0.0 {
            for x in &mut observations {
                let epsilon: f64 = StandardNormal.sample(rng);
                *x += (noise * epsilon) as f32;
            }
        }
        Matrix::from_columns(n, factors.len(), observations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, stream};

    /// x = z₁ and z₂ along other axes: without noise the fixed factor can be read off the map.
    #[test]
    fn a_fixed_factor_is_the_same_in_a_batch_and_a_shared_one_in_a_pair() {
        let mut scene = Scene::named("cylinder").unwrap().clone();
        scene.generator.noise_variance = Some(0.0);
        let sampler = FactorSampler::of(&scene).unwrap();
        let mut rng = stream(1, Purpose::Analysis, 0);
        // The height of the cylinder is its second factor, scaled.
        let batch = sampler.batch(Some(1), 5, &mut rng);
        assert!((1..5).all(|c| batch[(2, c)] == batch[(2, 0)] && batch[(0, c)] != batch[(0, 0)]), "{batch:?}");
        let [first, second] = sampler.pairs(1, 4, &mut rng);
        assert!((0..4).all(|c| first[(2, c)] == second[(2, c)] && first[(0, c)] != second[(0, c)]));
        assert!((1..4).all(|c| first[(2, c)] != first[(2, 0)]), "each pair has a value of its own");
        assert!(sampler.batch(None, 3, &mut rng).row(2).all(|x| x.is_finite()));
        assert!(FactorSampler::of(Scene::named("clusters").unwrap()).is_none());
    }

    #[test]
    fn shapes_have_five_factors() {
        let sampler = FactorSampler::of(Scene::named("shapes").unwrap()).unwrap();
        let mut rng = stream(2, Purpose::Analysis, 0);
        let batch = sampler.batch(Some(0), 3, &mut rng);
        assert_eq!((sampler.factors(), batch.rows(), batch.columns()), (5, 64 * 64, 3));
    }
}
