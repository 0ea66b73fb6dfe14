//! What the objective subtracts from E_q log p(x|z), as one word with its numbers in files and on the command line.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::decomposition::Decomposition;
use super::prior::Prior;

/// The regulariser of the objective. β is that of the [`Objective`](super::Objective).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Regularizer {
    /// β KL(q ‖ p).
    #[default]
    Kl,
    /// α I(x; z) + β TC(q(z)) + γ Σᵢ KL(q(zᵢ) ‖ p(zᵢ)), the β-TCVAE (Chen et al. 2018, equation 4).
    Parts(PartWeights),
    /// β |KL(q ‖ p) − C|, the KL of a minibatch being its mean, with a capacity C that rises (Burgess et al. 2018, equation 8, where β is
    /// called γ).
    Capacity(Capacity),
    /// β KL(q ‖ p) + γ TC(q(z)) with a discriminator's estimate of TC, the FactorVAE (Kim & Mnih 2018, equation 2, where β is 1).
    Discriminated(Discriminated),
    /// β KL(q ‖ p) with the Laplace prior, which singles out axes.
    Laplace,
    /// Nothing, which makes the model a plain autoencoder: without a KL the best posterior is a point mass, and q is taken as one,
    /// z = μ(x).
    None,
}

/// A weight of the total correlation beside β, that of the KL.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discriminated {
    /// γ.
    pub gamma: f64,
}

/// A capacity that rises linearly from 0 over the first steps of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// C after the rise, in nats.
    pub nats: f64,
    /// Steps of the rise, counted from the start of the run. 0: C is `nats` throughout.
    pub steps: u64,
}

impl Capacity {
    /// The capacity in force after so many steps, which does not rise.
    #[must_use]
    pub fn at(self, step: u64) -> Self {
        let share = if step >= self.steps { 1.0 } else { step as f64 / self.steps as f64 };
        Self { nats: share * self.nats, steps: 0 }
    }
}

/// Weights of the parts of the KL beside β, that of the total correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartWeights {
    /// α, of the information that codes have about observations.
    pub alpha: f64,
    /// γ, of the divergence of each latent from its prior.
    pub gamma: f64,
    /// The estimate of log q(z) from a minibatch.
    pub estimator: DensityEstimator,
}

/// An estimate of log q(z) at the samples of a minibatch of B of N observations (Chen et al. 2018, appendix C): the log of a weighted
/// sum of q(z|xⱼ) over the minibatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DensityEstimator {
    /// Minibatch-weighted sampling: every weight is 1/(N B). Too small by a factor, which is that of a constant in the loss.
    Weighted,
    /// Minibatch-stratified sampling: the observation that the sample comes from has the weight 1/N that it has in q(z); the others
    /// share the rest. The mean over minibatches is q(z).
    Stratified,
}

impl DensityEstimator {
    /// log wⱼ of the sample's own observation, and of each other one, for a minibatch of `batch` ≥ 2 of `population` observations.
    ///
    /// The paper's stratified weights of the others are 1/(B − 1) but for one, 1/(B − 1) − 1/N. Here they share the same sum,
    /// 1 − 1/N, alike: the mean over which one it is, with less variance, and exact for a minibatch of all observations.
    pub(super) fn log_weights(self, batch: usize, population: usize) -> [f64; 2] {
        let (b, n) = (batch as f64, population as f64);
        match self {
            Self::Weighted => [-(n * b).ln(); 2],
            Self::Stratified => [-n.ln(), ((n - 1.0) / (n * (b - 1.0))).ln()],
        }
    }
}

impl Regularizer {
    /// True for β KL, which files leave out.
    pub fn is_kl(&self) -> bool {
        *self == Self::Kl
    }

    /// True if its gradient is that of a Cholesky factor, or of diagonal covariances.
    pub fn needs_cholesky(self) -> bool {
        matches!(self, Self::Parts(_))
    }

    /// p(z) of the model.
    pub fn prior(self) -> Prior {
        if self == Self::Laplace { Prior::Laplace } else { Prior::Normal }
    }

    /// True if it is no mean over the observations of a minibatch.
    pub fn needs_whole_batch(self) -> bool {
        matches!(self, Self::Parts(_) | Self::Capacity(_) | Self::Discriminated(_))
    }

    /// True if a discriminator is trained beside the model.
    pub fn has_discriminator(self) -> bool {
        matches!(self, Self::Discriminated(_))
    }

    /// The regulariser in force after so many steps of a run.
    #[must_use]
    pub fn at(self, step: u64) -> Self {
        match self {
            Self::Capacity(capacity) => Self::Capacity(capacity.at(step)),
            other => other,
        }
    }

    /// Its value for this mean of KL(q ‖ p), its parts, and the total correlation as a discriminator estimates it, in nats; `None` for β KL
    /// with any prior.
    pub fn value(
        self,
        beta: f64,
        kl: f64,
        parts: impl FnOnce() -> Decomposition,
        discriminated: impl FnOnce() -> f64,
    ) -> Option<f64> {
        match self {
            Self::Kl | Self::Laplace => None,
            Self::Parts(PartWeights { alpha, gamma, .. }) => {
                let Decomposition { mutual_information, total_correlation, dimension_wise } = parts();
                Some(alpha * mutual_information + beta * total_correlation + gamma * dimension_wise)
            }
            Self::Capacity(Capacity { nats, .. }) => Some(beta * (kl - nats).abs()),
            Self::Discriminated(Discriminated { gamma }) => Some(beta * kl + gamma * discriminated()),
            Self::None => Some(0.0),
        }
    }
}

/// The form of the words, for errors.
const FORMS: &str =
    "kl, tc-mws and tc-mss (each with :ALPHA,GAMMA, or 1,1), factor:GAMMA, capacity:NATS,STEPS, laplace and none";

/// The sentence of a word that is no regulariser.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoRegularizer(String);

impl fmt::Display for Regularizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Kl => f.write_str("kl"),
            Self::Parts(PartWeights { alpha, gamma, estimator }) => {
                f.write_str(match estimator {
                    DensityEstimator::Weighted => "tc-mws",
                    DensityEstimator::Stratified => "tc-mss",
                })?;
                if [alpha, gamma] == [1.0; 2] { Ok(()) } else { write!(f, ":{alpha},{gamma}") }
            }
            Self::Capacity(Capacity { nats, steps }) => write!(f, "capacity:{nats},{steps}"),
            Self::Discriminated(Discriminated { gamma }) => write!(f, "factor:{gamma}"),
            Self::Laplace => f.write_str("laplace"),
            Self::None => f.write_str("none"),
        }
    }
}

impl FromStr for Regularizer {
    type Err = NoRegularizer;

    /// Reads `kl`, `tc-mss:0.5,2`, `factor:5` or `capacity:5,10000`.
    fn from_str(text: &str) -> Result<Self, NoRegularizer> {
        let (name, numbers) = match text.split_once(':') {
            Some((name, numbers)) => (name, Some(numbers)),
            None => (text, None),
        };
        if name == "factor" {
            let gamma = numbers.and_then(|gamma| gamma.trim().parse().ok());
            let missing = || NoRegularizer("factor takes the weight of the total correlation, as factor:5".to_owned());
            return gamma.map(|gamma| Self::Discriminated(Discriminated { gamma })).ok_or_else(missing);
        }
        if let ("kl" | "laplace" | "none", Some(_)) = (name, numbers) {
            return Err(NoRegularizer(format!("{name} takes no numbers")));
        }
        let pair = |numbers: &str| {
            let (a, b) = numbers.split_once(',')?;
            Some([a.trim().parse::<f64>().ok()?, b.trim().parse::<f64>().ok()?])
        };
        let numbers =
            numbers.map(|numbers| pair(numbers).ok_or_else(|| NoRegularizer(format!("{name} takes two numbers"))));
        let parts = |estimator, numbers: Option<[f64; 2]>| {
            let [alpha, gamma] = numbers.unwrap_or([1.0; 2]);
            Ok(Self::Parts(PartWeights { alpha, gamma, estimator }))
        };
        match (name, numbers.transpose()?) {
            ("kl", None) => Ok(Self::Kl),
            ("laplace", None) => Ok(Self::Laplace),
            ("none", None) => Ok(Self::None),
            ("tc-mws", numbers) => parts(DensityEstimator::Weighted, numbers),
            ("tc-mss", numbers) => parts(DensityEstimator::Stratified, numbers),
            ("capacity", Some([nats, steps])) if steps >= 1.0 && steps.fract() == 0.0 && steps < 1e15 => {
                Ok(Self::Capacity(Capacity { nats, steps: steps as u64 }))
            }
            ("capacity", _) => Err(NoRegularizer(
                "capacity takes its nats and a whole number of steps, as capacity:5,10000".to_owned(),
            )),
            _ => Err(NoRegularizer(format!("it is none of {FORMS}"))),
        }
    }
}

impl TryFrom<String> for Regularizer {
    type Error = NoRegularizer;

    fn try_from(text: String) -> Result<Self, NoRegularizer> {
        text.parse()
    }
}

impl From<Regularizer> for String {
    fn from(regularizer: Regularizer) -> Self {
        regularizer.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_written_unchanged() {
        for text in [
            "kl",
            "tc-mws",
            "tc-mss",
            "tc-mss:0,1",
            "tc-mws:0.5,2",
            "capacity:5,10000",
            "capacity:0.5,1",
            "factor:5",
            "factor:0.5",
            "laplace",
            "none",
        ] {
            let regularizer: Regularizer = text.parse().unwrap();
            assert_eq!(regularizer.to_string(), text);
            let json = serde_json::to_string(&regularizer).unwrap();
            assert_eq!(serde_json::from_str::<Regularizer>(&json).unwrap(), regularizer);
        }
        assert_eq!("tc-mws:1,1".parse::<Regularizer>().unwrap().to_string(), "tc-mws");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("tc", "none of kl, tc-mws"),
            ("", "none of kl"),
            ("kl:1,2", "kl takes no numbers"),
            ("kl:2", "kl takes no numbers"),
            ("none:1,2", "none takes no numbers"),
            ("laplace:1,2", "laplace takes no numbers"),
            ("tc-mws:1", "tc-mws takes two numbers"),
            ("tc-mss:1,x", "tc-mss takes two numbers"),
            ("factor", "as factor:5"),
            ("factor:1,2", "as factor:5"),
            ("capacity", "whole number of steps"),
            ("capacity:3,0", "whole number of steps"),
            ("capacity:3,1.5", "whole number of steps"),
        ] {
            let sentence = text.parse::<Regularizer>().unwrap_err().to_string();
            assert!(sentence.contains(words), "{text}: {sentence}");
        }
    }

    #[test]
    fn a_capacity_rises_linearly_and_stays() {
        let regularizer: Regularizer = "capacity:6,200".parse().unwrap();
        let at = |step| match regularizer.at(step) {
            Regularizer::Capacity(Capacity { nats, .. }) => nats,
            _ => f64::NAN,
        };
        assert_eq!([0, 50, 200, 5000].map(at), [0.0, 1.5, 6.0, 6.0]);
        assert_eq!(regularizer.at(50).at(10_000), regularizer.at(50), "the capacity in force does not rise");
    }

    /// The weights of a minibatch sum to 1 with the stratified estimator, and to 1/N with the other.
    #[test]
    fn weights_sum_to_what_the_paper_says() {
        for (batch, population) in [(2, 2), (5, 100), (256, 256), (64, 20_000)] {
            let sum = |estimator: DensityEstimator| {
                let [own, other] = estimator.log_weights(batch, population).map(f64::exp);
                own + (batch as f64 - 1.0) * other
            };
            assert!((sum(DensityEstimator::Stratified) - 1.0).abs() < 1e-12);
            assert!((sum(DensityEstimator::Weighted) * population as f64 - 1.0).abs() < 1e-12);
        }
    }
}
