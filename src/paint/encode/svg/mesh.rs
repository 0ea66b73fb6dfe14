//! Triangles and textures: as vectors where that is exact and small, else as pictures.

use super::super::png::encode_png;
use super::markup::{Element, factor, point};
use crate::io::encode_base64;
use crate::paint::picture::Picture;
use crate::paint::raster::rasterizer::Rasterizer;
use crate::paint::raster::texture::Texture;
use eframe::egui::epaint::textures::TextureFilter;
use eframe::egui::epaint::{ClippedShape, Mesh, Primitive, Vertex, WHITE_UV};
use eframe::egui::{Color32, Context, Pos2, Rect, TextureId, Vec2};

/// A mesh that would need more bytes than this as vectors is painted as pixels.
const MAX_VECTOR_BYTES: usize = 200_000;

/// Bytes of a triangle, and of the element around triangles of one colour.
const TRIANGLE_BYTES: usize = 36;
const PATH_BYTES: usize = 60;

/// Triangles of one colour that may be painted as one path.
pub(in crate::paint) struct Patch {
    pub(in crate::paint) color: Color32,
    pub(in crate::paint) triangles: Vec<[Pos2; 3]>,
}

/// The mesh as patches of plain colours in their order, or `None` if it is textured, shaded or too large.
///
/// Opaque triangles of one colour that follow each other make one patch, translucent ones only while they share corners:
/// a path paints what it covers twice only once, which would hide how densely translucent points lie.
pub(in crate::paint) fn patches(mesh: &Mesh) -> Option<Vec<Patch>> {
    let plain = mesh.texture_id == TextureId::default() && mesh.vertices.iter().all(|v| v.uv == WHITE_UV);
    if !plain || mesh.indices.len() / 3 * TRIANGLE_BYTES > MAX_VECTOR_BYTES {
        return None;
    }
    let mut patches: Vec<Patch> = Vec::new();
    let mut previous = [u32::MAX; 3];
    for indices in mesh.triangles() {
        let [a, b, c] = indices.map(|k| mesh.vertices.get(k as usize));
        let (a, b, c) = (a?, b?, c?);
        if a.color != b.color || b.color != c.color {
            return None;
        }
        let connected = a.color.is_opaque() || indices.iter().any(|k| previous.contains(k));
        previous = indices;
        let triangle = clockwise([a.pos, b.pos, c.pos]);
        match patches.last_mut() {
            Some(patch) if patch.color == a.color && connected => patch.triangles.push(triangle),
            _ => patches.push(Patch { color: a.color, triangles: vec![triangle] }),
        }
    }
    let bytes = patches.iter().map(|patch| PATH_BYTES + patch.triangles.len() * TRIANGLE_BYTES).sum::<usize>();
    (bytes <= MAX_VECTOR_BYTES).then_some(patches)
}

/// All triangles of a path must turn the same way, or what they share would count as outside.
fn clockwise([a, b, c]: [Pos2; 3]) -> [Pos2; 3] {
    let area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
    if area < 0.0 { [a, c, b] } else { [a, b, c] }
}

/// Append the outline of a triangle to the data of a path.
pub(super) fn outline(data: &mut String, [a, b, c]: [Pos2; 3]) {
    for (command, p) in [("M", a), ("L", b), (" ", c)] {
        data.push_str(command);
        point(data, p);
    }
    data.push('Z');
}

/// A part of a texture drawn as a parallelogram in one tint.
pub(in crate::paint) struct TexturedQuad {
    /// Where the left upper corner of the part lies, and the vectors along its upper and left edge.
    pub(in crate::paint) corner: Pos2,
    pub(in crate::paint) along: Vec2,
    pub(in crate::paint) down: Vec2,
    pub(in crate::paint) uv: Rect,
    pub(in crate::paint) tint: Color32,
}

impl TexturedQuad {
    /// The mesh as such a quad, if it is one.
    pub(in crate::paint) fn of(mesh: &Mesh) -> Option<Self> {
        if mesh.vertices.len() != 4 || mesh.indices.len() != 6 {
            return None;
        }
        let tint = mesh.vertices[0].color;
        let uv = Rect::from_points(&[0, 1, 2, 3].map(|k| mesh.vertices[k].uv));
        let at = |corner: Pos2| -> Option<&Vertex> { mesh.vertices.iter().find(|v| v.uv == corner && v.color == tint) };
        let corner = at(uv.left_top())?.pos;
        let (along, down) = (at(uv.right_top())?.pos - corner, at(uv.left_bottom())?.pos - corner);
        let closes = at(uv.right_bottom())?.pos - (corner + along + down);
        (uv.is_positive() && closes.length() < 0.01).then_some(Self { corner, along, down, uv, tint })
    }

    /// The part of the texture at its own resolution; `None` if nothing of it is inside the texture.
    pub(in crate::paint) fn picture(&self, texture: &Texture) -> Option<Picture> {
        let inside = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
        let mut picture = Picture::from(texture.crop(self.uv));
        if picture.pixels.is_empty() || !inside.expand(1e-3).contains_rect(self.uv) {
            return None;
        }
        if self.tint != Color32::WHITE {
            let tint = self.tint.to_array();
            for pixel in &mut picture.pixels {
                let color = pixel.to_array();
                let [r, g, b, a] =
                    std::array::from_fn(|k| ((u32::from(color[k]) * u32::from(tint[k]) + 127) / 255) as u8);
                *pixel = Color32::from_rgba_premultiplied(r, g, b, a);
            }
        }
        Some(picture)
    }

    /// Write the part of the texture; `false` if nothing of it is inside the texture.
    pub(super) fn write(&self, out: &mut String, texture: &Texture) -> bool {
        let Some(picture) = self.picture(texture) else { return false };
        // A unit square mapped by the two edges; upright pictures get away without a matrix.
        let element = Element::new(out, "image");
        let element = if self.along.y == 0.0 && self.down.x == 0.0 && self.along.x > 0.0 && self.down.y > 0.0 {
            let (Pos2 { x, y }, width, height) = (self.corner, self.along.x, self.down.y);
            element.numbers([("x", x), ("y", y), ("width", width), ("height", height)])
        } else {
            let (along, down) = (self.along / picture.width as f32, self.down / picture.height as f32);
            element.numbers([("width", picture.width as f32), ("height", picture.height as f32)]).attribute(
                "transform",
                |out| {
                    out.push_str("matrix(");
                    for v in [along.x, along.y, down.x, down.y] {
                        factor(out, v);
                        out.push(' ');
                    }
                    point(out, self.corner);
                    out.push(')');
                },
            )
        };
        let nearest = texture.magnification() == TextureFilter::Nearest;
        let element = if nearest { element.text("image-rendering", "pixelated") } else { element };
        embed(element, &picture);
        true
    }
}

/// Shapes that vectors cannot say, painted on as many pixels as cover `bounds`, and where those lie.
pub(in crate::paint) fn painted(
    context: &Context,
    rasterizer: &Rasterizer,
    scale: f32,
    shapes: Vec<ClippedShape>,
    bounds: Rect,
) -> (Rect, Picture) {
    let rect = Rect::from_min_max(bounds.min.floor(), bounds.max.ceil());
    let [width, height] = [rect.width(), rect.height()].map(|points| (points * scale).ceil() as usize);
    let mut picture = Picture::filled(width, height, Color32::TRANSPARENT);
    let mut primitives = context.tessellate(shapes, scale);
    let offset = -rect.min.to_vec2();
    for primitive in &mut primitives {
        primitive.clip_rect = primitive.clip_rect.translate(offset);
        if let Primitive::Mesh(mesh) = &mut primitive.primitive {
            mesh.translate(offset);
        }
    }
    rasterizer.paint(&primitives, scale, &mut picture);
    (Rect::from_min_size(rect.min, Vec2::new(width as f32, height as f32) / scale), picture)
}

/// Write a picture that covers `rect`.
pub(super) fn write_picture(out: &mut String, rect: Rect, picture: &Picture) {
    let element = Element::new(out, "image").numbers([
        ("x", rect.min.x),
        ("y", rect.min.y),
        ("width", rect.width()),
        ("height", rect.height()),
    ]);
    embed(element, picture);
}

fn embed(element: Element<'_>, picture: &Picture) {
    // Only a picture without pixels cannot be encoded, and that shows nothing.
    let png = encode_png(picture, 1.0, &[]).unwrap_or_default();
    element
        .text("preserveAspectRatio", "none")
        .attribute("xlink:href", |out| {
            out.push_str("data:image/png;base64,");
            encode_base64(out, &png);
        })
        .close();
}
