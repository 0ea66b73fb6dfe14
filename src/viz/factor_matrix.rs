//! What the view of factors shows of each latent and factor.

use serde::{Deserialize, Serialize};

/// What the view of factors shows of each latent and factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactorMatrix {
    /// A scatter.
    #[default]
    Scatters,
    /// The correlation.
    Correlation,
    /// The mutual information.
    Information,
    /// The importance for a linear probe.
    Importance,
}

impl FactorMatrix {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Scatters, Self::Correlation, Self::Information, Self::Importance];

    /// The name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scatters => "scatters",
            Self::Correlation => "correlation",
            Self::Information => "information",
            Self::Importance => "importance",
        }
    }

    /// True for scatters, which files leave out.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
    pub(super) fn is_scatters(&self) -> bool {
        *self == Self::Scatters
    }
}
