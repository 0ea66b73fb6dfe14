//! The geometry of a decoder: exact derivatives, singular bases, seams, and how far the conditions C1 (orthogonal
//! columns) and C2 (each length depends on its own latent only) are from being met.

mod chance;
mod contrast;
mod curvature;
mod jet;
mod seam;
mod summary;

pub use chance::{Chance, chance};
pub use contrast::{
    alignment, diagonal_gap, distance_to_orthogonality, ima_contrast, off_diagonal_mass, posterior_precision,
    separation,
};
pub use curvature::c2_residual;
pub use jet::{Jets, Order};
pub use seam::{Seam, measured_arcs, normal_density};
pub use summary::{ACTIVE_VARIANCE, LEAST_SEPARATION, Measured, Summary, Undefined, active_latents};
