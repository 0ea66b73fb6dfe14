//! PNG files with text chunks, in which a figure carries its session.

use crate::paint::picture::Picture;
use eframe::egui::Color32;
use std::io::Cursor;

/// A PNG file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The picture has no pixels, or a text has a keyword that PNG does not allow.
    #[error("cannot write the picture as PNG: {0}; it needs a pixel at least, and keywords of 1 to 79 Latin letters")]
    Encode(#[from] png::EncodingError),
    /// Not a PNG file, or a damaged one.
    #[error("cannot read the picture: {0}; check that the file is a complete PNG")]
    Decode(#[from] png::DecodingError),
}

/// Pixels per metre at one pixel per point, a point being 1/72 inch.
const POINTS_PER_METRE: f32 = 72.0 / 0.0254;

/// The PNG file of a picture: eight bits a channel, with alpha only if some pixel needs it.
///
/// `pixels_per_point` sets the size at which it prints; `texts` are stored as UTF-8 (iTXt) under their keywords.
pub fn encode_png(picture: &Picture, pixels_per_point: f32, texts: &[(&str, &str)]) -> Result<Vec<u8>, PngError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width as u32, picture.height as u32);
    let opaque = picture.is_opaque();
    encoder.set_color(if opaque { png::ColorType::Rgb } else { png::ColorType::Rgba });
    encoder.set_depth(png::BitDepth::Eight);
    let density = (pixels_per_point * POINTS_PER_METRE).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: density, yppu: density, unit: png::Unit::Meter }));
    for (keyword, text) in texts {
        encoder.add_itxt_chunk((*keyword).to_owned(), (*text).to_owned())?;
    }
    let data: Vec<u8> = if opaque {
        picture.pixels.iter().flat_map(|c| [c.r(), c.g(), c.b()]).collect()
    } else {
        picture.pixels.iter().flat_map(Color32::to_srgba_unmultiplied).collect()
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&data)?;
    writer.finish()?;
    Ok(bytes)
}

/// The picture in a PNG file and its texts (of every kind: iTXt, tEXt, zTXt) as (keyword, text) in this order.
pub fn decode_png(bytes: &[u8]) -> Result<(Picture, Vec<(String, String)>), PngError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info()?;
    let size = reader.output_buffer_size().ok_or(png::DecodingError::LimitsExceeded)?;
    let mut data = vec![0; size];
    let frame = reader.next_frame(&mut data)?;
    // Text may stand after the pixels.
    reader.finish()?;
    let color = |c: &[u8]| match *c {
        [r, g, b, a] => Color32::from_rgba_unmultiplied(r, g, b, a),
        [gray, a] => Color32::from_rgba_unmultiplied(gray, gray, gray, a),
        _ => Color32::TRANSPARENT,
    };
    let pixels = data[..frame.buffer_size()].chunks_exact(frame.color_type.samples()).map(color).collect();
    let info = reader.info();
    let mut texts = Vec::new();
    for chunk in &info.utf8_text {
        texts.push((chunk.keyword.clone(), chunk.get_text()?));
    }
    for chunk in &info.uncompressed_latin1_text {
        texts.push((chunk.keyword.clone(), chunk.text.clone()));
    }
    for chunk in &info.compressed_latin1_text {
        texts.push((chunk.keyword.clone(), chunk.get_text()?));
    }
    Ok((Picture { width: frame.width as usize, height: frame.height as usize, pixels }, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(alpha: u8) -> Picture {
        let pixels = (0..35_u8).map(|k| Color32::from_rgba_unmultiplied(7 * k, 255 - 7 * k, 60, alpha)).collect();
        Picture { width: 7, height: 5, pixels }
    }

    #[test]
    fn pixels_and_texts_survive_a_round_trip() {
        let texts = [("Title", "Jᵀ J is diagonal — ε ≤ ½\nβ = 1"), ("session", "{\"seed\": 7}")];
        for alpha in [255, 128] {
            let bytes = encode_png(&picture(alpha), 2.0, &texts).unwrap();
            let (read, read_texts) = decode_png(&bytes).unwrap();
            assert_eq!((read.width, read.height), (7, 5));
            let off = |a: Color32, b: Color32| a.to_array().iter().zip(b.to_array()).any(|(x, y)| x.abs_diff(y) > 1);
            assert!(read.pixels.iter().zip(&picture(alpha).pixels).all(|(a, b)| !off(*a, *b)));
            assert_eq!(read_texts, texts.map(|(k, t)| (k.to_owned(), t.to_owned())));
            // RGB or RGBA, as the header says.
            assert_eq!(bytes[25], if alpha == 255 { 2 } else { 6 });
        }
    }

    #[test]
    fn the_density_makes_a_point_a_72nd_of_an_inch() {
        let bytes = encode_png(&picture(255), 2.0, &[]).unwrap();
        let reader = png::Decoder::new(Cursor::new(&bytes[..])).read_info().unwrap();
        // 144 pixels per inch.
        assert_eq!(reader.info().pixel_dims.unwrap().xppu, 5669);
    }

    #[test]
    fn what_png_cannot_hold_is_refused() {
        assert!(encode_png(&Picture::filled(0, 3, Color32::RED), 1.0, &[]).is_err());
        assert!(encode_png(&picture(255), 1.0, &[("", "text without a keyword")]).is_err());
        assert!(decode_png(b"GIF89a").is_err());
        let bytes = encode_png(&picture(255), 1.0, &[]).unwrap();
        assert!(decode_png(&bytes[..bytes.len() / 2]).is_err());
    }
}
