//! The orientation that a camera writes beside the pixels of a JPEG (Exif 2.3, tag 0x0112), and pixels turned by it.

/// Rotation and mirroring of a picture: 1 to 8, where 1 is as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Orientation(u16);

impl Orientation {
    /// The orientation in Exif data, which are a TIFF file; as stored if they have none.
    pub(super) fn of(exif: Option<&[u8]>) -> Self {
        Self(exif.and_then(tag).filter(|value| (1..=8).contains(value)).unwrap_or(1))
    }

    /// True if height and width change places.
    pub(super) fn is_transposed(self) -> bool {
        self.0 >= 5
    }

    /// Pixels of `channels` bytes, stored with this height and width, as they are to be seen.
    pub(super) fn applied(self, pixels: Vec<u8>, (height, width): (usize, usize), channels: usize) -> Vec<u8> {
        if self.0 == 1 {
            return pixels;
        }
        let (rows, columns) = if self.is_transposed() { (width, height) } else { (height, width) };
        let (bottom, right) = (height.saturating_sub(1), width.saturating_sub(1));
        let mut seen = Vec::with_capacity(pixels.len());
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let (y, x) = match self.0 {
                2 => (row, right - column),
                3 => (bottom - row, right - column),
                4 => (bottom - row, column),
                5 => (column, row),
                6 => (bottom - column, row),
                7 => (bottom - column, right - row),
                8 => (column, right - row),
                _ => (row, column),
            };
            seen.extend_from_slice(&pixels[(y * width + x) * channels..][..channels]);
        }
        seen
    }
}

/// The value of the tag of the orientation in the first directory of a TIFF file.
fn tag(tiff: &[u8]) -> Option<u16> {
    const ORIENTATION: u16 = 0x0112;
    let is_big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = [*tiff.get(at)?, *tiff.get(at.checked_add(1)?)?];
        Some(if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| {
        let (first, second) = (usize::from(short(at)?), usize::from(short(at + 2)?));
        Some(if is_big { first << 16 | second } else { second << 16 | first })
    };
    let directory = long(4)?;
    let mut entries = (0..usize::from(short(directory)?)).map(|i| directory + 2 + 12 * i);
    // The value of a short stands where longer ones have their place.
    entries.find(|entry| short(*entry) == Some(ORIENTATION)).and_then(|entry| short(entry + 8))
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Exif data with a width and this orientation, in either order of bytes.
    pub(in crate::io::format) fn exif(orientation: u16, is_big: bool) -> Vec<u8> {
        let short = |x: u16| if is_big { x.to_be_bytes() } else { x.to_le_bytes() };
        let long = |x: u32| if is_big { x.to_be_bytes() } else { x.to_le_bytes() };
        let mut bytes = if is_big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        bytes.extend(long(8));
        bytes.extend(short(2));
        for (tag, value) in [(0x0100, 9), (0x0112, orientation)] {
            bytes.extend(short(tag));
            bytes.extend(short(3));
            bytes.extend(long(1));
            bytes.extend(short(value));
            bytes.extend(short(0));
        }
        bytes.extend(long(0));
        bytes
    }

    #[test]
    fn every_orientation_is_read_and_applied() {
        // Two rows of three pixels, as stored.
        let stored = vec![1, 2, 3, 4, 5, 6];
        for (orientation, seen) in [
            (1, [1, 2, 3, 4, 5, 6]),
            (2, [3, 2, 1, 6, 5, 4]),
            (3, [6, 5, 4, 3, 2, 1]),
            (4, [4, 5, 6, 1, 2, 3]),
            (5, [1, 4, 2, 5, 3, 6]),
            (6, [4, 1, 5, 2, 6, 3]),
            (7, [6, 3, 5, 2, 4, 1]),
            (8, [3, 6, 2, 5, 1, 4]),
        ] {
            for is_big in [false, true] {
                let found = Orientation::of(Some(&exif(orientation, is_big)));
                assert_eq!(found.applied(stored.clone(), (2, 3), 1), seen, "{orientation}");
            }
        }
        let rgb = Orientation(6).applied(vec![1, 1, 1, 2, 2, 2], (2, 1), 3);
        assert_eq!(rgb, [2, 2, 2, 1, 1, 1]);
        for none in [None, Some(&b"II*\0"[..]), Some(&exif(9, true)), Some(b"text")] {
            assert_eq!(Orientation::of(none), Orientation(1));
        }
    }

    proptest! {
        #[test]
        fn damaged_exif_never_panics(place in 0_usize..40, value in any::<u8>(), length in 0_usize..40) {
            let mut bytes = exif(6, false);
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            prop_assert!((1..=8).contains(&Orientation::of(Some(&bytes)).0));
            bytes.truncate(length);
            prop_assert!((1..=8).contains(&Orientation::of(Some(&bytes)).0));
        }
    }
}
