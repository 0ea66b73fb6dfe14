//! Numbers of many samples, in no more memory than they need, and a random part of them.

use rand::seq::index;

use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};

/// The index of the stream of [`Purpose::Data`] that chooses rows.
const SUBSET: u64 = 3;

/// Numbers (n×N, a column is a sample) as precise as their file has them: bytes stay bytes, and single precision holds integers of 16
/// bits and half precision exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Unsigned bytes, as pixels are.
    Bytes(Matrix<u8>),
    /// Single precision.
    Single(Matrix<f32>),
    /// Double precision.
    Double(Matrix<f64>),
}

impl Numbers {
    /// n, the numbers of a sample.
    pub fn rows(&self) -> usize {
        match self {
            Self::Bytes(values) => values.rows(),
            Self::Single(values) => values.rows(),
            Self::Double(values) => values.rows(),
        }
    }

    /// N, the number of samples.
    pub fn columns(&self) -> usize {
        match self {
            Self::Bytes(values) => values.columns(),
            Self::Single(values) => values.columns(),
            Self::Double(values) => values.columns(),
        }
    }

    /// Coordinate `r` of sample `c`.
    pub fn at(&self, r: usize, c: usize) -> f64 {
        match self {
            Self::Bytes(values) => f64::from(values[(r, c)]),
            Self::Single(values) => f64::from(values[(r, c)]),
            Self::Double(values) => values[(r, c)],
        }
    }

    /// Coordinate `r` of all samples.
    pub fn row(&self, r: usize) -> impl Iterator<Item = f64> + '_ {
        (0..self.columns()).map(move |c| self.at(r, c))
    }

    /// The samples `columns`, in this order.
    #[must_use]
    pub fn select_columns(&self, columns: &[usize]) -> Self {
        let columns = columns.iter().copied();
        match self {
            Self::Bytes(values) => Self::Bytes(values.select_columns(columns)),
            Self::Single(values) => Self::Single(values.select_columns(columns)),
            Self::Double(values) => Self::Double(values.select_columns(columns)),
        }
    }
}

impl From<Matrix<f64>> for Numbers {
    fn from(values: Matrix<f64>) -> Self {
        Self::Double(values)
    }
}

impl From<Matrix<f32>> for Numbers {
    fn from(values: Matrix<f32>) -> Self {
        Self::Single(values)
    }
}

impl From<Matrix<u8>> for Numbers {
    fn from(values: Matrix<u8>) -> Self {
        Self::Bytes(values)
    }
}

/// Numbers of `count` of `samples` rows, drawn by the seed, in the order of the file; all of them if there are no more.
pub fn chosen_rows(samples: usize, count: usize, seed: u64) -> Vec<usize> {
    if count >= samples {
        return (0..samples).collect();
    }
    let mut chosen = index::sample(&mut stream(seed, Purpose::Data, SUBSET), samples, count).into_vec();
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_rows_are_in_order_and_depend_on_the_seed() {
        let chosen = chosen_rows(1000, 100, 7);
        assert_eq!((chosen.len(), chosen.is_sorted_by(|a, b| a < b), chosen[99] < 1000), (100, true, true));
        assert_eq!(chosen, chosen_rows(1000, 100, 7));
        assert_ne!(chosen, chosen_rows(1000, 100, 8));
        assert_eq!(chosen_rows(5, 9, 0), [0, 1, 2, 3, 4]);
    }
}
