//! Goals of a task: conditions on the living run and on what is shown of it.

use std::fmt;
use std::str::FromStr;

use super::condition::condition;
use crate::checks::{CheckQuantity, Expected};
use crate::experiment::Snapshot;
use crate::geometry::{Jets, Order};
use crate::linalg::Matrix;
use crate::sentence::{quoted, subscript};
use crate::vae::Covariance;

/// A condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// The latent of this index is active (true) or collapsed (false).
    Active(usize, bool),
    /// ‖Jᵢ‖ at z\* is within 3 % of the longest on |z| ≤ 2.
    Longest(usize),
    /// zᵢ of z\*.
    Latent(usize, Expected),
    /// The angle of the rotation dial, in degrees.
    Phi(Expected),
    /// The family of posteriors.
    Covariance(Covariance),
    /// β.
    Beta(Expected),
    /// Steps made.
    Steps(Expected),
    /// A number of the shown snapshot.
    Quantity(CheckQuantity, Expected),
}

/// State of the window that goals are about.
#[derive(Clone, Copy, Debug)]
pub struct GoalState<'a> {
    /// The shown time point of run A.
    pub snapshot: &'a Snapshot,
    /// z\*.
    pub z: &'a [f64],
    /// The angle of the rotation dial, in degrees.
    pub phi: f64,
}

/// The share of the longest column that is as long.
const AS_LONG: f64 = 0.97;

impl Goal {
    /// True if it is reached.
    pub fn is_reached(&self, state: &GoalState<'_>) -> bool {
        let GoalState { snapshot, z, phi } = *state;
        match self {
            Self::Active(i, on) => *i < snapshot.latent_dim() && snapshot.geometry.active.contains(i) == *on,
            Self::Longest(i) => is_longest(snapshot, z, *i),
            Self::Latent(i, expected) => z.get(*i).is_some_and(|z| expected.admits(*z)),
            Self::Phi(expected) => expected.admits(phi),
            Self::Covariance(covariance) => snapshot.settings.objective.covariance == *covariance,
            Self::Beta(expected) => expected.admits(snapshot.settings.objective.beta),
            Self::Steps(expected) => expected.admits(snapshot.step as f64),
            Self::Quantity(quantity, expected) => expected.admits(shown(*quantity, snapshot)),
        }
    }
}

impl Goal {
    /// The number of latents that it speaks of at least.
    pub(super) fn latents(&self) -> usize {
        match self {
            Self::Active(i, _) | Self::Longest(i) | Self::Latent(i, _) => i + 1,
            Self::Quantity(CheckQuantity::SingularValue(rank), _) => rank + 1,
            _ => 0,
        }
    }
}

/// A number that a snapshot holds; NaN for others.
fn shown(quantity: CheckQuantity, snapshot: &Snapshot) -> f64 {
    let geometry = &snapshot.geometry;
    match quantity {
        CheckQuantity::ImaContrast => geometry.ima_contrast.unwrap_or(f64::NAN),
        CheckQuantity::BetaGap => geometry.beta_gap.unwrap_or(f64::NAN),
        CheckQuantity::Dto => geometry.dto.unwrap_or(f64::NAN),
        CheckQuantity::C2Residual => geometry.c2_residual.unwrap_or(f64::NAN),
        CheckQuantity::PosteriorError => geometry.posterior_error.unwrap_or(f64::NAN),
        CheckQuantity::ActiveUnits => geometry.active_units as f64,
        CheckQuantity::SingularValue(rank) => geometry.singular_values.get(rank).copied().unwrap_or(f64::NAN),
        CheckQuantity::Mcc => snapshot.mcc().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

/// True for quantities of [`shown`].
fn is_shown(quantity: CheckQuantity) -> bool {
    use CheckQuantity as Q;
    matches!(
        quantity,
        Q::ImaContrast
            | Q::BetaGap
            | Q::Dto
            | Q::C2Residual
            | Q::PosteriorError
            | Q::ActiveUnits
            | Q::Mcc
            | Q::SingularValue(_)
    )
}

/// Compares ‖Jᵢ‖ at z\* with that on a grid of the first two latents within two standard deviations.
fn is_longest(snapshot: &Snapshot, z: &[f64], i: usize) -> bool {
    const POINTS: usize = 33;
    let m = snapshot.latent_dim();
    if i >= m || z.len() < m {
        return false;
    }
    let along = |k: usize| 4.0 * k as f64 / (POINTS - 1) as f64 - 2.0;
    let mut points = z[..m].to_vec();
    for k in 0..POINTS {
        for l in 0..if m > 1 { POINTS } else { 1 } {
            let mut point = z[..m].to_vec();
            point[0] = along(k);
            if m > 1 {
                point[1] = along(l);
            }
            points.extend(point);
        }
    }
    let count = points.len() / m;
    let jets = Jets::of(&snapshot.vae.cast(), &Matrix::from_columns(m, count, points), Order::First);
    let length = |k: usize| jets.jacobian(k).column(i).norm();
    let longest = (1..count).map(length).fold(0.0, f64::max);
    length(0) >= AS_LONG * longest && z[..m.min(2)].iter().all(|z| z.abs() <= 2.0)
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{} is no goal; write active 1, collapsed 2, longest 1, covariance full, or beta, steps, phi, z1 or a quantity with \
                 below X, above X or near X within Y",
                quoted(text)
            )
        };
        let index = |text: &str| text.trim().parse::<usize>().ok().and_then(|i| i.checked_sub(1)).ok_or_else(wrong);
        if let Some(covariance) = text.strip_prefix("covariance ") {
            let found = Covariance::ALL.into_iter().find(|family| family.name() == covariance.trim());
            return found.map(Self::Covariance).ok_or_else(wrong);
        }
        for (word, goal) in [
            ("active ", (|i| Self::Active(i, true)) as fn(usize) -> Self),
            ("collapsed ", |i| Self::Active(i, false)),
            ("longest ", Self::Longest),
        ] {
            if let Some(rest) = text.strip_prefix(word)
                && !rest.contains(' ')
            {
                return index(rest).map(goal);
            }
        }
        let (name, expected) = condition(text).ok_or_else(wrong)?;
        Ok(match name {
            "beta" => Self::Beta(expected),
            "steps" => Self::Steps(expected),
            "phi" => Self::Phi(expected),
            name if name.starts_with('z') && name[1..].parse::<usize>().is_ok() => {
                Self::Latent(index(&name[1..])?, expected)
            }
            name => match name.parse::<CheckQuantity>() {
                Ok(quantity) if is_shown(quantity) => Self::Quantity(quantity, expected),
                _ => return Err(wrong()),
            },
        })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = |expected: &Expected| match expected {
            Expected::Near { value, tolerance } => format!("{value} ± {tolerance}"),
            Expected::Below(limit) => format!("< {limit}"),
            Expected::Above(limit) => format!("> {limit}"),
        };
        match self {
            Self::Active(i, true) => write!(f, "latent {} is active", i + 1),
            Self::Active(i, false) => write!(f, "latent {} has collapsed", i + 1),
            Self::Longest(i) => write!(f, "column {} is as long as anywhere (|z| ≤ 2)", i + 1),
            Self::Latent(i, expected) => write!(f, "z{} of z* {}", subscript(i + 1), range(expected)),
            Self::Phi(expected) => write!(f, "φ {} (degrees)", range(expected)),
            Self::Covariance(covariance) => write!(f, "covariance is {}", covariance.name()),
            Self::Beta(expected) => write!(f, "β {}", range(expected)),
            Self::Steps(expected) => write!(f, "steps {}", range(expected)),
            Self::Quantity(quantity, expected) => write!(f, "{quantity} {}", range(expected)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::run::LessonRun;

    #[test]
    fn goals_are_read_and_recognised() {
        let values = "scene = \"linear\"\nsteps = 1200".parse().unwrap();
        let run = LessonRun::of(&values, None).unwrap().play(|_| true).unwrap();
        let snapshot = Snapshot::of(&run);
        let reached = |goal: &str, z: &[f64], phi| {
            goal.parse::<Goal>().unwrap().is_reached(&GoalState { snapshot: &snapshot, z, phi })
        };
        for goal in
            ["active 1", "covariance diagonal", "beta near 1 within 0", "steps above 1000", "active units above 1"]
        {
            assert!(reached(goal, &[0.0, 0.0], 0.0), "{goal}");
        }
        assert!(!reached("collapsed 2", &[0.0, 0.0], 0.0) && !reached("c_IMA above 1", &[0.0, 0.0], 0.0));
        assert!(reached("z1 above 1", &[1.5, 0.0], 0.0) && !reached("z2 above 1", &[1.5, 0.0], 0.0));
        assert!(reached("phi near 20 within 5", &[0.0, 0.0], 18.0));
        // A linear decoder's columns are as long everywhere.
        assert!(reached("longest 1", &[0.3, 0.0], 0.0) && !reached("longest 1", &[9.0, 0.0], 0.0));
        assert_eq!("z12 above 1".parse::<Goal>().unwrap().latents(), 12);
        for wrong in
            ["s1 near 2 within -1", "win", "active x", "active 0", "luck above 3", "ELBO above 3", "phi near 3"]
        {
            assert!(wrong.parse::<Goal>().is_err(), "{wrong}");
        }
    }
}
