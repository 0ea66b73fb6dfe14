//! Off-axis seams (ghosts): the seam of a latent at other values of the other latents. Under C2 its density does not change.

use crate::geometry::{Seam, measured_arcs};
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};
use crate::vae::{Prior, Vae};

use crate::experiment::Snapshot;
use crate::viz::latent_grid::RANGE;
use crate::viz::query::Query;

/// Points along a ghost.
const POINTS: usize = 141;

/// Decoded samples of a latent.
const SAMPLES: usize = 2000;

/// Asks for the off-axis seams (ghosts) of some latents.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GhostsQuery {
    /// z*.
    pub z: Vec<f64>,
    /// The latents whose seams are shown.
    pub latents: Vec<usize>,
    /// The values that each of the others takes.
    pub values: Vec<f64>,
}

impl Query for GhostsQuery {
    type Answer = Ghosts;

    fn answer(&self, _: &Snapshot, model: &Vae<f64>) -> Ghosts {
        Ghosts::new(model, self)
    }
}

/// An off-axis seam: the seam of a latent where one other latent differs from z*.
#[derive(Clone, Debug)]
pub(super) struct Ghost {
    /// The latent that has another value there.
    pub other: usize,
    /// Its value there.
    pub value: f64,
    /// The seam, without its points.
    pub seam: Seam,
}

/// The ghosts of some seams.
#[derive(Clone, Debug)]
pub(super) struct Ghosts {
    /// One list for each seam that was asked for.
    pub of_seams: Vec<(usize, Vec<Ghost>)>,
    /// For each of them the root mean square of log(‖Jᵢ‖ on a ghost / ‖Jᵢ‖ on the seam through z*) under the prior: 0
    /// exactly when they coincide.
    pub spread: Vec<f64>,
    /// For each of them where samples of its latent are decoded to, as arc lengths from d(z*) that are measured without a
    /// derivative; increasing.
    pub arcs: Vec<Vec<f64>>,
}

impl Ghosts {
    fn new(model: &Vae<f64>, query: &GhostsQuery) -> Self {
        let z = &query.z;
        let of = |i: usize| {
            let others = (0..z.len()).filter(move |j| *j != i);
            let ghost = |other: usize, value: f64| {
                let mut at = z.clone();
                at[other] = value;
                // Only speeds and arc lengths are drawn, and the points of images would fill the memory.
                let seam = Seam { points: Matrix::zeros(0, 0), ..Seam::through(model, &at, i, RANGE, POINTS) };
                Ghost { other, value, seam }
            };
            others.flat_map(|j| query.values.iter().map(move |v| (j, *v))).map(|(j, v)| ghost(j, v)).collect()
        };
        let ghosts: Vec<(usize, Vec<Ghost>)> = query.latents.iter().map(|i| (*i, of(*i))).collect();
        let spreads = ghosts.iter().map(|(i, ghosts)| spread(&Seam::through(model, z, *i, RANGE, POINTS), ghosts));
        let arcs = query.latents.iter().map(|i| measured_arcs(model, z, *i, &samples(*i, model.prior))).collect();
        Self { spread: spreads.collect(), of_seams: ghosts, arcs }
    }
}

/// Draws from the prior, increasing: the same ones every time.
fn samples(latent: usize, prior: Prior) -> Vec<f64> {
    let mut rng = stream(0, Purpose::Analysis, latent as u64);
    let mut t: Vec<f64> = (0..SAMPLES).map(|_| prior.sample(&mut rng)).collect();
    t.sort_unstable_by(f64::total_cmp);
    t
}

/// The root mean square of log(‖Jᵢ‖ on a ghost / ‖Jᵢ‖ on the seam) under the prior. All have the same values of t.
pub(super) fn spread(seam: &Seam, ghosts: &[Ghost]) -> f64 {
    let (mut sum, mut mass) = (0.0_f64, 0.0_f64);
    for ghost in ghosts {
        for ((t, there), here) in seam.t.iter().zip(&ghost.seam.speed).zip(&seam.speed) {
            let weight = seam.prior.density(*t);
            sum += weight * (there / here).ln().powi(2);
            mass += weight;
        }
    }
    (sum / mass).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};

    fn ghosts(decoder: DecoderKind) -> Ghosts {
        let architecture = Architecture {
            latent_dim: 3,
            hidden: vec![9],
            activation: Activation::Tanh,
            decoder,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let vae = Vae::<f64>::new(4, architecture, Covariance::Diagonal, &mut stream(3, Purpose::Init, 0));
        let query = GhostsQuery { z: vec![0.3, -0.2, 0.0], latents: vec![0, 2], values: vec![-1.0, 1.0] };
        Ghosts::new(&vae, &query)
    }

    #[test]
    fn ghosts_of_a_linear_decoder_coincide() {
        let found = ghosts(DecoderKind::Linear);
        assert_eq!(found.of_seams.iter().map(|(i, list)| (*i, list.len())).collect::<Vec<_>>(), [(0, 4), (2, 4)]);
        assert!(found.spread.iter().all(|s| *s < 1e-12), "{:?}", found.spread);
    }

    #[test]
    fn ghosts_of_a_bent_decoder_fan_out() {
        let found = ghosts(DecoderKind::Mlp);
        assert!(found.spread.iter().all(|s| *s > 0.01), "{:?}", found.spread);
        let (_, first) = &found.of_seams[0];
        assert_eq!((first[0].other, first[0].value, first[0].seam.latent), (1, -1.0, 0));
        // Arc length is counted from the ghost's own point at z*ᵢ.
        assert!(first[0].seam.arc_at(0.3).abs() < 1e-12);
    }
}
