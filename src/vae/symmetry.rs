//! Rotations of the latents, z ↦ R z with R orthogonal, act linearly on the parameters: W ↦ W Rᵀ on the first decoder layer,
//! M ↦ R M on the mean head, H ↦ R H Rᵀ on the head of an exponential factor. Training without axes needs initial weights and an
//! optimiser whose law these rotations do not change.

use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::config::Covariance;
use super::model::Vae;
use crate::linalg::Real;
use crate::nn::{Adam, OptimizerKind};

impl<T: Real> Vae<T> {
    /// Draws the weights that have a latent index, of a model with diagonal covariance, from Gaussians with the variance that
    /// they had: their law is then the same after any rotation.
    pub(super) fn draw_without_axes(&mut self, rng: &mut impl Rng) {
        let m = self.latent_dim();
        let mut draw = |inputs: usize, outputs: usize| {
            // That of a uniform distribution on ±√(6 / (inputs + outputs)).
            let deviation = (2.0 / (inputs + outputs) as f64).sqrt();
            let normal: f64 = StandardNormal.sample(rng);
            T::from_f64(deviation * normal)
        };
        let (first, head) = (self.decoder.layers()[0].clone(), self.head().clone());
        first.split_mut(&mut self.parameters).0.fill_with(|| draw(first.inputs, first.outputs));
        for column in head.split_mut(&mut self.parameters).0.chunks_exact_mut(head.outputs) {
            column[..m].fill_with(|| draw(head.inputs, head.outputs));
        }
    }

    /// True if training with this optimiser commutes with rotations of the latents.
    pub fn is_equivariant(&self, kind: OptimizerKind) -> bool {
        self.has_exponential_factor() && kind != OptimizerKind::Adam
    }

    /// One step of the optimiser against the gradient of the loss. `sigma2` is σ² of the objective.
    pub fn descend(&mut self, kind: OptimizerKind, adam: &mut Adam<T>, gradient: &[T], rate: f64, sigma2: f64) {
        match kind {
            OptimizerKind::Adam => adam.update(&mut self.parameters, gradient, rate),
            OptimizerKind::AdamEquivariant => {
                adam.observe(gradient);
                // The same as averaging each squared gradient: the moment is linear in them.
                self.average_over_latents(&mut adam.second);
                adam.descend(&mut self.parameters, rate);
            }
            OptimizerKind::Sgd => {
                adam.observe(gradient);
                adam.descend_mean(&mut self.parameters, rate * sigma2);
            }
            // Its steps need the objective of all the data; a gradient is not enough.
            OptimizerKind::Lbfgs => {}
        }
    }

    /// Replaces values (one per parameter) by their means over the latent index, wherever a parameter has one: columns of the
    /// first decoder layer, rows of the mean head, both indices of H. The means do not change when the latents
    /// are rotated if the values are squared gradients. The outputs log L_ii are averaged, too; L_ij, which no rotation
    /// respects, are not.
    pub fn average_over_latents(&self, values: &mut [T]) {
        let m = self.latent_dim();
        let first = &self.decoder.layers()[0];
        let (weight, _) = first.split_mut(values);
        for row in 0..first.outputs {
            let mean = mean((0..m).map(|latent| weight[row + latent * first.outputs]));
            (0..m).for_each(|latent| weight[row + latent * first.outputs] = mean);
        }
        let head = self.head();
        let end = match self.covariance {
            Covariance::Full if self.has_exponential_factor() => head.outputs,
            _ => 2 * m,
        };
        let (weight, bias) = head.split_mut(values);
        for column in weight.chunks_exact_mut(head.outputs).chain([bias]) {
            for part in [0..m, m..end] {
                let mean = mean(column[part.clone()].iter().copied());
                column[part].fill(mean);
            }
        }
    }
}

fn mean<T: Real>(values: impl ExactSizeIterator<Item = T>) -> T {
    let count = values.len() as f64;
    T::from_f64(values.map(|x| x.to_f64()).sum::<f64>() / count)
}
