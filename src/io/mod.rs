//! Everything that touches a file.

mod arrays;
mod atomic;
mod autosave;
mod base64;
mod csv;
mod export;
mod file_error;
mod folder;
mod hash;
mod npy;
pub mod provenance;
mod recipe;
mod record;
mod run_table;
mod session;
mod table;
mod text;
mod weights;

pub use arrays::{Array, write_npz};
pub use atomic::{Staged, write_atomically};
pub use autosave::{Autosave, add_recent, free_path, recent};
pub use base64::{decode_base64, encode_base64};
pub use csv::Csv;
pub use export::{Columns, densities, densities_of, jacobians, latents, posteriors};
pub use file_error::FileError;
pub use folder::{SavedRun, exists, files_of_run, is_occupied, make_folder, metrics_json, open, save};
pub use hash::{hash_of_weights, sha256};
pub use npy::{NpyArray, parse_npy, write_npy_f32, write_npy_f64};
pub use provenance::{open_session, session_in, session_of};
pub use recipe::Recipe;
pub use record::{Record, parse_logged, program};
pub use run_table::{RunTable, SWEEP_COMMON, SWEEP_TABLE, metrics_fields};
pub use session::{EMBEDDED_IN_FIGURE, EMBEDDED_IN_FILE, Session, save_session, session_file};
pub use table::{TableFile, parse_table, read_table};
pub use text::{read_bytes, read_text};
pub use weights::{from_safetensors, to_safetensors};
