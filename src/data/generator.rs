//! Generators of observations, as scene files describe them.

use serde::{Deserialize, Serialize};

use super::dataset::ObservationKind;
use super::ground_truth_map::GroundTruthMap;
use super::shapes::{SHAPES_COUNT, SHAPES_FACTORS, SHAPES_SIZE};

/// A generator of observations: x = d(z) + noise, or x = cluster centre + noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GeneratorRecord", into = "GeneratorRecord")]
pub struct Generator {
    /// Observations without noise.
    pub source: ObservationSource,
    /// The variance of the Gaussian noise on each coordinate; `None`: σ² of the scene.
    pub noise_variance: Option<f64>,
    /// N of the training data.
    pub samples: usize,
    /// N of the held-out data.
    pub test_samples: usize,
    /// Random or exact moments of the sample.
    pub moments: SampleMoments,
}

/// The source of observations, before noise.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservationSource {
    /// d(z) for independent factors z.
    Map {
        /// d.
        map: GroundTruthMap,
        /// The distribution of each factor, with zero mean and unit variance.
        factors: FactorDistribution,
    },
    /// Clusters in turn. The factor is the index of the cluster.
    Clusters {
        /// The centres.
        centres: Vec<Vec<f64>>,
        /// Number of observations in a row of each.
        frequencies: Vec<usize>,
    },
    /// Pictures with the factors of dSprites, a random subset without repetition; see [`ShapePicture`](super::ShapePicture).
    Shapes,
}

/// The distribution of a factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorDistribution {
    /// N(0, 1).
    #[default]
    Normal,
    /// Uniform on [−√3, √3].
    Uniform,
    /// e^{−√2 |z|}/√2.
    Laplace,
    /// −1 or 1; for clusters, their index.
    Discrete,
}

/// The moments of a finite sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleMoments {
    /// Random, as drawn.
    #[default]
    Sampled,
    /// Exact: factors and noise of each split are jointly centred and whitened. For a linear map, mean and covariance
    /// of the observations are then exactly those of the scene, and closed forms hold up to rounding.
    Exact,
}

/// Samples of either part at most: the codes of all of them are measured.
const MOST_SAMPLES: usize = 1_000_000;

impl Generator {
    /// n, the dimension of an observation.
    pub fn data_dim(&self) -> usize {
        match &self.source {
            ObservationSource::Map { map, .. } => map.data_dim(),
            ObservationSource::Clusters { centres, .. } => centres.first().map_or(0, Vec::len),
            ObservationSource::Shapes => SHAPES_SIZE * SHAPES_SIZE,
        }
    }

    /// Names of the k factors.
    pub fn factor_names(&self) -> Vec<String> {
        match &self.source {
            ObservationSource::Map { map, .. } => map.factor_names(),
            ObservationSource::Clusters { .. } => vec!["cluster".to_owned()],
            ObservationSource::Shapes => SHAPES_FACTORS.map(str::to_owned).into(),
        }
    }

    /// Points or pictures.
    pub fn observation_kind(&self) -> ObservationKind {
        let size = match &self.source {
            ObservationSource::Map { map, .. } => map.picture_size(),
            ObservationSource::Clusters { .. } => None,
            ObservationSource::Shapes => Some(SHAPES_SIZE),
        };
        size.map_or(ObservationKind::Points, |size| ObservationKind::Images { height: size, width: size, channels: 1 })
    }

    /// Checks the values; the error describes the first that cannot be generated.
    pub(super) fn check(&self) -> Result<(), String> {
        let (n, m) = match &self.source {
            ObservationSource::Map { map, .. } => {
                map.check().map_err(|sentence| format!("[generator.map] {sentence}"))?;
                (map.data_dim(), map.latent_dim())
            }
            ObservationSource::Clusters { centres, frequencies } => (check_clusters(centres, frequencies)?, 1),
            ObservationSource::Shapes => (self.data_dim(), SHAPES_FACTORS.len()),
        };
        if let Some(variance) = self.noise_variance
            && !(0.0..=1e6).contains(&variance)
        {
            return Err(format!("[generator] noise_variance = {variance} is outside 0 to 1000000"));
        }
        let most = (50_000_000 / (n + m)).min(MOST_SAMPLES);
        for (name, samples) in [("samples", self.samples), ("test_samples", self.test_samples)] {
            if !(10..=most).contains(&samples) {
                return Err(format!("[generator] {name} = {samples} is outside 10 to {most}"));
            }
            if self.moments == SampleMoments::Exact && samples < 10 * (n + m) {
                let least = 10 * (n + m);
                return Err(format!(
                    "[generator] {name} = {samples} is too few for exact moments; give {least} or more"
                ));
            }
        }
        let has_noise = matches!(&self.source, ObservationSource::Map { map, .. } if !map.is_of_bits());
        if self.moments == SampleMoments::Exact && !has_noise {
            return Err(
                "[generator] moments = \"exact\" needs a map; leave it out for clusters, shapes and bits".to_owned()
            );
        }
        let is_of_bits = matches!(&self.source, ObservationSource::Map { map, .. } if map.is_of_bits());
        if is_of_bits && self.noise_variance.is_some_and(|variance| variance > 0.0) {
            return Err("[generator] noise_variance: bits have none beside their throws; leave it out".to_owned());
        }
        if matches!(self.source, ObservationSource::Shapes) && self.samples + self.test_samples > SHAPES_COUNT {
            return Err(format!("[generator] there are {SHAPES_COUNT} shapes; ask for fewer samples"));
        }
        Ok(())
    }
}

/// The dimension of the cluster centres, or their first mistake.
fn check_clusters(centres: &[Vec<f64>], frequencies: &[usize]) -> Result<usize, String> {
    let n = centres.first().map_or(0, Vec::len);
    if n == 0 || centres.len() > 1000 || n > 256 {
        return Err("[generator] clusters needs 1 to 1000 points of 1 to 256 coordinates".to_owned());
    }
    if frequencies.len() != centres.len() || !frequencies.iter().all(|f| (1..=1_000_000).contains(f)) {
        return Err("[generator] frequencies needs a number from 1 to 1000000 for each cluster".to_owned());
    }
    match centres.iter().position(|centre| centre.len() != n || centre.iter().any(|x| !(-1e6..1e6).contains(x))) {
        Some(i) => Err(format!("[generator] clusters: point {} must have {n} coordinates below a million", i + 1)),
        None => Ok(n),
    }
}

/// A generator as a scene file stores it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneratorRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    factors: Option<FactorDistribution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noise_variance: Option<f64>,
    #[serde(default = "default_samples")]
    samples: usize,
    #[serde(default = "default_test_samples")]
    test_samples: usize,
    #[serde(default)]
    moments: SampleMoments,
    #[serde(skip_serializing_if = "Option::is_none")]
    clusters: Option<Vec<Vec<f64>>>,
    /// Left out where each cluster is equally often.
    #[serde(skip_serializing_if = "Option::is_none")]
    frequencies: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<GroundTruthMap>,
    /// Shapes instead of a map or clusters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shapes: bool,
}

fn default_samples() -> usize {
    20_000
}

fn default_test_samples() -> usize {
    4_000
}

impl TryFrom<GeneratorRecord> for Generator {
    type Error = &'static str;

    fn try_from(layout: GeneratorRecord) -> Result<Self, Self::Error> {
        let GeneratorRecord {
            factors,
            noise_variance,
            samples,
            test_samples,
            moments,
            clusters,
            frequencies,
            map,
            shapes,
        } = layout;
        if shapes {
            return match (map, clusters, frequencies, factors) {
                (None, None, None, None) => {
                    Ok(Self { source: ObservationSource::Shapes, noise_variance, samples, test_samples, moments })
                }
                _ => Err("[generator] shapes have factors of their own; leave `map`, `clusters` and `factors` out"),
            };
        }
        if map.is_some() && frequencies.is_some() {
            return Err("[generator] frequencies are those of `clusters`; a map has none");
        }
        let source = match (map, clusters, factors) {
            (Some(map), None, factors) => ObservationSource::Map { map, factors: factors.unwrap_or_default() },
            (None, Some(centres), None | Some(FactorDistribution::Discrete)) => {
                let frequencies = frequencies.unwrap_or_else(|| vec![1; centres.len()]);
                ObservationSource::Clusters { centres, frequencies }
            }
            (None, Some(_), Some(_)) => return Err("the factor of clusters is discrete; leave `factors` out"),
            _ => return Err("[generator] needs either `map` or `clusters` or `shapes = true`"),
        };
        Ok(Self { source, noise_variance, samples, test_samples, moments })
    }
}

impl From<Generator> for GeneratorRecord {
    fn from(generator: Generator) -> Self {
        let Generator { source, noise_variance, samples, test_samples, moments } = generator;
        let shapes = source == ObservationSource::Shapes;
        let (factors, clusters, frequencies, map) = match source {
            ObservationSource::Shapes => (None, None, None, None),
            ObservationSource::Map { map, factors } => (Some(factors), None, None, Some(map)),
            ObservationSource::Clusters { centres, frequencies } => {
                let unequal = frequencies.iter().any(|f| *f != 1);
                (Some(FactorDistribution::Discrete), Some(centres), unequal.then_some(frequencies), None)
            }
        };
        Self { factors, noise_variance, samples, test_samples, moments, clusters, frequencies, map, shapes }
    }
}
