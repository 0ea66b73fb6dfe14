//! Predictions about scenes of pictures: theory 4.16.

use super::claims::Claims;
use super::curved::orthogonal;
use super::prediction::Expected::{Above, Below, Near};
use super::prediction::Standing::{Approximation, Empirical};
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::run::{CheckRun, Seeds};
use crate::data::Scene;
use crate::vae::Covariance::{Diagonal, Full};

/// A factor counts as found if a latent correlates with it at least so much.
const FOUND: f64 = 0.9;

/// A blob, whose Jacobian has a closed form.
pub(super) fn blob(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    orthogonal(&mut claims, seeds);
    let runs = Pool::Median(CheckRun::seeds(scene, Diagonal, seeds));
    let jacobian = scene.truth().map(|map| map.jacobian(&[0.0, 0.0]));
    for (rank, name) in ["x", "y"].into_iter().enumerate() {
        let length = jacobian.as_ref().map_or(f64::NAN, |j| j.column(rank).norm());
        // The decoder shrinks by √(1 − b/λ) and smooths: several per cent.
        claims.add(
            Approximation,
            format!(
                "Singular value {} of the decoder is the length of the closed form for {name}, {length:.2}.",
                rank + 1
            ),
            CheckQuantity::SingularValue(rank),
            runs.clone(),
            Near { value: length, tolerance: 0.15 * length },
        );
    }
    claims.add(
        Empirical,
        "Diagonal posteriors give x and y a latent each.",
        CheckQuantity::WeakestFactor(2),
        runs,
        Above(FOUND),
    );
    claims.list
}

/// A disc of four factors, of which two have axes of their own.
pub(super) fn sprites(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let tenth = CheckRun::seeds(scene, Diagonal, seeds);
    let tenth = tenth.into_iter().map(|run| run.with_beta(0.1 * scene.training.beta)).collect();
    claims
        .add(
            Empirical,
            "Diagonal posteriors give x and y a latent each.",
            CheckQuantity::WeakestFactor(2),
            Pool::Median(CheckRun::seeds(scene, Diagonal, seeds)),
            Above(FOUND),
        )
        .add(
            Empirical,
            "A tenth of this β does not.",
            CheckQuantity::WeakestFactor(2),
            Pool::Median(tenth),
            Below(FOUND),
        )
        .add(
            Empirical,
            "Full posteriors do not.",
            CheckQuantity::WeakestFactor(2),
            Pool::Median(CheckRun::seeds(scene, Full, seeds)),
            Below(FOUND),
        );
    claims.list
}

/// The factors of dSprites. One seed of a fraction of the scene's steps has to do: a run takes minutes.
pub(super) fn shapes(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let runs = |family| -> Vec<CheckRun> {
        let runs = CheckRun::seeds(scene, family, seeds.at_most(1)).into_iter();
        runs.map(|run| CheckRun { steps: scene.training.steps / 5, ..run }).collect()
    };
    claims.add(
        Empirical,
        "A diagonal posterior costs diagonal runs at most half of what it would cost full ones, after a fifth of the steps.",
        CheckQuantity::BetaGap,
        Pool::Ratio(runs(Diagonal), runs(Full)),
        Below(0.5),
    );
    claims.list
}
