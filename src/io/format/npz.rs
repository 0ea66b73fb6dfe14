//! NumPy's `.npz`: several named arrays in one file.

use std::io::Cursor;

use super::npy::write_npy_f64;
use super::zip::ZipWriter;

/// A named array in C order: the last axis varies fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Name in the file.
    pub name: String,
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Numbers, as many as the product of the shape.
    pub values: Vec<f64>,
}

/// An `.npz` file: an uncompressed ZIP archive with an `.npy` file for each array. The same arrays give the same bytes.
pub fn write_npz(arrays: &[Array]) -> Vec<u8> {
    const IN_MEMORY: &str = "a vector takes every byte";
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for array in arrays {
        let content = write_npy_f64(&array.shape, &array.values);
        let name = format!("{}.npy", array.name);
        archive.add(&name, content.len() as u64, false, |to| to.write_all(&content)).expect(IN_MEMORY);
    }
    archive.finish().expect(IN_MEMORY).into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::format::npy::parse_npy;

    #[test]
    fn the_directory_points_to_every_array() {
        let arrays = [
            Array { name: "mean".to_owned(), shape: vec![2, 3], values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.5] },
            Array { name: "t".to_owned(), shape: vec![1], values: vec![-0.25] },
        ];
        let bytes = write_npz(&arrays);
        let half = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let word = |at: usize| half(at) | half(at + 2) << 16;
        let end = bytes.len() - 22;
        assert_eq!((&bytes[end..end + 4], half(end + 10)), (b"PK\x05\x06".as_slice(), 2));
        assert_eq!(word(end + 16) + word(end + 12), end);
        let mut entry = word(end + 16);
        for array in &arrays {
            assert_eq!(&bytes[entry..entry + 4], b"PK\x01\x02");
            let (size, name, local) = (word(entry + 24), half(entry + 28), word(entry + 42));
            assert_eq!(&bytes[entry + 46..entry + 46 + name], format!("{}.npy", array.name).as_bytes());
            let start = local + 30 + half(local + 26) + half(local + 28);
            let content = &bytes[start..start + size];
            assert_eq!(word(entry + 16) as u32, crc32fast::hash(content));
            let read = parse_npy(content).unwrap();
            assert_eq!((&read.shape, &read.values), (&array.shape, &array.values));
            entry += 46 + name;
        }
        assert_eq!(entry, end);
    }
}
