//! Quantities over a plane of latent space, for heat maps.

use serde::{Deserialize, Serialize};

use super::gram::Gram;
use super::jet::{Jets, Order};
use super::metrics::GeometryMetrics;
use super::undefined::Undefined;
use crate::linalg::{Matrix, Real};
use crate::vae::{Objective, Vae};

/// Quantity of the active columns of a Jacobian: for Bernoulli variables of F^½ J, and the density of the Jacobian of π.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MapQuantity {
    /// Price of a diagonal posterior in nats: β times its gap.
    Gap,
    /// c_IMA in nats.
    Contrast,
    /// Density of the decoded prior of the active latents on their manifold, p(z)/√det JᵀJ.
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
            Self::Gap => "β gap (nats)",
            Self::Contrast => "c_IMA (nats)",
            Self::Density => "density p(z)/√det JᵀJ",
            Self::Anisotropy => "s₁/s₂",
        }
    }

    /// The latents whose columns it is a quantity of.
    ///
    /// # Errors
    /// If too few latents are active, or their columns are dependent.
    pub fn latents(self, geometry: &GeometryMetrics) -> Result<&[usize], Undefined> {
        match self {
            Self::Gap => geometry.compared(),
            Self::Contrast | Self::Anisotropy => geometry.independent(2),
            Self::Density => geometry.independent(1),
        }
    }

    /// Lower bound.
    pub fn least(self) -> f64 {
        if self == Self::Anisotropy { 1.0 } else { 0.0 }
    }

    /// Smallest upper end of a colour scale, so that negligible differences look so: a tenth of a nat, where a random
    /// basis has some tenths; a thousandth of a unit of density; a ratio of 1.5.
    pub fn least_range(self) -> f64 {
        match self {
            Self::Gap | Self::Contrast => 0.1,
            Self::Density => 0.001,
            Self::Anisotropy => 1.5,
        }
    }
}

/// A quantity of the columns of these latents at each column of `z` (m × K). NaN where undefined.
pub fn field<T: Real>(
    vae: &Vae<T>,
    z: &Matrix<T>,
    latents: &[usize],
    quantity: MapQuantity,
    objective: &Objective,
) -> Vec<f64> {
    /// Numbers of derivatives at once: Jacobians of images are large.
    const MOST: usize = 4_000_000;
    let piece = (MOST / (vae.data_dim() * (1 + vae.latent_dim()))).max(1);
    let mut gram = Gram::default();
    let mut at = |jets: &Jets<T>, place: usize, k: usize| {
        gram.read(jets, place, latents);
        match quantity {
            MapQuantity::Gap => objective.beta * gram.gap(objective.b()),
            MapQuantity::Contrast => gram.contrast(),
            MapQuantity::Density => {
                let prior: f64 = latents.iter().map(|i| vae.prior.density(z[(*i, k)].to_f64())).product();
                prior / volume(gram.singular_basis().0)
            }
            MapQuantity::Anisotropy => {
                let s = gram.singular_basis().0;
                let [low, high] = [f64::min, f64::max].map(|pick| s.iter().copied().reduce(pick).unwrap_or(f64::NAN));
                high / low
            }
        }
    };
    let mut values = Vec::with_capacity(z.columns());
    for start in (0..z.columns()).step_by(piece) {
        let columns = start..z.columns().min(start + piece);
        let z = z.select_columns(columns.clone());
        // The density is one of data space; the others are terms of the argument.
        let jets = match quantity {
            MapQuantity::Density => Jets::of(vae, &z, Order::First),
            MapQuantity::Gap | MapQuantity::Contrast | MapQuantity::Anisotropy => Jets::fisher(vae, &z, Order::First),
        };
        values.extend(columns.enumerate().map(|(place, k)| at(&jets, place, k)));
    }
    values
}

/// √det JᵀJ = Π sᵢ.
pub fn volume(singular_values: &[f64]) -> f64 {
    singular_values.iter().product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::vae::{Architecture, Covariance, DecoderKind, Posterior, Prior};
    use nalgebra::{DMatrix, DVector};

    #[test]
    fn a_linear_decoder_has_the_same_jacobian_everywhere() {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![],
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::<f64>::zeros(3, architecture, Covariance::Diagonal);
        // Columns (2, 0, 0) and (1, 1, 0): angle 45°, volume 2.
        vae.parameters[..6].copy_from_slice(&[2.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        let z = Matrix::from_columns(2, 2, vec![0.0, 0.0, 1.0, -1.0]);
        let objective = Objective::new(Covariance::Diagonal, 4.0, 0.025);
        let field = |latents: &[usize], quantity| field(&vae, &z, latents, quantity, &objective);
        let contrast = field(&[0, 1], MapQuantity::Contrast);
        assert!(contrast.iter().all(|c| (c - 0.5 * 2_f64.ln()).abs() < 1e-12), "−log sin 45°");
        let density = field(&[0, 1], MapQuantity::Density);
        let exact = 0.5 / std::f64::consts::TAU;
        assert!((density[0] - exact).abs() < 1e-15 && (density[1] - exact * (-1.0_f64).exp()).abs() < 1e-15);
        // s² are the eigenvalues of [[4, 2], [2, 2]]: 3 ± √5.
        let ratio = ((3.0 + 5_f64.sqrt()) / (3.0 - 5_f64.sqrt())).sqrt();
        assert!((field(&[0, 1], MapQuantity::Anisotropy)[0] - ratio).abs() < 1e-12);
        // β/2 times −log(1 − ρ²), Λ = I + 10 G: V38 with ρ = 20/√(41·21).
        let gap = -2.0 * (1.0 - 400.0 / (41.0 * 21.0_f64)).ln();
        assert!((field(&[0, 1], MapQuantity::Gap)[0] - gap).abs() < 1e-12);
        // The density of one latent alone, on the curve along its column.
        let line = field(&[0], MapQuantity::Density);
        assert!((line[1] - 0.5 * Prior::Normal.density(1.0)).abs() < 1e-15);
    }

    #[test]
    fn maps_are_of_active_latents() {
        let metrics = |means: &[[f64; 2]], covariance| {
            let architecture = Architecture {
                latent_dim: 2,
                hidden: vec![],
                activation: Activation::Tanh,
                decoder: DecoderKind::Linear,
                factor: Default::default(),
                likelihood: Default::default(),
                decoder_hidden: None,
            };
            let vae = Vae::<f64>::zeros(3, architecture, covariance);
            let q =
                |mean: &[f64; 2]| Posterior { mean: DVector::from_column_slice(mean), factor: DMatrix::identity(2, 2) };
            let z = Matrix::from_columns(2, means.len(), means.concat());
            let posteriors: Vec<_> = means.iter().map(q).collect();
            GeometryMetrics::new(&Jets::of(&vae, &z, Order::First), &posteriors, &Objective::new(covariance, 1.0, 0.1))
        };
        let reasons = |geometry: &GeometryMetrics| MapQuantity::ALL.map(|quantity| quantity.latents(geometry).err());
        let both = metrics(&[[1.0, 1.0], [-1.0, 0.5], [0.0, -1.0]], Covariance::Full);
        assert_eq!(reasons(&both), [None; 4]);
        let one = Some(Undefined::OneActiveLatent);
        let single = metrics(&[[1.0, 0.0], [-1.0, 0.0]], Covariance::Diagonal);
        assert_eq!(reasons(&single), [one, one, None, one]);
        // Rank one in two coordinates: only the price of axes is defined.
        let shared = Some(Undefined::SharedDirections);
        let hidden = metrics(&[[1.0, 1.0], [-1.0, -1.0]], Covariance::Full);
        assert_eq!(
            (hidden.active.len(), hidden.active_units, reasons(&hidden)),
            (2, 1, [None, shared, shared, shared])
        );
    }
}
