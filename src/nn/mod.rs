//! Neural networks: dense layers with hand-written derivatives, and optimisers.

mod activation;
mod adam;
mod dense;
mod lbfgs;
mod mlp;
mod optimizer_kind;

pub use activation::Activation;
pub use adam::Adam;
pub use dense::Dense;
pub use lbfgs::Lbfgs;
pub use mlp::{Mlp, Workspace};
pub use optimizer_kind::OptimizerKind;
