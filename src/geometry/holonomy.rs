//! Holonomy of arc-length coordinates: they exist exactly when the integral around every rectangle is zero.

use super::jet::{Jets, Order};
use crate::linalg::Matrix;
use crate::vae::Vae;

/// ∮ sᵢ dzᵢ around the rectangle in the plane of latents (a, b) with opposite corners `from` and `to`, for i = a and i = b,
/// the other latents at `z`; sᵢ = ‖Jᵢ‖. Both are 0 for every rectangle exactly when condition C2 holds in the plane: then
/// ∫ sᵢ dzᵢ is a coordinate. Signed, counter-clockwise, in units of the data.
pub fn loop_integrals(vae: &Vae<f64>, z: &[f64], plane: [usize; 2], from: [f64; 2], to: [f64; 2]) -> [f64; 2] {
    let [a, b] = plane;
    // Out on one side and back on the other: only the sides along zᵢ contribute to sᵢ dzᵢ.
    let along = |moving: usize, fixed: usize, start: f64, end: f64, at: f64| {
        let mut base = z.to_vec();
        base[fixed] = at;
        path_length(vae, &base, moving, start, end)
    };
    [
        along(a, b, from[0], to[0], from[1]) - along(a, b, from[0], to[0], to[1]),
        along(b, a, from[1], to[1], to[0]) - along(b, a, from[1], to[1], from[0]),
    ]
}

/// ∫ ‖∂ᵢd‖ dzᵢ from `start` to `end` along latent i, the others at `z`, by Simpson's rule on 32 intervals. Negative for
/// `end` < `start`.
pub fn path_length(vae: &Vae<f64>, z: &[f64], i: usize, start: f64, end: f64) -> f64 {
    const INTERVALS: usize = 32;
    let step = (end - start) / INTERVALS as f64;
    let line = Matrix::from_fn(z.len(), INTERVALS + 1, |r, k| if r == i { start + step * k as f64 } else { z[r] });
    let jets = Jets::along(vae, &line, &[i], Order::First);
    let speed = |k: usize| jets.column(k, 0).iter().map(|x| x * x).sum::<f64>().sqrt();
    let weight = |k: usize| match k {
        0 | INTERVALS => 1.0,
        k if k % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=INTERVALS).map(|k| weight(k) * speed(k)).sum::<f64>() * step / 3.0
}

/// Arc-length coordinates of latents from `origin`: uᵢ = ∫ sᵢ dzᵢ from originᵢ to zᵢ, along latent i *at the other
/// coordinates of z*. Under C2 uᵢ depends on zᵢ alone, so independent latents stay independent; where C2 fails they do not.
pub fn arc_coordinates(vae: &Vae<f64>, origin: &[f64], z: &[f64], latents: &[usize]) -> Vec<f64> {
    latents.iter().map(|i| path_length(vae, z, *i, origin[*i], z[*i])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};

    fn network() -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![10],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        Vae::new(3, architecture, Covariance::Diagonal, &mut stream(3, Purpose::Init, 0))
    }

    /// Green's theorem: ∮ s₁ dz₁ = −∬ ∂₂s₁ and ∮ s₂ dz₂ = ∬ ∂₁s₂.
    #[test]
    fn loops_are_the_integrals_of_cross_derivatives() {
        let vae = network();
        let (from, to) = ([-0.4, 0.1], [0.5, 0.7]);
        let loops = loop_integrals(&vae, &[0.0, 0.0], [0, 1], from, to);
        let speed = |x: f64, y: f64, i: usize| {
            let jets = Jets::of(&vae, &Matrix::from_columns(2, 1, vec![x, y]), Order::First);
            jets.column(0, i).iter().map(|x| x * x).sum::<f64>().sqrt()
        };
        let (h, cells) = (1e-5, 40);
        let mut expected = [0.0; 2];
        let (dx, dy) = ((to[0] - from[0]) / cells as f64, (to[1] - from[1]) / cells as f64);
        for i in 0..cells {
            for j in 0..cells {
                let (x, y) = (from[0] + dx * (i as f64 + 0.5), from[1] + dy * (j as f64 + 0.5));
                expected[0] -= (speed(x, y + h, 0) - speed(x, y - h, 0)) / (2.0 * h) * dx * dy;
                expected[1] += (speed(x + h, y, 1) - speed(x - h, y, 1)) / (2.0 * h) * dx * dy;
            }
        }
        // Midpoints err by the cell area squared times second derivatives of order 1.
        assert!(loops.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-4), "{loops:?} {expected:?}");
        assert!(loops.iter().any(|l| l.abs() > 1e-3), "this decoder does not meet C2");
    }

    #[test]
    fn a_linear_decoder_closes_every_loop() {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![],
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let vae = Vae::<f64>::new(3, architecture, Covariance::Diagonal, &mut stream(3, Purpose::Init, 0));
        let loops = loop_integrals(&vae, &[0.0, 0.0], [0, 1], [-1.0, -1.0], [1.0, 2.0]);
        assert!(loops.iter().all(|l| l.abs() < 1e-13));
        let u = arc_coordinates(&vae, &[0.0, 0.0], &[0.5, -2.0], &[0, 1]);
        let norm = |i: usize| Jets::of(&vae, &Matrix::zeros(2, 1), Order::First).jacobian(0).column(i).norm();
        assert!((u[0] - 0.5 * norm(0)).abs() < 1e-12 && (u[1] + 2.0 * norm(1)).abs() < 1e-12);
    }
}
