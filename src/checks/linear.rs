//! Predictions about scenes with a linear decoder, in closed form.

use nalgebra::DMatrix;

use super::claims::Claims;
use super::prediction::Expected::{Above, Below, Near};
use super::prediction::Standing::{Empirical, Theorem};
use super::prediction::{Pool, Prediction};
use super::quantity::CheckQuantity;
use super::rolinek::random_rotation;
use super::run::{CheckRun, Seeds};
use super::thresholds::{CLEARLY, MCC_TOLERANCE, ORTHOGONAL_LINEAR};
use crate::data::{GroundTruthMap, ObservationSource, Scene};
use crate::geometry::ima_contrast;
use crate::linalg::svd;
use crate::nn::OptimizerKind;
use crate::stats::mean_correlation_coefficient;
use crate::vae::Covariance::{Diagonal, Full};
use crate::vae::PosteriorFactor;

/// Tolerance of the ELBO: four standard errors of its estimate are 0.019 nats; the noise of minibatches is of second order.
pub(super) const NATS: f64 = 0.02;

/// Largest distance of V to the nearest signed permutation that counts as aligned: 2√2 sin(θ/2) for θ = 2°.
const ALIGNED: f64 = 0.05;

/// Tolerance of the loss of rotated latents, as a share. It is steepest in the angle at 15°, where half a degree that V is off
/// the axes changes it by 6 %; the lengths of the columns add a little.
pub(super) const ROTATED_SHARE: f64 = 0.07;

/// Fewest seeds of a mean DtO: three standard errors are then half the chance level.
pub(super) const LEAST_SEEDS: u64 = 12;

/// Steps that show what an optimiser does to V: in one cycle, nearly a third of them at the whole rate.
const LONG: u64 = 20_000;

/// The three optimisers with full covariance. The objective prefers no axes, so where V goes is theirs to decide.
fn optimisers(claims: &mut Claims<'_>, seeds: Seeds) {
    use OptimizerKind::{Adam, AdamEquivariant, Sgd};
    use PosteriorFactor::{Cholesky, Exponential};
    let runs = |kind, factor| {
        let runs = CheckRun::seeds(claims.scene, Full, seeds).into_iter();
        Pool::Mean(runs.map(|run| run.trained_by(kind, factor, LONG)).collect())
    };
    let (chance, deviation) = random_rotation();
    let at_chance = Near { value: chance, tolerance: 3.0 * deviation / (seeds.count as f64).sqrt() };
    let pools = [runs(AdamEquivariant, Exponential), runs(Sgd, Exponential), runs(Adam, Cholesky)];
    let [equivariant, sgd, adam] = pools;
    claims
        .add(
            Theorem,
            format!(
                "Full posteriors exp 2H under equivariant Adam are rotated at random after {LONG} steps: the mean \
                 distance over {} seeds is at chance.",
                seeds.count
            ),
            CheckQuantity::Dto,
            equivariant,
            at_chance,
        )
        .add(Theorem, "So are they under SGD with momentum.", CheckQuantity::Dto, sgd, at_chance)
        .add(
            Empirical,
            format!("Adam, which has axes, walks full posteriors L Lᵀ to them in {LONG} steps."),
            CheckQuantity::Dto,
            adam,
            Below(CLEARLY * ALIGNED),
        );
}

/// Gaussian data near a plane: theory 4.1, 4.2 and 5.4.
pub(super) fn linear(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let (diagonal, full) = (CheckRun::seeds(scene, Diagonal, seeds), CheckRun::seeds(scene, Full, seeds));
    let rotated =
        |family| Pool::Median(CheckRun::seeds(scene, family, seeds).into_iter().map(|run| run.rotated(30.0)).collect());
    let b = scene.training.beta * scene.training.sigma2;
    // The noise of the data lowers the correlation, whatever β and σ² are; a collapsed latent has none.
    let ceiling = |l: &f64| if *l > b { (1.0 - scene.noise_variance() / l).max(0.0).sqrt() } else { 0.0 };
    let leading = &eigenvalues(scene)[..scene.training.latent_dim];
    let mcc = leading.iter().map(ceiling).sum::<f64>() / leading.len() as f64;
    let loss = |degrees| rotated_optimum_loss(scene, degrees);
    let mut claims = Claims::about(scene);
    claims
        .add(
            Theorem,
            "Diagonal posteriors reach the closed-form optimum.",
            CheckQuantity::ElboBeyondOptimum,
            Pool::Median(diagonal.clone()),
            Near { value: 0.0, tolerance: NATS },
        )
        .add(
            Theorem,
            "Full posteriors reach the same optimum.",
            CheckQuantity::ElboBeyondOptimum,
            Pool::Median(full.clone()),
            Near { value: 0.0, tolerance: NATS },
        )
        .add(
            Theorem,
            "Diagonal posteriors make the columns of the decoder orthogonal.",
            CheckQuantity::ImaContrast,
            Pool::Median(diagonal.clone()),
            Below(ORTHOGONAL_LINEAR),
        )
        .add(
            Theorem,
            "Diagonal posteriors align V with the latent axes.",
            CheckQuantity::Dto,
            Pool::Median(diagonal.clone()),
            Below(ALIGNED),
        )
        // A median or a mean over few seeds is far from the chance level .548 ± .315 / √n; `optimisers` compares many.
        .add(
            Empirical,
            "Full posteriors are not aligned: their mean distance is twice the limit of diagonal ones or more.",
            CheckQuantity::Dto,
            Pool::Mean(full),
            Above(CLEARLY * ALIGNED),
        )
        .add(
            Theorem,
            "Posterior means correlate with the true factors by √(1 − v/λ), v the variance of the noise: the ceiling.",
            CheckQuantity::Mcc,
            Pool::Median(diagonal.clone()),
            Near { value: mcc, tolerance: MCC_TOLERANCE },
        )
        .add(
            Theorem,
            "Variances of diagonal posteriors are 1/Λᵢᵢ, from the diagonal of the precision.",
            CheckQuantity::PosteriorError,
            Pool::Median(diagonal.clone()),
            Below(0.05),
        );
    for degrees in [15.0, 30.0, 45.0] {
        claims.add(
            Theorem,
            format!(
                "Rotating the latents by {degrees}° costs a diagonal posterior (β/2) log(1 + sin²2φ (λ₁−λ₂)²/4λ₁λ₂)."
            ),
            CheckQuantity::RotatedLoss(degrees),
            Pool::Median(diagonal.clone()),
            Near { value: loss(degrees), tolerance: ROTATED_SHARE * loss(degrees) },
        );
    }
    claims
        .add(
            Empirical,
            format!(
                "Diagonal posteriors return to the axes within {} steps after a rotation by 30°.",
                scene.training.steps
            ),
            CheckQuantity::AxisAngle,
            rotated(Diagonal),
            Below(5.0),
        )
        .add(
            Empirical,
            format!(
                "Full posteriors move by less than 10° within {} steps after a rotation by 30°.",
                scene.training.steps
            ),
            CheckQuantity::AngleSinceRotation,
            rotated(Full),
            Below(10.0),
        );
    optimisers(&mut claims, Seeds { count: seeds.count.max(LEAST_SEEDS), ..seeds });
    claims.list
}

/// A square of uniform factors: theory 4.4.
pub(super) fn linear_equal(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    for family in [Diagonal, Full] {
        let runs = Pool::Median(CheckRun::seeds(scene, family, seeds));
        let name = if family == Diagonal { "Diagonal" } else { "Full" };
        claims
            .add(
                Theorem,
                format!("{name} posteriors reach the closed-form optimum."),
                CheckQuantity::ElboBeyondOptimum,
                runs.clone(),
                Near { value: 0.0, tolerance: NATS },
            )
            .add(
                Theorem,
                format!("{name} posteriors make the columns orthogonal: with equal singular values all axes are."),
                CheckQuantity::ImaContrast,
                runs,
                Below(0.005),
            );
    }
    claims.add(
        Theorem,
        "Rotating the latents by 45° costs even a diagonal posterior nothing, so the objective prefers no axes.",
        CheckQuantity::RotatedLoss(45.0),
        Pool::Median(CheckRun::seeds(scene, Diagonal, seeds)),
        Below(0.01),
    );
    let mut stretched = scene.clone();
    if let ObservationSource::Map { map: GroundTruthMap::Linear { scales, .. }, .. } = &mut stretched.generator.source {
        scales[0] *= 1.5;
        claims.add(
            Theorem,
            "With one side stretched by 1.5, diagonal posteriors align V with the latent axes.",
            CheckQuantity::Dto,
            Pool::Median(CheckRun::seeds(&stretched, Diagonal, seeds)),
            Below(0.05),
        );
    }
    claims.list
}

/// A rhombus of uniform sources: theory 4.5.
pub(super) fn uniform_square(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let runs = Pool::Median(CheckRun::seeds(scene, Diagonal, seeds));
    let noise = scene.noise_variance();
    let Some(map) = scene.truth() else { return Vec::new() };
    let a = map.jacobian(&[0.0, 0.0]);
    let mcc = principal_mcc(&a, noise);
    let mut claims = Claims::about(scene);
    claims
        .add(
            Theorem,
            "Diagonal posteriors reach the closed-form optimum, which depends on mean and covariance only.",
            CheckQuantity::ElboBeyondOptimum,
            runs.clone(),
            Near { value: 0.0, tolerance: NATS },
        )
        .add(
            Theorem,
            format!(
                "The learned columns are orthogonal, although the true ones are not (c_IMA {:.3}).",
                ima_contrast(&a)
            ),
            CheckQuantity::ImaContrast,
            runs.clone(),
            Below(ORTHOGONAL_LINEAR),
        )
        // The axes of 20,000 samples are off by √(λ₁λ₂/N)/(λ₁ − λ₂) = 0.0065 rad, and training adds as much; matching picks
        // the larger correlations.
        .add(
            Theorem,
            "The axes are the diagonals of the rhombus, so each latent mixes both sources.",
            CheckQuantity::Mcc,
            runs,
            Near { value: mcc, tolerance: 0.03 },
        );
    claims.list
}

/// Latents collapse one after the other as b grows: theory 4.3 and 5.3.
pub(super) fn water_filling(scene: &Scene, seeds: Seeds) -> Vec<Prediction> {
    let mut claims = Claims::about(scene);
    let lambda = eigenvalues(scene);
    for b in [0.3, 0.5, 1.4, 3.5] {
        let beta = b / scene.training.sigma2;
        let runs: Vec<CheckRun> =
            seeds.at_most(3).each().map(|seed| CheckRun::new(scene, Diagonal, seed).with_beta(beta)).collect();
        let k = lambda.iter().take(scene.training.latent_dim).filter(|l| **l > b).count();
        let kl: f64 = lambda.iter().take(scene.training.latent_dim).map(|l| 0.5 * (l / b).ln().max(0.0)).sum();
        claims
            .add(
                Theorem,
                format!("At β = {beta:.0}, b = {b}, the directions with λ > b are active."),
                CheckQuantity::ActiveUnits,
                Pool::Median(runs.clone()),
                Near { value: k as f64, tolerance: 0.0 },
            )
            // The noise of minibatches moves the weights of an active latent by a relative 0.009, which is as many nats.
            .add(
                Theorem,
                format!("At β = {beta:.0} the KL divergence is ½ Σ log(λ/b) over the active directions."),
                CheckQuantity::Kl,
                Pool::Median(runs),
                Near { value: kl, tolerance: 0.036 * (k as f64).sqrt() + 0.002 },
            );
    }
    claims.list
}

/// MCC of the principal axes of x = A s + noise, A = U S Vᵀ: the latents are uᵢᵀx, which correlate with factor k by
/// |uᵢᵀ a_k| / √(sᵢ² + noise), uᵢᵀ a_k = sᵢ V_ki.
pub(super) fn principal_mcc(a: &DMatrix<f64>, noise: f64) -> f64 {
    let basis = svd(a);
    let s = &basis.singular_values;
    let correlation = DMatrix::from_fn(s.len(), s.len(), |i, k| basis.v[(k, i)] * s[i] / (s[i] * s[i] + noise).sqrt());
    mean_correlation_coefficient(&correlation).0
}

/// Eigenvalues of the covariance of a scene with a linear map, largest first.
pub(super) fn eigenvalues(scene: &Scene) -> Vec<f64> {
    let Some(map) = scene.truth() else { return Vec::new() };
    let j = map.jacobian(&vec![0.0; map.latent_dim()]);
    let mut all: Vec<f64> =
        (&j * j.transpose()).symmetric_eigenvalues().iter().map(|l| l + scene.noise_variance()).collect();
    all.sort_unstable_by(|a, b| b.total_cmp(a));
    all
}

/// (β/2) log(1 + sin²2φ (λ₁−λ₂)²/4λ₁λ₂).
pub(super) fn rotated_optimum_loss(scene: &Scene, degrees: f64) -> f64 {
    let lambda = eigenvalues(scene);
    let s = (2.0 * degrees.to_radians()).sin();
    let ratio = (lambda[0] - lambda[1]).powi(2) / (4.0 * lambda[0] * lambda[1]);
    0.5 * scene.training.beta * (s * s * ratio).ln_1p()
}
