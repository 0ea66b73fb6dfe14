//! A text that has been read.

use std::sync::{Arc, Mutex};

use super::html::html;
use super::layout::ProseLayout;
use super::markdown::{BlockContent, Piece, PieceContent, ProseBlock, read};
use crate::viz::draw::formula::linked::linked;

/// Markdown that has been read once and is drawn in every frame: see `show`.
#[derive(Debug)]
pub struct Prose {
    source: String,
    pub(super) blocks: Vec<ProseBlock>,
    links: Vec<String>,
    /// The lines at the width and size of the last frame.
    pub(super) layout: Mutex<Option<Arc<ProseLayout>>>,
}

impl Prose {
    /// Reads Markdown. Every text can be read: what is no Markdown is plain text.
    pub fn parse(source: &str) -> Self {
        let (blocks, links) = read(source);
        Self { source: source.to_owned(), blocks, links, layout: Mutex::default() }
    }

    /// The text with marks around the symbols in its formulas.
    #[must_use]
    pub(crate) fn linked(mut self) -> Self {
        for block in &mut self.blocks {
            match &mut block.content {
                BlockContent::Formula(tex) => *tex = linked(tex),
                BlockContent::Text(pieces) => {
                    for piece in pieces {
                        if let PieceContent::Formula(tex) = &mut piece.content {
                            *tex = linked(tex);
                        }
                    }
                }
                BlockContent::Rule => {}
            }
        }
        self
    }

    /// The destinations of the links, in their order.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.links.iter().map(String::as_str)
    }

    /// The destination of a link.
    pub(super) fn destination(&self, link: usize) -> &str {
        self.links.get(link).map_or("", String::as_str)
    }

    /// The sources of the formulas, in their order (see [`check_formula`](crate::viz::draw::formula::typeset::check_formula)).
    pub fn formulas(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().flat_map(|block| {
            let (own, pieces): (Option<&str>, &[Piece]) = match &block.content {
                BlockContent::Formula(tex) => (Some(tex), &[]),
                BlockContent::Text(pieces) => (None, pieces),
                BlockContent::Rule => (None, &[]),
            };
            let inline = pieces.iter().filter_map(|piece| match &piece.content {
                PieceContent::Formula(tex) => Some(tex.as_str()),
                _ => None,
            });
            own.into_iter().chain(inline)
        })
    }

    /// The same text as HTML, with the formulas as pictures of outlines in the colour of the text. A link to a claim becomes
    /// `<span class="claim" title="…">`, one to a symbol `<span class="symbol" title="…">`.
    pub fn html(&self) -> String {
        html(&self.source)
    }
}
