//! File formats: bytes to values and back, without touching a file.

pub(super) mod array_reader;
pub(super) mod csv_reader;
pub(super) mod csv_writer;
mod exif;
pub(super) mod hash;
pub(super) mod idx;
mod layers;
pub(super) mod npy;
pub(super) mod npz;
pub(super) mod npz_reader;
pub(super) mod number_kind;
pub(super) mod picture;
pub(super) mod sample_shape;
pub(super) mod state_dict;
pub(super) mod text_layout;
pub(super) mod weights;
pub(super) mod zip;
