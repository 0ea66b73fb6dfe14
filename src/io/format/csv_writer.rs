//! CSV tables of text and numbers, as spreadsheets and pandas read them.

use crate::io::file_error::FileError;
use crate::sentence::without_turns;

/// A table with named columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Csv {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Csv {
    /// An empty table with these columns.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Appends a row: texts, then numbers.
    ///
    /// # Panics
    /// If the row does not have one cell for each column.
    pub fn push(&mut self, texts: impl IntoIterator<Item = String>, numbers: impl IntoIterator<Item = f64>) {
        let row: Vec<String> = texts.into_iter().chain(numbers.into_iter().map(cell)).collect();
        assert_eq!(row.len(), self.names.len(), "a row has a cell for each column");
        self.rows.push(row);
    }

    /// Concatenates tables, with their labels in a first column called `name`. Columns that a table lacks are empty in
    /// its rows.
    pub fn stacked(name: &str, tables: impl IntoIterator<Item = (impl Into<String>, Self)>) -> Self {
        let mut all = Self::new([name]);
        for (label, table) in tables {
            for name in &table.names {
                if !all.names[1..].contains(name) {
                    all.names.push(name.clone());
                }
            }
            let label = label.into();
            for mut row in table.rows {
                let take = |name: &String| {
                    let place = table.names.iter().position(|own| own == name);
                    place.map(|place| std::mem::take(&mut row[place])).unwrap_or_default()
                };
                let cells: Vec<String> = all.names[1..].iter().map(take).collect();
                all.rows.push(std::iter::once(label.clone()).chain(cells).collect());
            }
        }
        let width = all.names.len();
        all.rows.iter_mut().for_each(|row| row.resize(width, String::new()));
        all
    }

    /// Number of rows, without the header.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of the file: commas, quotes only where needed, a line feed after each row. Marks that turn the direction of writing are
    /// escaped.
    ///
    /// # Errors
    /// If memory runs out.
    pub fn to_text(&self) -> Result<String, FileError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in std::iter::once(&self.names).chain(&self.rows) {
            writer.write_record(row.iter().map(|cell| without_turns(cell).into_owned())).map_err(FileError::new)?;
        }
        String::from_utf8(writer.into_inner().map_err(FileError::new)?).map_err(FileError::new)
    }
}

/// The shortest text that parses to the same number; `nan` and `inf` in lower case, as pandas reads them.
fn cell(x: f64) -> String {
    if x.is_nan() { "nan".to_owned() } else { x.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed() {
        let mut csv = Csv::new(["name", "x"]);
        csv.push(["a, \"b\"".to_owned()], [-0.1]);
        csv.push(["plain".to_owned()], [f64::NAN]);
        csv.push(["wi\u{202e}dth".to_owned()], [2.0]);
        assert_eq!(csv.to_text().unwrap(), "name,x\n\"a, \"\"b\"\"\",-0.1\nplain,nan\nwi\\u{202e}dth,2\n");
        let text = csv.to_text().unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(&reader.records().next().unwrap().unwrap()[0], "a, \"b\"");
    }

    #[test]
    fn tables_with_different_columns_are_concatenated() {
        let table = |names: &[&str], row: &[f64]| {
            let mut csv = Csv::new(names.iter().copied());
            csv.push([], row.iter().copied());
            csv
        };
        let all = Csv::stacked("run", [("A", table(&["x", "y"], &[1.0, 2.0])), ("B", table(&["z", "x"], &[3.0, 4.0]))]);
        assert_eq!(all.to_text().unwrap(), "run,x,y,z\nA,1,2,\nB,4,,3\n");
        assert_eq!((all.len(), all.is_empty()), (2, false));
    }
}
