//! The encoder of movies. GIF and APNG repeat for ever.

use super::apng::{SharedBuffer, begin_apng};
use super::ffmpeg::{FFMPEG, Ffmpeg};
use super::format::MovieFormat;
use super::gif::{begin_gif, gif_frame};
use crate::io::provenance::KEYWORD;
use crate::io::{FileError, Staged, program};
use crate::paint::encode::png::{PngError, encode_png};
use crate::paint::picture::Picture;
use eframe::egui::Color32;
use std::io::Write;
use std::path::Path;

/// Frame rate, length and resolution of a movie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Pictures a second, 1 to 50.
    pub rate: u16,
    /// The number of pictures.
    pub count: u32,
    /// Resolution, stored as the size in print.
    pub pixels_per_point: f32,
}

/// A movie being encoded, in memory.
#[derive(Debug)]
pub struct Movie {
    pace: Pace,
    /// Pictures so far.
    made: u32,
    encoder: MovieEncoder,
}

/// The state of the encoder of a format.
enum MovieEncoder {
    Gif(gif::Encoder<Vec<u8>>),
    Apng(Box<png::Writer<SharedBuffer>>, SharedBuffer),
    /// Encoded pictures, and the session until it is stored in the first.
    Frames(Vec<Vec<u8>>, Option<String>),
    Mp4(Ffmpeg),
}

impl std::fmt::Debug for MovieEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gif(_) => "Gif",
            Self::Apng(..) => "Apng",
            Self::Frames(..) => "Frames",
            Self::Mp4(_) => "Mp4",
        })
    }
}

/// A finished movie.
#[derive(Clone, Debug, PartialEq)]
pub enum Finished {
    /// The bytes of its file.
    File(Vec<u8>),
    /// The bytes of a PNG file for each picture.
    Frames(Vec<Vec<u8>>),
}

impl Finished {
    /// Writes a temporary file, or a folder of numbered ones, that takes the name `path` when it is committed.
    ///
    /// # Errors
    /// If that is not allowed or the disk is full.
    pub fn stage(&self, path: &Path) -> Result<Staged, FileError> {
        match self {
            Self::File(bytes) => Staged::file(path, bytes),
            Self::Frames(frames) => {
                let frames = frames.iter().enumerate();
                let files =
                    frames.map(|(k, bytes)| (format!("{k:04}.png"), move |file: &mut dyn Write| file.write_all(bytes)));
                Staged::folder(path, files, is_frame)
            }
        }
    }
}

/// True for the name of a picture of a movie: a longer movie before had more of them.
fn is_frame(name: &str) -> bool {
    name.strip_suffix(".png").is_some_and(|number| number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Duration of picture `k` of a GIF in hundredths of a second. GIF has no finer times, so some pictures stand longer than others,
/// and all together as long as they should.
fn delay(k: u32, rate: u16) -> u16 {
    let begin = |k: u32| (200 * k + u32::from(rate)) / (2 * u32::from(rate));
    (begin(k + 1) - begin(k)) as u16
}

impl Movie {
    /// Begins a movie of pictures of `[width, height]` pixels. `session` is stored in all formats but MP4.
    ///
    /// # Errors
    /// If the format does not allow the size or the pace, or if ffmpeg is needed and not installed.
    pub fn new(
        format: MovieFormat,
        [width, height]: [usize; 2],
        pace: Pace,
        session: Option<&str>,
    ) -> Result<Self, String> {
        if !(1..=50).contains(&pace.rate) || pace.count == 0 {
            return Err("a movie has 1 to 50 pictures a second, and one at least".to_owned());
        }
        if let Some(reason) = format.refusal() {
            return Err(reason.to_owned());
        }
        let encoder = match format {
            MovieFormat::Gif => MovieEncoder::Gif(begin_gif(width, height, session)?),
            MovieFormat::Apng => {
                let buffer = SharedBuffer::default();
                let writer = begin_apng(buffer.clone(), [width, height], pace.count, pace.rate, session)
                    .map_err(|e| PngError::Encode(e).to_string())?;
                MovieEncoder::Apng(Box::new(writer), buffer)
            }
            MovieFormat::Frames => MovieEncoder::Frames(Vec::new(), session.map(str::to_owned)),
            MovieFormat::Mp4 => MovieEncoder::Mp4(Ffmpeg::start(FFMPEG, pace.rate)?),
        };
        Ok(Self { pace, made: 0, encoder })
    }

    /// Appends a picture of the size of the movie.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn push(&mut self, picture: &Picture) -> Result<(), String> {
        let pixels = || picture.pixels.iter().flat_map(Color32::to_srgba_unmultiplied).collect::<Vec<u8>>();
        match &mut self.encoder {
            MovieEncoder::Gif(encoder) => {
                let mut frame = gif_frame(picture);
                frame.delay = delay(self.made, self.pace.rate);
                self.made += 1;
                encoder.write_frame(&frame).map_err(|e| format!("the picture cannot be written as GIF ({e})"))
            }
            MovieEncoder::Apng(writer, _) => {
                writer.write_image_data(&pixels()).map_err(|e| PngError::Encode(e).to_string())
            }
            MovieEncoder::Frames(frames, session) => {
                let program = program();
                let session = session.take();
                let mut texts = vec![("Software", program.as_str())];
                texts.extend(session.as_deref().map(|session| (KEYWORD, session)));
                frames.push(encode_png(picture, self.pace.pixels_per_point, &texts).map_err(|e| e.to_string())?);
                Ok(())
            }
            MovieEncoder::Mp4(ffmpeg) => {
                let bytes = encode_png(picture, self.pace.pixels_per_point, &[]).map_err(|e| e.to_string())?;
                ffmpeg.push(&bytes)
            }
        }
    }

    /// Ends the movie.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn finish(self) -> Result<Finished, String> {
        match self.encoder {
            MovieEncoder::Gif(encoder) => {
                encoder.into_inner().map(Finished::File).map_err(|e| format!("the GIF cannot be finished ({e})"))
            }
            MovieEncoder::Apng(writer, buffer) => {
                writer.finish().map_err(|e| PngError::Encode(e).to_string())?;
                Ok(Finished::File(buffer.take()))
            }
            MovieEncoder::Frames(frames, _) => Ok(Finished::Frames(frames)),
            MovieEncoder::Mp4(mut ffmpeg) => ffmpeg.finish().map(Finished::File),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::session_in;

    /// Pictures that differ, with more colours than a GIF has.
    fn picture(k: usize) -> Picture {
        let pixels = (0..40 * 30).map(|i| Color32::from_rgb((i % 251) as u8, (i / 7) as u8, (60 * k) as u8)).collect();
        Picture { width: 40, height: 30, pixels }
    }

    fn movie(format: MovieFormat, session: Option<&str>) -> Finished {
        let pace = Pace { rate: 20, count: 3, pixels_per_point: 1.0 };
        let mut movie = Movie::new(format, [40, 30], pace, session).unwrap();
        (0..3).for_each(|k| movie.push(&picture(k)).unwrap());
        movie.finish().unwrap()
    }

    #[test]
    fn a_gif_lasts_as_long_as_it_should() {
        for rate in 1..=50 {
            let delays: Vec<u16> = (0..10 * u32::from(rate)).map(|k| delay(k, rate)).collect();
            assert_eq!(delays.iter().sum::<u16>(), 1000, "{rate} pictures a second");
            assert!(delays.iter().all(|d| d.abs_diff(100 / rate) <= 1), "{rate}: {delays:?}");
        }
    }

    #[test]
    fn a_gif_holds_its_pictures_and_repeats() {
        let Finished::File(bytes) = movie(MovieFormat::Gif, None) else { panic!("a GIF is a file") };
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(&bytes[..]).unwrap();
        assert_eq!(decoder.repeat(), gif::Repeat::Infinite);
        let mut count = 0;
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            assert_eq!((frame.width, frame.height, frame.delay), (40, 30, 5));
            let picture = picture(count);
            let errors = frame.buffer.chunks(4).zip(&picture.pixels).map(|(a, b)| a[2].abs_diff(b.b()));
            assert!(errors.max() < Some(40), "picture {count} has other colours");
            count += 1;
        }
        assert_eq!(count, 3);
    }

    #[test]
    fn an_apng_is_exact_and_repeats() {
        let Finished::File(bytes) = movie(MovieFormat::Apng, None) else { panic!("an APNG is a file") };
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let control = *reader.info().animation_control().unwrap();
        assert_eq!((control.num_frames, control.num_plays), (3, 0));
        for k in 0..3 {
            let mut data = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut data).unwrap();
            assert!(data.chunks(4).zip(&picture(k).pixels).all(|(a, b)| a == b.to_array()));
            assert_eq!(reader.info().frame_control().unwrap().delay_den, 20);
        }
    }

    #[test]
    fn an_mp4_is_one_piece_with_its_table_first() {
        if MovieFormat::Mp4.refusal().is_some() {
            // Without ffmpeg there is none.
            return;
        }
        let Finished::File(bytes) = movie(MovieFormat::Mp4, None) else { panic!("an MP4 is a file") };
        // Each box begins with its length and its name.
        let (mut boxes, mut rest) = (Vec::new(), &bytes[..]);
        while let Some((head, _)) = rest.split_first_chunk::<8>() {
            let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
            boxes.push(String::from_utf8_lossy(&head[4..]).into_owned());
            rest = &rest[length.clamp(8, rest.len())..];
        }
        assert_eq!(boxes.iter().filter(|name| *name == "moov").count(), 1, "{boxes:?}");
        let place = |name: &str| boxes.iter().position(|other| other == name);
        assert!(place("moof").is_none() && place("moov") < place("mdat"), "{boxes:?}");
    }

    #[test]
    fn movies_carry_their_session() {
        let session = format!("{{\"format\":\"unpick session\",\"schema\":9,\"note\":\"{}\"}}", "ε".repeat(400));
        let found = |bytes: &[u8]| session_in(bytes).unwrap_err().to_string().contains("schema 9");
        for format in [MovieFormat::Gif, MovieFormat::Apng] {
            let Finished::File(bytes) = movie(format, Some(&session)) else { panic!("{format:?} is a file") };
            assert!(found(&bytes), "{format:?}");
        }
        let Finished::Frames(frames) = movie(MovieFormat::Frames, Some(&session)) else { panic!("frames are files") };
        assert_eq!(frames.iter().map(|frame| found(frame)).collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn what_no_movie_can_be_is_refused() {
        let pace = Pace { rate: 20, count: 3, pixels_per_point: 1.0 };
        assert!(Movie::new(MovieFormat::Gif, [70_000, 3], pace, None).is_err());
        assert!(Movie::new(MovieFormat::Gif, [7, 3], Pace { rate: 0, ..pace }, None).is_err());
        assert!(Movie::new(MovieFormat::Apng, [0, 3], pace, None).is_err());
    }
}
