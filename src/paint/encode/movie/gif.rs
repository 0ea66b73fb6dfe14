//! GIF: 256 colours a picture.

use crate::paint::picture::Picture;
use eframe::egui::Color32;

/// Begins a GIF that repeats for ever. `session` is stored as a comment.
pub(super) fn begin_gif(width: usize, height: usize, session: Option<&str>) -> Result<gif::Encoder<Vec<u8>>, String> {
    let [Ok(width), Ok(height)] = [width, height].map(u16::try_from) else {
        return Err("a GIF has at most 65535 pixels a side".to_owned());
    };
    let begin = || {
        let mut encoder = gif::Encoder::new(Vec::new(), width, height, &[])?;
        encoder.set_repeat(gif::Repeat::Infinite)?;
        if let Some(session) = session {
            let blocks: Vec<&[u8]> = session.as_bytes().chunks(255).collect();
            encoder.write_raw_extension(gif::Extension::Comment.into(), &blocks)?;
        }
        Ok(encoder)
    };
    begin().map_err(|e: gif::EncodingError| format!("the GIF cannot be begun ({e})"))
}

/// A picture in 256 colours. Pixels of less than half opacity become transparent, and then the picture is cleared
/// before the next one.
pub(super) fn gif_frame(picture: &Picture) -> gif::Frame<'static> {
    let shown = |color: &Color32| if color.a() < 128 { [0; 4] } else { color.to_srgba_unmultiplied() };
    let mut pixels: Vec<u8> = picture.pixels.iter().flat_map(shown).collect();
    let mut frame = gif::Frame::from_rgba_speed(picture.width as u16, picture.height as u16, &mut pixels, 10);
    if frame.transparent.is_some() {
        frame.dispose = gif::DisposalMethod::Background;
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture with more colours than a GIF has.
    fn picture() -> Picture {
        let pixels = (0..40 * 30).map(|i| Color32::from_rgb((i % 251) as u8, (i / 7) as u8, 0)).collect();
        Picture { width: 40, height: 30, pixels }
    }

    #[test]
    fn what_is_left_out_of_a_gif_shows_nothing_of_the_picture_before() {
        let mut picture = picture();
        picture.pixels[7] = Color32::from_black_alpha(90);
        picture.pixels[8] = Color32::from_black_alpha(190);
        let frame = gif_frame(&picture);
        assert_eq!(frame.dispose, gif::DisposalMethod::Background);
        assert_eq!([7, 8].map(|k| Some(frame.buffer[k]) == frame.transparent), [true, false]);
        assert_eq!(gif_frame(&self::picture()).transparent, None);
    }
}
