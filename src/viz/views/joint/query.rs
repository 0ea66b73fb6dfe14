//! The query of the joint density: does it factorise, and do arc lengths make coordinates?

use rand_distr::{Distribution as _, StandardNormal};

use crate::experiment::Snapshot;
use crate::geometry::{Jets, Order, ProductDensity, arc_coordinates, c2_residual, ima_contrast, product_density};
use crate::linalg::Matrix;
use crate::nn::Activation;
use crate::rng::{Purpose, stream};
use crate::stats::distance_correlation_band;
use crate::vae::Vae;
use crate::viz::query::Query;

/// Points along each side of the map.
const SIDE: usize = 49;

/// The map reaches this far in prior standard deviations: 1.2 % of the prior's mass is outside.
pub(crate) const RANGE: f64 = 2.75;

/// Prior samples whose arc-length coordinates are compared.
const SAMPLES: usize = 240;

/// Random re-pairings for the band.
const PERMUTATIONS: usize = 99;

/// Asks for the joint density over a latent plane.
#[derive(Clone, Debug, PartialEq)]
pub struct JointQuery {
    /// z*.
    pub z: Vec<f64>,
    /// The two latents of the map; the others stay at z*.
    pub plane: [usize; 2],
}

impl Query for JointQuery {
    type Answer = Joint;

    fn answer(&self, _: &Snapshot, model: &Vae<f64>) -> Joint {
        Joint::new(model, self)
    }
}

/// The push-forward of independent latents in a plane.
#[derive(Clone, Debug)]
pub struct Joint {
    /// The two latents.
    pub plane: [usize; 2],
    /// The product of the seam densities through z* against the true density.
    pub product: ProductDensity,
    /// Samples of the prior (z_a, z_b).
    pub samples: Vec<[f64; 2]>,
    /// Their arc-length coordinates (u_a, u_b), each counted from z* along its own latent at the sample's other one.
    pub arcs: Vec<[f64; 2]>,
    /// Distance correlation of the two coordinates.
    pub dependence: f64,
    /// The 95 % quantile of the distance correlation of independent samples of this size.
    pub band: f64,
    /// Mean c_IMA of the plane's two columns at the samples, in nats: 0 exactly when C1 holds.
    pub contrast: f64,
    /// How much moving one latent by one standard deviation changes the length of the other column, as a share of it: the root
    /// mean square over the samples and both directions. `None` for ReLU decoders.
    pub coupling: Option<f64>,
}

impl Joint {
    fn new(model: &Vae<f64>, query: &JointQuery) -> Self {
        let JointQuery { z, plane } = query;
        let [a, b] = *plane;
        let mut rng = stream(0, Purpose::Analysis, 0);
        let samples: Vec<[f64; 2]> = (0..SAMPLES).map(|_| [0, 1].map(|_| StandardNormal.sample(&mut rng))).collect();
        let place = |[x, y]: [f64; 2]| {
            let mut at = z.clone();
            (at[a], at[b]) = (x, y);
            at
        };
        let arcs: Vec<[f64; 2]> = samples
            .iter()
            .map(|sample| {
                let u = arc_coordinates(model, z, &place(*sample), &[a, b]);
                [u[0], u[1]]
            })
            .collect();
        let [u, v] = [0, 1].map(|k| arcs.iter().map(|arc| arc[k]).collect::<Vec<f64>>());
        let (dependence, band) = distance_correlation_band(&u, &v, PERMUTATIONS, 0.95, &mut rng);

        let latents: Vec<f64> = samples.iter().flat_map(|sample| place(*sample)).collect();
        let jets = Jets::of(model, &Matrix::from_columns(z.len(), SAMPLES, latents), Order::Second);
        let mean = |value: &dyn Fn(usize) -> f64| (0..SAMPLES).map(value).sum::<f64>() / SAMPLES as f64;
        let smooth = model.architecture.activation != Activation::Relu;
        Self {
            plane: *plane,
            product: product_density(model, z, *plane, RANGE, SIDE),
            dependence,
            band,
            contrast: mean(&|k| ima_contrast(&jets.jacobian(k).select_columns([&a, &b]))),
            // Two terms, one for each direction of the coupling.
            coupling: smooth.then(|| (mean(&|k| c2_residual(&jets, k, plane)) / 2.0).sqrt()),
            samples,
            arcs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::path_length;
    use crate::viz::query::tests::trained;

    #[test]
    fn a_linear_decoder_has_global_coordinates() {
        let (_, model) = trained("linear", 1500);
        let joint = Joint::new(&model, &JointQuery { z: vec![0.6, -0.5], plane: [0, 1] });
        // Trained to orthogonal columns: what is left of the error is 1 − sin of their angle.
        assert!(joint.product.error < 0.01 && joint.contrast < 0.005, "{} {}", joint.product.error, joint.contrast);
        assert!(joint.coupling.unwrap() < 1e-12);
        // Arc lengths are multiples of independent samples.
        assert!(joint.dependence < 1.3 * joint.band, "{} {}", joint.dependence, joint.band);
        let lengths = [0, 1].map(|i| path_length(&model, &[0.0; 2], i, 0.0, 1.0));
        for (z, u) in joint.samples.iter().zip(&joint.arcs) {
            assert!((u[0] - lengths[0] * (z[0] - 0.6)).abs() < 1e-9 && (u[1] - lengths[1] * (z[1] + 0.5)).abs() < 1e-9);
        }
    }

    #[test]
    fn an_untrained_network_has_none() {
        let (_, model) = trained("cylinder", 0);
        let joint = Joint::new(&model, &JointQuery { z: vec![0.6, -0.5], plane: [0, 1] });
        assert!(
            joint.coupling.unwrap() > 0.05 && joint.product.error > 0.01,
            "{:?} {}",
            joint.coupling,
            joint.product.error
        );
    }
}
