//! Formats of movies.

use super::ffmpeg::{FFMPEG, is_installed};
use std::sync::OnceLock;

/// A format of movies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovieFormat {
    /// 256 colours a picture; shown by everything.
    Gif,
    /// All colours; shown by browsers.
    Apng,
    /// By ffmpeg.
    Mp4,
    /// A folder with a PNG file for each picture.
    Frames,
}

impl MovieFormat {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Gif, Self::Apng, Self::Mp4, Self::Frames];

    /// The name on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gif => "GIF",
            Self::Apng => "APNG",
            Self::Mp4 => "MP4",
            Self::Frames => "PNG folder",
        }
    }

    /// How the names of its files end; that of a folder has no ending.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Apng => "apng",
            Self::Mp4 => "mp4",
            Self::Frames => "",
        }
    }

    /// The format of a file whose name ends like this, in whatever case; a name without ending is that of a folder.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| extension.eq_ignore_ascii_case(format.extension()))
    }

    /// Why it can't be made on this computer, if it can't.
    pub fn refusal(self) -> Option<&'static str> {
        // To ask the system takes some milliseconds.
        static INSTALLED: OnceLock<bool> = OnceLock::new();
        (self == Self::Mp4 && !INSTALLED.get_or_init(|| is_installed(FFMPEG)))
            .then_some("MP4 needs the program ffmpeg, which is not installed; make a GIF or APNG")
    }
}
