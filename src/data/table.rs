//! Your data: from a table to a dataset.

use rand::seq::SliceRandom as _;

use super::dataset::{CentreAndScale, Dataset, ObservationKind, Split};
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};

/// The numbers of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the n columns of the file.
    pub names: Vec<String>,
    /// n×N: a row of the file is a sample, so a column of the matrix.
    pub values: Matrix<f64>,
    /// Height and width, if a row of the file is an image.
    pub image_shape: Option<(usize, usize)>,
}

/// The reason why a table cannot be a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Fewer than two rows.
    #[error("one row is not enough to train and test on; give more")]
    TooFew,
    /// No column varies.
    #[error("every column holds the same number in all rows, so there is nothing to learn; give data that vary")]
    Constant,
    /// The variance, or a number divided by its square root, overflows.
    #[error("some numbers are too large to compute with; correct a wrong one, or divide all by a power of ten")]
    TooLarge,
}

/// The index of the stream of [`Purpose::Data`] that shuffles the rows.
const SHUFFLE: u64 = 2;

/// The dataset of a table: shuffled rows, the last fifth held out, centred and scaled by mean and variance of the
/// training rows. One scale for all columns, since a scale per column would change angles.
pub fn dataset_from_table(table: &Table, seed: u64) -> Result<Dataset, TableError> {
    let [train, test] = split_rows(table.values.columns(), seed);
    if train.is_empty() {
        return Err(TableError::TooFew);
    }
    let centre_and_scale = centre_and_scale(&table.values, &train)?;
    let [train, test] = [train, test].map(|chosen| standardised(&table.values, &chosen, &centre_and_scale));
    if !train.as_slice().iter().chain(test.as_slice()).all(|x| x.is_finite()) {
        return Err(TableError::TooLarge);
    }
    let split = |observations| Split { observations, factors: None };
    Ok(Dataset {
        train: split(train),
        test: split(test),
        factor_names: Vec::new(),
        observation_names: table.names.clone(),
        kind: table
            .image_shape
            .map_or(ObservationKind::Points, |(height, width)| ObservationKind::Images { height, width }),
        centre_and_scale: Some(centre_and_scale),
        split_seed: Some(seed),
    })
}

/// Row numbers of the training data and of the held-out data, in their order: all rows shuffled, the last fifth held out. Rows
/// count from 0, without the header of the file.
pub fn split_rows(samples: usize, seed: u64) -> [Vec<usize>; 2] {
    let mut train: Vec<usize> = (0..samples).collect();
    train.shuffle(&mut stream(seed, Purpose::Data, SHUFFLE));
    let test = train.split_off(samples - (samples / 5).max(1).min(samples));
    [train, test]
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
    // Rounding of the mean gives a constant column a variance above zero.
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
    fn your_data_are_centred_and_scaled_by_one_number() {
        // The columns differ by a factor of ten and lie far from zero; the ratio must survive.
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
        assert_eq!(back, (0..100).map(f64::from).collect::<Vec<_>>(), "every row appears exactly once");
    }

    #[test]
    fn the_seed_decides_which_rows_are_held_out() {
        let table = table(1, 100, |_, c| c as f64);
        assert_eq!(dataset_from_table(&table, 7), dataset_from_table(&table, 7));
        assert_ne!(dataset_from_table(&table, 7).unwrap().test, dataset_from_table(&table, 263).unwrap().test);
    }

    #[test]
    fn constant_overflowing_and_short_tables_are_refused() {
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
        assert_eq!(dataset_from_table(&images, 1).unwrap().kind, ObservationKind::Images { height: 2, width: 3 });
    }
}
