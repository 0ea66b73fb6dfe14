//! Traversals: rows of latents that differ from z\* in one coordinate each.

use serde::{Deserialize, Serialize};

use crate::experiment::Snapshot;
use crate::linalg::Matrix;
use crate::vae::{Posterior, Prior};

/// Settings of the view of traversals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Traversal {
    /// The order of the rows.
    pub order: RowOrder,
    /// The rule for the ends of a row.
    pub range: RangeRule,
    /// k, the reach in standard deviations, where the rule has one.
    pub reach: f64,
    /// Show the difference from the centre column.
    pub difference: bool,
    /// The phase of all rows between 0 and 1 while they play.
    #[serde(skip)]
    pub phase: Option<f64>,
}

impl Default for Traversal {
    fn default() -> Self {
        Self { order: RowOrder::Index, range: RangeRule::PriorSd, reach: 2.0, difference: false, phase: None }
    }
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowOrder {
    /// By the index of the latent.
    #[default]
    Index,
    /// The largest KL first.
    Kl,
}

impl RowOrder {
    /// Both orders.
    pub const ALL: [Self; 2] = [Self::Index, Self::Kl];

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Index => "by index",
            Self::Kl => "by KL",
        }
    }
}

/// The rule for the ends of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeRule {
    /// ± k standard deviations of the prior.
    #[default]
    PriorSd,
    /// The quantiles 2.5 % to 97.5 % of the prior, at equal steps of probability.
    PriorQuantiles,
    /// ± k standard deviations of the posterior of the chosen observation, about its mean.
    PosteriorSd,
}

/// The probability beyond either end of [`RangeRule::PriorQuantiles`].
const TAIL: f64 = 0.025;

impl RangeRule {
    /// All rules.
    pub const ALL: [Self; 3] = [Self::PriorSd, Self::PriorQuantiles, Self::PosteriorSd];

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::PriorSd => "prior sd",
            Self::PriorQuantiles => "prior quantiles",
            Self::PosteriorSd => "posterior sd",
        }
    }
}

impl Traversal {
    /// The rule in words, with its ends.
    pub fn rule(&self) -> String {
        match self.range {
            RangeRule::PriorSd => format!("±{} prior sd", self.reach),
            RangeRule::PriorQuantiles => "prior 2.5 to 97.5 %".to_owned(),
            RangeRule::PosteriorSd => format!("μ(x) ± {} posterior sd", self.reach),
        }
    }

    /// The ends of the row of latent `i`; `posterior` is that of the chosen observation.
    ///
    /// # Errors
    /// If the rule needs an observation and none is chosen.
    pub fn ends(&self, i: usize, prior: Prior, posterior: Option<&Posterior>) -> Result<[f64; 2], &'static str> {
        match (self.range, posterior) {
            (RangeRule::PriorSd, _) => Ok([-self.reach, self.reach]),
            (RangeRule::PriorQuantiles, _) => Ok([prior.quantile(TAIL), prior.quantile(1.0 - TAIL)]),
            (RangeRule::PosteriorSd, Some(q)) => {
                let reach = self.reach * q.covariance()[(i, i)].sqrt();
                Ok([q.mean[i] - reach, q.mean[i] + reach])
            }
            (RangeRule::PosteriorSd, None) => Err("Choose an observation first: click a code or a reconstruction"),
        }
    }

    /// The values of a latent along its row: an odd number, from one end to the other, in the middle `z`, the one of z\*. Both halves have
    /// equal steps, of probability for quantiles. If z\* lies beyond an end, the row ends there.
    pub fn values(&self, z: f64, prior: Prior, [low, high]: [f64; 2], columns: usize) -> Vec<f64> {
        let half = columns / 2;
        let place = |end: f64, share: f64| match self.range {
            RangeRule::PriorQuantiles if (-6.0..=6.0).contains(&z) => {
                let [from, to] = [z, end].map(|z| prior.cdf(z));
                prior.quantile(from + (to - from) * share)
            }
            _ => z + (end - z) * share,
        };
        let share = |k: usize| k as f64 / half as f64;
        let left = (1..=half).rev().map(|k| place(low.min(z), share(k)));
        let right = (1..=half).map(|k| place(high.max(z), share(k)));
        left.chain([z]).chain(right).collect()
    }

    /// The value at a phase between 0 and 1: from one end to the other and back.
    pub fn value_at([low, high]: [f64; 2], phase: f64) -> f64 {
        let share = 0.5 - 0.5 * (std::f64::consts::TAU * phase).cos();
        low + (high - low) * share
    }
}

/// Decodings (n × their number) of latents that differ from `z` in one coordinate each, which takes the given value.
pub fn decode_along(snapshot: &Snapshot, z: &[f64], places: impl Iterator<Item = (usize, f64)>) -> Matrix<f32> {
    let mut latents: Vec<f32> = Vec::new();
    for (latent, value) in places {
        let start = latents.len();
        latents.extend(z.iter().map(|z| *z as f32));
        latents[start + latent] = value as f32;
    }
    snapshot.vae.decode(&Matrix::from_columns(z.len(), latents.len() / z.len(), latents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_end_where_the_rule_says_and_z_is_in_the_middle() {
        let traversal = Traversal::default();
        assert_eq!(traversal.values(0.0, Prior::Normal, [-2.0, 2.0], 5), [-2.0, -1.0, 0.0, 1.0, 2.0]);
        assert_eq!(traversal.values(1.0, Prior::Normal, [-2.0, 2.0], 5), [-2.0, -0.5, 1.0, 1.5, 2.0]);
        assert_eq!(traversal.values(3.0, Prior::Normal, [-2.0, 2.0], 3), [-2.0, 3.0, 3.0], "z* beyond the end");
        assert_eq!(Traversal::value_at([-2.0, 2.0], 0.5), 2.0);
    }

    #[test]
    fn quantiles_are_equidistant_in_probability() {
        let traversal = Traversal { range: RangeRule::PriorQuantiles, ..Traversal::default() };
        let ends = traversal.ends(0, Prior::Normal, None).unwrap();
        // Φ⁻¹(0.975) and Φ⁻¹(0.7375) to seven digits, from tables.
        assert!((ends[1] - 1.959_964).abs() < 1e-6 && (ends[0] + ends[1]).abs() < 1e-12);
        let values = traversal.values(0.0, Prior::Normal, ends, 5);
        let cdf: Vec<f64> = values.iter().map(|z| Prior::Normal.cdf(*z)).collect();
        let steps = [0.025, 0.2625, 0.5, 0.7375, 0.975];
        assert!(cdf.iter().zip(steps).all(|(a, b)| (a - b).abs() < 1e-9), "{cdf:?}");
    }

    #[test]
    fn the_posterior_rule_needs_an_observation() {
        let traversal = Traversal { range: RangeRule::PosteriorSd, reach: 3.0, ..Traversal::default() };
        assert!(traversal.ends(0, Prior::Normal, None).is_err());
        // log σ = (0, ln ½) and μ = (1, −1).
        let q = Posterior::from_encoding(&[1.0, -1.0, 0.0, 0.5_f64.ln()], 2);
        let [low, high] = traversal.ends(1, Prior::Normal, Some(&q)).unwrap();
        assert!((low + 2.5).abs() < 1e-12 && (high - 0.5).abs() < 1e-12);
    }
}
