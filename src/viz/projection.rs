//! The projection of data of any dimension onto two or three.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use nalgebra::DMatrix;

use super::picture::PictureFormat;
use super::theme::subscripted;
use crate::data::Dataset;
use crate::experiment::Snapshot;
use crate::linalg::Matrix;
use crate::stats::{PrincipalAxes, principal_axes};

/// Coordinates for the screen: those of the data themselves up to three dimensions, the first three principal axes beyond. It
/// depends on the data alone, so figures and sessions need not record it.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    centre: Vec<f64>,
    /// dims × n, orthonormal rows.
    axes: DMatrix<f64>,
    /// The name of each axis.
    pub names: Vec<String>,
    /// The share of the variance that each principal axis carries; empty where the axes are those of the data.
    shares: Vec<f64>,
    /// The range of nearly all held-out coordinates on each axis: a few outliers would make the rest small.
    pub extent: Vec<[f64; 2]>,
    /// The places in space of the first held-out observations, all that are ever drawn.
    places: Vec<[f32; 3]>,
    /// Some of them, far apart: each is the farthest from those before it.
    spread: Vec<usize>,
    /// Picture format, if observations are images.
    pub(crate) pictures: Option<PictureFormat>,
}

/// The range of nearly all of these numbers in ascending order: without a four-hundredth at each end, and without what lies ten
/// interquartile ranges beyond the quartiles, unless that is three in two hundred or more: then it is a part of the data.
fn nearly_all(sorted: &[f64]) -> [f64; 2] {
    let last = sorted.len() - 1;
    let cut = sorted.len() / 400;
    let [low, high] = [last / 4, last - last / 4].map(|place| sorted[place]);
    let reach = 10.0 * (high - low);
    if reach == 0.0 {
        return [sorted[cut], sorted[last - cut]];
    }
    let few = |count: usize| if 200 * count < 3 * sorted.len() { count } else { 0 };
    let first = few(sorted.partition_point(|x| *x < low - reach));
    let beyond = few(sorted.len() - sorted.partition_point(|x| *x <= high + reach));
    [sorted[cut.max(first)], sorted[last - cut.max(beyond)]]
}
/// Numbers that principal axes and extents are computed from at most: the first held-out observations.
const MOST_NUMBERS: usize = 4_000_000;

/// A projection, once it has been computed.
type Computed = Arc<OnceLock<Arc<Projection>>>;

/// Projections of data that are in use.
static KNOWN: Mutex<Vec<(Weak<Dataset>, Computed)>> = Mutex::new(Vec::new());

impl Projection {
    /// The projection for these data, computed once as long as they are in use. Waits if another thread computes it.
    pub fn of(data: &Arc<Dataset>) -> Arc<Self> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|(of, _)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(data)));
        let place = place.unwrap_or_else(|| {
            known.retain(|(data, _)| data.strong_count() > 0);
            known.push((Arc::downgrade(data), Computed::default()));
            known.len() - 1
        });
        let cell = Arc::clone(&known[place].1);
        drop(known);
        Arc::clone(cell.get_or_init(|| Arc::new(Self::new(data))))
    }

    /// The projection for these data if it has been computed.
    pub(crate) fn known(data: &Arc<Dataset>) -> Option<Arc<Self>> {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, cell) = known.iter().find(|(of, _)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(data)))?;
        cell.get().cloned()
    }

    /// True if it is computed within a frame.
    pub(crate) fn is_quick(data: &Dataset) -> bool {
        data.test.observations.as_slice().len() <= 50_000
    }

    fn new(data: &Dataset) -> Self {
        let n = data.data_dim();
        let test = &data.test.observations;
        let drawn = Snapshot::ENCODED.min(test.columns());
        let sampled = test.select_columns(0..test.columns().min((MOST_NUMBERS / n.max(1)).max(2)));
        let (centre, axes, names, shares) = if n <= 3 {
            let names = data.observation_names.iter().map(|name| subscripted(name)).collect();
            (vec![0.0; n], DMatrix::identity(n, n), names, Vec::new())
        } else {
            let PrincipalAxes { mean, axes, variances, total } = principal_axes(&sampled, 3);
            let shares = variances.iter().map(|v| if total > 0.0 { v / total } else { 0.0 }).collect();
            (mean, axes.transpose(), (1..=axes.ncols()).map(|i| format!("PC {i}")).collect(), shares)
        };
        let mut projection = Self {
            centre,
            axes,
            names,
            shares,
            extent: Vec::new(),
            places: Vec::new(),
            spread: Vec::new(),
            pictures: PictureFormat::of(data),
        };
        projection.places = (0..drawn).map(|i| projection.space(test.column(i))).collect();
        projection.spread = spread(&projection.places);
        projection.extent = (0..projection.dims()).map(|axis| projection.range(&sampled, axis)).collect();
        // An axis along which nothing varies still has to have a length.
        let longest = projection.extent.iter().map(|[low, high]| high - low).fold(0.0, f64::max).max(1e-3);
        for [low, high] in &mut projection.extent {
            if *high - *low < 0.01 * longest {
                (*low, *high) = (*low - 0.25 * longest, *high + 0.25 * longest);
            }
        }
        projection
    }

    /// The range of nearly all coordinates on an axis.
    fn range(&self, samples: &Matrix<f32>, axis: usize) -> [f64; 2] {
        let mut sorted: Vec<f64> = samples.iter_columns().map(|x| self.coordinate(x, axis)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let [low, high] = nearly_all(&sorted);
        let margin = 0.03 * (high - low);
        [low - margin, high + margin]
    }

    /// The places in space of the drawn observations.
    pub(crate) fn places(&self) -> &[[f32; 3]] {
        &self.places
    }

    /// Indices of drawn observations that are far apart, each the farthest from those before it.
    pub(crate) fn spread(&self) -> &[usize] {
        &self.spread
    }

    /// The name of an axis, of a principal axis with the share of the variance that it carries: "PC1, 43 %".
    pub(crate) fn label(&self, axis: usize) -> String {
        match (self.names.get(axis), self.shares.get(axis)) {
            (None, _) => String::new(),
            (Some(name), None) => name.clone(),
            (Some(_), Some(share)) => {
                let percent = 100.0 * share;
                {
                    let decimals = usize::from(percent < 9.95);
                    format!("PC{}, {percent:.decimals$} %", axis + 1)
                }
            }
        }
    }

    /// 1, 2 or 3.
    pub fn dims(&self) -> usize {
        self.axes.nrows()
    }

    fn coordinate<T: Copy + Into<f64>>(&self, x: &[T], axis: usize) -> f64 {
        let offsets = x.iter().zip(&self.centre).map(|(x, centre)| (*x).into() - centre);
        offsets.zip(self.axes.row(axis).iter()).map(|(offset, axis)| axis * offset).sum()
    }

    /// The point in the plane; the second coordinate of one-dimensional data is 0.
    pub fn plane<T: Copy + Into<f64>>(&self, x: &[T]) -> [f64; 2] {
        [0, 1].map(|axis| if axis < self.dims() { self.coordinate(x, axis) } else { 0.0 })
    }

    /// The point in space.
    pub fn space<T: Copy + Into<f64>>(&self, x: &[T]) -> [f32; 3] {
        [0, 1, 2].map(|axis| if axis < self.dims() { self.coordinate(x, axis) as f32 } else { 0.0 })
    }

    /// A direction in space: without the centre.
    pub fn direction(&self, v: &[f64]) -> [f32; 3] {
        [0, 1, 2].map(|axis| {
            let component = || v.iter().enumerate().map(|(c, v)| self.axes[(axis, c)] * v).sum::<f64>();
            if axis < self.dims() { component() as f32 } else { 0.0 }
        })
    }
}

/// Farthest points first (Gonzalez 1985), from the first place on.
fn spread(places: &[[f32; 3]]) -> Vec<usize> {
    const MOST: usize = 160;
    let mut distances = vec![f32::INFINITY; places.len()];
    let (mut chosen, mut next) = (Vec::new(), 0);
    while chosen.len() < MOST.min(places.len()) {
        chosen.push(next);
        let from = places[next];
        for (distance, place) in distances.iter_mut().zip(places) {
            *distance = distance.min((0..3).map(|axis| (place[axis] - from[axis]).powi(2)).sum());
        }
        let farthest = |best: usize, (i, d): (usize, &f32)| if *d > distances[best] { i } else { best };
        next = distances.iter().enumerate().fold(0, farthest);
        if distances[next] == 0.0 {
            break;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ObservationKind, Split};
    use crate::linalg::Matrix;

    fn data(n: usize) -> Dataset {
        // Variance falls from the last coordinate to the first.
        let observations = Matrix::from_fn(n, 64, |r, c| (r + 1) as f32 * if c >> r & 1 == 1 { 1.0 } else { -1.0 });
        let split = Split::new(observations, None);
        Dataset {
            train: split.clone(),
            test: split,
            factor_names: vec![],
            labels: vec![],
            observation_names: (1..=n).map(|i| format!("x{i}")).collect(),
            kind: ObservationKind::Points,
            centre_and_scale: None,
            split_seed: None,
        }
    }

    #[test]
    fn few_dimensions_stay_as_they_are() {
        let projection = Projection::new(&data(2));
        assert_eq!(projection.plane(&[0.3, -4.0]), [0.3, -4.0]);
        assert_eq!(projection.extent, [[-1.06, 1.06], [-2.12, 2.12]]);
        assert_eq!(Projection::new(&data(1)).plane(&[0.3]), [0.3, 0.0]);
        assert_eq!(projection.label(1), "x₂");
    }

    #[test]
    fn a_projection_is_computed_once_as_long_as_its_data_are_in_use() {
        let data = Arc::new(data(5));
        assert!(Projection::known(&data).is_none());
        let first = Projection::of(&data);
        assert!(Arc::ptr_eq(&first, &Projection::of(&data)));
        let other = Arc::new((*data).clone());
        assert!(!Arc::ptr_eq(&first, &Projection::of(&other)));
        assert_eq!(*first, *Projection::of(&other));
    }

    #[test]
    fn places_far_apart_come_first() {
        let line = [0.0, 1.0, 9.0, 4.0, 9.0].map(|x| [x, 0.0, 0.0]);
        assert_eq!(spread(&line), [0, 2, 3, 1], "a place that is taken already comes no more");
        assert!(spread(&[]).is_empty());
    }

    #[test]
    fn many_dimensions_are_projected_onto_their_principal_axes() {
        let projection = Projection::new(&data(5));
        let [a, b, c] = projection.space(&[0.0, 0.0, 3.0, 4.0, 5.0]).map(f32::abs);
        assert!((a - 5.0).abs() < 1e-5 && (b - 4.0).abs() < 1e-5 && (c - 3.0).abs() < 1e-5);
        let direction = projection.direction(&[1.0, 0.0, 0.0, 0.0, 2.0]);
        assert!((direction[0].abs() - 2.0).abs() < 1e-6 && direction[2].abs() < 1e-6);
        // Of 1 + 4 + 9 + 16 + 25 = 55.
        assert_eq!([0, 1, 2].map(|axis| projection.label(axis)), ["PC1, 45 %", "PC2, 29 %", "PC3, 16 %"]);
        assert_eq!(projection.names, ["PC 1", "PC 2", "PC 3"]);
        assert_eq!((projection.places().len(), projection.shares.len()), (64, 3));
    }
}
