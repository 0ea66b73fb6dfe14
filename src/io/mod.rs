//! Files: formats, runs and sessions on disk, tables of your data. Only this module touches files.

mod archive;
mod array_file;
mod array_rows;
mod array_table;
mod atomic;
mod column_roles;
mod dsprites;
mod file_error;
mod file_hash;
mod format;
mod ignored_signals;
mod lock_file;
mod memory;
mod model_file;
mod paths;
mod picture_folder;
mod recent;
mod regular_file;
mod run;
mod table;
mod temporary_file;
mod text;
mod text_beginning;
mod watch;

pub use array_file::{ArrayInfo, arrays_in};
pub use atomic::{Staged, write_atomically};
pub use column_roles::ColumnRole;
pub use dsprites::{PictureFactors, write_dsprites_npz};
pub use file_error::{FileError, Remedy};
pub use format::csv_writer::Csv;
pub use format::hash::{hash_of_weights, sha256};
pub use format::npy::{NpyArray, parse_npy, write_npy_f32, write_npy_f64};
pub use format::npz::{Array, write_npz};
pub use format::sample_shape::PictureShape;
pub use format::state_dict::{EncoderScale, ReadModel, StateDict};
pub use format::weights::{from_safetensors, to_safetensors};
pub use ignored_signals::ignores_signal;
pub use model_file::{ModelOptions, lacks_activation, read_model};
pub use paths::{ensure_place, exists, free_path, is_occupied, make_folder, make_writable_folder, typed_path};
pub use recent::{add_recent, recent};
pub use run::autosave::{Autosave, LeftSession};
pub use run::export::{
    Columns, decodings, densities, densities_of, jacobian, jacobian_table, jacobians, latents, latents_of_rows,
    posteriors, stacked, traversal_table, traversals,
};
pub use run::folder::{
    SavedRun, Unfinished, open, open_interrupted, open_unverified, save, save_interrupted, stage_run,
};
pub use run::metrics::{metrics_fields, metrics_json};
pub use run::provenance::{self, open_session, session_in, session_of};
pub use run::recipe::Recipe;
pub use run::record::{Record, parse_logged, program};
pub use run::run_table::{
    RunTable, RunValue, SWEEP_COMMON, SWEEP_FIGURE, SWEEP_METRICS, SWEEP_TABLE, TableLock, ensure_of_sweep, tables_in,
};
pub use run::session::{
    EMBEDDED_IN_FIGURE, EMBEDDED_IN_FILE, RUNS, Session, save_session, session_file, your_data_fit_in_figure,
};
pub use table::{ColumnSummary, TableFile, parse_table, read_table};
pub use temporary_file::TemporaryFile;
pub use text::{read_bytes, read_text};
pub use text_beginning::{TextBeginning, beginning_of_text};
pub use watch::Watch;
