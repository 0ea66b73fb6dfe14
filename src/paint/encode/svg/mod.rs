//! egui's shapes as an SVG file.
//!
//! Lines, areas and text stay vectors, so a figure can be edited and its text selected. The same shapes give the same
//! bytes.

pub(in crate::paint) mod document;

mod image;
mod layers;
pub(in crate::paint) mod markup;
mod path;
mod text;
mod writer;

#[cfg(test)]
mod tests;
