//! Quantities measured in one run.

use std::fmt;
use std::str::FromStr;

use nalgebra::DMatrix;

use super::run::CheckOutcome;
use crate::geometry::{Jets, Order, Rotation, alignment, posterior_precision, rotated_elbos, rotated_gap};
use crate::linalg::{Matrix, svd};
use crate::sentence::quoted;
use crate::stats::{correlation, mean_correlation_coefficient, moments};
use crate::vae::Vae;

/// Held-out observations whose best posteriors are searched for.
const SEARCHED: usize = 100;

/// Quantity of a finished run; NaN where undefined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckQuantity {
    /// ELBO minus the closed-form optimum of a linear decoder, in nats.
    ElboBeyondOptimum,
    /// ELBO, in nats.
    Elbo,
    /// E_q log p(x|z), in nats; of an autoencoder log p(x|z) at its code.
    Reconstruction,
    /// KL(q‖p), in nats.
    Kl,
    /// σ² at the end.
    Sigma2,
    /// Mean contrast c_IMA, in nats.
    ImaContrast,
    /// Mean price of diagonal posteriors, β times their gap, in nats.
    BetaGap,
    /// Mean distance of V to the nearest signed permutation.
    Dto,
    /// Mean residual of condition C2.
    C2Residual,
    /// Mean |log σᵢ² Λᵢᵢ| of the encoder against Λ = I + JᵀJ/b.
    PosteriorError,
    /// Number of active latents.
    ActiveUnits,
    /// Mean correlation coefficient with the true factors.
    Mcc,
    /// Mean singular value of that rank; rank 0 is the largest.
    SingularValue(usize),
    /// Loss of the best diagonal posteriors after a rotation by these degrees, in nats.
    RotatedLoss(f64),
    /// Loss of diagonal posteriors over its second-order formula with Λ = I + JᵀJ/b.
    RotatedLossOverFormula(f64),
    /// Mean angle of V off the latent axes, in degrees: 0 to 45 for two latents.
    AxisAngle,
    /// Angle of the decoder's long axis since the rotation, in degrees.
    AngleSinceRotation,
    /// Distance between the mean codes of two clusters.
    CodeDistance(usize, usize),
    /// Smallest |correlation| of the first so many true factors with their latents, one for each, under the best matching.
    WeakestFactor(usize),
}

impl fmt::Display for CheckQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ElboBeyondOptimum => f.write_str("ELBO − optimum"),
            Self::Elbo => f.write_str("ELBO"),
            Self::Reconstruction => f.write_str("reconstruction"),
            Self::Kl => f.write_str("KL"),
            Self::Sigma2 => f.write_str("σ²"),
            Self::ImaContrast => f.write_str("c_IMA"),
            Self::BetaGap => f.write_str("β gap"),
            Self::Dto => f.write_str("DtO"),
            Self::C2Residual => f.write_str("C2 residual"),
            Self::PosteriorError => f.write_str("posterior error"),
            Self::ActiveUnits => f.write_str("active units"),
            Self::Mcc => f.write_str("MCC"),
            Self::SingularValue(rank) => write!(f, "s{}", rank + 1),
            Self::RotatedLoss(degrees) => write!(f, "loss at {degrees}°"),
            Self::RotatedLossOverFormula(degrees) => write!(f, "loss at {degrees}° / formula"),
            Self::AxisAngle => f.write_str("degrees off the axes"),
            Self::AngleSinceRotation => f.write_str("degrees since rotation"),
            Self::CodeDistance(a, b) => write!(f, "codes {} to {}", a + 1, b + 1),
            Self::WeakestFactor(count) => write!(f, "weakest of {count} factors"),
        }
    }
}

impl FromStr for CheckQuantity {
    type Err = String;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, String> {
        const PLAIN: [CheckQuantity; 14] = [
            CheckQuantity::ElboBeyondOptimum,
            CheckQuantity::Elbo,
            CheckQuantity::Reconstruction,
            CheckQuantity::Kl,
            CheckQuantity::Sigma2,
            CheckQuantity::ImaContrast,
            CheckQuantity::BetaGap,
            CheckQuantity::Dto,
            CheckQuantity::C2Residual,
            CheckQuantity::PosteriorError,
            CheckQuantity::ActiveUnits,
            CheckQuantity::Mcc,
            CheckQuantity::AxisAngle,
            CheckQuantity::AngleSinceRotation,
        ];
        let from_one = |text: &str| text.parse::<usize>().ok()?.checked_sub(1);
        let with_numbers = || {
            if let Some(degrees) = text.strip_prefix("loss at ") {
                let (degrees, rest) = degrees.split_once('°')?;
                let degrees = degrees.parse().ok()?;
                return match rest {
                    "" => Some(Self::RotatedLoss(degrees)),
                    " / formula" => Some(Self::RotatedLossOverFormula(degrees)),
                    _ => None,
                };
            }
            if let Some(codes) = text.strip_prefix("codes ") {
                let (a, b) = codes.split_once(" to ")?;
                return Some(Self::CodeDistance(from_one(a)?, from_one(b)?));
            }
            if let Some(count) = text.strip_prefix("weakest of ") {
                return Some(Self::WeakestFactor(count.strip_suffix(" factors")?.parse().ok()?));
            }
            Some(Self::SingularValue(from_one(text.strip_prefix('s')?)?))
        };
        let plain = PLAIN.into_iter().find(|quantity| quantity.to_string() == text);
        plain.or_else(with_numbers).ok_or_else(|| {
            let names = PLAIN.map(|quantity| quantity.to_string()).join(", ");
            format!("{} is no quantity; choose of {names}, s1, loss at 45°", quoted(text))
        })
    }
}

impl CheckQuantity {
    /// Measures the quantity.
    pub fn of(self, outcome: &CheckOutcome) -> f64 {
        let metrics = &outcome.metrics;
        let geometry = &metrics.geometry;
        match self {
            Self::ElboBeyondOptimum => metrics.optimum_test.as_ref().map_or(f64::NAN, |best| metrics.elbo - best.elbo),
            Self::Elbo => metrics.elbo,
            Self::Reconstruction => metrics.reconstruction,
            Self::Kl => metrics.kl(),
            Self::Sigma2 => outcome.settings.objective.sigma2,
            Self::ImaContrast => geometry.ima_contrast.unwrap_or(f64::NAN),
            Self::BetaGap => geometry.beta_gap.unwrap_or(f64::NAN),
            Self::Dto => geometry.dto.unwrap_or(f64::NAN),
            Self::C2Residual => geometry.c2_residual.unwrap_or(f64::NAN),
            Self::PosteriorError => geometry.posterior_error.unwrap_or(f64::NAN),
            Self::ActiveUnits => geometry.active_units as f64,
            Self::Mcc => metrics.mcc.unwrap_or(f64::NAN),
            Self::SingularValue(rank) => geometry.singular_values.get(rank).copied().unwrap_or(f64::NAN),
            Self::RotatedLoss(degrees) => rotated_loss(outcome, degrees),
            Self::RotatedLossOverFormula(degrees) => rotated_loss(outcome, degrees) / rotated_formula(outcome, degrees),
            Self::AxisAngle => {
                let jacobians = jacobians(outcome);
                let angle = |j: &DMatrix<f64>| alignment(&svd(j).v).min(1.0).acos().to_degrees();
                jacobians.iter().map(angle).sum::<f64>() / jacobians.len() as f64
            }
            Self::AngleSinceRotation => outcome.rotated.as_ref().map_or(f64::NAN, |rotated| {
                let angle = (long_axis(&outcome.vae) - long_axis(rotated)).rem_euclid(180.0);
                angle.min(180.0 - angle)
            }),
            Self::CodeDistance(a, b) => code_distance(outcome, [a, b]),
            Self::WeakestFactor(count) => weakest_factor(outcome, count),
        }
    }
}

/// First held-out observations (n × [`SEARCHED`]).
fn searched(outcome: &CheckOutcome) -> Matrix<f64> {
    let test = &outcome.data.test.observations;
    test.select_columns(0..SEARCHED.min(test.columns())).map(f64::from)
}

/// J at the posterior means of those observations.
fn jacobians(outcome: &CheckOutcome) -> Vec<DMatrix<f64>> {
    let posteriors = outcome.vae.posteriors(&searched(outcome));
    let means = posteriors.iter().flat_map(|q| q.mean.iter().copied()).collect();
    let jets =
        Jets::of(&outcome.vae, &Matrix::from_columns(outcome.vae.latent_dim(), posteriors.len(), means), Order::First);
    (0..jets.len()).map(|k| jets.jacobian(k)).collect()
}

/// Loss of the best diagonal posteriors against the best full ones after the rotation.
fn rotated_loss(outcome: &CheckOutcome, degrees: f64) -> f64 {
    if outcome.vae.latent_dim() < 2 {
        return f64::NAN;
    }
    let x = searched(outcome);
    let (observations, starts) =
        (x.iter_columns().map(<[f64]>::to_vec).collect::<Vec<_>>(), outcome.vae.posteriors(&x));
    let objective = &outcome.settings.objective;
    let point = rotated_elbos(&outcome.vae, &observations, &starts, objective, [0, 1], &[degrees])[0];
    point.full - point.diagonal
}

fn rotated_formula(outcome: &CheckOutcome, degrees: f64) -> f64 {
    if outcome.vae.latent_dim() < 2 {
        return f64::NAN;
    }
    let objective = &outcome.settings.objective;
    let rotation = Rotation { degrees, plane: [0, 1] };
    let jacobians = jacobians(outcome);
    let gap = |j| rotated_gap(&posterior_precision(j, objective.b()), objective.beta, &rotation);
    jacobians.iter().map(gap).sum::<f64>() / jacobians.len() as f64
}

/// Direction in the plane of the first two latents in which the decoder at 0 stretches most, in degrees.
fn long_axis(vae: &Vae<f64>) -> f64 {
    let jets = Jets::of(vae, &Matrix::zeros(vae.latent_dim(), 1), Order::First);
    let basis = svd(&jets.jacobian(0));
    let s = &basis.singular_values;
    let long = (0..s.len()).max_by(|a, b| s[*a].total_cmp(&s[*b])).unwrap_or(0);
    basis.v[(1, long)].atan2(basis.v[(0, long)]).to_degrees()
}

fn weakest_factor(outcome: &CheckOutcome, count: usize) -> f64 {
    let test = &outcome.data.test;
    let Some(factors) = test.factors.as_ref().filter(|factors| (1..=factors.rows()).contains(&count)) else {
        return f64::NAN;
    };
    let m = outcome.vae.latent_dim();
    let posteriors = outcome.vae.posteriors(&test.observations.map(f64::from));
    let rows: Vec<Vec<f64>> = posteriors
        .iter()
        .zip(factors.iter_columns())
        .map(|(q, f)| q.mean.iter().copied().chain(f.iter().take(count).map(|f| f64::from(*f))).collect())
        .collect();
    let (_, covariance) = moments(rows.iter().map(Vec::as_slice), m + count);
    let correlation = correlation(&covariance).view((0, m), (m, count)).into_owned();
    let (_, latents) = mean_correlation_coefficient(&correlation);
    let found = |(k, i): (usize, &Option<usize>)| i.map_or(0.0, |i| correlation[(i, k)].abs());
    latents.iter().enumerate().map(found).fold(1.0, f64::min)
}

fn code_distance(outcome: &CheckOutcome, clusters: [usize; 2]) -> f64 {
    let test = &outcome.data.test;
    let Some(factors) = &test.factors else { return f64::NAN };
    let has = |cluster: usize| factors.row(0).any(|factor| factor == cluster as f32);
    if !clusters.into_iter().all(has) {
        return f64::NAN;
    }
    let posteriors = outcome.vae.posteriors(&test.observations.map(f64::from));
    let [a, b] = clusters.map(|cluster| {
        let of_cluster: Vec<_> = posteriors
            .iter()
            .enumerate()
            .filter(|(c, _)| factors[(0, *c)] == cluster as f32)
            .map(|(_, q)| &q.mean)
            .collect();
        of_cluster.iter().copied().sum::<nalgebra::DVector<f64>>() / of_cluster.len() as f64
    });
    (a - b).norm()
}
