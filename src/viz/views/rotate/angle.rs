//! The angle of a run: how far V, the right singular vectors of two columns of J, is off the nearest latent axes.

use crate::experiment::Snapshot;
use crate::geometry::{Jets, LEAST_SEPARATION, Measured, Order, Undefined, separation};
use crate::linalg::{Matrix, svd};
use crate::vae::Vae;
use crate::viz::query::Query;

/// Held-out observations that the angle is a mean over.
const OBSERVATIONS: usize = 100;

/// Asks for the angle of the columns of two latents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AxisAngleQuery {
    /// The two latents.
    pub plane: [usize; 2],
}

impl Query for AxisAngleQuery {
    type Answer = Measured;

    fn answer(&self, snapshot: &Snapshot, model: &Vae<f64>) -> Measured {
        axis_angle(snapshot, model, self.plane)
    }
}

/// The mean angle in degrees by which V is rotated off the axes, between −45 and 45: rotating the latents by φ adds φ. Angles a quarter
/// turn apart are the same axes, so the mean is that of four times the angle around the circle.
pub(super) fn axis_angle(snapshot: &Snapshot, model: &Vae<f64>, plane: [usize; 2]) -> Measured {
    snapshot.geometry.compared_in(plane)?;
    let count = OBSERVATIONS.min(snapshot.encodings.columns());
    let means = Matrix::from_fn(model.latent_dim(), count, |r, c| f64::from(snapshot.mean(c)[r]));
    let jets = Jets::fisher(model, &means, Order::First);
    let (mut sum, mut apart) = ([0.0, 0.0], 0.0);
    for k in 0..count {
        let basis = svd(&jets.jacobian(k).select_columns(&plane));
        // The column that belongs to the first latent; its sign means nothing.
        let angle = (basis.v[(1, 0)] / basis.v[(0, 0)]).atan();
        let (sin, cos) = (4.0 * angle).sin_cos();
        sum = [sum[0] + cos, sum[1] + sin];
        apart += separation(basis.singular_values.as_slice()) / count as f64;
    }
    let angle = 0.25 * sum[1].atan2(sum[0]).to_degrees();
    match angle.is_finite() {
        false => Err(Undefined::NotFinite),
        true if apart < LEAST_SEPARATION => Err(Undefined::EqualSingularValues),
        true => Ok(angle),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::checks::{CheckOutcome, CheckQuantity};
    use crate::data::{Scene, generate};
    use crate::experiment::{Command, Config, Experiment, Origin};
    use crate::geometry::Rotation;
    use crate::vae::Covariance;
    use crate::viz::query::tests::trained;

    /// A rotation adds its angle, up to a quarter turn.
    #[test]
    fn a_rotation_adds_its_angle() {
        let (snapshot, model) = trained("linear", 1500);
        let before = axis_angle(&snapshot, &model, [0, 1]).unwrap();
        for degrees in [20.0, -35.0, 70.0] {
            let turned = snapshot.rotated(&Rotation { degrees, plane: [0, 1] });
            let after = axis_angle(&turned, &turned.vae.cast(), [0, 1]).unwrap();
            let apart = (after - before - degrees).rem_euclid(90.0);
            assert!(apart.min(90.0 - apart) < 1e-2, "{degrees}°: {before} {after}");
        }
    }

    /// The ball is where the check measures the run, which knows no sign.
    #[test]
    fn the_angle_is_that_of_the_check() {
        let mut scene = Scene::named("linear").unwrap().clone();
        (scene.training.steps, scene.generator.samples, scene.generator.test_samples) = (600, 2000, 500);
        let data = Arc::new(generate(&scene, 0));
        for family in [Covariance::Diagonal, Covariance::Full] {
            let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), 0, data.train.samples());
            config.objective.covariance = family;
            let mut run = Experiment::new(config, Arc::clone(&data)).unwrap();
            run.advance(600).unwrap();
            run.apply(Command::Rotate(Rotation { degrees: 30.0, plane: [0, 1] })).unwrap();
            run.advance(10).unwrap();
            let expected = CheckQuantity::AxisAngle.of(&CheckOutcome::of(&run));
            let snapshot = Snapshot::of(&run);
            let found = axis_angle(&snapshot, &snapshot.vae.cast(), [0, 1]).unwrap();
            assert!((found.abs() - expected).abs() < 0.05, "{family:?}: {found} {expected}");
        }
    }
}
