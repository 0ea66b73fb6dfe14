//! Movies: GIF, APNG, MP4, and folders of PNG files.

pub(in crate::paint) mod encoder;

mod ffmpeg;
