//! What the axes of an array mean: samples, columns, rows and columns of pixels, colours.

use crate::io::file_error::FileError;

/// Pixels and colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureShape {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
}

/// The samples of an array: the first axis counts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct SampleShape {
    /// N.
    pub samples: usize,
    /// The other axes, as the file has them.
    pub axes: Vec<usize>,
    /// How a sample is a picture: row by row, the colours of a pixel side by side.
    pub picture: Option<PictureShape>,
    /// The file has a whole picture of each colour: N×C×H×W.
    planar: bool,
}

/// Columns of a table: 128×128 pixels in three colours.
const MOST_COLUMNS: usize = 49_152;
/// 256×256 pixels in three colours.
const MOST_PIXELS: usize = 196_608;

impl SampleShape {
    /// Reads a shape as N, N×columns, N×H×W, N×C×H×W or N×H×W×C with C = 1 or 3. Where both of the last fit, it is
    /// that with the longer shorter side, or else the last.
    ///
    /// # Errors
    /// If it is none of these, empty, or a sample has too many numbers.
    pub(in crate::io) fn of(shape: &[usize]) -> Result<Self, FileError> {
        let picture = |height, width, channels| Some(PictureShape { height, width, channels });
        let (picture, planar) = match *shape {
            [_] | [_, _] => (None, false),
            [_, height, width] => (picture(height, width, 1), false),
            [_, a, b, c] => match (matches!(a, 1 | 3), matches!(c, 1 | 3)) {
                // Both fit: the picture whose shorter side is longer.
                (true, true) if b.min(c) > a.min(b) => (picture(b, c, a), true),
                (_, true) => (picture(a, b, c), false),
                (true, false) => (picture(b, c, a), true),
                (false, false) => return Err(strange(shape)),
            },
            _ => return Err(strange(shape)),
        };
        let axes = shape[1..].to_vec();
        let n = axes.iter().try_fold(1_usize, |n, extent| n.checked_mul(*extent)).unwrap_or(usize::MAX);
        let (most, what) = if picture.is_some() { (MOST_PIXELS, "pixels") } else { (MOST_COLUMNS, "columns") };
        if n > most {
            let what = format!("{n} {what} are more than {most}");
            return Err(FileError::new(format_args!("{what}; give fewer")));
        }
        if n == 0 || shape[0] == 0 {
            return Err(FileError::new(format_args!(
                "the array of shape {shape:?} holds no numbers; give one sample per row"
            )));
        }
        Ok(Self { samples: shape[0], axes, picture, planar })
    }

    /// `samples` rows of `n` numbers, however many.
    pub(in crate::io) fn rows(samples: usize, n: usize) -> Self {
        Self { samples, axes: vec![n], picture: None, planar: false }
    }

    /// n, the numbers of a sample.
    pub(in crate::io) fn n(&self) -> usize {
        self.axes.iter().product()
    }

    /// Where number `k` of a sample, counted in C order, goes: colours behind rows and columns.
    pub(in crate::io) fn place(&self, k: usize) -> usize {
        match self.picture {
            Some(PictureShape { height, width, channels }) if self.planar => {
                k % (height * width) * channels + k / (height * width)
            }
            _ => k,
        }
    }

    /// The index in C order of number `k` of a sample counted in Fortran order, in which the first axis varies fastest.
    pub(in crate::io) fn c_index(&self, mut k: usize) -> usize {
        let (mut index, mut stride) = (0, self.n());
        for extent in &self.axes {
            stride /= extent;
            index += k % extent * stride;
            k /= extent;
        }
        index
    }
}

fn strange(shape: &[usize]) -> FileError {
    FileError::new(format_args!(
        "the array has shape {shape:?}; give samples×columns, or for images samples×height×width, with 1 or 3 colours before or \
         behind height and width"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_tables_or_pictures() {
        let picture = |shape: &[usize]| {
            let read = SampleShape::of(shape).unwrap();
            let p = read.picture.unwrap();
            (read.n(), p.height, p.width, p.channels, read.planar)
        };
        assert_eq!(SampleShape::of(&[7]).unwrap().n(), 1);
        assert_eq!((SampleShape::of(&[7, 4]).unwrap().n(), SampleShape::of(&[7, 4]).unwrap().picture), (4, None));
        assert_eq!(picture(&[7, 4, 5]), (20, 4, 5, 1, false));
        assert_eq!(picture(&[7, 4, 5, 1]), (20, 4, 5, 1, false));
        assert_eq!(picture(&[7, 4, 5, 3]), (60, 4, 5, 3, false));
        assert_eq!(picture(&[7, 1, 4, 5]), (20, 4, 5, 1, true));
        assert_eq!(picture(&[7, 3, 4, 5]), (60, 4, 5, 3, true));
        assert_eq!(picture(&[7, 3, 4, 3]), (36, 3, 4, 3, false));
        assert_eq!(picture(&[7, 1, 4, 3]), (12, 4, 3, 1, true));
        assert_eq!(picture(&[7, 3, 2, 1]), (6, 3, 2, 1, false));
        for (shape, words) in [
            (vec![], "shape []"),
            (vec![7, 4, 4, 4], "shape [7, 4, 4, 4]"),
            (vec![7, 2, 2, 2, 3], "shape"),
            (vec![0, 4], "no numbers"),
            (vec![7, 0, 3], "no numbers"),
            (vec![7, 50_000], "50000 columns are more than 49152"),
            (vec![7, 512, 512], "262144 pixels are more than 196608"),
            (vec![7, usize::MAX, usize::MAX], "more than"),
        ] {
            let sentence = SampleShape::of(&shape).unwrap_err().to_string();
            assert!(sentence.contains(words) && !sentence.contains('\n'), "{sentence}");
        }
    }

    #[test]
    fn places_and_orders_agree_with_their_definition() {
        // Colour c of pixel (h, w) of 2×3 pixels stands at (c·2 + h)·3 + w.
        let planar = SampleShape::of(&[9, 3, 2, 4]).unwrap();
        for (c, h, w) in (0..24).map(|i| (i / 8, i / 4 % 2, i % 4)) {
            assert_eq!(planar.place((c * 2 + h) * 4 + w), (h * 4 + w) * 3 + c);
            assert_eq!(planar.c_index(c + 3 * (h + 2 * w)), (c * 2 + h) * 4 + w);
        }
    }
}
