//! Markdown as blocks of pieces.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// What the destination of a link to a symbol begins with.
pub(super) const SYMBOL: &str = "symbol:";

/// The part of a text that stands by itself: a paragraph, an item, a heading, a displayed formula.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ProseBlock {
    pub(super) content: BlockContent,
    /// The number of lists around it.
    pub(super) lists: u8,
    /// The number of quotations around it.
    pub(super) quotes: u8,
    /// What stands before an item.
    pub(super) marker: Option<String>,
    /// An item, near to the one before.
    pub(super) is_near: bool,
    pub(super) heading: Option<HeadingLevel>,
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum BlockContent {
    Text(Vec<Piece>),
    Formula(String),
    Rule,
}

/// A part of a paragraph in one style.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) content: PieceContent,
    pub(super) style: PieceStyle,
    /// The number of the link that it belongs to.
    pub(super) link: Option<usize>,
}

/// What a piece holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PieceContent {
    Text(String),
    Formula(String),
    /// A new line.
    Break,
}

/// The style of a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PieceStyle {
    pub(super) is_strong: bool,
    pub(super) is_emphasised: bool,
    pub(super) is_code: bool,
}

/// What is read.
pub(super) fn events(source: &str) -> Parser<'_> {
    Parser::new_ext(source, Options::ENABLE_MATH)
}

/// The blocks of a text, and the destinations of its links.
pub(super) fn read(source: &str) -> (Vec<ProseBlock>, Vec<String>) {
    let mut reader = Reader::default();
    for event in events(source) {
        reader.take(event);
    }
    reader.end_block();
    (reader.blocks, reader.links)
}

#[derive(Default)]
struct Reader {
    blocks: Vec<ProseBlock>,
    links: Vec<String>,
    /// The block that is being read.
    pieces: Vec<Piece>,
    style: PieceStyle,
    /// How deep strong and emphasised text is nested.
    strong: u8,
    emphasised: u8,
    link: Option<usize>,
    /// The number of the next item of each open list; `None` in a list without numbers.
    lists: Vec<Option<u64>>,
    quotes: u8,
    marker: Option<String>,
    is_near: bool,
    heading: Option<HeadingLevel>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            // Nothing that is not understood is hidden.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) | Event::FootnoteReference(text) => {
                self.text(&text);
            }
            Event::Code(text) => {
                let style = PieceStyle { is_code: true, ..self.style };
                self.pieces.push(Piece { content: PieceContent::Text(text.into_string()), style, link: self.link });
            }
            Event::InlineMath(tex) => self.push(PieceContent::Formula(tex.trim().to_owned())),
            Event::DisplayMath(tex) => {
                self.end_block();
                self.block(BlockContent::Formula(tex.trim().to_owned()));
            }
            Event::SoftBreak => self.push(PieceContent::Text(" ".to_owned())),
            Event::HardBreak => self.push(PieceContent::Break),
            Event::Rule => self.block(BlockContent::Rule),
            Event::TaskListMarker(is_done) => self.text(if is_done { "☑ " } else { "☐ " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasised += 1,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.link = Some(self.links.len());
                self.links.push(dest_url.into_string());
            }
            Tag::Heading { level, .. } => {
                self.end_block();
                self.heading = Some(level);
            }
            Tag::BlockQuote(_) => {
                self.end_block();
                self.quotes += 1;
            }
            Tag::CodeBlock(_) => {
                self.end_block();
                self.style.is_code = true;
            }
            Tag::List(first) => {
                self.end_block();
                self.lists.push(first);
            }
            Tag::Item => {
                self.end_block();
                self.is_near = true;
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}.", *number - 1)
                    }
                    _ => "•".to_owned(),
                });
            }
            _ => {}
        }
        self.restyle();
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasised = self.emphasised.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.link = None,
            TagEnd::BlockQuote(_) => {
                self.end_block();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::CodeBlock => {
                // The last line ends with a break.
                self.pieces.pop_if(|piece| piece.content == PieceContent::Break);
                self.end_block();
                self.style.is_code = false;
            }
            TagEnd::List(_) => {
                self.end_block();
                self.lists.pop();
            }
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::HtmlBlock => self.end_block(),
            _ => {}
        }
        self.restyle();
    }

    fn restyle(&mut self) {
        self.style.is_strong = self.strong > 0;
        self.style.is_emphasised = self.emphasised > 0;
    }

    fn text(&mut self, text: &str) {
        if !self.style.is_code {
            return self.push(PieceContent::Text(text.to_owned()));
        }
        for line in text.split_inclusive('\n') {
            let words = line.trim_end_matches('\n');
            if !words.is_empty() {
                self.push(PieceContent::Text(words.to_owned()));
            }
            if words.len() < line.len() {
                self.push(PieceContent::Break);
            }
        }
    }

    fn push(&mut self, content: PieceContent) {
        self.pieces.push(Piece { content, style: self.style, link: self.link });
    }

    /// Ends the block that is being read, if it holds anything.
    fn end_block(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let holds = |piece: &Piece| !matches!(&piece.content, PieceContent::Text(text) if text.trim().is_empty());
        if pieces.iter().any(holds) {
            self.block(BlockContent::Text(pieces));
        }
        self.heading = None;
    }

    fn block(&mut self, content: BlockContent) {
        self.blocks.push(ProseBlock {
            content,
            lists: u8::try_from(self.lists.len()).unwrap_or(u8::MAX),
            quotes: self.quotes,
            marker: self.marker.take(),
            is_near: std::mem::take(&mut self.is_near),
            heading: self.heading,
        });
    }
}
