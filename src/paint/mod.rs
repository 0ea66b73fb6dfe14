//! Pictures without a screen: two CPU rasterisers, PNG, SVG, PDF and movies.
//!
//! * [`Offscreen`] runs a user interface without a window and paints it with [`Rasterizer`]: the same picture on every
//!   machine, at any resolution, without display or GPU.
//! * [`render`] draws a [`Scene3`] seen by a [`Camera`] with exact per-pixel transparency.
//! * [`encode_png`] and [`to_svg`] turn pictures and shapes into files.
//!
//! All colours are [`Color32`](eframe::egui::Color32): premultiplied, blended in gamma space as egui does. Sizes are in
//! points unless they are called pixels.

mod bands;
mod bounds;
mod camera;
mod dash;
mod ffmpeg;
mod figure;
mod fragments;
mod layer;
mod lighting;
mod movie;
mod offscreen;
mod pdf;
mod picture;
mod png;
mod primitives;
mod scan;
mod scene3;
mod svg;
mod texture;
mod tile;
mod tiles;
mod triangles;
mod vec3;
mod worker;

pub use bounds::Bounds;
pub use camera::{Camera, Projector};
pub use figure::{Format, encode_figure};
pub use fragments::{Frame, render};
pub use layer::Layer;
pub use movie::{Finished, Movie, MovieFormat, Pace};
pub use offscreen::{Canvas, Offscreen};
pub use pdf::{PdfOptions, to_pdf};
pub use picture::Picture;
pub use png::{PngError, decode_png, encode_png};
pub use scene3::{Arrow, Cloud, CloudPoint, Curve, Scene3, Surface};
pub use svg::{SvgOptions, to_svg};
pub use triangles::Rasterizer;
pub use worker::Worker;
