//! egui's shapes as an SVG file.
//!
//! Lines, areas and text stay what they are, so a figure can be edited and its text selected. What SVG cannot say exactly
//! (shaded triangles, shadows, colour gradients along lines) and point clouds that would be too large are painted by the
//! CPU rasteriser and embedded. The same shapes give the same bytes.

mod markup;
mod mesh;
mod text;

use super::{Picture, Rasterizer};
use eframe::egui::epaint::{
    BandShape, ClippedShape, ColorMode, CornerRadius, Mesh, PathStroke, Primitive, RectShape, StrokeKind,
};
use eframe::egui::{Color32, Context, Pos2, Rect, Shape, Stroke, TextureId, Vec2, emath::TSTransform, pos2};
use markup::{Element, number, point};
use mesh::TexturedQuad;

/// Shapes that are kept together in a group `<g id="name">`.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    /// The id of the group; empty for none.
    pub name: &'a str,
    /// What to draw, in this order.
    pub shapes: &'a [ClippedShape],
}

/// The sheet that an SVG file shows.
#[derive(Clone, Copy, Debug)]
pub struct SvgOptions<'a> {
    /// Width and height in points.
    pub size: Vec2,
    /// The colour of the sheet; `None` leaves it transparent.
    pub background: Option<Color32>,
    /// Resolution of what is embedded as pixels. Textures keep their own.
    pub pixels_per_point: f32,
    /// Texts stored with the figure as (keyword, text), as in [`encode_png`](super::encode_png). "Title" becomes the title.
    pub texts: &'a [(&'a str, &'a str)],
}

/// The SVG file of some shapes, laid out by `context`, whose textures are known to `rasterizer`.
///
/// Paint callbacks (code for a GPU) are left out.
pub fn to_svg(context: &Context, rasterizer: &Rasterizer, layers: &[Layer<'_>], options: &SvgOptions<'_>) -> String {
    let sheet = Rect::from_min_size(Pos2::ZERO, options.size);
    let mut writer = Writer {
        context,
        rasterizer,
        pixels_per_point: options.pixels_per_point,
        sheet,
        out: String::new(),
        clips: Vec::new(),
        clip: None,
        pending: Pending::Nothing,
    };
    writer.head(options);
    for layer in layers {
        let id = identifier(layer.name);
        if !id.is_empty() {
            Element::new(&mut writer.out, "g").text("id", &id).open();
        }
        layer.shapes.iter().for_each(|shape| writer.clipped(shape));
        writer.flush();
        writer.set_clip(None);
        if !id.is_empty() {
            writer.out.push_str("</g>\n");
        }
    }
    writer.out.push_str("</svg>\n");
    writer.out
}

/// A name made of characters that an id may have.
fn identifier(name: &str) -> String {
    let mut id: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    if id.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        id.insert(0, '_');
    }
    id
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

struct Writer<'a> {
    context: &'a Context,
    rasterizer: &'a Rasterizer,
    pixels_per_point: f32,
    sheet: Rect,
    out: String,
    /// The clip paths defined so far; their ids count from 1.
    clips: Vec<Rect>,
    /// That of the open group.
    clip: Option<Rect>,
    pending: Pending,
}

impl Writer<'_> {
    fn head(&mut self, options: &SvgOptions<'_>) {
        let Vec2 { x: width, y: height } = options.size;
        self.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Element::new(&mut self.out, "svg")
            .text("xmlns", "http://www.w3.org/2000/svg")
            .text("xmlns:xlink", "http://www.w3.org/1999/xlink")
            .numbers([("width", width), ("height", height)])
            .attribute("viewBox", |out| {
                out.push_str("0 0 ");
                point(out, pos2(width, height));
            })
            .text("stroke-linejoin", "round")
            .open();
        for (_, text) in options.texts.iter().filter(|(keyword, _)| *keyword == "Title") {
            Element::new(&mut self.out, "title").content(text);
        }
        if !options.texts.is_empty() {
            Element::new(&mut self.out, "metadata").text("xmlns:t", "urn:figure-text").open();
            for (keyword, text) in options.texts {
                Element::new(&mut self.out, "t:text").text("keyword", keyword).content(text);
            }
            self.out.push_str("</metadata>\n");
        }
        if let Some(color) = options.background {
            Element::new(&mut self.out, "rect")
                .numbers([("width", width), ("height", height)])
                .color("fill", color)
                .close();
        }
    }

    fn clipped(&mut self, clipped: &ClippedShape) {
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
                out.push_str(&format!(") scale({})", transform.scaling));
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
                let (c, r) = (circle.center, circle.radius);
                let element = self.element("circle").numbers([("cx", c.x), ("cy", c.y), ("r", r)]);
                if circle.stroke.is_empty() {
                    element.color("fill", circle.fill).close();
                } else {
                    // egui draws the stroke outside of the radius.
                    element.color("fill", circle.fill).close();
                    let r = r + 0.5 * circle.stroke.width;
                    let ring = self.element("circle").numbers([("cx", c.x), ("cy", c.y), ("r", r)]);
                    ring.text("fill", "none").stroke(circle.stroke).close();
                }
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
                let fonts = self.context.fonts(|fonts| fonts.definitions().clone());
                text::write_text(&mut self.out, text, &fonts);
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
        if stroke.is_empty() {
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
        if points.len() < 2 {
            return;
        }
        let element = self.element(if closed { "polygon" } else { "polyline" });
        let element = element.attribute("points", |out| {
            for (k, p) in points.iter().enumerate() {
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
        let rotation = eframe::egui::emath::Rot2::from_angle(band.angle);
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
        let scale = self.pixels_per_point;
        let rect = Rect::from_min_max(bounds.min.floor(), bounds.max.ceil());
        let [width, height] = [rect.width(), rect.height()].map(|points| (points * scale).ceil() as usize);
        let mut picture = Picture::filled(width, height, Color32::TRANSPARENT);
        let mut primitives = self.context.tessellate(shapes, scale);
        let offset = -rect.min.to_vec2();
        for primitive in &mut primitives {
            primitive.clip_rect = primitive.clip_rect.translate(offset);
            if let Primitive::Mesh(mesh) = &mut primitive.primitive {
                mesh.translate(offset);
            }
        }
        self.rasterizer.paint(&primitives, scale, &mut picture);
        let covered = Rect::from_min_size(rect.min, Vec2::new(width as f32, height as f32) / scale);
        mesh::write_picture(&mut self.out, covered, &picture);
    }
}

/// The stroke of a path if it has one colour.
fn plain(stroke: &PathStroke) -> Option<Stroke> {
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

#[cfg(test)]
mod tests {
    use super::super::offscreen::tests::sample_ui;
    use super::super::{Canvas, Offscreen};
    use super::*;
    use eframe::egui::epaint::{CircleShape, TextShape};
    use eframe::egui::{ColorImage, FontId, TextureHandle, TextureOptions, vec2};
    use std::sync::Arc;

    /// A context that has laid out something, so that it has fonts.
    fn offscreen() -> Offscreen {
        let mut offscreen = Offscreen::new(1, |_| ());
        drop(offscreen.settle(&canvas(), 0.0, |ui| {
            ui.label("fonts");
        }));
        offscreen
    }

    fn canvas() -> Canvas {
        Canvas::new(vec2(560.0, 360.0))
    }

    fn options() -> SvgOptions<'static> {
        SvgOptions { size: canvas().size, background: Some(Color32::WHITE), pixels_per_point: 2.0, texts: &[] }
    }

    fn svg_of(offscreen: &Offscreen, shapes: Vec<Shape>) -> String {
        let shapes: Vec<_> = shapes.into_iter().map(|shape| ClippedShape::new(Rect::EVERYTHING, shape)).collect();
        let svg =
            to_svg(offscreen.context(), offscreen.rasterizer(), &[Layer { name: "", shapes: &shapes }], &options());
        check(&svg);
        svg
    }

    /// Fails unless the tags are balanced, attributes are quoted and `&` is escaped: enough of XML for what is written here.
    fn check(svg: &str) {
        let mut open: Vec<&str> = Vec::new();
        let body = svg.split_once("?>").unwrap().1;
        let mut rest = body.trim();
        while let Some((text, after)) = rest.split_once('<') {
            assert!(
                text.split('&').skip(1).all(|t| ["amp;", "lt;", "gt;", "quot;"].iter().any(|e| t.starts_with(e))),
                "{text}"
            );
            let (tag, after) = after.split_once('>').unwrap();
            let quotes = tag.matches('"').count();
            assert_eq!(quotes % 2, 0, "{tag}");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split_whitespace().next().unwrap());
            }
            let names: Vec<_> = tag.split('"').step_by(2).map(str::trim).collect();
            assert!(
                names.iter().enumerate().all(|(k, n)| names[..k].iter().all(|m| m != n || n.is_empty())),
                "twice in {tag}"
            );
            rest = after;
        }
        assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
    }

    fn count(svg: &str, tag: &str) -> usize {
        svg.matches(&format!("<{tag} ")).count()
    }

    #[test]
    fn a_user_interface_becomes_well_formed_and_its_text_stays_text() {
        let svg = || {
            let mut offscreen = Offscreen::new(2, |_| ());
            let output = offscreen.settle(&canvas(), 0.0, sample_ui);
            let layers = [Layer { name: "user interface", shapes: &output.shapes }];
            let options = SvgOptions { texts: &[("Title", "seams & such"), ("seed", "7")], ..options() };
            to_svg(offscreen.context(), offscreen.rasterizer(), &layers, &options)
        };
        let text = svg();
        check(&text);
        assert_eq!(svg(), text, "the same input gives the same bytes");
        for expected in [
            ">Controls &amp; &lt;marks&gt;</text>",
            ">struck</text>",
            ">code √x ≤ σ²</text>",
            "'Hack', 'Ubuntu-Light', 'Ubuntu Light', 'Ubuntu', ",
            "monospace\"",
            ">density</text>",
            "<title>seams &amp; such</title>",
            "<t:text keyword=\"seed\">7</t:text>",
            "<g id=\"user-interface\">",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(text.contains("transform=\"rotate(-90 "), "the label of the y axis");
        assert_eq!(count(&text, "image"), 0, "nothing has to be painted");
    }

    #[test]
    fn shapes_become_their_own_elements() {
        let stroke = Stroke::new(2.0, Color32::RED);
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(30.0, 40.0));
        let line = |x: f32| Shape::line_segment([pos2(x, 0.0), pos2(x, 10.0)], stroke);
        let svg = svg_of(
            &offscreen(),
            vec![
                Shape::Circle(CircleShape { center: pos2(50.0, 60.0), radius: 7.0, fill: Color32::BLUE, stroke }),
                Shape::rect_stroke(rect, 3, stroke, StrokeKind::Outside),
                line(1.0),
                line(2.0),
                line(3.5),
                Shape::line(vec![pos2(0.0, 0.0), pos2(5.25, 5.0), pos2(9.0, 0.0)], stroke),
                Shape::convex_polygon(
                    vec![pos2(0.0, 0.0), pos2(5.0, 5.0), pos2(9.0, 0.0)],
                    Color32::GREEN,
                    Stroke::NONE,
                ),
            ],
        );
        let red = "stroke=\"#ff0000\" stroke-width=\"2\"";
        for expected in [
            "<circle cx=\"50\" cy=\"60\" r=\"7\" fill=\"#0000ff\"/>",
            &format!("<circle cx=\"50\" cy=\"60\" r=\"8\" fill=\"none\" {red}/>"),
            &format!("<rect x=\"9\" y=\"19\" width=\"32\" height=\"42\" rx=\"4\" fill=\"none\" {red}/>"),
            &format!("<path d=\"M1 0L1 10M2 0L2 10M3.5 0L3.5 10\" {red}/>"),
            &format!("<polyline points=\"0 0 5.25 5 9 0\" fill=\"none\" {red}/>"),
            "<polygon points=\"0 0 5 5 9 0\" fill=\"#00ff00\"/>",
        ] {
            assert!(svg.contains(expected), "{expected} in {svg}");
        }
    }

    #[test]
    fn one_clip_path_serves_a_run_of_shapes() {
        let offscreen = offscreen();
        let clip = Rect::from_min_size(pos2(100.0, 100.0), vec2(50.0, 50.0));
        let disc = |clip, x: f32| ClippedShape::new(clip, Shape::circle_filled(pos2(x, 120.0), 9.0, Color32::RED));
        // Two cut, one outside, one that needs no clip, one cut again, one free.
        let shapes =
            [disc(clip, 100.0), disc(clip, 145.0), disc(clip, 300.0), disc(Rect::EVERYTHING, 9.0), disc(clip, 104.0)];
        let svg =
            to_svg(offscreen.context(), offscreen.rasterizer(), &[Layer { name: "", shapes: &shapes }], &options());
        check(&svg);
        assert_eq!((count(&svg, "clipPath"), count(&svg, "g"), count(&svg, "circle")), (1, 2, 4));
        assert_eq!(svg.matches("url(#clip1)").count(), 2);
    }

    fn discs(count: usize, color: Color32) -> Mesh {
        let mut mesh = Mesh::default();
        for k in 0..count {
            let at = |stride: f32| (stride * k as f32).fract();
            let center = pos2(560.0 * at(0.618_034), 360.0 * at(0.754_878));
            let first = mesh.vertices.len() as u32;
            mesh.colored_vertex(center, color);
            for side in 0..9_u32 {
                let (sin, cos) = (std::f32::consts::TAU * side as f32 / 8.0).sin_cos();
                mesh.colored_vertex(center + 2.0 * vec2(cos, sin), color);
                if side > 0 {
                    mesh.add_triangle(first, first + side, first + side + 1);
                }
            }
        }
        mesh
    }

    #[test]
    fn few_points_are_vectors_and_many_are_painted() {
        let offscreen = offscreen();
        let mesh = |count, color| svg_of(&offscreen, vec![Shape::mesh(discs(count, color))]);
        let few = mesh(100, Color32::RED);
        assert_eq!((count(&few, "path"), count(&few, "image")), (1, 0));
        // Where translucent points lie on each other it must be seen.
        let translucent = mesh(100, Color32::RED.gamma_multiply(0.5));
        assert_eq!((count(&translucent, "path"), count(&translucent, "image")), (100, 0));
        let many = mesh(20_000, Color32::RED);
        assert_eq!((count(&many, "path"), count(&many, "image")), (0, 1));
        assert!(many.len() < 3_000_000, "{} bytes", many.len());
    }

    #[test]
    fn shaded_meshes_share_one_picture_while_nothing_comes_between() {
        let shaded = |x: f32| {
            let mut mesh = Mesh::default();
            for (dx, dy, color) in [(0.0, 0.0, Color32::RED), (30.0, 0.0, Color32::BLUE), (0.0, 30.0, Color32::GREEN)] {
                mesh.colored_vertex(pos2(x + dx, 50.0 + dy), color);
            }
            mesh.add_triangle(0, 1, 2);
            Shape::mesh(mesh)
        };
        let disc = Shape::circle_filled(pos2(9.0, 9.0), 5.0, Color32::RED);
        let offscreen = offscreen();
        assert_eq!(count(&svg_of(&offscreen, vec![shaded(10.0), shaded(80.0)]), "image"), 1);
        assert_eq!(count(&svg_of(&offscreen, vec![shaded(10.0), disc, shaded(80.0)]), "image"), 2);
    }

    #[test]
    fn a_texture_is_embedded_at_its_own_resolution() {
        let mut offscreen = offscreen();
        let mut texture: Option<TextureHandle> = None;
        let output = offscreen.settle(&canvas(), 0.0, |ui| {
            let load = || {
                let image = ColorImage::filled([7, 5], Color32::RED);
                ui.ctx().load_texture("scene", image, TextureOptions::NEAREST)
            };
            let texture = texture.get_or_insert_with(load);
            ui.image((texture.id(), vec2(140.0, 100.0)));
        });
        let layers = [Layer { name: "", shapes: &output.shapes }];
        let svg = to_svg(offscreen.context(), offscreen.rasterizer(), &layers, &options());
        check(&svg);
        assert_eq!(count(&svg, "image"), 1);
        assert!(svg.contains("width=\"140\" height=\"100\" image-rendering=\"pixelated\""), "{svg}");
        // The header of a PNG file of 7 × 5 pixels: "…IHDR", 0007, 0005.
        assert!(svg.contains("base64,iVBORw0KGgoAAAANSUhEUgAAAAcAAAAF"), "{svg}");
    }

    #[test]
    fn a_turned_texture_gets_a_matrix() {
        let offscreen = offscreen();
        let mut mesh = Mesh::with_texture(TextureId::default());
        mesh.add_rect_with_uv(
            Rect::from_min_size(pos2(50.0, 50.0), vec2(40.0, 20.0)),
            Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)),
            Color32::WHITE,
        );
        mesh.rotate(eframe::egui::emath::Rot2::from_angle(std::f32::consts::FRAC_PI_2), pos2(50.0, 50.0));
        let quad = TexturedQuad::of(&mesh).unwrap();
        let texture = offscreen.rasterizer().texture(TextureId::default()).unwrap();
        let mut out = String::new();
        assert!(quad.write(&mut out, texture));
        let [w, h] = texture.size().map(|n| n as f32);
        assert!(out.contains(&format!(" {:.6} {:.6} ", 40.0 / w, -20.0 / h)), "{}", &out[..200]);
        assert!(TexturedQuad::of(&discs(1, Color32::RED)).is_none());
    }

    #[test]
    fn text_is_written_run_by_run_where_egui_put_it() {
        let offscreen = offscreen();
        let galley = offscreen.context().fonts_mut(|fonts| {
            let mut job = eframe::egui::text::LayoutJob::default();
            let format = |size, color| eframe::egui::TextFormat {
                underline: Stroke::NONE,
                ..eframe::egui::TextFormat::simple(FontId::proportional(size), color)
            };
            job.append("red & ", 0.0, format(14.0, Color32::RED));
            job.append("blue\nnext", 0.0, format(20.0, Color32::BLUE));
            fonts.layout_job(job)
        });
        let second = galley.rows[0].row.glyphs[6].pos.x;
        let text = TextShape::new(pos2(10.0, 10.0), Arc::clone(&galley), Color32::GRAY).with_angle(0.5);
        let svg = svg_of(&offscreen, vec![Shape::Text(text)]);
        for expected in
            [">red &amp;</text>", ">blue</text>", ">next</text>", "font-size=\"20\"", "rotate(28.648 10 10)"]
        {
            assert!(svg.contains(expected), "{expected} in {svg}");
        }
        let mut x = String::new();
        number(&mut x, 10.0 + second);
        assert!(svg.contains(&format!("<text x=\"{x}\"")), "{x} in {svg}");

        let faded = TextShape::new(pos2(10.0, 10.0), galley, Color32::GRAY).with_override_text_color(Color32::BLACK);
        let svg = svg_of(&offscreen, vec![Shape::Text(faded.with_opacity_factor(0.5))]);
        assert_eq!(svg.matches("fill=\"#000000\" fill-opacity=\"0.502\"").count(), 3);
    }

    #[test]
    fn rounded_corners_of_different_radii_become_a_path() {
        let radius = CornerRadius { nw: 5, ne: 0, sw: 200, se: 1 };
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(30.0, 40.0));
        let svg = svg_of(&offscreen(), vec![Shape::rect_filled(rect, radius, Color32::RED)]);
        assert!(
            svg.contains("M15 20L40 20L40 59A1 1 0 0 1 39 60L25 60A15 15 0 0 1 10 45L10 25A5 5 0 0 1 15 20Z"),
            "{svg}"
        );
    }

    #[test]
    fn what_cannot_be_said_in_svg_is_painted() {
        let offscreen = offscreen();
        let rainbow = PathStroke::new_uv(3.0, |_, p| if p.x > 50.0 { Color32::RED } else { Color32::BLUE });
        let path = Shape::line(vec![pos2(10.0, 10.0), pos2(90.0, 30.0)], rainbow);
        let shadow = RectShape::filled(Rect::from_min_size(pos2(99.0, 9.0), vec2(40.0, 40.0)), 4, Color32::BLACK)
            .with_blur_width(8.0);
        assert_eq!(count(&svg_of(&offscreen, vec![path, Shape::Rect(shadow)]), "image"), 1);
    }
}
