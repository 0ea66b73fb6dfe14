//! PNG and JPEG pictures: their size from the header, their pixels, and pixels of another size.

use std::io::{BufRead, Seek};

use png::{ColorType, Decoder, Limits, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::exif::Orientation;
use super::sample_shape::PictureShape;
use crate::data::PixelColor;
use crate::io::file_error::FileError;

/// A longer side would be a mistake, or an attack.
const MOST_SIDE: usize = 16_384;
/// 32 megapixels.
const MOST_PIXELS: usize = 1 << 25;

/// A file of one picture by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PictureEncoding {
    Png,
    Jpeg,
}

fn format(beginning: &[u8]) -> Result<PictureEncoding, FileError> {
    if beginning.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(PictureEncoding::Png)
    } else if beginning.starts_with(b"\xff\xd8\xff") {
        Ok(PictureEncoding::Jpeg)
    } else {
        Err(FileError::new("this is neither a PNG nor a JPEG picture; convert it"))
    }
}

/// True if a file that begins so is a picture.
pub(in crate::io) fn is_picture(beginning: &[u8]) -> bool {
    format(beginning).is_ok()
}

/// The size of a picture as it is to be seen and its channels, 1 or 3, from its header. No pixel is decoded.
///
/// # Errors
/// If it is neither PNG nor JPEG, broken, or too large.
pub(in crate::io) fn picture_shape(mut file: impl BufRead + Seek) -> Result<PictureShape, FileError> {
    let beginning = file.fill_buf().map_err(broken)?;
    let shape = match format(beginning)? {
        PictureEncoding::Png => {
            // Width and height stand first (PNG, 11.2.1); the decoder calls damaged what is too large for it.
            if let Some([size, ..]) = beginning.get(16..).map(|rest| rest.as_chunks::<8>().0) {
                let [width, height] =
                    [&size[..4], &size[4..]].map(|side| side.iter().fold(0, |x, b| x << 8 | usize::from(*b)));
                check_size(PictureShape { height, width, channels: 1 })?;
            }
            let reader = png_decoder(file).read_info().map_err(broken)?;
            let info = reader.info();
            let channels =
                if matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha) { 1 } else { 3 };
            PictureShape { height: info.height as usize, width: info.width as usize, channels }
        }
        PictureEncoding::Jpeg => {
            let mut decoder = jpeg_decoder(file, ColorSpace::RGB);
            decoder.decode_headers().map_err(broken)?;
            let info = decoder.info().ok_or_else(|| broken("it has no header"))?;
            let channels = if info.components == 1 { 1 } else { 3 };
            let (height, width) = (usize::from(info.height), usize::from(info.width));
            let is_transposed = Orientation::of(decoder.exif().map(Vec::as_slice)).is_transposed();
            let (height, width) = if is_transposed { (width, height) } else { (height, width) };
            PictureShape { height, width, channels }
        }
    };
    check_size(shape)?;
    Ok(shape)
}

fn check_size(PictureShape { height, width, .. }: PictureShape) -> Result<(), FileError> {
    if height > MOST_SIDE || width > MOST_SIDE || height * width > MOST_PIXELS {
        return Err(FileError::new(format_args!("a picture of {width}x{height} pixels is too large; make it smaller")));
    }
    if height == 0 || width == 0 {
        return Err(broken("it has no pixels"));
    }
    Ok(())
}

fn broken(error: impl std::fmt::Display) -> FileError {
    let error = error.to_string().replace(['\n', '\r'], " ");
    FileError::new(format_args!("the picture is damaged ({}); copy it again", error.trim_end_matches(['.', ' '])))
}

/// Text chunks and colour profiles, which may unpack to gigabytes, are passed over; checksums are compared.
fn png_decoder<R: BufRead + Seek>(file: R) -> Decoder<R> {
    let mut decoder = Decoder::new_with_limits(file, Limits { bytes: MOST_PIXELS * 4 });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.ignore_checksums(false);
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder
}

fn jpeg_decoder<R: BufRead + Seek>(file: R, colours: ColorSpace) -> JpegDecoder<R> {
    let options = DecoderOptions::default()
        // All that a header can say; the size is checked with its own sentence.
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(colours);
    JpegDecoder::new_with_options(file, options)
}

/// True if the segments of a JPEG lead to its end marker (ITU-T T.81, B.1): the decoder fills up what is cut off.
fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xff, marker, rest @ ..]) = bytes.get(at..) {
        match (*marker, rest) {
            (0xd9, _) => return true,
            // Fill bytes, and markers without a segment.
            (0xff, _) => at += 1,
            (0x01 | 0xd0..=0xd8, _) => at += 2,
            (marker, [high, low, ..]) => {
                at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
                if marker == 0xda {
                    // Pixels follow, in which 0xff stands before zero or a restart marker.
                    let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
                    let scan = bytes.get(at..).unwrap_or_default();
                    at += scan.windows(2).position(is_marker).unwrap_or(scan.len());
                }
            }
            _ => return false,
        }
    }
    false
}

/// The pixels of a picture, row by row, the channels of a pixel side by side: one byte, or three with [`PixelColor::Rgb`]. Sixteen bits
/// become eight, what is transparent becomes white, and a JPEG is turned as its Exif data say.
///
/// Grey is luma by ITU-R BT.601: .299 red + .587 green + .114 blue.
///
/// # Errors
/// If it is neither PNG nor JPEG, broken, or too large.
pub(in crate::io) fn decode_picture(bytes: &[u8], color: PixelColor) -> Result<(PictureShape, Vec<u8>), FileError> {
    let shape = picture_shape(std::io::Cursor::new(bytes))?;
    let mut orientation = Orientation::of(None);
    let (pixels, has, alpha) = match format(bytes)? {
        PictureEncoding::Png => {
            let mut reader = png_decoder(std::io::Cursor::new(bytes)).read_info().map_err(broken)?;
            let size = reader.output_buffer_size().ok_or_else(|| broken("it is too large"))?;
            let mut pixels = vec![0; size];
            reader.next_frame(&mut pixels).map_err(broken)?;
            reader.finish().map_err(broken)?;
            let (has, alpha) = match reader.output_color_type().0 {
                ColorType::Grayscale => (1, false),
                ColorType::GrayscaleAlpha => (1, true),
                ColorType::Rgba => (3, true),
                ColorType::Rgb | ColorType::Indexed => (3, false),
            };
            (pixels, has, alpha)
        }
        PictureEncoding::Jpeg => {
            if !has_end(bytes) {
                return Err(broken("it ends before its last pixel"));
            }
            let colours = if shape.channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
            let mut decoder = jpeg_decoder(std::io::Cursor::new(bytes), colours);
            let pixels = decoder.decode().map_err(broken)?;
            orientation = Orientation::of(decoder.exif().map(Vec::as_slice));
            (pixels, shape.channels, false)
        }
    };
    let pixels = if alpha { on_white(&pixels, has) } else { pixels };
    if pixels.len() != shape.height * shape.width * has {
        return Err(broken("it has another size than its header says"));
    }
    let channels = if color == PixelColor::Grey { 1 } else { 3 };
    let pixels = match (has, channels) {
        (3, 1) => pixels.as_chunks::<3>().0.iter().map(|pixel| luma(*pixel)).collect(),
        (1, 3) => pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
        _ => pixels,
    };
    let stored = if orientation.is_transposed() { (shape.width, shape.height) } else { (shape.height, shape.width) };
    Ok((PictureShape { channels, ..shape }, orientation.applied(pixels, stored, channels)))
}

/// Rounded; the weights are those of BT.601 times 2¹⁶.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 19_595 + u32::from(green) * 38_470 + u32::from(blue) * 7_471 + 0x8000) >> 16) as u8
}

/// Pixels of `channels` bytes and alpha, over white: α c + (1 − α) 255, rounded.
fn on_white(pixels: &[u8], channels: usize) -> Vec<u8> {
    let over = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u32::from(colour), u32::from(alpha));
        ((alpha * colour + (255 - alpha) * 255 + 127) / 255) as u8
    };
    let pixels = pixels.chunks_exact(channels + 1);
    pixels.flat_map(|pixel| pixel[..channels].iter().map(move |colour| over(*colour, pixel[channels]))).collect()
}

/// The picture with another height and width: each pixel is a mean weighted by a triangle that is as wide as two pixels of the coarser
/// of both pictures, so that a smaller picture forgets no pixel.
pub(in crate::io) fn resized(pixels: &[u8], from: PictureShape, height: usize, width: usize) -> Vec<u8> {
    let PictureShape { height: old_height, width: old_width, channels } = from;
    let row = old_width * channels;
    let mut tall = vec![0.0_f32; height * row];
    for (y, weights) in triangles(old_height, height).into_iter().enumerate() {
        for (from, weight) in weights {
            let source = &pixels[from * row..][..row];
            tall[y * row..][..row].iter_mut().zip(source).for_each(|(sum, x)| *sum += weight * f32::from(*x));
        }
    }
    let across = triangles(old_width, width);
    let mut done = Vec::with_capacity(height * width * channels);
    for line in tall.chunks_exact(row) {
        for weights in &across {
            for channel in 0..channels {
                let sum: f32 = weights.iter().map(|(from, weight)| weight * line[from * channels + channel]).sum();
                done.push(sum.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    done
}

/// For each of `new` pixels of a line the pixels of `old` that it is a mean of, with weights of sum 1.
fn triangles(old: usize, new: usize) -> Vec<Vec<(usize, f32)>> {
    let step = old as f64 / new as f64;
    let reach = step.max(1.0);
    let weights = |i: usize| {
        let centre = (i as f64 + 0.5) * step;
        let first = (centre - reach).floor().max(0.0) as usize;
        let last = ((centre + reach).ceil() as usize).min(old);
        let raw = (first..last).map(|k| (k, (1.0 - ((k as f64 + 0.5) - centre).abs() / reach).max(0.0)));
        let sum: f64 = raw.clone().map(|(_, weight)| weight).sum();
        raw.filter(|(_, weight)| *weight > 0.0).map(|(k, weight)| (k, (weight / sum) as f32)).collect()
    };
    (0..new).map(weights).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;
    use image::{ColorType as Colours, ExtendedColorType, ImageEncoder as _};
    use png::BitDepth;
    use proptest::prelude::*;

    fn png(width: u32, color: ColorType, depth: BitDepth, palette: Option<&[u8]>, pixels: &[u8]) -> Vec<u8> {
        let bits = color.samples() * depth as usize * width as usize;
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, (pixels.len() / bits.div_ceil(8)) as u32);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if let Some(palette) = palette {
            encoder.set_palette(palette);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(pixels).unwrap();
        drop(writer);
        bytes
    }

    fn jpeg(width: u32, height: u32, color: ExtendedColorType, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 100).write_image(pixels, width, height, color).unwrap();
        bytes
    }

    #[test]
    fn every_kind_of_png_is_read() {
        let pixels = |bytes: &[u8], color| decode_picture(bytes, color).unwrap().1;
        use PixelColor::{Grey, Rgb};
        let grey = png(2, ColorType::Grayscale, BitDepth::Eight, None, &[0, 50, 100, 255]);
        assert_eq!(
            picture_shape(std::io::Cursor::new(&grey)).unwrap(),
            PictureShape { height: 2, width: 2, channels: 1 }
        );
        assert_eq!(pixels(&grey, Grey), [0, 50, 100, 255]);
        assert_eq!(pixels(&grey, Rgb), [0, 0, 0, 50, 50, 50, 100, 100, 100, 255, 255, 255]);
        let rgb = png(2, ColorType::Rgb, BitDepth::Eight, None, &[255, 0, 0, 0, 0, 255]);
        assert_eq!(pixels(&rgb, Rgb), [255, 0, 0, 0, 0, 255]);
        // .299 · 255 and .114 · 255.
        assert_eq!(pixels(&rgb, Grey), [76, 29]);
        let half = png(1, ColorType::GrayscaleAlpha, BitDepth::Eight, None, &[100, 255, 100, 0, 0, 51]);
        assert_eq!(pixels(&half, Grey), [100, 255, 204], "over white");
        let clear = png(1, ColorType::Rgba, BitDepth::Eight, None, &[1, 2, 3, 255, 1, 2, 3, 0]);
        assert_eq!(pixels(&clear, Rgb), [1, 2, 3, 255, 255, 255]);
        let deep = png(2, ColorType::Grayscale, BitDepth::Sixteen, None, &[200, 99, 7, 255]);
        assert_eq!(pixels(&deep, Grey), [200, 7]);
        let bits = png(4, ColorType::Grayscale, BitDepth::One, None, &[0b1010_0000]);
        assert_eq!(pixels(&bits, Grey), [255, 0, 255, 0]);
        let indexed = png(2, ColorType::Indexed, BitDepth::Eight, Some(&[1, 2, 3, 9, 8, 7]), &[1, 0]);
        assert_eq!(pixels(&indexed, Rgb), [9, 8, 7, 1, 2, 3]);
    }

    /// Pictures of one colour come back as they were; JPEG rounds its coefficients, so by 1 at most at this quality.
    #[test]
    fn jpeg_is_read() {
        let grey = jpeg(9, 5, ExtendedColorType::L8, &[130; 45]);
        assert_eq!(
            picture_shape(std::io::Cursor::new(&grey)).unwrap(),
            PictureShape { height: 5, width: 9, channels: 1 }
        );
        let (shape, pixels) = decode_picture(&grey, PixelColor::Grey).unwrap();
        assert!((shape.height, shape.width, pixels.len()) == (5, 9, 45) && pixels.iter().all(|x| x.abs_diff(130) <= 1));
        let rgb = jpeg(8, 16, ExtendedColorType::Rgb8, &[200, 40, 90].repeat(128));
        let (shape, pixels) = decode_picture(&rgb, PixelColor::Rgb).unwrap();
        assert_eq!((shape.channels, pixels.len()), (3, 384));
        assert!(pixels.as_chunks::<3>().0.iter().all(|x| x.iter().zip([200, 40, 90]).all(|(x, y)| x.abs_diff(y) <= 2)));
        assert_eq!(Colours::Rgb8.channel_count(), 3);
    }

    /// As cameras do it: Exif data in the second segment.
    #[test]
    fn a_jpeg_is_turned_as_its_camera_says() {
        // The left half is dark.
        let pixels: Vec<u8> = (0..16 * 8).map(|k| if k % 16 < 8 { 10 } else { 240 }).collect();
        let plain = jpeg(16, 8, ExtendedColorType::L8, &pixels);
        let exif = [b"Exif\0\0".to_vec(), super::super::exif::tests::exif(6, true)].concat();
        let length = (exif.len() as u16 + 2).to_be_bytes();
        let turned = [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat();
        let shape = PictureShape { height: 16, width: 8, channels: 1 };
        assert_eq!(picture_shape(std::io::Cursor::new(&turned)).unwrap(), shape);
        let (found, pixels) = decode_picture(&turned, PixelColor::Grey).unwrap();
        assert_eq!(found, shape);
        // A quarter turn clockwise takes the left to the top.
        assert!(pixels[..64].iter().all(|x| *x < 20) && pixels[64..].iter().all(|x| *x > 230), "{pixels:?}");
    }

    #[test]
    fn a_picture_beyond_all_limits_is_too_large_rather_than_damaged() {
        let mut bytes = png(2, ColorType::Grayscale, BitDepth::Eight, None, &[1, 2]);
        bytes[16..20].copy_from_slice(&(1_u32 << 31).to_be_bytes());
        let sentence = decode_picture(&bytes, PixelColor::Grey).unwrap_err().to_string();
        assert!(sentence.starts_with("a picture of 2147483648x1 pixels is too large"), "{sentence}");
    }

    #[test]
    fn a_smaller_picture_is_a_mean_and_a_larger_one_a_line() {
        let shape = |height, width, channels| PictureShape { height, width, channels };
        // Triangles as wide as four old pixels: weights 1, 3, 3, 1 of 8, cut off at the edge.
        let line = [0, 80, 160, 240];
        let ends = [(3.0 * 80.0 + 160.0) / 7.0, (80.0 + 3.0 * 160.0 + 3.0 * 240.0) / 7.0].map(|x: f64| x.round() as u8);
        assert_eq!(resized(&line, shape(1, 4, 1), 1, 2), ends);
        assert_eq!(resized(&line, shape(4, 1, 1), 2, 1), ends);
        // New pixels at ¼, ¾, 5/4 … of the old ones.
        assert_eq!(resized(&[0, 100], shape(1, 2, 1), 1, 4), [0, 25, 75, 100]);
        assert_eq!(resized(&[9, 8, 7, 9, 8, 7], shape(1, 2, 3), 2, 1), [9, 8, 7, 9, 8, 7]);
        let picture: Vec<u8> = (0..60).collect();
        assert_eq!(resized(&picture, shape(4, 5, 3), 4, 5), picture);
        for (old, new) in [(7, 3), (3, 7), (5, 5), (100, 1), (1, 9)] {
            assert!(triangles(old, new).iter().all(|w| (w.iter().map(|(_, w)| w).sum::<f32>() - 1.0).abs() < 1e-6));
        }
    }

    /// A header can name any size: no pixel is allocated for it.
    #[test]
    fn a_bomb_is_refused_by_its_header() {
        let sentence = |bytes: &[u8]| decode_picture(bytes, PixelColor::Grey).unwrap_err().to_string();
        let mut bomb = png(2, ColorType::Grayscale, BitDepth::Eight, None, &[0, 50, 100, 255]);
        bomb[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        let crc = crc32fast::hash(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&crc);
        assert!(sentence(&bomb).contains("16384x16384 pixels is too large"), "{}", sentence(&bomb));
        let mut bomb = jpeg(8, 8, ExtendedColorType::L8, &[0; 64]);
        let frame = bomb.windows(2).position(|w| w == b"\xff\xc0").unwrap();
        bomb[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        assert!(!sentence(&bomb).contains('\n'));
        // A text chunk that would unpack to 100 MB.
        let text = {
            use std::io::Write as _;
            let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            (0..100).for_each(|_| packer.write_all(&vec![b'a'; 1 << 20]).unwrap());
            [b"zTXtkey\0\0".as_slice(), &packer.finish().unwrap()].concat()
        };
        let plain = png(2, ColorType::Grayscale, BitDepth::Eight, None, &[0, 50, 100, 255]);
        let length = ((text.len() - 4) as u32).to_be_bytes();
        let crc = crc32fast::hash(&text).to_be_bytes();
        let padded = [&plain[..33], &length, &text, &crc, &plain[33..]].concat();
        assert_eq!(decode_picture(&padded, PixelColor::Grey).unwrap().1, [0, 50, 100, 255]);
    }

    #[test]
    fn what_is_cut_off_has_a_sentence() {
        let picture: Vec<u8> = (0..48 * 32).map(|i| (i * 37 % 251) as u8).collect();
        for file in [
            png(48, ColorType::Grayscale, BitDepth::Eight, None, &picture),
            jpeg(48, 32, ExtendedColorType::L8, &picture),
            jpeg(16, 32, ExtendedColorType::Rgb8, &picture),
        ] {
            assert!(decode_picture(&file, PixelColor::Rgb).is_ok());
            for length in (0..file.len() - 2).step_by(5).chain(file.len() - 12..file.len() - 2) {
                let error =
                    decode_picture(&file[..length], PixelColor::Rgb).map(|(shape, _)| shape).unwrap_err().to_string();
                assert!(!error.contains('\n') && error.contains("picture"), "{length} of {}: {error}", file.len());
            }
        }
    }

    /// PNG has checksums; JPEG has none, so a flipped bit may only change pixels.
    #[test]
    fn a_flipped_bit_of_a_png_is_noticed() {
        let picture: Vec<u8> = (0..48 * 32).map(|i| (i * 37 % 251) as u8).collect();
        let file = png(48, ColorType::Grayscale, BitDepth::Eight, None, &picture);
        for at in (8..file.len()).step_by(3) {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << (at % 8);
            match decode_picture(&flipped, PixelColor::Grey) {
                Err(error) => assert!(!error.to_string().contains('\n')),
                Ok((_, pixels)) => assert_eq!(pixels, picture, "byte {at}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), which in 0..3_usize, color in any::<bool>(),
                          flips in prop::collection::vec((any::<usize>(), any::<u8>()), 1..5)) {
            let picture: Vec<u8> = (0..24 * 16).map(|i| (i * 37 % 251) as u8).collect();
            let mut file = [png(24, ColorType::Grayscale, BitDepth::Eight, None, &picture),
                            jpeg(24, 16, ExtendedColorType::L8, &picture), jpeg(8, 16, ExtendedColorType::Rgb8, &picture)][which].clone();
            for (at, byte) in flips {
                let at = at % file.len();
                file[at] = byte;
            }
            let begun = [[b"\x89PNG\r\n\x1a\n".as_slice(), b"\xff\xd8\xff\xe0"][which % 2], &bytes].concat();
            for file in [&file, &begun, &bytes] {
                let color = if color { PixelColor::Grey } else { PixelColor::Rgb };
                if let Err(error) = decode_picture(file, color) {
                    prop_assert!(!error.to_string().contains('\n'));
                }
            }
        }
    }
}
