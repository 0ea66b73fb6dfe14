//! Predictions about an autoencoder without a posterior: theory 4.17.

use super::claims::Claims;
use super::linear::{LEAST_SEEDS, NATS, eigenvalues, principal_mcc};
use super::prediction::Expected::{Below, Near};
use super::prediction::Standing::{Empirical, Theorem};
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use super::thresholds::CLEARLY;
use crate::data::{Scene, TrainingDefaults};
use crate::vae::Covariance::Diagonal;
use crate::vae::Regularizer;

/// Largest angle off the latent axes of two latents, in degrees.
const MOST_OFF_AXES: f64 = 45.0;

/// Degrees of the rotation after which training goes on.
const ROTATED: f64 = 30.0;

/// A linear autoencoder on Gaussian data near a plane.
pub(super) fn autoencoder(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let runs = CheckRun::seeds(scene, Diagonal, seeds);
    let objective = scene.training.objective();
    let rest: f64 = eigenvalues(scene).iter().skip(scene.training.latent_dim).sum();
    let best = -rest / (2.0 * objective.sigma2) - objective.log_normaliser(scene.generator.data_dim());
    let many = Seeds { count: seeds.count.max(LEAST_SEEDS), ..seeds };
    let with_kl = Scene {
        training: TrainingDefaults { regularizer: Regularizer::Kl, ..scene.training.clone() },
        ..scene.clone()
    };
    let Some(map) = scene.truth() else { return Vec::new() };
    let ceiling = principal_mcc(&map.jacobian(&[0.0, 0.0]), scene.noise_variance());
    claims
        .add(
            Theorem,
            "It finds the plane of the principal axes: nothing reconstructs better (Baldi and Hornik 1989).",
            CheckQuantity::Reconstruction,
            Pool::Median(runs.clone()),
            Near { value: best, tolerance: NATS },
        )
        // An angle that is uniform from 0 to 45° has the standard deviation 45°/√12; three standard errors of the mean.
        .add(
            Theorem,
            format!(
                "Objective and equivariant Adam know no axes, so V is rotated at random: the mean angle over {} seeds is at chance.",
                many.count
            ),
            CheckQuantity::AxisAngle,
            Pool::Mean(CheckRun::seeds(scene, Diagonal, many)),
            Near {
                value: 0.5 * MOST_OFF_AXES,
                tolerance: 3.0 * MOST_OFF_AXES / (12.0 * many.count as f64).sqrt(),
            },
        )
        // So far may the latents drift, since nothing prices any direction.
        .add(
            Empirical,
            format!(
                "A VAE that is rotated by {ROTATED}° and trained on as an autoencoder keeps its latents there, to 10° in {} steps.",
                scene.training.steps
            ),
            CheckQuantity::Mcc,
            Pool::Median(runs.iter().map(|run| run.clone().begun_with(Regularizer::Kl).rotated(ROTATED)).collect()),
            Near {
                value: ROTATED.to_radians().cos() * ceiling,
                tolerance: 10_f64.to_radians() * ROTATED.to_radians().sin() * ceiling,
            },
        )
        .add(
            Empirical,
            "Nothing makes its columns orthogonal: with β KL instead, diagonal posteriors have at most half of its contrast.",
            CheckQuantity::ImaContrast,
            Pool::Ratio(CheckRun::seeds(&with_kl, Diagonal, seeds), runs),
            Below(1.0 / CLEARLY),
        );
    claims.list
}
