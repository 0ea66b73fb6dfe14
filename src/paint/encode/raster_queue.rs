//! Shapes that no vector format can express, painted by the rasteriser.

use crate::paint::picture::Picture;
use crate::paint::raster::rasterizer::Rasterizer;
use eframe::egui::epaint::{ClippedShape, Primitive};
use eframe::egui::{Color32, Context, Rect, Vec2};

/// Shapes that wait to be painted as one picture.
pub(super) struct RasterQueue<'a> {
    context: &'a Context,
    rasterizer: &'a Rasterizer,
    pixels_per_point: f32,
    shapes: Vec<ClippedShape>,
    /// The box around all shapes.
    bounds: Rect,
}

impl<'a> RasterQueue<'a> {
    pub(super) fn new(context: &'a Context, rasterizer: &'a Rasterizer, pixels_per_point: f32) -> Self {
        Self { context, rasterizer, pixels_per_point, shapes: Vec::new(), bounds: Rect::NOTHING }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Adds a shape that lies within `bounds`.
    pub(super) fn push(&mut self, shape: ClippedShape, bounds: Rect) {
        self.shapes.push(shape);
        self.bounds = self.bounds.union(bounds);
    }

    /// Empties the queue: a picture of the whole pixels around its shapes, and the rectangle that the picture covers.
    pub(super) fn paint(&mut self) -> Option<(Rect, Picture)> {
        if self.is_empty() {
            return None;
        }
        let shapes = std::mem::take(&mut self.shapes);
        let bounds = std::mem::replace(&mut self.bounds, Rect::NOTHING);
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
        Some((Rect::from_min_size(rect.min, Vec2::new(width as f32, height as f32) / scale), picture))
    }
}
