//! Textures and how they are sampled.

use eframe::egui::epaint::textures::{TextureFilter, TextureOptions, TextureWrapMode};
use eframe::egui::epaint::{ColorImage, ImageData, ImageDelta};
use eframe::egui::{Color32, Rect};
use std::sync::Arc;

/// An image with its rules for sampling. Mipmaps are not made: a texture drawn much smaller than it is aliases.
#[derive(Clone, Debug)]
pub(crate) struct Texture {
    image: Arc<ColorImage>,
    options: TextureOptions,
}

/// A colour as four integers 0–255, premultiplied.
pub(crate) type Texel = [u32; 4];

impl Texture {
    /// A new texture; `None` for an image without pixels.
    pub(crate) fn new(delta: &ImageDelta) -> Option<Self> {
        let ImageData::Color(image) = &delta.image;
        let [width, height] = image.size;
        let valid = width > 0 && height > 0 && image.pixels.len() == width * height;
        valid.then(|| Self { image: Arc::clone(image), options: delta.options })
    }

    /// Replaces the part of the texture whose upper left corner is `[left, top]`, as far as it lies inside.
    pub(crate) fn replace(&mut self, [left, top]: [usize; 2], part: &ColorImage) {
        let [width, height] = self.image.size;
        let (columns, rows) =
            (part.size[0].min(width.saturating_sub(left)), part.size[1].min(height.saturating_sub(top)));
        if columns == 0 {
            return;
        }
        let pixels = &mut Arc::make_mut(&mut self.image).pixels;
        for (row, source) in part.pixels.chunks_exact(part.size[0]).take(rows).enumerate() {
            let start = (top + row) * width + left;
            pixels[start..start + columns].copy_from_slice(&source[..columns]);
        }
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> [usize; 2] {
        self.image.size
    }

    /// The filter for drawing the texture larger than it is.
    pub(crate) fn magnification(&self) -> TextureFilter {
        self.options.magnification
    }

    /// The filter for drawing the texture where a pixel covers so many texels.
    pub(crate) fn filter(&self, texels_per_pixel: f32) -> TextureFilter {
        if texels_per_pixel > 1.0 { self.options.minification } else { self.options.magnification }
    }

    /// The texels under a rectangle of texture coordinates, rounded to whole texels.
    pub(crate) fn crop(&self, uv: Rect) -> ColorImage {
        let [width, height] = self.image.size;
        let bound = |v: f32, n: usize| (v * n as f32).round().clamp(0.0, n as f32) as usize;
        let (x0, x1) = (bound(uv.min.x, width), bound(uv.max.x, width));
        let (y0, y1) = (bound(uv.min.y, height), bound(uv.max.y, height));
        let rows = self.image.pixels.chunks_exact(width).take(y1).skip(y0);
        let pixels: Vec<Color32> = rows.flat_map(|row| row[x0..x1.max(x0)].iter().copied()).collect();
        ColorImage::new([x1.saturating_sub(x0), y1.saturating_sub(y0)], pixels)
    }

    /// The colour at texture coordinates (0–1 over the image), between texels to 1/256.
    pub(crate) fn sample(&self, [u, v]: [f32; 2], filter: TextureFilter) -> Texel {
        let [width, height] = self.image.size;
        let (x, y) = (u * width as f32, v * height as f32);
        if filter == TextureFilter::Nearest {
            return self.texel(x.floor() as i64, y.floor() as i64);
        }
        let (x, y) = (((x - 0.5) * 256.0).round() as i64, ((y - 0.5) * 256.0).round() as i64);
        let (column, row) = (x >> 8, y >> 8);
        let (fx, fy) = ((x & 255) as u32, (y & 255) as u32);
        let first = self.texel(column, row);
        // Text and images at their own size fall on texel centres.
        if fx == 0 && fy == 0 {
            return first;
        }
        let (right, below) = (self.texel(column + 1, row), self.texel(column, row + 1));
        let last = self.texel(column + 1, row + 1);
        std::array::from_fn(|k| {
            let upper = first[k] * (256 - fx) + right[k] * fx;
            let lower = below[k] * (256 - fx) + last[k] * fx;
            (upper * (256 - fy) + lower * fy + 32768) >> 16
        })
    }

    fn texel(&self, column: i64, row: i64) -> Texel {
        let [width, height] = self.image.size;
        let mode = self.options.wrap_mode;
        self.image.pixels[wrap(row, height, mode) * width + wrap(column, width, mode)].to_array().map(u32::from)
    }
}

fn wrap(index: i64, size: usize, mode: TextureWrapMode) -> usize {
    let n = i64::try_from(size).unwrap_or(i64::MAX);
    let wrapped = match mode {
        TextureWrapMode::ClampToEdge => index.clamp(0, n - 1),
        TextureWrapMode::Repeat => index.rem_euclid(n),
        TextureWrapMode::MirroredRepeat => {
            let k = index.rem_euclid(2 * n);
            k.min(2 * n - 1 - k)
        }
    };
    wrapped as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texture(options: TextureOptions) -> Texture {
        let gray = |k: u8| Color32::from_gray(k);
        let image = ColorImage::new([3, 2], vec![gray(0), gray(100), gray(200), gray(10), gray(110), gray(210)]);
        Texture::new(&ImageDelta::full(image, options)).unwrap()
    }

    #[test]
    fn linear_filtering_mixes_the_four_neighbours() {
        let t = texture(TextureOptions::LINEAR);
        assert_eq!(t.sample([0.5 / 3.0, 0.25], TextureFilter::Linear)[0], 0);
        assert_eq!(t.sample([1.0 / 3.0, 0.25], TextureFilter::Linear)[0], 50);
        assert_eq!(t.sample([1.0 / 3.0, 0.5], TextureFilter::Linear)[0], 55);
        assert_eq!(t.sample([1.0 / 3.0, 0.5], TextureFilter::Linear)[3], 255);
    }

    #[test]
    fn outside_the_image_the_wrap_mode_decides() {
        let at = |options, column: i64| {
            texture(options).sample([(column as f32 + 0.5) / 3.0, 0.25], TextureFilter::Nearest)[0]
        };
        let row = |options| [-2, -1, 0, 3, 4].map(|c| at(options, c));
        assert_eq!(row(TextureOptions::NEAREST), [0, 0, 0, 200, 200]);
        assert_eq!(row(TextureOptions::NEAREST_REPEAT), [100, 200, 0, 0, 100]);
        assert_eq!(row(TextureOptions::NEAREST_MIRRORED_REPEAT), [100, 0, 0, 200, 100]);
    }

    #[test]
    fn a_part_is_replaced_as_far_as_it_fits() {
        let mut t = texture(TextureOptions::NEAREST);
        t.replace([2, 1], &ColorImage::filled([5, 5], Color32::from_gray(7)));
        t.replace([9, 0], &ColorImage::filled([1, 1], Color32::from_gray(9)));
        let all: Vec<u8> =
            t.crop(Rect::from_min_max([0.0, 0.0].into(), [1.0, 1.0].into())).pixels.iter().map(Color32::r).collect();
        assert_eq!(all, [0, 100, 200, 10, 110, 7]);
        let right = t.crop(Rect::from_min_max([1.0 / 3.0, 0.5].into(), [1.0, 1.0].into()));
        assert_eq!((right.size, right.pixels[0].r()), ([2, 1], 110));
    }
}
