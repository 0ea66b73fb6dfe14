//! A table of runs as CSV: a row a run, grown row by row. Values that have none are empty.

use std::path::{Path, PathBuf};

use crate::io::atomic::write_atomically;
use crate::io::file_error::FileError;

/// The table of a sweep: one row per run.
pub const SWEEP_TABLE: &str = "sweep.csv";

/// The record that the runs of a sweep have in common.
pub const SWEEP_COMMON: &str = "sweep.toml";

/// Rows under one heading, and the file that they stand in. Whatever happens, the file holds whole rows.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTable {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl RunTable {
    /// The table in that file, or an empty one if there is none.
    ///
    /// # Errors
    /// If the file cannot be read or is no table.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let mut table = Self { path: path.to_owned(), header: Vec::new(), rows: Vec::new() };
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(table),
            Err(e) => return Err(FileError::new(format_args!("cannot read the table ({e})")).at(path)),
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        for record in reader.records() {
            let record = record.map_err(|e| FileError::new(format_args!("this is no table of runs ({e})")).at(path))?;
            table.rows.push(record.iter().map(str::to_owned).collect());
        }
        if !table.rows.is_empty() {
            table.header = table.rows.remove(0);
        }
        Ok(table)
    }

    /// The names of the columns, none as long as there is no row.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The values of a column, a row each; none if there is no such column.
    pub fn column(&self, name: &str) -> impl Iterator<Item = &str> {
        let place = self.header.iter().position(|n| n == name);
        self.rows.iter().filter_map(move |row| row.get(place?).map(String::as_str))
    }

    /// Whether there is a row with these values in these columns, compared as text.
    pub fn has(&self, values: &[(&str, String)]) -> bool {
        let places: Option<Vec<usize>> =
            values.iter().map(|(name, _)| self.header.iter().position(|n| n == name)).collect();
        places.is_some_and(|places| {
            self.rows
                .iter()
                .any(|row| places.iter().zip(values).all(|(place, (_, value))| row.get(*place) == Some(value)))
        })
    }

    /// Adds a row and writes the file. The first row makes the heading; later ones have the same columns.
    ///
    /// # Errors
    /// If the columns are others, or the file cannot be written.
    pub fn push(&mut self, fields: Vec<(String, String)>) -> Result<(), FileError> {
        let (names, row): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        if self.header.is_empty() {
            self.header = names;
        } else if self.header != names {
            let sentence = "the table was written by another version: its columns are others; choose another folder";
            return Err(FileError::new(sentence).at(&self.path));
        }
        self.rows.push(row);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in std::iter::once(&self.header).chain(&self.rows) {
            writer.write_record(record).map_err(FileError::new)?;
        }
        let bytes = writer.into_inner().map_err(|e| FileError::new(e.error()))?;
        write_atomically(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(seed: u64, note: &str) -> Vec<(String, String)> {
        vec![("seed".to_owned(), seed.to_string()), ("note".to_owned(), note.to_owned())]
    }

    #[test]
    fn a_table_grows_and_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.csv");
        let mut table = RunTable::open(&path).unwrap();
        assert!(table.is_empty() && !table.has(&[("seed", "0".to_owned())]));
        table.push(fields(0, "with \"quotes\", and\nlines")).unwrap();
        table.push(fields(1, "")).unwrap();
        let read = RunTable::open(&path).unwrap();
        assert_eq!(read, table);
        assert_eq!((read.len(), read.column("seed").collect::<Vec<_>>()), (2, vec!["0", "1"]));
        assert!(read.has(&[("seed", "1".to_owned()), ("note", String::new())]));
        assert!(!read.has(&[("seed", "1".to_owned()), ("note", "x".to_owned())]));
        assert!(!read.has(&[("other", "1".to_owned())]) && read.column("other").next().is_none());
        assert!(table.push(vec![("seed".to_owned(), "2".to_owned())]).unwrap_err().to_string().contains("columns"));
    }
}
