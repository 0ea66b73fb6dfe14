//! Rotation of the latents and its effect on the objective, which singles out the axes.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

use super::best_posterior::{BestPosterior, best_posterior, posterior_quadrature};
use super::contrast::diagonal_gap;
use crate::linalg::Real;
use crate::vae::{Covariance, Objective, Posterior, Vae, place_of};

/// Rotation by an angle in the plane of two latents: z ↦ R z.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rotation {
    /// Angle from the first latent towards the second.
    pub degrees: f64,
    /// Two latents, counted from 0.
    pub plane: [usize; 2],
}

impl Rotation {
    /// R (m × m).
    pub fn matrix(&self, m: usize) -> DMatrix<f64> {
        let mut r = DMatrix::identity(m, m);
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let [a, b] = self.plane;
        (r[(a, a)], r[(a, b)], r[(b, a)], r[(b, b)]) = (cos, -sin, sin, cos);
        r
    }

    /// Coordinates of R z in the plane, from those of z.
    pub fn rotate<T: Real>(&self, first: T, second: T) -> [T; 2] {
        let (sin, cos) = self.degrees.to_radians().sin_cos();
        let (x, y) = (first.to_f64(), second.to_f64());
        [cos * x - sin * y, sin * x + cos * y].map(T::from_f64)
    }

    /// Replaces the decoder d by d∘Rᵀ, which maps R z to d(z).
    pub fn rotate_decoder<T: Real>(&self, vae: &mut Vae<T>) {
        let layer = vae.decoder.layers()[0].clone();
        let (weight, _) = layer.split_mut(&mut vae.parameters);
        let [a, b] = self.plane.map(|latent| latent * layer.outputs);
        // W Rᵀ: each row of W is rotated as a latent vector is.
        for row in 0..layer.outputs {
            [weight[a + row], weight[b + row]] = self.rotate(weight[a + row], weight[b + row]);
        }
    }

    /// Rotates values with one place per parameter, weights or their gradients, wherever a rotation of the latents is linear:
    /// W ↦ W Rᵀ on the first decoder layer, M ↦ R M on the mean head, H ↦ R H Rᵀ on the head of an exponential factor.
    pub fn rotate_values<T: Real>(&self, vae: &Vae<T>, values: &mut [T]) {
        let [a, b] = self.plane;
        let m = vae.latent_dim();
        let (first, head) = (&vae.decoder.layers()[0], vae.head());
        let weight = first.split_mut(values).0;
        for row in 0..first.outputs {
            let [i, j] = [a, b].map(|latent| latent * first.outputs + row);
            // W Rᵀ: each row of W is rotated as a latent vector is.
            [weight[i], weight[j]] = self.rotate(weight[i], weight[j]);
        }
        let r = self.matrix(m);
        let (weight, bias) = head.split_mut(values);
        for outputs in weight.chunks_exact_mut(head.outputs).chain([bias]) {
            let (mean, exponent) = outputs.split_at_mut(m);
            [mean[a], mean[b]] = self.rotate(mean[a], mean[b]);
            if vae.has_exponential_factor() {
                let h = symmetric(exponent, m);
                write_symmetric(&(&r * h * r.transpose()), exponent);
            }
        }
    }

    /// Posterior with mean R μ and covariance R Σ Rᵀ.
    pub fn rotate_posterior(&self, q: &Posterior) -> Posterior {
        let r = self.matrix(q.dim());
        let sigma = &r * q.covariance() * r.transpose();
        let factor = sigma.cholesky().map_or_else(|| &r * &q.factor, |c| c.l());
        Posterior { mean: &r * &q.mean, factor }
    }
}

/// H (m × m) from H_ii and √2 H_ij below the diagonal, row by row.
fn symmetric<T: Real>(entries: &[T], m: usize) -> DMatrix<f64> {
    let mut h = DMatrix::zeros(m, m);
    for (k, entry) in entries.iter().enumerate() {
        let [i, j] = place_of(k, m);
        let entry = entry.to_f64() * if i == j { 1.0 } else { FRAC_1_SQRT_2 };
        (h[(i, j)], h[(j, i)]) = (entry, entry);
    }
    h
}

fn write_symmetric<T: Real>(h: &DMatrix<f64>, entries: &mut [T]) {
    for (k, entry) in entries.iter_mut().enumerate() {
        let [i, j] = place_of(k, h.nrows());
        *entry = T::from_f64(h[(i, j)] * if i == j { 1.0 } else { SQRT_2 });
    }
}

/// Objective of the rotated decoder with the best posterior of each family, averaged over observations, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotatedElbo {
    /// Angle of the rotation.
    pub degrees: f64,
    /// Objective with the best diagonal posteriors.
    pub diagonal: f64,
    /// Objective with the best full posteriors, the same at every angle (Rolínek et al. 2019, propositions 2 and 3).
    pub full: f64,
}

/// The curve ELBO(φ) of a decoder over angles in the plane of two latents. The search for the best posteriors begins at
/// `starts`, one for each observation.
pub fn rotated_elbos(
    vae: &Vae<f64>,
    observations: &[Vec<f64>],
    starts: &[Posterior],
    objective: &Objective,
    plane: [usize; 2],
    angles: &[f64],
) -> Vec<RotatedElbo> {
    let rule = posterior_quadrature(vae.latent_dim());
    let with = |covariance| Objective { covariance, ..*objective };
    let full: Vec<BestPosterior> = observations
        .iter()
        .zip(starts)
        .map(|(x, start)| best_posterior(vae, x, &with(Covariance::Full), start, &rule))
        .collect();
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / observations.len() as f64;
    let full_elbo = mean(&mut full.iter().map(|best| best.elbo));
    let at = |degrees: &f64| {
        let rotation = Rotation { degrees: *degrees, plane };
        let mut rotated = vae.clone();
        rotation.rotate_decoder(&mut rotated);
        let best = |(x, best): (&Vec<f64>, &BestPosterior)| {
            // The best diagonal posterior for a precision Λ has variances 1/Λᵢᵢ: a good start.
            let r = rotation.matrix(vae.latent_dim());
            let precision = &r * &best.precision * r.transpose();
            let factor = DMatrix::from_diagonal(&precision.diagonal().map(|l| 1.0 / l.max(1e-12).sqrt()));
            let start = Posterior { mean: &r * &best.posterior.mean, factor };
            best_posterior(&rotated, x, &with(Covariance::Diagonal), &start, &rule).elbo
        };
        let diagonal = mean(&mut observations.iter().zip(&full).map(best));
        RotatedElbo { degrees: *degrees, diagonal, full: full_elbo }
    };
    angles.iter().map(at).collect()
}

/// Loss of a diagonal posterior against a full one after a rotation, to second order and in nats:
/// β ½ (Σ log (RΛRᵀ)ᵢᵢ − log det Λ). Exact for linear decoders.
pub fn rotated_gap(precision: &DMatrix<f64>, beta: f64, rotation: &Rotation) -> f64 {
    let r = rotation.matrix(precision.nrows());
    beta * diagonal_gap(&(&r * precision * r.transpose()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::best_posterior::elbo_of;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::ppca::linear_elbo;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind};
    use nalgebra::DVector;

    fn vae(decoder: DecoderKind, hidden: Vec<usize>, n: usize) -> Vae<f64> {
        let architecture =
            Architecture { latent_dim: 2, hidden, activation: Activation::Tanh, decoder, factor: Default::default() };
        Vae::new(n, architecture, Covariance::Diagonal, &mut stream(6, Purpose::Init, 0))
    }

    #[test]
    fn the_rotated_decoder_maps_rotated_latents_to_the_same_data() {
        for (decoder, hidden) in [(DecoderKind::Mlp, vec![7]), (DecoderKind::Linear, vec![])] {
            let original = vae(decoder, hidden, 3);
            let rotation = Rotation { degrees: 33.0, plane: [0, 1] };
            let mut rotated = original.clone();
            rotation.rotate_decoder(&mut rotated);
            let z = DVector::from_vec(vec![0.7, -1.1]);
            let rz = rotation.matrix(2) * &z;
            let [a, b] = [(&original, z), (&rotated, rz)]
                .map(|(vae, z)| vae.decode(&Matrix::from_columns(2, 1, z.as_slice().to_vec())));
            assert!(a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < 1e-14));
        }
    }

    /// V08: L(d∘Rᵀ, Rμ, RΣRᵀ) = L(d, μ, Σ).
    #[test]
    fn full_posteriors_are_invariant_under_rotation() {
        let original = vae(DecoderKind::Mlp, vec![9], 3);
        let rotation = Rotation { degrees: 50.0, plane: [0, 1] };
        let mut rotated = original.clone();
        rotation.rotate_decoder(&mut rotated);
        let q = Posterior {
            mean: DVector::from_vec(vec![0.3, -0.2]),
            factor: DMatrix::from_row_slice(2, 2, &[0.3, 0.0, 0.1, 0.2]),
        };
        let objective = Objective { covariance: Covariance::Full, beta: 1.5, sigma2: 0.2 };
        let rule = crate::stats::gauss_hermite(2, 16);
        let x = [0.2, 0.5, -0.4];
        let before = elbo_of(&original, &x, &objective, &q, &rule);
        let after = elbo_of(&rotated, &x, &objective, &rotation.rotate_posterior(&q), &rule);
        assert!((before - after).abs() < 1e-9, "{before} {after}");
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
        let objective = Objective { covariance: Covariance::Diagonal, beta, sigma2 };
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
}
