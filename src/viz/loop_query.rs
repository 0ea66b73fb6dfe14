//! Loop integrals of arc length around a latent rectangle: 0 for every rectangle exactly when C2 holds.

use super::query::Query;
use crate::experiment::Snapshot;
use crate::geometry::{loop_integrals, path_length};
use crate::vae::Vae;

/// Asks for the loop integrals around a rectangle in a latent plane.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoopQuery {
    /// The other latents.
    pub z: Vec<f64>,
    /// The two latents.
    pub plane: [usize; 2],
    /// Two opposite corners.
    pub corners: [[f64; 2]; 2],
}

impl Query for LoopQuery {
    type Answer = LoopIntegrals;

    fn answer(&self, _: &Snapshot, model: &Vae<f64>) -> LoopIntegrals {
        LoopIntegrals::new(model, self)
    }
}

/// Loop integrals of arc length around a latent rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoopIntegrals {
    /// ∮ s_a dz_a and ∮ s_b dz_b in units of the data: 0 for every rectangle exactly when C2 holds.
    pub integrals: [f64; 2],
    /// The mean length of the two sides along each latent, for comparison.
    pub lengths: [f64; 2],
}

impl LoopIntegrals {
    fn new(model: &Vae<f64>, query: &LoopQuery) -> Self {
        let LoopQuery { z, plane, corners: [from, to] } = query;
        let side = |moving: usize, fixed: usize, at: f64| {
            let mut base = z.clone();
            base[plane[fixed]] = at;
            path_length(model, &base, plane[moving], from[moving], to[moving]).abs()
        };
        Self {
            integrals: loop_integrals(model, z, *plane, *from, *to),
            lengths: [(0, 1), (1, 0)].map(|(i, j)| 0.5 * (side(i, j, from[j]) + side(i, j, to[j]))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn loops_of_a_linear_decoder_close() {
        let (_, model) = trained("linear", 1500);
        let lengths = [0, 1].map(|i| path_length(&model, &[0.0; 2], i, 0.0, 1.0));
        let corners = [[-1.0, -1.0], [1.0, 2.0]];
        let around = LoopIntegrals::new(&model, &LoopQuery { z: vec![0.0; 2], plane: [0, 1], corners });
        assert!(around.integrals.iter().all(|i| i.abs() < 1e-9));
        assert!(
            (around.lengths[0] - 2.0 * lengths[0]).abs() < 1e-9 && (around.lengths[1] - 3.0 * lengths[1]).abs() < 1e-9
        );
    }

    #[test]
    fn loops_of_an_untrained_network_stay_open() {
        let (_, model) = trained("cylinder", 0);
        // Not about the origin, where an untrained tanh network is symmetric.
        let corners = [[0.0, 0.0], [1.5, 1.0]];
        let around = LoopIntegrals::new(&model, &LoopQuery { z: vec![0.0; 2], plane: [0, 1], corners });
        assert!(around.integrals.iter().any(|i| i.abs() > 1e-3), "{around:?}");
    }
}
