//! One's own data: a table becomes a dataset.

use rand::seq::SliceRandom as _;

use super::dataset::{CentreAndScale, Dataset, Kind, Split};
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};

/// Numbers as they stand in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// One name per column of the file (n).
    pub names: Vec<String>,
    /// n×N: a row of the file is a column of the matrix, as everywhere a sample is.
    pub values: Matrix<f64>,
    /// Height and width, where a row of the file is an image.
    pub image_shape: Option<(usize, usize)>,
}

/// Why nothing can be learned from a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Fewer than two rows.
    #[error("one row is not enough to learn from and be judged by; give more")]
    TooFew,
    /// No column varies.
    #[error(
        "every column holds one and the same number in all rows, so there is nothing to learn; give data that vary"
    )]
    Constant,
    /// The variance, or a number divided by its root, overflows.
    #[error("some numbers are too large to compute with; look for a wrong one, or divide all by a power of ten")]
    TooLarge,
}

/// The number of the stream for [`Purpose::Data`] that shuffles the rows.
const SHUFFLE: u64 = 2;

/// Shuffles the rows, holds out the last fifth, subtracts the mean of the rest and divides by one number, the root of
/// its mean variance over columns: a scale per column would turn the angles that the argument is about.
pub fn dataset_from_table(table: &Table, seed: u64) -> Result<Dataset, TableError> {
    let samples = table.values.columns();
    let mut order: Vec<usize> = (0..samples).collect();
    order.shuffle(&mut stream(seed, Purpose::Data, SHUFFLE));
    let (train, test) = order.split_at(samples - (samples / 5).max(1).min(samples));
    if train.is_empty() {
        return Err(TableError::TooFew);
    }
    let centre_and_scale = centre_and_scale(&table.values, train)?;
    let [train, test] = [train, test].map(|chosen| standardised(&table.values, chosen, &centre_and_scale));
    if !train.as_slice().iter().chain(test.as_slice()).all(|x| x.is_finite()) {
        return Err(TableError::TooLarge);
    }
    let split = |observations| Split { observations, factors: None };
    Ok(Dataset {
        train: split(train),
        test: split(test),
        factor_names: Vec::new(),
        observation_names: table.names.clone(),
        kind: table.image_shape.map_or(Kind::Points, |(height, width)| Kind::Images { height, width }),
        centre_and_scale: Some(centre_and_scale),
    })
}

fn centre_and_scale(values: &Matrix<f64>, chosen: &[usize]) -> Result<CentreAndScale, TableError> {
    let (n, count) = (values.rows(), chosen.len() as f64);
    let mut centre = vec![0.0; n];
    for c in chosen {
        centre.iter_mut().zip(values.column(*c)).for_each(|(centre, x)| *centre += x / count);
    }
    let squares =
        chosen.iter().flat_map(|c| values.column(*c).iter().zip(&centre).map(|(x, centre)| (x - centre).powi(2)));
    let scale = (squares.sum::<f64>() / (count * n as f64)).sqrt();
    // Rounding of the mean leaves a constant column with a variance of its own.
    let rounding = centre.iter().fold(0.0_f64, |most, c| most.max(c.abs())) * f64::EPSILON * count.sqrt();
    if !scale.is_finite() {
        Err(TableError::TooLarge)
    } else if scale <= rounding {
        Err(TableError::Constant)
    } else {
        Ok(CentreAndScale { centre, scale })
    }
}

fn standardised(values: &Matrix<f64>, chosen: &[usize], by: &CentreAndScale) -> Matrix<f32> {
    let rows = chosen.iter().flat_map(|c| values.column(*c).iter().zip(&by.centre));
    Matrix::from_columns(
        values.rows(),
        chosen.len(),
        rows.map(|(x, centre)| ((x - centre) / by.scale) as f32).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(n: usize, samples: usize, value: impl Fn(usize, usize) -> f64) -> Table {
        let names = (1..=n).map(|i| format!("x{i}")).collect();
        Table { names, values: Matrix::from_fn(n, samples, value), image_shape: None }
    }

    #[test]
    fn own_data_are_centred_and_divided_by_one_number() {
        // The columns vary by a factor of ten and lie far from zero: the ratio must survive.
        let table = table(2, 100, |r, c| 1e4 + if r == 0 { c as f64 } else { 10.0 * c as f64 });
        let data = dataset_from_table(&table, 1).unwrap();
        assert_eq!((data.train.samples(), data.test.samples()), (80, 20));
        let covariance = data.train.covariance();
        // Rounding to f32 errs by 6·10⁻⁸ relative to numbers below 3.
        assert!(data.train.mean().norm() < 1e-6);
        assert!((covariance.trace() - 2.0).abs() < 1e-6);
        assert!((covariance[(1, 1)] / covariance[(0, 0)] - 100.0).abs() < 1e-3);
        let CentreAndScale { centre, scale } = data.centre_and_scale.unwrap();
        let mut back: Vec<f64> = [&data.train, &data.test]
            .iter()
            .flat_map(|split| split.observations.iter_columns())
            .map(|x| (centre[0] + scale * f64::from(x[0]) - 1e4).round())
            .collect();
        back.sort_by(f64::total_cmp);
        assert_eq!(back, (0..100).map(f64::from).collect::<Vec<_>>(), "every row comes exactly once");
    }

    #[test]
    fn another_seed_holds_out_other_rows_and_the_same_seed_the_same() {
        let table = table(1, 100, |_, c| c as f64);
        assert_eq!(dataset_from_table(&table, 7), dataset_from_table(&table, 7));
        assert_ne!(dataset_from_table(&table, 7).unwrap().test, dataset_from_table(&table, 263).unwrap().test);
    }

    #[test]
    fn data_from_which_nothing_can_be_learned_are_refused() {
        assert_eq!(dataset_from_table(&table(2, 50, |r, _| [0.1, 1e9][r] / 3.0), 1), Err(TableError::Constant));
        assert_eq!(dataset_from_table(&table(2, 50, |_, _| 0.0), 1), Err(TableError::Constant));
        assert_eq!(dataset_from_table(&table(1, 50, |_, c| 1e300 * c as f64), 1), Err(TableError::TooLarge));
        assert_eq!(
            dataset_from_table(&table(1, 50, |_, c| f64::MAX * [1.0, -1.0][c % 2]), 1),
            Err(TableError::TooLarge)
        );
        let outlier = |c| if c == 0 { 1e200 } else { c as f64 };
        assert_eq!(dataset_from_table(&table(1, 50, |_, c| outlier(c)), 1), Err(TableError::TooLarge));
        assert_eq!(dataset_from_table(&table(1, 1, |_, _| 0.0), 1), Err(TableError::TooFew));
        assert_eq!(dataset_from_table(&table(1, 0, |_, _| 0.0), 1), Err(TableError::TooFew));
    }

    #[test]
    fn images_keep_their_shape() {
        let images = Table { image_shape: Some((2, 3)), ..table(6, 20, |r, c| (r * c) as f64) };
        assert_eq!(dataset_from_table(&images, 1).unwrap().kind, Kind::Images { height: 2, width: 3 });
    }
}
