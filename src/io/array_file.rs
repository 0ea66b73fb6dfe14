//! Your data from files of arrays: `.npy`, `.npz`, IDX, and `.gz` of them; chosen rows only, in a stream.

use std::io::{BufRead, BufReader, Seek as _};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::archive::read_archive;
use super::array_rows::{ArrayLabels, ArrayRows, RowChoice, categories, is_bytes};
use super::file_error::FileError;
use super::format::array_reader::{ArrayHeader, ArrayInput, read_array, read_failed};
use super::format::idx::{is_idx, name_of_labels, read_idx_header};
use super::format::npy::read_npy_header;
use super::format::npz_reader::npz_arrays;
use super::format::sample_shape::SampleShape;
use super::regular_file::open_regular;
use super::watch::Watch;
use crate::data::ImportOptions;

/// True if the file begins like an array, an archive or a compressed file, so not like text.
///
/// # Errors
/// If it cannot be read or is no regular file.
pub(in crate::io) fn is_array_file(path: &Path) -> Result<bool, FileError> {
    let mut file = BufReader::new(open_regular(path, "the file")?);
    let beginning = file.fill_buf().map_err(|e| FileError::new(format_args!("cannot read the file ({e})")))?;
    Ok([NPY, ZIP, GZIP].iter().any(|magic| beginning.starts_with(magic)) || is_idx(beginning))
}

/// True if the file begins like an archive.
///
/// # Errors
/// If it cannot be read or is no regular file.
pub(in crate::io) fn is_archive(path: &Path) -> Result<bool, FileError> {
    begins_with(&mut BufReader::new(open_regular(path, "the file")?), ZIP)
}

const NPY: &[u8] = b"\x93NUMPY";
const ZIP: &[u8] = b"PK\x03\x04";
const GZIP: &[u8] = b"\x1f\x8b";
/// Deflate makes no byte out of less than 1/1032 of a byte.
const MOST_PACKING: u64 = 1032;

/// Reads the rows that `options` ask for: an array, or the one with their key. `seed` draws the rows. Labels and factors that belong to
/// it are read, too: those of dSprites, and a file of IDX labels beside the images.
///
/// # Errors
/// If the file is none of an array of real numbers, does not fit in half of the memory, or is damaged, or the read is cancelled.
pub(in crate::io) fn read_array_file(
    path: &Path,
    options: &ImportOptions,
    seed: u64,
    watch: Watch<'_>,
) -> Result<ArrayRows, FileError> {
    let mut file = BufReader::new(open_regular(path, "the file")?);
    let choice = RowChoice { rows: options.rows, seed };
    if begins_with(&mut file, ZIP)? {
        return read_archive(file, options, choice, watch);
    }
    let (mut input, header) = open_array(path)?;
    let shape = SampleShape::of(&header.shape)?;
    options.check_rows(shape.samples).map_err(FileError::new)?;
    let chosen = choice.of(&header, &shape)?;
    let values = read_array(&mut input, &header, &shape, chosen.as_deref(), watch)?;
    input.finish().map_err(|error| read_failed(&error, &header))?;
    let (labels, notes) = labels_beside(path, shape.samples, chosen.as_deref())?;
    let is_bytes = is_bytes(&values, &header, &shape);
    let picture = shape.picture;
    Ok(ArrayRows { values, picture, rows: chosen, factors: Vec::new(), labels, key: None, is_bytes, notes })
}

fn begins_with(file: &mut impl BufRead, magic: &[u8]) -> Result<bool, FileError> {
    let beginning = file.fill_buf().map_err(|e| FileError::new(format_args!("cannot read the file ({e})")))?;
    Ok(beginning.starts_with(magic))
}

/// Opens a file of one array, compressed or not, at its first number.
fn open_array(path: &Path) -> Result<(ArrayInput<'static>, ArrayHeader), FileError> {
    let file = open_regular(path, "the file")?;
    let cannot = |e| FileError::new(format_args!("cannot read the file ({e})"));
    let length = file.metadata().map_err(cannot)?.len();
    let mut file = BufReader::with_capacity(1 << 16, file);
    if !begins_with(&mut file, GZIP)? {
        let header = read_header(&mut file)?;
        let begin = file.stream_position().map_err(cannot)?;
        if header.bytes() > length.saturating_sub(begin) {
            return Err(read_failed(&std::io::ErrorKind::UnexpectedEof.into(), &header));
        }
        return Ok((ArrayInput::File(file), header));
    }
    let mut unpacked = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file));
    let header = read_header(&mut unpacked)?;
    if header.bytes() / MOST_PACKING > length {
        return Err(read_failed(&std::io::ErrorKind::UnexpectedEof.into(), &header));
    }
    Ok((ArrayInput::Stream(Box::new(unpacked)), header))
}

fn read_header(file: &mut impl BufRead) -> Result<ArrayHeader, FileError> {
    let damaged = |e| FileError::new(format_args!("the file is damaged ({e}); copy it again"));
    let beginning = file.fill_buf().map_err(damaged)?;
    if beginning.starts_with(NPY) {
        read_npy_header(file)
    } else if is_idx(beginning) {
        read_idx_header(file)
    } else {
        Err(FileError::new("the file is neither text nor an array (.npy, .npz, IDX); unpack or convert it"))
    }
}

/// The labels in a file beside a file of images that is named as MNIST names both; and the note that says so.
fn labels_beside(
    path: &Path,
    samples: usize,
    chosen: Option<&[usize]>,
) -> Result<(Vec<ArrayLabels>, Vec<String>), FileError> {
    let name = path.file_name().and_then(|name| name_of_labels(&name.to_string_lossy()));
    let same = name.as_ref().map(|name| path.with_file_name(name));
    let other =
        name.map(|name| path.with_file_name(name.strip_suffix(".gz").map_or(format!("{name}.gz"), str::to_owned)));
    let Some(beside) = same.into_iter().chain(other).find(|path| path.is_file()) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let at = |error: FileError| error.at(&beside);
    let (mut input, header) = open_array(&beside).map_err(at)?;
    if *header.shape != [samples] {
        let shape = &header.shape;
        let sentence =
            format!("the labels beside the images have shape {shape:?}, not [{samples}]; move their file away");
        return Err(at(FileError::new(sentence)));
    }
    let shape = SampleShape::of(&header.shape).map_err(at)?;
    let values = read_array(&mut input, &header, &shape, chosen, Watch::nobody()).map_err(at)?;
    input.finish().map_err(|error| at(read_failed(&error, &header)))?;
    let name = beside.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (categories, indices) = categories(&values);
    Ok((
        vec![("label".to_owned(), categories, indices)],
        vec![format!("the labels come from {name}, the file beside it")],
    ))
}

/// An array of a file, as it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayInfo {
    /// Its key.
    pub key: String,
    /// The length of each axis.
    pub shape: Vec<usize>,
}

/// The arrays of an archive that can be data, to choose one; empty if the file is no archive.
///
/// # Errors
/// If it cannot be read or is damaged. The sentence ends with the path.
pub fn arrays_in(path: &Path) -> Result<Vec<ArrayInfo>, FileError> {
    let list = || {
        let mut file = BufReader::new(open_regular(path, "the file")?);
        if !begins_with(&mut file, ZIP)? {
            return Ok(Vec::new());
        }
        let arrays = npz_arrays(&mut file)?.into_iter();
        Ok(arrays.filter_map(|array| Some(ArrayInfo { key: array.key, shape: array.content.ok()?.0.shape })).collect())
    };
    list().map_err(|error: FileError| error.at(path))
}

#[cfg(test)]
mod tests;
