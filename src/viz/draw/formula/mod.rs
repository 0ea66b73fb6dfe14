//! Formulas in TeX, typeset by RaTeX as KaTeX does and drawn as shapes of egui: glyphs, bars and areas in the colour of the theme, as sharp
//! as text at any zoom and in every figure.
//!
//! A part of a formula that names a symbol is marked in the source as `\htmlClass{J}{…}`: [`formula`](widget::formula) tells which symbol the
//! pointer is on, and emphasises the one that it is asked to. Other colours of the source are not shown.

pub mod typeset;
pub mod widget;

mod area;
pub(in crate::viz::draw) mod linked;
pub(in crate::viz::draw) mod paint;
pub(in crate::viz::draw) mod svg;
mod symbols;

#[cfg(test)]
mod tests;
