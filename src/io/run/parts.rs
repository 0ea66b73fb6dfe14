//! The parts of a run folder: whether they were saved together.

use std::collections::BTreeMap;
use std::io::{BufReader, ErrorKind, Read as _};
use std::path::Path;

use super::record::Record;
use crate::data::Numbers;
use crate::io::file_error::FileError;
use crate::io::file_hash::sha256_of_file;
use crate::io::format::array_reader::{ArrayInput, read_array, read_failed};
use crate::io::format::hash::sha256;
use crate::io::format::npy::read_npy_header;
use crate::io::format::sample_shape::SampleShape;
use crate::io::regular_file::open_regular;
use crate::io::watch::Watch;
use crate::linalg::Matrix;
use crate::sentence::quoted;

/// The record of the run, with the hashes of the other files.
pub(super) const CONFIG: &str = "config.toml";
pub(super) const MODEL: &str = "model.safetensors";
pub(super) const HISTORY: &str = "history.csv";
pub(super) const METRICS: &str = "metrics.json";
pub(super) const SESSION: &str = "session.unpick";
pub(super) const OBSERVATIONS: [&str; 2] = ["observations.npy", "observations_test.npy"];
/// The true factors, if they are known.
pub(super) const FACTORS: [&str; 2] = ["factors.npy", "factors_test.npy"];
/// The rows of your data.
pub(super) const SPLIT: &str = "split.csv";
/// With what an interrupted run goes on.
pub(super) const CHECKPOINT: &str = "checkpoint.safetensors";

/// Parts of every folder, and those that depend on the data.
const ALWAYS: [&str; 6] = [MODEL, HISTORY, METRICS, SESSION, OBSERVATIONS[0], OBSERVATIONS[1]];
const SOMETIMES: [&str; 4] = [FACTORS[0], FACTORS[1], SPLIT, CHECKPOINT];

/// True for the names of files that belong to a run folder.
pub(in crate::io) fn is_part(name: &str) -> bool {
    name == CONFIG || ALWAYS.contains(&name) || SOMETIMES.contains(&name)
}

/// Reads the files of a run folder, and remembers those that have another hash than its `config.toml` says, or none: parts of another
/// run, or files that were cut short or changed. Folders of earlier versions have no hashes, so nothing is remembered.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) folder: &'a Path,
    /// True if every file that is read must have a hash.
    is_complete: bool,
    /// Hashes of the files that have not been read.
    hashes: BTreeMap<String, String>,
    /// Names of files with other hashes.
    others: Vec<String>,
}

impl<'a> Parts<'a> {
    /// The parts that a record names.
    ///
    /// # Errors
    /// If they are not those of a run folder.
    pub(super) fn new(folder: &'a Path, record: &Record) -> Result<Self, FileError> {
        let hashes = record.parts.clone();
        if let Some(name) = hashes.keys().find(|name| !is_part(name) || *name == CONFIG) {
            let name = quoted(name);
            let sentence = format_args!("[parts] names {name}, which is no file of a run folder; save the run again");
            return Err(FileError::new(sentence));
        }
        let is_complete = record.has_parts();
        if let Some(name) = ALWAYS.iter().find(|name| is_complete && !hashes.contains_key(**name)) {
            let sentence = format_args!(
                "[parts] lacks the hash of {name}, which tells whether it belongs to this run; save the run again"
            );
            return Err(FileError::new(sentence));
        }
        Ok(Self { folder, is_complete, hashes, others: Vec::new() })
    }

    /// Reads a file. `what` names its content in errors, as "the model".
    pub(super) fn read(&mut self, name: &str, what: &str) -> Result<Vec<u8>, FileError> {
        let path = self.folder.join(name);
        let bytes = read_part(&path, what).map_err(|e| e.at(&path))?;
        self.compare(name, &sha256(&bytes));
        Ok(bytes)
    }

    /// Reads an array of samples, its rows, in pieces and without a copy of its bytes.
    pub(super) fn read_samples(&mut self, name: &str, what: &str) -> Result<Matrix<f32>, FileError> {
        let path = self.folder.join(name);
        let hash = sha256_of_file(&path, what, Watch::nobody()).map_err(|e| e.at(&path))?;
        self.compare(name, &hash);
        let read = || {
            let file = open_regular(&path, what)?;
            let length = file.metadata().map_err(|e| cannot_read(what, &e))?.len();
            let mut file = BufReader::new(file);
            let header = read_npy_header(&mut file)?;
            let [samples, n] = *header.shape else {
                let shape = &header.shape;
                return Err(FileError::new(format_args!("an array of shape {shape:?} does not have rows and columns")));
            };
            // Nothing is allocated for what the file cannot hold.
            if header.bytes() > length {
                return Err(read_failed(&ErrorKind::UnexpectedEof.into(), &header));
            }
            if samples * n == 0 {
                return Ok(Matrix::zeros(n, samples));
            }
            let input = &mut ArrayInput::File(file);
            match read_array(input, &header, &SampleShape::rows(samples, n), None, Watch::nobody())? {
                Numbers::Single(values) => Ok(values),
                Numbers::Double(values) => Ok(values.map(|x| x as f32)),
                Numbers::Bytes(values) => Ok(values.map(f32::from)),
            }
        };
        read().map_err(|e| e.at(&path))
    }

    fn compare(&mut self, name: &str, hash: &str) {
        if self.hashes.remove(name).map_or(self.is_complete, |own| own != hash) {
            self.others.push(name.to_owned());
        }
    }

    /// Compares the files that nobody has read. One that is missing is no part of another run.
    pub(super) fn check_rest(&mut self) {
        let names: Vec<String> = self.hashes.keys().cloned().collect();
        for name in names {
            if let Ok(hash) = sha256_of_file(&self.folder.join(&name), "the file", Watch::nobody()) {
                self.compare(&name, &hash);
            }
        }
    }

    /// True if there is a hash of this file.
    pub(super) fn names(&self, name: &str) -> bool {
        self.hashes.contains_key(name)
    }

    /// Refuses a folder with a file, but `except`, that was not saved with the others.
    pub(super) fn verdict(&self, except: Option<&str>) -> Result<(), FileError> {
        let Some(name) = self.others.iter().find(|name| Some(name.as_str()) != except) else { return Ok(()) };
        let sentence = "this file was not saved with config.toml (it is of another run, cut short, or changed); save the run again";
        Err(FileError::new(sentence).at(&self.folder.join(name)))
    }
}

/// Reads a file of any size, which is in a folder that `config.toml` vouches for.
pub(super) fn read_part(path: &Path, what: &str) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let read = open_regular(path, what)?.read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|e| cannot_read(what, &e))
}

fn cannot_read(what: &str, error: &std::io::Error) -> FileError {
    FileError::new(format_args!("cannot read {what} ({error})"))
}
