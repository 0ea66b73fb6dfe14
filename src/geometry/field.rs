//! Quantities over a plane of latent space, for heat maps.

use serde::{Deserialize, Serialize};

use super::gram::Gram;
use super::jet::{Jets, Order};
use super::seam::normal_density;
use crate::linalg::{Matrix, Real};
use crate::vae::Vae;

/// Quantity of a Jacobian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapQuantity {
    /// Gap of a diagonal posterior in nats.
    Gap,
    /// c_IMA in nats.
    Contrast,
    /// Density of the decoded prior on the manifold, p(z)/√det JᵀJ.
    Density,
    /// Ratio of the largest to the smallest singular value.
    Anisotropy,
}

impl MapQuantity {
    /// All quantities.
    pub const ALL: [Self; 4] = [Self::Gap, Self::Contrast, Self::Density, Self::Anisotropy];

    /// Name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap (nats)",
            Self::Contrast => "c_IMA (nats)",
            Self::Density => "density p(z)/√det JᵀJ",
            Self::Anisotropy => "s₁/s₂",
        }
    }

    /// Lower bound.
    pub fn least(self) -> f64 {
        if self == Self::Anisotropy { 1.0 } else { 0.0 }
    }

    /// Smallest upper end of a colour scale, so that negligible differences look so: a hundredth of a nat, a thousandth of a
    /// unit of density, a ratio of 1.1.
    pub fn least_range(self) -> f64 {
        match self {
            Self::Gap | Self::Contrast => 0.01,
            Self::Density => 0.001,
            Self::Anisotropy => 1.1,
        }
    }
}

/// A quantity at each column of `z` (m × K). NaN where undefined.
pub fn field<T: Real>(vae: &Vae<T>, z: &Matrix<T>, quantity: MapQuantity, b: f64) -> Vec<f64> {
    let jets = Jets::of(vae, z, Order::First);
    let latents: Vec<usize> = (0..z.rows()).collect();
    let mut gram = Gram::default();
    let at = |k: usize| {
        gram.read(&jets, k, &latents);
        match quantity {
            MapQuantity::Gap => gram.gap(b),
            MapQuantity::Contrast => gram.contrast(),
            MapQuantity::Density => {
                let prior: f64 = z.column(k).iter().map(|z| normal_density(z.to_f64())).product();
                prior / volume(gram.singular_basis().0)
            }
            MapQuantity::Anisotropy => {
                let s = gram.singular_basis().0;
                let [low, high] = [f64::min, f64::max].map(|pick| s.iter().copied().reduce(pick).unwrap_or(f64::NAN));
                high / low
            }
        }
    };
    (0..jets.len()).map(at).collect()
}

/// √det JᵀJ = Π sᵢ.
pub fn volume(singular_values: &[f64]) -> f64 {
    singular_values.iter().product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::vae::{Architecture, Covariance, DecoderKind};

    #[test]
    fn a_linear_decoder_has_the_same_jacobian_everywhere() {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![],
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor: Default::default(),
        };
        let mut vae = Vae::<f64>::zeros(3, architecture, Covariance::Diagonal);
        // Columns (2, 0, 0) and (1, 1, 0): angle 45°, volume 2.
        vae.parameters[..6].copy_from_slice(&[2.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        let z = Matrix::from_columns(2, 2, vec![0.0, 0.0, 1.0, -1.0]);
        let contrast = field(&vae, &z, MapQuantity::Contrast, 0.1);
        assert!(contrast.iter().all(|c| (c - 0.5 * 2_f64.ln()).abs() < 1e-12), "−log sin 45°");
        let density = field(&vae, &z, MapQuantity::Density, 0.1);
        let exact = 0.5 / std::f64::consts::TAU;
        assert!((density[0] - exact).abs() < 1e-15 && (density[1] - exact * (-1.0_f64).exp()).abs() < 1e-15);
        // s² are the eigenvalues of [[4, 2], [2, 2]]: 3 ± √5.
        let ratio = ((3.0 + 5_f64.sqrt()) / (3.0 - 5_f64.sqrt())).sqrt();
        assert!((field(&vae, &z, MapQuantity::Anisotropy, 0.1)[0] - ratio).abs() < 1e-12);
        // Λ = I + 10 G: V38 with ρ = 20/√(41·21).
        let gap = -0.5 * (1.0 - 400.0 / (41.0 * 21.0_f64)).ln();
        assert!((field(&vae, &z, MapQuantity::Gap, 0.1)[0] - gap).abs() < 1e-12);
    }
}
