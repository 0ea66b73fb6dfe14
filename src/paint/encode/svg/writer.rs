//! From egui's shapes to elements.

use super::markup::{Element, factor, number, point};
use super::mesh::{self, TexturedQuad};
use super::text;
use crate::paint::layer::Layer;
use crate::paint::raster::rasterizer::Rasterizer;
use eframe::egui::emath::{Rot2, TSTransform};
use eframe::egui::epaint::{BandShape, ClippedShape, ColorMode, CornerRadius, Mesh, PathStroke, RectShape, StrokeKind};
use eframe::egui::{Color32, Context, FontDefinitions, Pos2, Rect, Shape, Stroke, TextureId, Vec2, pos2};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// An SVG file being written.
pub(super) struct Writer<'a> {
    context: &'a Context,
    rasterizer: &'a Rasterizer,
    /// Those of the context, once there is text.
    fonts: OnceCell<FontDefinitions>,
    pixels_per_point: f32,
    sheet: Rect,
    /// What is written so far, without what is pending.
    pub(super) out: String,
    /// The clip paths defined so far; their ids count from 1.
    clips: Vec<Rect>,
    /// That of the open group.
    clip: Option<Rect>,
    /// The open layers.
    layers: Vec<Group>,
    /// How many layers have begun under each id.
    ids: BTreeMap<String, usize>,
    pending: Pending,
}

impl<'a> Writer<'a> {
    pub(super) fn new(context: &'a Context, rasterizer: &'a Rasterizer, sheet: Rect, pixels_per_point: f32) -> Self {
        Self {
            context,
            rasterizer,
            fonts: OnceCell::new(),
            pixels_per_point,
            sheet,
            out: String::new(),
            clips: Vec::new(),
            clip: None,
            layers: Vec::new(),
            ids: BTreeMap::new(),
            pending: Pending::Nothing,
        }
    }

    /// Write a shape, or keep it until it is known what it can be joined with.
    pub(super) fn clipped(&mut self, clipped: &ClippedShape) {
        let transform = clipped.transform_after_tessellation;
        let bounds = transform * clipped.shape.visual_bounding_rect();
        let clip = clipped.clip_rect.intersect(self.sheet);
        if !clip.is_positive() || !clip.intersects(bounds) {
            return;
        }
        if self.clip != Some(clip) {
            // What stays inside needs no clip path.
            self.set_clip(if clip.contains_rect(bounds) { None } else { Some(clip) });
        }
        if transform == TSTransform::IDENTITY {
            self.shape(&clipped.shape, clip);
            return;
        }
        self.flush();
        Element::new(&mut self.out, "g")
            .attribute("transform", |out| {
                out.push_str("translate(");
                point(out, transform.translation.to_pos2());
                out.push_str(") scale(");
                factor(out, transform.scaling);
                out.push(')');
            })
            .open();
        self.shape(&clipped.shape, transform.inverse() * clip);
        self.flush();
        self.out.push_str("</g>\n");
    }

    /// Let everything that follows be clipped to a rectangle.
    fn set_clip(&mut self, clip: Option<Rect>) {
        if self.clip == clip {
            return;
        }
        self.flush();
        if self.clip.is_some() {
            self.out.push_str("</g>\n");
        }
        self.clip = clip;
        let Some(rect) = clip else { return };
        let known = self.clips.iter().position(|known| *known == rect);
        let index = known.unwrap_or_else(|| {
            self.clips.push(rect);
            let id = format!("clip{}", self.clips.len());
            Element::new(&mut self.out, "clipPath").text("id", &id).open();
            rectangle(Element::new(&mut self.out, "rect"), rect).close();
            self.out.push_str("</clipPath>\n");
            self.clips.len() - 1
        });
        Element::new(&mut self.out, "g").text("clip-path", &format!("url(#clip{})", index + 1)).open();
    }

    fn shape(&mut self, shape: &Shape, clip: Rect) {
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape, clip)),
            Shape::Circle(circle) => {
                // egui draws the stroke of circles and ellipses outside of the radius.
                let (c, r) = (circle.center, circle.radius + 0.5 * circle.stroke.width);
                let element = self.element("circle").numbers([("cx", c.x), ("cy", c.y), ("r", r)]);
                element.color("fill", circle.fill).stroke(circle.stroke).close();
            }
            Shape::Ellipse(ellipse) => {
                let (c, r) = (ellipse.center, ellipse.radius + Vec2::splat(0.5 * ellipse.stroke.width));
                self.element("ellipse")
                    .numbers([("cx", c.x), ("cy", c.y), ("rx", r.x), ("ry", r.y)])
                    .color("fill", ellipse.fill)
                    .stroke(ellipse.stroke)
                    .rotated(ellipse.angle, c)
                    .close();
            }
            Shape::LineSegment { points, stroke } => self.segment(*points, *stroke),
            Shape::Path(path) => match plain(&path.stroke) {
                Some(stroke) => self.polygon(&path.points, path.closed, path.fill, stroke),
                None => self.pixels(shape, clip),
            },
            Shape::Band(band) => self.band(band),
            Shape::Rect(rect) => self.rect(rect, clip),
            Shape::Text(text) => {
                self.flush();
                let fonts = self.fonts.get_or_init(|| self.context.fonts(|fonts| fonts.definitions().clone()));
                text::write_text(&mut self.out, text, fonts);
            }
            Shape::Mesh(mesh) => self.mesh(mesh, shape, clip),
            Shape::QuadraticBezier(curve) => match plain(&curve.stroke) {
                Some(stroke) => self.bezier('Q', &curve.points, curve.closed, curve.fill, stroke),
                None => self.pixels(shape, clip),
            },
            Shape::CubicBezier(curve) => match plain(&curve.stroke) {
                Some(stroke) => self.bezier('C', &curve.points, curve.closed, curve.fill, stroke),
                None => self.pixels(shape, clip),
            },
        }
    }

    /// Start an element of its own.
    fn element(&mut self, name: &'static str) -> Element<'_> {
        self.flush();
        Element::new(&mut self.out, name)
    }

    fn segment(&mut self, [a, b]: [Pos2; 2], stroke: Stroke) {
        if stroke.is_empty() || !a.is_finite() || !b.is_finite() {
            return;
        }
        // Translucent lines that cross must be blended twice, so they cannot share a path.
        if !stroke.color.is_opaque() {
            let element = self.element("line").numbers([("x1", a.x), ("y1", a.y), ("x2", b.x), ("y2", b.y)]);
            return element.stroke(stroke).close();
        }
        if !matches!(&self.pending, Pending::Lines { stroke: open, .. } if *open == stroke) {
            self.flush();
            self.pending = Pending::Lines { stroke, data: String::new() };
        }
        if let Pending::Lines { data, .. } = &mut self.pending {
            data.push('M');
            point(data, a);
            data.push('L');
            point(data, b);
        }
    }

    fn polygon(&mut self, points: &[Pos2], closed: bool, fill: Color32, stroke: Stroke) {
        let element = self.element(if closed { "polygon" } else { "polyline" });
        let element = element.attribute("points", |out| {
            for (k, p) in points.iter().filter(|p| p.is_finite()).enumerate() {
                if k > 0 {
                    out.push(' ');
                }
                point(out, *p);
            }
        });
        element.color("fill", if closed { fill } else { Color32::TRANSPARENT }).stroke(stroke).close();
    }

    fn bezier(&mut self, command: char, points: &[Pos2], closed: bool, fill: Color32, stroke: Stroke) {
        let element = self.element("path").attribute("d", |out| {
            for (k, p) in points.iter().enumerate() {
                out.push(match k {
                    0 => 'M',
                    1 => command,
                    _ => ' ',
                });
                point(out, *p);
            }
            if closed {
                out.push('Z');
            }
        });
        element.color("fill", fill).stroke(stroke).close();
    }

    fn band(&mut self, band: &BandShape) {
        let points: Vec<_> = band.points.iter().filter(|p| p.is_finite()).collect();
        let upper = points.iter().map(|p| pos2(p.x, p.y.min));
        let lower = points.iter().rev().map(|p| pos2(p.x, p.y.max));
        let outline: Vec<Pos2> = upper.chain(lower).collect();
        let rotation = Rot2::from_angle(band.angle);
        let outline: Vec<Pos2> = outline.into_iter().map(|p| (rotation * p.to_vec2()).to_pos2()).collect();
        self.polygon(&outline, true, band.fill, band.stroke);
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
        let radius = rect.corner_radius;
        let element = if radius.is_same() {
            let element = rectangle(self.element("rect"), edge);
            let radius = f32::from(radius.nw);
            if radius > 0.0 { element.number("rx", radius + grow.max(-radius)) } else { element }
        } else {
            self.element("path").attribute("d", |out| rounded(out, edge, radius))
        };
        element.color("fill", rect.fill).stroke(rect.stroke).rotated(rect.angle, edge.center()).close();
    }

    fn mesh(&mut self, mesh: &Mesh, shape: &Shape, clip: Rect) {
        if mesh.texture_id != TextureId::default()
            && let Some(quad) = TexturedQuad::of(mesh)
            && let Some(texture) = self.rasterizer.texture(mesh.texture_id)
        {
            self.flush();
            if quad.write(&mut self.out, texture) {
                return;
            }
        }
        let Some(patches) = mesh::patches(mesh) else { return self.pixels(shape, clip) };
        for patch in patches {
            let joins = matches!(&self.pending, Pending::Triangles { color, .. } if *color == patch.color);
            if !joins || !patch.color.is_opaque() {
                self.flush();
                self.pending = Pending::Triangles { color: patch.color, data: String::new() };
            }
            if let Pending::Triangles { data, .. } = &mut self.pending {
                patch.triangles.into_iter().for_each(|triangle| mesh::outline(data, triangle));
            }
        }
    }

    /// Leave a shape to the rasteriser, together with its neighbours.
    fn pixels(&mut self, shape: &Shape, clip: Rect) {
        let rect = shape.visual_bounding_rect().expand(1.0).intersect(clip);
        if !rect.is_positive() {
            return;
        }
        if !matches!(self.pending, Pending::Pixels { .. }) {
            self.flush();
            self.pending = Pending::Pixels { shapes: Vec::new(), bounds: Rect::NOTHING };
        }
        if let Pending::Pixels { shapes, bounds } = &mut self.pending {
            shapes.push(ClippedShape::new(clip, shape.clone()));
            *bounds = bounds.union(rect);
        }
    }

    /// Write what is pending and end the open group.
    pub(super) fn finish(&mut self) {
        self.close_layers(0);
    }

    /// Let everything that follows be in a group of that name, inside the group of the layer that it is part of.
    pub(super) fn begin(&mut self, layer: &Layer) {
        self.close_layers(layer.depth);
        let own = identifier(&layer.name);
        let id = self.layers.last().map_or_else(|| own.clone(), |outer| format!("{}-{own}", outer.id));
        let count = self.ids.entry(id.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { id } else { format!("{id}-{count}") };
        let start = self.out.len();
        Element::new(&mut self.out, "g")
            .text("id", &id)
            .text("inkscape:groupmode", "layer")
            .text("inkscape:label", &layer.name)
            .open();
        self.layers.push(Group { id, start, content: self.out.len() });
    }

    fn close_layers(&mut self, depth: usize) {
        self.flush();
        self.set_clip(None);
        while self.layers.len() > depth
            && let Some(group) = self.layers.pop()
        {
            if self.out.len() == group.content {
                self.out.truncate(group.start);
            } else {
                self.out.push_str("</g>\n");
            }
        }
    }

    fn flush(&mut self) {
        match std::mem::take(&mut self.pending) {
            Pending::Nothing => {}
            Pending::Lines { stroke, data } => {
                Element::new(&mut self.out, "path").text("d", &data).stroke(stroke).close();
            }
            Pending::Triangles { color, data } => {
                Element::new(&mut self.out, "path").text("d", &data).color("fill", color).close();
            }
            Pending::Pixels { shapes, bounds } => self.paint(shapes, bounds),
        }
    }

    fn paint(&mut self, shapes: Vec<ClippedShape>, bounds: Rect) {
        let (covered, picture) = mesh::painted(self.context, self.rasterizer, self.pixels_per_point, shapes, bounds);
        mesh::write_picture(&mut self.out, covered, &picture);
    }
}

/// The stroke of a path if it has one colour.
pub(in crate::paint) fn plain(stroke: &PathStroke) -> Option<Stroke> {
    match &stroke.color {
        ColorMode::Solid(color) => Some(Stroke::new(stroke.width, *color)),
        ColorMode::UV(_) => None,
    }
}

fn rectangle(element: Element<'_>, rect: Rect) -> Element<'_> {
    element.numbers([("x", rect.min.x), ("y", rect.min.y), ("width", rect.width()), ("height", rect.height())])
}

/// Append the outline of a rectangle whose corners have different radii.
fn rounded(out: &mut String, rect: Rect, radius: CornerRadius) {
    let most = 0.5 * rect.size().min_elem();
    let [nw, ne, se, sw] = [radius.nw, radius.ne, radius.se, radius.sw].map(|r| f32::from(r).min(most));
    let Rect { min, max } = rect;
    let sides = [
        (pos2(min.x + nw, min.y), pos2(max.x - ne, min.y), ne, pos2(max.x, min.y + ne)),
        (pos2(max.x, min.y + ne), pos2(max.x, max.y - se), se, pos2(max.x - se, max.y)),
        (pos2(max.x - se, max.y), pos2(min.x + sw, max.y), sw, pos2(min.x, max.y - sw)),
        (pos2(min.x, max.y - sw), pos2(min.x, min.y + nw), nw, pos2(min.x + nw, min.y)),
    ];
    for (k, (start, end, radius, next)) in sides.into_iter().enumerate() {
        if k == 0 {
            out.push('M');
            point(out, start);
        }
        out.push('L');
        point(out, end);
        if radius > 0.0 {
            out.push('A');
            number(out, radius);
            out.push(' ');
            number(out, radius);
            out.push_str(" 0 0 1 ");
            point(out, next);
        }
    }
    out.push('Z');
}

/// A layer that is open.
struct Group {
    id: String,
    /// Where its tag begins.
    start: usize,
    /// Where its tag ends: nothing is written if nothing follows.
    content: usize,
}

/// The letters and digits of a name, joined by hyphens, as an id may have them.
fn identifier(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id = words.collect::<Vec<_>>().join("-").to_lowercase();
    if id.starts_with(|c: char| c.is_ascii_alphabetic()) { id } else { format!("layer-{id}") }
}

/// Shapes that may be joined with the next ones.
#[derive(Default)]
enum Pending {
    #[default]
    Nothing,
    /// Segments of one opaque stroke: the data of a path.
    Lines { stroke: Stroke, data: String },
    /// Opaque triangles of one colour: the data of a path.
    Triangles { color: Color32, data: String },
    /// What has to be painted as pixels.
    Pixels { shapes: Vec<ClippedShape>, bounds: Rect },
}
