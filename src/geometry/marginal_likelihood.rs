//! The marginal likelihood log p(x) = log ∫ N(x; d(z), bI) N(z; 0, I) dz of one observation under a decoder. For Bernoulli variables it
//! is log ∫ p(x|z)^(1/β) N(z; 0, I) dz, b = β.

use std::f64::consts::TAU;

use nalgebra::{DMatrix, DVector};

use super::best_posterior::square_distance;
use super::contrast::posterior_precision;
use super::jet::{Jets, Order};
use super::posterior_nodes::PosteriorNodes;
use super::undefined::Undefined;
use crate::linalg::Matrix;
use crate::stats::Uncertain;
use crate::vae::{Likelihood, Posterior, Vae};

/// The logarithm of an integral over the latents, and how it was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarginalLikelihood {
    /// log p(x) with noise variance b (with p(x|z)^(1/b) for Bernoulli variables), in nats, with its error.
    pub log_px: Uncertain,
    /// The method.
    pub integration: Integration,
}

/// Method of an integral over the latents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Integration {
    /// Affine decoders with a Gaussian likelihood: x is Gaussian with covariance DDᵀ + bI. Exact.
    ClosedForm,
    /// One or two latents: a grid that is refined where the integrand lives. The error is the change by the last refinement.
    Grid {
        /// Decoded latents.
        points: usize,
    },
    /// More latents. The error is the spread of independent estimates.
    ImportanceSampling {
        /// Samples.
        samples: usize,
        /// (Σw)²/Σw²: as many equal weights would have the same variance.
        effective: f64,
        /// Largest share that a single sample has of the sum.
        largest_share: f64,
    },
}

/// Fewest effective samples, and largest share of one of them, of an integral that can be trusted.
const FEWEST_EFFECTIVE: f64 = 100.0;
const LARGEST_SHARE: f64 = 0.1;

/// The integrand is left out where it is below e⁻²⁵ of its maximum.
const DEPTH: f64 = 25.0;

impl MarginalLikelihood {
    /// Integrates over all latents. `near` is a Gaussian near the posterior, such as the best one: importance samples are drawn
    /// around it and from the prior, and a grid begins with the range that it implies.
    ///
    /// # Errors
    /// If few samples carry the weight, if the posterior is too narrow for a grid, or if the result is not finite.
    pub fn new(vae: &Vae<f64>, x: &[f64], b: f64, near: &Posterior, nodes: &PosteriorNodes) -> Result<Self, Undefined> {
        let found = if vae.architecture.has_closed_forms() {
            closed_form(vae, x, b)
        } else if vae.latent_dim() <= 2 {
            grid(vae, x, b, near)
        } else {
            importance_sampling(vae, x, b, near, nodes)
        };
        match found.integration {
            _ if !found.log_px.value.is_finite() => Err(Undefined::NotFinite),
            Integration::Grid { .. } if !found.log_px.error.is_finite() => Err(Undefined::NarrowPosterior),
            Integration::ImportanceSampling { effective, largest_share, .. }
                if !(effective >= FEWEST_EFFECTIVE && largest_share <= LARGEST_SHARE) =>
            {
                Err(Undefined::FewWeights)
            }
            _ => Ok(found),
        }
    }
}

/// log N(x; c, DDᵀ + bI) by way of Λ = I + DᵀD/b, with the determinant and the inverse of an m × m matrix.
fn closed_form(vae: &Vae<f64>, x: &[f64], b: f64) -> MarginalLikelihood {
    let n = x.len() as f64;
    let jets = Jets::of(vae, &Matrix::zeros(vae.latent_dim(), 1), Order::First);
    let d = jets.jacobian(0);
    let residual = DVector::from_iterator(x.len(), x.iter().zip(jets.value.column(0)).map(|(x, c)| x - c));
    let projected = d.transpose() * &residual;
    let log_px = posterior_precision(&d, b).cholesky().map_or(f64::NAN, |factor| {
        let quadratic = (residual.norm_squared() - projected.dot(&factor.solve(&projected)) / b) / b;
        -0.5 * (n * (TAU * b).ln() + factor.ln_determinant() + quadratic)
    });
    MarginalLikelihood { log_px: Uncertain::exact(log_px), integration: Integration::ClosedForm }
}

/// log p(x|z)^(1/β) N(z; 0, I) without its constants.
fn log_integrand(likelihood: Likelihood, eta: &[f64], x: &[f64], z: &[f64], b: f64) -> f64 {
    -0.5 * (2.0 * likelihood.loss(eta, x) / b + z.iter().map(|z| z * z).sum::<f64>())
}

/// log of the constant of p(x|z)^(1/β) for x of dimension n.
fn log_constant(likelihood: Likelihood, n: usize, b: f64) -> f64 {
    match likelihood {
        Likelihood::Gaussian => -0.5 * n as f64 * (TAU * b).ln(),
        Likelihood::Bernoulli => 0.0,
    }
}

/// A cell of the grid.
#[derive(Clone, Debug)]
struct Cell {
    centre: [f64; 2],
    /// log of the integrand there.
    log_density: f64,
    /// f there.
    loss: f64,
    /// ‖∂f/∂η‖ = ‖x − x̂‖ there.
    slope: f64,
    /// Distance that η moves inside of the cell, estimated from its siblings.
    reach: f64,
}

impl Cell {
    /// Lower bound of f inside of the cell.
    fn least_loss(&self, likelihood: Likelihood) -> f64 {
        match likelihood {
            Likelihood::Gaussian => 0.5 * (self.slope - self.reach).max(0.0).powi(2),
            // f is convex in η, and not negative for x in [0, 1].
            Likelihood::Bernoulli => (self.loss - self.slope * self.reach).max(0.0),
        }
    }

    /// True if the integrand changes little inside of the cell: η moves less than two deviations of x, of which one is √b, or at
    /// least 2√b with F ≤ ¼.
    fn is_fine(&self, likelihood: Likelihood, b: f64) -> bool {
        let root = match likelihood {
            Likelihood::Gaussian => 1.0,
            Likelihood::Bernoulli => 0.5,
        };
        root * self.reach < 2.0 * b.sqrt()
    }
}

/// Midpoint rule with all cells halved until the integral rests. It converges faster than any power of the width, as soon
/// as that is the width of the posterior. Cells that cannot contribute are left out: d moves too little in them to come near x.
/// The first cells cover every z whose prior alone is not negligible against the integrand at `near`.
fn grid(vae: &Vae<f64>, x: &[f64], b: f64, near: &Posterior) -> MarginalLikelihood {
    // A kinked integrand converges slowly, and is left with an error of about 10⁻⁵.
    const MOST_POINTS: usize = 1 << 17;
    const TOLERANCE: f64 = 1e-9;
    let m = vae.latent_dim();
    let known = Matrix::from_columns(m, 1, near.mean.as_slice().to_vec());
    let likelihood = vae.likelihood();
    let peak = log_integrand(likelihood, vae.natural(&known).column(0), x, near.mean.as_slice(), b);
    let range = (2.0 * (DEPTH - peak)).sqrt();
    let constant = log_constant(likelihood, x.len(), b) - 0.5 * m as f64 * TAU.ln();
    if !range.is_finite() {
        let log_px = Uncertain::exact(f64::NAN);
        return MarginalLikelihood { log_px, integration: Integration::Grid { points: 1 } };
    }

    let count = ((2.0 * range / 0.5).ceil() as usize).clamp(16, if m == 1 { 4096 } else { 128 });
    let mut width = 2.0 * range / count as f64;
    let line = |k: usize| (k as f64 + 0.5) * width - range;
    let centres = (0..count.pow(m as u32)).map(|k| [line(k % count), if m == 1 { 0.0 } else { line(k / count) }]);
    let mut cells = evaluate(vae, x, b, &centres.collect::<Vec<_>>());
    // The first cells have no siblings: only the prior excludes them.
    cells.iter_mut().for_each(|cell| cell.reach = f64::INFINITY);
    let (mut points, mut before, mut change) = (cells.len(), log_sum(&cells, width, m), f64::INFINITY);
    let log_px = loop {
        // Half a diagonal.
        let radius = 0.5 * width * (m as f64).sqrt();
        let top = cells.iter().map(|cell| cell.log_density).fold(peak, f64::max);
        cells.retain(|cell| {
            let inside = (cell.centre[0].hypot(cell.centre[1]) - radius).max(0.0);
            -cell.least_loss(likelihood) / b - 0.5 * inside * inside > top - DEPTH
        });
        let resolved = cells.iter().all(|cell| cell.is_fine(likelihood, b));
        if points + (cells.len() << m) > MOST_POINTS || cells.is_empty() {
            break Uncertain { value: before, error: if resolved { change } else { f64::INFINITY } };
        }
        let children: Vec<[f64; 2]> = cells.iter().flat_map(|cell| children(cell.centre, width, m)).collect();
        width *= 0.5;
        cells = evaluate(vae, x, b, &children);
        points += cells.len();
        let after = log_sum(&cells, width, m);
        change = (after - before).abs();
        if !change.is_finite() || (resolved && change < TOLERANCE) {
            break Uncertain { value: after, error: change };
        }
        before = after;
    };
    MarginalLikelihood {
        log_px: Uncertain { value: log_px.value + constant, ..log_px },
        integration: Integration::Grid { points },
    }
}

/// Centres of the 2ᵐ halves of a cell.
fn children([x, y]: [f64; 2], width: f64, m: usize) -> impl Iterator<Item = [f64; 2]> {
    let side = move |bit: usize| if bit == 0 { -0.25 * width } else { 0.25 * width };
    (0..1 << m).map(move |k| [x + side(k & 1), if m == 1 { 0.0 } else { y + side(k >> 1) }])
}

/// The cells with these centres; siblings stand together, 2ᵐ at a time. Decoded in blocks, for a decoding may have many numbers.
fn evaluate(vae: &Vae<f64>, x: &[f64], b: f64, centres: &[[f64; 2]]) -> Vec<Cell> {
    /// Numbers of a block: 32 MB.
    const BLOCK: usize = 4_000_000;
    let siblings = 1 << vae.latent_dim();
    let families = (BLOCK / x.len().max(1) / siblings).max(1);
    centres.chunks(families * siblings).flat_map(|block| evaluate_block(vae, x, b, block)).collect()
}

fn evaluate_block(vae: &Vae<f64>, x: &[f64], b: f64, centres: &[[f64; 2]]) -> Vec<Cell> {
    let m = vae.latent_dim();
    let (eta, likelihood) = (vae.natural(&Matrix::from_fn(m, centres.len(), |i, k| centres[k][i])), vae.likelihood());
    let siblings = 1 << m;
    let reach = |k: usize| {
        let first = k / siblings * siblings;
        let others = first..(first + siblings).min(centres.len());
        // Siblings are √m to 1 widths apart, half a diagonal is √m/2; a factor 2 is left for curvature.
        others.map(|j| square_distance(eta.column(j), eta.column(k))).fold(0.0, f64::max).sqrt()
    };
    let cell = |k: usize| Cell {
        centre: centres[k],
        log_density: log_integrand(likelihood, eta.column(k), x, &centres[k][..m], b),
        loss: likelihood.loss(eta.column(k), x),
        slope: eta.column(k).iter().zip(x).map(|(eta, x)| (likelihood.mean(*eta) - x).powi(2)).sum::<f64>().sqrt(),
        reach: reach(k),
    };
    (0..centres.len()).map(cell).collect()
}

/// log Σ exp(log density) widthᵐ.
fn log_sum(cells: &[Cell], width: f64, m: usize) -> f64 {
    let top = cells.iter().map(|cell| cell.log_density).fold(f64::NEG_INFINITY, f64::max);
    top + cells.iter().map(|cell| (cell.log_density - top).exp()).sum::<f64>().ln() + m as f64 * width.ln()
}

/// Samples from a mixture: half of them from `near`, a quarter from it with twice its width, a quarter from the prior, which
/// bounds the weights. Every sample is weighted against the whole mixture (Veach & Guibas 1995).
pub(super) fn importance_sampling(
    vae: &Vae<f64>,
    x: &[f64],
    b: f64,
    near: &Posterior,
    nodes: &PosteriorNodes,
) -> MarginalLikelihood {
    let m = vae.latent_dim();
    let wide = Posterior { mean: near.mean.clone(), factor: &near.factor * 2.0 };
    let prior = Posterior { mean: DVector::zeros(m), factor: DMatrix::identity(m, m) };
    let mixture = [(0.5, near), (0.25, &wide), (0.25, &prior)];
    let log_weights: Vec<Vec<f64>> = nodes
        .fresh
        .iter()
        .map(|rule| {
            let count = rule.weights.len();
            let part = |k: usize| usize::from(4 * k >= 2 * count) + usize::from(4 * k >= 3 * count);
            let samples = (0..count).flat_map(|k| mixture[part(k)].1.sample(rule.nodes.column(k)).as_slice().to_vec());
            let z = Matrix::from_columns(m, count, samples.collect());
            let eta = vae.natural(&z);
            let weight = |k: usize| {
                let parts = mixture.map(|(share, q): (f64, &Posterior)| share.ln() + log_density(q, z.column(k)));
                let top = parts.into_iter().fold(f64::NEG_INFINITY, f64::max);
                let proposal = top + parts.iter().map(|part| (part - top).exp()).sum::<f64>().ln();
                log_integrand(vae.likelihood(), eta.column(k), x, z.column(k), b) - proposal
            };
            (0..count).map(weight).collect()
        })
        .collect();
    let top = log_weights.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = log_weights.iter().flatten().map(|w| (w - top).exp());
    let (sum, squares) = weights.fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
    let means = log_weights.iter().map(|w| w.iter().map(|w| (w - top).exp()).sum::<f64>() / w.len() as f64);
    let mean = Uncertain::of(&means.collect::<Vec<_>>());
    // Both densities of z lack the same constant.
    let constant = log_constant(vae.likelihood(), x.len(), b);
    MarginalLikelihood {
        log_px: Uncertain { value: top + mean.value.ln() + constant, error: mean.error / mean.value },
        integration: Integration::ImportanceSampling {
            samples: log_weights.iter().map(Vec::len).sum(),
            effective: sum * sum / squares,
            largest_share: 1.0 / sum,
        },
    }
}

/// log of a Gaussian density, without (2π)^(−m/2).
fn log_density(q: &Posterior, z: &[f64]) -> f64 {
    let m = q.dim();
    let mut white = [0.0; crate::stats::MOST_DIMENSIONS];
    let (mut square, mut log_det) = (0.0, 0.0);
    for i in 0..m {
        let below: f64 = (0..i).map(|j| q.factor[(i, j)] * white[j]).sum();
        white[i] = (z[i] - q.mean[i] - below) / q.factor[(i, i)];
        square += white[i] * white[i];
        log_det += q.factor[(i, i)].ln();
    }
    -0.5 * square - log_det
}
