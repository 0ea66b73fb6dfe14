//! The outline of a glyph as the operators of a PDF path.

use eframe::egui::{Pos2, Vec2, vec2};
use pdf_writer::Content;
use skrifa::outline::OutlinePen;

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
pub(super) struct GlyphOutline {
    segments: Vec<Segment>,
    /// The end of the last piece.
    end: Vec2,
}

impl GlyphOutline {
    fn push(&mut self, segment: Segment, end: Vec2) {
        self.segments.push(segment);
        self.end = end;
    }

    /// Writes it, with the points that `place` gives.
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
