//! Text elements: they can be selected, searched and edited. Only fonts that nobody has become outlines.

use super::markup::{Element, escape};
use super::path::rectangle;
use crate::paint::encode::glyph_outline::GlyphOutline;
use crate::paint::encode::text::{PaintedGlyph, TextMark, origin, visible};
use crate::paint::outlined::OUTLINED_FAMILY;
use eframe::egui::epaint::{TextShape, emath::GuiRounding as _};
use eframe::egui::{FontDefinitions, FontFamily, FontId, Pos2, Stroke};

/// Writes a mark of a text.
pub(super) fn write_mark(
    out: &mut String,
    shape: &TextShape,
    fonts: &FontDefinitions,
    mark: &TextMark<'_>,
    halo: Stroke,
) {
    match *mark {
        TextMark::Background { rect, color } => {
            let rect = rect.round_to_pixels(shape.galley.pixels_per_point);
            rectangle(Element::new(out, "rect"), rect)
                .color("fill", visible(shape, color))
                .rotated(shape.angle, origin(shape))
                .close();
        }
        TextMark::Run { corner, glyphs } => write_run(out, shape, fonts, corner, glyphs, halo),
        TextMark::Line { ends: [a, b], stroke } => {
            let stroke = Stroke::new(stroke.width, visible(shape, stroke.color));
            if !stroke.is_empty() {
                Element::new(out, "line")
                    .numbers([("x1", a.x), ("y1", a.y), ("x2", b.x), ("y2", b.y)])
                    .stroke(stroke)
                    .rotated(shape.angle, origin(shape))
                    .close();
            }
        }
    }
}

/// Writes glyphs of one format and colour as one element with a halo behind them; `row` is the corner of their row.
fn write_run(
    out: &mut String,
    shape: &TextShape,
    fonts: &FontDefinitions,
    row: Pos2,
    run: &[PaintedGlyph<'_>],
    halo: Stroke,
) {
    let [(_, format, color), ..] = run else { return };
    if matches!(&format.font_id.family, FontFamily::Name(name) if name.starts_with(OUTLINED_FAMILY)) {
        return write_outlines(out, shape, fonts, row, run);
    }
    // Spaces around the run would make its length depend on the viewer.
    let is_space = |(glyph, ..): &&PaintedGlyph<'_>| glyph.chr.is_whitespace();
    let leading = run.iter().take_while(is_space).count();
    let trailing = run[leading..].iter().rev().take_while(is_space).count();
    let inked = &run[leading..run.len() - trailing];
    let [(start, ..), ..] = inked else { return };
    let text: String = inked.iter().map(|(glyph, ..)| glyph.chr).collect();
    let baseline = row + start.pos.to_vec2();
    let element = Element::new(out, "text")
        .numbers([("x", baseline.x), ("y", baseline.y), ("font-size", format.font_id.size)])
        .attribute("font-family", |out| families(out, &format.font_id.family, fonts))
        .text("font-weight", weight(&format.font_id.family, fonts))
        .color("fill", *color)
        .rotated(shape.angle, origin(shape));
    let element = if format.italics { element.text("font-style", "italic") } else { element };
    // No length is prescribed: letters keep their shape when a label is edited or another font stands in.
    let element = if halo.is_empty() {
        element
    } else {
        element.stroke(halo).text("stroke-linejoin", "round").text("paint-order", "stroke")
    };
    let element = if text.contains("  ") { element.text("xml:space", "preserve") } else { element };
    element.content(&text);
}

/// Writes the outlines of glyphs of one format and colour.
fn write_outlines(out: &mut String, shape: &TextShape, fonts: &FontDefinitions, row: Pos2, run: &[PaintedGlyph<'_>]) {
    for (glyph, format, color) in run {
        let FontId { size, family } = &format.font_id;
        let mut files = fonts.families.get(family).into_iter().flatten().filter_map(|name| fonts.font_data.get(name));
        let Some(outline) = files.find_map(|data| GlyphOutline::of(data, glyph.chr, *size)) else { continue };
        let at = row + glyph.pos.to_vec2();
        Element::new(out, "path")
            .attribute("d", |out| out.push_str(&outline.svg_path(|v| at + v)))
            .color("fill", *color)
            .rotated(shape.angle, origin(shape))
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

/// Appends the fonts of a family in egui's order, each by the names it may be installed under, then a generic one.
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
