//! Where the observations of a scene come from.

use serde::{Deserialize, Serialize};

use super::ground_truth_map::GroundTruthMap;

/// x = d(z) + noise, or clusters + noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Layout", into = "Layout")]
pub struct Generator {
    /// What observations are without noise.
    pub source: Source,
    /// The variance of the Gaussian noise on each coordinate; unless said, the scene's σ².
    pub noise_variance: Option<f64>,
    /// N of the training data.
    pub samples: usize,
    /// N of the held-out data.
    pub test_samples: usize,
    /// Whether sample moments are made exact.
    pub moments: Moments,
}

/// Observations without noise.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// d(z) for independent factors z.
    GroundTruthMap {
        /// d.
        map: GroundTruthMap,
        /// The distribution of each factor: zero mean and unit variance.
        factors: FactorDistribution,
    },
    /// One of several points, each equally often; the factor is the index of the point.
    Clusters(Vec<Vec<f64>>),
}

/// How a factor is distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorDistribution {
    /// N(0, 1).
    #[default]
    Normal,
    /// Uniform on [−√3, √3].
    Uniform,
    /// −1 or 1; of clusters, their index.
    Discrete,
}

/// Whether the moments of a finite sample are left to chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moments {
    /// As drawn.
    #[default]
    Sampled,
    /// Factors and noise of each split are together centred and whitened. For a linear map, mean and covariance of the
    /// observations are then exactly those of the scene, and closed forms hold to rounding.
    Exact,
}

impl Generator {
    /// n, how many numbers an observation has.
    pub fn data_dim(&self) -> usize {
        match &self.source {
            Source::GroundTruthMap { map, .. } => map.data_dim(),
            Source::Clusters(centres) => centres.first().map_or(0, Vec::len),
        }
    }

    /// One sentence about the first value for which there are no data.
    pub(super) fn check(&self) -> Result<(), String> {
        let (n, m) = match &self.source {
            Source::GroundTruthMap { map, .. } => {
                map.check().map_err(|sentence| format!("[generator.map] {sentence}"))?;
                (map.data_dim(), map.latent_dim())
            }
            Source::Clusters(centres) => (check_clusters(centres)?, 1),
        };
        if let Some(variance) = self.noise_variance
            && !(0.0..=1e6).contains(&variance)
        {
            return Err(format!("[generator] noise_variance = {variance} is outside 0 to 1000000"));
        }
        let most = 50_000_000 / (n + m);
        for (name, samples) in [("samples", self.samples), ("test_samples", self.test_samples)] {
            if !(10..=most).contains(&samples) {
                return Err(format!("[generator] {name} = {samples} is outside 10 to {most}"));
            }
            if self.moments == Moments::Exact && samples < 10 * (n + m) {
                let least = 10 * (n + m);
                return Err(format!(
                    "[generator] {name} = {samples} is too few for exact moments; give {least} or more"
                ));
            }
        }
        if self.moments == Moments::Exact && matches!(self.source, Source::Clusters(_)) {
            return Err("[generator] moments = \"exact\" needs a map: clusters stay where they are".to_owned());
        }
        Ok(())
    }
}

/// The dimension of the clusters, or one sentence about what is wrong with them.
fn check_clusters(centres: &[Vec<f64>]) -> Result<usize, String> {
    let n = centres.first().map_or(0, Vec::len);
    if n == 0 || centres.len() > 1000 || n > 256 {
        return Err("[generator] clusters needs 1 to 1000 points of 1 to 256 coordinates".to_owned());
    }
    match centres.iter().position(|centre| centre.len() != n || centre.iter().any(|x| !(-1e6..1e6).contains(x))) {
        Some(i) => Err(format!("[generator] clusters: point {} must have {n} coordinates below a million", i + 1)),
        None => Ok(n),
    }
}

/// A generator as it stands in a scene file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    #[serde(skip_serializing_if = "Option::is_none")]
    factors: Option<FactorDistribution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    noise_variance: Option<f64>,
    #[serde(default = "default_samples")]
    samples: usize,
    #[serde(default = "default_test_samples")]
    test_samples: usize,
    #[serde(default)]
    moments: Moments,
    #[serde(skip_serializing_if = "Option::is_none")]
    clusters: Option<Vec<Vec<f64>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<GroundTruthMap>,
}

fn default_samples() -> usize {
    20_000
}

fn default_test_samples() -> usize {
    4_000
}

impl TryFrom<Layout> for Generator {
    type Error = &'static str;

    fn try_from(layout: Layout) -> Result<Self, Self::Error> {
        let Layout { factors, noise_variance, samples, test_samples, moments, clusters, map } = layout;
        let source = match (map, clusters, factors) {
            (Some(map), None, factors) => Source::GroundTruthMap { map, factors: factors.unwrap_or_default() },
            (None, Some(centres), None | Some(FactorDistribution::Discrete)) => Source::Clusters(centres),
            (None, Some(_), Some(_)) => return Err("the factor of clusters is discrete; leave `factors` out"),
            _ => return Err("[generator] needs either `map` or `clusters`"),
        };
        Ok(Self { source, noise_variance, samples, test_samples, moments })
    }
}

impl From<Generator> for Layout {
    fn from(generator: Generator) -> Self {
        let Generator { source, noise_variance, samples, test_samples, moments } = generator;
        let (factors, clusters, map) = match source {
            Source::GroundTruthMap { map, factors } => (Some(factors), None, Some(map)),
            Source::Clusters(centres) => (Some(FactorDistribution::Discrete), Some(centres), None),
        };
        Self { factors, noise_variance, samples, test_samples, moments, clusters, map }
    }
}
