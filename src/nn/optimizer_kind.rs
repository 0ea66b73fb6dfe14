//! Optimisers.

use serde::{Deserialize, Serialize};

/// Method that turns gradients into steps. The first three keep the same moments, so a run may change its optimiser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Adam, which scales each parameter by its own second moment and so depends on the axes of the latents.
    #[default]
    Adam,
    /// Adam with second moments shared over the latents. With an exponential posterior factor, training then commutes with
    /// rotations of the latents.
    AdamEquivariant,
    /// Stochastic gradient descent with momentum, on σ² times the loss: its scale then does not depend on σ².
    Sgd,
    /// The quasi-Newton method L-BFGS on the objective of all the data, without noise; for linear encoders and decoders.
    Lbfgs,
}

impl OptimizerKind {
    /// All optimisers.
    pub const ALL: [Self; 4] = [Self::Adam, Self::AdamEquivariant, Self::Sgd, Self::Lbfgs];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::AdamEquivariant => "adam-equivariant",
            Self::Sgd => "sgd",
            Self::Lbfgs => "lbfgs",
        }
    }
}
