//! Reads NumPy's `.npz`: finds the arrays of an archive and chooses one.

use std::io::{Read, Seek};

use super::array_reader::{ArrayHeader, ArrayInput, read_array, read_failed};
use super::npy::{read_npy_header, read_npy_strings};
use super::sample_shape::SampleShape;
use super::zip::{ZipMember, open_zip_member, zip_members};
use crate::data::{FEWEST_ROWS, Numbers};
use crate::io::file_error::{FileError, Remedy};
use crate::io::watch::Watch;

/// An array of an archive.
pub(in crate::io) struct NpzArray {
    /// Its name.
    pub key: String,
    member: ZipMember,
    /// Its header and what its axes mean, or why it cannot be data.
    pub content: Result<(ArrayHeader, SampleShape), FileError>,
}

/// No header of an array of numbers is longer.
const MOST_HEADER: u64 = 1 << 13;
/// Deflate makes no byte out of less than 1/1032 of a byte.
const MOST_PACKING: u64 = 1032;
/// Arrays in a sentence.
const MOST_NAMED: usize = 8;
/// Bytes of the names of factors.
const MOST_NAMES: usize = 1 << 20;

/// Lists the arrays of an archive, those that cannot be data included (as the pickled `metadata` of dSprites).
///
/// # Errors
/// If the archive is damaged or holds no `.npy` file.
pub(in crate::io) fn npz_arrays(archive: &mut (impl Read + Seek)) -> Result<Vec<NpzArray>, FileError> {
    let mut arrays = Vec::new();
    for member in zip_members(archive)? {
        let Some(key) = member.name.strip_suffix(".npy").map(str::to_owned) else { continue };
        let mut beginning = Vec::new();
        let read = open_zip_member(archive, &member)?.take(MOST_HEADER).read_to_end(&mut beginning);
        read.map_err(|e| FileError::new(format_args!("'{key}' in the archive is damaged ({e}); copy the file again")))?;
        let content = read_npy_header(&mut beginning.as_slice()).and_then(|header| {
            if header.bytes() > member.size || member.size / MOST_PACKING > member.packed {
                return Err(FileError::new(format_args!(
                    "'{key}' in the archive is smaller than its header says; copy the file again"
                )));
            }
            SampleShape::of(&header.shape).map(|shape| (header, shape))
        });
        arrays.push(NpzArray { key, member, content });
    }
    if arrays.is_empty() {
        return Err(FileError::new(
            "the ZIP archive holds no arrays; save arrays with numpy.savez, and a spreadsheet as CSV",
        ));
    }
    Ok(arrays)
}

/// The array that is meant: `key`, or the images of a dSprites archive, or the only one that can be data. (An array with one axis
/// can, if there are no others.)
///
/// # Errors
/// If there is no such array, or several, with their keys, or it cannot be data.
pub(in crate::io) fn choose_array<'a>(arrays: &'a [NpzArray], key: Option<&str>) -> Result<&'a NpzArray, FileError> {
    let listed = |arrays: &[&NpzArray]| {
        let few = arrays.iter().take(MOST_NAMED).map(|array| array.key.as_str()).collect::<Vec<_>>().join(", ");
        let more = arrays.len().saturating_sub(MOST_NAMED);
        if more > 0 { format!("{few} and {more} more") } else { few }
    };
    let axes = |array: &NpzArray| array.content.as_ref().map_or(0, |(header, _)| header.shape.len());
    let rows = |array: &NpzArray| array.content.as_ref().map_or(0, |(_, shape)| shape.samples);
    if let Some(key) = key {
        let all: Vec<&NpzArray> = arrays.iter().collect();
        let none = || FileError::new(format_args!("the archive holds {}, but no '{key}'", listed(&all)));
        return arrays.iter().find(|array| array.key == key).ok_or_else(none);
    }
    if let Some([images, _]) = dsprites(arrays) {
        return Ok(images);
    }
    let fit = |least: usize| {
        arrays.iter().filter(|array| axes(array) >= least && rows(array) >= FEWEST_ROWS).collect::<Vec<_>>()
    };
    let mut fitting = fit(2);
    if fitting.is_empty() {
        fitting = fit(1);
    }
    match *fitting {
        [] => arrays.first().ok_or_else(|| FileError::new("the archive holds no arrays")),
        [only] => Ok(only),
        [first, ..] => {
            let (all, first) = (listed(&fitting), &first.key);
            let error = FileError::new(format_args!("the archive holds {all}; choose one, as --key {first}"));
            Err(error.with_remedy(Remedy::Key(first.clone())))
        }
    }
}

/// `imgs` and `latents_values` of an archive like dSprites (Matthey et al. 2017): one row of both for each picture, and
/// `latents_classes`.
pub(in crate::io) fn dsprites(arrays: &[NpzArray]) -> Option<[&NpzArray; 2]> {
    let array = |key: &str| {
        let array = arrays.iter().find(|array| array.key == key)?;
        Some((array, &array.content.as_ref().ok()?.1))
    };
    let [(imgs, pictures), (values, factors), (_, classes)] =
        [array("imgs")?, array("latents_values")?, array("latents_classes")?];
    let same = pictures.samples == factors.samples && pictures.samples == classes.samples;
    (same && pictures.picture.is_some() && factors.axes.len() == 1).then_some([imgs, values])
}

/// The factors of dSprites.
const FACTORS: [&str; 6] = ["color", "shape", "scale", "orientation", "posX", "posY"];

/// The names of `count` factors: those in `latents_names`, or those of dSprites, or numbers.
pub(in crate::io) fn names_of_factors(
    archive: &mut (impl Read + Seek),
    arrays: &[NpzArray],
    count: usize,
) -> Vec<String> {
    let names = arrays.iter().find(|array| array.key == "latents_names");
    let names =
        names.and_then(|array| read_npy_strings(&mut open_zip_member(archive, &array.member).ok()?, MOST_NAMES));
    match names.filter(|names| names.len() == count) {
        Some(names) => names,
        None if count == FACTORS.len() => FACTORS.map(str::to_owned).to_vec(),
        None => (1..=count).map(|i| format!("factor {i}")).collect(),
    }
}

/// Reads the samples `chosen` (`None`: all) of an array, as a stream.
///
/// # Errors
/// If it cannot be data or is damaged, or the read is cancelled.
pub(in crate::io) fn read_npz_array(
    archive: &mut (impl Read + Seek),
    array: &NpzArray,
    chosen: Option<&[usize]>,
    watch: Watch<'_>,
) -> Result<Numbers, FileError> {
    let (_, shape) = array.content.as_ref().map_err(Clone::clone)?;
    let mut input = ArrayInput::Stream(open_zip_member(archive, &array.member)?);
    let header = read_npy_header(&mut input)?;
    let numbers = read_array(&mut input, &header, shape, chosen, watch)?;
    input.finish().map_err(|error| read_failed(&error, &header))?;
    Ok(numbers)
}
