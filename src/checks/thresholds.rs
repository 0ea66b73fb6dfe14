//! Thresholds of predictions that the window judges a run by, too.

/// The MCC halfway, in the angle, between latents that are the factors and latents at 45° to them, which mix both alike: cos 22.5°.
pub(super) const HALFWAY: f64 = 0.924;

/// Largest contrast c_IMA in nats of the orthogonal columns of a trained linear decoder.
pub const ORTHOGONAL_LINEAR: f64 = 0.002;

/// The same of a trained curved decoder, whose columns are orthogonal to second order only.
pub const ORTHOGONAL_CURVED: f64 = 0.035;

/// So many times beyond its limit a number is clearly beyond it: by this factor full posteriors are told from diagonal ones.
pub const CLEARLY: f64 = 2.0;

/// C1 counts as met up to this mean contrast in nats: an angle of 72° between two columns.
pub const MOST_CONTRAST: f64 = 0.05;

/// C2 counts as met while a standard deviation along one latent changes the length of the other column by no more than
/// this share, as a root mean square, in both directions. Between trained maps of flat surfaces, which have less than 5 %, and the
/// true maps that do not meet C2: 21 % on the sphere within 3.5 standard deviations (before its pole), 40 % in polar coordinates.
pub const MOST_COUPLING: f64 = 0.1;

/// The residual of C2, E Σ_{i≠j} (∂ⱼ log sᵢ)², of two columns that are coupled as much as [`MOST_COUPLING`] allows.
pub const MOST_C2_RESIDUAL: f64 = 2.0 * MOST_COUPLING * MOST_COUPLING;

/// An MCC within this distance of its ceiling has reached it.
pub const MCC_TOLERANCE: f64 = 0.01;

/// The share of mass that the product of the seam densities has in the wrong place where C1 and C2 are met with nothing to spare:
/// ½(1 − sin ∠) with log sin ∠ = −[`MOST_CONTRAST`], and of both columns ½ E|c z| with c = [`MOST_COUPLING`], E|z| = √(2/π).
pub fn most_misplaced_mass() -> f64 {
    let skewed = 0.5 * (1.0 - (-MOST_CONTRAST).exp());
    skewed + MOST_COUPLING * (2.0 / std::f64::consts::PI).sqrt()
}
