//! Pictures: an observation or a decoding as grey or RGB pixels, and signed values in the two colours of signed maps.

use eframe::egui::{Color32, ColorImage, Context};

use crate::data::{CentreAndScale, Dataset, ObservationKind};
use crate::viz::theme::Palette;

/// The picture of height × width × channels values, row by row, the channels of a pixel beside each other. 1 channel is grey,
/// 3 are RGB. The ends of `range` are black and white; values beyond are drawn like its ends, and what is no number as black.
/// A picture with missing values is completed with black.
pub(crate) fn picture(values: &[f32], height: usize, width: usize, channels: usize, range: (f64, f64)) -> ColorImage {
    let (low, high) = range;
    let per_unit = 255.0 / (high - low).max(f64::MIN_POSITIVE);
    // The cast turns NaN into 0 and keeps within 0–255.
    let level = |value: f32| ((f64::from(value) - low) * per_unit).round() as u8;
    let pixels = values.chunks_exact(channels.max(1)).map(|pixel| match *pixel {
        [r, g, b, ..] => Color32::from_rgb(level(r), level(g), level(b)),
        [grey, ..] => Color32::from_gray(level(grey)),
        [] => Color32::BLACK,
    });
    image(pixels, height, width)
}

/// The picture of signed values: `largest` and its negative have the ends of [`Palette::signed`], 0 is paper. The channels of
/// a pixel are averaged.
pub(crate) fn signed_picture(
    values: &[f32],
    [height, width, channels]: [usize; 3],
    largest: f64,
    palette: &Palette,
) -> ColorImage {
    const STEPS: usize = 127;
    let table: Vec<Color32> = (0..=2 * STEPS).map(|k| palette.signed(k as f64 / STEPS as f64 - 1.0)).collect();
    let per_step = STEPS as f64 / largest.max(f64::MIN_POSITIVE);
    let pixels = values.chunks_exact(channels.max(1)).map(|pixel| {
        let mean = pixel.iter().map(|x| f64::from(*x)).sum::<f64>() / pixel.len() as f64;
        let step = (mean * per_step).round().clamp(-(STEPS as f64), STEPS as f64);
        table[(step + STEPS as f64) as usize]
    });
    image(pixels, height, width)
}

fn image(pixels: impl Iterator<Item = Color32>, height: usize, width: usize) -> ColorImage {
    let black = std::iter::repeat(Color32::BLACK);
    ColorImage::new([width, height], pixels.chain(black).take(width * height).collect())
}

/// The values that are black and white, the same for every picture of a dataset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum PixelRange {
    /// 0 to 1, for data within.
    Unit,
    /// 0 to 255, for whole numbers within.
    Bytes,
    /// From the 0.5 % to the 99.5 % quantile of other data.
    Quantiles(f64, f64),
}

impl PixelRange {
    /// The rule for these values, in the units of the file. What is no number is passed over.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        /// What standardising in f32 and mapping back may add, relative to the range.
        const ROUNDING: f64 = 1e-3;
        let mut sorted: Vec<f64> = values.filter(|x| x.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return Self::Unit };
        let within = |end: f64| *low >= -ROUNDING * end && *high <= (1.0 + ROUNDING) * end;
        if within(1.0) {
            Self::Unit
        } else if within(255.0) && sorted.iter().all(|x| (x - x.round()).abs() < 255.0 * ROUNDING * 0.2) {
            Self::Bytes
        } else {
            let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
            let (low, high) = (at(0.005), at(0.995));
            Self::Quantiles(low, if high > low { high } else { low + 1.0 })
        }
    }

    /// The values that are black and white.
    pub(crate) fn ends(self) -> (f64, f64) {
        match self {
            Self::Unit => (0.0, 1.0),
            Self::Bytes => (0.0, 255.0),
            Self::Quantiles(low, high) => (low, high),
        }
    }
}

/// How the observations and decodings of a dataset of images become pictures: their shape, the way back to the units of the
/// file, and one range of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PictureFormat {
    /// Rows of pixels, columns of pixels, channels.
    pub shape: [usize; 3],
    /// The range, in the units of the file.
    pub range: PixelRange,
    standard: Option<CentreAndScale>,
}

impl PictureFormat {
    /// The format for these data; `None` if they are no images. The range is that of an even sample of the held-out values.
    pub(crate) fn of(data: &Dataset) -> Option<Self> {
        const SAMPLE: usize = 65_536;
        let ObservationKind::Images { height, width, channels } = data.kind else { return None };
        let shape = [height, width, channels];
        let mut format = Self { shape, range: PixelRange::Unit, standard: data.centre_and_scale.clone() };
        let (values, n) = (data.test.observations.as_slice(), data.data_dim());
        // Multiples of the golden ratio are spread evenly over observations and pixels of any number.
        let spread = |k: usize| ((0.618_033_988_75 * k as f64).fract() * values.len() as f64) as usize;
        let places = (0..values.len().min(SAMPLE)).map(|k| if values.len() <= SAMPLE { k } else { spread(k) });
        format.range = PixelRange::of(places.map(|place| f64::from(format.original(place % n, values[place]))));
        Some(format)
    }

    /// A value of pixel value `place` in the units of the file.
    fn original(&self, place: usize, x: f32) -> f32 {
        match &self.standard {
            Some(CentreAndScale { centre, scale }) => (centre[place] + scale.of(place) * f64::from(x)) as f32,
            None => x,
        }
    }

    /// The picture of an observation or decoding (n).
    pub(crate) fn picture(&self, x: &[f32]) -> ColorImage {
        let [height, width, channels] = self.shape;
        let original: Vec<f32> = x.iter().enumerate().map(|(place, x)| self.original(place, *x)).collect();
        picture(&original, height, width, channels, self.range.ends())
    }
}

/// The picture, or a smaller one where its sides are longer than those of a texture can be.
pub(crate) fn for_texture(ctx: &Context, image: ColorImage) -> ColorImage {
    let most = ctx.input(|input| input.max_texture_side);
    if image.width().max(image.height()) <= most { image } else { shrunk(&image, most) }
}

/// A picture with at most `most` pixels a side: whole blocks of pixels averaged.
pub(crate) fn shrunk(image: &ColorImage, most: usize) -> ColorImage {
    let [width, height] = image.size;
    let block = width.max(height).div_ceil(most.max(1)).max(1);
    if block == 1 {
        return image.clone();
    }
    let [columns, rows] = [width, height].map(|side| side.div_ceil(block));
    let mean = |row: usize, column: usize| {
        let (xs, ys) = (column * block..width.min((column + 1) * block), row * block..height.min((row + 1) * block));
        let count = (xs.len() * ys.len()).max(1) as u32;
        let mut sums = [count / 2; 4];
        for pixel in ys.flat_map(|y| xs.clone().map(move |x| image.pixels[y * width + x])) {
            sums.iter_mut().zip(pixel.to_array()).for_each(|(sum, level)| *sum += u32::from(level));
        }
        let [r, g, b, a] = sums.map(|sum| (sum / count) as u8);
        Color32::from_rgba_premultiplied(r, g, b, a)
    };
    let pixels = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    ColorImage::new([columns, rows], pixels.map(|(row, column)| mean(row, column)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Table, dataset_from_table};
    use crate::linalg::Matrix;
    use eframe::egui::Theme;

    fn levels(image: &ColorImage) -> Vec<u8> {
        image.pixels.iter().map(Color32::r).collect()
    }

    #[test]
    fn values_become_pixels_row_by_row() {
        let grey = picture(&[0.0, 0.5, 1.0, 2.0, -1.0, f32::NAN], 2, 3, 1, (0.0, 1.0));
        assert_eq!((grey.size, levels(&grey)), ([3, 2], vec![0, 128, 255, 255, 0, 0]));
        let rgb = picture(&[0.0, 127.5, 255.0, 255.0, 0.0, 51.0], 1, 2, 3, (0.0, 255.0));
        assert_eq!(rgb.pixels, [Color32::from_rgb(0, 128, 255), Color32::from_rgb(255, 0, 51)]);
        assert_eq!(levels(&picture(&[1.0], 1, 2, 1, (0.0, 1.0))), [255, 0], "missing values are black");
        assert_eq!(levels(&picture(&[3.0, 3.0], 1, 2, 1, (3.0, 3.0))), [0, 0], "an empty range is no error");
    }

    #[test]
    fn signed_values_have_the_colours_of_signed_maps() {
        let palette = Palette::of_theme(Theme::Light);
        let image = signed_picture(&[-2.0, 0.0, 2.0, 9.0, f32::NAN], [1, 5, 1], 2.0, palette);
        assert_eq!(image.pixels[..4], [palette.minus, palette.paper, palette.plus, palette.plus]);
        let mean = signed_picture(&[1.0, -1.0, 0.0, 2.0, 2.0, 2.0], [1, 2, 3], 2.0, palette);
        assert_eq!(mean.pixels, [palette.paper, palette.plus]);
    }

    #[test]
    fn large_pictures_are_averaged_over_blocks() {
        let image = picture(&[0.0, 1.0, 0.5, 1.0, 0.0, 0.5], 2, 3, 1, (0.0, 1.0));
        assert_eq!(shrunk(&image, 3), image);
        let small = shrunk(&image, 2);
        assert_eq!((small.size, levels(&small)), ([2, 1], vec![128, 128]), "the last block is narrower");
    }

    #[test]
    fn the_range_follows_the_units_of_the_file() {
        assert_eq!(PixelRange::of([0.0, 0.2, 1.0].into_iter()), PixelRange::Unit);
        assert_eq!(PixelRange::of([0.0, 1.0, 17.0].into_iter()), PixelRange::Bytes);
        assert_eq!(PixelRange::of(std::iter::empty()), PixelRange::Unit);
        let normal = (0..1001).map(|k| if k == 1000 { 1e9 } else { f64::from(k) / 100.0 - 5.0 });
        let PixelRange::Quantiles(low, high) = PixelRange::of(normal) else { panic!("signed data") };
        assert!((low + 4.95).abs() < 1e-9 && (high - 4.95).abs() < 1e-9, "{low} {high}: an outlier takes no share");
    }

    /// 40 images of 2×3 bytes, standardised and drawn, are the images of the file.
    #[test]
    fn standardised_images_are_mapped_back() {
        let byte = |r: usize, c: usize| ((37 * r + 11 * c * c) % 256) as f64;
        let values = Matrix::from_fn(6, 40, byte);
        let kind = ObservationKind::Images { height: 2, width: 3, channels: 1 };
        let table = Table { kind, ..Table::new((1..=6).map(|i| format!("x{i}")).collect(), values) };
        let data = dataset_from_table(&table, 3).unwrap();
        let format = PictureFormat::of(&data).unwrap();
        assert_eq!((format.shape, format.range), ([2, 3, 1], PixelRange::Bytes));
        let [train, test] = crate::data::split_rows(40, 3);
        for (split, rows) in [(&data.train, train), (&data.test, test)] {
            for (x, row) in split.observations.iter_columns().zip(rows) {
                let expected: Vec<u8> = (0..6).map(|r| byte(r, row) as u8).collect();
                assert_eq!(levels(&format.picture(x)), expected);
            }
        }
        let points = Dataset { kind: ObservationKind::Points, ..data };
        assert_eq!(PictureFormat::of(&points), None);
    }

    /// A context without a graphics card takes 2,048 pixels a side.
    #[test]
    fn a_picture_is_no_larger_than_a_texture() {
        let ctx = Context::default();
        let of = |width, height| for_texture(&ctx, ColorImage::filled([width, height], Color32::TRANSPARENT));
        assert_eq!(of(2048, 10).size, [2048, 10]);
        assert_eq!(of(8000, 520).size, [2000, 130]);
        assert_eq!(of(1, 16_384).size, [1, 2048]);
        assert!(
            of(8000, 520).pixels.iter().all(|pixel| *pixel == Color32::TRANSPARENT),
            "what is transparent stays so"
        );
    }
}
