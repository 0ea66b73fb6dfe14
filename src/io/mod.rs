//! Everything that touches a file.

mod atomic;
mod file_error;
mod folder;
mod npy;
mod record;
mod run_table;
mod table;
mod text;
mod weights;

pub use atomic::write_atomically;
pub use file_error::FileError;
pub use folder::{SavedRun, is_occupied, make_folder, metrics_json, open, save};
pub use npy::{NpyArray, parse_npy, write_npy_f32};
pub use record::{Record, parse_logged, program};
pub use run_table::{RunTable, metrics_fields};
pub use table::{TableFile, parse_table, read_table};
pub use text::read_text;
pub use weights::{from_safetensors, to_safetensors};
