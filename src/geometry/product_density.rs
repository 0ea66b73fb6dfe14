//! Factorisation of the density on the manifold: the product of the seam densities through z* against the true one.

use super::field::volume;
use super::jet::{Jets, Order};
use crate::linalg::{Matrix, svd};
use crate::vae::Vae;

/// Comparison on a square grid in the plane of two latents.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductDensity {
    /// Points per side.
    pub side: usize,
    /// At each grid point, the first latent running fastest: (Π pᵢ/‖Jᵢ(z*)‖ − p/√det JᵀJ) over the largest true density.
    pub difference: Vec<f64>,
    /// ½ ∫ |product − true| over the manifold: 0 when the density factorises along the seams through z*, as it does for
    /// every z* exactly when C1 and C2 hold (two latents).
    pub error: f64,
}

/// Compares densities over [−range, range]² in the plane of latents `plane`, the others at z*. The seam density of latent i is
/// p(zᵢ)/‖Jᵢ‖ at (zᵢ, z*₋ᵢ); the true density is p(z)/√det JᵀJ restricted to the plane's two columns.
pub fn product_density(vae: &Vae<f64>, z: &[f64], plane: [usize; 2], range: f64, side: usize) -> ProductDensity {
    let [a, b] = plane;
    let step = 2.0 * range / (side - 1) as f64;
    let value = |k: usize| step * k as f64 - range;
    let grid = Matrix::from_fn(z.len(), side * side, |r, k| {
        if r == a {
            value(k % side)
        } else if r == b {
            value(k / side)
        } else {
            z[r]
        }
    });
    let seams = [a, b].map(|i| {
        let line = Matrix::from_fn(z.len(), side, |r, k| if r == i { value(k) } else { z[r] });
        let jets = Jets::along(vae, &line, &[i], Order::First);
        let length = |k: usize| jets.column(k, 0).iter().map(|x| x * x).sum::<f64>().sqrt();
        (0..side).map(|k| vae.prior.density(value(k)) / length(k)).collect::<Vec<f64>>()
    });
    let (mut truth, mut difference, mut error) = (Vec::new(), Vec::new(), 0.0);
    // A row of the grid at once: Jacobians of images are large.
    let areas = (0..side).flat_map(|row| {
        let jets = Jets::along(vae, &grid.select_columns(row * side..(row + 1) * side), &[a, b], Order::First);
        (0..side).map(|k| volume(&svd(&jets.jacobian(k)).singular_values)).collect::<Vec<f64>>()
    });
    for (k, area) in areas.enumerate() {
        let prior = vae.prior.density(value(k % side)) * vae.prior.density(value(k / side));
        let product = seams[0][k % side] * seams[1][k / side];
        truth.push(prior / area);
        difference.push(product - prior / area);
        // dA = √det JᵀJ dz.
        error += 0.5 * (product * area - prior).abs() * step * step;
    }
    let largest = truth.into_iter().filter(|d| d.is_finite()).fold(f64::MIN_POSITIVE, f64::max);
    difference.iter_mut().for_each(|d| *d /= largest);
    ProductDensity { side, difference, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};

    fn linear(columns: &[f64]) -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![],
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::zeros(2, architecture, Covariance::Diagonal);
        vae.parameters[..4].copy_from_slice(columns);
        vae
    }

    #[test]
    fn orthogonal_columns_of_constant_length_factorise() {
        let found = product_density(&linear(&[2.0, 0.0, 0.0, 0.5]), &[0.3, 0.1], [0, 1], 3.0, 41);
        assert!(found.error < 1e-12 && found.difference.iter().all(|d| d.abs() < 1e-12));
    }

    /// Skewed columns: the product is everywhere sin α of the true density, so half the L¹ distance is (1 − sin α)/2 times the
    /// mass in the square.
    #[test]
    fn skewed_columns_miss_by_the_sine_of_their_angle() {
        let (sin, cos) = 60_f64.to_radians().sin_cos();
        let found = product_density(&linear(&[1.0, 0.0, cos, sin]), &[0.0, 0.0], [0, 1], 4.0, 161);
        assert!((found.error - 0.5 * (1.0 - sin)).abs() < 2e-4, "{}", found.error);
        assert!(found.difference.iter().all(|d| *d <= 0.0));
    }

    #[test]
    fn a_bent_decoder_depends_on_the_base_point() {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![8],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let vae = Vae::<f64>::new(3, architecture, Covariance::Diagonal, &mut stream(9, Purpose::Init, 0));
        let errors = [[0.0, 0.0], [1.5, -1.0]].map(|z| product_density(&vae, &z, [0, 1], 3.0, 31).error);
        assert!(errors.iter().all(|e| *e > 0.01) && (errors[0] - errors[1]).abs() > 1e-4, "{errors:?}");
    }
}
