//! NumPy's `.npy`: one array, readable by most numerical tools.

use std::io::{self, Read, Write};

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};

use super::array_reader::ArrayHeader;
use super::number_kind::{NumberKind, StoredNumber};
use crate::io::file_error::FileError;
use crate::linalg::Matrix;

/// An array read from an `.npy` file.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyArray {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Numbers in C order: the last axis varies fastest.
    pub values: Vec<f64>,
}

/// Writes a matrix of n×N as an array of N×n (version 1.0, little-endian float32, C order): samples are its rows. In pieces, without a
/// copy of the whole.
///
/// # Errors
/// If `to` cannot be written to.
pub fn write_npy_f32(matrix: &Matrix<f32>, to: &mut dyn Write) -> io::Result<()> {
    const PIECE: usize = 1 << 16;
    to.write_all(&npy_head("<f4", &[matrix.columns(), matrix.rows()]))?;
    let mut bytes = Vec::with_capacity(4 * PIECE);
    for piece in matrix.as_slice().chunks(PIECE) {
        bytes.clear();
        bytes.extend(piece.iter().flat_map(|x| x.to_le_bytes()));
        to.write_all(&bytes)?;
    }
    Ok(())
}

/// The file (version 1.0, little-endian float64, C order) of an array of any shape.
pub fn write_npy_f64(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let mut bytes = npy_head("<f8", shape);
    bytes.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    bytes
}

/// The beginning of a file (version 1.0, C order) of numbers of a type like `<f4`.
pub(in crate::io) fn npy_head(kind: &str, shape: &[usize]) -> Vec<u8> {
    let extents: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    // NumPy writes (3, 4) and (3,).
    let extents = if shape.len() > 1 { extents.trim_end_matches(", ") } else { extents.trim_end() };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({extents}), }}");
    // Ten bytes precede the header; the numbers start at a multiple of 64.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    header.push_str(&" ".repeat(padded - 1 - header.len()));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((padded as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

/// Reads an array of any shape of real numbers of any size, byte order and axis order.
///
/// # Errors
/// If the bytes are no `.npy` file, hold anything but real numbers, or end too early.
pub fn parse_npy(bytes: &[u8]) -> Result<NpyArray, FileError> {
    let mut rest = bytes;
    let header = read_npy_header(&mut rest)?;
    let shape = &header.shape;
    let needed = usize::try_from(header.bytes()).ok().and_then(|needed| rest.get(..needed));
    let Some(stored) = needed else {
        let count = shape.iter().product::<usize>();
        return Err(FileError::new(format_args!(
            "the .npy file ends before its {count} numbers (shape {shape:?}) do; copy it again"
        )));
    };
    let mut values = vec![0.0; stored.len() / header.stored.width()];
    header.stored.each(stored, |place, x| values[place] = x);
    let values = if header.fortran { c_order(&values, shape) } else { values };
    Ok(NpyArray { shape: header.shape, values })
}

/// Reads the header of a `.npy` file of real numbers (NumPy's format 1.0 to 3.0).
///
/// # Errors
/// If there is none, or the array does not hold real numbers.
pub(in crate::io) fn read_npy_header(reader: &mut impl Read) -> Result<ArrayHeader, FileError> {
    let (header, kind) = read_any_npy_header(reader)?;
    let kind = match kind {
        DType::Plain(kind) => kind,
        DType::Array(..) | DType::Record(_) => return Err(refused("records")),
    };
    let number = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Bool, 1) => NumberKind::Bool,
        (TypeChar::Float, 2) => NumberKind::F16,
        (TypeChar::Float, 4) => NumberKind::F32,
        (TypeChar::Float, 8) => NumberKind::F64,
        (TypeChar::Int, 1) => NumberKind::I8,
        (TypeChar::Int, 2) => NumberKind::I16,
        (TypeChar::Int, 4) => NumberKind::I32,
        (TypeChar::Int, 8) => NumberKind::I64,
        (TypeChar::Uint, 1) => NumberKind::U8,
        (TypeChar::Uint, 2) => NumberKind::U16,
        (TypeChar::Uint, 4) => NumberKind::U32,
        (TypeChar::Uint, 8) => NumberKind::U64,
        (TypeChar::Complex, _) => return Err(refused("complex numbers")),
        (TypeChar::Object, _) => return Err(refused("Python objects")),
        (TypeChar::ByteStr | TypeChar::UnicodeStr, _) => return Err(refused("text")),
        (TypeChar::TimeDelta | TypeChar::DateTime, _) => return Err(refused("times")),
        _ => return Err(refused(&format!("numbers of type {kind}"))),
    };
    let shape = header.shape().iter().map(|extent| *extent as usize).collect();
    let stored = StoredNumber { kind: number, big_endian: kind.endianness() == Endianness::Big };
    Ok(ArrayHeader { stored, fortran: header.order() == Order::Fortran, shape })
}

fn refused(what: &str) -> FileError {
    FileError::new(format_args!("the .npy file holds {what}; save a plain array of real numbers, as float32"))
}

/// Reads text of a `.npy` file: a one-dimensional array of strings, of at most `most` bytes.
pub(in crate::io) fn read_npy_strings(reader: &mut impl Read, most: usize) -> Option<Vec<String>> {
    let (header, kind) = read_any_npy_header(reader).ok()?;
    let (DType::Plain(kind), [count]) = (kind, header.shape()) else { return None };
    let (count, units) = (usize::try_from(*count).ok()?, usize::try_from(kind.size_field()).ok()?);
    let width = match kind.type_char() {
        TypeChar::UnicodeStr => units.checked_mul(4)?,
        TypeChar::ByteStr => units,
        _ => return None,
    };
    let length = count.checked_mul(width).filter(|length| *length <= most && width > 0)?;
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    let big = kind.endianness() == Endianness::Big;
    let text = |cell: &[u8]| -> String {
        let letters: String = if kind.type_char() == TypeChar::ByteStr {
            String::from_utf8_lossy(cell).into_owned()
        } else {
            let code = |c: &[u8; 4]| if big { u32::from_be_bytes(*c) } else { u32::from_le_bytes(*c) };
            let units = cell.as_chunks::<4>().0.iter();
            units.map(|c| char::from_u32(code(c)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        letters.trim_end_matches('\0').to_owned()
    };
    Some(bytes.chunks_exact(width).map(text).collect())
}

/// Bytes of a header; those of plain arrays are much shorter.
const MOST_HEADER: usize = 4096;

/// Reads the header of a `.npy` file of any type.
fn read_any_npy_header(reader: &mut impl Read) -> Result<(NpyHeader, DType), FileError> {
    let none = |_| FileError::new("this is not a .npy file of a plain array; save it with numpy.save");
    let broken = |_| FileError::new("the header of the .npy file is broken; save the array again with numpy.save");
    let mut bytes = vec![0; 10];
    reader.read_exact(&mut bytes).map_err(none)?;
    if bytes[6] > 1 {
        bytes.resize(12, 0);
        reader.read_exact(&mut bytes[10..]).map_err(none)?;
    }
    let start = bytes.len();
    let length = bytes[8..].iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte));
    bytes.resize(start + length.min(MOST_HEADER), 0);
    reader.read_exact(&mut bytes[start..]).map_err(none)?;
    check_header(&bytes)?;
    let header = NpyHeader::from_reader(bytes.as_slice()).map_err(broken)?;
    let kind = header.dtype();
    Ok((header, kind))
}

/// Refuses headers that a plain array never has and that break the parser, which multiplies the shape unchecked and
/// parses nested literals by recursion.
fn check_header(bytes: &[u8]) -> Result<(), FileError> {
    let plain = || -> Option<bool> {
        let (start, length) = match bytes.strip_prefix(b"\x93NUMPY")? {
            [1, 0, a, b, ..] => (10, u16::from_le_bytes([*a, *b]) as usize),
            [2 | 3, 0, a, b, c, d, ..] => (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
            _ => return None,
        };
        let header = std::str::from_utf8(bytes.get(start..)?.get(..length)?).ok()?;
        let (before, rest) = header.split_once('(')?;
        let (shape, after) = rest.split_once(')')?;
        // An extent of zero would hide an overflow of the others.
        let extents = shape.split(',').map(str::trim).filter(|extent| !extent.is_empty());
        extents
            .map(|extent| extent.parse::<u64>().ok())
            .try_fold(1_u64, |product, e| product.checked_mul(e?.max(1)))?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_ ',:<>=|\n".contains(c);
        let body = before.trim_start().strip_prefix('{')?.chars().chain(after.trim_end().strip_suffix('}')?.chars());
        Some(length < MOST_HEADER && body.into_iter().all(allowed))
    };
    // A structured type is a list of names and types: [('x', '<f4'), …].
    if bytes.windows(2).any(|window| window == b"[(") {
        return Err(refused("records"));
    }
    match plain() {
        Some(true) => Ok(()),
        _ => Err(FileError::new("this is not a .npy file of a plain array; save it with numpy.save")),
    }
}

/// Reorders numbers to C order; element (i₁, i₂, …) is stored at i₁ + N₁·(i₂ + N₂·(…)).
fn c_order(stored: &[f64], shape: &[usize]) -> Vec<f64> {
    let place = |mut index: usize| {
        let (mut place, mut stride) = (0, stored.len());
        for extent in shape.iter().rev() {
            stride /= extent;
            place += index % extent * stride;
            index /= extent;
        }
        place
    };
    (0..stored.len()).map(|index| stored[place(index)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        [&bytes, header.as_bytes(), data].concat()
    }

    fn array(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Result<NpyArray, FileError> {
        let order = if fortran { "True" } else { "False" };
        parse_npy(&file(&format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n"), data))
    }

    fn npy(matrix: &Matrix<f32>) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_npy_f32(matrix, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_sample_is_a_row_of_the_file() {
        // Three samples of two features: 0 1 | 10 11 | 20 21.
        let matrix = Matrix::from_fn(2, 3, |r, c| (10 * c + r) as f32);
        let bytes = npy(&matrix);
        assert_eq!(bytes.len(), 128 + 24);
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        assert_eq!(&bytes[10..70], b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }  ".split_at(60).0);
        assert_eq!(bytes[127], b'\n');
        assert_eq!(&bytes[132..140], [1.0_f32.to_le_bytes(), 10.0_f32.to_le_bytes()].as_flattened());
        let array = parse_npy(&bytes).unwrap();
        assert_eq!(array, NpyArray { shape: vec![3, 2], values: vec![0.0, 1.0, 10.0, 11.0, 20.0, 21.0] });
    }

    #[test]
    fn every_length_of_header_is_padded_to_64() {
        for n in [0, 1, 12345, 10_000_000] {
            let bytes = npy(&Matrix::from_columns(n, 0, vec![]));
            assert_eq!(bytes.len() % 64, 0);
            assert_eq!(parse_npy(&bytes).unwrap().shape, [0, n]);
        }
    }

    #[test]
    fn all_kinds_of_real_numbers_are_read() {
        let read = |descr: &str, data: &[u8]| array(descr, false, "(1,)", data).unwrap().values;
        assert_eq!(read("<f4", &1.5_f32.to_le_bytes()), [1.5]);
        assert_eq!(read(">f4", &1.5_f32.to_be_bytes()), [1.5]);
        assert_eq!(read("<f8", &1e300_f64.to_le_bytes()), [1e300]);
        assert_eq!(read("|u1", &[200]), [200.0]);
        assert_eq!(read("|i1", &[200]), [-56.0]);
        assert_eq!(read("<i2", &(-300_i16).to_le_bytes()), [-300.0]);
        assert_eq!(read("<u2", &60_000_u16.to_le_bytes()), [60_000.0]);
        assert_eq!(read(">i4", &(-300_i32).to_be_bytes()), [-300.0]);
        assert_eq!(read("<u4", &u32::MAX.to_le_bytes()), [4294967295.0]);
        assert_eq!(read("<i8", &(-1_i64).to_le_bytes()), [-1.0]);
        assert_eq!(read("<f2", &[0, 0x3c]), [1.0]);
        assert_eq!(read(">f2", &[0xc0, 1]), [-2.001953125]);
        assert_eq!(read("|b1", &[1]), [1.0]);
        assert_eq!(read("<u8", &(1_u64 << 63).to_le_bytes()), [2.0_f64.powi(63)]);
    }

    #[test]
    fn fortran_order_becomes_c_order() {
        // a[i][j] = 10 i + j of 2×3, then a[i][j][k] = 100 i + 10 j + k of 2×2×3, the first index varying fastest.
        let two = array("|u1", true, "(2, 3)", &[0, 10, 1, 11, 2, 12]).unwrap();
        assert_eq!(two.values, [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        let three = array("|u1", true, "(2, 2, 3)", &[0, 100, 10, 110, 1, 101, 11, 111, 2, 102, 12, 112]).unwrap();
        assert_eq!(three.values, [0.0, 1.0, 2.0, 10.0, 11.0, 12.0, 100.0, 101.0, 102.0, 110.0, 111.0, 112.0]);
    }

    #[test]
    fn other_files_are_refused_in_one_sentence() {
        let header = |header: &str| parse_npy(&file(header, &[0; 64])).unwrap_err().to_string();
        let refused = [
            array("<c8", false, "(2,)", &[0; 16]).unwrap_err().to_string(),
            array("|O", false, "(2,)", &[0; 16]).unwrap_err().to_string(),
            array("<U3", false, "(2,)", &[0; 24]).unwrap_err().to_string(),
            array("|S3", false, "(2,)", &[0; 6]).unwrap_err().to_string(),
            array("<M8[s]", false, "(2,)", &[0; 16]).unwrap_err().to_string(),
            array("<f16", false, "(2,)", &[0; 32]).unwrap_err().to_string(),
            array("<f4", false, "(2, 3)", &[0; 23]).unwrap_err().to_string(),
            array("<f4", false, "(9223372036854775807, 3)", &[0; 24]).unwrap_err().to_string(),
            array("<f4", true, "(0, 9223372036854775807, 3)", &[]).unwrap_err().to_string(),
            array("<f4", false, "(9223372036854775807,)", &[0; 24]).unwrap_err().to_string(),
            array("<f4", false, "(-1, 3)", &[0; 24]).unwrap_err().to_string(),
            array("<f99999999999999999999", false, "(1, 3)", &[0; 24]).unwrap_err().to_string(),
            array("[('a', '<f4')]", false, "(1,)", &[0; 4]).unwrap_err().to_string(),
            header(&format!("{{'shape': (1,), 'descr': {}", "(".repeat(4000))),
            header(&format!("{{'shape': (1,), 'descr': {}}}", "{".repeat(4000))),
            header("{'shape': (1,)}"),
            header("{'shape': (1,), 'shape': 3, 'descr': '<f4', 'fortran_order': 3}"),
            header(""),
            parse_npy(b"").unwrap_err().to_string(),
            parse_npy(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{").unwrap_err().to_string(),
        ];
        for sentence in refused {
            assert!(sentence.contains(".npy") && !sentence.contains('\n') && sentence.len() < 150, "{sentence}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..152_usize,
                                  at in 0..152_usize, byte in any::<u8>(), shape in "[(0-9, )]{0,60}") {
            let mut valid = npy(&Matrix::from_fn(2, 3, |r, c| (r + c) as f32));
            prop_assert!(parse_npy(&valid[..cut]).is_err());
            valid[at] = byte;
            let _outcomes = (parse_npy(&valid), parse_npy(&bytes), array("<f4", true, &shape, &bytes));
            bytes.splice(..0, *b"\x93NUMPY\x01\x00");
            let _outcome = parse_npy(&bytes);
        }
    }
}
