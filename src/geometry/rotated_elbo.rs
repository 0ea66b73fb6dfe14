//! Objective of a decoder over the angle by which two latents are rotated, with the best posteriors of each family.
//!
//! A curved decoder may have several optima, and far from one the search may stop early. So it starts from the learned posteriors
//! and from the closed form of a quadratic objective, and the better optimum is carried from angle to angle. What it finds is a
//! lower bound of the best.

use super::best_posterior::{BestPosterior, climb, posterior_quadrature};
use super::rotation::Rotation;
use crate::stats::{Quadrature, gauss_hermite};
use crate::vae::{Covariance, Likelihood, Objective, Posterior, Vae};

/// Optima that differ by less are the same, in nats.
const SAME: f64 = 1e-6;

/// Objective of the rotated decoder with the best posterior of each family, averaged over observations, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotatedElbo {
    /// Angle of the rotation.
    pub degrees: f64,
    /// Objective with the best diagonal posteriors. At 0° it is at least that of the starts, if these are diagonal.
    pub diagonal: f64,
    /// Objective with the best full posteriors, the same at every angle (Rolínek et al. 2019, propositions 2 and 3). At least
    /// `diagonal` and that of the starts.
    pub full: f64,
    /// Observations whose search, for one family or the other, ended before the posterior was stationary to 10⁻⁶; for Bernoulli
    /// variables, within the error of the nodes.
    pub unconverged: usize,
}

/// The curve ELBO(φ) of a decoder over angles in the plane of two latents. The search for the best posteriors begins at
/// `starts`, the learned ones, one for each observation.
pub fn rotated_elbos(
    vae: &Vae<f64>,
    observations: &[Vec<f64>],
    starts: &[Posterior],
    objective: &Objective,
    plane: [usize; 2],
    angles: &[f64],
) -> Vec<RotatedElbo> {
    let rotations: Vec<Rotation> = angles.iter().map(|degrees| Rotation { degrees: *degrees, plane }).collect();
    let decoders: Vec<Vae<f64>> = rotations
        .iter()
        .map(|rotation| {
            let mut rotated = vae.clone();
            rotation.rotate_decoder(&mut rotated);
            rotated
        })
        .collect();
    let (rule, rest) = nodes_of(vae);
    let search = Search { vae, objective, rule, rest, rotations, decoders };
    let found: Vec<_> = observations.iter().zip(starts).map(|(x, start)| search.of(x, start)).collect();
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / observations.len() as f64;
    let full = mean(&mut found.iter().map(|(full, _)| full.elbo));
    let at = |(k, degrees): (usize, &f64)| RotatedElbo {
        degrees: *degrees,
        diagonal: mean(&mut found.iter().map(|(_, diagonal)| diagonal[k].elbo)),
        full,
        unconverged: found.iter().filter(|(full, diagonal)| !(full.converged && diagonal[k].converged)).count(),
    };
    angles.iter().enumerate().map(at).collect()
}

/// Nodes of the search. Posteriors of Bernoulli variables are wide, so they take more nodes, and even then Stein's second derivatives
/// under them are not exactly those of the objective: the search rests as one with sampled nodes does.
fn nodes_of(vae: &Vae<f64>) -> (Quadrature, f64) {
    const REST: f64 = 1e-7;
    match (vae.likelihood(), vae.latent_dim()) {
        (Likelihood::Gaussian, m) => (posterior_quadrature(m), 0.0),
        (Likelihood::Bernoulli, 1) => (gauss_hermite(1, 24), REST),
        (Likelihood::Bernoulli, 2) => (gauss_hermite(2, 12), REST),
        (Likelihood::Bernoulli, m) => (posterior_quadrature(m), REST),
    }
}

/// Search for the best posteriors of a decoder and its rotated copies.
struct Search<'a> {
    vae: &'a Vae<f64>,
    objective: &'a Objective,
    rule: Quadrature,
    /// A search ends when a step gains less, in nats.
    rest: f64,
    rotations: Vec<Rotation>,
    decoders: Vec<Vae<f64>>,
}

impl Search<'_> {
    /// The best full posterior of observation `x`, and the best diagonal one at each angle.
    fn of(&self, x: &[f64], learned: &Posterior) -> (BestPosterior, Vec<BestPosterior>) {
        let mut full = self.full(x, learned);
        let diagonal = self.diagonal(x, learned, &full);
        for (rotation, best) in self.rotations.iter().zip(&diagonal) {
            // A diagonal posterior of the rotated decoder, rotated back, is a full one of the decoder.
            if best.elbo > full.elbo + SAME {
                let back = Rotation { degrees: -rotation.degrees, ..*rotation };
                full = better(full, self.full(x, &back.rotate_posterior(&best.posterior)));
            }
        }
        // Quadrature differs a little between the nodes of a posterior and those of its rotated copy.
        full.elbo = diagonal.iter().map(|best| best.elbo).fold(full.elbo, f64::max);
        (full, diagonal)
    }

    fn full(&self, x: &[f64], start: &Posterior) -> BestPosterior {
        let objective = Objective { covariance: Covariance::Full, ..*self.objective };
        climb(self.vae, x, &objective, start, &self.rule, self.rest)
    }

    /// The best diagonal posterior at each angle. The optimum of a neighbour is tried wherever starts disagree or do not
    /// converge, once around in each direction; 90° is 0° with latents renamed.
    fn diagonal(&self, x: &[f64], learned: &Posterior, full: &BestPosterior) -> Vec<BestPosterior> {
        let mut found: Vec<BestPosterior> = Vec::new();
        let mut doubtful = Vec::new();
        for (k, rotation) in self.rotations.iter().enumerate() {
            let quadratic = rotation.rotate_to_diagonal(&full.posterior.mean, &full.precision);
            let start = match found.last() {
                None => rotation.rotate_to_diagonal(&learned.mean, &learned.precision()),
                Some(previous) => self.carried(previous, k - 1, k),
            };
            let [a, b] = [quadratic, start].map(|start| self.diagonal_from(x, k, &start));
            doubtful.push((a.elbo - b.elbo).abs() > SAME || !a.converged || !b.converged);
            found.push(better(a, b));
        }
        let count = found.len();
        let backwards = (0..count).rev().map(|k| ((k + 1) % count, k));
        for (from, k) in backwards.chain((0..count).map(|k| ((k + count - 1) % count, k))) {
            if count > 1 && (doubtful[from] || doubtful[k]) {
                let other = self.diagonal_from(x, k, &self.carried(&found[from], from, k));
                if other.elbo > found[k].elbo + SAME {
                    (found[k], doubtful[k]) = (other, true);
                }
            }
        }
        found
    }

    fn diagonal_from(&self, x: &[f64], k: usize, start: &Posterior) -> BestPosterior {
        let objective = Objective { covariance: Covariance::Diagonal, ..*self.objective };
        climb(&self.decoders[k], x, &objective, start, &self.rule, self.rest)
    }

    /// The best posterior at angle `from` as a start at angle `to`.
    fn carried(&self, best: &BestPosterior, from: usize, to: usize) -> Posterior {
        let degrees = self.rotations[to].degrees - self.rotations[from].degrees;
        let turn = Rotation { degrees, ..self.rotations[to] };
        turn.rotate_to_diagonal(&best.posterior.mean, &best.posterior.precision())
    }
}

/// The posterior with the larger objective; the first where they are the same, unless only the second converged.
fn better(a: BestPosterior, b: BestPosterior) -> BestPosterior {
    let same = (a.elbo - b.elbo).abs() <= SAME;
    if (same && (a.converged || !b.converged)) || (!same && a.elbo > b.elbo) || b.elbo.is_nan() { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::best_posterior::{best_posterior, elbo_of};
    use crate::geometry::rotation::rotated_gap;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::ppca::linear_elbo;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind};
    use nalgebra::{DMatrix, DVector};
    use rand_distr::{Distribution as _, StandardNormal};

    fn vae(decoder: DecoderKind, hidden: Vec<usize>, n: usize) -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden,
            activation: Activation::Tanh,
            decoder,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        Vae::new(n, architecture, Covariance::Diagonal, &mut stream(6, Purpose::Init, 0))
    }

    /// The curve of a linear decoder lies (β/2) log(1 + sin²2θ (λ₁−λ₂)²/4λ₁λ₂) below the flat one.
    #[test]
    fn the_curve_of_a_linear_decoder_is_the_closed_form() {
        let (lambda, beta, sigma2) = ([2.05_f64, 1.05], 2.0, 0.05);
        let mut vae = vae(DecoderKind::Linear, vec![], 2);
        vae.parameters.fill(0.0);
        for (i, l) in lambda.iter().enumerate() {
            vae.parameters[2 * i + i] = (l - beta * sigma2).sqrt();
        }
        let objective = Objective::new(Covariance::Diagonal, beta, sigma2);
        // ±√λᵢ e_i √2: mean zero and covariance diag(λ).
        let data: Vec<Vec<f64>> =
            (0..4)
                .map(|k| {
                    (0..2)
                        .map(|i| {
                            if i == k / 2 {
                                (2.0 * lambda[i]).sqrt() * if k % 2 == 0 { 1.0 } else { -1.0 }
                            } else {
                                0.0
                            }
                        })
                        .collect()
                })
                .collect();
        let prior = Posterior { mean: DVector::zeros(2), factor: DMatrix::identity(2, 2) };
        let angles = [0.0, 15.0, 30.0, 45.0, 80.0];
        let curve = rotated_elbos(&vae, &data, &vec![prior; 4], &objective, [0, 1], &angles);
        let covariance = DMatrix::from_diagonal(&lambda.to_vec().into());
        let w = DMatrix::from_column_slice(2, 2, &vae.parameters[..4]);
        let full = linear_elbo(&w, &covariance, &Objective { covariance: Covariance::Full, ..objective });
        for point in curve {
            let s = (2.0 * point.degrees.to_radians()).sin();
            let closed = 0.5 * beta * (s * s * (lambda[0] - lambda[1]).powi(2) / (4.0 * lambda[0] * lambda[1])).ln_1p();
            assert!((point.full - full).abs() < 1e-9, "{point:?}");
            assert!((point.full - point.diagonal - closed).abs() < 1e-8, "{point:?} {closed}");
            let precision = DMatrix::identity(2, 2) + w.transpose() * &w / objective.b();
            let rotation = Rotation { degrees: point.degrees, plane: [0, 1] };
            assert!((rotated_gap(&precision, beta, &rotation) - closed).abs() < 1e-12);
        }
    }

    /// A decoder with large weights and little noise: its posteriors are narrow and its objective has many optima. With
    /// observations off its surface, as held-out ones are, and the best diagonal posteriors near the latents they came from.
    #[test]
    fn the_best_posteriors_of_a_sharp_decoder_are_never_below_the_learned_ones() {
        let mut vae = vae(DecoderKind::Mlp, vec![24], 12);
        vae.parameters.iter_mut().for_each(|p| *p *= 4.0);
        let objective = Objective::new(Covariance::Diagonal, 1.0, 0.01);
        let rule = posterior_quadrature(2);
        let mut rng = stream(3, Purpose::Analysis, 0);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let (mut observations, mut learned) = (Vec::new(), Vec::new());
        for _ in 0..8 {
            let z = Matrix::from_columns(2, 1, vec![normal(), normal()]);
            let x: Vec<f64> = vae.decode(&z).as_slice().iter().map(|x| x + 0.3 * normal()).collect();
            let narrow =
                Posterior { mean: DVector::from_column_slice(z.as_slice()), factor: DMatrix::identity(2, 2) * 0.02 };
            learned.push(best_posterior(&vae, &x, &objective, &narrow, &rule).posterior);
            observations.push(x);
        }
        let elbo = |x: &[f64], q: &Posterior| elbo_of(&vae, x, &objective, q, &rule);
        let mean_learned = observations.iter().zip(&learned).map(|(x, q)| elbo(x, q)).sum::<f64>() / 8.0;
        // What a search from the prior finds: far below, so the starts matter.
        let prior = Posterior { mean: DVector::zeros(2), factor: DMatrix::identity(2, 2) };
        let blind =
            observations.iter().map(|x| best_posterior(&vae, x, &objective, &prior, &rule).elbo).sum::<f64>() / 8.0;
        assert!(blind < mean_learned - 10.0, "{blind} {mean_learned}");

        let angles: Vec<f64> = (0..12).map(|k| 7.5 * f64::from(k)).collect();
        let curve = rotated_elbos(&vae, &observations, &learned, &objective, [0, 1], &angles);
        assert!(curve[0].diagonal >= mean_learned - SAME, "{:?} {mean_learned}", curve[0]);
        for point in &curve {
            assert!(point.full >= point.diagonal && point.full >= mean_learned - SAME, "{point:?} {mean_learned}");
        }
        // The optimum is carried to neighbouring angles: no cliff beside φ = 0.
        let price = |k: usize| curve[k].full - curve[k].diagonal;
        assert!(price(1) < price(0) + 2.0 && price(11) < price(0) + 2.0, "{curve:?}");
    }

    #[test]
    fn a_search_that_cannot_move_is_counted() {
        let vae = vae(DecoderKind::Mlp, vec![7], 3);
        let objective = Objective::new(Covariance::Diagonal, 1.0, 0.1);
        let start = Posterior { mean: DVector::zeros(2), factor: DMatrix::identity(2, 2) };
        let of = |x: f64| {
            rotated_elbos(&vae, &[vec![x; 3]], std::slice::from_ref(&start), &objective, [0, 1], &[20.0])[0].unconverged
        };
        assert_eq!((of(0.1), of(f64::NAN)), (0, 1));
    }
}
