//! The best posteriors of both families for one observation, never worse than the learned one, with the error of each objective.

use nalgebra::DVector;

use super::best_posterior::{BestPosterior, as_best, climb, nodes, square_distance, within_family};
use super::contrast::posterior_precision;
use super::jet::{Jets, Order};
use super::posterior_nodes::PosteriorNodes;
use crate::linalg::Matrix;
use crate::stats::Uncertain;
use crate::vae::{Covariance, Objective, Posterior, Vae};

/// A best posterior with its objective under each of the fresh rules, in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// The posterior.
    pub best: BestPosterior,
    /// Objective under each rule.
    pub elbos: Vec<f64>,
}

/// The best posteriors of an observation beside the learned one. Under the fresh nodes full ≥ diagonal, full ≥ learned, and
/// diagonal ≥ learned if the learned one is diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimalPosteriors {
    /// Best Gaussian.
    pub full: Evaluated,
    /// Best Gaussian with diagonal covariance.
    pub diagonal: Evaluated,
    /// Objective of the learned posterior under each of the fresh rules.
    pub learned: Vec<f64>,
}

impl OptimalPosteriors {
    /// Searches from the learned posterior, from the best of some samples of the prior, and for the full one from the best
    /// diagonal posterior. What was found has to beat the learned one and, for the full one, the best diagonal one under nodes
    /// that the search has not seen.
    pub fn new(vae: &Vae<f64>, x: &[f64], objective: &Objective, learned: &Posterior, nodes: &PosteriorNodes) -> Self {
        let with = |covariance| Objective { covariance, ..*objective };
        let evaluate = |best: BestPosterior| {
            let elbos = nodes.evaluate(vae, x, objective, &best.posterior);
            Evaluated { best, elbos }
        };
        let keep = |q: &Posterior, elbos: &[f64], converged: bool| Evaluated {
            best: as_best(vae, x, objective, q, &nodes.search[nodes.search.len() - 1], converged),
            elbos: elbos.to_vec(),
        };
        let learned_elbos = nodes.evaluate(vae, x, objective, learned);
        let mut starts = vec![learned.clone()];
        starts.extend(prior_start(vae, x, objective.b(), nodes));

        let mut diagonal = evaluate(search(vae, x, &with(Covariance::Diagonal), &starts, nodes));
        if is_diagonal(learned) && !beats(&diagonal.elbos, &learned_elbos) {
            diagonal = keep(learned, &learned_elbos, diagonal.best.converged);
        }
        starts.insert(0, diagonal.best.posterior.clone());
        let mut full = evaluate(search(vae, x, &with(Covariance::Full), &starts, nodes));
        for (q, elbos) in [(&diagonal.best.posterior, &diagonal.elbos), (learned, &learned_elbos)] {
            if !beats(&full.elbos, elbos) {
                full = keep(q, elbos, full.best.converged);
            }
        }
        Self { full, diagonal, learned: learned_elbos }
    }

    /// The best posterior of a family.
    pub fn of(&self, family: Covariance) -> &Evaluated {
        match family {
            Covariance::Full => &self.full,
            Covariance::Diagonal => &self.diagonal,
        }
    }
}

/// True unless the mean objective is smaller or not a number.
fn beats(a: &[f64], b: &[f64]) -> bool {
    Uncertain::of_difference(a, b).value >= 0.0
}

fn is_diagonal(q: &Posterior) -> bool {
    (0..q.dim()).all(|i| (0..i).all(|j| q.factor[(i, j)] == 0.0))
}

/// The best optimum that the first, coarse rule finds from any of the starts, refined with the others.
fn search(
    vae: &Vae<f64>,
    x: &[f64],
    objective: &Objective,
    starts: &[Posterior],
    nodes: &PosteriorNodes,
) -> BestPosterior {
    let coarse = starts.iter().map(|start| climb(vae, x, objective, start, &nodes.search[0], 10.0 * nodes.rest));
    // Written so that a number beats NaN.
    let best = coarse.reduce(|best, other| if best.elbo >= other.elbo || other.elbo.is_nan() { best } else { other });
    let first = within_family(starts[0].clone(), objective.covariance);
    let best = best.unwrap_or_else(|| as_best(vae, x, objective, &first, &nodes.search[0], false));
    nodes.search[1..].iter().fold(best, |best, rule| climb(vae, x, objective, &best.posterior, rule, nodes.rest))
}

/// N(z, (I + JᵀFJ/b)⁻¹) at that sample of the prior with the highest posterior density: it may be in another mode than the
/// learned posterior.
fn prior_start(vae: &Vae<f64>, x: &[f64], b: f64, rules: &PosteriorNodes) -> Option<Posterior> {
    let (m, rule) = (vae.latent_dim(), &rules.prior);
    if rule.weights.is_empty() {
        return None;
    }
    let prior = Posterior { mean: DVector::zeros(m), factor: nalgebra::DMatrix::identity(m, m) };
    let z = nodes(&prior, rule);
    let (eta, likelihood) = (vae.natural(&z), vae.likelihood());
    let energy = |k: usize| 2.0 * likelihood.loss(eta.column(k), x) / b + square_distance(z.column(k), &vec![0.0; m]);
    let nearest = (0..z.columns()).min_by(|i, j| energy(*i).total_cmp(&energy(*j)))?;
    let z = Matrix::from_columns(m, 1, z.column(nearest).to_vec());
    let jacobian = Jets::fisher(vae, &z, Order::First).jacobian(0);
    let factor = posterior_precision(&jacobian, b).cholesky()?.inverse().cholesky()?.l();
    Some(Posterior { mean: DVector::from_column_slice(z.as_slice()), factor })
}
