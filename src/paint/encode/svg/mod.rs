//! egui's shapes as an SVG file.
//!
//! Lines, areas and text stay vectors, so a figure can be edited and its text selected. The same shapes give the same bytes.

pub(in crate::paint) mod document;
pub(super) mod mesh;
pub(super) mod text;
pub(super) mod writer;

mod markup;
