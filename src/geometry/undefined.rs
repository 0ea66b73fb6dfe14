//! Numbers that may be undefined, and why.

use std::fmt;

use crate::stats::factor_scores::UndefinedScore;

/// Reason for an undefined quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// No latent is active; the Jacobian of collapsed latents is noise.
    NoActiveLatent,
    /// Too few observations to tell active latents from collapsed ones.
    FewObservations,
    /// Only one latent is active; there is no second one to compare.
    OneActiveLatent,
    /// A latent of the plane has collapsed.
    CollapsedLatent,
    /// More latents are active than directions of the posterior means, so columns are dependent.
    SharedDirections,
    /// Singular values are equal, which leaves V free.
    EqualSingularValues,
    /// There are more active latents than data dimensions, or columns are parallel.
    DependentColumns,
    /// A Bernoulli likelihood has no σ².
    NoVariance,
    /// The closed form is that of a Gaussian likelihood.
    NotGaussian,
    /// b = βσ² is 0.
    ZeroB,
    /// Second derivatives of a ReLU network are zero or do not exist.
    NotSmooth,
    /// The data have no true factors.
    NoTrueFactors,
    /// The data are not a linear map of factors along principal axes.
    NoCeiling,
    /// Few samples carry the weight of an integral by importance sampling.
    FewWeights,
    /// A grid fine enough for the posterior has too many points.
    NarrowPosterior,
    /// No low-discrepancy points are at hand for so many latents.
    ManyLatents,
    /// The search for the best posterior ended before it was found.
    NotFound,
    /// The model gives no finite number.
    NotFinite,
    /// The run has not reached that step.
    NotYet,
    /// The file of the model has no encoder.
    NoEncoder,
    /// A model from a file has no training to be read off.
    NotTrained,
    /// The file of the model says neither β nor σ².
    NoObjective,
    /// The regulariser is not β KL.
    OtherRegularizer,
    /// The prior is not normal.
    OtherPrior,
    /// The model is an autoencoder.
    PointMass,
    /// A score against the true factors is undefined.
    Score(UndefinedScore),
}

impl Undefined {
    /// The reason in words, without a full stop.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoActiveLatent => "no latent is active: all have collapsed to the prior",
            Self::FewObservations => {
                "the variance of so few held-out posterior means does not tell active latents from collapsed ones: give at least 20 rows"
            }
            Self::OneActiveLatent => "only one latent is active: there is no second axis to compare it with",
            Self::CollapsedLatent => "a latent of the plane has collapsed to the prior, so its column of J is noise",
            Self::SharedDirections => {
                "the posterior means vary along fewer directions than latents: with full covariance a collapsed direction \
                 need not be an axis"
            }
            Self::EqualSingularValues => "the singular values are nearly equal, so V is free to rotate",
            Self::DependentColumns => "the columns of the Jacobian are linearly dependent",
            Self::NoVariance => "a Bernoulli likelihood has no variance: b = β",
            Self::NotGaussian => "closed forms of linear decoders need a Gaussian likelihood",
            Self::ZeroB => "b = βσ² is 0, so Λ = I + JᵀJ/b does not exist",
            Self::NotSmooth => "a ReLU decoder is piecewise linear: its second derivatives are zero or do not exist",
            Self::NoTrueFactors => "the true factors of this data are not known",
            Self::NoCeiling => "a ceiling is known for linear maps of factors along principal axes only",
            Self::FewWeights => "importance sampling fails: a few samples carry nearly all of the weight",
            Self::NarrowPosterior => "the posterior is too narrow for a grid over the latents",
            Self::ManyLatents => "with more than 10 latents a curved decoder has too many dimensions to integrate over",
            Self::NotFound => "the search for the best posterior ended before it was found",
            Self::NotFinite => "the model gives no finite number",
            Self::NotYet => "the run has not reached that step",
            Self::NoEncoder => "the model has no encoder",
            Self::NotTrained => "a model from a file is shown, not trained",
            Self::NoObjective => "the file of the model does not say β and σ²; set them",
            Self::OtherPrior => "the prior is not normal, so b = βσ² does not decide the optimum",
            Self::OtherRegularizer => "the regulariser is not β KL, so b = βσ² does not decide the optimum",
            Self::Score(reason) => reason.sentence(),
            Self::PointMass => "the posterior of an autoencoder is a point: it has no covariance, no KL and no ELBO",
        }
    }
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl Undefined {
    /// The reason without what follows from it.
    pub fn in_short(self) -> &'static str {
        let sentence = self.sentence();
        [": ", ", so "]
            .iter()
            .filter_map(|end| sentence.split_once(end))
            .map(|(first, _)| first)
            .next()
            .unwrap_or(sentence)
    }

    /// The reason where collapsed latents cannot be told from active ones, if `few` observations are measured.
    pub(super) fn judged(self, few: bool) -> Self {
        match self {
            Self::NoActiveLatent | Self::OneActiveLatent if few => Self::FewObservations,
            _ => self,
        }
    }
}

/// A number, or the reason why it is undefined.
pub type Measured = Result<f64, Undefined>;
