//! Tables of runs as CSV, one row per run. Undefined values are empty.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::record::Record;
use crate::io::atomic::write_atomically;
use crate::io::file_error::FileError;
use crate::io::lock_file::LockFile;
use crate::io::text::{read_bytes, read_text};
use crate::vae::Covariance;

/// A table of ten thousand runs has less than 32 MiB.
const MOST_BYTES: u64 = 64 << 20;

/// The table of a sweep: one row per run.
pub const SWEEP_TABLE: &str = "sweep.csv";

/// The record that the runs of a sweep have in common.
pub const SWEEP_COMMON: &str = "sweep.toml";

/// The picture of a sweep.
pub const SWEEP_FIGURE: &str = "sweep.svg";

/// Metrics of a sweep that are drawn and summarised.
pub const SWEEP_METRICS: [&str; 8] =
    ["elbo", "kl", "ima_contrast", "beta_gap", "c2_residual", "dto", "mcc", "active_units"];

/// A number of one run of a sweep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunValue {
    /// β at the start of the run.
    pub beta: f64,
    /// Covariance family at the start of the run.
    pub family: Covariance,
    /// The number.
    pub value: f64,
}

/// A table of runs and its file, which always holds whole rows.
#[derive(Clone, Debug, PartialEq)]
pub struct RunTable {
    path: PathBuf,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl RunTable {
    /// Opens the table of a file, or an empty one if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read or is not a table.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let mut table = Self { path: path.to_owned(), header: Vec::new(), rows: Vec::new() };
        if !path.try_exists().unwrap_or(true) {
            return Ok(table);
        }
        let bytes = read_bytes(path, "the table", MOST_BYTES)?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        for record in reader.records() {
            let record =
                record.map_err(|e| FileError::new(format_args!("this is not a table of runs ({e})")).at(path))?;
            table.rows.push(record.iter().map(str::to_owned).collect());
        }
        if !table.rows.is_empty() {
            table.header = table.rows.remove(0);
        }
        Ok(table)
    }

    /// Names of the columns; empty as long as there is no row.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The values of a column, or no values if there is no such column.
    pub fn column(&self, name: &str) -> impl Iterator<Item = &str> {
        let place = self.header.iter().position(|n| n == name);
        self.rows.iter().filter_map(move |row| row.get(place?).map(String::as_str))
    }

    /// A metric of all runs of a sweep that have it; a run that diverged is left out. Older tables have the gap
    /// without the factor β, as `diagonal_gap`.
    pub fn values(&self, metric: &str) -> Vec<RunValue> {
        let is_old = metric == "beta_gap" && !self.header.iter().any(|name| name == metric);
        let metric = if is_old { "diagonal_gap" } else { metric };
        let [betas, values, families, failures] =
            ["beta", metric, "covariance", "failure"].map(|name| self.column(name).collect::<Vec<_>>());
        let run = |k: usize| {
            let family = Covariance::ALL.into_iter().find(|family| Some(&family.name()) == families.get(k))?;
            let [beta, value]: [f64; 2] = [betas.get(k)?.parse().ok()?, values.get(k)?.parse().ok()?];
            let value = if is_old { beta * value } else { value };
            (value.is_finite() && failures.get(k)?.is_empty()).then_some(RunValue { beta, family, value })
        };
        (0..self.len()).filter_map(run).collect()
    }

    /// True if a row has these values in these columns, compared as text.
    pub fn has(&self, values: &[(&str, String)]) -> bool {
        let places: Option<Vec<usize>> =
            values.iter().map(|(name, _)| self.header.iter().position(|n| n == name)).collect();
        places.is_some_and(|places| {
            self.rows
                .iter()
                .any(|row| places.iter().zip(values).all(|(place, (_, value))| row.get(*place) == Some(value)))
        })
    }

    /// Appends a row of named values and writes the file. All rows have the columns of the first.
    ///
    /// # Errors
    /// If the columns differ, or the file cannot be written.
    pub fn push(&mut self, fields: Vec<(String, String)>) -> Result<(), FileError> {
        let (names, row): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        if self.header.is_empty() {
            self.header = names;
        } else if self.header != names {
            let sentence = "another version wrote this table with other columns; choose another folder";
            return Err(FileError::new(sentence).at(&self.path));
        }
        self.rows.push(row);
        self.write()
    }

    /// Adds the rows of another table; the same row of both is one.
    ///
    /// # Errors
    /// If the columns differ, or both have different rows of the same `key`. The sentence names the file of `other`.
    pub fn merge(&mut self, other: &Self, key: &[&str]) -> Result<(), FileError> {
        if self.header.is_empty() {
            self.header.clone_from(&other.header);
        }
        if !other.rows.is_empty() && self.header != other.header {
            return Err(FileError::new("the table has other columns than the first one").at(&other.path));
        }
        let places: Vec<usize> = (0..self.header.len()).filter(|i| key.contains(&self.header[*i].as_str())).collect();
        let keyed = |row: &[String]| places.iter().map(|i| row.get(*i).cloned()).collect::<Vec<_>>();
        let mut known: HashMap<_, usize> = self.rows.iter().enumerate().map(|(k, row)| (keyed(row), k)).collect();
        for row in &other.rows {
            match known.get(&keyed(row)).map(|k| &self.rows[*k]) {
                None => {
                    known.insert(keyed(row), self.rows.len());
                    self.rows.push(row.clone());
                }
                Some(same) if same == row => {}
                Some(_) => {
                    let run: Vec<String> = places.iter().map(|i| format!("{} {}", self.header[*i], row[*i])).collect();
                    let sentence = format!("two tables have different rows of the run with {}", run.join(", "));
                    return Err(FileError::new(sentence).at(&other.path));
                }
            }
        }
        Ok(())
    }

    /// Puts the rows in the order of these columns, which are compared as numbers where they are some.
    pub fn sort_by(&mut self, columns: &[&str]) {
        let places: Vec<usize> =
            columns.iter().filter_map(|name| self.header.iter().position(|other| other == name)).collect();
        self.rows.sort_by(|a, b| {
            let compared = places.iter().map(|i| match (a[*i].parse::<f64>(), b[*i].parse::<f64>()) {
                (Ok(a), Ok(b)) => a.total_cmp(&b),
                _ => a[*i].cmp(&b[*i]),
            });
            compared.fold(Ordering::Equal, Ordering::then)
        });
    }

    /// Writes the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self) -> Result<(), FileError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for record in std::iter::once(&self.header).chain(&self.rows) {
            writer.write_record(record).map_err(FileError::new)?;
        }
        let bytes = writer.into_inner().map_err(|e| FileError::new(e.error()))?;
        write_atomically(&self.path, &bytes)
    }
}

/// Refuses a folder in which a file with the name of the table, or of what is written beside it, is not of a sweep.
///
/// # Errors
/// If there is such a file, or the table has no columns of a sweep. The sentence ends with its path.
pub fn ensure_of_sweep(table: &RunTable) -> Result<(), FileError> {
    let folder = table.path.parent().unwrap_or(Path::new("."));
    let common = folder.join(SWEEP_COMMON);
    let foreign = |path: &Path| {
        FileError::new("this file is not of a sweep, and it would be overwritten; choose another folder").at(path)
    };
    if common.try_exists().unwrap_or(true) {
        let text = read_text(&common, "the sweep")?;
        Record::from_toml(&text).map_err(|_unreadable| foreign(&common))?;
    } else if let Some(path) =
        [table.path.clone(), folder.join(SWEEP_FIGURE)].iter().find(|path| path.try_exists().unwrap_or(true))
    {
        return Err(foreign(path));
    }
    let lacks = |name: &str| !table.header.iter().any(|other| other == name);
    if ["seed", "beta", "covariance", "failure"].into_iter().any(lacks) && !table.header.is_empty() {
        return Err(foreign(&table.path));
    }
    Ok(())
}

/// A table that no other program may write to meanwhile.
#[derive(Debug)]
pub struct TableLock {
    /// `None` where the file system has no locks.
    _lock: Option<LockFile>,
}

impl TableLock {
    /// Locks the table with this path.
    ///
    /// # Errors
    /// If another program has locked it, or its folder cannot be written to.
    pub fn take(path: &Path) -> Result<Self, FileError> {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".lock");
        match LockFile::take(&path.with_file_name(name)) {
            Ok(Some(lock)) => Ok(Self { _lock: Some(lock) }),
            Ok(None) => {
                let sentence = "another sweep is writing to this table; wait for its end, share the runs out with --shard, or choose \
                                another folder";
                Err(FileError::new(sentence).at(path))
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Self { _lock: None }),
            Err(error) => Err(FileError::of_writing("table", &error).at(path)),
        }
    }
}

/// The tables of sweeps and their shards in folders.
///
/// # Errors
/// If a folder cannot be listed or has no table.
pub fn tables_in(folders: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut tables = Vec::new();
    for folder in folders {
        let failed = |e: std::io::Error| FileError::new(format_args!("cannot list the folder ({e})")).at(folder);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_table = path.extension().is_some_and(|extension| extension == "csv");
            if name == SWEEP_TABLE || (name.starts_with("sweep-") && is_table) {
                found.push(path);
            }
        }
        if found.is_empty() {
            return Err(FileError::new("the folder has no table of a sweep").at(folder));
        }
        found.sort();
        tables.extend(found);
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(seed: u64, note: &str) -> Vec<(String, String)> {
        vec![("seed".to_owned(), seed.to_string()), ("note".to_owned(), note.to_owned())]
    }

    #[test]
    fn the_gap_of_the_first_version_gets_its_factor() {
        let folder = tempfile::tempdir().unwrap();
        for (name, expected) in [("diagonal_gap", 1.0), ("beta_gap", 0.25)] {
            let mut table = RunTable::open(&folder.path().join(name)).unwrap();
            let row = [("beta", "4"), (name, "0.25"), ("covariance", "full"), ("failure", "")];
            table.push(row.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()).unwrap();
            let run = RunValue { beta: 4.0, family: Covariance::Full, value: expected };
            assert_eq!(table.values("beta_gap"), [run]);
            assert!(table.values("mcc").is_empty());
        }
    }

    #[test]
    fn rows_are_appended_and_read_back() {
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
