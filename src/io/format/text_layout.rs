//! How a text of numbers is laid out: its encoding, what separates its cells, the lines above its rows.

use std::borrow::Cow;

use crate::io::file_error::FileError;

/// The layout of a text, and its rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::io) struct TextLayout<'a> {
    /// The character between cells; `None`: any white space.
    pub delimiter: Option<u8>,
    /// The last comment above the rows, where NumPy writes the names of columns.
    pub comment: Option<&'a str>,
    /// The text from its first row on.
    pub rows: &'a str,
    /// The number of the first line of `rows`, from 1.
    pub first_line: u32,
}

/// The text of a file: UTF-8, or UTF-16 with a byte order mark as spreadsheets write it. Bytes that are neither are read as Latin 1.
///
/// # Errors
/// If the file is no text.
pub(in crate::io) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, FileError> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).map(Cow::Owned)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => Ok(match std::str::from_utf8(rest) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(rest.iter().map(|byte| char::from(*byte)).collect()),
        }),
    };
    match text {
        Ok(text) if !text.contains('\0') => Ok(with_line_feeds(text)),
        _ => Err(FileError::new("the file is neither text nor .npy; export it as CSV or with numpy.save")),
    }
}

/// A text whose lines end with carriage returns alone, as some spreadsheets still write it, with line feeds.
fn with_line_feeds(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\n') || !text.contains('\r') { text } else { Cow::Owned(text.replace('\r', "\n")) }
}

impl<'a> TextLayout<'a> {
    /// The layout of a text. The delimiter is the one that a first line `sep=;` names, a tab (always, if `extension` is `tsv`), a
    /// semicolon, a bar or a comma, the first of these that the first two rows contain outside of quotation marks; or white space, if the second row has several numbers
    /// and no comma.
    pub(in crate::io) fn of(text: &'a str, extension: &str) -> Self {
        let (mut rows, mut first_line, mut comment, mut named) = (text, 1, None, None);
        while !rows.is_empty() {
            let (line, rest) = rows.split_once('\n').unwrap_or((rows, ""));
            let line = line.trim();
            if let Some([delimiter]) = line.strip_prefix("sep=").map(str::as_bytes).filter(|_| first_line == 1) {
                named = Some(*delimiter);
            } else if let Some(words) = line.strip_prefix('#') {
                comment = Some(words.trim());
            } else if !line.is_empty() {
                break;
            }
            (rows, first_line) = (rest, first_line + 1);
        }
        let delimiter = match named {
            Some(delimiter) => Some(delimiter),
            None if extension == "tsv" => Some(b'\t'),
            None => delimiter(rows),
        };
        Self { delimiter, comment, rows, first_line }
    }

    /// True if a comma in a number is a decimal comma.
    pub(in crate::io) fn has_decimal_comma(&self) -> bool {
        matches!(self.delimiter, Some(b'\t' | b';' | b'|'))
    }

    /// The cells of the comment, which may be names.
    pub(in crate::io) fn comment_cells(&self) -> Vec<&'a str> {
        let comment = self.comment.unwrap_or_default();
        match self.delimiter {
            Some(delimiter) => comment.split(char::from(delimiter)).map(str::trim).collect(),
            None => comment.split_whitespace().collect(),
        }
    }

    /// Calls `row` with the number of the line and the cells of each row. Empty lines and lines that begin with # are left out.
    ///
    /// # Errors
    /// Those of `row`.
    pub(in crate::io) fn for_each_row(
        &self,
        mut row: impl FnMut(u32, &[&str]) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let Some(delimiter) = self.delimiter else {
            for (line, number) in self.rows.lines().zip(self.first_line..) {
                let cells: Vec<&str> = line.split_whitespace().collect();
                if cells.first().is_some_and(|cell| !cell.starts_with('#')) {
                    row(number, &cells)?;
                }
            }
            return Ok(());
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(self.rows.as_bytes());
        let mut record = csv::StringRecord::new();
        let (mut place, mut number) = (0, self.first_line);
        while reader.read_record(&mut record).map_err(FileError::new)? {
            let start = record.position().map_or(0, |position| position.byte() as usize).clamp(place, self.rows.len());
            number += self.rows.get(place..start).map_or(0, |text| text.matches('\n').count()) as u32;
            place = start;
            // The position of a record includes what is left out before it.
            while let Some((line, _)) = self.rows[place..].split_once('\n')
                && (line.trim().is_empty() || line.starts_with('#'))
            {
                (place, number) = (place + line.len() + 1, number + 1);
            }
            if record.len() > 1 || !record[0].is_empty() {
                row(number, &record.iter().collect::<Vec<_>>())?;
            }
        }
        Ok(())
    }
}

fn delimiter(rows: &str) -> Option<u8> {
    let mut lines = rows.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    let second = lines.next().unwrap_or(first);
    // One that only the first row has is part of a name.
    let separates =
        |delimiter: &u8| [first, second].iter().all(|line| has_outside_quotes(line, char::from(*delimiter)));
    if let Some(found) = [b'\t', b';', b'|'].into_iter().find(separates) {
        return Some(found);
    }
    let words = second.split_whitespace();
    let is_spaced =
        words.clone().count() > 1 && !second.contains(',') && words.clone().any(|w| w.parse::<f64>().is_ok());
    (!is_spaced).then_some(b',')
}

fn has_outside_quotes(line: &str, wanted: char) -> bool {
    let mut is_quoted = false;
    line.chars().any(|c| {
        is_quoted ^= c == '"';
        !is_quoted && c == wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_end_with_carriage_returns_alone() {
        assert_eq!(decoded(b"a,b\r1,2\r").unwrap(), "a,b\n1,2\n");
        assert_eq!(decoded(b"a,b\r\n1,2\r\n").unwrap(), "a,b\r\n1,2\r\n");
    }

    fn rows(text: &str, extension: &str) -> Vec<(u32, Vec<String>)> {
        let mut rows = Vec::new();
        let each = |line, cells: &[&str]| {
            rows.push((line, cells.iter().map(|cell| (*cell).to_owned()).collect()));
            Ok(())
        };
        TextLayout::of(text, extension).for_each_row(each).unwrap();
        rows
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        for (text, extension) in [
            ("\r\n# a\n1,2\r\n\n# b\n \n3,\"4\n5\"\n6,7", "csv"),
            ("sep=;\n#\n1;2\n\n\n\n3;\"4\n5\"\n6;7\n", "csv"),
            ("# a b\n\n1\t2\n# c\n\n\n3\t\"4\n5\"\n6\t7\n", "tsv"),
        ] {
            let found = rows(text, extension);
            assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 7, 9], "{text:?}");
            assert_eq!(found[1].1, ["3", "4\n5"]);
        }
        assert_eq!(
            rows("\n1 2\n# c\n  3  4 ", "txt"),
            [(2, vec!["1".into(), "2".into()]), (4, vec!["3".into(), "4".into()])]
        );
    }

    #[test]
    fn delimiters_are_recognised() {
        let delimiter = |text: &str| TextLayout::of(text, "csv").delimiter;
        assert_eq!(delimiter("a b,c\n1,2"), Some(b','));
        assert_eq!(delimiter("a;b\n1,5;2"), Some(b';'));
        assert_eq!(delimiter("a,b;c\n"), Some(b';'));
        assert_eq!(delimiter("length;m,mass;kg\n1,2\n"), Some(b','));
        assert_eq!(delimiter("\"a;b\",c\n\"1;2\",2\n"), Some(b','));
        assert_eq!(delimiter("a|b\n1,5|2\n"), Some(b'|'));
        assert_eq!(delimiter("sep=|\na|b"), Some(b'|'));
        assert_eq!(delimiter("a name\n1.5\n2"), Some(b','));
        assert_eq!(delimiter("a b\n1.5 2"), None);
        assert_eq!(TextLayout::of("# width height\n1 2\n", "").comment_cells(), ["width", "height"]);
    }

    #[test]
    fn texts_of_spreadsheets_are_decoded() {
        let wide = |unit: fn(u16) -> [u8; 2]| "\u{feff}a\tµ".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes), "\u{feff}a\tµ".into(), b"a\t\xb5".to_vec()] {
            assert_eq!(decoded(&bytes).unwrap(), "a\tµ");
        }
        for bytes in [b"PK\x03\x04\0".as_slice(), b"\xff\xfe\0\xd8"] {
            assert!(decoded(bytes).unwrap_err().to_string().contains("neither text nor .npy"));
        }
    }
}
