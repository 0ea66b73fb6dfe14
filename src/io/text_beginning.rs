//! The beginning of a text, for a person who decides about its columns before, or without, reading it whole.

use std::io::Read as _;
use std::path::Path;

use super::array_file::is_array_file;
use super::column_roles::Roles;
use super::file_error::FileError;
use super::format::csv_reader::read_cells;
use super::format::text_layout::{TextLayout, decoded};
use super::regular_file::open_regular;
use super::table::{ColumnSummary, check_columns, names_of, summaries};
use crate::data::ImportOptions;

/// The columns and first rows of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextBeginning {
    /// True if its first line holds names.
    pub has_header: bool,
    /// The same as [`ImportOptions`] record it.
    pub header: Option<bool>,
    /// All columns. Missing cells and ranges are those of the beginning.
    pub columns: Vec<ColumnSummary>,
    /// The cells of the first rows.
    pub rows: Vec<Vec<String>>,
}

/// Bytes that are read.
const BEGINNING: u64 = 1 << 18;

/// Rows of the beginning.
const ROWS: usize = 5;

/// The beginning of a file, if it is a text of rows of one length. Its columns have the roles that `options` give them, or that rules
/// do where these are impossible.
pub fn beginning_of_text(path: &Path, options: &ImportOptions) -> Option<TextBeginning> {
    if path.is_dir() || is_array_file(path).unwrap_or(true) {
        return None;
    }
    let mut bytes = Vec::new();
    open_regular(path, "the file").ok()?.take(BEGINNING).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 == BEGINNING {
        // The last line is cut. (In UTF-16 the zero of the line break stands before or behind it.)
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        bytes.truncate(end + usize::from(bytes.starts_with(&[0xff, 0xfe])));
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    of_text(&decoded(&bytes).ok()?, extension.as_deref().unwrap_or_default(), options)
}

fn of_text(text: &str, extension: &str, options: &ImportOptions) -> Option<TextBeginning> {
    let layout = TextLayout::of(text, extension);
    let mut cells = read_cells(&layout, options.header, options.guess, check_columns).ok()?;
    let (names, skip) = names_of(&mut cells);
    let guessed = ImportOptions::guessed();
    let roles = [options, &guessed].into_iter().find_map(|options| Roles::new(&names, &cells, skip, options).ok())?;
    let first = *cells.lines.first()?;
    let (mut rows, mut has_header) = (Vec::new(), false);
    // An error only ends the walk.
    let _ended = layout.for_each_row(|line, cells| {
        if rows.len() == ROWS {
            return Err(FileError::new("these are enough"));
        }
        has_header |= line < first;
        if line >= first {
            rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
        }
        Ok(())
    });
    Some(TextBeginning { has_header, header: cells.header, columns: summaries(&names, &roles, &cells), rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::column_roles::ColumnRole;

    #[test]
    fn columns_and_rows_are_known_where_the_whole_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.csv");
        let of = |bytes: &[u8], options: &ImportOptions| {
            std::fs::write(&path, bytes).unwrap();
            beginning_of_text(&path, options)
        };
        let rows: String = (0..20).map(|i| format!("{i}.5,NA,{}\n", ["u", "v"][i % 2])).collect();
        let text = format!("a,b,kind\n{rows}1,oops,u\n");
        let found = of(text.as_bytes(), &ImportOptions::guessed()).unwrap();
        assert_eq!((found.has_header, found.header), (true, None));
        assert_eq!(found.rows.len(), 5);
        assert_eq!(found.rows[1], ["1.5", "NA", "v"]);
        let roles: Vec<ColumnRole> = found.columns.iter().map(|column| column.role).collect();
        assert_eq!((roles[0], roles[2]), (ColumnRole::Dimension, ColumnRole::Label));
        assert_eq!((found.columns[0].range, found.columns[1].missing), ([0.5, 19.5], 20));
        // Impossible choices give way to the rules.
        let wrong = ImportOptions { columns: Some(vec!["none".to_owned()]), ..ImportOptions::guessed() };
        assert_eq!(of(text.as_bytes(), &wrong).unwrap(), found);
        let wide: Vec<u8> = "\u{feff}1,5;2\n3;4\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(of(&wide, &ImportOptions::guessed()).unwrap().rows, [["1,5", "2"], ["3", "4"]]);
        // A long text is cut between two lines.
        let long = "1.5,2.5\n".repeat(100_000);
        assert_eq!(of(long.as_bytes(), &ImportOptions::guessed()).unwrap().columns.len(), 2);
        for none in [&b""[..], b"\0\0", b"PK\x03\x04", b"1,2\n3\n"] {
            assert_eq!(of(none, &ImportOptions::guessed()), None);
        }
    }
}
