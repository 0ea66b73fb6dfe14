//! Shapes as the operators of a PDF page. The page is flipped so that y runs down as on the screen.

use super::fonts::{FontSubsets, SubsetGlyph, name};
use super::options::PdfOptions;
use super::path::{bezier, ellipse, polyline, rectangle, rounded};
use crate::paint::encode::backend::{Backend, PathStyle, RoundedRect, ShapePlacement};
use crate::paint::encode::mesh::Patch;
use crate::paint::encode::quad::TexturedQuad;
use crate::paint::encode::raster_queue::RasterQueue;
use crate::paint::encode::text::{PaintedGlyph, TextMark, origin};
use crate::paint::picture::Picture;
use crate::paint::raster::rasterizer::Rasterizer;
use crate::paint::raster::texture::Texture;
use crate::sentence::turns_or_breaks;
use eframe::egui::emath::{Rot2, TSTransform};
use eframe::egui::epaint::text::Glyph;
use eframe::egui::epaint::{ClippedShape, TextShape};
use eframe::egui::{Color32, Context, Pos2, Rect, Stroke, Vec2, vec2};
use pdf_writer::types::LineJoinStyle;
use pdf_writer::{Content, Name, Str};
use std::collections::BTreeSet;

/// A page being written.
pub(super) struct PdfPage<'a> {
    pub(super) content: Content,
    pub(super) fonts: FontSubsets,
    /// Pictures in the order of their numbers.
    pub(super) pictures: Vec<Picture>,
    /// The opacities that are used.
    pub(super) opacities: BTreeSet<u8>,
    queue: RasterQueue<'a>,
}

/// The name of an opacity in the page.
pub(super) fn opacity_name(alpha: u8) -> String {
    format!("A{alpha}")
}

impl<'a> PdfPage<'a> {
    pub(super) fn new(context: &'a Context, rasterizer: &'a Rasterizer, options: &PdfOptions<'_>, sheet: Rect) -> Self {
        let mut page = Self {
            content: Content::new(),
            fonts: context.fonts(|fonts| FontSubsets::new(fonts.definitions())),
            pictures: Vec::new(),
            opacities: BTreeSet::new(),
            queue: RasterQueue::new(context, rasterizer, options.pixels_per_point),
        };
        let magnified = options.text_scale;
        page.content
            .transform([magnified, 0.0, 0.0, -magnified, 0.0, options.size.y])
            .set_line_join(LineJoinStyle::RoundJoin);
        if let Some(color) = options.background {
            page.fill(color, |content| rectangle(content, sheet));
        }
        page
    }

    /// Fills and strokes a path. Each has its own opacity, so the path is written for each.
    fn paint(&mut self, PathStyle { fill, stroke }: PathStyle, path: impl Fn(&mut Content)) {
        self.flush();
        if fill != Color32::TRANSPARENT {
            let [r, g, b] = self.color(fill);
            self.content.set_fill_rgb(r, g, b);
            path(&mut self.content);
            self.content.fill_nonzero();
        }
        if !stroke.is_empty() && stroke.color != Color32::TRANSPARENT {
            let [r, g, b] = self.color(stroke.color);
            self.content.set_stroke_rgb(r, g, b).set_line_width(stroke.width);
            path(&mut self.content);
            self.content.stroke();
        }
    }

    fn fill(&mut self, fill: Color32, path: impl Fn(&mut Content)) {
        self.paint(PathStyle { fill, stroke: Stroke::NONE }, path);
    }

    fn stroke(&mut self, stroke: Stroke, path: impl Fn(&mut Content)) {
        self.paint(PathStyle { fill: Color32::TRANSPARENT, stroke }, path);
    }

    /// Sets the opacity and returns the colour; egui's additive colours (no alpha) become those they make on black.
    fn color(&mut self, color: Color32) -> [f32; 3] {
        let [r, g, b, a] = color.to_array();
        let alpha = if a == 0 { r.max(g).max(b) } else { a };
        self.opacities.insert(alpha);
        self.content.set_parameters(Name(opacity_name(alpha).as_bytes()));
        let [r, g, b, _] = Color32::from_rgba_premultiplied(r, g, b, alpha).to_srgba_unmultiplied();
        [r, g, b].map(|channel| f32::from(channel) / 255.0)
    }

    /// Shows a picture between its left upper corner and the vectors along its upper and left edge.
    fn picture(&mut self, picture: Picture, corner: Pos2, along: Vec2, down: Vec2) {
        let start = corner + down;
        let name = format!("P{}", self.pictures.len());
        self.pictures.push(picture);
        self.opacities.insert(255);
        self.content.save_state().set_parameters(Name(opacity_name(255).as_bytes()));
        self.content.transform([along.x, along.y, -down.x, -down.y, start.x, start.y]);
        self.content.x_object(Name(name.as_bytes())).restore_state();
    }

    /// Shows the pending picture.
    fn flush(&mut self) {
        if let Some((rect, picture)) = self.queue.paint() {
            self.picture(picture, rect.min, vec2(rect.width(), 0.0), vec2(0.0, rect.height()));
        }
    }

    /// Strokes the outlines of glyphs: a halo that is no second text.
    fn halo(&mut self, run: &[PaintedGlyph<'_>], place: impl Fn(Vec2) -> Pos2, rotation: Rot2, halo: Stroke) {
        if halo.is_empty() {
            return;
        }
        for (glyph, format, _) in run {
            let Some(outline) =
                self.fonts.outline(&format.font_id.family, glyph.chr, format.font_id.size, is_seen(glyph))
            else {
                continue;
            };
            let at = place(glyph.pos.to_vec2());
            self.stroke(halo, |content| outline.write(content, |v| at + rotation * v));
        }
    }

    /// Writes glyphs of one format and colour, each at the point that `place` gives for its position in the row.
    fn run(&mut self, run: &[PaintedGlyph<'_>], place: impl Fn(Vec2) -> Pos2, rotation: Rot2) {
        let [(_, format, color), ..] = run else { return };
        let size = format.font_id.size;
        let found: Vec<(Pos2, SubsetGlyph)> = run
            .iter()
            // Copied text must not turn the direction of writing.
            .filter(|(glyph, ..)| !turns_or_breaks(glyph.chr))
            .filter_map(|(glyph, ..)| {
                Some((glyph.pos, self.fonts.glyph(&format.font_id.family, glyph.chr, is_seen(glyph))?))
            })
            .collect();
        if found.is_empty() || *color == Color32::TRANSPARENT {
            return;
        }
        self.flush();
        let [r, g, b] = self.color(*color);
        self.content.set_fill_rgb(r, g, b);
        let axis = rotation * vec2(1.0, 0.0);
        for same in found.chunk_by(|a, b| a.1.font == b.1.font && a.0.y == b.0.y) {
            let [(start, first), ..] = same else { continue };
            let p = place(start.to_vec2());
            self.content.begin_text().set_font(Name(name(first.font).as_bytes()), size);
            // The page is flipped, the letters are not.
            self.content.set_text_matrix([axis.x, axis.y, axis.y, -axis.x, p.x, p.y]);
            let mut positioned = self.content.show_positioned();
            let mut items = positioned.items();
            for (k, (at, glyph)) in same.iter().enumerate() {
                items.show(Str(&glyph.glyph.to_be_bytes()));
                if let Some((next, _)) = same.get(k + 1) {
                    let gap = 1000.0 * (glyph.width - (next.x - at.x) / size);
                    if gap.abs() > 0.5 {
                        items.adjust(gap.round());
                    }
                }
            }
            drop(items);
            drop(positioned);
            self.content.end_text();
        }
    }
}

impl Backend for PdfPage<'_> {
    fn enter(&mut self, placement: &ShapePlacement) {
        let ShapePlacement { clip, is_cut, transform } = *placement;
        if !changes_state(placement) {
            return;
        }
        self.flush();
        self.content.save_state();
        if is_cut {
            rectangle(&mut self.content, clip);
            self.content.clip_nonzero().end_path();
        }
        if transform != TSTransform::IDENTITY {
            let (s, t) = (transform.scaling, transform.translation);
            self.content.transform([s, 0.0, 0.0, s, t.x, t.y]);
        }
    }

    fn leave(&mut self, placement: &ShapePlacement) {
        if changes_state(placement) {
            self.flush();
            self.content.restore_state();
        }
    }

    fn ellipse(&mut self, center: Pos2, radius: Vec2, angle: f32, style: PathStyle) {
        self.paint(style, |content| ellipse(content, center, radius, angle));
    }

    fn segment(&mut self, ends: [Pos2; 2], stroke: Stroke) {
        self.stroke(stroke, |content| polyline(content, &ends, false));
    }

    fn polyline(&mut self, points: &[Pos2], closed: bool, style: PathStyle) {
        self.paint(style, |content| polyline(content, points, closed));
    }

    fn cubic(&mut self, points: [Pos2; 4], closed: bool, style: PathStyle) {
        self.paint(style, |content| bezier(content, points, closed));
    }

    fn rect(&mut self, rect: &RoundedRect, style: PathStyle) {
        self.paint(style, |content| rounded(content, rect));
    }

    fn patch(&mut self, patch: &Patch) {
        self.fill(patch.color, |content| {
            patch.triangles.iter().for_each(|triangle| polyline(content, triangle, true));
        });
    }

    fn text_mark(&mut self, text: &TextShape, mark: &TextMark<'_>, halo: Stroke) {
        let (origin, rotation) = (origin(text), Rot2::from_angle(text.angle));
        let turned = |p: Pos2| origin + rotation * (p - origin);
        match *mark {
            TextMark::Background { rect, color } => {
                let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()].map(turned);
                self.fill(color, |content| polyline(content, &corners, true));
            }
            TextMark::Run { corner, glyphs } => {
                self.halo(glyphs, |offset| turned(corner + offset), rotation, halo);
                self.run(glyphs, |offset| turned(corner + offset), rotation);
            }
            TextMark::Line { ends, stroke } => {
                self.stroke(stroke, |content| polyline(content, &ends.map(turned), false));
            }
        }
    }

    fn image(&mut self, quad: &TexturedQuad, texture: &Texture) -> bool {
        let Some(picture) = quad.picture(texture) else { return false };
        self.flush();
        self.picture(picture, quad.corner, quad.along, quad.down);
        true
    }

    fn rasterize(&mut self, shape: ClippedShape, bounds: Rect) {
        self.queue.push(shape, bounds);
    }

    fn finish(&mut self) {
        self.flush();
    }
}

/// True unless egui draws nothing for it: a space, or a joiner.
fn is_seen(glyph: &Glyph) -> bool {
    !glyph.uv_rect.is_nothing()
}

/// True if the shape needs a graphics state of its own.
fn changes_state(placement: &ShapePlacement) -> bool {
    placement.is_cut || placement.transform != TSTransform::IDENTITY
}
