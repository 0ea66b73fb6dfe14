//! Neural networks: dense layers with hand-written derivatives, and optimisers.

mod activation;
mod adam;
mod dense;
mod mlp;
mod optimizer_kind;

pub use activation::Activation;
pub use adam::Adam;
pub use dense::Dense;
pub use mlp::{Mlp, Workspace};
pub use optimizer_kind::OptimizerKind;
