//! Reads the numbers of a delimited text, and finds out which columns hold text and whether its first line holds names.

use std::fmt::{Display, Formatter, Result as Written};

use super::text_layout::TextLayout;
use crate::io::file_error::FileError;

/// The cells of a text.
#[derive(Debug)]
pub(in crate::io) struct Cells {
    /// Names of the columns; `None` if the text has none.
    pub names: Option<Vec<String>>,
    /// Whether the first line holds names, where this is not what its lack of numbers says.
    pub header: Option<bool>,
    /// How the first line was read, where it holds numbers and might hold names.
    pub doubt: Option<HeaderDoubt>,
    /// The columns.
    pub columns: Vec<CellColumn>,
    /// Row after row; NaN where a cell is missing or text.
    pub values: Vec<f64>,
    /// The line of each row, from 1.
    pub lines: Vec<u32>,
}

/// A decision about a first line of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct HeaderDoubt {
    /// The line.
    pub line: String,
    /// True if it was taken for names.
    pub is_header: bool,
}

/// The first cells of a line, and whether there are more.
fn few_of<T: AsRef<str>>(cells: &[T]) -> String {
    const MOST: usize = 30;
    let mut text = String::new();
    for (k, cell) in cells.iter().enumerate() {
        let cell = cell.as_ref();
        if k > 0 && text.len() + cell.len() > MOST {
            text += ", …";
            break;
        }
        text += if k > 0 { ", " } else { "" };
        text += cell;
    }
    text
}

impl Display for HeaderDoubt {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let Self { line, is_header } = self;
        match is_header {
            true => write!(f, "the first line ({line}) is read as names; --header no reads it as numbers"),
            false => write!(f, "the first line ({line}) is read as numbers; --header yes reads it as names"),
        }
    }
}

/// What the cells of a column are.
#[derive(Clone, Debug)]
pub(in crate::io) struct CellColumn {
    /// Finite numbers.
    pub numbers: usize,
    /// Missing cells.
    pub missing: usize,
    /// Cells of text.
    pub texts: usize,
    /// True if all numbers are whole.
    pub is_whole: bool,
    /// The range of the numbers.
    pub range: [f64; 2],
    /// The first cell that is text, and the first that is infinite, with their lines.
    pub first_text: Option<(u32, String)>,
    pub first_infinite: Option<(u32, String)>,
    /// True if the column has a name.
    pub is_named: bool,
    /// The last number, if each is one more than the one before.
    counts: Option<f64>,
}

impl CellColumn {
    fn new() -> Self {
        Self {
            numbers: 0,
            missing: 0,
            texts: 0,
            is_whole: true,
            range: [f64::INFINITY, f64::NEG_INFINITY],
            first_text: None,
            first_infinite: None,
            is_named: true,
            counts: Some(f64::NAN),
        }
    }

    /// True if most cells are text: a single one among numbers is a mistake.
    pub(in crate::io) fn is_text(&self) -> bool {
        self.texts > self.numbers
    }

    /// True if no cell holds anything.
    pub(in crate::io) fn is_empty(&self) -> bool {
        self.missing > 0 && self.numbers + self.texts == 0 && self.first_infinite.is_none()
    }

    /// True if every cell is a finite whole number.
    pub(in crate::io) fn is_all_whole(&self) -> bool {
        self.is_whole && self.numbers > 1 && self.missing + self.texts == 0 && self.first_infinite.is_none()
    }

    /// True if each number is one more than the one before: the rows are counted.
    pub(in crate::io) fn is_counting(&self) -> bool {
        self.counts.is_some() && self.numbers > 1 && self.missing + self.texts == 0
    }

    /// Hears a cell and returns its number.
    fn add(&mut self, line: u32, cell: &str, value: CellValue) -> f64 {
        let excerpt = || Some((line, cell.chars().take(20).collect()));
        match value {
            CellValue::Number(x) if x.is_finite() => {
                self.numbers += 1;
                self.is_whole &= x.fract() == 0.0;
                self.range = [self.range[0].min(x), self.range[1].max(x)];
                self.counts = self.counts.filter(|last| last.is_nan() || x == last + 1.0).map(|_| x);
                x
            }
            CellValue::Number(x) => {
                self.first_infinite = self.first_infinite.take().or_else(excerpt);
                x
            }
            CellValue::Missing => {
                self.missing += 1;
                f64::NAN
            }
            CellValue::Text => {
                self.texts += 1;
                self.first_text = self.first_text.take().or_else(excerpt);
                f64::NAN
            }
        }
    }
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum CellValue {
    Number(f64),
    Missing,
    Text,
}

/// Reads the cells of a text. `header` says whether the first line holds names; `None`: only if there are no numbers in it, or, with
/// `guess`, if they count columns or years. `check_columns` hears the number of columns.
///
/// # Errors
/// If a row has another length than the first; and those of `check_columns`.
pub(in crate::io) fn read_cells(
    layout: &TextLayout<'_>,
    header: Option<bool>,
    guess: bool,
    check_columns: impl Fn(usize) -> Result<(), FileError>,
) -> Result<Cells, FileError> {
    let comma = layout.has_decimal_comma();
    let (mut columns, mut values, mut lines, mut first) = (Vec::new(), Vec::new(), Vec::new(), Vec::<String>::new());
    layout.for_each_row(|line, cells| {
        if first.is_empty() {
            first = cells.iter().map(|cell| (*cell).to_owned()).collect();
            columns = vec![CellColumn::new(); cells.len()];
            lines.push(line);
            return check_columns(cells.len());
        }
        if cells.len() != columns.len() {
            if cells.iter().any(|cell| cell.contains('\n')) {
                return Err(unclosed(line));
            }
            return Err(FileError::new(format_args!(
                "line {line} has {} cells, but the first line has {}; give every row the same columns",
                cells.len(),
                columns.len()
            )));
        }
        let row = columns.iter_mut().zip(cells);
        values.extend(row.map(|(column, text)| column.add(line, text, cell(text, comma))));
        lines.push(line);
        Ok(())
    })?;
    if let [line] = *lines
        && first.iter().any(|cell| cell.contains('\n'))
    {
        return Err(unclosed(line));
    }
    let found = if first.is_empty() { Header::No } else { header_of(&first, &columns, comma) };
    let is_header = match header {
        Some(header) => header,
        None => found == Header::Text || guess && found == Header::Numbers,
    };
    let is_doubtful = header.is_none() && guess && matches!(found, Header::Numbers | Header::Doubt);
    let doubt = is_doubtful.then(|| HeaderDoubt { line: few_of(&first), is_header });
    let names = if is_header {
        lines.remove(0);
        Some(first)
    } else {
        if let Some(line) = lines.first() {
            // The first row is read last, since the others tell what it is; counting depends on the order.
            let counts: Vec<bool> = columns.iter().map(|column| column.is_counting()).collect();
            let second: Vec<f64> = values.iter().take(first.len()).copied().collect();
            let row: Vec<f64> = columns
                .iter_mut()
                .zip(&first)
                .map(|(column, text)| column.add(*line, text, cell(text, comma)))
                .collect();
            for (k, column) in columns.iter_mut().enumerate() {
                column.counts = (counts[k] && second.get(k).is_some_and(|x| *x == row[k] + 1.0)).then_some(row[k]);
            }
            values.splice(0..0, row);
        }
        let cells = layout.comment_cells();
        let fits = cells.len() == columns.len() && (cells.len() > 1 || !cells[0].contains(' '));
        (fits && layout.comment.is_some()).then(|| cells.into_iter().map(str::to_owned).collect())
    };
    let header = (is_header != (found == Header::Text)).then_some(is_header);
    Ok(Cells { names, header, doubt, columns, values, lines })
}

/// A cell that goes on over lines to the end of the text, or up to a row of another length.
pub(in crate::io) fn unclosed(line: u32) -> FileError {
    FileError::new(format_args!("line {line} has a quotation mark without its partner; close or remove it"))
}

/// The texts of column `column`, row by row, without the header: empty where a cell is missing.
pub(in crate::io) fn texts(layout: &TextLayout<'_>, column: usize, first_line: u32) -> Result<Vec<String>, FileError> {
    let mut found = Vec::new();
    layout.for_each_row(|line, cells| {
        if line >= first_line {
            let text = cells[column];
            let is_missing = cell(text, layout.has_decimal_comma()) == CellValue::Missing;
            found.push(if is_missing { String::new() } else { text.to_owned() });
        }
        Ok(())
    })?;
    Ok(found)
}

/// What a first line may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Header {
    /// Names: no numbers.
    Text,
    /// Names that are numbers, certainly enough.
    Numbers,
    /// Names or numbers.
    Doubt,
    /// Numbers.
    No,
}

/// Tells whether a first line holds names. Numbers are names if they are years, or count the columns from 0 or 1, and the rows are of
/// another kind: not whole, or far from them; or if a text stands above a column of numbers.
fn header_of(first: &[String], columns: &[CellColumn], comma: bool) -> Header {
    let cells: Vec<CellValue> = first.iter().map(|text| cell(text, comma)).collect();
    let numbers: Vec<(usize, f64)> = cells
        .iter()
        .enumerate()
        .filter_map(|(k, c)| if let CellValue::Number(x) = c { Some((k, *x)) } else { None })
        .collect();
    if numbers.is_empty() {
        let is_name = |(c, text): (&CellValue, &String)| *c == CellValue::Text || text.is_empty();
        return if cells.iter().zip(first).any(is_name) { Header::Text } else { Header::No };
    }
    let are_years = numbers.iter().all(|(_, x)| (1800.0..=2100.0).contains(x) && x.fract() == 0.0);
    let start = numbers[0].1;
    let in_order = numbers.iter().enumerate().all(|(i, (_, x))| *x == start + i as f64);
    let in_place = numbers.iter().all(|(k, x)| *x == *k as f64) || numbers.iter().all(|(k, x)| *x == (k + 1) as f64);
    let count = numbers.len() > 1 && (in_place || in_order && (start == 0.0 || start == 1.0));
    let distinct = numbers.iter().enumerate().all(|(i, (_, x))| numbers[..i].iter().all(|(_, y)| x != y));
    if !(are_years || count) || !distinct {
        return Header::No;
    }
    let mut texts = cells.iter().zip(columns).filter(|(c, _)| **c == CellValue::Text);
    if texts.clone().next().is_some() {
        return if texts.any(|(_, column)| !column.is_text() && column.numbers > 0) {
            Header::Numbers
        } else {
            Header::No
        };
    }
    // data frames leave the name of their index empty.
    if first[0].is_empty() && columns[0].is_counting() {
        return Header::Numbers;
    }
    let is_outside = |(k, x): &(usize, f64)| {
        let [low, high] = columns[*k].range;
        *x < low - (high - low) || *x > high + (high - low)
    };
    let is_whole = numbers.iter().all(|(k, _)| columns[*k].is_whole);
    let outside = numbers.iter().any(is_outside);
    if columns[0].numbers > 0 && (outside || !is_whole && numbers.len() > 2) { Header::Numbers } else { Header::Doubt }
}

/// The cell of a text: a finite or infinite number, with a decimal comma if `comma`, or nothing.
fn cell(text: &str, comma: bool) -> CellValue {
    if let Ok(number) = text.parse::<f64>() {
        return if number.is_nan() { CellValue::Missing } else { CellValue::Number(number) };
    }
    const MISSING: [&str; 12] = ["", "na", "n/a", "#n/a", "<na>", "null", "none", "-", "--", "?", ".", "missing"];
    if text.len() <= 7 && MISSING.contains(&text.to_ascii_lowercase().as_str()) {
        return CellValue::Missing;
    }
    let has_comma = comma && text.contains(',') && !text.contains('.');
    if !has_comma && !text.contains(['\u{2212}', '\u{a0}', '\u{202f}']) {
        return CellValue::Text;
    }
    // A typographic minus sign, and thousands apart.
    let plain = text.replace('\u{2212}', "-").replace(['\u{a0}', '\u{202f}'], "");
    let plain = if has_comma { plain.replacen(',', ".", 1) } else { plain };
    plain.parse().map_or(CellValue::Text, CellValue::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Cells {
        read_cells(&TextLayout::of(text, "csv"), None, true, |_| Ok(())).unwrap()
    }

    #[test]
    fn numbers_are_read_as_spreadsheets_write_them() {
        for (text, comma, number) in [
            ("-1.5e3", false, -1500.0),
            ("\u{2212}0.25", false, -0.25),
            ("0,5", true, 0.5),
            ("\u{2212}1\u{202f}234,5", true, -1234.5),
            ("7", true, 7.0),
        ] {
            assert_eq!(cell(text, comma), CellValue::Number(number), "{text}");
        }
        assert_eq!(
            [cell("0,5", false), cell("1.234,5", true), cell("1,2,3", true), cell("x", true)],
            [CellValue::Text; 4]
        );
        assert!(["", "NaN", "NA", "null", "?", "#N/A"].iter().all(|text| cell(text, false) == CellValue::Missing));
    }

    #[test]
    fn a_first_line_of_numbers_is_recognised() {
        let rows = |row: &dyn Fn(usize) -> String| (1..9).map(|i| format!("{}\n", row(i))).collect::<String>();
        let reals = rows(&|i| format!("0.{i},{i}.5,-{i}.25"));
        let bytes = rows(&|i| format!("{},{},{}", 30 * i, 255 - 30 * i, 7 * i));
        let of = |header: &str, rows: &str| {
            let cells = read(&format!("{header}\n{rows}"));
            (cells.names.is_some(), cells.doubt.is_some())
        };
        assert_eq!(of("0,1,2", &reals), (true, true));
        assert_eq!(of("1,2,3", &reals), (true, true));
        assert_eq!(of("2019,2020,2021", &reals), (true, true));
        assert_eq!(of("2019,2020,mean", &reals), (true, true));
        assert_eq!(of("0,1,mean", &reals), (true, true));
        assert_eq!(of("2019,2020,2021", &bytes), (true, true));
        // In doubt the line is data, and this is said.
        assert_eq!(of("0,1,2", &bytes), (false, true));
        // Sine and cosine of 0 stand in the range of their columns.
        assert_eq!(of("0,1", "0.5,0.9\n-0.5,1.1\n"), (false, true));
        assert_eq!(of("0,1", "50.5,90.5\n51.5,91.5\n"), (true, true));
        for data in ["0,0,0", "3,1,4", "0.5,1,2", "1,1,1", "0,2,4"] {
            assert_eq!(of(data, &reals), (false, false), "{data}");
        }
        // A wrong cell is not a header.
        assert_eq!(of("1,x", "0.5,2\n1.5,3\n"), (false, false));
        let frame = rows(&|i| format!("{i},{},{}", i * i, 9 - i));
        assert_eq!(of(",0,1", &frame), (true, true));
    }

    #[test]
    fn columns_are_told_apart() {
        let cells = read("5,1.5,ada,7\n6,NA,bea,x\n7,2.5,1,9\n8,2,cleo,9\n");
        assert_eq!(cells.lines, [1, 2, 3, 4]);
        assert_eq!(
            cells.columns.iter().map(|c| (c.numbers, c.missing, c.texts)).collect::<Vec<_>>(),
            [(4, 0, 0), (3, 1, 0), (1, 0, 3), (3, 0, 1)]
        );
        assert_eq!(cells.columns.iter().map(CellColumn::is_text).collect::<Vec<_>>(), [false, false, true, false]);
        assert_eq!(cells.columns.iter().map(CellColumn::is_counting).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(cells.columns[3].first_text, Some((2, "x".to_owned())));
        assert_eq!(cells.columns[1].range, [1.5, 2.5]);
    }
}
