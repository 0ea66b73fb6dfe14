//! Geometry of a decoder: exact derivatives, singular bases, seams, and the deviation from the conditions C1 (orthogonal
//! columns) and C2 (the length of each column depends on its own latent only).

mod best_posterior;
mod chance;
mod contrast;
mod curvature;
mod field;
mod gram;
mod holonomy;
mod jet;
mod metrics;
mod product_density;
mod rotated_elbo;
mod rotated_model;
mod rotation;
mod seam;

pub use best_posterior::{BestPosterior, FINE_QUADRATURE, best_posterior, elbo_of, posterior_quadrature};
pub use chance::{Chance, chance};
pub use contrast::{
    alignment, diagonal_gap, distance_to_orthogonality, ima_contrast, off_diagonal_mass, posterior_precision,
    separation,
};
pub use curvature::c2_residual;
pub use field::{MapQuantity, field, volume};
pub use gram::Gram;
pub use holonomy::{arc_coordinates, loop_integrals, path_length};
pub use jet::{Jets, Order};
pub use metrics::{ACTIVE_VARIANCE, GeometryMetrics, LEAST_SEPARATION, Measured, Undefined, active_latents};
pub use product_density::{ProductDensity, product_density};
pub use rotated_elbo::{RotatedElbo, rotated_elbos};
pub use rotation::{Rotation, rotated_gap};
pub use seam::{Seam, measured_arcs, normal_density};
