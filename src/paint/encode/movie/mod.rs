//! Movies: GIF, APNG, MP4, and folders of PNG files.

pub(in crate::paint) mod encoder;
pub(in crate::paint) mod format;

mod apng;
mod ffmpeg;
mod gif;
