//! Rotation of the latents and its effect on the objective, which singles out the axes.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::contrast::diagonal_gap;
use crate::linalg::Real;
use crate::vae::{Posterior, Vae, place_of};

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

    /// Diagonal posterior with mean R μ and the variances 1/(R Λ Rᵀ)ᵢᵢ, for a posterior with mean μ and a precision Λ: the best
    /// diagonal one where the objective is quadratic. (The diagonal of the *precision*, not of the covariance.)
    pub fn rotate_to_diagonal(&self, mean: &DVector<f64>, precision: &DMatrix<f64>) -> Posterior {
        let r = self.matrix(mean.len());
        let rotated = &r * precision * r.transpose();
        let factor = DMatrix::from_diagonal(&rotated.diagonal().map(|l| 1.0 / l.max(1e-12).sqrt()));
        Posterior { mean: r * mean, factor }
    }
}

/// H (m × m) from H_ii and √2 H_ij below the diagonal, row by row.
pub(super) fn symmetric<T: Real>(entries: &[T], m: usize) -> DMatrix<f64> {
    let mut h = DMatrix::zeros(m, m);
    for (k, entry) in entries.iter().enumerate() {
        let [i, j] = place_of(k, m);
        let entry = entry.to_f64() * if i == j { 1.0 } else { FRAC_1_SQRT_2 };
        (h[(i, j)], h[(j, i)]) = (entry, entry);
    }
    h
}

pub(super) fn write_symmetric<T: Real>(h: &DMatrix<f64>, entries: &mut [T]) {
    for (k, entry) in entries.iter_mut().enumerate() {
        let [i, j] = place_of(k, h.nrows());
        *entry = T::from_f64(h[(i, j)] * if i == j { 1.0 } else { SQRT_2 });
    }
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
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind, Objective};

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
        let objective = Objective::new(Covariance::Full, 1.5, 0.2);
        let rule = crate::stats::gauss_hermite(2, 16);
        let x = [0.2, 0.5, -0.4];
        let before = elbo_of(&original, &x, &objective, &q, &rule);
        let after = elbo_of(&rotated, &x, &objective, &rotation.rotate_posterior(&q), &rule);
        assert!((before - after).abs() < 1e-9, "{before} {after}");
    }
}
