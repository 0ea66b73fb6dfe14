//! How array files store numbers.

use crate::data::Numbers;
use crate::linalg::Matrix;

/// The type of a number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) enum NumberKind {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl NumberKind {
    /// True if there are only whole numbers of this type.
    pub(in crate::io) fn is_whole(self) -> bool {
        !matches!(self, Self::F16 | Self::F32 | Self::F64)
    }
}

/// The type of the numbers of a file and the order of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) struct StoredNumber {
    pub kind: NumberKind,
    pub big_endian: bool,
}

impl StoredNumber {
    /// Bytes of a number in the file.
    pub(in crate::io) fn width(self) -> usize {
        use NumberKind::{Bool, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
        match self.kind {
            Bool | U8 | I8 => 1,
            U16 | I16 | F16 => 2,
            U32 | I32 | F32 => 4,
            U64 | I64 | F64 => 8,
        }
    }

    /// Bytes of a number in the memory that [`Self::zeros`] makes.
    pub(in crate::io) fn width_in_memory(self) -> usize {
        match self.kind {
            NumberKind::U8 | NumberKind::Bool => 1,
            _ if self.is_double() => 8,
            _ => 4,
        }
    }

    /// Single precision does not hold them exactly.
    fn is_double(self) -> bool {
        use NumberKind::{F64, I32, I64, U32, U64};
        matches!(self.kind, U32 | I32 | U64 | I64 | F64)
    }

    /// Room for `samples` of `n` numbers.
    pub(in crate::io) fn zeros(self, n: usize, samples: usize) -> Numbers {
        if self.is_double() {
            Numbers::Double(Matrix::from_columns(n, samples, vec![0.0; n * samples]))
        } else if matches!(self.kind, NumberKind::U8 | NumberKind::Bool) {
            Numbers::Bytes(Matrix::from_columns(n, samples, vec![0; n * samples]))
        } else {
            Numbers::Single(Matrix::from_columns(n, samples, vec![0.0; n * samples]))
        }
    }

    /// Writes the numbers of `bytes` into `numbers`, which [`Self::zeros`] made: the k-th at `place(k)`, counted sample after
    /// sample. True is 1.
    pub(in crate::io) fn store(self, bytes: &[u8], numbers: &mut Numbers, place: impl Fn(usize) -> usize) {
        match numbers {
            Numbers::Bytes(to) => {
                let (to, is_bool) = (to.as_mut_slice(), self.kind == NumberKind::Bool);
                let byte = |byte: u8| if is_bool { u8::from(byte != 0) } else { byte };
                bytes.iter().enumerate().for_each(|(k, x)| to[place(k)] = byte(*x));
            }
            Numbers::Single(to) => {
                let to = to.as_mut_slice();
                self.each(bytes, |k, x| to[place(k)] = x as f32);
            }
            Numbers::Double(to) => {
                let to = to.as_mut_slice();
                self.each(bytes, |k, x| to[place(k)] = x);
            }
        }
    }

    /// Calls `to` with the index and value of each number of `bytes`.
    pub(in crate::io) fn each(self, bytes: &[u8], to: impl FnMut(usize, f64)) {
        let big = self.big_endian;
        match self.kind {
            NumberKind::Bool => each(bytes, big, |[byte]| f64::from(byte != 0), to),
            NumberKind::U8 => each(bytes, big, |[byte]| f64::from(byte), to),
            NumberKind::I8 => each(bytes, big, |b| f64::from(i8::from_le_bytes(b)), to),
            NumberKind::U16 => each(bytes, big, |b| f64::from(u16::from_le_bytes(b)), to),
            NumberKind::I16 => each(bytes, big, |b| f64::from(i16::from_le_bytes(b)), to),
            NumberKind::U32 => each(bytes, big, |b| f64::from(u32::from_le_bytes(b)), to),
            NumberKind::I32 => each(bytes, big, |b| f64::from(i32::from_le_bytes(b)), to),
            NumberKind::U64 => each(bytes, big, |b| u64::from_le_bytes(b) as f64, to),
            NumberKind::I64 => each(bytes, big, |b| i64::from_le_bytes(b) as f64, to),
            NumberKind::F16 => each(bytes, big, |b| half_to_f64(u16::from_le_bytes(b)), to),
            NumberKind::F32 => each(bytes, big, |b| f64::from(f32::from_le_bytes(b)), to),
            NumberKind::F64 => each(bytes, big, f64::from_le_bytes, to),
        }
    }
}

fn each<const W: usize>(bytes: &[u8], big: bool, read: impl Fn([u8; W]) -> f64, mut to: impl FnMut(usize, f64)) {
    for (k, stored) in bytes.as_chunks::<W>().0.iter().enumerate() {
        let mut stored = *stored;
        if big {
            stored.reverse();
        }
        to(k, read(stored));
    }
}

/// IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction; ±2^(e−15)·(1 + f/1024), or ±2⁻¹⁴·f/1024 where e = 0.
fn half_to_f64(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
    let size = match exponent {
        0 => fraction * 2.0_f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2.0_f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the table in IEEE 754, and the order of all positive numbers.
    #[test]
    fn half_precision_is_read_exactly() {
        let known = [
            (0x0000, 0.0),
            (0x0001, 5.960464477539063e-8),
            (0x03ff, 6.097555160522461e-5),
            (0x0400, 6.103515625e-5),
            (0x3555, 0.333251953125),
            (0x3c00, 1.0),
            (0x3c01, 1.0009765625),
            (0x7bff, 65504.0),
            (0x7c00, f64::INFINITY),
            (0xc000, -2.0),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, value) in known {
            assert_eq!(half_to_f64(bits), value, "{bits:#x}");
        }
        assert!(half_to_f64(0x8000).is_sign_negative() && half_to_f64(0x7e00).is_nan());
        assert!((0..0x7c00).all(|bits| half_to_f64(bits) < half_to_f64(bits + 1)));
    }

    #[test]
    fn a_number_goes_to_its_place() {
        let stored = StoredNumber { kind: NumberKind::I16, big_endian: true };
        let mut numbers = stored.zeros(1, 3);
        stored.store(&[0xff, 0xfe, 1, 0], &mut numbers, |k| 2 - k);
        assert_eq!(numbers, Matrix::from_columns(1, 3, vec![0.0_f32, 256.0, -2.0]).into());
        let stored = StoredNumber { kind: NumberKind::Bool, big_endian: false };
        let mut numbers = stored.zeros(3, 1);
        stored.store(&[0, 7, 1], &mut numbers, |k| k);
        assert_eq!(numbers, Matrix::from_columns(3, 1, vec![0_u8, 1, 1]).into());
    }
}
