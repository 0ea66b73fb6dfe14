//! The walk over egui's shapes: each goes to a vector format, as vectors where these are exact and small, else as
//! pixels.

use super::backend::{Backend, PathStyle, RoundedRect, ShapePlacement};
use super::mesh::patches;
use super::quad::TexturedQuad;
use super::text::for_each_mark;
use crate::paint::layer::Layer;
use crate::paint::raster::rasterizer::Rasterizer;
use eframe::egui::emath::Rot2;
use eframe::egui::epaint::{BandShape, ClippedShape, ColorMode, CornerRadius, Mesh, PathStroke, RectShape, StrokeKind};
use eframe::egui::{Color32, Pos2, Rect, Shape, Stroke, TextureId, Vec2, pos2};
use std::sync::Arc;

/// Hands shapes on a sheet to a back end. Textures are those of `rasterizer`; paint callbacks other than a [`Layer`]
/// (code for a GPU) are left out.
pub(super) fn walk(shapes: &[ClippedShape], sheet: Rect, rasterizer: &Rasterizer, backend: &mut impl Backend) {
    let mut walker = Walker { sheet, rasterizer, backend, halo: Stroke::NONE };
    for (k, shape) in shapes.iter().enumerate() {
        if let Some(layer) = Layer::of(&shape.shape) {
            walker.backend.begin_layer(layer);
        } else if let Some(halo) = halo_of(&shape.shape, shapes.get(k + 1).map(|next| &next.shape)) {
            walker.halo = halo;
        } else {
            walker.clipped(shape);
            walker.halo = Stroke::NONE;
        }
    }
    walker.backend.finish();
}

struct Walker<'a, B> {
    sheet: Rect,
    rasterizer: &'a Rasterizer,
    backend: &'a mut B,
    /// The halo of the next text.
    halo: Stroke,
}

/// The halo that a text makes around the next one, if it is a copy of it beside it. On the screen a halo is a ring of copies; a
/// vector format has one text with an outline.
fn halo_of(shape: &Shape, next: Option<&Shape>) -> Option<Stroke> {
    /// Copies are nearer than this, in points.
    const NEAR: f32 = 3.0;
    let (Shape::Text(copy), Some(Shape::Text(text))) = (shape, next) else { return None };
    let distance = copy.pos.distance(text.pos);
    let is_copy = Arc::ptr_eq(&copy.galley, &text.galley) && distance < NEAR && copy.angle == text.angle;
    is_copy.then_some(Stroke::new(2.0 * distance, copy.override_text_color?))
}

impl<B: Backend> Walker<'_, B> {
    fn clipped(&mut self, clipped: &ClippedShape) {
        let transform = clipped.transform_after_tessellation;
        let bounds = transform * clipped.shape.visual_bounding_rect();
        let clip = clipped.clip_rect.intersect(self.sheet);
        if !clip.is_positive() || !clip.intersects(bounds) {
            return;
        }
        let placement = ShapePlacement { clip, is_cut: !clip.contains_rect(bounds), transform };
        self.backend.enter(&placement);
        self.shape(&clipped.shape, transform.inverse() * clip);
        self.backend.leave(&placement);
    }

    /// Hands on a shape. `clip` has the coordinates of the shape.
    fn shape(&mut self, shape: &Shape, clip: Rect) {
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape, clip)),
            Shape::Circle(circle) => {
                // egui draws the stroke of circles and ellipses outside of the radius.
                let radius = circle.radius + 0.5 * circle.stroke.width;
                let style = PathStyle { fill: circle.fill, stroke: circle.stroke };
                self.backend.circle(circle.center, radius, style);
            }
            Shape::Ellipse(ellipse) => {
                let radius = ellipse.radius + Vec2::splat(0.5 * ellipse.stroke.width);
                let style = PathStyle { fill: ellipse.fill, stroke: ellipse.stroke };
                self.backend.ellipse(ellipse.center, radius, ellipse.angle, style);
            }
            Shape::LineSegment { points, stroke } => self.backend.segment(*points, *stroke),
            Shape::Path(path) => match solid(&path.stroke) {
                Some(stroke) => {
                    let fill = if path.closed { path.fill } else { Color32::TRANSPARENT };
                    self.backend.polyline(&path.points, path.closed, PathStyle { fill, stroke });
                }
                None => self.pixels(shape, clip),
            },
            Shape::Band(band) => {
                let style = PathStyle { fill: band.fill, stroke: band.stroke };
                self.backend.polyline(&outline(band), true, style);
            }
            Shape::Rect(rect) => self.rect(rect, shape, clip),
            Shape::Text(text) => {
                self.backend.begin_text();
                for_each_mark(text, |mark| self.backend.text_mark(text, &mark, self.halo));
            }
            Shape::Mesh(mesh) => self.mesh(mesh, shape, clip),
            Shape::QuadraticBezier(curve) => match solid(&curve.stroke) {
                Some(stroke) => {
                    self.backend.quadratic(curve.points, curve.closed, PathStyle { fill: curve.fill, stroke });
                }
                None => self.pixels(shape, clip),
            },
            Shape::CubicBezier(curve) => match solid(&curve.stroke) {
                Some(stroke) => self.backend.cubic(curve.points, curve.closed, PathStyle { fill: curve.fill, stroke }),
                None => self.pixels(shape, clip),
            },
        }
    }

    fn rect(&mut self, rect: &RectShape, shape: &Shape, clip: Rect) {
        if let Some(brush) = &rect.brush
            && rect.stroke.is_empty()
            && rect.corner_radius == CornerRadius::ZERO
            && rect.angle == 0.0
        {
            let mut quad = Mesh::with_texture(brush.fill_texture_id);
            quad.add_rect_with_uv(rect.rect, brush.uv, rect.fill);
            return self.mesh(&quad, shape, clip);
        }
        if rect.blur_width > 0.0 || rect.brush.is_some() {
            return self.pixels(shape, clip);
        }
        let outwards = match rect.stroke_kind {
            StrokeKind::Inside => -0.5,
            StrokeKind::Middle => 0.0,
            StrokeKind::Outside => 0.5,
        };
        let grow = if rect.stroke.is_empty() { 0.0 } else { outwards * rect.stroke.width };
        // Rectangles may be infinite.
        let edge = rect.rect.intersect(self.sheet.expand(1e4)).expand(grow);
        if !edge.is_negative() {
            let rounded = RoundedRect { edge, corners: rect.corner_radius, grow, angle: rect.angle };
            self.backend.rect(&rounded, PathStyle { fill: rect.fill, stroke: rect.stroke });
        }
    }

    fn mesh(&mut self, mesh: &Mesh, shape: &Shape, clip: Rect) {
        if mesh.texture_id != TextureId::default()
            && let Some(quad) = TexturedQuad::of(mesh)
            && let Some(texture) = self.rasterizer.texture(mesh.texture_id)
            && self.backend.image(&quad, texture)
        {
            return;
        }
        match patches(mesh) {
            Some(patches) => patches.iter().for_each(|patch| self.backend.patch(patch)),
            None => self.pixels(shape, clip),
        }
    }

    /// Leaves the visible part of a shape to the rasteriser.
    fn pixels(&mut self, shape: &Shape, clip: Rect) {
        let bounds = shape.visual_bounding_rect().expand(1.0).intersect(clip);
        if bounds.is_positive() {
            self.backend.rasterize(ClippedShape::new(clip, shape.clone()), bounds);
        }
    }
}

/// The stroke of a path if it has one colour.
fn solid(stroke: &PathStroke) -> Option<Stroke> {
    match &stroke.color {
        ColorMode::Solid(color) => Some(Stroke::new(stroke.width, *color)),
        ColorMode::UV(_) => None,
    }
}

/// The polygon around a band: its upper ends forwards, its lower ends backwards.
fn outline(band: &BandShape) -> Vec<Pos2> {
    let points: Vec<_> = band.points.iter().filter(|p| p.is_finite()).collect();
    let upper = points.iter().map(|p| pos2(p.x, p.y.min));
    let lower = points.iter().rev().map(|p| pos2(p.x, p.y.max));
    let rotation = Rot2::from_angle(band.angle);
    upper.chain(lower).map(|p| (rotation * p.to_vec2()).to_pos2()).collect()
}
