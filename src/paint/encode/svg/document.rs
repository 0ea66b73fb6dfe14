//! The frame of an SVG file: opening tag, texts, sheet.

use super::markup::{Element, point};
use super::writer::SvgWriter;
use crate::paint::encode::walker::walk;
use crate::paint::raster::rasterizer::Rasterizer;
use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Color32, Context, Pos2, Rect, Vec2, pos2};

/// Sheet and metadata of an SVG file.
#[derive(Clone, Copy, Debug)]
pub struct SvgOptions<'a> {
    /// Width and height in points.
    pub size: Vec2,
    /// The magnification of the shapes.
    pub text_scale: f32,
    /// The colour of the sheet; `None` for no background.
    pub background: Option<Color32>,
    /// Resolution of shapes that are embedded as pixels. Textures keep their own.
    pub pixels_per_point: f32,
    /// Texts stored with the figure as (keyword, text), as in [`encode_png`](crate::paint::encode_png). "Title" becomes
    /// the title.
    pub texts: &'a [(&'a str, &'a str)],
}

/// The SVG file of some shapes, laid out by `context`, whose textures are known to `rasterizer`.
///
/// A [`Layer`](crate::paint::Layer) becomes a group, which drawing programs show as a layer. Other paint callbacks
/// (code for a GPU) are left out.
pub fn to_svg(context: &Context, rasterizer: &Rasterizer, shapes: &[ClippedShape], options: &SvgOptions<'_>) -> String {
    let sheet = Rect::from_min_size(Pos2::ZERO, options.size / options.text_scale);
    let mut writer = SvgWriter::new(context, rasterizer, options.pixels_per_point);
    write_head(&mut writer.out, options);
    walk(shapes, sheet, rasterizer, &mut writer);
    writer.out.push_str("</svg>\n");
    writer.out
}

/// The opening tag, the texts and the sheet.
fn write_head(out: &mut String, options: &SvgOptions<'_>) {
    let Vec2 { x: width, y: height } = options.size;
    let sheet = options.size / options.text_scale;
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    Element::new(out, "svg")
        .text("xmlns", "http://www.w3.org/2000/svg")
        .text("xmlns:xlink", "http://www.w3.org/1999/xlink")
        .text("xmlns:inkscape", "http://www.inkscape.org/namespaces/inkscape")
        .numbers([("width", width), ("height", height)])
        .attribute("viewBox", |out| {
            out.push_str("0 0 ");
            point(out, pos2(sheet.x, sheet.y));
        })
        .text("stroke-linejoin", "round")
        .open();
    for (_, text) in options.texts.iter().filter(|(keyword, _)| *keyword == "Title") {
        Element::new(out, "title").content(text);
    }
    if !options.texts.is_empty() {
        Element::new(out, "metadata").text("xmlns:t", "urn:figure-text").open();
        for (keyword, text) in options.texts {
            Element::new(out, "t:text").text("keyword", keyword).content(text);
        }
        out.push_str("</metadata>\n");
    }
    if let Some(color) = options.background {
        Element::new(out, "rect").numbers([("width", sheet.x), ("height", sheet.y)]).color("fill", color).close();
    }
}
