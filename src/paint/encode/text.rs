//! Text laid out by egui, as marks for vector formats.

use eframe::egui::epaint::text::{Glyph, PlacedRow, TextFormat};
use eframe::egui::epaint::{TextShape, emath::GuiRounding as _};
use eframe::egui::{Color32, Pos2, Rect, Stroke, pos2};

/// A glyph, its format, and the colour it is painted in.
pub(super) type PaintedGlyph<'a> = (&'a Glyph, &'a TextFormat, Color32);

/// A part of a text, before the text is rotated about its [`origin`]. Colours of backgrounds and lines are those of the
/// format (see [`visible`]).
pub(super) enum TextMark<'a> {
    /// The background of a run.
    Background { rect: Rect, color: Color32 },
    /// Glyphs of one row, format and colour; `corner` is that of the row.
    Run { corner: Pos2, glyphs: &'a [PaintedGlyph<'a>] },
    /// An underline or strikethrough; its stroke may be empty.
    Line { ends: [Pos2; 2], stroke: Stroke },
}

/// Calls `mark` for all parts of a text in the order of painting.
pub(super) fn for_each_mark(shape: &TextShape, mut mark: impl FnMut(TextMark<'_>)) {
    let origin = origin(shape);
    for (row, glyphs) in rows(shape) {
        let corner = origin + row.pos.to_vec2();
        for run in glyphs.chunk_by(|a, b| a.1 == b.1 && a.2 == b.2) {
            let [(first, format, _), ..] = run else { continue };
            let extent = run.iter().fold(Rect::NOTHING, |extent, (glyph, ..)| extent.union(glyph.logical_rect()));
            let extent = extent.translate(corner.to_vec2());
            if format.background != Color32::TRANSPARENT {
                mark(TextMark::Background { rect: extent.expand(format.expand_bg), color: format.background });
            }
            mark(TextMark::Run { corner, glyphs: run });
            let below = [extent.left_bottom(), extent.right_bottom()];
            mark(TextMark::Line { ends: below, stroke: format.underline });
            let middle = corner.y + first.logical_rect().center().y;
            let through = [pos2(extent.min.x, middle), pos2(extent.max.x, middle)];
            mark(TextMark::Line { ends: through, stroke: format.strikethrough });
        }
        if !shape.underline.is_empty() && !row.glyphs.is_empty() {
            let rect = row.row.visuals.mesh_bounds.translate(corner.to_vec2());
            mark(TextMark::Line { ends: [rect.left_bottom(), rect.right_bottom()], stroke: shape.underline });
        }
    }
}

/// The corner of a text, about which it is rotated.
pub(super) fn origin(shape: &TextShape) -> Pos2 {
    shape.pos.round_to_pixels(shape.galley.pixels_per_point)
}

/// The colour of a format as the text is painted: not a placeholder, and as faint as the text.
pub(super) fn visible(shape: &TextShape, color: Color32) -> Color32 {
    let color = if color == Color32::PLACEHOLDER { shape.fallback_color } else { color };
    if shape.opacity_factor < 1.0 { color.gamma_multiply(shape.opacity_factor) } else { color }
}

/// The rows of a text with their glyphs.
fn rows(shape: &TextShape) -> Vec<(&PlacedRow, Vec<PaintedGlyph<'_>>)> {
    let job = &shape.galley.job;
    // The byte at which each character of the text starts.
    let mut bytes = job.text.char_indices().map(|(byte, _)| byte);
    let mut rows = Vec::with_capacity(shape.galley.rows.len());
    for row in &shape.galley.rows {
        let format = |byte: Option<usize>| {
            // The sign of elision comes after the text.
            let found = job
                .sections
                .iter()
                .find(|s| byte.is_some_and(|b| (s.byte_range.start.0..s.byte_range.end.0).contains(&b)));
            found.or(job.sections.last()).map(|section| &section.format)
        };
        let formats: Vec<Option<&TextFormat>> = row.glyphs.iter().map(|_| format(bytes.next())).collect();
        let glyphs = row.glyphs.iter().zip(formats);
        let painted = glyphs.filter_map(|(glyph, format)| Some((glyph, format?, color(shape, row, glyph, format?))));
        rows.push((row, painted.collect()));
        if row.ends_with_newline {
            bytes.next();
        }
    }
    rows
}

/// The colour a glyph is painted in. It is found in the mesh, where egui changes it (for disabled widgets).
fn color(shape: &TextShape, row: &PlacedRow, glyph: &Glyph, format: &TextFormat) -> Color32 {
    let vertex = row.row.visuals.mesh.vertices.get(glyph.first_vertex as usize);
    let painted = if glyph.uv_rect.is_nothing() { None } else { vertex.map(|v| v.color) };
    visible(shape, shape.override_text_color.unwrap_or(painted.unwrap_or(format.color)))
}
