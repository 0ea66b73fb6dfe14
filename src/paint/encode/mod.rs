//! Encoders: a frame of a user interface as an SVG, PDF or PNG file, and pictures as a movie.

pub(super) mod figure;
pub(super) mod movie;
pub(super) mod pdf;
pub(super) mod png;
pub(super) mod svg;
