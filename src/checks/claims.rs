//! Builder for the list of predictions about one scene.

use super::prediction::{Expected, Pool, Prediction, Standing};
use super::quantity::CheckQuantity;
use crate::data::Scene;

/// Predictions about one scene.
pub(super) struct Claims<'a> {
    pub(super) scene: &'a Scene,
    pub(super) list: Vec<Prediction>,
}

impl<'a> Claims<'a> {
    pub(super) fn about(scene: &'a Scene) -> Self {
        Self { scene, list: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        standing: Standing,
        claim: impl Into<String>,
        quantity: CheckQuantity,
        pool: Pool,
        expected: Expected,
    ) -> &mut Self {
        let (scene, claim) = (self.scene.name.clone(), claim.into());
        self.list.push(Prediction { scene, claim, standing, expected, quantity, pool });
        self
    }
}
