//! Textures in vector formats.

use crate::paint::picture::Picture;
use crate::paint::raster::texture::Texture;
use eframe::egui::epaint::{Mesh, Vertex};
use eframe::egui::{Color32, Pos2, Rect, Vec2};

/// A part of a texture drawn as a parallelogram in one tint.
pub(super) struct TexturedQuad {
    /// The left upper corner of the part.
    pub(super) corner: Pos2,
    /// The vector along its upper edge.
    pub(super) along: Vec2,
    /// The vector along its left edge.
    pub(super) down: Vec2,
    uv: Rect,
    tint: Color32,
}

impl TexturedQuad {
    /// The mesh as such a quad, if it is one.
    pub(super) fn of(mesh: &Mesh) -> Option<Self> {
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

    /// The part of the texture at its own resolution; `None` if the part has no texels or leaves the texture.
    pub(super) fn picture(&self, texture: &Texture) -> Option<Picture> {
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
}
