//! Prose: Markdown with formulas, drawn into a user interface or written as HTML.
//!
//! [`Prose::parse`](text::Prose::parse) reads paragraphs, headings, lists, quotations, **strong** and *emphasised* text, `keys` and code, links,
//! and formulas in TeX, `$…$` in a line and `$$…$$` on their own (see [`formula`](super::formula)). A link leads to an address of the web, to
//! a symbol (`symbol:J`) or to anything that the caller knows, such as a claim that is checked.

pub(crate) mod memory;
pub mod show;
pub mod text;

mod html;
mod layout;
mod markdown;

#[cfg(test)]
mod tests;
