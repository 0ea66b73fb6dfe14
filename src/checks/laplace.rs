//! Predictions about a prior that singles out axes: theory 4.1b.

use super::claims::Claims;
use super::prediction::Expected::{Above, Below};
use super::prediction::Standing::{Approximation, Theorem};
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use super::thresholds::HALFWAY;
use crate::data::{Scene, TrainingDefaults};
use crate::vae::Covariance::{Diagonal, Full};
use crate::vae::Regularizer;

/// The angle between the factors and the axes that mix them most.
const MIXED: f64 = 45.0;

/// Two Laplace factors with orthogonal columns of equal length.
pub(super) fn laplace(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let runs = |covariance| CheckRun::seeds(scene, covariance, seeds);
    let normal = Scene {
        training: TrainingDefaults { regularizer: Regularizer::Kl, ..scene.training.clone() },
        ..scene.clone()
    };
    let with_normal: Vec<CheckRun> = CheckRun::seeds(&normal, Full, seeds)
        .into_iter()
        .map(|run| run.begun_with(Regularizer::Laplace).rotated(MIXED))
        .collect();
    claims
        .add(
            Approximation,
            "The columns are equally long, so only the prior prefers axes: the latents become the factors.",
            CheckQuantity::Mcc,
            Pool::Median(runs(Diagonal)),
            Above(HALFWAY),
        )
        .add(
            Approximation,
            "So they do with full posteriors.",
            CheckQuantity::Mcc,
            Pool::Median(runs(Full)),
            Above(HALFWAY),
        )
        .add(
            Approximation,
            "Rotated by 45°, full posteriors come back.",
            CheckQuantity::Mcc,
            Pool::Median(runs(Full).into_iter().map(|run| run.rotated(MIXED)).collect()),
            Above(HALFWAY),
        )
        .add(
            Theorem,
            "With a normal prior nothing brings them back: objective and optimiser know no axes.",
            CheckQuantity::Mcc,
            Pool::Median(with_normal),
            Below(HALFWAY),
        );
    claims.list
}
