//! Geometry of a decoder: exact derivatives, singular bases, seams, and the deviation from the conditions C1 (orthogonal
//! columns) and C2 (the length of each column depends on its own latent only).

mod best_posterior;
mod chance;
mod contrast;
mod curvature;
mod exact_gap;
mod field;
mod gram;
mod holonomy;
mod indicatrix;
mod jet;
mod marginal_likelihood;
mod metrics;
mod optimal_posteriors;
mod posterior_nodes;
mod product_density;
mod rotated_elbo;
mod rotated_model;
mod rotation;
mod seam;
mod singular_curve;
mod undefined;

pub use best_posterior::{BestPosterior, FINE_QUADRATURE, best_posterior, elbo_of, posterior_quadrature};
pub use chance::{chance_distance, chance_mcc};
pub use contrast::{
    alignment, diagonal_gap, distance_to_orthogonality, ima_contrast, off_diagonal_mass, posterior_precision,
    separation,
};
pub use curvature::{c2_residual, coupling};
pub use exact_gap::{ExactGap, GapPart, MeanGap, exact_gap, mean_gap};
pub use field::{MapQuantity, field, volume};
pub use gram::Gram;
pub use holonomy::{arc_coordinates, loop_integrals, path_length};
pub use indicatrix::Indicatrix;
pub use jet::{Jets, Order};
pub use marginal_likelihood::{Integration, MarginalLikelihood};
pub use metrics::{
    ACTIVE_VARIANCE, FEWEST_OBSERVATIONS, GeometryMetrics, LEAST_SEPARATION, Samples, active_latents, active_units,
};
pub use optimal_posteriors::{Evaluated, OptimalPosteriors};
pub use posterior_nodes::PosteriorNodes;
pub use product_density::{ProductDensity, product_density};
pub use rotated_elbo::{RotatedElbo, rotated_elbos};
pub use rotation::{Rotation, rotated_gap};
pub use seam::{Seam, measured_arcs};
pub use singular_curve::{CurveEnd, SingularCurve};
pub use undefined::{Measured, Undefined};
