//! The query of the joint density: does it factorise, and do arc lengths make coordinates?

use rand::Rng;
use rand::seq::SliceRandom as _;

use crate::experiment::Snapshot;
use crate::geometry::{Jets, Order, ProductDensity, arc_coordinates, coupling, ima_contrast};
use crate::linalg::Matrix;
use crate::nn::Activation;
use crate::rng::{Purpose, stream};
use crate::stats::{distance_correlation, distance_correlation_band};
use crate::vae::Vae;
use crate::viz::argument_query::seam_product;
use crate::viz::query::Query;

/// Prior samples whose arc-length coordinates are compared.
const SAMPLES: usize = 2000;

/// The same for decoders of more than [`LARGE`] dimensions, whose seams take a hundred times as long.
const FEW_SAMPLES: usize = 250;

/// Dimensions of a large decoder.
const LARGE: usize = 1000;

/// The first of the samples, at which the conditions are measured and which are drawn.
const DRAWN: usize = 240;

/// Random re-pairings for the band.
const PERMUTATIONS: usize = 99;

/// The effect that the test would see with this probability is told.
pub(crate) const POWER: f64 = 0.8;

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
    /// The first samples of the prior (z_a, z_b).
    pub samples: Vec<[f64; 2]>,
    /// Their arc-length coordinates (u_a, u_b), each counted from z* along its own latent at the sample's other one.
    pub arcs: Vec<[f64; 2]>,
    /// The number of samples that the dependence is measured over.
    pub count: usize,
    /// Distance correlation of the two coordinates over them.
    pub dependence: f64,
    /// The 95 % quantile of the distance correlation of independent samples of this size.
    pub band: f64,
    /// The smallest coupling, as in `coupling`, whose dependence would exceed the band with a probability of 80 %.
    pub detectable: f64,
    /// Mean c_IMA of the plane's two columns at the samples, in nats: 0 exactly when C1 holds.
    pub contrast: f64,
    /// How much one standard deviation along z_b changes the length of column a, and along z_a that of column b, as a share of
    /// it: root mean squares over the samples. `None` for ReLU decoders.
    pub coupling: Option<[f64; 2]>,
}

impl Joint {
    fn new(model: &Vae<f64>, query: &JointQuery) -> Self {
        let JointQuery { z, plane } = query;
        let [a, b] = *plane;
        let mut rng = stream(0, Purpose::Analysis, 0);
        let count = if model.data_dim() > LARGE { FEW_SAMPLES } else { SAMPLES };
        let samples: Vec<[f64; 2]> = (0..count).map(|_| [0, 1].map(|_| model.prior.sample(&mut rng))).collect();
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
        let along: Vec<f64> = samples.iter().map(|[x, _]| *x).collect();
        let detectable = detectable_coupling(&along, &u, &v, band, &mut rng);

        let latents: Vec<f64> = samples[..DRAWN].iter().flat_map(|sample| place(*sample)).collect();
        let jets = Jets::along(model, &Matrix::from_columns(z.len(), DRAWN, latents), &[a, b], Order::Second);
        let mean = |value: &dyn Fn(usize) -> f64| (0..DRAWN).map(value).sum::<f64>() / DRAWN as f64;
        let size = |i: usize, j: usize| mean(&|k| coupling(&jets, k, i, j).powi(2)).sqrt();
        let smooth = model.architecture.activation != Activation::Relu;
        Self {
            plane: *plane,
            product: seam_product(model, z, *plane),
            count,
            dependence,
            band,
            contrast: mean(&|k| ima_contrast(&jets.jacobian(k))),
            coupling: smooth.then(|| [size(0, 1), size(1, 0)]),
            detectable,
            samples: samples[..DRAWN].to_vec(),
            arcs: arcs[..DRAWN].to_vec(),
        }
    }
}

/// The smallest coupling c whose dependence exceeds `band` with the probability [`POWER`], found by bisection; infinite if none up
/// to 2 does. The coupling is imposed on the run's own arc lengths: re-paired at random, which makes them independent, and then
/// v stretched by e^{c z}, where z are the latents of u.
fn detectable_coupling(z: &[f64], u: &[f64], v: &[f64], band: f64, rng: &mut impl Rng) -> f64 {
    const RE_PAIRINGS: usize = 40;
    const BISECTIONS: usize = 7;
    let mut re_paired = v.to_vec();
    let re_pairings: Vec<Vec<f64>> = (0..RE_PAIRINGS)
        .map(|_| {
            re_paired.shuffle(rng);
            re_paired.clone()
        })
        .collect();
    let is_seen = |coupling: f64| {
        let exceeds = |v: &&Vec<f64>| {
            let stretched: Vec<f64> = v.iter().zip(z).map(|(v, z)| v * (coupling * z).exp()).collect();
            distance_correlation(u, &stretched) > band
        };
        re_pairings.iter().filter(exceeds).count() as f64 >= POWER * RE_PAIRINGS as f64
    };
    let (mut low, mut high) = (0.0, 2.0);
    if !is_seen(high) {
        return f64::INFINITY;
    }
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if is_seen(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::path_length;
    use crate::viz::query::tests::trained;
    use rand_distr::{Distribution as _, StandardNormal};

    #[test]
    fn a_linear_decoder_has_global_coordinates() {
        let (_, model) = trained("linear", 1500);
        let joint = Joint::new(&model, &JointQuery { z: vec![0.6, -0.5], plane: [0, 1] });
        // Trained to orthogonal columns: what is left of the error is 1 − sin of their angle.
        assert!(joint.product.error < 0.01 && joint.contrast < 0.005, "{} {}", joint.product.error, joint.contrast);
        assert!(joint.coupling.unwrap().iter().all(|c| *c < 1e-12));
        // Arc lengths are multiples of independent samples.
        assert!(joint.dependence < 1.3 * joint.band, "{} {}", joint.dependence, joint.band);
        let lengths = [0, 1].map(|i| path_length(&model, &[0.0; 2], i, 0.0, 1.0));
        for (z, u) in joint.samples.iter().zip(&joint.arcs) {
            assert!((u[0] - lengths[0] * (z[0] - 0.6)).abs() < 1e-9 && (u[1] - lengths[1] * (z[1] + 0.5)).abs() < 1e-9);
        }
    }

    /// Of 100 new samples whose coupling is what the test would see, it sees about 80, and of independent ones about 5.
    #[test]
    fn the_power_of_the_test_is_what_it_says() {
        let mut rng = stream(8, Purpose::Analysis, 0);
        let mut normal = |n: usize| -> Vec<f64> { (0..n).map(|_| StandardNormal.sample(&mut rng)).collect() };
        let (u, v) = (normal(SAMPLES), normal(SAMPLES));
        let mut chance = stream(9, Purpose::Analysis, 0);
        let (_, band) = distance_correlation_band(&u, &v, PERMUTATIONS, 0.95, &mut chance);
        let coupling = detectable_coupling(&u, &u, &v, band, &mut chance);
        assert!(coupling > 0.02 && coupling < 0.5, "{coupling}");
        let mut seen = |coupling: f64| {
            let is_seen = |_: &usize| {
                let (u, v) = (normal(SAMPLES), normal(SAMPLES));
                let v: Vec<f64> = u.iter().zip(v).map(|(u, v)| v * (coupling * u).exp()).collect();
                distance_correlation(&u, &v) > band
            };
            (0..100).filter(is_seen).count()
        };
        // Binomial deviations of 4 and 2, and those of 40 re-pairings (6) and of a band from 99 (2).
        let (with, without) = (seen(coupling), seen(0.0));
        assert!(with.abs_diff(80) <= 18 && without <= 14, "{with} {without}");
    }

    #[test]
    fn an_untrained_network_has_none() {
        let (_, model) = trained("cylinder", 0);
        let joint = Joint::new(&model, &JointQuery { z: vec![0.6, -0.5], plane: [0, 1] });
        assert!(
            joint.coupling.unwrap().iter().any(|c| *c > 0.05) && joint.product.error > 0.01,
            "{:?} {}",
            joint.coupling,
            joint.product.error
        );
    }
}
