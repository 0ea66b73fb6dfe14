//! The preview of a file, computed on the reading thread.

use eframe::egui::ColorImage;

use crate::data::{Numbers, ObservationKind};
use crate::io::{ColumnRole, ColumnSummary, TextBeginning};
use crate::launch::ReadData;
use crate::viz::picture::{PixelRange, picture};

/// Pictures of a preview.
const PICTURES: usize = 40;

/// Larger pictures are drawn with every k-th pixel only.
const MOST_PIXELS: usize = 96;

/// Rows of a preview.
const ROWS: usize = 5;

/// More columns of an array are only counted.
const MOST_COLUMNS: usize = 2000;

/// A column of the preview.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PreviewColumn {
    pub name: String,
    /// The part that it plays; `None` for arrays, whose columns have no roles.
    pub role: Option<ColumnRole>,
    pub is_text: bool,
    pub missing: usize,
    /// The smallest and the largest number.
    pub range: [f64; 2],
    /// Its cells in the first rows.
    pub cells: Vec<String>,
}

impl PreviewColumn {
    /// The range in words.
    pub(super) fn range(&self) -> String {
        match self.range {
            _ if self.is_text => "text".to_owned(),
            [low, high] if low > high => "no numbers".to_owned(),
            [low, high] if low == high => format!("constant {}", short(low)),
            [low, high] => format!("{} … {}", short(low), short(high)),
        }
    }
}

/// The columns of a text with its first cells.
pub(super) fn columns_of_text(summaries: &[ColumnSummary], beginning: &TextBeginning) -> Vec<PreviewColumn> {
    let columns = summaries.iter().enumerate().map(|(k, column)| PreviewColumn {
        name: column.name.clone(),
        role: Some(column.role),
        is_text: column.is_text,
        missing: column.missing,
        range: column.range,
        cells: beginning.rows.iter().filter_map(|row| row.get(k)).cloned().collect(),
    });
    columns.collect()
}

/// Data in little.
#[derive(Clone, Debug)]
pub(super) struct DataPreview {
    /// Rows, dimensions and range, in words.
    pub shape: String,
    /// Rows.
    pub samples: usize,
    /// Factors and labels, in words; empty if there are none.
    pub known: Vec<String>,
    /// The columns of an array that holds no pictures.
    pub columns: Vec<PreviewColumn>,
    /// The first pictures.
    pub pictures: Vec<ColorImage>,
}

impl DataPreview {
    pub(super) fn of(data: &ReadData) -> Self {
        let table = &data.file.table;
        let (n, samples) = (table.data_dim(), table.samples());
        let [low, high] = range(&table.values);
        let what = match table.kind {
            ObservationKind::Points => format!("{} of {}", counted(samples, "row"), counted(n, "dimension")),
            ObservationKind::Images { height, width, channels } => {
                let color = if channels == 1 { "grey" } else { "RGB" };
                format!("{} of {width}×{height} pixels, {color}", counted(samples, "picture"))
            }
        };
        let labels = table.labels.iter().map(|column| {
            let categories = column.label.categories.len();
            format!("label {} ({categories} {})", column.label.name, if categories == 1 { "value" } else { "values" })
        });
        let known = labels.chain(table.factors.iter().map(|factor| format!("factor {}", factor.name)));
        let is_array = data.file.columns.is_empty() && table.kind == ObservationKind::Points;
        Self {
            shape: format!("{what}, from {} to {}", short(low), short(high)),
            samples,
            known: known.collect(),
            columns: if is_array { columns_of_array(data) } else { Vec::new() },
            pictures: pictures(data),
        }
    }
}

/// "1 row", "150 rows".
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// A whole number with its thousands apart.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let apart =
        |(k, digit): (usize, char)| [(k > 0 && (digits.len() - k).is_multiple_of(3)).then_some(','), Some(digit)];
    digits.chars().enumerate().flat_map(apart).flatten().collect()
}

/// A number with four significant digits; whole ones of up to six digits are exact.
pub(super) fn short(x: f64) -> String {
    let text = match x.abs() {
        0.0 => "0".to_owned(),
        size if x.fract() == 0.0 && size < 1e6 => x.to_string(),
        size if !(1e-3..1e6).contains(&size) => format!("{x:.2e}"),
        size => {
            let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
            let text = format!("{x:.decimals$}");
            if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
    };
    text.replace('-', "−")
}

fn range(values: &Numbers) -> [f64; 2] {
    fn ends<T: Copy + Into<f64>>(values: &[T]) -> [f64; 2] {
        let wider = |[low, high]: [f64; 2], x: &T| [low.min((*x).into()), high.max((*x).into())];
        values.iter().fold([f64::INFINITY, f64::NEG_INFINITY], wider)
    }
    match values {
        Numbers::Bytes(values) => ends(values.as_slice()),
        Numbers::Single(values) => ends(values.as_slice()),
        Numbers::Double(values) => ends(values.as_slice()),
    }
}

fn columns_of_array(data: &ReadData) -> Vec<PreviewColumn> {
    let table = &data.file.table;
    let column = |r: usize| {
        let wider = |[low, high]: [f64; 2], x: f64| [low.min(x), high.max(x)];
        PreviewColumn {
            name: table.names[r].clone(),
            role: None,
            is_text: false,
            missing: 0,
            range: table.values.row(r).fold([f64::INFINITY, f64::NEG_INFINITY], wider),
            cells: (0..table.samples().min(ROWS)).map(|c| short(table.values.at(r, c))).collect(),
        }
    };
    (0..table.data_dim().min(MOST_COLUMNS)).map(column).collect()
}

fn pictures(data: &ReadData) -> Vec<ColorImage> {
    let table = &data.file.table;
    let ObservationKind::Images { height, width, channels } = table.kind else { return Vec::new() };
    let (count, n) = (table.samples().min(PICTURES), table.data_dim());
    let values = (0..count).flat_map(|c| (0..n).map(move |r| table.values.at(r, c)));
    let ends = PixelRange::of(values).ends();
    let step = height.max(width).div_ceil(MOST_PIXELS);
    let (rows, columns) = (height.div_ceil(step), width.div_ceil(step));
    let one = |c: usize| {
        let place = |k: usize| (k / columns * step * width + k % columns * step) * channels;
        let pixel = |k: usize| (0..channels).map(move |channel| table.values.at(place(k) + channel, c) as f32);
        let values: Vec<f32> = (0..rows * columns).flat_map(pixel).collect();
        picture(&values, rows, columns, channels, ends)
    };
    (0..count).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers = [0.0, -0.5, 255.0, 123_456.0, 0.123_456, -12.345_6, 98_765.43, 1.5e-7, -2.5e9, f64::NAN];
        let texts = ["0", "−0.5", "255", "123456", "0.1235", "−12.35", "98765", "1.50e−7", "−2.50e9", "NaN"];
        assert_eq!(numbers.map(short), texts);
    }

    #[test]
    fn numbers_are_counted_in_words() {
        assert_eq!(
            [0, 1, 999, 1000, 1_234_567].map(|count| counted(count, "row")),
            ["0 rows", "1 row", "999 rows", "1,000 rows", "1,234,567 rows"]
        );
    }
}
