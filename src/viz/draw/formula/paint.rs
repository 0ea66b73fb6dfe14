//! A formula as shapes.

use eframe::egui::epaint::text::{ByteRange, ByteRangeExt as _, LayoutSection};
use eframe::egui::epaint::{Mesh, PathShape, PathStroke};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, emath::GuiRounding as _, pos2, vec2};

use super::area::Area;
use super::typeset::{FormulaInk, Typeset};
use crate::viz::theme::formula_family;

/// The width of a line that is no area, in ems.
const LINE: f32 = 0.04;

/// Draws a formula whose baseline starts at a point, with `em` points an em, and the symbol `emphasised` in its colour and with a line below.
pub(in crate::viz::draw) fn paint(
    painter: &Painter,
    typeset: &Typeset,
    baseline: Pos2,
    em: f32,
    ink: Color32,
    emphasised: Option<(&str, Color32)>,
) {
    let pixels = painter.ctx().pixels_per_point();
    // The baseline is that of the text around, which egui puts on whole pixels.
    let origin = pos2(baseline.x, baseline.y.round_to_pixels(pixels));
    let place = |p: Pos2| origin + em * p.to_vec2();
    for mark in &typeset.marks {
        let symbol = mark.symbol.and_then(|k| typeset.symbols.get(k));
        let color = match (symbol, emphasised) {
            (Some(symbol), Some((name, color))) if symbol.name == name => color,
            _ => ink,
        };
        match &mark.ink {
            FormulaInk::Glyph { font, character, at, size } => {
                let font = FontId::new(em * size, formula_family(font));
                glyph(painter, font, *character, place(*at), color, pixels);
            }
            FormulaInk::Bar(bar) => {
                let (min, size) = (place(bar.min), em * bar.size());
                let size = vec2(size.x, size.y.max(1.0 / pixels));
                let min = pos2(min.x, min.y.round_to_pixels(pixels));
                painter.rect_filled(Rect::from_min_size(min, size), 0.0, color);
            }
            FormulaInk::Area(shape) => area(painter, shape, place, em, color, pixels),
        }
    }
    if let Some((name, color)) = emphasised {
        for symbol in typeset.symbols.iter().filter(|symbol| symbol.name == name && symbol.place.is_positive()) {
            let place = Rect::from_min_max(place(symbol.place.min), place(symbol.place.max));
            emphasis(painter, place, color);
        }
    }
}

/// The line below something that is emphasised: colour alone would not do.
pub(in crate::viz::draw) fn emphasis(painter: &Painter, place: Rect, color: Color32) {
    painter.hline(place.x_range(), place.bottom() + 2.0, Stroke::new(1.5, color));
}

/// A glyph with its origin at a point, to a quarter of a pixel along the line and to a whole one across it.
fn glyph(painter: &Painter, font: FontId, character: char, at: Pos2, color: Color32, pixels: f32) {
    let quarters = (4.0 * at.x * pixels).round();
    let whole = (quarters / 4.0).floor();
    let text = character.to_string();
    let section = LayoutSection {
        leading_space: (quarters / 4.0 - whole) / pixels,
        byte_range: ByteRange::full(&text),
        format: TextFormat::simple(font, Color32::PLACEHOLDER),
    };
    let galley = painter.layout_job(LayoutJob { text, sections: vec![section], ..LayoutJob::default() });
    let Some(row) = galley.rows.first() else { return };
    let Some(found) = row.row.glyphs.first() else { return };
    let above = row.pos.y + found.pos.y;
    let corner = pos2(whole / pixels, at.y.round_to_pixels(pixels) - above);
    painter.add(Shape::galley(corner, galley, color));
}

fn area(painter: &Painter, area: &Area, place: impl Fn(Pos2) -> Pos2, em: f32, color: Color32, pixels: f32) {
    let mut mesh = Mesh::default();
    for triangle in &area.triangles {
        let first = mesh.vertices.len() as u32;
        triangle.iter().for_each(|p| mesh.colored_vertex(place(*p), color));
        mesh.add_triangle(first, first + 1, first + 2);
    }
    let is_line = mesh.is_empty();
    painter.add(mesh);
    // A hairline around triangles smooths their edge.
    let width = if is_line { LINE * em } else { 0.25 / pixels };
    for contour in &area.contours {
        let points = contour.iter().map(|p| place(*p)).collect();
        let stroke = PathStroke::new(width, color);
        painter.add(PathShape { points, closed: !is_line, fill: Color32::TRANSPARENT, stroke });
    }
}
