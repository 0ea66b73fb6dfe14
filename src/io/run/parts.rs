//! The parts of a run folder: whether they were saved together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::record::Record;
use crate::io::file_error::FileError;
use crate::io::format::hash::sha256;

/// Reads the files of a run folder, and remembers those that have another hash than its `config.toml` says: parts of another run, or
/// files that were cut short or changed. Folders of earlier versions have no hashes, so nothing is remembered.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) folder: &'a Path,
    /// Hashes of the files that have not been read.
    hashes: BTreeMap<String, String>,
    /// Names of files with other hashes.
    others: Vec<String>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(folder: &'a Path, record: &Record) -> Self {
        Self { folder, hashes: record.parts.clone(), others: Vec::new() }
    }

    /// Reads a file. `what` names its content in errors, as "the model".
    pub(super) fn read(&mut self, name: &str, what: &str) -> Result<Vec<u8>, FileError> {
        let path = self.folder.join(name);
        let failed = |e| FileError::new(format_args!("cannot read {what} ({e})")).at(&path);
        let bytes = fs::read(&path).map_err(failed)?;
        self.compare(name, &bytes);
        Ok(bytes)
    }

    fn compare(&mut self, name: &str, bytes: &[u8]) {
        if self.hashes.remove(name).is_some_and(|hash| hash != sha256(bytes)) {
            self.others.push(name.to_owned());
        }
    }

    /// Compares the files that nobody has read. One that is missing is no part of another run.
    pub(super) fn check_rest(&mut self) {
        let names: Vec<String> = self.hashes.keys().cloned().collect();
        for name in names {
            // A record names files beside it, and nothing else.
            let is_beside = Path::new(&name).file_name().is_some_and(|own| own == name.as_str());
            if let Some(bytes) = is_beside.then(|| fs::read(self.folder.join(&name)).ok()).flatten() {
                self.compare(&name, &bytes);
            }
        }
    }

    /// Refuses a folder with a file, but `except`, that was not saved with the others.
    pub(super) fn verdict(&self, except: Option<&str>) -> Result<(), FileError> {
        let Some(name) = self.others.iter().find(|name| Some(name.as_str()) != except) else { return Ok(()) };
        let sentence = "this file was not saved with config.toml (it is of another run, cut short, or changed); save the run again";
        Err(FileError::new(sentence).at(&self.folder.join(name)))
    }
}
