//! File formats: bytes to values and back, without touching a file.

pub(super) mod csv_reader;
pub(super) mod csv_writer;
pub(super) mod hash;
pub(super) mod npy;
pub(super) mod npz;
pub(super) mod text_layout;
pub(super) mod weights;
