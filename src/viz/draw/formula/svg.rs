//! A formula as SVG inside of HTML.

use std::fmt::Write as _;

use eframe::egui::{Pos2, Vec2, pos2};

use super::typeset::{FormulaInk, Typeset};
use super::widget::EM;
use crate::paint::GlyphOutline;
use crate::viz::theme::formula_font;

/// Units of the picture an em.
const UNITS: f32 = 100.0;

/// The formula as an element of a line of text, in the colour of the text, with its source as its name. `escape` writes text as HTML.
pub(in crate::viz::draw) fn svg(typeset: &Typeset, escape: impl Fn(&mut String, &str)) -> String {
    let mut out = String::new();
    let size = EM * typeset.size();
    let view = UNITS * typeset.size();
    let place = |p: Pos2| pos2(UNITS * p.x, UNITS * (p.y + typeset.ascent));
    // A string takes all that is written to it.
    _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{:.3}em\" height=\"{:.3}em\" \
         style=\"vertical-align:{:.3}em;overflow:visible\" viewBox=\"0 0 {:.2} {:.2}\" fill=\"currentColor\" aria-label=\"",
        size.x,
        size.y,
        -EM * typeset.descent,
        view.x,
        view.y,
    );
    escape(&mut out, &typeset.plain);
    out.push_str("\">");
    for mark in &typeset.marks {
        match &mark.ink {
            FormulaInk::Glyph { font, character, at, size } => {
                let outline = formula_font(font).and_then(|font| GlyphOutline::of(&font, *character, UNITS * size));
                let Some(outline) = outline else { continue };
                let at = place(*at);
                _ = write!(out, "<path d=\"{}\"/>", outline.svg_path(|v: Vec2| at + v));
            }
            FormulaInk::Bar(bar) => {
                let (corner, size) = (place(bar.min), UNITS * bar.size());
                _ = write!(
                    out,
                    "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\"/>",
                    corner.x, corner.y, size.x, size.y
                );
            }
            FormulaInk::Area(area) => {
                out.push_str("<path d=\"");
                let is_line = area.triangles.is_empty();
                for contour in &area.contours {
                    for (k, p) in contour.iter().enumerate() {
                        let p = place(*p);
                        _ = write!(out, "{}{:.2} {:.2}", if k == 0 { 'M' } else { 'L' }, p.x, p.y);
                    }
                    out.push_str(if is_line { "" } else { "Z" });
                }
                out.push_str(if is_line {
                    "\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"4\"/>"
                } else {
                    "\"/>"
                });
            }
        }
    }
    out.push_str("</svg>");
    out
}
