//! Scores that may be undefined, and why.

use std::fmt;

/// Reason for an undefined score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndefinedScore {
    /// Fewer observations than the score needs.
    FewObservations,
    /// A gap between the best two latents needs two.
    OneLatent,
    /// A score that tells factors apart needs two.
    OneFactor,
    /// A factor has the same value at all observations.
    ConstantFactor,
    /// No latent varies enough.
    ConstantLatents,
    /// A code or a factor is no finite number.
    NotFinite,
    /// New observations are needed with a factor held fixed.
    NoSampler,
}

impl UndefinedScore {
    /// The reason in words, without a full stop.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::FewObservations => "there are too few observations with known factors",
            Self::OneLatent => "there is no second latent to compare the first with",
            Self::OneFactor => "there is no second factor to tell the first from",
            Self::ConstantFactor => "a factor has the same value at all observations",
            Self::ConstantLatents => "no latent varies from observation to observation",
            Self::NotFinite => "a code or a factor is not a finite number",
            Self::NoSampler => "only a scene of two factors or more can draw observations with a factor held fixed",
        }
    }
}

impl fmt::Display for UndefinedScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
