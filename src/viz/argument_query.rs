//! The numbers of the argument that take longer than a frame.

use super::query::Query;
use crate::experiment::Snapshot;
use crate::geometry::{Measured, ProductDensity, Undefined, product_density};
use crate::vae::Vae;

/// Points along each side of the map of densities.
const SIDE: usize = 49;

/// The map reaches this far in prior standard deviations: 1.2 % of the prior's mass is outside.
pub(crate) const RANGE: f64 = 2.75;

/// The product of the seam densities through `z` in the plane of two latents against the density on the manifold.
pub(crate) fn seam_product(model: &Vae<f64>, z: &[f64], plane: [usize; 2]) -> ProductDensity {
    product_density(model, z, plane, RANGE, SIDE)
}

/// Asks for the numbers of the argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ArgumentQuery {
    /// z*.
    pub z: Vec<f64>,
    /// The two latents whose seam densities are multiplied, as in the view of the joint density.
    pub plane: [usize; 2],
}

/// The numbers of the argument that take longer than a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArgumentNumbers {
    /// ½∫|p − Πpᵢ|, the share of mass that the product of the seam densities has in the wrong place.
    pub misplaced: Measured,
    /// Chance level of the MCC.
    pub chance: Measured,
}

impl Query for ArgumentQuery {
    type Answer = ArgumentNumbers;

    fn answer(&self, snapshot: &Snapshot, model: &Vae<f64>) -> ArgumentNumbers {
        let geometry = &snapshot.geometry;
        let misplaced = geometry.independent_in(self.plane).and_then(|()| {
            let error = seam_product(model, &self.z, self.plane).error;
            if error.is_finite() { Ok(error) } else { Err(Undefined::NotFinite) }
        });
        let correlation = snapshot.correlation.as_ref().ok_or(Undefined::NoTrueFactors);
        ArgumentNumbers { misplaced, chance: correlation.and_then(|correlation| correlation.chance(geometry)) }
    }
}
