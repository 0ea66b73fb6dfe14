//! Encoders: a frame of a user interface as an SVG, PDF or PNG file, and pictures as a movie.
//!
//! `walker` walks egui's shapes once for both vector formats. It decides which shapes stay vectors and leaves the
//! others (shaded triangles, shadows, colour gradients along lines, large point clouds) to the CPU rasteriser; a
//! `backend` writes them.

pub(super) mod figure;
pub(super) mod glyph_outline;
pub(super) mod movie;
pub(super) mod pdf;
pub(super) mod png;
pub(super) mod svg;

mod backend;
mod mesh;
mod quad;
mod raster_queue;
mod text;
mod walker;
