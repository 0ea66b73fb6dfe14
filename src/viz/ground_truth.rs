//! The map that generated the data, where it is known, seen as the decoder is seen: its seams through the point of the true manifold
//! that is nearest to d(z*).

use nalgebra::DMatrix;

use super::latent_grid::{RANGE, grid_values};
use crate::data::{GroundTruthMap, nearest_factors};
use crate::experiment::Snapshot;
use crate::geometry::Seam;
use crate::linalg::Matrix;

/// Points along a seam.
const POINTS: usize = 281;

/// The true map and the factors of one point.
#[derive(Clone, Debug)]
pub struct GroundTruth {
    map: GroundTruthMap,
    /// The factors of the point.
    pub factors: Vec<f64>,
    /// The seam of each factor through it.
    pub seams: Vec<Seam>,
}

impl GroundTruth {
    /// The ground truth at the point nearest to `image` (n), if it is known, from held-out observation `i` on, which is near to it.
    pub(super) fn new(snapshot: &Snapshot, i: usize, image: &[f64]) -> Option<Self> {
        let map = snapshot.config.origin.scene().and_then(|scene| scene.truth())?.clone();
        let column = snapshot.data.test.factors.as_ref()?.column(i);
        let observed: Vec<f64> = column.iter().map(|f| f64::from(*f)).collect();
        let factors = nearest_factors(&map, image, &observed);
        let seams = (0..factors.len()).map(|k| seam(&map, &factors, k)).collect();
        Some(Self { map, factors, seams })
    }

    /// Its Jacobian at the point (n × k).
    pub fn jacobian(&self) -> DMatrix<f64> {
        self.map.jacobian(&self.factors)
    }

    /// The seam of factor `k` where factor `other` has a value of its own.
    pub fn ghost(&self, k: usize, other: usize, value: f64) -> Seam {
        let mut factors = self.factors.clone();
        factors[other] = value;
        seam(&self.map, &factors, k)
    }
}

fn seam(map: &GroundTruthMap, factors: &[f64], k: usize) -> Seam {
    let t: Vec<f64> = grid_values(RANGE, POINTS).collect();
    let at = |t: &f64| {
        let mut factors = factors.to_vec();
        factors[k] = *t;
        factors
    };
    let points: Vec<f64> = t.iter().flat_map(|t| map.value(&at(t))).collect();
    let speed = t.iter().map(|t| map.jacobian(&at(t)).column(k).norm()).collect();
    let points = Matrix::from_columns(map.data_dim(), t.len(), points);
    Seam::new(k, factors[k], t, points, speed)
}
