//! The objective over the angle by which two latents are rotated: it dips for diagonal posteriors and is flat for full ones.

use nalgebra::DMatrix;

use super::angle::axis_angle;
use crate::experiment::Snapshot;
use crate::geometry::{
    FINE_QUADRATURE, Jets, Measured, Order, RotatedElbo, Rotation, posterior_precision, rotated_elbos, rotated_gap,
};
use crate::linalg::Matrix;
use crate::vae::{Objective, Posterior, Vae};
use crate::viz::query::Query;

/// Angles at which the best posteriors are searched for, in [0°, 90°): a quarter turn only renames and flips latents, so
/// the curve repeats.
pub(crate) const ANGLES: usize = 12;

/// Held-out observations that the objective is averaged over.
pub(crate) const OBSERVATIONS: usize = 24;

/// With more latents the search takes too long for a living picture, and the second order has to do.
pub(crate) const MOST_LATENTS: usize = 3;

/// Asks for the objective over the angle by which two latents are rotated.
#[derive(Clone, Debug, PartialEq)]
pub struct RotateQuery {
    /// The two latents.
    pub plane: [usize; 2],
}

impl Query for RotateQuery {
    type Answer = RotationCurve;

    fn answer(&self, snapshot: &Snapshot, model: &Vae<f64>) -> RotationCurve {
        RotationCurve::new(snapshot, model, self)
    }
}

/// The objective over the angle.
#[derive(Clone, Debug)]
pub struct RotationCurve {
    /// The two latents.
    pub plane: [usize; 2],
    /// The objective with the best posteriors at equidistant angles in [0°, 90°), in nats; empty with more than
    /// a few latents.
    pub searched: Vec<RotatedElbo>,
    /// The second-order price of the diagonal family at every whole degree in [0°, 90°), in nats:
    /// (β/2)(Σ log (RΛRᵀ)ᵢᵢ − log det Λ), Λ = I + JᵀJ/b at the posterior means (JᵀFJ for Bernoulli variables).
    pub second_order: Vec<f64>,
    /// The angle in degrees by which V of this model is off the axes, from which the angles here are counted on.
    pub angle: Measured,
    /// Observations that every number here is a mean over.
    pub observations: usize,
    /// True if the decoder is linear and the likelihood Gaussian: then the second order is exact.
    pub linear: bool,
    /// True if the quadrature of the search is coarse: then the searched optima are approximate.
    pub approximate: bool,
    /// For linear decoders the price of rotating the optimum, (β/2) log(1 + sin²2φ (λₐ − λ_b)²/4λₐλ_b), at every whole degree
    /// in [0°, 90°), in nats. λ are the eigenvalues of the held-out covariance that the two latents have at the optimum.
    pub at_optimum: Option<Vec<f64>>,
}

impl RotationCurve {
    fn new(snapshot: &Snapshot, model: &Vae<f64>, query: &RotateQuery) -> Self {
        let plane = query.plane;
        let objective = snapshot.settings.objective;
        let count = OBSERVATIONS.min(snapshot.encodings.columns());
        let observations: Vec<Vec<f64>> = (0..count)
            .map(|i| snapshot.data.test.observations.column(i).iter().map(|x| f64::from(*x)).collect())
            .collect();
        let posteriors: Vec<Posterior> = (0..count).map(|i| snapshot.posterior(i)).collect();
        let angles: Vec<f64> = (0..ANGLES).map(|k| 90.0 * k as f64 / ANGLES as f64).collect();
        let searched = if model.latent_dim() <= MOST_LATENTS {
            rotated_elbos(model, &observations, &posteriors, &objective, plane, &angles)
        } else {
            Vec::new()
        };
        let linear = model.architecture.has_closed_forms();
        Self {
            plane,
            angle: axis_angle(snapshot, model, plane),
            searched,
            second_order: second_order(model, &posteriors, &objective, plane),
            observations: count,
            linear,
            approximate: model.latent_dim() > FINE_QUADRATURE && !linear,
            // Samples of a model from a file have no optimum of their own.
            at_optimum: if linear && snapshot.config.origin.model().is_none() {
                at_optimum(snapshot, model, &objective, plane)
            } else {
                None
            },
        }
    }

    /// The angle of φ = 0 off the axes; 0 where it is not defined.
    pub fn origin(&self) -> f64 {
        self.angle.unwrap_or(0.0)
    }

    /// The second-order price at any angle, in nats.
    pub fn price(&self, degrees: f64) -> f64 {
        at(&self.second_order, degrees)
    }

    /// The loss of the best diagonal posteriors at any angle against the best full ones, in nats, by trigonometric
    /// interpolation between the angles that were searched; the second order where none was.
    pub fn loss(&self, degrees: f64) -> f64 {
        if self.searched.is_empty() {
            return self.price(degrees);
        }
        let n = self.searched.len() as f64;
        let losses = self.searched.iter().map(|p| p.full - p.diagonal);
        // The periodic cardinal function sin(πn(x − xₖ)) / (n tan π(x − xₖ)) for even n, in quarter turns.
        losses
            .enumerate()
            .map(|(k, loss)| {
                let x = std::f64::consts::PI * (degrees / 90.0 - k as f64 / n);
                let tangent = n * x.tan();
                loss * if tangent.abs() < 1e-9 { 1.0 } else { (n * x).sin() / tangent }
            })
            .sum()
    }

    /// The second-order price of rotating the optimum by any angle, in nats; exact, for linear decoders.
    pub fn price_at_optimum(&self, degrees: f64) -> Option<f64> {
        self.at_optimum.as_ref().map(|table| at(table, degrees))
    }

    /// The searched angle that is nearest to any angle.
    pub fn nearest(&self, degrees: f64) -> Option<&RotatedElbo> {
        let step = 90.0 / self.searched.len() as f64;
        let place = (degrees.rem_euclid(90.0) / step).round() as usize;
        self.searched.get(place % self.searched.len().max(1))
    }

    /// The most observations at one angle whose search ended before it converged. Its result is a lower bound then.
    pub fn unconverged(&self) -> usize {
        self.searched.iter().map(|point| point.unconverged).max().unwrap_or(0)
    }

    /// The objective with the best full posteriors; `None` where it was not searched for.
    pub fn full(&self) -> Option<f64> {
        self.searched.first().map(|point| point.full)
    }
}

/// Linear interpolation in a table over [0°, 90°) that repeats.
fn at(table: &[f64], degrees: f64) -> f64 {
    let place = degrees.rem_euclid(90.0) / 90.0 * table.len() as f64;
    let (low, share) = (place.floor() as usize % table.len(), place.fract());
    table[low] * (1.0 - share) + table[(low + 1) % table.len()] * share
}

fn second_order(model: &Vae<f64>, posteriors: &[Posterior], objective: &Objective, plane: [usize; 2]) -> Vec<f64> {
    let means = Matrix::from_fn(model.latent_dim(), posteriors.len(), |r, c| posteriors[c].mean[r]);
    let jets = Jets::fisher(model, &means, Order::First);
    let precisions: Vec<_> = (0..jets.len()).map(|k| posterior_precision(&jets.jacobian(k), objective.b())).collect();
    let price = |degrees: i32| {
        let rotation = Rotation { degrees: f64::from(degrees), plane };
        precisions.iter().map(|p| rotated_gap(p, objective.beta, &rotation)).sum::<f64>() / precisions.len() as f64
    };
    (0..90).map(price).collect()
}

/// The optimum of the linear β-VAE gives latent i the precision max(λᵢ, b)/b. Which eigenvalue is whose is read off the
/// lengths of the columns.
fn at_optimum(snapshot: &Snapshot, model: &Vae<f64>, objective: &Objective, plane: [usize; 2]) -> Option<Vec<f64>> {
    let m = model.latent_dim();
    let eigenvalues = snapshot.data.test.eigenvalues()?;
    let jacobian = Jets::of(model, &Matrix::zeros(m, 1), Order::First).jacobian(0);
    let lengths: Vec<f64> = jacobian.column_iter().map(|column| column.norm()).collect();
    let precision = |i: usize| {
        let rank =
            lengths.iter().enumerate().filter(|(j, l)| **l > lengths[i] || (**l == lengths[i] && *j < i)).count();
        (eigenvalues.get(rank).copied().unwrap_or(0.0) / objective.b()).max(1.0)
    };
    let precision = DMatrix::from_diagonal(&plane.map(precision).to_vec().into());
    let price = |k: i32| rotated_gap(&precision, objective.beta, &Rotation { degrees: f64::from(k), plane: [0, 1] });
    Some((0..90).map(price).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImportOptions, Table, dataset_from_table};
    use crate::experiment::{Config, Experiment, Origin};
    use crate::geometry::{best_posterior, elbo_of, posterior_quadrature};
    use crate::rng::{Purpose, stream};
    use crate::vae::Covariance;
    use rand::RngExt as _;
    use std::sync::Arc;

    /// The loss that is searched for is the closed form where the decoder is linear, and the optimum's is met after training.
    #[test]
    fn linear_decoders_lose_the_closed_form() {
        let (snapshot, model) = crate::viz::query::tests::trained("linear", 3000);
        let curve = RotationCurve::new(&snapshot, &model, &RotateQuery { plane: [0, 1] });
        assert!(curve.linear);
        for degrees in [0.0, 15.0, 30.0, 45.0, 60.0] {
            let (loss, price) = (curve.loss(degrees), curve.price(degrees));
            // The search ends at 10⁻⁹ in the posterior; interpolation between dots costs more where they are few.
            assert!((loss - price).abs() < 2e-5, "{degrees}°: {loss} {price}");
            let optimum = curve.price_at_optimum(degrees).unwrap();
            assert!((loss - optimum).abs() < 0.01, "{degrees}°: {loss} {optimum}");
        }
    }

    /// Small pictures of random strokes, held-out rows and a sharp decoder: many optima. A search that starts from the precision at
    /// the best full posterior alone ends far below the learned posteriors.
    #[test]
    fn sharp_decoders_lose_no_more_than_their_learned_posteriors() {
        let mut rng = stream(1, Purpose::Analysis, 0);
        let mut uniform = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let strokes: Vec<[f64; 4]> = (0..10).map(|_| [(); 4].map(|()| uniform(1.0, 6.0))).collect();
        let mut pictures = Vec::new();
        for k in 0..900 {
            let [a, b, c, d] = strokes[k % 10].map(|x| x + uniform(-0.7, 0.7));
            for pixel in 0..64 {
                let (y, x) = (f64::from(pixel / 8), f64::from(pixel % 8));
                let along = ((y - a) * (c - a) + (x - b) * (d - b)) / ((c - a).powi(2) + (d - b).powi(2));
                let t = along.clamp(0.0, 1.0);
                let far = (y - a - t * (c - a)).powi(2) + (x - b - t * (d - b)).powi(2);
                pictures.push(16.0 * (-far / 0.8).exp() * uniform(0.8, 1.0));
            }
        }
        let names = (1..=64).map(|i| format!("x{i}")).collect();
        let table = Table::new(names, Matrix::from_columns(64, 900, pictures));
        let data = Arc::new(dataset_from_table(&table, 1).unwrap());
        let mut config = Config::new(Origin::file("", "", ImportOptions::default()), 1, data.train.samples());
        config.objective.sigma2 = 0.02;
        let mut run = Experiment::new(config, data).unwrap();
        run.advance(4000).unwrap();
        let (snapshot, model) = (Snapshot::of(&run), run.state().vae.cast::<f64>());
        let curve = RotationCurve::new(&snapshot, &model, &RotateQuery { plane: [0, 1] });

        let (objective, rule) = (snapshot.settings.objective, posterior_quadrature(2));
        let full = Objective { covariance: Covariance::Full, ..objective };
        let still = Rotation { degrees: 0.0, plane: [0, 1] };
        let (mut learned, mut short) = (0.0, 0.0);
        for i in 0..OBSERVATIONS {
            let x: Vec<f64> = snapshot.data.test.observations.column(i).iter().map(|x| f64::from(*x)).collect();
            let q = snapshot.posterior(i);
            learned += elbo_of(&model, &x, &objective, &q, &rule) / OBSERVATIONS as f64;
            let best = best_posterior(&model, &x, &full, &q, &rule);
            let start = still.rotate_to_diagonal(&best.posterior.mean, &best.precision);
            short += best_posterior(&model, &x, &objective, &start, &rule).elbo / OBSERVATIONS as f64;
        }
        assert!(short < learned - 1.0, "the case is hard: {short} {learned}");
        assert!(curve.searched[0].diagonal > learned - 1e-6, "{:?} {learned}", curve.searched[0]);
        assert!(
            curve.searched.iter().all(|p| p.full >= p.diagonal && p.full > learned - 1e-6),
            "{:?} {learned}",
            curve.searched
        );
        // Beside φ = 0 the optimum is carried along: nothing like a cliff.
        let price = |degrees: f64| curve.nearest(degrees).map_or(f64::NAN, |p| p.full - p.diagonal);
        assert!(price(7.5) < price(0.0) + 5.0 && price(-7.5) < price(0.0) + 5.0, "{:?}", curve.searched);
    }

    #[test]
    fn the_curve_meets_every_angle_that_was_searched_and_repeats() {
        let dip = |degrees: f64| 0.3 * (2.0 * degrees.to_radians()).sin().powi(2);
        let searched = (0..ANGLES).map(|k| {
            let degrees = 90.0 * k as f64 / ANGLES as f64;
            RotatedElbo { degrees, diagonal: -dip(degrees) - 1.0, full: -1.0, unconverged: 0 }
        });
        let curve = RotationCurve {
            angle: Ok(0.0),
            plane: [0, 1],
            searched: searched.collect(),
            second_order: (0..90).map(|k| dip(f64::from(k))).collect(),
            observations: 24,
            linear: false,
            approximate: false,
            at_optimum: None,
        };
        for degrees in [0.0, 7.5, 45.0, 90.0, -45.0, 11.0, 83.0, 200.0] {
            // A single harmonic is interpolated exactly.
            assert!((curve.loss(degrees) - dip(degrees)).abs() < 1e-12, "{degrees}");
            // The table has whole degrees.
            assert!((curve.price(degrees) - dip(degrees)).abs() < 1e-4, "{degrees}");
        }
        assert_eq!(curve.full(), Some(-1.0));
    }
}
