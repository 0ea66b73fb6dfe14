//! Your data: from a table to a dataset.

use rand::seq::SliceRandom as _;

use super::dataset::{CentreAndScale, Dataset, Label, ObservationKind, Scale, Split};
use super::import::{ImportOptions, Scaling};
use super::numbers::Numbers;
use crate::linalg::Matrix;
use crate::rng::{Purpose, stream};

/// The contents of a file: observations, and annotations that are not dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the n columns of the observations.
    pub names: Vec<String>,
    /// n×N: a row of the file is a sample, so a column of the matrix.
    pub values: Numbers,
    /// Points or images.
    pub kind: ObservationKind,
    /// Known factors of each sample.
    pub factors: Vec<FactorColumn>,
    /// Labels of each sample.
    pub labels: Vec<LabelColumn>,
    /// Number of each sample's row in the file, from 0 and without the header, where some rows are left out.
    pub rows: Option<Vec<usize>>,
    /// Number of the line of each row of a text, from 1; none for arrays and pictures.
    pub lines: Vec<u32>,
}

/// A factor column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct FactorColumn {
    /// The name of the column.
    pub name: String,
    /// The factor of each sample.
    pub values: Vec<f32>,
}

/// A label column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelColumn {
    /// The name of the column and of its categories.
    pub label: Label,
    /// The index of the category of each sample.
    pub categories: Vec<u32>,
}

impl Table {
    /// A table of points without annotations (n×N).
    pub fn new(names: Vec<String>, values: impl Into<Numbers>) -> Self {
        let (values, kind) = (values.into(), ObservationKind::Points);
        Self { names, values, kind, factors: Vec::new(), labels: Vec::new(), rows: None, lines: Vec::new() }
    }

    /// n, the numbers of a sample.
    pub fn data_dim(&self) -> usize {
        self.values.rows()
    }

    /// N, the number of samples.
    pub fn samples(&self) -> usize {
        self.values.columns()
    }

    /// A sample as one finds it in the file: "line 52" of a text, "row 51" of an array.
    pub fn place(&self, sample: usize) -> String {
        format!("{} {}", if self.lines.is_empty() { "row" } else { "line" }, self.number(sample))
    }

    /// The number with which [`Self::place`] names a sample.
    pub fn number(&self, sample: usize) -> usize {
        let row = self.rows.as_ref().map_or(sample, |rows| rows[sample]);
        self.lines.get(row).map_or(row + 1, |line| *line as usize)
    }

    /// The samples without those with these numbers.
    #[must_use]
    pub fn without(self, numbers: &[usize]) -> Self {
        if numbers.is_empty() {
            return self;
        }
        let left: Vec<usize> = (0..self.samples()).filter(|sample| !numbers.contains(&self.number(*sample))).collect();
        self.with_samples(&left)
    }

    /// The samples `chosen`, in this order. Their row numbers stay those of the file.
    #[must_use]
    pub fn with_samples(mut self, chosen: &[usize]) -> Self {
        self.values = self.values.select_columns(chosen);
        for factor in &mut self.factors {
            factor.values = chosen.iter().map(|c| factor.values[*c]).collect();
        }
        for label in &mut self.labels {
            label.categories = chosen.iter().map(|c| label.categories[*c]).collect();
        }
        let row = |c: &usize| self.rows.as_ref().map_or(*c, |rows| rows[*c]);
        self.rows = Some(chosen.iter().map(row).collect());
        self
    }
}

/// The reason why a table cannot be a dataset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Fewer than two rows.
    #[error("one row is not enough to train and test on; give more")]
    TooFew,
    /// No column varies.
    #[error("every column holds the same number in all rows, so there is nothing to learn; give data that vary")]
    Constant,
    /// The share of held-out rows leaves only one.
    #[error("1 row is left to train on; hold out a smaller share")]
    OneTrainingRow,
    /// The variance vanishes beside the numbers, or is too small itself.
    #[error(
        "the numbers differ too little to compute with; subtract the mean of each column, or multiply all by a power of ten"
    )]
    TooSmall,
    /// The variance, or a number divided by its square root, overflows.
    #[error("some numbers are too large to compute with; correct a wrong one, or divide all by a power of ten")]
    TooLarge,
    /// The file of held-out rows has other columns.
    #[error("the held-out file lacks the column '{0}' of the data; give both files the same columns")]
    OtherColumns(String),
    /// The file of held-out rows has observations of another size.
    #[error(
        "a row of the held-out file has {test} numbers, but one of the data has {train}; give both the same columns"
    )]
    OtherSize {
        /// Numbers of a held-out row.
        test: usize,
        /// Numbers of a row of the data.
        train: usize,
    },
}

/// The index of the stream of [`Purpose::Data`] that shuffles the rows.
const SHUFFLE: u64 = 2;

/// The dataset of a table with the options of an absent record: shuffled rows, the last fifth held out, centred and scaled by mean
/// and variance of the training rows. One scale for all columns, since a scale per column would change angles.
pub fn dataset_from_table(table: &Table, seed: u64) -> Result<Dataset, TableError> {
    prepare_table(table.clone(), None, &ImportOptions::default(), seed)
}

/// The dataset of a table with these options, whose columns and rows are those of the table already: it is split (unless `test` is
/// given, the held-out rows, and all of `table` is training data), and scaled by moments of the training rows.
///
/// The table is consumed piece by piece, so that there is never a second copy of the data in memory.
///
/// # Errors
/// If there are too few rows, nothing varies, numbers are too large, or the held-out rows have other columns.
pub fn prepare_table(
    table: Table,
    test: Option<Table>,
    options: &ImportOptions,
    seed: u64,
) -> Result<Dataset, TableError> {
    let test = test.map(|test| fitted_to(&table, test)).transpose()?;
    let samples = table.samples();
    let [train_rows, test_rows] = match &test {
        Some(test) => [(0..samples).collect(), (0..test.samples()).collect()],
        None => split_share(samples, options.held_out, seed),
    };
    if train_rows.is_empty() || test_rows.is_empty() {
        return Err(TableError::TooFew);
    }
    let by = match &table.values {
        Numbers::Bytes(values) => centre_and_scale(values, &train_rows, options),
        Numbers::Single(values) => centre_and_scale(values, &train_rows, options),
        Numbers::Double(values) => centre_and_scale(values, &train_rows, options),
    }?;
    // The held-out file may have more categories.
    let annotated = test.as_ref().unwrap_or(&table);
    let labels: Vec<Label> = annotated.labels.iter().map(|column| column.label.clone()).collect();
    let factor_names: Vec<String> = table.factors.iter().map(|factor| factor.name.clone()).collect();
    let (mut train, mut held_out) = (annotations(&table, &train_rows), annotations(annotated, &test_rows));
    (train.observations, held_out.observations) = match test {
        None => standardised(table.values, [&train_rows, &test_rows], &by),
        Some(test) => {
            (standardised(table.values, [&train_rows, &[]], &by).0, standardised(test.values, [&test_rows, &[]], &by).0)
        }
    };
    if [&train, &held_out].iter().any(|split| split.observations.as_slice().iter().any(|x| !x.is_finite())) {
        return Err(TableError::TooLarge);
    }
    Ok(Dataset {
        train,
        test: held_out,
        factor_names,
        labels,
        observation_names: table.names,
        kind: table.kind,
        centre_and_scale: Some(if options.pixels { in_pixels(by) } else { by }),
        split_seed: Some(seed),
    })
}

/// Factors, labels and row numbers of these samples, without observations.
fn annotations(table: &Table, chosen: &[usize]) -> Split {
    let factors = &table.factors;
    let number = |c: &usize| table.rows.as_ref().map_or(*c, |rows| rows[*c]);
    Split {
        observations: Matrix::default(),
        factors: (!factors.is_empty())
            .then(|| Matrix::from_fn(factors.len(), chosen.len(), |r, c| factors[r].values[chosen[c]])),
        labels: table.labels.iter().map(|label| chosen.iter().map(|c| label.categories[*c]).collect()).collect(),
        rows: chosen.iter().map(number).collect(),
    }
}

/// Row numbers of the training data and of the held-out data, in their order: all rows shuffled, the last fifth held out. Rows
/// count from 0, without the header of the file.
pub fn split_rows(samples: usize, seed: u64) -> [Vec<usize>; 2] {
    split_share(samples, super::import::HELD_OUT, seed)
}

/// [`split_rows`] with another share of held-out rows, at least one row.
pub(super) fn split_share(samples: usize, share: f64, seed: u64) -> [Vec<usize>; 2] {
    let mut train: Vec<usize> = (0..samples).collect();
    train.shuffle(&mut stream(seed, Purpose::Data, SHUFFLE));
    let held_out = ((samples as f64 * share) as usize).max(1).min(samples);
    let test = train.split_off(samples - held_out);
    [train, test]
}

/// The held-out table with the columns, factors and categories of the training table.
fn fitted_to(train: &Table, mut test: Table) -> Result<Table, TableError> {
    let (n, columns) = (train.data_dim(), test.data_dim());
    if columns != n || train.kind != test.kind {
        return Err(TableError::OtherSize { test: columns, train: n });
    }
    let lacks = |name: &str| TableError::OtherColumns(name.to_owned());
    if let Some((name, _)) = train.names.iter().zip(&test.names).find(|(a, b)| a != b) {
        return Err(lacks(name));
    }
    let factor = |f: &FactorColumn| {
        test.factors.iter().find(|other| other.name == f.name).cloned().ok_or_else(|| lacks(&f.name))
    };
    test.factors = train.factors.iter().map(factor).collect::<Result<_, _>>()?;
    let label = |known: &LabelColumn| {
        let name = &known.label.name;
        let own = test.labels.iter().find(|own| own.label.name == *name).ok_or_else(|| lacks(name))?;
        let mut label = known.label.clone();
        let mut index = |category: &String| {
            label.categories.iter().position(|c| c == category).unwrap_or_else(|| {
                label.categories.push(category.clone());
                label.categories.len() - 1
            }) as u32
        };
        let indices: Vec<u32> = own.label.categories.iter().map(&mut index).collect();
        let categories = own.categories.iter().map(|c| indices[*c as usize]).collect();
        Ok(LabelColumn { label, categories })
    };
    test.labels = train.labels.iter().map(label).collect::<Result<_, _>>()?;
    Ok(test)
}

/// The byte of a white pixel, which counts as 1.
const WHITE: f64 = 255.0;

/// The same in pixels from 0 to 1. (The bytes themselves are centred and scaled, so that pictures of bytes and of floating-point numbers
/// give the same observations to the last bit.)
fn in_pixels(CentreAndScale { centre, scale }: CentreAndScale) -> CentreAndScale {
    let scale = match scale {
        Scale::One(scale) => Scale::One(scale / WHITE),
        Scale::Columns(scales) => Scale::Columns(scales.into_iter().map(|scale| scale / WHITE).collect()),
    };
    CentreAndScale { centre: centre.into_iter().map(|x| x / WHITE).collect(), scale }
}

fn centre_and_scale<T: Copy + Into<f64>>(
    values: &Matrix<T>,
    chosen: &[usize],
    options: &ImportOptions,
) -> Result<CentreAndScale, TableError> {
    let (n, count) = (values.rows(), chosen.len() as f64);
    let mut centre = vec![0.0; n];
    for c in chosen {
        centre.iter_mut().zip(values.column(*c)).for_each(|(centre, x)| *centre += (*x).into() / count);
    }
    let square = |x: &T, centre: &f64| ((*x).into() - centre).powi(2);
    let squares =
        chosen.iter().flat_map(|c| values.column(*c).iter().zip(&centre).map(|(x, centre)| square(x, centre)));
    let scale = (squares.sum::<f64>() / (count * n as f64)).sqrt();
    // Rounding of the mean gives a constant column a variance above zero.
    let rounding = |centre: f64| centre.abs() * f64::EPSILON * count.sqrt();
    if !scale.is_finite() {
        return Err(TableError::TooLarge);
    } else if scale <= centre.iter().fold(0.0_f64, |most, c| most.max(rounding(*c))) {
        let first = values.column(chosen[0]);
        let varies = |c: &usize| values.column(*c).iter().zip(first).any(|(a, b)| (*a).into() != (*b).into());
        return Err(match chosen.iter().any(varies) {
            _ if chosen.len() == 1 && values.columns() > 1 => TableError::OneTrainingRow,
            true => TableError::TooSmall,
            false => TableError::Constant,
        });
    }
    Ok(match options.scale {
        Scaling::None => {
            CentreAndScale { centre: vec![0.0; n], scale: Scale::One(if options.pixels { WHITE } else { 1.0 }) }
        }
        Scaling::One => CentreAndScale { centre, scale: Scale::One(scale) },
        Scaling::Columns => {
            let mut variances = vec![0.0; n];
            for c in chosen {
                let column = values.column(*c).iter().zip(&centre);
                variances.iter_mut().zip(column).for_each(|(sum, (x, centre))| *sum += square(x, centre) / count);
            }
            // A constant column stays zero whatever it is divided by.
            let scale = |(variance, centre): (&f64, &f64)| {
                if variance.sqrt() > rounding(*centre) { variance.sqrt() } else { 1.0 }
            };
            let scales = variances.iter().zip(&centre).map(scale).collect();
            CentreAndScale { centre, scale: Scale::Columns(scales) }
        }
    })
}

/// The samples of both lists, which together are all, standardised. The numbers are taken from the end, and the room of each piece
/// is given back before the next.
fn standardised(values: Numbers, parts: [&[usize]; 2], by: &CentreAndScale) -> (Matrix<f32>, Matrix<f32>) {
    fn scatter<T: Copy + Into<f64>>(values: Matrix<T>, places: &[usize], to: [&mut [f32]; 2], by: &CentreAndScale) {
        const PIECE: usize = 1 << 20;
        let ([train, test], n, mut values) = (to, values.rows(), values.into_vec());
        for (c, place) in places.iter().enumerate().rev() {
            let start = place * n;
            let to =
                if start < train.len() { &mut train[start..start + n] } else { &mut test[start - train.len()..][..n] };
            for (r, ((to, x), centre)) in to.iter_mut().zip(&values[c * n..]).zip(&by.centre).enumerate() {
                *to = (((*x).into() - centre) / by.scale.of(r)) as f32;
            }
            values.truncate(c * n);
            if values.capacity() - values.len() > PIECE {
                values.shrink_to_fit();
            }
        }
    }
    let ([train_rows, test_rows], n) = (parts, values.rows());
    let mut places = vec![0; train_rows.len() + test_rows.len()];
    train_rows.iter().chain(test_rows).enumerate().for_each(|(place, row)| places[*row] = place);
    let (mut train, mut test) = (vec![0.0; train_rows.len() * n], vec![0.0; test_rows.len() * n]);
    let to = [&mut *train, &mut *test];
    match values {
        Numbers::Bytes(values) => scatter(values, &places, to, by),
        Numbers::Single(values) => scatter(values, &places, to, by),
        Numbers::Double(values) => scatter(values, &places, to, by),
    }
    (Matrix::from_columns(n, train_rows.len(), train), Matrix::from_columns(n, test_rows.len(), test))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::numbers::chosen_rows;

    fn table(n: usize, samples: usize, value: impl Fn(usize, usize) -> f64) -> Table {
        let names = (1..=n).map(|i| format!("x{i}")).collect();
        Table::new(names, Matrix::from_fn(n, samples, value))
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
        let by = data.centre_and_scale.unwrap();
        let mut back: Vec<f64> = [&data.train, &data.test]
            .iter()
            .flat_map(|split| split.observations.iter_columns())
            .map(|x| (by.original(0, f64::from(x[0])) - 1e4).round())
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
        assert_eq!(dataset_from_table(&table(2, 50, |_, c| 1e-300 * c as f64), 1), Err(TableError::TooSmall));
        let most = ImportOptions { held_out: 0.99, ..ImportOptions::default() };
        let few = prepare_table(table(1, 50, |_, c| c as f64), None, &most, 1);
        assert_eq!(few, Err(TableError::OneTrainingRow));
        let outlier = |c| if c == 0 { 1e200 } else { c as f64 };
        assert_eq!(dataset_from_table(&table(1, 50, |_, c| outlier(c)), 1), Err(TableError::TooLarge));
        assert_eq!(dataset_from_table(&table(1, 1, |_, _| 0.0), 1), Err(TableError::TooFew));
        assert_eq!(dataset_from_table(&table(1, 0, |_, _| 0.0), 1), Err(TableError::TooFew));
    }

    #[test]
    fn images_keep_their_shape() {
        let kind = ObservationKind::Images { height: 2, width: 3, channels: 1 };
        let images = Table { kind, ..table(6, 20, |r, c| (r * c) as f64) };
        assert_eq!(dataset_from_table(&images, 1).unwrap().kind, kind);
    }

    #[test]
    fn every_precision_gives_the_same_dataset() {
        // Integers of 8 bits, which all hold exactly.
        let bytes = Matrix::from_fn(5, 203, |r, c| ((r * 37 + c * c * 11) % 251) as u8);
        let (single, double) = (bytes.map(f32::from), bytes.map(f64::from));
        let [bytes, single, double] = [Numbers::Bytes(bytes), Numbers::Single(single), Numbers::Double(double)]
            .map(|values| Table::new(vec!["a".to_owned(); 5], values));
        for scale in Scaling::ALL {
            for held_out in [0.2, 0.55, 0.001] {
                let options = ImportOptions { scale, held_out, ..ImportOptions::default() };
                let data = prepare_table(single.clone(), None, &options, 3).unwrap();
                for other in [&bytes, &double] {
                    assert_eq!(data, prepare_table(other.clone(), None, &options, 3).unwrap(), "{scale:?} {held_out}");
                }
                assert_eq!(data.test.samples(), ((203.0 * held_out) as usize).max(1));
            }
            let options = ImportOptions { scale, ..ImportOptions::default() };
            let [a, b] = [&single, &double].map(|t| prepare_table(t.clone(), Some(t.clone()), &options, 3).unwrap());
            assert_eq!(a, b);
            assert_eq!(a.train, a.test);
            assert_eq!(a.train.samples(), 203);
        }
    }

    #[test]
    fn pixels_count_from_0_to_1() {
        let byte = |r: usize, c: usize| ((r * 50 + c * c) % 256) as u8;
        let bytes = Table::new(vec!["p".to_owned(); 4], Matrix::from_fn(4, 50, byte));
        let real = Table::new(vec!["p".to_owned(); 4], Matrix::from_fn(4, 50, |r, c| f64::from(byte(r, c))));
        for scale in Scaling::ALL {
            let options = ImportOptions { scale, pixels: true, ..ImportOptions::default() };
            let data = prepare_table(bytes.clone(), None, &options, 1).unwrap();
            let by = data.centre_and_scale.as_ref().unwrap();
            for (x, row) in data.train.observations.iter_columns().zip(&data.train.rows) {
                let pixel = |r: usize| bytes.values.at(r, *row) / 255.0;
                // Half a unit of the last place of the f32.
                let same = |r: usize| (by.original(r, f64::from(x[r])) - pixel(r)).abs() < 1e-6;
                assert!((0..4).all(same), "{scale:?}");
                if scale == Scaling::None {
                    assert!((0..4).all(|r| x[r] == pixel(r) as f32));
                }
            }
            let plain = ImportOptions { scale, ..ImportOptions::default() };
            let plain = prepare_table(real.clone(), None, &plain, 1).unwrap();
            assert_eq!(plain.train == data.train, scale != Scaling::None, "{scale:?}");
        }
    }

    #[test]
    fn scales_return_to_the_units_of_the_file() {
        let table = table(3, 50, |r, c| [1e-3, 70.0, 5.0][r] * if r == 2 { 1.0 } else { (c as f64).sin() });
        for (scale, variances) in
            [(Scaling::Columns, [1.0, 1.0, 0.0]), (Scaling::One, [3.0 * f64::powi(1e-3 / 70.0, 2), 3.0, 0.0])]
        {
            let options = ImportOptions { scale, ..ImportOptions::default() };
            let data = prepare_table(table.clone(), None, &options, 1).unwrap();
            let covariance = data.train.covariance();
            for (i, variance) in variances.into_iter().enumerate() {
                assert!((covariance[(i, i)] - variance).abs() < 1e-5 * variance.max(1e-6), "{scale:?} {covariance}");
            }
        }
        let options = ImportOptions { scale: Scaling::None, ..ImportOptions::default() };
        let data = prepare_table(table.clone(), None, &options, 1).unwrap();
        for (x, row) in data.test.observations.iter_columns().zip(&data.test.rows) {
            assert!((0..3).all(|r| x[r] == table.values.at(r, *row) as f32));
        }
    }

    #[test]
    fn annotations_follow_their_rows() {
        let mut table = table(1, 60, |_, c| c as f64);
        table.factors.push(FactorColumn { name: "f".to_owned(), values: (0..60).map(|c| c as f32 * 0.5).collect() });
        let label = Label { name: "l".to_owned(), categories: ["a", "b", "c"].map(str::to_owned).to_vec() };
        table.labels.push(LabelColumn { label, categories: (0..60).map(|c| c % 3).collect() });
        let chosen = chosen_rows(60, 30, 9);
        assert!(chosen.len() == 30 && chosen.windows(2).all(|w| w[0] < w[1]) && chosen[29] > 29);
        assert_ne!(chosen, chosen_rows(60, 30, 10));
        let part = table.clone().with_samples(&chosen);
        let data = dataset_from_table(&part, 4).unwrap();
        for split in [&data.train, &data.test] {
            for (k, row) in split.rows.iter().enumerate() {
                assert_eq!(
                    data.centre_and_scale.as_ref().unwrap().original(0, split.observations[(0, k)].into()).round(),
                    *row as f64
                );
                assert_eq!(
                    (split.factors.as_ref().unwrap()[(0, k)], split.labels[0][k]),
                    (*row as f32 * 0.5, *row as u32 % 3)
                );
            }
        }
        // The held-out file has its categories in another order, and one more.
        let mut test = table.clone().with_samples(&[2, 1, 0, 5]);
        test.labels[0].label.categories = ["c", "a", "d"].map(str::to_owned).to_vec();
        test.labels[0].categories = vec![0, 2, 1, 0];
        let data = prepare_table(table, Some(test), &ImportOptions::default(), 4).unwrap();
        assert_eq!((&*data.test.labels[0], &*data.test.rows), (&[2, 3, 0, 2][..], &[2, 1, 0, 5][..]));
        assert_eq!(data.labels[0].categories, ["a", "b", "c", "d"]);
    }
}
