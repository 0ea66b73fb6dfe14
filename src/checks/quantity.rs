//! Quantities measured in one run.

use std::fmt;

use nalgebra::DMatrix;
use rand_distr::{Distribution as _, StandardNormal};

use super::run::CheckOutcome;
use crate::geometry::{
    Jets, Order, Rotation, Seam, alignment, measured_arcs, posterior_precision, rotated_elbos, rotated_gap,
};
use crate::linalg::{Matrix, svd};
use crate::rng::{Purpose, stream};
use crate::vae::{Covariance, Posterior, Vae};

/// Held-out observations whose best posteriors are searched for.
const SEARCHED: usize = 100;

/// Decoded samples compared with the density of a seam.
const COUNTED: usize = 2000;

/// Quantity of a finished run; NaN where undefined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckQuantity {
    /// ELBO minus the closed-form optimum of a linear decoder, in nats.
    ElboBeyondOptimum,
    /// KL(q‖p), in nats.
    Kl,
    /// Mean contrast c_IMA, in nats.
    ImaContrast,
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
    /// Loss of the best posteriors of a family after a rotation by these degrees, in nats.
    RotatedLoss(Covariance, f64),
    /// Loss of diagonal posteriors over its second-order formula with Λ = I + JᵀJ/b.
    RotatedLossOverFormula(f64),
    /// Mean angle of V off the latent axes, in degrees: 0 to 45 for two latents.
    AxisAngle,
    /// Angle of the decoder's long axis since the rotation, in degrees.
    AngleSinceRotation,
    /// Largest Kolmogorov–Smirnov distance, over the latents, between arc lengths of decoded samples and p(zᵢ)/‖Jᵢ‖.
    SeamDistance,
    /// Distance between the mean codes of two clusters.
    CodeDistance(usize, usize),
}

impl fmt::Display for CheckQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ElboBeyondOptimum => f.write_str("ELBO − optimum"),
            Self::Kl => f.write_str("KL"),
            Self::ImaContrast => f.write_str("c_IMA"),
            Self::Dto => f.write_str("DtO"),
            Self::C2Residual => f.write_str("C2 residual"),
            Self::PosteriorError => f.write_str("posterior error"),
            Self::ActiveUnits => f.write_str("active units"),
            Self::Mcc => f.write_str("MCC"),
            Self::SingularValue(rank) => write!(f, "s{}", rank + 1),
            Self::RotatedLoss(family, degrees) => write!(f, "loss at {degrees}°, {}", family.name()),
            Self::RotatedLossOverFormula(degrees) => write!(f, "loss at {degrees}° / formula"),
            Self::AxisAngle => f.write_str("degrees off the axes"),
            Self::AngleSinceRotation => f.write_str("degrees since rotation"),
            Self::SeamDistance => f.write_str("KS distance"),
            Self::CodeDistance(a, b) => write!(f, "codes {} to {}", a + 1, b + 1),
        }
    }
}

impl CheckQuantity {
    /// Measures the quantity.
    pub fn of(self, outcome: &CheckOutcome) -> f64 {
        let metrics = &outcome.metrics;
        let geometry = &metrics.geometry;
        match self {
            Self::ElboBeyondOptimum => metrics.optimum.as_ref().map_or(f64::NAN, |best| metrics.elbo - best.elbo),
            Self::Kl => metrics.kl(),
            Self::ImaContrast => geometry.ima_contrast.unwrap_or(f64::NAN),
            Self::Dto => geometry.dto.unwrap_or(f64::NAN),
            Self::C2Residual => geometry.c2_residual.unwrap_or(f64::NAN),
            Self::PosteriorError => geometry.posterior_error.unwrap_or(f64::NAN),
            Self::ActiveUnits => geometry.active.len() as f64,
            Self::Mcc => metrics.mcc.unwrap_or(f64::NAN),
            Self::SingularValue(rank) => geometry.singular_values.get(rank).copied().unwrap_or(f64::NAN),
            Self::RotatedLoss(family, degrees) => rotated_loss(outcome, family, degrees),
            Self::RotatedLossOverFormula(degrees) => {
                rotated_loss(outcome, Covariance::Diagonal, degrees) / rotated_formula(outcome, degrees)
            }
            Self::AxisAngle => {
                let jacobians = jacobians(outcome);
                let angle = |j: &DMatrix<f64>| alignment(&svd(j).v).min(1.0).acos().to_degrees();
                jacobians.iter().map(angle).sum::<f64>() / jacobians.len() as f64
            }
            Self::AngleSinceRotation => outcome.rotated.as_ref().map_or(f64::NAN, |rotated| {
                let angle = (long_axis(&outcome.vae) - long_axis(rotated)).rem_euclid(180.0);
                angle.min(180.0 - angle)
            }),
            Self::SeamDistance => (0..outcome.vae.latent_dim())
                .map(|i| seam_distance(&outcome.vae, i))
                .fold(0.0, |largest, d| if d > largest || d.is_nan() { d } else { largest }),
            Self::CodeDistance(a, b) => code_distance(outcome, [a, b]),
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

/// ELBO of the best full posteriors, which does not depend on the angle, minus that of the family after the rotation.
fn rotated_loss(outcome: &CheckOutcome, family: Covariance, degrees: f64) -> f64 {
    let x = searched(outcome);
    let (observations, starts) =
        (x.iter_columns().map(<[f64]>::to_vec).collect::<Vec<_>>(), outcome.vae.posteriors(&x));
    let objective = &outcome.settings.objective;
    let rotated = |degrees| rotated_elbos(&outcome.vae, &observations, &starts, objective, [0, 1], &[degrees])[0];
    match family {
        Covariance::Diagonal => {
            let point = rotated(degrees);
            point.full - point.diagonal
        }
        Covariance::Full => {
            // `rotated_elbos` assumes the invariance, so here the decoder itself is rotated and searched again.
            let rotation = Rotation { degrees, plane: [0, 1] };
            let mut vae = outcome.vae.clone();
            rotation.rotate_decoder(&mut vae);
            let starts: Vec<Posterior> = starts.iter().map(|q| rotation.rotate_posterior(q)).collect();
            let after = rotated_elbos(&vae, &observations, &starts, objective, [0, 1], &[0.0])[0];
            rotated(0.0).full - after.full
        }
    }
}

fn rotated_formula(outcome: &CheckOutcome, degrees: f64) -> f64 {
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

/// Kolmogorov–Smirnov distance of the distribution by p(zᵢ)/‖Jᵢ‖ along the seam through 0 from arc lengths measured along
/// decoded samples without derivatives.
fn seam_distance(vae: &Vae<f64>, i: usize) -> f64 {
    let origin = vec![0.0; vae.latent_dim()];
    let mut rng = stream(0, Purpose::Analysis, i as u64);
    let mut t: Vec<f64> = (0..COUNTED).map(|_| StandardNormal.sample(&mut rng)).collect();
    t.sort_unstable_by(f64::total_cmp);
    let arcs = measured_arcs(vae, &origin, i, &t);
    let seam = Seam::through(vae, &origin, i, 5.0, 2001);
    let density = seam.density();
    // Trapezoids over arc length.
    let mut mass = vec![0.0; density.len()];
    for k in 1..mass.len() {
        mass[k] = mass[k - 1] + 0.5 * (density[k] + density[k - 1]) * (seam.arc[k] - seam.arc[k - 1]);
    }
    let below = |s: f64| {
        let k = seam.arc.partition_point(|arc| *arc <= s).clamp(1, mass.len() - 1);
        let share = (s - seam.arc[k - 1]) / (seam.arc[k] - seam.arc[k - 1]);
        mass[k - 1] + share * (mass[k] - mass[k - 1])
    };
    let count = arcs.len() as f64;
    arcs.iter().enumerate().map(|(k, s)| (below(*s) - (k as f64 + 0.5) / count).abs()).fold(0.0, f64::max)
}

fn code_distance(outcome: &CheckOutcome, clusters: [usize; 2]) -> f64 {
    let test = &outcome.data.test;
    let Some(factors) = &test.factors else { return f64::NAN };
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
