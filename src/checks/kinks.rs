//! Predictions about a ReLU decoder, whose Jacobian jumps: theory 4.15.

use super::claims::Claims;
use super::curved::ratio_of_contrasts;
use super::prediction::Expected::{Above, Below};
use super::prediction::Standing::{Approximation, Empirical};
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use super::thresholds::{CLEARLY, ORTHOGONAL_CURVED};
use crate::data::{Scene, TrainingDefaults};
use crate::nn::Activation;
use crate::vae::Covariance::Diagonal;

/// A sheet that is curved but not stretched, learned by ReLU and by tanh networks.
pub(super) fn kinks(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let training = TrainingDefaults { activation: Activation::Tanh, ..scene.training.clone() };
    let smooth = Scene { training, ..scene.clone() };
    let (runs, smooth) = (CheckRun::seeds(scene, Diagonal, seeds), CheckRun::seeds(&smooth, Diagonal, seeds));
    claims
        .add(
            Approximation,
            "Diagonal posteriors make the columns of the Jacobian nearly orthogonal, kinks or not.",
            CheckQuantity::ImaContrast,
            Pool::Median(runs.clone()),
            Below(ORTHOGONAL_CURVED),
        )
        .add(
            Empirical,
            "1/Λᵢᵢ of the Jacobian at the mean errs at least twice as much as on the smooth network: it does not see the kinks beside the mean.",
            CheckQuantity::PosteriorError,
            Pool::Ratio(runs, smooth),
            Above(CLEARLY),
        );
    ratio_of_contrasts(&mut claims, seeds);
    claims.list
}
