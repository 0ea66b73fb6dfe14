//! Generation of the observations of a scene.

use nalgebra::DMatrix;
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::dataset::{Dataset, Split};
use super::generator::{FactorDistribution, Generator, ObservationSource, SampleMoments};
use super::ground_truth_map::GroundTruthMap;
use super::scene::Scene;
use super::shapes::{SHAPES_COUNT, SHAPES_FACTORS, SHAPES_SIZE, ShapePicture};
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};
use crate::vae::Prior;

/// Indices of the streams of [`Purpose::Data`].
const TRAIN: u64 = 0;
const TEST: u64 = 1;
const CHOICE: u64 = 3;

/// Generates the data of a scene, a pure function of scene and seed.
pub fn generate(scene: &Scene, seed: u64) -> Dataset {
    let generator = &scene.generator;
    let chosen = chosen_shapes(generator, seed);
    let split = |index, samples| match &generator.source {
        ObservationSource::Shapes => {
            let from = if index == TRAIN { 0 } else { generator.samples };
            shapes(scene, &chosen[from..from + samples], &mut stream(seed, Purpose::Data, index))
        }
        ObservationSource::Map { map, factors } => {
            mapped(scene, map, *factors, samples, &mut stream(seed, Purpose::Data, index))
        }
        ObservationSource::Clusters { centres, frequencies } => {
            clustered(scene, centres, frequencies, samples, &mut stream(seed, Purpose::Data, index))
        }
    };
    Dataset {
        train: split(TRAIN, generator.samples),
        test: split(TEST, generator.test_samples),
        factor_names: generator.factor_names(),
        labels: Vec::new(),
        observation_names: (1..=generator.data_dim()).map(|i| format!("x{i}")).collect(),
        kind: generator.observation_kind(),
        centre_and_scale: None,
        split_seed: None,
    }
}

/// Observations d(z) + noise.
fn mapped(
    scene: &Scene,
    map: &GroundTruthMap,
    factors: FactorDistribution,
    samples: usize,
    rng: &mut ChaCha8Rng,
) -> Split {
    let (n, m, noise) = (map.data_dim(), map.latent_dim(), scene.noise_variance().sqrt());
    // A column holds the factors of a sample and, below, its noise: of bits where in [0, 1] each coin falls.
    let (rows, is_of_bits) = (if noise > 0.0 || map.is_of_bits() { m + n } else { m }, map.is_of_bits());
    let mut draws = DMatrix::from_fn(rows, samples, |row, _| match row < m {
        true => draw(factors, rng),
        false if is_of_bits => rng.random::<f64>(),
        false => StandardNormal.sample(rng),
    });
    if scene.generator.moments == SampleMoments::Exact {
        draws = whitened(draws);
    }
    let mut observations = Vec::with_capacity(n * samples);
    for column in draws.column_iter() {
        let (z, epsilon) = column.as_slice().split_at(m);
        let epsilon = epsilon.iter().copied().chain(std::iter::repeat(0.0));
        let observed = |(x, e): (f64, f64)| if is_of_bits { f32::from(e < x) } else { (x + noise * e) as f32 };
        observations.extend(map.value(z).into_iter().zip(epsilon).map(observed));
    }
    Split::new(
        Matrix::from_columns(n, samples, observations),
        Some(Matrix::from_fn(m, samples, |r, c| draws[(r, c)] as f32)),
    )
}

/// Observations at the cluster centres in turn, + noise.
fn clustered(
    scene: &Scene,
    centres: &[Vec<f64>],
    frequencies: &[usize],
    samples: usize,
    rng: &mut ChaCha8Rng,
) -> Split {
    let noise = scene.noise_variance().sqrt();
    let turns: Vec<usize> = frequencies.iter().enumerate().flat_map(|(k, f)| std::iter::repeat_n(k, *f)).collect();
    let cluster = |c: usize| turns[c % turns.len()];
    let observations = Matrix::from_fn(scene.generator.data_dim(), samples, |r, c| {
        let epsilon: f64 = StandardNormal.sample(rng);
        (centres[cluster(c)][r] + noise * epsilon) as f32
    });
    let factors = Matrix::from_fn(1, samples, |_, c| cluster(c) as f32);
    Split::new(observations, Some(factors))
}

/// Indices of the training pictures, then of the held-out ones: no picture is in both. Empty for other sources.
fn chosen_shapes(generator: &Generator, seed: u64) -> Vec<usize> {
    if generator.source != ObservationSource::Shapes {
        return Vec::new();
    }
    let mut rng = stream(seed, Purpose::Data, CHOICE);
    rand::seq::index::sample(&mut rng, SHAPES_COUNT, generator.samples + generator.test_samples).into_vec()
}

/// The pictures of these indices, + noise.
fn shapes(scene: &Scene, chosen: &[usize], rng: &mut ChaCha8Rng) -> Split {
    let mut observations = Matrix::zeros(SHAPES_SIZE * SHAPES_SIZE, chosen.len());
    let mut factors = Matrix::zeros(SHAPES_FACTORS.len(), chosen.len());
    for (c, index) in chosen.iter().enumerate() {
        let picture = ShapePicture::new(*index);
        picture.draw(observations.column_mut(c));
        factors.column_mut(c).iter_mut().zip(picture.values()).for_each(|(factor, value)| *factor = value as f32);
    }
    let noise = scene.noise_variance().sqrt();
    if noise > 0.0 {
        for x in observations.as_mut_slice() {
            let epsilon: f64 = StandardNormal.sample(rng);
            *x += (noise * epsilon) as f32;
        }
    }
    Split::new(observations, Some(factors))
}

/// Centres and whitens the columns: L⁻¹(w − w̄), where `L Lᵀ` is their covariance (1/N).
fn whitened(mut draws: DMatrix<f64>) -> DMatrix<f64> {
    let mean = draws.column_mean();
    draws.column_iter_mut().for_each(|mut column| column -= &mean);
    let covariance = &draws * draws.transpose() / draws.ncols() as f64;
    // Few discrete factors can be linearly dependent by chance; they stay as they are.
    if let Some(cholesky) = covariance.cholesky() {
        cholesky.l_dirty().solve_lower_triangular_mut(&mut draws);
    }
    draws
}

/// A factor with zero mean and unit variance.
pub(super) fn draw(factor: FactorDistribution, rng: &mut ChaCha8Rng) -> f64 {
    match factor {
        FactorDistribution::Normal => StandardNormal.sample(rng),
        FactorDistribution::Uniform => 3.0_f64.sqrt() * (2.0 * rng.random::<f64>() - 1.0),
        FactorDistribution::Laplace => Prior::Laplace.sample(rng),
        FactorDistribution::Discrete => f64::from(2 * i8::from(rng.random::<bool>()) - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DVector;

    fn scene(name: &str) -> Scene {
        Scene::named(name).unwrap().clone()
    }

    /// Mean and covariance of the observations of a scene by quadrature. The trapezoidal rule is exponentially accurate
    /// for normal factors, the midpoint rule errs by 10⁻⁵ for uniform ones.
    fn population(scene: &Scene) -> (DVector<f64>, DMatrix<f64>) {
        let ObservationSource::Map { map, factors } = &scene.generator.source else { panic!("no map") };
        let grid: Vec<(f64, f64)> = match factors {
            FactorDistribution::Normal => {
                (-90..=90).map(|i| f64::from(i) / 10.0).map(|z| (z, (-z * z / 2.0).exp())).collect()
            }
            FactorDistribution::Uniform => {
                (0..181).map(|i| (3.0_f64.sqrt() * ((2 * i + 1) as f64 / 181.0 - 1.0), 1.0)).collect()
            }
            FactorDistribution::Laplace => {
                (-400..=400).map(|i| f64::from(i) / 40.0).map(|z| (z, Prior::Laplace.density(z))).collect()
            }
            FactorDistribution::Discrete => vec![(-1.0, 1.0), (1.0, 1.0)],
        };
        let second = if map.latent_dim() == 1 { vec![(0.0, 1.0)] } else { grid.clone() };
        let n = map.data_dim();
        let (mut total, mut mean, mut squares) = (0.0, DVector::zeros(n), DMatrix::zeros(n, n));
        for (z1, w1) in grid {
            for (z2, w2) in &second {
                let x = DVector::from_vec(map.value(&[z1, *z2][..map.latent_dim()]));
                (total, mean) = (total + w1 * w2, mean + w1 * w2 * &x);
                squares.ger(w1 * w2, &x, &x, 1.0);
            }
        }
        mean /= total;
        let noise = DMatrix::identity(n, n) * scene.noise_variance();
        (mean.clone(), squares / total - &mean * mean.transpose() + noise)
    }

    #[test]
    fn exact_moments_are_exact() {
        for (name, eigenvalues) in
            [("linear", [2.05, 1.05, 0.05]), ("linear-equal", [1.05, 1.05, 0.05]), ("water-filling", [3.0, 1.2, 0.4])]
        {
            let scene = scene(name);
            let jacobian = scene.truth().unwrap().jacobian(&vec![0.0; scene.truth().unwrap().latent_dim()]);
            let expected = &jacobian * jacobian.transpose() + DMatrix::identity(3, 3) * scene.noise_variance();
            let data = generate(&scene, 11);
            for split in [&data.train, &data.test] {
                // Rounding to f32 errs by 10⁻⁷ a sample, independently.
                assert!(split.mean().norm() < 1e-8, "{name}: {}", split.mean());
                assert!((split.covariance() - &expected).norm() < 1e-7, "{name}");
                let mut found = split.covariance().symmetric_eigenvalues().as_slice().to_vec();
                found.sort_by(|a, b| b.total_cmp(a));
                assert!(found.iter().zip(eigenvalues).all(|(a, b)| (a - b).abs() < 1e-7), "{name}: {found:?}");
                let factors = Split::new(split.factors.clone().unwrap(), None);
                assert!((factors.covariance() - DMatrix::identity(jacobian.ncols(), jacobian.ncols())).norm() < 1e-7);
            }
        }
    }

    #[test]
    fn sampled_moments_agree_with_the_population() {
        let sampled = |scene: &&Scene| scene.truth().is_some() && scene.generator.moments == SampleMoments::Sampled;
        let scenes: Vec<&Scene> = Scene::built_in().iter().filter(sampled).collect();
        let scenes: Vec<&Scene> = scenes.into_iter().filter(|scene| scene.generator.data_dim() <= 3).collect();
        assert_eq!(scenes.len(), 12);
        for scene in scenes {
            let (mean, covariance) = population(scene);
            let split = generate(scene, 263).train;
            let samples = split.samples() as f64;
            for i in 0..split.data_dim() {
                let standard_error = (covariance[(i, i)] / samples).sqrt();
                assert!((split.mean()[i] - mean[i]).abs() < 5.0 * standard_error, "{}: mean {i}", scene.name);
                for j in 0..=i {
                    let x = split.observations.iter_columns();
                    let products = x.map(|x| (f64::from(x[i]) - mean[i]) * (f64::from(x[j]) - mean[j]));
                    let (first, second) = products.fold((0.0, 0.0), |(a, b), p| (a + p / samples, b + p * p / samples));
                    let standard_error = ((second - first * first) / samples).sqrt();
                    let error = split.covariance()[(i, j)] - covariance[(i, j)];
                    assert!(error.abs() < 5.0 * standard_error, "{}: ({i}, {j}) errs by {error}", scene.name);
                }
            }
        }
    }

    #[test]
    fn the_rhombus_has_the_expected_eigenvalues() {
        // Cov x = AAᵀ + 0.05: 1 ± cos 60° + 0.05, along and across the diagonal. The variance of the sample variance of
        // a sum of uniform sources is below that of a Gaussian, 2λ²/N.
        let covariance = generate(&scene("uniform-square"), 2).train.covariance();
        for (axis, eigenvalue) in [([1.0, 1.0], 1.55), ([1.0, -1.0], 0.55)] {
            let axis = DVector::from_row_slice(&axis).normalize();
            let found = (covariance.clone() * &axis).dot(&axis);
            assert!((found - eigenvalue).abs() < 5.0 * eigenvalue * (2.0_f64 / 20_000.0).sqrt(), "{found}");
        }
    }

    #[test]
    fn data_depend_on_the_seed_alone() {
        for scene in Scene::built_in() {
            let data = generate(scene, 7);
            assert_eq!(data, generate(scene, 7), "{}", scene.name);
            if scene.name != "two-points" {
                assert_ne!(data, generate(scene, 263), "{}: 7 and 263 share their last eight bits", scene.name);
                assert_ne!(data.train.observations.column(0), data.test.observations.column(0), "{}", scene.name);
            }
        }
    }

    #[test]
    fn observations_are_the_map_of_their_factors() {
        let has_values = |scene: &&Scene| scene.truth().is_some_and(|map| !map.is_of_bits());
        for mut scene in Scene::built_in().iter().filter(has_values).cloned() {
            scene.generator.noise_variance = Some(0.0);
            let data = generate(&scene, 5);
            for c in 0..100 {
                let z: Vec<f64> = data.test.factors.as_ref().unwrap().column(c).iter().map(|z| f64::from(*z)).collect();
                let value = scene.truth().unwrap().value(&z);
                // Factors below 5 are rounded to 2·10⁻⁷, and no map stretches by more than 30 here.
                let close = |(x, value): (&f32, &f64)| (f64::from(*x) - value).abs() < 1e-5;
                assert!(data.test.observations.column(c).iter().zip(&value).all(close), "{}", scene.name);
            }
        }
    }

    /// The mean of each bit is that of its probability: five standard errors of 20,000 throws.
    #[test]
    fn bits_fall_with_their_probabilities() {
        let scene = scene("bits");
        let data = generate(&scene, 3).train;
        let factors = data.factors.as_ref().unwrap();
        assert!(data.observations.as_slice().iter().all(|x| *x == 0.0 || *x == 1.0));
        for bit in 0..data.data_dim() {
            let expected = factors.iter_columns().map(|z| {
                let z: Vec<f64> = z.iter().map(|z| f64::from(*z)).collect();
                scene.truth().unwrap().value(&z)[bit]
            });
            let excess: f64 = data.observations.row(bit).zip(expected).map(|(x, p)| f64::from(x) - p).sum();
            assert!(excess.abs() < 5.0 * (0.25 * data.samples() as f64).sqrt(), "bit {bit}: {excess}");
        }
    }

    #[test]
    fn factors_have_the_range_of_their_distribution() {
        let mut rng = stream(1, Purpose::Data, 9);
        let mut draws = |factor| -> Vec<f64> { (0..20_000).map(|_| draw(factor, &mut rng)).collect() };
        let uniform = draws(FactorDistribution::Uniform);
        assert!(uniform.iter().all(|z| z.abs() <= 3.0_f64.sqrt()) && uniform.iter().any(|z| *z < -1.73));
        let discrete = draws(FactorDistribution::Discrete);
        assert!(
            discrete.iter().all(|z| z.abs() == 1.0) && discrete.iter().sum::<f64>().abs() < 5.0 * 20_000_f64.sqrt()
        );
        let normal = draws(FactorDistribution::Normal);
        assert!(normal.iter().any(|z| z.abs() > 3.0));
    }

    #[test]
    fn the_two_points_are_exact_and_equally_frequent() {
        let data = generate(&scene("two-points"), 1).train;
        assert!(data.observations.iter_columns().all(|x| x[0].abs() == 1.0 && x[1] == 0.0));
        assert_eq!(data.mean().as_slice(), [0.0, 0.0]);
        let factors = data.factors.unwrap();
        assert!(data.observations.row(0).zip(factors.row(0)).all(|(x, index)| x == 2.0 * index - 1.0));
    }

    #[test]
    fn two_percent_of_the_outlier_scene_are_far_away() {
        let data = generate(&scene("outliers"), 1);
        for split in [&data.train, &data.test] {
            let far = split.observations.iter_columns().filter(|x| x[0] > 3.0).count();
            assert_eq!(50 * far, split.samples());
            assert!(
                split
                    .observations
                    .iter_columns()
                    .zip(split.factors.as_ref().unwrap().as_slice())
                    .all(|(x, k)| (x[0] > 3.0) == (*k == 1.0))
            );
        }
    }

    #[test]
    fn observations_surround_their_cluster_centres() {
        let scene = scene("clusters");
        let ObservationSource::Clusters { centres, .. } = &scene.generator.source else { panic!("no clusters") };
        let data = generate(&scene, 1).train;
        for (c, x) in data.observations.iter_columns().enumerate() {
            let centre = &centres[data.factors.as_ref().unwrap().column(c)[0] as usize];
            // Six standard deviations of noise: 10⁻⁵ of a chance in 12,000 coordinates.
            assert!(x.iter().zip(centre).all(|(x, c)| (f64::from(*x) - c).abs() < 6.0 * 0.002_f64.sqrt()));
        }
    }
}
