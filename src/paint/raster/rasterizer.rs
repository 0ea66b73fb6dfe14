//! The rasteriser of egui's triangles on the CPU.
//!
//! It uses the arithmetic of egui's own shader: vertex colour × texel, premultiplied, in gamma space, blended with
//! source + (1 − source alpha) · destination. Vertices are snapped to 1/256 pixel and shared edges belong to one
//! triangle, so nothing is blended twice and the picture depends on nothing but the triangles.

use super::texture::{Texel, Texture};
use crate::paint::parallel;
use crate::paint::picture::Picture;
use crate::paint::scan::{Interpolator, PixelRect, Planes, snap, spans};
use eframe::egui::epaint::{ImageData, Mesh, Primitive, Vertex};
use eframe::egui::{ClippedPrimitive, Color32, Rect, TextureId, TexturesDelta};
use std::collections::{BTreeMap, BTreeSet};

/// A rasteriser with the textures of a user interface.
#[derive(Clone, Debug, Default)]
pub struct Rasterizer {
    textures: BTreeMap<TextureId, Texture>,
    /// The number of threads, on which the picture does not depend.
    pub threads: usize,
}

/// Rows painted at a time by a thread.
const BAND: usize = 32;

impl Rasterizer {
    /// A rasteriser without textures.
    pub fn new(threads: usize) -> Self {
        Self { textures: BTreeMap::new(), threads }
    }

    /// Takes the new and changed textures out of `delta`; call it before painting.
    pub fn update(&mut self, delta: &mut TexturesDelta) {
        // The textures do not depend on each other; the order only makes runs alike.
        let changes: BTreeMap<_, _> = delta.set.drain().collect();
        for (id, images) in changes {
            for image in images {
                let ImageData::Color(part) = &image.image;
                match (image.pos, self.textures.get_mut(&id)) {
                    (None, _) => {
                        if let Some(texture) = Texture::new(&image) {
                            self.textures.insert(id, texture);
                        }
                    }
                    (Some(corner), Some(texture)) => texture.replace(corner, part),
                    (Some(_), None) => {}
                }
            }
        }
    }

    /// Drops the textures that `delta` frees; call it after painting.
    pub fn free(&mut self, delta: &mut TexturesDelta) {
        let freed: BTreeSet<_> = delta.free.drain().collect();
        self.textures.retain(|id, _| !freed.contains(id));
    }

    pub(crate) fn texture(&self, id: TextureId) -> Option<&Texture> {
        self.textures.get(&id)
    }

    /// Paints over `picture`. Paint callbacks (code for a GPU) and meshes with unknown textures are left out.
    pub fn paint(&self, primitives: &[ClippedPrimitive], pixels_per_point: f32, picture: &mut Picture) {
        let width = picture.width;
        if width == 0 {
            return;
        }
        let bands = picture.pixels.chunks_mut(BAND * width).enumerate();
        parallel::for_each(
            self.threads,
            bands,
            || (),
            |(), (index, pixels)| {
                let (top, rows) = (index * BAND, pixels.len() / width);
                let area = PixelRect::new(0..width, top..top + rows);
                let mut band = Band { pixels, area };
                for primitive in primitives {
                    if let Primitive::Mesh(mesh) = &primitive.primitive
                        && let Some(texture) = self.textures.get(&mesh.texture_id)
                    {
                        band.mesh(mesh, texture, pixels_per_point, pixel_rect(primitive.clip_rect, pixels_per_point));
                    }
                }
            },
        );
    }
}

/// The whole pixels nearest to a rectangle in points.
fn pixel_rect(rect: Rect, pixels_per_point: f32) -> PixelRect {
    let round = |v: f32| (v * pixels_per_point).round() as i32;
    PixelRect { x0: round(rect.min.x), y0: round(rect.min.y), x1: round(rect.max.x), y1: round(rect.max.y) }
}

/// A band of rows of a picture.
struct Band<'a> {
    pixels: &'a mut [Color32],
    area: PixelRect,
}

/// A colour or texel of a triangle: the same for all pixels, or interpolated.
enum Attribute<V, P> {
    Constant(V),
    Varying(P),
}

impl Band<'_> {
    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, pixels_per_point: f32, clip: PixelRect) {
        let clip = clip.intersect(self.area);
        if clip.is_empty() {
            return;
        }
        let (top, bottom) = (clip.y0 as f32, clip.y1 as f32);
        for triangle in mesh.triangles() {
            let Some(vertices) = corners(mesh, triangle) else { continue };
            let y = vertices.map(|v| v.pos.y * pixels_per_point);
            if y.iter().all(|y| *y < top) || y.iter().all(|y| *y > bottom) {
                continue;
            }
            self.triangle(vertices, texture, pixels_per_point, clip);
        }
    }

    fn triangle(&mut self, vertices: [Vertex; 3], texture: &Texture, pixels_per_point: f32, clip: PixelRect) {
        let [Some(a), Some(b), Some(c)] =
            vertices.map(|v| snap(v.pos.x * pixels_per_point, v.pos.y * pixels_per_point))
        else {
            return;
        };
        let corners = [a, b, c];
        let Some(interpolator) = Interpolator::new(corners) else { return };
        let color = colors(vertices, &interpolator);
        let texel = texels(vertices, texture, &interpolator);
        if let (Attribute::Constant(color), Attribute::Constant(texel)) = (&color, &texel) {
            let source = multiply(*color, *texel);
            if source != [0; 4] {
                spans(corners, clip, |y, x0, x1| fill(self.row(y, x0, x1), source));
            }
            return;
        }
        let size = texture.size();
        let filter = match &texel {
            Attribute::Constant(_) => texture.magnification(),
            Attribute::Varying(uv) => {
                let [u, v] = uv.slopes();
                texture.filter((u * size[0] as f32).max(v * size[1] as f32))
            }
        };
        spans(corners, clip, |y, x0, x1| {
            for (x, pixel) in (x0..x1).zip(self.row(y, x0, x1)) {
                let texel = match &texel {
                    Attribute::Constant(texel) => *texel,
                    Attribute::Varying(uv) => texture.sample(uv.at(x, y), filter),
                };
                if texel == [0; 4] {
                    continue;
                }
                let color = match &color {
                    Attribute::Constant(color) => *color,
                    Attribute::Varying(planes) => planes.at(x, y).map(|c| (c + 0.5).clamp(0.0, 255.0) as u32),
                };
                blend(pixel, multiply(color, texel));
            }
        });
    }

    fn row(&mut self, y: i32, x0: i32, x1: i32) -> &mut [Color32] {
        let start = (y - self.area.y0) as usize * self.area.x1 as usize;
        &mut self.pixels[start + x0 as usize..start + x1 as usize]
    }
}

fn corners(mesh: &Mesh, triangle: [u32; 3]) -> Option<[Vertex; 3]> {
    let [a, b, c] = triangle.map(|k| mesh.vertices.get(k as usize).copied());
    Some([a?, b?, c?])
}

fn colors(vertices: [Vertex; 3], interpolator: &Interpolator) -> Attribute<Texel, Planes<4>> {
    let [a, b, c] = vertices.map(|v| v.color.to_array());
    if a == b && b == c {
        return Attribute::Constant(a.map(u32::from));
    }
    Attribute::Varying(interpolator.planes([a, b, c].map(|color| color.map(f32::from))))
}

fn texels(vertices: [Vertex; 3], texture: &Texture, interpolator: &Interpolator) -> Attribute<Texel, Planes<2>> {
    let [a, b, c] = vertices.map(|v| v.uv);
    if a == b && b == c {
        return Attribute::Constant(texture.sample([a.x, a.y], texture.magnification()));
    }
    Attribute::Varying(interpolator.planes([a, b, c].map(|uv| [uv.x, uv.y])))
}

/// a · b / 255 to the nearest integer.
fn multiply_bytes(a: u32, b: u32) -> u32 {
    let product = a * b + 128;
    (product + (product >> 8)) >> 8
}

fn multiply(color: Texel, texel: Texel) -> Texel {
    std::array::from_fn(|k| multiply_bytes(color[k], texel[k]))
}

fn blend(pixel: &mut Color32, source: Texel) {
    let through = 255 - source[3];
    let below = pixel.to_array();
    let [r, g, b, a] =
        std::array::from_fn(|k| (source[k] + multiply_bytes(u32::from(below[k]), through)).min(255) as u8);
    *pixel = Color32::from_rgba_premultiplied(r, g, b, a);
}

fn fill(pixels: &mut [Color32], source: Texel) {
    if source[3] == 255 {
        let [r, g, b, a] = source.map(|v| v as u8);
        pixels.fill(Color32::from_rgba_premultiplied(r, g, b, a));
    } else {
        for pixel in pixels {
            blend(pixel, source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::epaint::ImageDelta;
    use eframe::egui::{ColorImage, TextureOptions, pos2};

    /// The font texture is white at (0, 0); a second texture holds a picture.
    fn rasterizer(image: ColorImage) -> Rasterizer {
        let mut rasterizer = Rasterizer::new(1);
        let mut delta = TexturesDelta::default();
        let white = ColorImage::filled([4, 4], Color32::WHITE);
        delta.push(TextureId::default(), ImageDelta::full(white, TextureOptions::LINEAR));
        delta.push(TextureId::User(1), ImageDelta::full(image, TextureOptions::LINEAR));
        rasterizer.update(&mut delta);
        assert!(delta.is_empty());
        rasterizer
    }

    fn paint(rasterizer: &Rasterizer, mesh: Mesh, picture: &mut Picture) {
        let primitive = ClippedPrimitive { clip_rect: Rect::EVERYTHING, primitive: Primitive::Mesh(mesh) };
        rasterizer.paint(&[primitive], 1.0, picture);
    }

    fn white() -> ColorImage {
        ColorImage::filled([1, 1], Color32::WHITE)
    }

    #[test]
    fn two_translucent_triangles_make_one_even_quad() {
        let half = Color32::from_rgba_premultiplied(100, 20, 0, 128);
        let mut mesh = Mesh::default();
        for (x, y) in [(0.3, 1.2), (18.7, 0.4), (19.3, 18.9), (1.1, 17.6)] {
            mesh.colored_vertex(pos2(x, y), half);
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(0, 2, 3);
        let mut picture = Picture::filled(20, 20, Color32::WHITE);
        paint(&rasterizer(white()), mesh, &mut picture);
        let expected = Color32::from_rgba_premultiplied(227, 147, 127, 255);
        let inner = (3..16).flat_map(|y| (3..16).map(move |x| (x, y)));
        assert!(inner.clone().count() > 100);
        for (x, y) in inner {
            assert_eq!(picture.get(x, y), expected, "({x}, {y})");
        }
    }

    #[test]
    fn a_textured_rectangle_equals_its_pixels_drawn_as_colours() {
        let pixels = (0..6 * 5).map(|k| Color32::from_rgba_unmultiplied(8 * k, 255 - 8 * k, 40, 255 - 3 * k)).collect();
        let image = ColorImage::new([6, 5], pixels);
        let tint = Color32::from_rgba_premultiplied(200, 180, 160, 220);
        let rasterizer = rasterizer(image.clone());
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let mut textured = Mesh::with_texture(TextureId::User(1));
        textured.add_rect_with_uv(Rect::from_min_size(pos2(3.0, 2.0), [6.0, 5.0].into()), whole, tint);
        let mut drawn = Mesh::default();
        for (k, color) in image.pixels.iter().enumerate() {
            let corner = pos2(3.0 + (k % 6) as f32, 2.0 + (k / 6) as f32);
            let [r, g, b, a] =
                multiply(color.to_array().map(u32::from), tint.to_array().map(u32::from)).map(|v| v as u8);
            let color = Color32::from_rgba_premultiplied(r, g, b, a);
            drawn.add_colored_rect(Rect::from_min_size(corner, [1.0, 1.0].into()), color);
        }
        let mut pictures = [0; 2].map(|_| Picture::filled(12, 10, Color32::LIGHT_BLUE));
        paint(&rasterizer, textured, &mut pictures[0]);
        paint(&rasterizer, drawn, &mut pictures[1]);
        assert_eq!(pictures[0], pictures[1]);
        assert_ne!(pictures[0].get(4, 3), Color32::LIGHT_BLUE);
    }

    #[test]
    fn vertex_colours_are_interpolated() {
        let mut mesh = Mesh::default();
        for (x, y, gray) in [(0.0, 0.0, 0), (100.0, 0.0, 200), (0.0, 100.0, 100)] {
            mesh.colored_vertex(pos2(x, y), Color32::from_gray(gray));
        }
        mesh.add_triangle(0, 1, 2);
        let mut picture = Picture::filled(100, 100, Color32::BLACK);
        paint(&rasterizer(white()), mesh, &mut picture);
        for (x, y) in [(10, 10), (70, 5), (3, 90)] {
            let expected = 2.0 * (x as f32 + 0.5) + (y as f32 + 0.5);
            assert!((f32::from(picture.get(x, y).r()) - expected).abs() <= 0.501);
        }
    }

    #[test]
    fn clip_rectangles_cut_and_bad_meshes_are_left_out() {
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(Rect::from_min_size(pos2(0.0, 0.0), [50.0, 50.0].into()), Color32::RED);
        mesh.colored_vertex(pos2(f32::NAN, 0.0), Color32::GREEN);
        mesh.add_triangle(0, 1, 4);
        mesh.add_triangle(0, 1, 99);
        let clip_rect = Rect::from_min_max(pos2(2.0, 3.0), pos2(5.0, 6.0));
        let unknown = Mesh { texture_id: TextureId::User(9), ..mesh.clone() };
        let primitives = [mesh, unknown].map(|m| ClippedPrimitive { clip_rect, primitive: Primitive::Mesh(m) });
        let mut picture = Picture::filled(20, 20, Color32::TRANSPARENT);
        rasterizer(white()).paint(&primitives, 2.0, &mut picture);
        let painted = |x: usize, y: usize| (4..10).contains(&x) && (6..12).contains(&y);
        for y in 0..20 {
            for x in 0..20 {
                assert_eq!(picture.get(x, y) == Color32::RED, painted(x, y), "({x}, {y})");
            }
        }
    }

    #[test]
    fn a_freed_texture_is_gone() {
        let mut rasterizer = rasterizer(white());
        let mut delta = TexturesDelta::default();
        delta.free(TextureId::User(1));
        rasterizer.free(&mut delta);
        assert!(rasterizer.texture(TextureId::User(1)).is_none() && rasterizer.texture(TextureId::default()).is_some());
    }
}
