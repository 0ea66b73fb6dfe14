//! Reads chosen samples of an array from a stream of bytes, without ever holding the whole array.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Result as Reading, copy, sink};
use std::ops::Range;

use super::number_kind::StoredNumber;
use super::sample_shape::SampleShape;
use crate::data::Numbers;
use crate::io::file_error::FileError;
use crate::io::watch::Watch;

/// The header of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct ArrayHeader {
    pub stored: StoredNumber,
    /// The first axis varies fastest.
    pub fortran: bool,
    pub shape: Vec<usize>,
}

impl ArrayHeader {
    /// Bytes of the whole array.
    pub(in crate::io) fn bytes(&self) -> u64 {
        let extents = self.shape.iter().map(|extent| *extent as u64);
        extents.fold(self.stored.width() as u64, u64::saturating_mul)
    }
}

/// The bytes of an array: a file, in which one can jump, or a stream, which must be read to be passed.
pub(in crate::io) enum ArrayInput<'a> {
    File(BufReader<File>),
    Stream(Box<dyn Read + 'a>),
}

impl Read for ArrayInput<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Reading<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Stream(stream) => stream.read(buffer),
        }
    }
}

impl ArrayInput<'_> {
    fn skip(&mut self, bytes: u64) -> Reading<()> {
        match self {
            Self::File(file) => file.seek_relative(bytes as i64),
            Self::Stream(stream) => {
                let passed = copy(&mut stream.take(bytes), &mut sink())?;
                if passed < bytes { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
            }
        }
    }

    /// Reads a stream to its end, where its checksum stands.
    ///
    /// # Errors
    /// If the checksum differs, or other bytes follow the array.
    pub(in crate::io) fn finish(mut self) -> Reading<()> {
        match &mut self {
            Self::File(_) => Ok(()),
            Self::Stream(stream) => match stream.read(&mut [0])? {
                0 => Ok(()),
                _ => Err(std::io::Error::new(ErrorKind::InvalidData, "there is more than its header says")),
            },
        }
    }
}

/// Bytes read at a time, unless a sample has more.
const PIECE: usize = 1 << 20;

/// Reads the samples `chosen` (ascending; `None`: all) of an array, whose bytes begin at the position of `input`. Each sample is in C
/// order, colours last.
///
/// # Errors
/// If the bytes end too early or cannot be read, or the read is cancelled.
pub(in crate::io) fn read_array(
    input: &mut ArrayInput<'_>,
    header: &ArrayHeader,
    shape: &SampleShape,
    chosen: Option<&[usize]>,
    watch: Watch<'_>,
) -> Result<Numbers, FileError> {
    let count = chosen.map_or(shape.samples, <[usize]>::len);
    let mut numbers = header.stored.zeros(shape.n(), count);
    let read = if header.fortran && !shape.axes.is_empty() { by_axis } else { by_sample };
    read(input, header, shape, chosen, &mut numbers, watch)?;
    Ok(numbers)
}

/// An array in C order: a sample is a row of bytes.
fn by_sample(
    input: &mut ArrayInput<'_>,
    header: &ArrayHeader,
    shape: &SampleShape,
    chosen: Option<&[usize]>,
    numbers: &mut Numbers,
    watch: Watch<'_>,
) -> Result<(), FileError> {
    let (n, row) = (shape.n(), shape.n() * header.stored.width());
    let failed = |error| read_failed(&error, header);
    let (mut buffer, mut at, mut done) = (Vec::new(), 0, 0);
    for run in runs(chosen, shape.samples, (PIECE / row).max(1)) {
        skip(input, (run.start - at) as u64 * row as u64, header, watch, at as u64 * row as u64)?;
        buffer.resize(run.len() * row, 0);
        input.read_exact(&mut buffer).map_err(failed)?;
        header.stored.store(&buffer, numbers, |k| (done + k / n) * n + shape.place(k % n));
        (at, done) = (run.end, done + run.len());
        watch.report(at as u64, shape.samples as u64)?;
    }
    skip(input, (shape.samples - at) as u64 * row as u64, header, watch, at as u64 * row as u64)
}

/// An array in Fortran order: for each number of a sample, the values of all samples.
fn by_axis(
    input: &mut ArrayInput<'_>,
    header: &ArrayHeader,
    shape: &SampleShape,
    chosen: Option<&[usize]>,
    numbers: &mut Numbers,
    watch: Watch<'_>,
) -> Result<(), FileError> {
    let (n, width, samples) = (shape.n(), header.stored.width(), shape.samples);
    let mut buffer = Vec::new();
    for k in 0..n {
        let place = shape.place(shape.c_index(k));
        for start in (0..samples).step_by(PIECE / width) {
            let end = (start + PIECE / width).min(samples);
            buffer.resize((end - start) * width, 0);
            input.read_exact(&mut buffer).map_err(|error| read_failed(&error, header))?;
            if let Some(chosen) = chosen {
                let first = chosen.partition_point(|row| *row < start);
                for (place_of_row, row) in chosen.iter().enumerate().skip(first).take_while(|(_, row)| **row < end) {
                    let bytes = &buffer[(row - start) * width..][..width];
                    header.stored.store(bytes, numbers, |_| place_of_row * n + place);
                }
            } else {
                header.stored.store(&buffer, numbers, |i| (start + i) * n + place);
            }
            watch.report((k * samples + end) as u64, (n * samples) as u64)?;
        }
    }
    Ok(())
}

/// Passes bytes in pieces, so that a stream can be cancelled.
fn skip(
    input: &mut ArrayInput<'_>,
    mut bytes: u64,
    header: &ArrayHeader,
    watch: Watch<'_>,
    mut at: u64,
) -> Result<(), FileError> {
    while bytes > 0 {
        let piece = bytes.min(match input {
            ArrayInput::File(_) => i64::MAX as u64,
            ArrayInput::Stream(_) => 16 * PIECE as u64,
        });
        input.skip(piece).map_err(|error| read_failed(&error, header))?;
        (bytes, at) = (bytes - piece, at.saturating_add(piece));
        watch.report(at, header.bytes())?;
    }
    Ok(())
}

/// Neighbouring rows together, at most `most`.
fn runs(chosen: Option<&[usize]>, samples: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let count = chosen.map_or(samples, <[usize]>::len);
    let row = move |i: usize| chosen.map_or(i, |chosen| chosen[i]);
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        while next < count && next - start < most && row(next) - row(start) == next - start {
            next += 1;
        }
        (next > start).then(|| row(start)..row(start) + next - start)
    })
}

/// The sentence of a read that failed.
pub(in crate::io) fn read_failed(error: &std::io::Error, header: &ArrayHeader) -> FileError {
    let shape = &header.shape;
    match error.kind() {
        ErrorKind::UnexpectedEof => FileError::new(format_args!(
            "the array of shape {shape:?} ends before its last number; copy the file again"
        )),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            FileError::new(format_args!("the array of shape {shape:?} is damaged ({error}); copy the file again"))
        }
        _ => FileError::new(format_args!("cannot read the array ({error})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::format::number_kind::NumberKind;

    /// u16 numbers 0, 1, 2 … in the order of the file.
    fn counting(count: usize) -> Vec<u8> {
        (0..count as u16).flat_map(u16::to_le_bytes).collect()
    }

    fn read(shape: &[usize], fortran: bool, chosen: Option<&[usize]>, bytes: &[u8]) -> Result<Numbers, FileError> {
        let stored = StoredNumber { kind: NumberKind::U16, big_endian: false };
        let header = ArrayHeader { stored, fortran, shape: shape.to_vec() };
        let mut input = ArrayInput::Stream(Box::new(bytes));
        let numbers = read_array(&mut input, &header, &SampleShape::of(shape)?, chosen, Watch::nobody())?;
        input.finish().map_err(|error| read_failed(&error, &header))?;
        Ok(numbers)
    }

    /// The place in the file of element (i, a, b, c) of a shape in either order.
    fn place(shape: [usize; 4], fortran: bool, at: [usize; 4]) -> usize {
        let step = |sum: usize, axis: usize| sum * shape[axis] + at[axis];
        if fortran { (0..4).rev().fold(0, step) } else { (0..4).fold(0, step) }
    }

    #[test]
    fn every_order_and_subset_gives_the_same_pictures() {
        for (shape, planar) in [([5, 3, 4, 2], true), ([5, 4, 2, 3], false)] {
            let bytes = counting(120);
            for fortran in [false, true] {
                for chosen in [None, Some(vec![0, 1, 4]), Some(vec![3]), Some(vec![])] {
                    let numbers = read(&shape, fortran, chosen.as_deref(), &bytes).unwrap();
                    let rows = chosen.unwrap_or_else(|| (0..5).collect());
                    assert_eq!((numbers.rows(), numbers.columns()), (24, rows.len()));
                    for (sample, row) in rows.iter().enumerate() {
                        for (h, w, c) in (0..24).map(|i| (i / 6, i / 3 % 2, i % 3)) {
                            let at = if planar { [*row, c, h, w] } else { [*row, h, w, c] };
                            assert_eq!(numbers.at((h * 2 + w) * 3 + c, sample), place(shape, fortran, at) as f64);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn neighbouring_rows_are_read_together() {
        let together = |chosen: Option<&[usize]>, most| runs(chosen, 7, most).collect::<Vec<_>>();
        assert_eq!(together(None, 3), [0..3, 3..6, 6..7]);
        assert_eq!(together(Some(&[0, 2, 3, 6]), 3), [0..1, 2..4, 6..7]);
        assert_eq!(together(Some(&[]), 3), Vec::<Range<usize>>::new());
    }

    #[test]
    fn too_few_and_too_many_bytes_are_noticed() {
        let sentence = |bytes: &[u8], chosen| read(&[9, 2], false, chosen, bytes).unwrap_err().to_string();
        for chosen in [None, Some([0].as_slice())] {
            assert!(sentence(&counting(17), chosen).contains("shape [9, 2] ends before"));
            assert!(sentence(&counting(19), chosen).contains("more than its header says"));
        }
    }

    #[test]
    fn a_read_is_watched_and_cancelled() {
        use std::cell::RefCell;
        use std::sync::atomic::{AtomicBool, Ordering};
        let stored = StoredNumber { kind: NumberKind::U8, big_endian: false };
        let header = ArrayHeader { stored, fortran: false, shape: vec![40, 250, 250] };
        let shape = SampleShape::of(&header.shape).unwrap();
        let (bytes, cancelled, heard) = (vec![7; 2_500_000], AtomicBool::new(false), RefCell::new(Vec::new()));
        let hear = |part: f64| {
            heard.borrow_mut().push(part);
            cancelled.store(part > 0.5, Ordering::Relaxed);
        };
        let mut input = ArrayInput::Stream(Box::new(bytes.as_slice()));
        let error = read_array(&mut input, &header, &shape, None, Watch::new(&hear, &cancelled)).unwrap_err();
        assert!(error.to_string().contains("cancelled"));
        assert_eq!(*heard.borrow(), [0.4, 0.8]);
    }
}
