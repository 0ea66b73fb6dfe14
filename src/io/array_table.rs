//! From the rows of an array or of pictures to a table.

use super::array_rows::ArrayRows;
use super::file_error::{FileError, Remedy};
use crate::data::{
    FEWEST_ROWS, FactorColumn, ImportNote, ImportOptions, Label, LabelColumn, MissingValues, Numbers, ObservationKind,
    Table,
};

/// Rows in a sentence.
const MOST_NAMED: usize = 5;

/// The table of these rows, the options that give it again, and what was decided.
///
/// # Errors
/// If there are too few rows, some numbers are not finite and their rows are not left out, or `options` choose columns.
pub(in crate::io) fn table_of_arrays(
    rows: ArrayRows,
    options: &ImportOptions,
) -> Result<(Table, ImportOptions, Vec<ImportNote>), FileError> {
    if options.columns.is_some() {
        return Err(FileError::new("columns are chosen in text, not in arrays or pictures; leave --columns out"));
    }
    if rows.key.is_none() && !(options.labels.is_empty() && options.factors.is_empty()) {
        return Err(FileError::new(
            "labels and factors are chosen in text or an archive (.npz), and this holds one array; leave --label and --factors out",
        ));
    }
    let ArrayRows { values, picture, rows, factors, labels, key, is_bytes, notes } = rows;
    let mut notes: Vec<ImportNote> = notes.into_iter().map(ImportNote).collect();
    let kind = picture.map_or(ObservationKind::Points, |shape| ObservationKind::Images {
        height: shape.height,
        width: shape.width,
        channels: shape.channels,
    });
    // Nothing can be correlated with a constant.
    let (factors, constant): (Vec<_>, Vec<_>) =
        factors.into_iter().partition(|(_, values)| values.iter().any(|x| *x != values[0]));
    notes.extend(
        constant
            .iter()
            .map(|(name, _)| ImportNote(format!("the factor '{name}' is the same in all rows, so it is left out"))),
    );
    let names = (1..=values.rows()).map(|i| format!("x{i}")).collect();
    // Arrays are chosen by their keys; what lies beside a file of one array goes with it.
    let label_keys = if key.is_some() { labels.iter().map(|(name, ..)| name.clone()).collect() } else { Vec::new() };
    let labels = labels.into_iter().map(|(name, names, categories)| {
        let label = Label { name, categories: names };
        LabelColumn { label, categories }
    });
    let mut table = Table {
        kind,
        factors: factors.into_iter().map(|(name, values)| FactorColumn { name, values }).collect(),
        labels: labels.collect(),
        rows,
        ..Table::new(names, values)
    };
    let incomplete = incomplete(&table.values);
    notes.extend(options.note_without_gaps().filter(|_| incomplete.is_empty()));
    if !incomplete.is_empty() {
        let is_empty = |r: &usize| (0..table.samples()).all(|sample| !table.values.at(*r, sample).is_finite());
        if let Some(r) = (0..table.values.rows()).find(|r| incomplete.len() == table.samples() && is_empty(r)) {
            return Err(FileError::new(format_args!(
                "column {r} (counted from 0) holds no finite number in any row; save the array without it"
            )));
        }
        let sentence = missing(&table, &incomplete);
        if options.missing == MissingValues::Refuse {
            return Err(FileError::new(format_args!(
                "{sentence}; only finite numbers can be learned from, so leave these rows out with --missing drop"
            ))
            .with_remedy(Remedy::DropMissing));
        }
        notes.push(ImportNote(format!("{sentence}; these rows are left out")));
        let complete: Vec<usize> =
            (0..table.samples()).filter(|sample| incomplete.binary_search(sample).is_err()).collect();
        table = table.with_samples(&complete);
    }
    let count = table.samples();
    if count < FEWEST_ROWS {
        return Err(FileError::new(format_args!(
            "{count} rows are too few; give at least {FEWEST_ROWS}, one sample per row"
        )));
    }
    let pixels = options.pixels || options.guess && is_bytes;
    let import = ImportOptions {
        guess: false,
        key: key.or_else(|| options.key.clone()),
        labels: label_keys,
        pixels,
        ..options.clone()
    };
    Ok((table, import, notes))
}

/// The samples with a number that is not finite.
fn incomplete(values: &Numbers) -> Vec<usize> {
    fn among<T: Copy>(samples: impl Iterator<Item = T>, is_broken: impl Fn(T) -> bool) -> Vec<usize> {
        samples.enumerate().filter(|(_, x)| is_broken(*x)).map(|(sample, _)| sample).collect()
    }
    match values {
        Numbers::Bytes(_) => Vec::new(),
        Numbers::Single(values) => among(values.iter_columns(), |x| x.iter().any(|x| !x.is_finite())),
        Numbers::Double(values) => among(values.iter_columns(), |x| x.iter().any(|x| !x.is_finite())),
    }
}

/// Where numbers that are not finite stand, in words.
fn missing(table: &Table, samples: &[usize]) -> String {
    let row = |sample: &usize| table.rows.as_ref().map_or(*sample, |rows| rows[*sample]);
    let first = samples[0];
    let column = (0..table.values.rows()).find(|r| !table.values.at(*r, first).is_finite()).unwrap_or_default();
    let place =
        format!("row {}, column {column} (counted from 0) holds {}", row(&first), table.values.at(column, first));
    if samples.len() == 1 {
        return place;
    }
    let named: Vec<String> = samples.iter().take(MOST_NAMED).map(|sample| row(sample).to_string()).collect();
    let more = samples.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{place}, and {} rows hold numbers like it ({}{more})", samples.len(), named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::format::sample_shape::PictureShape;
    use crate::linalg::Matrix;

    fn rows(values: impl Into<Numbers>) -> ArrayRows {
        let (values, notes) = (values.into(), vec!["a note".to_owned()]);
        ArrayRows {
            values,
            picture: None,
            rows: None,
            factors: Vec::new(),
            labels: Vec::new(),
            key: None,
            is_bytes: false,
            notes,
        }
    }

    #[test]
    fn pictures_keep_their_annotations() {
        let picture = Some(PictureShape { height: 2, width: 1, channels: 3 });
        let read = ArrayRows {
            picture,
            rows: Some((5..25).collect()),
            factors: vec![
                ("color".to_owned(), vec![0.5; 20]),
                ("posX".to_owned(), (0..20).map(|x| x as f32).collect()),
            ],
            labels: vec![("folder".to_owned(), vec!["a".to_owned()], vec![0; 20])],
            key: Some("imgs".to_owned()),
            is_bytes: true,
            ..rows(Matrix::from_fn(6, 20, |r, c| (r + c) as u8))
        };
        let (table, import, notes) = table_of_arrays(read.clone(), &ImportOptions::guessed()).unwrap();
        assert_eq!(table.kind, ObservationKind::Images { height: 2, width: 1, channels: 3 });
        assert_eq!((table.names.len(), table.rows.as_ref().map(|rows| rows[0]), notes.len()), (6, Some(5), 2));
        assert!(notes[1].0.starts_with("the factor 'color' is the same in all rows"));
        assert_eq!(
            (table.factors.len(), table.factors[0].name.as_str(), table.labels[0].label.name.as_str()),
            (1, "posX", "folder")
        );
        assert_eq!((import.pixels, import.guess, import.key.as_deref()), (true, false, Some("imgs")));
        // Where the record does not say it, bytes stay what they are.
        assert!(!table_of_arrays(read, &ImportOptions::default()).unwrap().1.pixels);
    }

    #[test]
    fn numbers_that_are_not_finite_are_located_or_left_out() {
        let value = |r: usize, c: usize| if c % 3 == 1 && r == 1 { f32::NAN } else { (r + c) as f32 };
        let read = rows(Matrix::from_fn(2, 30, value));
        let sentence = table_of_arrays(read.clone(), &ImportOptions::default()).unwrap_err().to_string();
        assert!(sentence.starts_with(
            "row 1, column 1 (counted from 0) holds NaN, and 10 rows hold numbers like it (1, 4, 7, 10, 13 and 5 more); only finite"
        ));
        let drop = ImportOptions { missing: MissingValues::Drop, ..ImportOptions::default() };
        let (table, _, notes) = table_of_arrays(read, &drop).unwrap();
        assert_eq!((table.samples(), table.rows.unwrap()[..3].to_vec(), notes.len()), (20, vec![0, 2, 3], 2));
        let few = rows(Matrix::from_fn(2, 9, |r, c| (r + c) as f32));
        assert!(table_of_arrays(few, &drop).unwrap_err().to_string().contains("9 rows are too few"));
    }
}
