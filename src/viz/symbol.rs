//! Symbols that formulas and marks share: pointing at one emphasises the other.

/// A symbol of the argument that is drawn somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// The Jacobian of the decoder at z\*, and its columns.
    J,
    /// Left singular vectors: directions of data.
    U,
    /// Singular values.
    S,
    /// Right singular vectors: directions of latents.
    V,
    /// The covariance of a posterior.
    Sigma,
    /// b = βσ².
    B,
    /// z\*, and its image.
    ZStar,
}

impl Symbol {
    /// All symbols.
    pub const ALL: [Self; 7] = [Self::J, Self::U, Self::S, Self::V, Self::Sigma, Self::B, Self::ZStar];

    /// The name in formulas and links: `\htmlClass{J}{…}`, `symbol:J`.
    pub fn name(self) -> &'static str {
        match self {
            Self::J => "J",
            Self::U => "U",
            Self::S => "S",
            Self::V => "V",
            Self::Sigma => "Sigma",
            Self::B => "b",
            Self::ZStar => "z*",
        }
    }

    /// The symbol of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|symbol| symbol.name() == name)
    }
}
