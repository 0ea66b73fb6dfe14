//! PNG and JPEG pictures: their size from the header, their pixels, and pixels of another size.

use std::io::{BufRead, Seek};

use png::{ColorType, Decoder, Limits, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::sample_shape::PictureShape;
use crate::data::PixelColor;
use crate::io::file_error::FileError;

/// A longer side would be a mistake, or an attack.
const MOST_SIDE: usize = 16_384;
/// 32 megapixels.
const MOST_PIXELS: usize = 1 << 25;

/// A file of one picture by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PictureFormat {
    Png,
    Jpeg,
}

fn format(beginning: &[u8]) -> Result<PictureFormat, FileError> {
    if beginning.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(PictureFormat::Png)
    } else if beginning.starts_with(b"\xff\xd8\xff") {
        Ok(PictureFormat::Jpeg)
    } else {
        Err(FileError::new("this is neither a PNG nor a JPEG picture; convert it"))
    }
}

/// The size of a picture and its channels, 1 or 3, from its header. No pixel is decoded.
///
/// # Errors
/// If it is neither PNG nor JPEG, broken, or too large.
pub(in crate::io) fn picture_shape(mut file: impl BufRead + Seek) -> Result<PictureShape, FileError> {
    let beginning = file.fill_buf().map_err(broken)?;
    let shape = match format(beginning)? {
        PictureFormat::Png => {
            let reader = png_decoder(file).read_info().map_err(broken)?;
            let info = reader.info();
            let channels = if matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha) { 1 } else { 3 };
            PictureShape { height: info.height as usize, width: info.width as usize, channels }
        }
        PictureFormat::Jpeg => {
            let mut decoder = jpeg_decoder(file, ColorSpace::RGB);
            decoder.decode_headers().map_err(broken)?;
            let info = decoder.info().ok_or_else(|| broken("it has no header"))?;
            let channels = if info.components == 1 { 1 } else { 3 };
            PictureShape { height: usize::from(info.height), width: usize::from(info.width), channels }
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
        .set_max_width(MOST_SIDE)
        .set_max_height(MOST_SIDE)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(colours);
    JpegDecoder::new_with_options(file, options)
}

/// The pixels of a picture, row by row, the channels of a pixel side by side: one byte, or three with [`PixelColor::Rgb`]. Sixteen bits
/// become eight, and what is transparent becomes white.
///
/// Grey is luma by ITU-R BT.601: .299 red + .587 green + .114 blue.
///
/// # Errors
/// If it is neither PNG nor JPEG, broken, or too large.
pub(in crate::io) fn decode_picture(bytes: &[u8], color: PixelColor) -> Result<(PictureShape, Vec<u8>), FileError> {
    let shape = picture_shape(std::io::Cursor::new(bytes))?;
    let (pixels, has, alpha) = match format(bytes)? {
        PictureFormat::Png => {
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
        PictureFormat::Jpeg => {
            let colours = if shape.channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
            let pixels = jpeg_decoder(std::io::Cursor::new(bytes), colours).decode().map_err(broken)?;
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
    Ok((PictureShape { channels, ..shape }, pixels))
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
