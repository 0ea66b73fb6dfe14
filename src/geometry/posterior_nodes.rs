//! Nodes for expectations under a posterior: some to search with, fresh ones to evaluate what was found.

use super::best_posterior::elbo_of;
use super::undefined::Undefined;
use crate::linalg::Matrix;
use crate::stats::{MOST_DIMENSIONS, Quadrature, gauss_hermite, scrambled_normals};
use crate::vae::{Likelihood, Objective, Posterior, Vae};

/// Independent scramblings among the fresh nodes.
const REPLICATES: u32 = 8;

/// Nodes under N(0, I), which suit every Gaussian posterior of a model.
///
/// An optimum that was found with few nodes fits their errors, so its objective is too high under them: with 2ᵐ nodes by
/// nats. So the search and the evaluation use different ones.
#[derive(Clone, Debug, PartialEq)]
pub struct PosteriorNodes {
    /// Rules to search with, each finer than the one before.
    pub search: Vec<Quadrature>,
    /// A search with these rules may end when a step gains less, in nats: 0 for Gauss–Hermite rules and a Gaussian likelihood.
    pub rest: f64,
    /// Rules to evaluate with. Their mean is the estimate and their spread its error; a single one is exact.
    pub fresh: Vec<Quadrature>,
    /// Samples of the prior, among which a search finds other places to start from; none for affine decoders.
    pub prior: Quadrature,
}

impl PosteriorNodes {
    /// * Affine decoders with a Gaussian likelihood: 2m nodes that are exact for quadratics, as the objective is.
    /// * Smooth decoders of one or two latents: Gauss–Hermite rules. The two fresh ones differ in their order, so their
    ///   difference is the error of the worse. Posteriors of Bernoulli variables are wide, so they take more nodes, and even under
    ///   them Stein's second derivatives are not exactly those of the objective.
    /// * Others: Sobol points, 8 × `points` fresh ones. Other seeds scramble them otherwise.
    ///
    /// # Errors
    /// With too many latents of a decoder that is not affine.
    pub fn new(vae: &Vae<f64>, points: usize, seed: u32) -> Result<Self, Undefined> {
        let m = vae.latent_dim();
        if vae.architecture.has_closed_forms() {
            let rule = third_degree(m);
            return Ok(Self {
                search: vec![rule.clone()],
                rest: 0.0,
                fresh: vec![rule],
                prior: scrambled_normals(0, 0, 0),
            });
        }
        if m > MOST_DIMENSIONS {
            return Err(Undefined::ManyLatents);
        }
        // Seeds of the prior and the search are not those of the fresh nodes.
        let seed = |k| seed * (REPLICATES + 2) + k;
        let prior = scrambled_normals(m, 256, seed(REPLICATES));
        let searched = |count| scrambled_normals(m, count, seed(REPLICATES + 1));
        let smooth = vae.architecture.activation.is_smooth() || vae.architecture.has_affine_decoder();
        let wide = vae.likelihood() == Likelihood::Bernoulli;
        Ok(match m {
            1 | 2 if smooth && wide => {
                let [search, fresh, finer] = if m == 1 { [32, 48, 60] } else { [14, 24, 28] };
                Self {
                    search: vec![gauss_hermite(m, search)],
                    rest: 1e-7,
                    fresh: vec![gauss_hermite(m, fresh), gauss_hermite(m, finer)],
                    prior,
                }
            }
            1 if smooth => Self {
                search: vec![gauss_hermite(1, 16)],
                rest: 0.0,
                fresh: vec![gauss_hermite(1, 32), gauss_hermite(1, 44)],
                prior,
            },
            2 if smooth => Self {
                search: vec![gauss_hermite(2, 8)],
                rest: 0.0,
                fresh: vec![gauss_hermite(2, 16), gauss_hermite(2, 20)],
                prior,
            },
            _ => Self {
                search: vec![searched(128.min(points)), searched(points)],
                rest: 1e-4,
                fresh: (0..REPLICATES).map(|k| scrambled_normals(m, points, seed(k))).collect(),
                prior,
            },
        })
    }

    /// The objective under each of the fresh rules, in nats.
    pub fn evaluate(&self, vae: &Vae<f64>, x: &[f64], objective: &Objective, q: &Posterior) -> Vec<f64> {
        self.fresh.iter().map(|rule| elbo_of(vae, x, objective, q, rule)).collect()
    }
}

/// The nodes ±√m eᵢ with equal weights: exact for polynomials of degree 3.
fn third_degree(m: usize) -> Quadrature {
    let far = (m as f64).sqrt();
    let node = |i: usize, k: usize| match k / 2 == i {
        true if k.is_multiple_of(2) => far,
        true => -far,
        false => 0.0,
    };
    Quadrature { nodes: Matrix::from_fn(m, 2 * m, node), weights: vec![0.5 / m as f64; 2 * m] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_degrees_are_exact() {
        let rule = third_degree(5);
        let expect = |f: &dyn Fn(&[f64]) -> f64| -> f64 {
            rule.nodes.iter_columns().zip(&rule.weights).map(|(x, w)| w * f(x)).sum()
        };
        assert!((expect(&|_| 1.0) - 1.0).abs() < 1e-15);
        assert!((expect(&|x| (x[0] - 2.0 * x[3]).powi(2)) - 5.0).abs() < 1e-14);
        assert!(expect(&|x| x[1] * x[2]).abs() < 1e-15 && expect(&|x| x[4].powi(3)).abs() < 1e-14);
    }
}
