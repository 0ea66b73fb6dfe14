//! Rows that were read from a file of arrays or pictures, and which of its rows are read.

use super::file_error::FileError;
use super::format::array_reader::ArrayHeader;
use super::format::number_kind::NumberKind;
use super::format::sample_shape::{PictureShape, SampleShape};
use super::memory::check_memory;
use crate::data::{Numbers, chosen_rows};
use crate::memory::budget;

/// Rows of a file of arrays or pictures.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::io) struct ArrayRows {
    /// n×N: a sample is a column.
    pub values: Numbers,
    /// Height, width and channels, if the samples are pictures.
    pub picture: Option<PictureShape>,
    /// Numbers of the rows in the file, if they are not all.
    pub rows: Option<Vec<usize>>,
    /// Known factors: name and one value for each sample.
    pub factors: Vec<(String, Vec<f32>)>,
    /// Labels: name, the names of the categories, and the category of each sample.
    pub labels: Vec<ArrayLabels>,
    /// The array that was read, in a file of several.
    pub key: Option<String>,
    /// True if the samples are pictures of bytes that go beyond 0 and 1, as pixels from 0 to 255 do.
    pub is_bytes: bool,
    /// Decisions that nobody asked for.
    pub notes: Vec<String>,
}

/// Labels beside rows: name, the names of the categories, and the category of each sample.
pub(in crate::io) type ArrayLabels = (String, Vec<String>, Vec<u32>);

/// Number of rows to read (`None`: all), and the seed that draws them.
#[derive(Clone, Copy)]
pub(in crate::io) struct RowChoice {
    pub rows: Option<usize>,
    pub seed: u64,
}

impl RowChoice {
    /// The rows of this array; `None`: all.
    ///
    /// # Errors
    /// If they do not fit in half of the memory.
    pub(in crate::io) fn of(self, header: &ArrayHeader, shape: &SampleShape) -> Result<Option<Vec<usize>>, FileError> {
        let count = self.rows.map_or(shape.samples, |rows| rows.min(shape.samples));
        check_memory(count, shape.n(), header.stored.width_in_memory(), budget())?;
        Ok((count < shape.samples).then(|| chosen_rows(shape.samples, count, self.seed)))
    }
}

/// True if these are pictures of bytes that go beyond 0 and 1.
pub(in crate::io) fn is_bytes(values: &Numbers, header: &ArrayHeader, shape: &SampleShape) -> bool {
    let are = header.stored.kind == NumberKind::U8 && shape.picture.is_some();
    are && matches!(values, Numbers::Bytes(values) if values.as_slice().iter().any(|x| *x > 1))
}

/// The different numbers, ascending, and the place of each number among them.
pub(in crate::io) fn categories(values: &Numbers) -> (Vec<String>, Vec<u32>) {
    let numbers: Vec<f64> = values.row(0).collect();
    let mut different = numbers.clone();
    different.sort_by(f64::total_cmp);
    different.dedup();
    let place = |x: &f64| different.partition_point(|y| y.total_cmp(x).is_lt()) as u32;
    (different.iter().map(f64::to_string).collect(), numbers.iter().map(place).collect())
}
