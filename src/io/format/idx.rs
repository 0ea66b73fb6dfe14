//! IDX, the format of MNIST and its relatives: two zeros, a type, the number of axes, their lengths (big-endian), the numbers.

use std::io::Read;

use super::array_reader::ArrayHeader;
use super::number_kind::{NumberKind, StoredNumber};
use crate::io::file_error::FileError;

/// True if a file that begins like this may be an IDX file.
pub(in crate::io) fn is_idx(beginning: &[u8]) -> bool {
    matches!(beginning, [0, 0, kind, 1..=4, ..] if number_kind(*kind).is_some())
}

fn number_kind(kind: u8) -> Option<NumberKind> {
    Some(match kind {
        0x08 => NumberKind::U8,
        0x09 => NumberKind::I8,
        0x0b => NumberKind::I16,
        0x0c => NumberKind::I32,
        0x0d => NumberKind::F32,
        0x0e => NumberKind::F64,
        _ => return None,
    })
}

/// Reads the header of an IDX file.
///
/// # Errors
/// If there is none.
pub(in crate::io) fn read_idx_header(reader: &mut impl Read) -> Result<ArrayHeader, FileError> {
    let broken = || FileError::new("the IDX file ends in its header; copy it again");
    let mut word = || {
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).map(|()| bytes).map_err(|_eof| broken())
    };
    let [_, _, kind, axes] = word()?;
    let kind = number_kind(kind).ok_or_else(|| FileError::new("this is not an IDX file"))?;
    let shape =
        (0..axes).map(|_| word().map(|extent| u32::from_be_bytes(extent) as usize)).collect::<Result<_, _>>()?;
    Ok(ArrayHeader { stored: StoredNumber { kind, big_endian: true }, fortran: false, shape })
}

/// The name of the labels that belong to a file of images: `train-labels-idx1-ubyte` to `train-images-idx3-ubyte`, with or without
/// `.gz`; `None` if it is not named like one.
pub(in crate::io) fn name_of_labels(name: &str) -> Option<String> {
    let labels = name.replace("images", "labels");
    let named = ["idx3", "idx4", "idx2"].iter().fold(labels, |name, idx| name.replace(idx, "idx1"));
    (name.contains("images") && name.contains("idx")).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_mnist_is_read() {
        let bytes = [0, 0, 8, 3, 0, 0, 0xea, 0x60, 0, 0, 0, 28, 0, 0, 0, 28];
        assert!(is_idx(&bytes) && !is_idx(b"\0\0\x08") && !is_idx(b"\0\0\xfe\xff") && !is_idx(b"1,2,3"));
        let header = read_idx_header(&mut bytes.as_slice()).unwrap();
        assert_eq!((header.shape, header.stored.kind), (vec![60_000, 28, 28], NumberKind::U8));
        for length in 0..16 {
            assert!(read_idx_header(&mut &bytes[..length]).unwrap_err().to_string().contains("IDX"));
        }
    }

    #[test]
    fn labels_are_named_after_their_images() {
        let name = |images| name_of_labels(images);
        assert_eq!(name("train-images-idx3-ubyte").as_deref(), Some("train-labels-idx1-ubyte"));
        assert_eq!(name("t10k-images.idx3-ubyte.gz").as_deref(), Some("t10k-labels.idx1-ubyte.gz"));
        assert_eq!((name("images.npy"), name("train-idx3-ubyte")), (None, None));
    }
}
