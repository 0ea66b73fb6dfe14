//! Neural networks: dense layers with hand-written derivatives, and the optimiser Adam.

mod activation;
mod adam;
mod dense;
mod mlp;

pub use activation::Activation;
pub use adam::Adam;
pub use dense::Dense;
pub use mlp::{Mlp, Workspace};
