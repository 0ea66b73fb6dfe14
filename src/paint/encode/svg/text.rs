//! Text as text: it can be selected, searched and edited.

use super::markup::{Element, escape};
use eframe::egui::epaint::text::{Glyph, PlacedRow, TextFormat};
use eframe::egui::epaint::{TextShape, emath::GuiRounding as _};
use eframe::egui::{Color32, FontDefinitions, FontFamily, Pos2, Rect, Stroke, pos2};

/// A glyph, its format, and the colour it is painted in.
pub(in crate::paint) type Painted<'a> = (&'a Glyph, &'a TextFormat, Color32);

/// The rows of a text with their glyphs.
pub(in crate::paint) fn rows(shape: &TextShape) -> Vec<(&PlacedRow, Vec<Painted<'_>>)> {
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

/// The corner of a text, about which it is rotated.
pub(in crate::paint) fn origin(shape: &TextShape) -> Pos2 {
    shape.pos.round_to_pixels(shape.galley.pixels_per_point)
}

/// Write a text shape, one element for each row and each stretch of one format and colour.
pub(super) fn write_text(out: &mut String, shape: &TextShape, fonts: &FontDefinitions) {
    let origin = origin(shape);
    for (row, glyphs) in rows(shape) {
        let at = origin + row.pos.to_vec2();
        let same = |a: &Painted<'_>, b: &Painted<'_>| a.1 == b.1 && a.2 == b.2;
        for run in glyphs.chunk_by(same) {
            write_run(out, shape, fonts, origin, at, run);
        }
        if !shape.underline.is_empty() && !row.glyphs.is_empty() {
            let rect = row.row.visuals.mesh_bounds.translate(at.to_vec2());
            line(out, shape, origin, [rect.left_bottom(), rect.right_bottom()], shape.underline);
        }
    }
}

/// The colour a glyph is painted in. It is found in the mesh, where egui changes it (for disabled widgets).
fn color(shape: &TextShape, row: &PlacedRow, glyph: &Glyph, format: &TextFormat) -> Color32 {
    let vertex = row.row.visuals.mesh.vertices.get(glyph.first_vertex as usize);
    let painted = if glyph.uv_rect.is_nothing() { None } else { vertex.map(|v| v.color) };
    visible(shape, shape.override_text_color.unwrap_or(painted.unwrap_or(format.color)))
}

fn visible(shape: &TextShape, color: Color32) -> Color32 {
    let color = if color == Color32::PLACEHOLDER { shape.fallback_color } else { color };
    if shape.opacity_factor < 1.0 { color.gamma_multiply(shape.opacity_factor) } else { color }
}

/// Write glyphs of one format and colour; `origin` is the corner of the text and the pivot of its rotation, `row` that of
/// the row.
fn write_run(
    out: &mut String,
    shape: &TextShape,
    fonts: &FontDefinitions,
    origin: Pos2,
    row: Pos2,
    run: &[Painted<'_>],
) {
    let [(first, format, color), ..] = run else { return };
    let extent = run.iter().fold(Rect::NOTHING, |extent, (glyph, ..)| extent.union(glyph.logical_rect()));
    let extent = extent.translate(row.to_vec2());
    if format.background != Color32::TRANSPARENT {
        let rect = extent.expand(format.expand_bg).round_to_pixels(shape.galley.pixels_per_point);
        Element::new(out, "rect")
            .numbers([("x", rect.min.x), ("y", rect.min.y), ("width", rect.width()), ("height", rect.height())])
            .color("fill", visible(shape, format.background))
            .rotated(shape.angle, origin)
            .close();
    }
    // Spaces around the run would make its length depend on the viewer.
    let is_space = |(glyph, ..): &&Painted<'_>| glyph.chr.is_whitespace();
    let leading = run.iter().take_while(is_space).count();
    let trailing = run[leading..].iter().rev().take_while(is_space).count();
    let inked = &run[leading..run.len() - trailing];
    if let [(start, ..), ..] = inked
        && let [.., (end, ..)] = inked
    {
        let text: String = inked.iter().map(|(glyph, ..)| glyph.chr).collect();
        let baseline = row + start.pos.to_vec2();
        let element = Element::new(out, "text")
            .numbers([("x", baseline.x), ("y", baseline.y), ("font-size", format.font_id.size)])
            .attribute("font-family", |out| families(out, &format.font_id.family, fonts))
            .text("font-weight", weight(&format.font_id.family, fonts))
            .color("fill", *color)
            .rotated(shape.angle, origin);
        let element = if format.italics { element.text("font-style", "italic") } else { element };
        let element = if inked.len() > 1 {
            // Another font keeps the place of this one.
            element.number("textLength", end.max_x() - start.pos.x).text("lengthAdjust", "spacingAndGlyphs")
        } else {
            element
        };
        let element = if text.contains("  ") { element.text("xml:space", "preserve") } else { element };
        element.content(&text);
    }
    line(out, shape, origin, [extent.left_bottom(), extent.right_bottom()], format.underline);
    let middle = row.y + first.logical_rect().center().y;
    line(out, shape, origin, [pos2(extent.min.x, middle), pos2(extent.max.x, middle)], format.strikethrough);
}

fn line(out: &mut String, shape: &TextShape, origin: Pos2, [a, b]: [Pos2; 2], stroke: Stroke) {
    let stroke = Stroke::new(stroke.width, visible(shape, stroke.color));
    if !stroke.is_empty() {
        Element::new(out, "line")
            .numbers([("x1", a.x), ("y1", a.y), ("x2", b.x), ("y2", b.y)])
            .stroke(stroke)
            .rotated(shape.angle, origin)
            .close();
    }
}

/// The weights that names of fonts end with.
const WEIGHTS: [(&str, &str); 4] = [(" Light", "300"), (" Medium", "500"), (" SemiBold", "600"), (" Bold", "700")];

/// The weight of the first font of a family.
fn weight(family: &FontFamily, fonts: &FontDefinitions) -> &'static str {
    let first = fonts.families.get(family).and_then(|names| names.first()).map(|name| name.replace('-', " "));
    let named = |(word, weight): &(&str, &'static str)| first.as_ref()?.ends_with(word).then_some(*weight);
    WEIGHTS.iter().find_map(named).unwrap_or("normal")
}

/// Append the fonts of a family in egui's order, each by the names it may be installed under, then a generic one.
fn families(out: &mut String, family: &FontFamily, fonts: &FontDefinitions) {
    for name in fonts.families.get(family).into_iter().flatten() {
        // "Ubuntu-Light" is installed as "Ubuntu Light" or as a weight of "Ubuntu".
        let spaced = name.replace('-', " ");
        let base = WEIGHTS.iter().find_map(|(word, _)| spaced.strip_suffix(word)).map_or(name.as_str(), str::trim_end);
        let mut names = vec![name.as_str(), spaced.as_str(), base];
        names.dedup();
        for name in names {
            out.push('\'');
            escape(out, &name.replace(['\'', '"'], ""));
            out.push_str("', ");
        }
    }
    out.push_str(if *family == FontFamily::Monospace { "monospace" } else { "sans-serif" });
}
