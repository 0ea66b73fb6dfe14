//! The job of the reading thread for the import dialog.

use std::path::PathBuf;

use super::preview::DataPreview;
use crate::app::reading::Teller;
use crate::data::{ImportOptions, Scaling};
use crate::io::{ArrayInfo, FileError, TextBeginning, Watch, arrays_in, beginning_of_text};
use crate::launch::{PreparedRun, ReadData};

/// The files of an import and the seed that draws and shuffles their rows.
#[derive(Clone, Debug)]
pub(super) struct ImportSource {
    pub path: PathBuf,
    /// The file of held-out rows.
    pub test: Option<PathBuf>,
    pub seed: u64,
}

/// A task of the thread.
#[derive(Debug)]
pub(super) enum Job {
    /// Read the file.
    Read(ImportSource, Box<ImportOptions>),
    /// Judge data with another scaling and share of held-out rows.
    Judge(Box<ReadData>, Scaling, f64),
    /// Make the run.
    Prepare(Box<ReadData>),
}

/// Result of the thread.
#[derive(Debug)]
pub(super) enum Finding {
    /// The beginning of a text, and the arrays of an archive.
    Beginning(Option<TextBeginning>, Vec<ArrayInfo>),
    /// The data.
    Data(Result<(Box<ReadData>, DataPreview), FileError>),
    /// The run.
    Prepared(Result<Box<PreparedRun>, FileError>),
}

impl Job {
    /// Does it.
    pub(super) fn run(self, watch: Watch<'_>, teller: &Teller<Finding>) {
        match self {
            Self::Read(ImportSource { path, test, seed }, options) => {
                let arrays = arrays_in(&path).unwrap_or_default();
                teller.tell(Finding::Beginning(beginning_of_text(&path, &options), arrays));
                let data = ReadData::read(&path, test.as_deref(), &options, seed, watch);
                teller.tell(Finding::Data(data.map(previewed)));
            }
            Self::Judge(data, scale, held_out) => {
                teller.tell(Finding::Data(data.with_choice(scale, held_out).map(previewed)));
            }
            Self::Prepare(data) => teller.tell(Finding::Prepared(data.prepare().map(Box::new))),
        }
    }
}

fn previewed(data: ReadData) -> (Box<ReadData>, DataPreview) {
    let preview = DataPreview::of(&data);
    (Box::new(data), preview)
}
