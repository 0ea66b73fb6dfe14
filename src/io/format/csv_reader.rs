//! Reads delimited text: CSV, TSV, and semicolons.

use crate::io::file_error::FileError;

/// The delimiter of a text: a tab (always, if `extension` is `tsv`), a semicolon or a comma, the first of these that its first
/// line contains.
pub(in crate::io) fn delimiter(bytes: &[u8], extension: &str) -> u8 {
    let first_line = bytes.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let candidates = if extension == "tsv" { b"\t".as_slice() } else { b"\t;" };
    *candidates.iter().find(|delimiter| extension == "tsv" || first_line.contains(delimiter)).unwrap_or(&b',')
}

/// The cells of a text of numbers.
pub(in crate::io) struct Cells {
    /// The first line, if it holds no numbers.
    pub names: Option<Vec<String>>,
    pub columns: usize,
    /// Row after row.
    pub values: Vec<f64>,
}

/// Reads delimited numbers. `check_size` hears the columns and the numbers so far after each row.
///
/// # Errors
/// If a cell is not a finite number or a row has another length than the first, with its line; and those of `check_size`.
pub(in crate::io) fn read_csv(
    bytes: &[u8],
    delimiter: u8,
    check_size: impl Fn(usize, usize) -> Result<(), FileError>,
) -> Result<Cells, FileError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let (mut record, mut names, mut values) = (csv::ByteRecord::new(), None, Vec::new());
    let mut columns = 0;
    while reader.read_byte_record(&mut record).map_err(FileError::new)? {
        if record.len() == 1 && record[0].is_empty() {
            continue;
        }
        let line = || line_of(bytes, &record);
        if columns == 0 {
            columns = record.len();
            if record.iter().all(|cell| number(cell).is_none()) {
                names = Some(record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect::<Vec<_>>());
                continue;
            }
        }
        if record.len() != columns {
            let cells = record.len();
            return Err(FileError::new(format_args!(
                "line {} has {cells} cells, but the first line has {columns}; give every row the same columns",
                line()
            )));
        }
        for (column, cell) in record.iter().enumerate() {
            values.push(
                finite(cell)
                    .map_err(|wrong| FileError::new(format_args!("line {}, column {} {wrong}", line(), column + 1)))?,
            );
        }
        check_size(columns, values.len())?;
    }
    Ok(Cells { names, columns, values })
}

/// The line on which a record starts, counted from 1. The position of a record includes empty lines before it.
fn line_of(bytes: &[u8], record: &csv::ByteRecord) -> usize {
    let (before, rest) =
        bytes.split_at(record.position().map_or(0, |position| position.byte() as usize).min(bytes.len()));
    let empty = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    1 + before.iter().chain(empty).filter(|byte| **byte == b'\n').count()
}

/// The finite number in a cell, or the problem of the cell.
fn finite(cell: &[u8]) -> Result<f64, String> {
    let excerpt = || String::from_utf8_lossy(cell).chars().take(20).collect::<String>();
    match number(cell) {
        Some(number) if number.is_finite() => Ok(number),
        Some(_) => Err(format!("holds {:?}; only finite numbers can be learned from", excerpt())),
        None if cell.is_empty() => Err("is empty; fill it in or leave the row out".to_owned()),
        None => Err(format!(
            "holds {:?}, which is not a number; write numbers like -1.5e3 and separate them by commas",
            excerpt()
        )),
    }
}

fn number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}
