//! A quantity of the decoder over the latent plane through z*.

use super::latent_grid::{RANGE, grid_values};
use super::query::Query;
use crate::experiment::Snapshot;
use crate::geometry::{MapQuantity, field};
use crate::linalg::Matrix;
use crate::vae::{Objective, Vae};

/// Points along each side of a map.
pub(crate) const SIDE: usize = 57;

/// Asks for maps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldQuery {
    /// z*.
    pub z: Vec<f64>,
    /// The two latents of each plane.
    pub planes: Vec<[usize; 2]>,
    /// The quantity.
    pub quantity: MapQuantity,
    /// The latents whose columns it is a quantity of.
    pub latents: Vec<usize>,
    /// The objective.
    pub objective: Objective,
}

impl Query for FieldQuery {
    type Answer = Vec<Field>;

    fn answer(&self, _: &Snapshot, model: &Vae<f64>) -> Vec<Field> {
        self.planes.iter().map(|plane| Field::new(model, self, *plane)).collect()
    }
}

/// A quantity on a grid over the latent plane.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The quantity.
    pub quantity: MapQuantity,
    /// The two latents of the plane.
    pub plane: [usize; 2],
    /// On [−3.5, 3.5]², the first latent of the plane running fastest. NaN where it has no value.
    pub values: Vec<f64>,
    /// The end of the scale: nearly the largest value within two standard deviations, where the data are.
    pub high: f64,
}

impl Field {
    fn new(model: &Vae<f64>, query: &FieldQuery, plane: [usize; 2]) -> Self {
        let FieldQuery { z, quantity, latents: columns, objective, .. } = query;
        let [a, b] = plane;
        let at: Vec<[f64; 2]> =
            grid_values(RANGE, SIDE).flat_map(|y| grid_values(RANGE, SIDE).map(move |x| [x, y])).collect();
        let latents = Matrix::from_fn(z.len(), at.len(), |i, k| {
            if i == a {
                at[k][0]
            } else if i == b {
                at[k][1]
            } else {
                z[i]
            }
        });
        let values = field(model, &latents, columns, *quantity, objective);
        let inside = values.iter().zip(&at).filter(|(v, [x, y])| v.is_finite() && x.hypot(*y) < 2.0);
        let mut sorted: Vec<f64> = inside.map(|(v, _)| *v).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let high = sorted.get(sorted.len() * 98 / 100).copied().unwrap_or(1.0);
        Self { quantity: *quantity, plane, values, high: high.max(quantity.least_range()) }
    }

    /// The share of the scale that ends at `high`, between 0 and 1, of the value at a point of the plane; bilinear between
    /// the points of the map.
    pub(crate) fn share(&self, [x, y]: [f64; 2], high: f64) -> f64 {
        let place = |x: f64| ((x / RANGE + 1.0) * 0.5 * (SIDE - 1) as f64).clamp(0.0, (SIDE - 1) as f64 - 1e-9);
        let (column, row) = (place(x), place(y));
        let (c, r) = (column as usize, row as usize);
        let (u, v) = (column.fract(), row.fract());
        let at = |c: usize, r: usize| self.values[r * SIDE + c];
        let value = (1.0 - v) * ((1.0 - u) * at(c, r) + u * at(c + 1, r))
            + v * ((1.0 - u) * at(c, r + 1) + u * at(c + 1, r + 1));
        let low = self.quantity.least();
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind};

    #[test]
    fn maps_are_read_between_their_points() {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![8],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let model = Vae::<f64>::new(3, architecture, Covariance::Diagonal, &mut stream(0, Purpose::Init, 0));
        let quantity = MapQuantity::Contrast;
        let objective = Objective::new(Covariance::Diagonal, 1.0, 0.1);
        let query = FieldQuery { z: vec![0.0, 0.0], planes: vec![[0, 1]], quantity, latents: vec![0, 1], objective };
        let map = Field::new(&model, &query, [0, 1]);
        let exact = |x: f64, y: f64| {
            field(&model, &Matrix::from_columns(2, 1, vec![x, y]), &[0, 1], quantity, &query.objective)[0]
        };
        for [x, y] in [[0.3, -0.4], [1.2, 0.9], [0.0, 0.0]] {
            // The map has eight points a unit: the error of a bilinear reading is a small part of the range.
            assert!((map.share([x, y], map.high) * map.high - exact(x, y).min(map.high)).abs() < 0.02 * map.high);
        }
        assert!(map.share([9.0, 9.0], map.high).is_finite());
    }
}
