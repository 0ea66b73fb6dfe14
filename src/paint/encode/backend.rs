//! The interface of a vector format.

use super::mesh::Patch;
use super::quad::TexturedQuad;
use super::text::TextMark;
use crate::paint::layer::Layer;
use crate::paint::raster::texture::Texture;
use eframe::egui::emath::TSTransform;
use eframe::egui::epaint::{ClippedShape, CornerRadius, TextShape};
use eframe::egui::{Color32, Pos2, Rect, Stroke, Vec2};

/// A vector format being written. [`walk`](super::walker::walk) calls it in the order of painting.
///
/// Coordinates are points of the sheet, y downwards, before the transform of the shape. Angles are clockwise.
pub(super) trait Backend {
    /// Begins a layer, if the format has layers.
    fn begin_layer(&mut self, _layer: &Layer) {}

    /// Sets clip and transform for a shape.
    fn enter(&mut self, placement: &ShapePlacement);

    /// Ends the shape that was entered with this placement.
    fn leave(&mut self, placement: &ShapePlacement);

    /// A circle whose radius includes half the stroke.
    fn circle(&mut self, center: Pos2, radius: f32, style: PathStyle) {
        self.ellipse(center, Vec2::splat(radius), 0.0, style);
    }

    /// An ellipse whose radii include half the stroke, rotated about its centre.
    fn ellipse(&mut self, center: Pos2, radius: Vec2, angle: f32, style: PathStyle);

    /// A line segment, which may have an empty stroke or ends that are not finite.
    fn segment(&mut self, ends: [Pos2; 2], stroke: Stroke);

    /// A polyline, or a polygon if `closed`. Points that are not finite are left out.
    fn polyline(&mut self, points: &[Pos2], closed: bool, style: PathStyle);

    /// A quadratic Bézier curve.
    fn quadratic(&mut self, [a, b, c]: [Pos2; 3], closed: bool, style: PathStyle) {
        let handles = [a + (b - a) * (2.0 / 3.0), c + (b - c) * (2.0 / 3.0)];
        self.cubic([a, handles[0], handles[1], c], closed, style);
    }

    /// A cubic Bézier curve.
    fn cubic(&mut self, points: [Pos2; 4], closed: bool, style: PathStyle);

    /// A rectangle.
    fn rect(&mut self, rect: &RoundedRect, style: PathStyle);

    /// Triangles of one colour.
    fn patch(&mut self, patch: &Patch);

    /// Begins a text.
    fn begin_text(&mut self) {}

    /// A mark of the text that has begun, with a halo, which may be an empty stroke, behind its glyphs.
    fn text_mark(&mut self, text: &TextShape, mark: &TextMark<'_>, halo: Stroke);

    /// A part of a texture. Returns `false`, with nothing written, if the texture has no texels there.
    fn image(&mut self, quad: &TexturedQuad, texture: &Texture) -> bool;

    /// Leaves a shape to the rasteriser, within `bounds`. Neighbours with nothing written between them share a picture.
    fn rasterize(&mut self, shape: ClippedShape, bounds: Rect);

    /// Writes all that is pending and ends all that is open.
    fn finish(&mut self);
}

/// Fill and stroke of a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathStyle {
    pub(super) fill: Color32,
    pub(super) stroke: Stroke,
}

/// Clip and transform of a shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShapePlacement {
    /// The clip rectangle on the sheet.
    pub(super) clip: Rect,
    /// True if the shape reaches over the clip rectangle.
    pub(super) is_cut: bool,
    /// From the coordinates of the shape to the sheet.
    pub(super) transform: TSTransform,
}

/// A rectangle with round corners, rotated about its centre.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoundedRect {
    /// The middle of the stroke.
    pub(super) edge: Rect,
    /// The radii of egui's rectangle, on which the stroke lies inside, outside or in the middle.
    pub(super) corners: CornerRadius,
    /// Distance from egui's rectangle outwards to `edge`.
    pub(super) grow: f32,
    pub(super) angle: f32,
}

impl RoundedRect {
    /// The radii along `edge`, from the left upper corner clockwise.
    pub(super) fn radii(&self) -> [f32; 4] {
        let CornerRadius { nw, ne, sw, se } = self.corners;
        [nw, ne, se, sw].map(|r| if r == 0 { 0.0 } else { (f32::from(r) + self.grow).max(0.0) })
    }
}
