//! Best posterior for a decoder: the Gaussian of a family that maximises the objective for one observation.
//!
//! With f(z) = ‖x − d(z)‖²/2 and b = βσ² it minimises E_q f / b + KL(q‖p); for Bernoulli variables f(z) = Σ log(1 + e^η) − x η and
//! b = β. So at the optimum
//! * μ = −E_q[∇f] / b, and
//! * Σ⁻¹ = Λ := I + E_q[∇²f] / b for full covariance, 1/σᵢ² = Λᵢᵢ for diagonal
//!
//! (Opper & Archambeau 2009; the exact form of the post's equation 1). The expected second derivative comes from first
//! derivatives alone, E_q[∇²f] = E[∇f(μ + Lε) εᵀ] L⁻¹ (Stein). It also holds for ReLU decoders, whose almost-everywhere
//! second derivative would give a wrong value.

use nalgebra::{DMatrix, DVector};

use super::jet::{Jets, Order};
use crate::linalg::Matrix;
use crate::stats::{Quadrature, gauss_hermite};
use crate::vae::{Covariance, Objective, Posterior, Prior, Vae};

/// Best posterior of a family for one observation.
#[derive(Clone, Debug, PartialEq)]
pub struct BestPosterior {
    /// Posterior at the optimum.
    pub posterior: Posterior,
    /// Λ at the optimum: with full covariance its inverse is Σ.
    pub precision: DMatrix<f64>,
    /// Objective at the optimum, in nats.
    pub elbo: f64,
    /// True if the stationarity conditions hold to 10⁻⁶; with sampled nodes, if they hold within the error of the nodes.
    pub converged: bool,
}

/// Most numbers of jets at once, 64 MB, and fewest nodes, below which they are not worth a block.
const NUMBERS_AT_ONCE: usize = 8 << 20;
const FEWEST_AT_ONCE: usize = 32;

/// Up to so many latents [`posterior_quadrature`] has nodes enough for six digits of a curved decoder's optimum. Beyond, the
/// optimum is approximate: with 4 nodes per dimension (three latents) it is off by a few hundredths of a nat, with 2 by nats.
/// Where its error matters, search with [`PosteriorNodes`](super::PosteriorNodes).
pub const FINE_QUADRATURE: usize = 2;

/// Quadrature rule for expectations in `m` dimensions: few nodes, because a posterior is narrow and the decoder nearly
/// quadratic in it.
pub fn posterior_quadrature(m: usize) -> Quadrature {
    match m {
        1 => gauss_hermite(1, 12),
        2 => gauss_hermite(2, 6),
        3 => gauss_hermite(3, 4),
        // Beyond, 3ᵐ is too many: two nodes per dimension are exact to third order.
        _ => gauss_hermite(m.min(10), 2),
    }
}

/// Finds an optimum for observation `x` from `start` by natural-gradient steps, shortened when they would lower the
/// objective. A curved decoder may have several optima; the encoder's posterior is a good start.
pub fn best_posterior(
    vae: &Vae<f64>,
    x: &[f64],
    objective: &Objective,
    start: &Posterior,
    rule: &Quadrature,
) -> BestPosterior {
    climb(vae, x, objective, start, rule, 0.0)
}

/// [`best_posterior`] with a rule whose nodes are sampled, or too few for wide posteriors. Under them Stein's second derivatives are not exactly those of the
/// objective, so no condition holds to the last digit: the search ends when a step gains less than `rest` nats, and has
/// converged if the next goal is near then.
pub(super) fn climb(
    vae: &Vae<f64>,
    x: &[f64],
    objective: &Objective,
    start: &Posterior,
    rule: &Quadrature,
    rest: f64,
) -> BestPosterior {
    const STEPS: usize = 60;
    /// To second order KL(q‖goal) is what is still to be gained, divided by β.
    const NEAR: f64 = 0.01;
    let family = objective.covariance;
    let mut here = Expectations::new(vae, x, objective, within_family(start.clone(), family), rule);
    let mut converged = false;
    for _ in 0..STEPS {
        let Some(goal) = here.goal(family, objective.b()) else { break };
        let moved =
            (&goal.mean - &here.posterior.mean).norm() + (goal.covariance() - here.posterior.covariance()).norm();
        let next = [1.0, 0.5, 0.25, 0.1, 0.03].iter().find_map(|share| {
            let q = between(&here.posterior, &goal, *share)?;
            let next = Expectations::new(vae, x, objective, within_family(q, family), rule);
            (next.elbo >= here.elbo - 1e-12).then_some(next)
        });
        let is_near = rest > 0.0 && here.posterior.kl_to(&goal) < NEAR;
        let Some(next) = next else {
            converged = moved < 1e-6 || is_near;
            break;
        };
        let gain = next.elbo - here.elbo;
        here = next;
        if moved < 1e-9 || (rest > 0.0 && gain < rest) {
            converged = moved < 1e-9 || is_near;
            break;
        }
    }
    here.best(objective, converged)
}

/// A posterior in the place of a [`BestPosterior`], with Λ and the objective under it.
pub(super) fn as_best(
    vae: &Vae<f64>,
    x: &[f64],
    objective: &Objective,
    q: &Posterior,
    rule: &Quadrature,
    converged: bool,
) -> BestPosterior {
    Expectations::new(vae, x, objective, q.clone(), rule).best(objective, converged)
}

/// E_q log p(x|z) − β KL for any Gaussian q, by quadrature, in nats.
pub fn elbo_of(vae: &Vae<f64>, x: &[f64], objective: &Objective, q: &Posterior, rule: &Quadrature) -> f64 {
    let (eta, likelihood) = (vae.natural(&nodes(q, rule)), vae.likelihood());
    let loss = eta.iter_columns().zip(&rule.weights).map(|(eta, w)| w * likelihood.loss(eta, x)).sum::<f64>();
    likelihood.reconstruction(loss, objective, x.len()) - objective.beta * q.kl(Prior::Normal)
}

/// ‖d − x‖².
pub(super) fn square_distance(d: &[f64], x: &[f64]) -> f64 {
    d.iter().zip(x).map(|(d, x)| (d - x).powi(2)).sum()
}

/// A Gaussian with the expectations under it.
struct Expectations {
    posterior: Posterior,
    elbo: f64,
    /// E_q ∇f.
    gradient: DVector<f64>,
    /// E_q ∇²f.
    curvature: DMatrix<f64>,
}

impl Expectations {
    fn new(vae: &Vae<f64>, x: &[f64], objective: &Objective, q: Posterior, rule: &Quadrature) -> Self {
        // Those of thousands of nodes in thousands of pixels would take half a gigabyte.
        let at_once = (NUMBERS_AT_ONCE / (x.len() * (1 + q.dim()))).max(FEWEST_AT_ONCE);
        Self::in_blocks(vae, x, objective, q, rule, at_once)
    }

    /// [`Self::new`] with the jets of so many nodes at once; the sums run over the nodes one after the other, whatever that number is.
    fn in_blocks(
        vae: &Vae<f64>,
        x: &[f64],
        objective: &Objective,
        q: Posterior,
        rule: &Quadrature,
        at_once: usize,
    ) -> Self {
        let (m, likelihood) = (q.dim(), vae.likelihood());
        let z = nodes(&q, rule);
        let (mut loss, mut gradient, mut stein) = (0.0, DVector::zeros(m), DMatrix::zeros(m, m));
        for start in (0..z.columns()).step_by(at_once) {
            let block = start..(start + at_once).min(z.columns());
            let part = Matrix::from_columns(m, block.len(), z.as_slice()[m * block.start..m * block.end].to_vec());
            let jets = Jets::natural(vae, &part, Order::First);
            for (k, node) in block.enumerate() {
                let w = rule.weights[node];
                let eta = jets.value.column(k);
                let residual: Vec<f64> = eta.iter().zip(x).map(|(eta, x)| likelihood.mean(*eta) - x).collect();
                loss += w * likelihood.loss(eta, x);
                let slope = |i: usize| jets.column(k, i).iter().zip(&residual).map(|(j, r)| j * r).sum::<f64>();
                let slope = DVector::from_iterator(m, (0..m).map(slope));
                stein += (w * &slope) * DVector::from_column_slice(rule.nodes.column(node)).transpose();
                gradient += w * slope;
            }
        }
        // E[∇f εᵀ] L⁻¹, symmetrised: it is symmetric up to the quadrature error.
        let curvature = q.factor.transpose().solve_upper_triangular(&stein.transpose()).map_or_else(
            || DMatrix::from_element(m, m, f64::NAN),
            |solved| {
                let solved = solved.transpose();
                (&solved + solved.transpose()) * 0.5
            },
        );
        let elbo = likelihood.reconstruction(loss, objective, x.len()) - objective.beta * q.kl(Prior::Normal);
        Self { elbo, posterior: q, gradient, curvature }
    }

    fn best(self, objective: &Objective, converged: bool) -> BestPosterior {
        BestPosterior {
            precision: self.precision(objective.b()),
            elbo: self.elbo,
            posterior: self.posterior,
            converged,
        }
    }

    /// Λ.
    fn precision(&self, b: f64) -> DMatrix<f64> {
        DMatrix::identity(self.curvature.nrows(), self.curvature.ncols()) + &self.curvature / b
    }

    /// Target of a natural-gradient step: Σ⁻¹ = Λ or its diagonal, μ ← μ − Λ⁻¹ (μ + E∇f / b). No family restricts the mean, so
    /// it takes Newton's step in both; with the diagonal of Λ in its place, steps would zigzag where columns are far from
    /// orthogonal.
    fn goal(&self, family: Covariance, b: f64) -> Option<Posterior> {
        let precision = self.precision(b);
        let diagonal = precision.diagonal();
        // Far from the optimum Λ may have negative curvature in a direction; the prior's precision is a safe lower bound.
        let factor = precision.clone().cholesky().or_else(|| {
            let eigen = precision.symmetric_eigen();
            let raised = DMatrix::from_diagonal(&eigen.eigenvalues.map(|l| l.max(1.0)));
            (&eigen.eigenvectors * raised * eigen.eigenvectors.transpose()).cholesky()
        })?;
        let sigma = factor.inverse();
        let mean = &self.posterior.mean - &sigma * (&self.posterior.mean + &self.gradient / b);
        let factor = match family {
            Covariance::Full => sigma.cholesky()?.l(),
            // At the optimum it is positive; on the way the prior's precision is a safe lower bound here, too.
            Covariance::Diagonal => {
                DMatrix::from_diagonal(&diagonal.map(|l| if l > 0.0 { l } else { 1.0 }.sqrt().recip()))
            }
        };
        Some(Posterior { mean, factor })
    }
}

pub(super) fn nodes(q: &Posterior, rule: &Quadrature) -> Matrix<f64> {
    let m = q.dim();
    let mut z = Matrix::zeros(m, rule.weights.len());
    for k in 0..rule.weights.len() {
        z.column_mut(k).copy_from_slice(q.sample(rule.nodes.column(k)).as_slice());
    }
    z
}

/// Member of the family with the same mean; for diagonal covariance with the same marginal variances.
pub(super) fn within_family(q: Posterior, family: Covariance) -> Posterior {
    match family {
        Covariance::Full => q,
        Covariance::Diagonal => {
            let deviations = q.covariance().diagonal().map(f64::sqrt);
            Posterior { factor: DMatrix::from_diagonal(&deviations), ..q }
        }
    }
}

/// Gaussian at `share` of the way between two, linear in mean and covariance.
fn between(from: &Posterior, to: &Posterior, share: f64) -> Option<Posterior> {
    let mean = &from.mean * (1.0 - share) + &to.mean * share;
    let sigma = from.covariance() * (1.0 - share) + to.covariance() * share;
    Some(Posterior { mean, factor: sigma.cholesky()?.l() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::ppca::linear_elbo;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind};
    use proptest::prelude::*;

    fn objective(covariance: Covariance, beta: f64, sigma2: f64) -> Objective {
        Objective::new(covariance, beta, sigma2)
    }

    fn prior(m: usize) -> Posterior {
        Posterior { mean: DVector::zeros(m), factor: DMatrix::identity(m, m) }
    }

    fn network(activation: Activation) -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![12],
            activation,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::new(3, architecture, Covariance::Full, &mut stream(8, Purpose::Init, 0));
        for p in &mut vae.parameters {
            *p *= 1.5;
        }
        vae
    }

    fn linear(w: &DMatrix<f64>) -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: w.ncols(),
            hidden: vec![],
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::zeros(w.nrows(), architecture, Covariance::Full);
        vae.parameters[..w.len()].copy_from_slice(w.as_slice());
        vae
    }

    /// Linear decoders have a closed form for both families: the mean over data with a given covariance.
    #[test]
    fn linear_decoders_give_the_closed_form() {
        let w = DMatrix::from_row_slice(3, 2, &[1.2, 0.5, -0.3, 0.8, 0.2, 0.1]);
        let vae = linear(&w);
        // Three orthogonal observations of length √3 have the identity as covariance, and mean zero with their negatives.
        let data: Vec<Vec<f64>> = (0..6)
            .map(|k| {
                (0..3)
                    .map(|i| if i == k / 2 { 3_f64.sqrt() * if k % 2 == 0 { 1.0 } else { -1.0 } } else { 0.0 })
                    .collect()
            })
            .collect();
        let rule = posterior_quadrature(2);
        for family in Covariance::ALL {
            let objective = objective(family, 1.7, 0.2);
            let mean: f64 =
                data.iter().map(|x| best_posterior(&vae, x, &objective, &prior(2), &rule).elbo).sum::<f64>() / 6.0;
            let closed = linear_elbo(&w, &DMatrix::identity(3, 3), &objective);
            assert!((mean - closed).abs() < 1e-9, "{family:?}: {mean} {closed}");
        }
    }

    /// V01: the stationarity conditions hold and no neighbour is better.
    #[test]
    fn the_optimum_is_stationary() {
        let x = [0.4, -0.3, 0.6];
        let rule = posterior_quadrature(2);
        for activation in [Activation::Tanh, Activation::Softplus] {
            let vae = network(activation);
            for family in Covariance::ALL {
                let objective = objective(family, 1.3, 0.15);
                let best = best_posterior(&vae, &x, &objective, &prior(2), &rule);
                assert!(best.converged);
                let q = &best.posterior;
                match family {
                    Covariance::Full => {
                        assert!((q.precision() - &best.precision).norm() < 1e-5 * best.precision.norm());
                    }
                    Covariance::Diagonal => {
                        for i in 0..2 {
                            assert!((q.factor[(i, i)].powi(-2) / best.precision[(i, i)] - 1.0).abs() < 1e-5);
                        }
                    }
                }
                for k in 0..4 {
                    let mut other = q.clone();
                    match k {
                        0 | 1 => other.mean[k] += 1e-3,
                        2 => other.factor[(0, 0)] *= 1.01,
                        _ => other.factor[(1, 1)] *= 0.99,
                    }
                    assert!(elbo_of(&vae, &x, &objective, &other, &rule) < best.elbo);
                }
            }
        }
    }

    #[test]
    fn the_precision_is_that_of_expected_second_derivatives() {
        // Stein's form against E[JᵀJ + Σ r_k ∇²d_k] with exact second derivatives.
        let vae = network(Activation::Tanh);
        let x = [0.4, -0.3, 0.6];
        let rule = gauss_hermite(2, 14);
        let q = Posterior {
            mean: DVector::from_vec(vec![0.2, -0.1]),
            factor: DMatrix::from_row_slice(2, 2, &[0.4, 0.0, 0.1, 0.3]),
        };
        let jets = Jets::of(&vae, &nodes(&q, &rule), Order::Second);
        let mut expected = DMatrix::zeros(2, 2);
        for (k, w) in rule.weights.iter().enumerate() {
            let j = jets.jacobian(k);
            let residual = DVector::from_fn(3, |r, _| jets.value[(r, k)] - x[r]);
            let bend = DMatrix::from_fn(2, 2, |a, b| {
                jets.hessian(k, a, b).iter().zip(&residual).map(|(h, r)| h * r).sum::<f64>()
            });
            expected += *w * (j.transpose() * j + bend);
        }
        let found = Expectations::new(&vae, &x, &objective(Covariance::Full, 1.0, 0.1), q, &rule).curvature;
        assert!((found - &expected).norm() < 1e-6 * expected.norm());
    }

    #[test]
    fn blocks_of_nodes_give_the_same_expectations() {
        let (x, rule) = ([0.4, -0.3, 0.6], gauss_hermite(2, 6));
        let objective = objective(Covariance::Full, 1.3, 0.2);
        for activation in [Activation::Tanh, Activation::Relu] {
            let vae = network(activation);
            let expectations = |at_once| Expectations::in_blocks(&vae, &x, &objective, prior(2), &rule, at_once);
            let whole = expectations(rule.weights.len());
            for at_once in [1, 7, 35, 100] {
                let found = expectations(at_once);
                assert!((found.elbo - whole.elbo).abs() < 1e-12 * whole.elbo.abs());
                assert!((&found.gradient - &whole.gradient).norm() < 1e-12 * whole.gradient.norm());
                assert!((&found.curvature - &whole.curvature).norm() < 1e-12 * whole.curvature.norm());
            }
        }
    }

    proptest! {
        /// V27: the best full posterior is never worse than the diagonal one it starts from.
        #[test]
        fn a_larger_family_is_not_worse(x in prop::collection::vec(-1.0..1.0, 3), b in 0.05..1.0) {
            let vae = network(Activation::Tanh);
            let rule = posterior_quadrature(2);
            let best = |family, start: &Posterior| best_posterior(&vae, &x, &objective(family, 1.0, b), start, &rule);
            let diagonal = best(Covariance::Diagonal, &prior(2));
            let full = best(Covariance::Full, &diagonal.posterior);
            prop_assert!(diagonal.elbo <= full.elbo + 1e-12, "{} {}", diagonal.elbo, full.elbo);
        }
    }

    /// V03: with one latent, d(z) = max(z, 0), b = .05 and x = .25 the true precision is 3.050; the almost-everywhere second
    /// derivative would give 5.749.
    #[test]
    fn relu_has_the_precision_of_the_theory() {
        let architecture = Architecture {
            latent_dim: 1,
            hidden: vec![1],
            activation: Activation::Relu,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::<f64>::zeros(1, architecture, Covariance::Diagonal);
        // d(z) = 1 · max(1 · z + 0, 0) + 0.
        vae.parameters[0] = 1.0;
        vae.parameters[2] = 1.0;
        let rule = gauss_hermite(1, 60);
        let best = best_posterior(&vae, &[0.25], &objective(Covariance::Diagonal, 1.0, 0.05), &prior(1), &rule);
        let precision = best.posterior.factor[(0, 0)].powi(-2);
        // The kink slows the convergence of the rule.
        assert!((precision - 3.05).abs() < 0.1, "{precision}");
    }
}
