//! Does the density on the manifold factorise, and do arc lengths make coordinates?

use rand_distr::{Distribution as _, StandardNormal};

use crate::geometry::{
    Jets, Order, ProductDensity, arc_coordinates, c2_residual, ima_contrast, loop_integrals, path_length,
    product_density,
};
use crate::linalg::Matrix;
use crate::nn::Activation;
use crate::rng::{Purpose, stream};
use crate::stats::distance_correlation_band;
use crate::vae::Vae;

/// Points along each side of the map.
const SIDE: usize = 49;

/// The map reaches this far in prior standard deviations: 1.2 % of the prior's mass is outside.
pub(in crate::app) const RANGE: f64 = 2.75;

/// Prior samples whose arc-length coordinates are compared.
const SAMPLES: usize = 240;

/// Random re-pairings for the band.
const PERMUTATIONS: usize = 99;

/// Where the densities are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct JointQuestion {
    /// z*.
    pub z: Vec<f64>,
    /// The two latents of the map; the others stay at z*.
    pub plane: [usize; 2],
}

/// What the decoder makes of independent latents in a plane.
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
    /// What independent samples of this size exceed in one of twenty cases.
    pub band: f64,
    /// Mean c_IMA of the plane's two columns at the samples, in nats: 0 exactly when C1 holds.
    pub contrast: f64,
    /// The root of the mean C2 residual at the samples: how much moving one latent by one standard deviation changes the
    /// length of the other column, as a share of it. `None` for ReLU decoders.
    pub coupling: Option<f64>,
}

impl Joint {
    pub(super) fn new(model: &Vae<f64>, question: &JointQuestion) -> Self {
        let JointQuestion { z, plane } = question;
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

/// A rectangle in a plane of latent space.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopQuestion {
    /// The other latents.
    pub z: Vec<f64>,
    /// The two latents.
    pub plane: [usize; 2],
    /// Two opposite corners.
    pub corners: [[f64; 2]; 2],
}

/// What comes of walking around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loop {
    /// ∮ s_a dz_a and ∮ s_b dz_b in units of the data: 0 for every rectangle exactly when C2 holds.
    pub integrals: [f64; 2],
    /// The mean length of the two sides along each latent, for comparison.
    pub lengths: [f64; 2],
}

impl Loop {
    pub(super) fn new(model: &Vae<f64>, question: &LoopQuestion) -> Self {
        let LoopQuestion { z, plane, corners: [from, to] } = question;
        let side = |moving: usize, fixed: usize, at: f64| {
            let mut base = z.clone();
            base[plane[fixed]] = at;
            path_length(model, &base, plane[moving], from[moving], to[moving]).abs()
        };
        Self {
            integrals: loop_integrals(model, z, *plane, *from, *to),
            lengths: [(0, 1), (1, 0)].map(|(i, j)| 0.5 * (side(i, j, from[j]) + side(i, j, to[j]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_decoder_has_global_coordinates() {
        let (_, model) = super::super::tests::trained("linear", 1500);
        let joint = Joint::new(&model, &JointQuestion { z: vec![0.6, -0.5], plane: [0, 1] });
        // Trained to orthogonal columns: what is left of the error is 1 − sin of their angle.
        assert!(joint.product.error < 0.01 && joint.contrast < 0.005, "{} {}", joint.product.error, joint.contrast);
        assert!(joint.coupling.unwrap() < 1e-12);
        // Arc lengths are multiples of independent samples.
        assert!(joint.dependence < 1.3 * joint.band, "{} {}", joint.dependence, joint.band);
        let lengths = [0, 1].map(|i| path_length(&model, &[0.0; 2], i, 0.0, 1.0));
        for (z, u) in joint.samples.iter().zip(&joint.arcs) {
            assert!((u[0] - lengths[0] * (z[0] - 0.6)).abs() < 1e-9 && (u[1] - lengths[1] * (z[1] + 0.5)).abs() < 1e-9);
        }
        let corners = [[-1.0, -1.0], [1.0, 2.0]];
        let around = Loop::new(&model, &LoopQuestion { z: vec![0.0; 2], plane: [0, 1], corners });
        assert!(around.integrals.iter().all(|i| i.abs() < 1e-9));
        assert!(
            (around.lengths[0] - 2.0 * lengths[0]).abs() < 1e-9 && (around.lengths[1] - 3.0 * lengths[1]).abs() < 1e-9
        );
    }

    #[test]
    fn an_untrained_network_has_none() {
        let (_, model) = super::super::tests::trained("cylinder", 0);
        let joint = Joint::new(&model, &JointQuestion { z: vec![0.6, -0.5], plane: [0, 1] });
        assert!(
            joint.coupling.unwrap() > 0.05 && joint.product.error > 0.01,
            "{:?} {}",
            joint.coupling,
            joint.product.error
        );
        // Not about the origin, where an untrained tanh network is symmetric.
        let corners = [[0.0, 0.0], [1.5, 1.0]];
        let around = Loop::new(&model, &LoopQuestion { z: vec![0.0; 2], plane: [0, 1], corners });
        assert!(around.integrals.iter().any(|i| i.abs() > 1e-3), "{around:?}");
    }
}
