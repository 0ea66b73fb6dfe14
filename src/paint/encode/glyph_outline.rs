//! The outline of a glyph, as the operators of a PDF path or the data of an SVG path.

use std::fmt::Write as _;

use eframe::egui::{FontData, Pos2, Vec2, vec2};
use pdf_writer::Content;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::OutlinePen;
use skrifa::{FontRef, MetadataProvider as _};

/// A piece of an outline. Points are relative to the glyph's place on the baseline, y downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Segment {
    Move(Vec2),
    Line(Vec2),
    Cubic([Vec2; 3]),
    Close,
}

/// The outline of a glyph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GlyphOutline {
    segments: Vec<Segment>,
    /// The end of the last piece.
    end: Vec2,
}

impl GlyphOutline {
    /// The outline of a character in a font size, if the font has it.
    pub fn of(data: &FontData, c: char, size: f32) -> Option<Self> {
        let font = FontRef::from_index((*data.font).as_ref(), data.index).ok()?;
        let glyph = font.outline_glyphs().get(font.charmap().map(c)?)?;
        let mut outline = Self::default();
        glyph.draw((Size::new(size), LocationRef::default()), &mut outline).ok()?;
        Some(outline)
    }

    /// The data of an SVG path, with the points that `place` gives, to thousandths.
    pub fn svg_path(&self, place: impl Fn(Vec2) -> Pos2) -> String {
        let mut data = String::new();
        let mut write = |command: char, points: &[Vec2]| {
            data.push(command);
            for (k, point) in points.iter().enumerate() {
                let Pos2 { x, y } = place(*point);
                let space = if k > 0 { " " } else { "" };
                // A string takes all that is written to it.
                let [x, y] = [x, y].map(|v| (v * 1000.0).round() / 1000.0 + 0.0);
                _ = write!(data, "{space}{x} {y}");
            }
        };
        for segment in &self.segments {
            match segment {
                Segment::Move(p) => write('M', &[*p]),
                Segment::Line(p) => write('L', &[*p]),
                Segment::Cubic(points) => write('C', points),
                Segment::Close => write('Z', &[]),
            }
        }
        data
    }

    fn push(&mut self, segment: Segment, end: Vec2) {
        self.segments.push(segment);
        self.end = end;
    }

    /// Writes it to a PDF, with the points that `place` gives.
    pub(super) fn write(&self, content: &mut Content, place: impl Fn(Vec2) -> Pos2) {
        for segment in &self.segments {
            match segment {
                Segment::Move(p) => {
                    let p = place(*p);
                    content.move_to(p.x, p.y);
                }
                Segment::Line(p) => {
                    let p = place(*p);
                    content.line_to(p.x, p.y);
                }
                Segment::Cubic(points) => {
                    let [a, b, c] = points.map(&place);
                    content.cubic_to(a.x, a.y, b.x, b.y, c.x, c.y);
                }
                Segment::Close => {
                    content.close_path();
                }
            }
        }
    }
}

impl OutlinePen for GlyphOutline {
    fn move_to(&mut self, x: f32, y: f32) {
        let p = vec2(x, -y);
        self.push(Segment::Move(p), p);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let p = vec2(x, -y);
        self.push(Segment::Line(p), p);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        // PDF has cubic curves only.
        let (start, control, end) = (self.end, vec2(cx, -cy), vec2(x, -y));
        let handle = |from: Vec2| from + (control - from) * (2.0 / 3.0);
        self.push(Segment::Cubic([handle(start), handle(end), end]), end);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let end = vec2(x, -y);
        self.push(Segment::Cubic([vec2(ax, -ay), vec2(bx, -by), end]), end);
    }

    fn close(&mut self) {
        self.segments.push(Segment::Close);
    }
}
