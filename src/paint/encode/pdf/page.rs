//! From egui's shapes to the operators of a page. The page is turned so that y runs down as on the screen.

use std::collections::BTreeSet;

use eframe::egui::emath::{Rot2, TSTransform};
use eframe::egui::epaint::{BandShape, ClippedShape, CornerRadius, Mesh, RectShape, StrokeKind, TextShape};
use eframe::egui::{Color32, Context, Pos2, Rect, Shape, Stroke, TextureId, Vec2, pos2, vec2};
use pdf_writer::types::LineJoinStyle;
use pdf_writer::{Content, Name, Str};

use super::super::svg::mesh::{TexturedQuad, painted, patches};
use super::super::svg::text::{Painted, origin, rows};
use super::super::svg::writer::plain;
use super::fonts::{Fonts, Place, name};
use crate::paint::picture::Picture;
use crate::paint::raster::rasterizer::Rasterizer;

/// Cubic curves are nearest to a quarter of a circle with handles of this length (Goldapp 1991).
const QUARTER: f32 = 0.551_915;

/// A page being written.
pub(super) struct Page<'a> {
    context: &'a Context,
    rasterizer: &'a Rasterizer,
    pixels_per_point: f32,
    sheet: Rect,
    pub(super) content: Content,
    pub(super) fonts: Fonts,
    /// Pictures in the order of their numbers.
    pub(super) pictures: Vec<Picture>,
    /// The opacities that are used.
    pub(super) opacities: BTreeSet<u8>,
    /// Shapes that are left to the rasteriser, and what they cover.
    pending: Option<(Vec<ClippedShape>, Rect)>,
}

/// The name of an opacity in the page.
pub(super) fn opacity_name(alpha: u8) -> String {
    format!("A{alpha}")
}

impl<'a> Page<'a> {
    pub(super) fn new(
        context: &'a Context,
        rasterizer: &'a Rasterizer,
        size: Vec2,
        background: Option<Color32>,
        pixels_per_point: f32,
    ) -> Self {
        let sheet = Rect::from_min_size(Pos2::ZERO, size);
        let fonts = context.fonts(|fonts| Fonts::new(fonts.definitions()));
        let mut page = Self {
            context,
            rasterizer,
            pixels_per_point,
            sheet,
            content: Content::new(),
            fonts,
            pictures: Vec::new(),
            opacities: BTreeSet::new(),
            pending: None,
        };
        page.content.transform([1.0, 0.0, 0.0, -1.0, 0.0, size.y]).set_line_join(LineJoinStyle::RoundJoin);
        if let Some(color) = background {
            page.paint(color, Stroke::NONE, |content| rectangle(content, sheet));
        }
        page
    }

    pub(super) fn clipped(&mut self, clipped: &ClippedShape) {
        let transform = clipped.transform_after_tessellation;
        let bounds = transform * clipped.shape.visual_bounding_rect();
        let clip = clipped.clip_rect.intersect(self.sheet);
        if !clip.is_positive() || !clip.intersects(bounds) {
            return;
        }
        let (inside, still) = (clip.contains_rect(bounds), transform == TSTransform::IDENTITY);
        if inside && still {
            return self.shape(&clipped.shape, clip);
        }
        self.flush();
        self.content.save_state();
        if !inside {
            rectangle(&mut self.content, clip);
            self.content.clip_nonzero().end_path();
        }
        if !still {
            let (s, t) = (transform.scaling, transform.translation);
            self.content.transform([s, 0.0, 0.0, s, t.x, t.y]);
        }
        self.shape(&clipped.shape, transform.inverse() * clip);
        self.flush();
        self.content.restore_state();
    }

    fn shape(&mut self, shape: &Shape, clip: Rect) {
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape, clip)),
            Shape::Circle(circle) => {
                // egui draws the stroke of circles and ellipses outside of the radius.
                let radius = Vec2::splat(circle.radius + 0.5 * circle.stroke.width);
                self.paint(circle.fill, circle.stroke, |content| ellipse(content, circle.center, radius, 0.0));
            }
            Shape::Ellipse(shape) => {
                let radius = shape.radius + Vec2::splat(0.5 * shape.stroke.width);
                self.paint(shape.fill, shape.stroke, |content| ellipse(content, shape.center, radius, shape.angle));
            }
            Shape::LineSegment { points, stroke } => {
                self.paint(Color32::TRANSPARENT, *stroke, |content| polyline(content, points, false));
            }
            Shape::Path(path) => match plain(&path.stroke) {
                Some(stroke) => {
                    let fill = if path.closed { path.fill } else { Color32::TRANSPARENT };
                    self.paint(fill, stroke, |content| polyline(content, &path.points, path.closed));
                }
                None => self.pixels(shape, clip),
            },
            Shape::Band(band) => self.band(band),
            Shape::Rect(rect) => self.rect(rect, clip),
            Shape::Text(text) => self.text(text),
            Shape::Mesh(mesh) => self.mesh(mesh, shape, clip),
            Shape::QuadraticBezier(curve) => match plain(&curve.stroke) {
                Some(stroke) => {
                    let [a, b, c] = curve.points;
                    let handles = [a + (b - a) * (2.0 / 3.0), c + (b - c) * (2.0 / 3.0)];
                    self.paint(curve.fill, stroke, |content| {
                        bezier(content, [a, handles[0], handles[1], c], curve.closed);
                    });
                }
                None => self.pixels(shape, clip),
            },
            Shape::CubicBezier(curve) => match plain(&curve.stroke) {
                Some(stroke) => self.paint(curve.fill, stroke, |content| bezier(content, curve.points, curve.closed)),
                None => self.pixels(shape, clip),
            },
        }
    }

    /// Fills and strokes a path. Each has its own opacity, so the path is written for each.
    fn paint(&mut self, fill: Color32, stroke: Stroke, path: impl Fn(&mut Content)) {
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

    /// Sets the opacity and gives the colour; egui's additive colours (no alpha) become what they are on black.
    fn color(&mut self, color: Color32) -> [f32; 3] {
        let [r, g, b, a] = color.to_array();
        let alpha = if a == 0 { r.max(g).max(b) } else { a };
        self.opacities.insert(alpha);
        self.content.set_parameters(Name(opacity_name(alpha).as_bytes()));
        let [r, g, b, _] = Color32::from_rgba_premultiplied(r, g, b, alpha).to_srgba_unmultiplied();
        [r, g, b].map(|channel| f32::from(channel) / 255.0)
    }

    fn band(&mut self, band: &BandShape) {
        let points: Vec<_> = band.points.iter().filter(|p| p.is_finite()).collect();
        let upper = points.iter().map(|p| pos2(p.x, p.y.min));
        let lower = points.iter().rev().map(|p| pos2(p.x, p.y.max));
        let rotation = Rot2::from_angle(band.angle);
        let outline: Vec<Pos2> = upper.chain(lower).map(|p| (rotation * p.to_vec2()).to_pos2()).collect();
        self.paint(band.fill, band.stroke, |content| polyline(content, &outline, true));
    }

    fn rect(&mut self, rect: &RectShape, clip: Rect) {
        if let Some(brush) = &rect.brush
            && rect.stroke.is_empty()
            && rect.corner_radius == CornerRadius::ZERO
            && rect.angle == 0.0
        {
            let mut quad = Mesh::with_texture(brush.fill_texture_id);
            quad.add_rect_with_uv(rect.rect, brush.uv, rect.fill);
            return self.mesh(&quad, &Shape::Rect(rect.clone()), clip);
        }
        if rect.blur_width > 0.0 || rect.brush.is_some() {
            return self.pixels(&Shape::Rect(rect.clone()), clip);
        }
        let outwards = match rect.stroke_kind {
            StrokeKind::Inside => -0.5,
            StrokeKind::Middle => 0.0,
            StrokeKind::Outside => 0.5,
        };
        let grow = if rect.stroke.is_empty() { 0.0 } else { outwards * rect.stroke.width };
        let edge = rect.rect.intersect(self.sheet.expand(1e4)).expand(grow);
        if edge.is_negative() {
            return;
        }
        let corners = [rect.corner_radius.nw, rect.corner_radius.ne, rect.corner_radius.se, rect.corner_radius.sw];
        let radii = corners.map(|r| if r == 0 { 0.0 } else { (f32::from(r) + grow).max(0.0) });
        self.paint(rect.fill, rect.stroke, |content| rounded(content, edge, radii, rect.angle));
    }

    fn mesh(&mut self, mesh: &Mesh, shape: &Shape, clip: Rect) {
        if mesh.texture_id != TextureId::default()
            && let Some(quad) = TexturedQuad::of(mesh)
            && let Some(picture) = self.rasterizer.texture(mesh.texture_id).and_then(|texture| quad.picture(texture))
        {
            self.flush();
            return self.picture(picture, quad.corner, quad.along, quad.down);
        }
        let Some(patches) = patches(mesh) else { return self.pixels(shape, clip) };
        for patch in patches {
            self.paint(patch.color, Stroke::NONE, |content| {
                patch.triangles.iter().for_each(|triangle| polyline(content, triangle, true));
            });
        }
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

    /// Leave a shape to the rasteriser, together with its neighbours.
    fn pixels(&mut self, shape: &Shape, clip: Rect) {
        let rect = shape.visual_bounding_rect().expand(1.0).intersect(clip);
        if !rect.is_positive() {
            return;
        }
        let (shapes, bounds) = self.pending.get_or_insert((Vec::new(), Rect::NOTHING));
        shapes.push(ClippedShape::new(clip, shape.clone()));
        *bounds = bounds.union(rect);
    }

    /// Write what is pending.
    pub(super) fn flush(&mut self) {
        if let Some((shapes, bounds)) = self.pending.take() {
            let (rect, picture) = painted(self.context, self.rasterizer, self.pixels_per_point, shapes, bounds);
            self.picture(picture, rect.min, vec2(rect.width(), 0.0), vec2(0.0, rect.height()));
        }
    }

    fn text(&mut self, shape: &TextShape) {
        let origin = origin(shape);
        let rotation = Rot2::from_angle(shape.angle);
        let turned = |p: Pos2| origin + rotation * (p - origin);
        for (row, glyphs) in rows(shape) {
            let at = origin + row.pos.to_vec2();
            for run in glyphs.chunk_by(|a, b| a.1 == b.1 && a.2 == b.2) {
                let [(first, format, _), ..] = run else { continue };
                let extent = run.iter().fold(Rect::NOTHING, |extent, (glyph, ..)| extent.union(glyph.logical_rect()));
                let extent = extent.translate(at.to_vec2());
                if format.background != Color32::TRANSPARENT {
                    let r = extent.expand(format.expand_bg);
                    let corners = [r.left_top(), r.right_top(), r.right_bottom(), r.left_bottom()].map(turned);
                    self.paint(format.background, Stroke::NONE, |content| polyline(content, &corners, true));
                }
                self.run(run, |x, y| turned(at + vec2(x, y)), rotation);
                let middle = at.y + first.logical_rect().center().y;
                let lines = [
                    ([extent.left_bottom(), extent.right_bottom()], format.underline),
                    ([pos2(extent.min.x, middle), pos2(extent.max.x, middle)], format.strikethrough),
                ];
                for (ends, stroke) in lines {
                    self.paint(Color32::TRANSPARENT, stroke, |content| polyline(content, &ends.map(turned), false));
                }
            }
            if !shape.underline.is_empty() && !row.glyphs.is_empty() {
                let rect = row.row.visuals.mesh_bounds.translate(at.to_vec2());
                let ends = [rect.left_bottom(), rect.right_bottom()].map(turned);
                self.paint(Color32::TRANSPARENT, shape.underline, |content| polyline(content, &ends, false));
            }
        }
    }

    /// Writes glyphs of one format and colour, each where egui has put it.
    fn run(&mut self, run: &[Painted<'_>], place: impl Fn(f32, f32) -> Pos2, rotation: Rot2) {
        let [(_, format, color), ..] = run else { return };
        let size = format.font_id.size;
        let found: Vec<(Pos2, Place)> = run
            .iter()
            .filter_map(|(glyph, ..)| Some((glyph.pos, self.fonts.place(&format.font_id.family, glyph.chr)?)))
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
            let p = place(start.x, start.y);
            self.content.begin_text().set_font(Name(name(first.font).as_bytes()), size);
            // The page is turned over, the letters are not.
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

fn rectangle(content: &mut Content, rect: Rect) {
    content.rect(rect.min.x, rect.min.y, rect.width(), rect.height());
}

fn polyline(content: &mut Content, points: &[Pos2], closed: bool) {
    for (k, p) in points.iter().filter(|p| p.is_finite()).enumerate() {
        if k == 0 {
            content.move_to(p.x, p.y)
        } else {
            content.line_to(p.x, p.y)
        };
    }
    if closed {
        content.close_path();
    }
}

fn bezier(content: &mut Content, [a, b, c, d]: [Pos2; 4], closed: bool) {
    content.move_to(a.x, a.y).cubic_to(b.x, b.y, c.x, c.y, d.x, d.y);
    if closed {
        content.close_path();
    }
}

fn ellipse(content: &mut Content, center: Pos2, radius: Vec2, angle: f32) {
    let rotation = Rot2::from_angle(angle);
    let at = |x: f32, y: f32| center + rotation * vec2(x * radius.x, y * radius.y);
    let start = at(1.0, 0.0);
    content.move_to(start.x, start.y);
    for (x, y) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)] {
        // From (x, y) to (−y, x), a quarter on.
        let (b, c, d) = (at(x - QUARTER * y, y + QUARTER * x), at(QUARTER * x - y, QUARTER * y + x), at(-y, x));
        content.cubic_to(b.x, b.y, c.x, c.y, d.x, d.y);
    }
    content.close_path();
}

/// A rectangle rotated about its middle, with a radius for each corner, from the left upper one clockwise.
fn rounded(content: &mut Content, rect: Rect, radii: [f32; 4], angle: f32) {
    let (center, rotation) = (rect.center(), Rot2::from_angle(angle));
    let at = |p: Pos2| center + rotation * (p - center);
    let most = 0.5 * rect.size().min_elem();
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()];
    // The directions towards a corner and away from it.
    let ways = [vec2(0.0, -1.0), vec2(1.0, 0.0), vec2(0.0, 1.0), vec2(-1.0, 0.0), vec2(0.0, -1.0)];
    for (k, (corner, radius)) in corners.into_iter().zip(radii).enumerate() {
        let radius = radius.min(most);
        let (to, away) = (ways[k] * radius, ways[k + 1] * radius);
        let (a, b) = (at(corner - to), at(corner - to * (1.0 - QUARTER)));
        let (c, d) = (at(corner + away * (1.0 - QUARTER)), at(corner + away));
        if k == 0 {
            content.move_to(a.x, a.y)
        } else {
            content.line_to(a.x, a.y)
        };
        if radius > 0.0 {
            content.cubic_to(b.x, b.y, c.x, c.y, d.x, d.y);
        }
    }
    content.close_path();
}
