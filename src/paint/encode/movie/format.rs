//! Formats of movies.

use super::ffmpeg::{FFMPEG, is_installed};
use std::sync::OnceLock;

/// A format of movies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovieFormat {
    /// 256 colours a picture; every viewer shows it.
    Gif,
    /// All colours; browsers show it.
    Apng,
    /// Encoded by ffmpeg.
    Mp4,
    /// A folder with a PNG file for each picture.
    Frames,
}

impl MovieFormat {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Gif, Self::Apng, Self::Mp4, Self::Frames];

    /// The name shown to the user.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gif => "GIF",
            Self::Apng => "APNG",
            Self::Mp4 => "MP4",
            Self::Frames => "PNG folder",
        }
    }

    /// The ending of file names; empty for a folder.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Apng => "apng",
            Self::Mp4 => "mp4",
            Self::Frames => "",
        }
    }

    /// The format for an ending of file names, in upper or lower case; a folder for a name without ending.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| extension.eq_ignore_ascii_case(format.extension()))
    }

    /// The reason why this computer cannot encode the format.
    pub fn refusal(self) -> Option<&'static str> {
        // Starting the program takes some milliseconds.
        static INSTALLED: OnceLock<bool> = OnceLock::new();
        (self == Self::Mp4 && !INSTALLED.get_or_init(|| is_installed(FFMPEG)))
            .then_some("MP4 needs the program ffmpeg, which is not installed; make a GIF or APNG")
    }
}
