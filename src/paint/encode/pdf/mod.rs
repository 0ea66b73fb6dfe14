//! egui's shapes as a PDF file of one page: vectors, embedded fonts, and text that can be selected and searched.
//!
//! The same shapes give the same bytes.

pub(in crate::paint) mod document;
pub(in crate::paint) mod options;

mod deflate;
mod fonts;
mod image;
mod page;
mod path;
