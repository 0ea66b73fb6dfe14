//! A picture in memory.

use eframe::egui::{Color32, ColorImage};

/// Pixels row by row from the top, premultiplied, in gamma space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width · height` colours.
    pub pixels: Vec<Color32>,
}

impl Picture {
    /// A picture filled with one colour.
    pub fn filled(width: usize, height: usize, color: Color32) -> Self {
        Self { width, height, pixels: vec![color; width * height] }
    }

    /// The colour of a pixel; transparent outside the picture.
    pub fn get(&self, x: usize, y: usize) -> Color32 {
        let inside = x < self.width && y < self.height;
        if inside { self.pixels[y * self.width + x] } else { Color32::TRANSPARENT }
    }

    /// True if every pixel is opaque.
    pub fn is_opaque(&self) -> bool {
        self.pixels.iter().all(Color32::is_opaque)
    }
}

impl From<Picture> for ColorImage {
    fn from(picture: Picture) -> Self {
        Self::new([picture.width, picture.height], picture.pixels)
    }
}

impl From<ColorImage> for Picture {
    fn from(image: ColorImage) -> Self {
        let [width, height] = image.size;
        Self { width, height, pixels: image.pixels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_becomes_an_image_and_back() {
        let mut picture = Picture::filled(3, 2, Color32::RED);
        assert!(picture.is_opaque());
        picture.pixels[5] = Color32::from_rgba_premultiplied(1, 2, 3, 4);
        assert!(!picture.is_opaque());
        assert_eq!((picture.get(2, 1).a(), picture.get(3, 1)), (4, Color32::TRANSPARENT));
        assert_eq!(Picture::from(ColorImage::from(picture.clone())), picture);
    }
}
