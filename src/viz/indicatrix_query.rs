//! Indicatrices of the decoder on a grid over planes of latents, and the images of latent circles there.

use super::latent_grid::SURFACE_RANGE;
use super::projection::Projection;
use super::query::Query;
use crate::experiment::Snapshot;
use crate::geometry::{Gram, Indicatrix, Jets, Order};
use crate::linalg::Matrix;
use crate::vae::{Likelihood, Vae};

/// The distance of the points of the grid, in prior standard deviations.
pub(crate) const SPACING: f64 = 1.0;

/// Points on each side of the middle one.
const HALF: i32 = 3;

/// No semi-axis is longer, so that ellipses do not meet.
pub(crate) const LONGEST: f64 = 0.46 * SPACING;

/// Asks for the indicatrices in planes through z*.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndicatrixQuery {
    /// z*; what the latents of the plane are does not matter.
    pub z: Vec<f64>,
    /// The two latents of each plane.
    pub planes: Vec<[usize; 2]>,
}

impl IndicatrixQuery {
    /// The query for planes through z*. With one plane its own latents are left out, so that moving z* within it asks nothing new.
    pub(crate) fn new(mut z: Vec<f64>, planes: Vec<[usize; 2]>) -> Self {
        if let [plane] = planes[..] {
            plane.into_iter().for_each(|i| z[i] = 0.0);
        }
        Self { z, planes }
    }
}

impl Query for IndicatrixQuery {
    type Answer = Vec<IndicatrixField>;

    fn answer(&self, snapshot: &Snapshot, model: &Vae<f64>) -> Vec<IndicatrixField> {
        self.planes.iter().map(|plane| IndicatrixField::new(snapshot, model, &self.z, *plane)).collect()
    }
}

/// A point of the grid.
#[derive(Clone, Debug)]
pub(crate) struct GridPoint {
    /// The latents of the plane.
    pub at: [f64; 2],
    /// Of F^½ J, for a Gaussian J itself.
    pub indicatrix: Indicatrix,
    /// All latents.
    pub z: Vec<f64>,
    /// The place of d(z) in space.
    pub image: [f32; 3],
    /// What the two columns of J are in space.
    pub columns: [[f32; 3]; 2],
}

impl GridPoint {
    /// True where the surface is drawn, too.
    pub(crate) fn is_on_surface(&self) -> bool {
        self.at.iter().all(|x| x.abs() <= SURFACE_RANGE)
    }
}

/// The indicatrices in one plane.
#[derive(Clone, Debug)]
pub(crate) struct IndicatrixField {
    /// The two latents of the plane.
    pub plane: [usize; 2],
    /// The points of the grid.
    pub points: Vec<GridPoint>,
    /// The largest r at which nearly all ellipses where the data are need not be cut.
    pub fitting: f64,
}

impl IndicatrixField {
    fn new(snapshot: &Snapshot, model: &Vae<f64>, z: &[f64], plane: [usize; 2]) -> Self {
        let places: Vec<[f64; 2]> =
            (-HALF..=HALF).flat_map(|y| (-HALF..=HALF).map(move |x| [x, y].map(|k| SPACING * f64::from(k)))).collect();
        let latents = Matrix::from_fn(z.len(), places.len(), |i, k| match plane {
            [a, _] if a == i => places[k][0],
            [_, b] if b == i => places[k][1],
            _ => z[i],
        });
        let projection = Projection::of(&snapshot.data);
        let jets = Jets::along(model, &latents, &plane, Order::First);
        let mut gram = Gram::default();
        let mut indicatrices: Vec<Indicatrix> = Vec::with_capacity(places.len());
        {
            let mut read = |jets: &Jets<f64>| {
                indicatrices.extend((0..jets.len()).map(|k| Indicatrix::read(&mut gram, jets, k, [0, 1])));
            };
            match model.likelihood() {
                Likelihood::Gaussian => read(&jets),
                Likelihood::Bernoulli => read(&Jets::fisher_along(model, &latents, &plane, Order::First)),
            }
        }
        let point = |(k, at): (usize, &[f64; 2])| GridPoint {
            at: *at,
            indicatrix: indicatrices[k],
            z: latents.column(k).to_vec(),
            image: projection.space(jets.value.column(k)),
            columns: [0, 1].map(|i| projection.direction(jets.column(k, i))),
        };
        let points: Vec<GridPoint> = places.iter().enumerate().map(point).collect();
        Self { plane, fitting: fitting(&points), points }
    }
}

/// The largest r at which nine tenths of the ellipses within two standard deviations are no longer than [`LONGEST`]. An axis along
/// which the decoder moves a tenth as much as along the other does not count: the ellipses would be lines if it fitted.
fn fitting(points: &[GridPoint]) -> f64 {
    const LEAST_SHARE: f64 = 0.1;
    let inside = points.iter().filter(|point| point.at[0].hypot(point.at[1]) < 2.2);
    let mut sorted: Vec<[f64; 2]> = inside
        .map(|point| {
            let [a, b] = point.indicatrix.singular_values;
            [a.min(b), a.max(b)]
        })
        .filter(|s| s.iter().all(|s| s.is_finite()))
        .collect();
    let mut tenth = |rank: usize| {
        sorted.sort_by(|a, b| a[rank].total_cmp(&b[rank]));
        sorted.get(sorted.len() / 10).map_or(0.0, |s| s[rank])
    };
    let [small, large] = [0, 1].map(&mut tenth);
    LONGEST * if small < LEAST_SHARE * large { large } else { small }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::query::tests::trained;

    #[test]
    fn a_linear_decoder_has_one_ellipse_everywhere_and_its_columns_are_the_image() {
        let (snapshot, model) = trained("linear", 300);
        let field = &IndicatrixQuery::new(vec![0.7, -2.0], vec![[0, 1]]).answer(&snapshot, &model)[0];
        assert_eq!(field.points.len(), 49);
        let jacobian = Jets::of(&model, &Matrix::zeros(2, 1), Order::First).jacobian(0);
        for point in &field.points {
            let [a, b] = point.indicatrix.singular_values;
            let determinant = (jacobian.transpose() * &jacobian).determinant().sqrt();
            assert!((a * b / determinant - 1.0).abs() < 1e-9);
            for (i, column) in point.columns.iter().enumerate() {
                assert!((0..3).all(|axis| (f64::from(column[axis]) - jacobian[(axis, i)]).abs() < 1e-5));
            }
            let short = a.min(b);
            assert!(!point.indicatrix.semi_axes(0.999 * field.fitting, LONGEST).1, "s = {short} at {:?}", point.at);
        }
        let on_surface = field.points.iter().filter(|point| point.is_on_surface()).count();
        assert_eq!(on_surface, 25);
    }

    #[test]
    fn moving_z_within_a_plane_asks_nothing_new() {
        let query = |z: [f64; 3]| IndicatrixQuery::new(z.to_vec(), vec![[0, 2]]);
        assert_eq!(query([0.1, 0.2, 0.3]), query([1.0, 0.2, -4.0]));
        assert_ne!(query([0.1, 0.2, 0.3]), query([0.1, 0.5, 0.3]));
    }

    #[test]
    fn a_collapsed_latent_does_not_set_the_scale() {
        let (snapshot, model) = trained("linear", 300);
        let mut flat = (*model).clone();
        let weights = flat.decoder.layers()[0].clone();
        let range = weights.range();
        // The columns of the only layer stand one after the other.
        flat.parameters[range.start..range.start + 3].fill(0.0);
        let field = &IndicatrixQuery::new(vec![0.0; 2], vec![[0, 1]]).answer(&snapshot, &flat)[0];
        let [a, b] = field.points[0].indicatrix.singular_values;
        assert!(a.min(b) < 1e-6 && a.max(b) > 0.5, "{a} {b}");
        assert!((field.fitting / (LONGEST * a.max(b)) - 1.0).abs() < 1e-6);
        assert!(field.points.iter().all(|point| point.indicatrix.semi_axes(field.fitting, LONGEST).1));
    }
}
