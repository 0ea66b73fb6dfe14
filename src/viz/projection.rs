//! The projection of data of any dimension onto two or three.

use nalgebra::DMatrix;

use super::theme::indexed;
use crate::data::Dataset;
use crate::stats::moments;

/// Coordinates for the screen: those of the data themselves up to three dimensions, the first three principal axes beyond.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    centre: Vec<f64>,
    /// dims × n, orthonormal rows.
    axes: DMatrix<f64>,
    /// The name of each axis.
    pub names: Vec<String>,
    /// The range of nearly all held-out coordinates on each axis: a few outliers would make the rest small.
    pub extent: Vec<[f64; 2]>,
}

/// The range of nearly all of these numbers in ascending order: without a four-hundredth at each end, and without what lies ten
/// interquartile ranges beyond the quartiles.
fn nearly_all(sorted: &[f64]) -> [f64; 2] {
    let last = sorted.len() - 1;
    let cut = sorted.len() / 400;
    let [low, high] = [last / 4, last - last / 4].map(|place| sorted[place]);
    let reach = 10.0 * (high - low);
    if reach == 0.0 {
        return [sorted[cut], sorted[last - cut]];
    }
    let first = sorted.partition_point(|x| *x < low - reach);
    let end = sorted.partition_point(|x| *x <= high + reach) - 1;
    [sorted[cut.max(first)], sorted[(last - cut).min(end)]]
}

/// x1 as x₁; other names as they are.
fn subscripted(name: &str) -> String {
    let index = name.strip_prefix('x').and_then(|digits| digits.parse::<usize>().ok());
    index.filter(|i| *i > 0).map_or_else(|| name.to_owned(), |i| indexed("x", i - 1))
}

impl Projection {
    /// The projection for these data.
    pub fn new(data: &Dataset) -> Self {
        let n = data.data_dim();
        let test = data.test.observations.map(f64::from);
        let (mean, covariance) = moments(test.iter_columns(), n);
        let (centre, axes, names) = if n <= 3 {
            (
                vec![0.0; n],
                DMatrix::identity(n, n),
                data.observation_names.iter().map(|name| subscripted(name)).collect(),
            )
        } else {
            let eigen = covariance.symmetric_eigen();
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_unstable_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
            let axes = DMatrix::from_fn(3, n, |r, c| eigen.eigenvectors[(c, order[r])]);
            (mean, axes, (1..=3).map(|i| format!("PC {i}")).collect())
        };
        let mut projection = Self { centre, axes, names, extent: Vec::new() };
        projection.extent = (0..projection.dims())
            .map(|axis| {
                let mut sorted: Vec<f64> = test.iter_columns().map(|x| projection.coordinate(x, axis)).collect();
                sorted.sort_unstable_by(f64::total_cmp);
                let [low, high] = nearly_all(&sorted);
                let margin = 0.03 * (high - low);
                [low - margin, high + margin]
            })
            .collect();
        // An axis along which nothing varies still has to have a length.
        let longest = projection.extent.iter().map(|[low, high]| high - low).fold(0.0, f64::max).max(1e-3);
        for [low, high] in &mut projection.extent {
            if *high - *low < 0.01 * longest {
                (*low, *high) = (*low - 0.25 * longest, *high + 0.25 * longest);
            }
        }
        projection
    }

    /// 1, 2 or 3.
    pub fn dims(&self) -> usize {
        self.axes.nrows()
    }

    fn coordinate<T: Copy + Into<f64>>(&self, x: &[T], axis: usize) -> f64 {
        let offsets = x.iter().zip(&self.centre).map(|(x, centre)| (*x).into() - centre);
        offsets.enumerate().map(|(c, offset)| self.axes[(axis, c)] * offset).sum()
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
    }

    #[test]
    fn many_dimensions_are_projected_onto_their_principal_axes() {
        let projection = Projection::new(&data(5));
        let [a, b, c] = projection.space(&[0.0, 0.0, 3.0, 4.0, 5.0]).map(f32::abs);
        assert!((a - 5.0).abs() < 1e-5 && (b - 4.0).abs() < 1e-5 && (c - 3.0).abs() < 1e-5);
        let direction = projection.direction(&[1.0, 0.0, 0.0, 0.0, 2.0]);
        assert!((direction[0].abs() - 2.0).abs() < 1e-6 && direction[2].abs() < 1e-6);
    }
}
