//! The lines of a text at a width.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, Context, FontFamily, FontId, Galley};
use pulldown_cmark::HeadingLevel;

use super::markdown::{BlockContent, Piece, PieceContent, PieceStyle, ProseBlock};
use crate::viz::draw::formula::typeset::Typeset;
use crate::viz::draw::formula::widget::{EM, LEAST_SHRINKAGE};
use crate::viz::theme::{SMALLEST_TEXT, semibold, text_metrics};

/// Space between lines beside that of the font, in text sizes.
const LEADING: f32 = 0.2;

/// The least space between an inline formula and the lines above and below, in points.
const CLEARANCE: f32 = 1.0;

/// By how much slanted letters lean over the space after them, in text sizes.
const OVERHANG: f32 = 0.12;

/// Space to both sides of code on its ground, in points.
pub(super) const CODE_MARGIN: f32 = 3.0;

/// What a layout was made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ProseSheet {
    pub(super) width: f32,
    pub(super) size: f32,
    pub(super) pixels_per_point: f32,
}

/// The lines of every block; those that hold no text have none.
#[derive(Debug)]
pub(super) struct ProseLayout {
    pub(super) sheet: ProseSheet,
    pub(super) blocks: Vec<BlockLines>,
}

/// The lines of a block.
#[derive(Debug, Default)]
pub(super) struct BlockLines {
    pub(super) runs: Vec<ProseRun>,
    pub(super) height: f32,
    /// The height of the first baseline below the top.
    pub(super) first_baseline: f32,
    /// The text as it is read aloud.
    pub(super) plain: String,
}

/// A part of a line in one style.
#[derive(Clone, Debug)]
pub(super) struct ProseRun {
    pub(super) content: RunContent,
    pub(super) style: PieceStyle,
    pub(super) link: Option<usize>,
    /// From the left edge of the block, and below its top.
    pub(super) x: f32,
    pub(super) baseline: f32,
    pub(super) width: f32,
    /// Above and below the baseline.
    pub(super) ascent: f32,
    pub(super) descent: f32,
}

/// What stands in a line.
#[derive(Clone, Debug)]
pub(super) enum RunContent {
    Text {
        text: String,
        font: FontId,
    },
    Formula {
        typeset: Arc<Typeset>,
        em: f32,
    },
    /// The source of what is no formula, and the reason.
    Broken {
        text: String,
        font: FontId,
        reason: String,
    },
}

/// The size of a heading relative to the text.
pub(super) fn heading_size(level: HeadingLevel) -> f32 {
    match level {
        HeadingLevel::H1 => 1.3,
        HeadingLevel::H2 => 1.15,
        _ => 1.0,
    }
}

impl ProseLayout {
    /// Breaks the blocks into lines; `indent` gives the left edge of a block.
    pub(super) fn new(
        ctx: &Context,
        blocks: &[ProseBlock],
        sheet: ProseSheet,
        indent: impl Fn(&ProseBlock) -> f32,
    ) -> Self {
        let lines = |block: &ProseBlock| match &block.content {
            BlockContent::Text(pieces) => {
                let size = block.heading.map_or(1.0, heading_size) * sheet.size;
                let width = (sheet.width - indent(block)).max(4.0 * size);
                LineBreaker::new(ctx, width, size, block.heading.is_some()).block(pieces)
            }
            BlockContent::Formula(_) | BlockContent::Rule => BlockLines::default(),
        };
        Self { sheet, blocks: blocks.iter().map(lines).collect() }
    }
}

/// A galley of one line in the colour that it is painted in.
pub(super) fn galley(ctx: &Context, text: &str, font: &FontId, style: PieceStyle) -> Arc<Galley> {
    let format = TextFormat { italics: style.is_emphasised, ..TextFormat::simple(font.clone(), Color32::PLACEHOLDER) };
    let job = LayoutJob {
        keep_trailing_whitespace: true,
        round_output_to_gui: false,
        ..LayoutJob::single_section(text.to_owned(), format)
    };
    ctx.fonts_mut(|fonts| fonts.layout_job(job))
}

struct LineBreaker<'a> {
    ctx: &'a Context,
    width: f32,
    size: f32,
    is_heading: bool,
    ascent: f32,
    descent: f32,
    lines: Vec<Vec<ProseRun>>,
    /// The end of the last line.
    x: f32,
}

impl<'a> LineBreaker<'a> {
    fn new(ctx: &'a Context, width: f32, size: f32, is_heading: bool) -> Self {
        let (ascent, height) = text_metrics(ctx, size);
        Self { ctx, width, size, is_heading, ascent, descent: height - ascent, lines: vec![Vec::new()], x: 0.0 }
    }

    fn font(&self, style: PieceStyle) -> FontId {
        if style.is_code {
            return FontId::monospace((0.92 * self.size).max(SMALLEST_TEXT));
        }
        let is_strong = style.is_strong || self.is_heading;
        FontId::new(self.size, if is_strong { semibold() } else { FontFamily::Proportional })
    }

    fn text_width(&self, text: &str, font: &FontId, style: PieceStyle) -> f32 {
        galley(self.ctx, text, font, style).size().x + if style.is_code { 2.0 * CODE_MARGIN } else { 0.0 }
    }

    fn block(mut self, pieces: &[Piece]) -> BlockLines {
        // Words that stick to each other, since no space is between them.
        let mut word: Vec<ProseRun> = Vec::new();
        let mut space: Option<PieceStyle> = None;
        let mut plain = String::new();
        for piece in pieces {
            match &piece.content {
                PieceContent::Break => {
                    self.put(std::mem::take(&mut word), space.take());
                    self.lines.push(Vec::new());
                    self.x = 0.0;
                    plain.push('\n');
                }
                PieceContent::Formula(tex) => {
                    let run = self.formula(tex, piece);
                    plain.push_str(match &run.content {
                        RunContent::Formula { typeset, .. } => &typeset.plain,
                        RunContent::Text { text, .. } | RunContent::Broken { text, .. } => text,
                    });
                    word.push(run);
                }
                PieceContent::Text(text) if piece.style.is_code => {
                    plain.push_str(text);
                    self.text(text, piece, &mut word);
                }
                PieceContent::Text(text) => {
                    plain.push_str(text);
                    for (k, part) in text.split(char::is_whitespace).enumerate() {
                        if k > 0 {
                            self.put(std::mem::take(&mut word), space.take());
                            space = Some(piece.style);
                        }
                        if !part.is_empty() {
                            self.text(part, piece, &mut word);
                        }
                    }
                }
            }
        }
        self.put(word, space);
        self.finish(&plain)
    }

    fn run(&self, content: RunContent, piece: &Piece, width: f32) -> ProseRun {
        let (ascent, descent) = match &content {
            RunContent::Formula { typeset, em } => (em * typeset.ascent + CLEARANCE, em * typeset.descent + CLEARANCE),
            RunContent::Text { .. } | RunContent::Broken { .. } => (self.ascent, self.descent),
        };
        ProseRun { content, style: piece.style, link: piece.link, x: 0.0, baseline: 0.0, width, ascent, descent }
    }

    /// Adds text without a space where a line may break. Text that is wider than a line is cut.
    fn text(&mut self, text: &str, piece: &Piece, word: &mut Vec<ProseRun>) {
        let font = self.font(piece.style);
        let mut rest = text;
        loop {
            let width = self.text_width(rest, &font, piece.style);
            let piece_of = |text: &str| RunContent::Text { text: text.to_owned(), font: font.clone() };
            if width <= self.width || rest.chars().count() < 2 {
                word.push(self.run(piece_of(rest), piece, width));
                return;
            }
            let ends: Vec<usize> = rest.char_indices().skip(1).map(|(at, _)| at).collect();
            let fits = |end: &usize| self.text_width(&rest[..*end], &font, piece.style) <= self.width;
            let end = ends[ends.partition_point(fits).saturating_sub(1)];
            let width = self.text_width(&rest[..end], &font, piece.style);
            word.push(self.run(piece_of(&rest[..end]), piece, width));
            self.put(std::mem::take(word), None);
            rest = &rest[end..];
        }
    }

    fn formula(&self, tex: &str, piece: &Piece) -> ProseRun {
        match Typeset::of(tex, false) {
            Ok(typeset) => {
                let natural = EM * self.size;
                let em = natural * (self.width / (natural * typeset.width).max(1.0)).clamp(LEAST_SHRINKAGE, 1.0);
                let width = em * typeset.width;
                self.run(RunContent::Formula { typeset, em }, piece, width)
            }
            Err(reason) => {
                let style = PieceStyle { is_code: true, ..piece.style };
                let piece = Piece { style, ..piece.clone() };
                let font = self.font(style);
                let width = self.text_width(tex, &font, style);
                self.run(RunContent::Broken { text: tex.to_owned(), font, reason }, &piece, width)
            }
        }
    }

    /// Adds a word to the last line, after a space in a style, or to a new line.
    fn put(&mut self, word: Vec<ProseRun>, space: Option<PieceStyle>) {
        if word.is_empty() {
            return;
        }
        let width: f32 = word.iter().map(|run| run.width).sum();
        let is_start = self.lines.last().is_none_or(Vec::is_empty);
        let space = space.filter(|_| !is_start);
        let mut gap = space.map_or(0.0, |style| self.text_width(" ", &self.font(style), style));
        let leans = |run: Option<&ProseRun>| run.is_some_and(|run| run.style.is_emphasised);
        if space.is_some() && leans(self.lines.last().and_then(|line| line.last())) && !leans(word.first()) {
            gap += OVERHANG * self.size;
        }
        if !is_start && self.x + gap + width > self.width {
            self.lines.push(Vec::new());
            (self.x, gap) = (0.0, 0.0);
        }
        for run in word {
            self.join(run, gap);
            gap = 0.0;
        }
    }

    /// Adds a run to the last line, as a part of the one before if it continues that.
    fn join(&mut self, mut run: ProseRun, gap: f32) {
        let Some(line) = self.lines.last_mut() else { return };
        if let Some(last) = line.last_mut()
            && last.link == run.link
        {
            if last.style == run.style
                && !run.style.is_code
                && let (RunContent::Text { text, font }, RunContent::Text { text: more, .. }) =
                    (&mut last.content, &run.content)
            {
                text.push_str(if gap > 0.0 { " " } else { "" });
                text.push_str(more);
                last.width = galley(self.ctx, text, font, last.style).size().x;
                self.x = last.x + last.width;
                return;
            }
            if last.link.is_some() {
                // The space inside of a link belongs to it.
                last.width += gap;
            }
        }
        run.x = self.x + gap;
        self.x = run.x + run.width;
        line.push(run);
    }

    /// Gives every line its height.
    fn finish(self, plain: &str) -> BlockLines {
        let mut found = BlockLines { plain: plain.trim().to_owned(), ..BlockLines::default() };
        let leading = LEADING * self.size;
        for (k, mut line) in self.lines.into_iter().enumerate() {
            let ascent = line.iter().map(|run| run.ascent).fold(self.ascent, f32::max);
            let descent = line.iter().map(|run| run.descent).fold(self.descent, f32::max);
            let baseline = found.height + ascent + if k > 0 { leading } else { 0.0 };
            line.iter_mut().for_each(|run| run.baseline = baseline);
            if k == 0 {
                found.first_baseline = baseline;
            }
            found.height = baseline + descent;
            found.runs.append(&mut line);
        }
        found
    }
}
