//! Datasets: observations and, if known, their factors.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::linalg::Matrix;

/// Training and held-out data of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Training data.
    pub train: Split,
    /// Held-out data, on which metrics are computed.
    pub test: Split,
    /// k names; empty if factors are unknown.
    pub factor_names: Vec<String>,
    /// The labels of your data; empty if there are none.
    pub labels: Vec<Label>,
    /// n names.
    pub observation_names: Vec<String>,
    /// Points or images.
    pub kind: ObservationKind,
    /// The standardisation of your data; `None` for a generated scene, which is not standardised.
    pub centre_and_scale: Option<CentreAndScale>,
    /// The seed that drew and shuffled the rows of your table, whose numbers are [`Split::rows`]. `None` for a generated
    /// scene, and where a file of an earlier version does not say.
    pub split_seed: Option<u64>,
}

impl Dataset {
    /// n, the dimension of an observation.
    pub fn data_dim(&self) -> usize {
        self.train.data_dim()
    }

    /// The value in your file of coordinate `column` of an observation; `x` itself for a generated scene.
    pub fn in_file_units(&self, column: usize, x: f64) -> f64 {
        self.centre_and_scale.as_ref().map_or(x, |by| by.original(column, x))
    }

    /// k, the number of known factors.
    pub fn factor_count(&self) -> usize {
        self.train.factors.as_ref().map_or(0, Matrix::rows)
    }
}

/// The training or the held-out part of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// n×N: a column is a sample.
    pub observations: Matrix<f32>,
    /// k×N: the true factors of each sample.
    pub factors: Option<Matrix<f32>>,
    /// For each of [`Dataset::labels`] the index of the category of each sample.
    pub labels: Vec<Vec<u32>>,
    /// The number of each sample's row in your file, from 0 and without the header; empty for a generated scene, and where a
    /// file of an earlier version does not say.
    pub rows: Vec<usize>,
}

/// A label: a category of each sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The name of its column.
    pub name: String,
    /// The names of the categories.
    pub categories: Vec<String>,
}

impl Split {
    /// Observations with these factors, without labels and row numbers.
    pub fn new(observations: Matrix<f32>, factors: Option<Matrix<f32>>) -> Self {
        Self { observations, factors, labels: Vec::new(), rows: Vec::new() }
    }

    /// n, the dimension of an observation.
    pub fn data_dim(&self) -> usize {
        self.observations.rows()
    }

    /// N, the number of observations.
    pub fn samples(&self) -> usize {
        self.observations.columns()
    }

    /// x̄, the mean observation (n).
    pub fn mean(&self) -> DVector<f64> {
        let mut sum = DVector::zeros(self.data_dim());
        for x in self.observations.iter_columns() {
            sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += f64::from(*x));
        }
        sum / self.samples() as f64
    }

    /// The covariance (1/N) Σ (x − x̄)(x − x̄)ᵀ (n×n, exactly symmetric).
    pub fn covariance(&self) -> DMatrix<f64> {
        let (n, mean) = (self.data_dim(), self.mean());
        let mut covariance = DMatrix::zeros(n, n);
        // Blocks keep the copy in double precision small for images.
        for block in self.observations.as_slice().chunks(1024 * n.max(1)) {
            let mut centred = DMatrix::from_iterator(n, block.len() / n, block.iter().map(|x| f64::from(*x)));
            centred.column_iter_mut().for_each(|mut x| x -= &mean);
            covariance.gemm(1.0 / self.samples() as f64, &centred, &centred.transpose(), 1.0);
        }
        covariance.fill_upper_triangle_with_lower_triangle();
        covariance
    }

    /// Dimensions or samples of data whose eigenvalues are computed at most.
    pub const MOST_EIGENVALUES: usize = 1024;

    /// The n eigenvalues of the covariance, largest first; those of XᵀX/N with X the centred observations, and zeros, where there
    /// are fewer samples than dimensions. `None` if there are more than [`Self::MOST_EIGENVALUES`] of both.
    pub fn eigenvalues(&self) -> Option<Vec<f64>> {
        let (n, samples) = (self.data_dim(), self.samples());
        if n.min(samples) > Self::MOST_EIGENVALUES {
            return None;
        }
        let matrix = if n <= Self::MOST_EIGENVALUES { self.covariance() } else { self.gram() };
        let mut eigenvalues = matrix.symmetric_eigenvalues().as_slice().to_vec();
        eigenvalues.sort_unstable_by(|a, b| b.total_cmp(a));
        eigenvalues.resize(n, 0.0);
        Some(eigenvalues)
    }

    /// XᵀX/N (N × N).
    fn gram(&self) -> DMatrix<f64> {
        let (n, samples, mean) = (self.data_dim(), self.samples(), self.mean());
        let mut gram = DMatrix::zeros(samples, samples);
        // Blocks of coordinates keep the copy in double precision small.
        for start in (0..n).step_by(1024) {
            let rows = 1024.min(n - start);
            let x = self.observations.iter_columns().flat_map(|x| x[start..start + rows].iter().map(|x| f64::from(*x)));
            let mut centred = DMatrix::from_iterator(rows, samples, x);
            centred.column_iter_mut().for_each(|mut x| x -= mean.rows(start, rows));
            gram.gemm_tr(1.0 / samples as f64, &centred, &centred, 1.0);
        }
        gram
    }
}

/// The kind of an observation, for drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservationKind {
    /// A point in space.
    Points,
    /// An image, row by row; the channels of a pixel stand side by side.
    Images {
        /// Rows of pixels.
        height: usize,
        /// Columns of pixels.
        width: usize,
        /// 1 for grey, 3 for red, green and blue.
        channels: usize,
    },
}

/// x = (original − centre)/scale.
#[derive(Clone, Debug, PartialEq)]
pub struct CentreAndScale {
    /// The mean of the original training data (n), or zeros.
    pub centre: Vec<f64>,
    /// The scale.
    pub scale: Scale,
}

impl CentreAndScale {
    /// The original value of coordinate `column` of an observation.
    pub fn original(&self, column: usize, x: f64) -> f64 {
        self.centre[column] + self.scale.of(column) * x
    }
}

/// Divisors of the coordinates of your data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scale {
    /// One number for all, the root of their mean variance: angles are preserved. 1 for data that are used as they are.
    One(f64),
    /// The standard deviation of each (n).
    Columns(Vec<f64>),
}

impl Scale {
    /// The scale of a column.
    pub fn of(&self, column: usize) -> f64 {
        match self {
            Self::One(scale) => *scale,
            Self::Columns(scales) => scales[column],
        }
    }

    /// True if it fits data with `n` columns.
    pub fn fits(&self, n: usize) -> bool {
        match self {
            Self::One(_) => true,
            Self::Columns(scales) => scales.len() == n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_covariance_agree_with_their_definition() {
        // 2,500 samples need three blocks; x₂ = −2 x₁ + 5 makes every moment known.
        let x1 = |c: usize| (c % 5) as f32;
        let observations = Matrix::from_fn(2, 2500, |r, c| if r == 0 { x1(c) } else { 5.0 - 2.0 * x1(c) });
        let split = Split::new(observations, None);
        assert_eq!((split.data_dim(), split.samples()), (2, 2500));
        assert!((split.mean() - DVector::from_row_slice(&[2.0, 1.0])).norm() < 1e-13);
        assert!((split.covariance() - DMatrix::from_row_slice(2, 2, &[2.0, -4.0, -4.0, 8.0])).norm() < 1e-12);
    }

    /// 1,100 dimensions and 40 samples: the eigenvalues of the small matrix are those of the large one.
    #[test]
    fn eigenvalues_of_few_samples_come_from_their_gram_matrix() {
        let value = |r: usize, c: usize| ((r * 7 + c * c * 3) % 23) as f32 + 5.0;
        let split = |n, samples| Split::new(Matrix::from_fn(n, samples, value), None);
        let few = split(1100, 40);
        let mut expected = few.covariance().symmetric_eigenvalues().as_slice().to_vec();
        expected.sort_unstable_by(|a, b| b.total_cmp(a));
        let found = few.eigenvalues().unwrap();
        assert_eq!(found.len(), 1100);
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9 * expected[0]));
        assert_eq!(split(1100, 1100).eigenvalues(), None);
    }

    #[test]
    fn a_large_offset_does_not_drown_the_variance() {
        let observations = Matrix::from_fn(1, 1000, |_, c| 1e6 + (c % 2) as f32);
        let covariance = Split::new(observations, None).covariance();
        assert!((covariance[(0, 0)] - 0.25).abs() < 1e-9);
    }
}
