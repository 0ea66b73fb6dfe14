//! Pictures without a screen: two CPU rasterisers, and encoders for PNG, SVG, PDF and movies.
//!
//! * [`Offscreen`] runs an egui user interface without a window and paints it with [`Rasterizer`]: the same picture on
//!   every machine, at any resolution, without display or GPU.
//! * [`render`] draws a [`Scene3`] seen by a [`Camera`] with exact per-pixel transparency.
//! * [`encode_figure`] turns a frame of a user interface into a file: [`encode_png`], [`to_svg`] or [`to_pdf`].
//!   [`Movie`] encodes many pictures.
//!
//! The folders stand on the files beside them: `raster` (egui's triangles to pixels) and `scene3d` (the A-buffer) do
//! not know each other; `encode` uses `raster` for shapes that no vector format can express.
//!
//! All colours are [`Color32`](eframe::egui::Color32): premultiplied, blended in gamma space as egui does. Sizes are in
//! points unless they are called pixels.

mod encode;
mod layer;
mod outlined;
mod parallel;
mod picture;
mod raster;
mod scan;
mod scene3d;
mod system_font;
mod visible_part;
mod worker;

pub use encode::figure::{Format, encode_figure};
pub use encode::glyph_outline::GlyphOutline;
pub use encode::movie::encoder::{Finished, Movie, Pace};
pub use encode::movie::format::MovieFormat;
pub use encode::pdf::document::to_pdf;
pub use encode::pdf::options::PdfOptions;
pub use encode::png::{PngError, decode_png, encode_png};
pub use encode::svg::document::{SvgOptions, to_svg};
pub use encode::svg::markup::escape;
pub use layer::Layer;
pub use outlined::OUTLINED_FAMILY;
pub use picture::Picture;
pub use raster::canvas::Canvas;
pub use raster::offscreen::Offscreen;
pub use raster::rasterizer::Rasterizer;
pub use scene3d::bounds::Bounds;
pub use scene3d::camera::Camera;
pub use scene3d::projector::Projector;
pub use scene3d::render::{Frame, render};
pub use scene3d::scene3::{Arrow, Cloud, CloudPoint, Curve, Scene3, WireBox};
pub use scene3d::surface::Surface;
pub use system_font::system_font;
pub use visible_part::visible_part;
pub use worker::Worker;
