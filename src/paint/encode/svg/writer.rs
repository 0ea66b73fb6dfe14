//! Shapes as SVG elements.

use super::image::{write_picture, write_quad};
use super::layers::LayerStack;
use super::markup::{Element, factor, point};
use super::path::{rectangle, rounded, triangle};
use super::text::write_mark;
use crate::paint::encode::backend::{Backend, PathStyle, RoundedRect, ShapePlacement};
use crate::paint::encode::mesh::Patch;
use crate::paint::encode::quad::TexturedQuad;
use crate::paint::encode::raster_queue::RasterQueue;
use crate::paint::encode::text::TextMark;
use crate::paint::layer::Layer;
use crate::paint::raster::rasterizer::Rasterizer;
use crate::paint::raster::texture::Texture;
use eframe::egui::emath::TSTransform;
use eframe::egui::epaint::{ClippedShape, CornerRadius, TextShape};
use eframe::egui::{Color32, Context, FontDefinitions, Pos2, Rect, Stroke, Vec2};
use std::cell::OnceCell;

/// An SVG file being written.
pub(super) struct SvgWriter<'a> {
    context: &'a Context,
    /// The fonts of the context, fetched when a text comes.
    fonts: OnceCell<FontDefinitions>,
    /// The elements so far, except the pending ones.
    pub(super) out: String,
    /// The clip paths defined so far; their ids count from 1.
    clips: Vec<Rect>,
    /// The clip of the open group.
    clip: Option<Rect>,
    layers: LayerStack,
    /// The path that the next shapes may join. While it is open the queue is empty.
    path: OpenPath,
    queue: RasterQueue<'a>,
}

/// A path that shapes of the same colour join.
#[derive(Default)]
enum OpenPath {
    #[default]
    None,
    /// Segments of one opaque stroke.
    Lines { stroke: Stroke, data: String },
    /// Triangles of one colour.
    Triangles { color: Color32, data: String },
}

impl<'a> SvgWriter<'a> {
    pub(super) fn new(context: &'a Context, rasterizer: &'a Rasterizer, pixels_per_point: f32) -> Self {
        Self {
            context,
            fonts: OnceCell::new(),
            out: String::new(),
            clips: Vec::new(),
            clip: None,
            layers: LayerStack::default(),
            path: OpenPath::None,
            queue: RasterQueue::new(context, rasterizer, pixels_per_point),
        }
    }

    /// Begins an element that joins nothing.
    fn element(&mut self, name: &'static str) -> Element<'_> {
        self.flush();
        Element::new(&mut self.out, name)
    }

    /// Clips all that follows to a rectangle.
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

    /// Ends the open path, the pending picture, the open clip group and the layers of this depth and more.
    fn close_layers(&mut self, depth: usize) {
        self.flush();
        self.set_clip(None);
        self.layers.close(&mut self.out, depth);
    }

    /// Writes the open path or the pending picture.
    fn flush(&mut self) {
        match std::mem::take(&mut self.path) {
            OpenPath::None => {}
            OpenPath::Lines { stroke, data } => {
                Element::new(&mut self.out, "path").text("d", &data).stroke(stroke).close();
            }
            OpenPath::Triangles { color, data } => {
                Element::new(&mut self.out, "path").text("d", &data).color("fill", color).close();
            }
        }
        if let Some((covered, picture)) = self.queue.paint() {
            write_picture(&mut self.out, covered, &picture);
        }
    }

    fn bezier(&mut self, command: char, points: &[Pos2], closed: bool, style: PathStyle) {
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
        paint(element, style).close();
    }
}

impl Backend for SvgWriter<'_> {
    fn begin_layer(&mut self, layer: &Layer) {
        self.close_layers(layer.depth);
        self.layers.open(&mut self.out, layer);
    }

    fn enter(&mut self, placement: &ShapePlacement) {
        let ShapePlacement { clip, is_cut, transform } = *placement;
        if self.clip != Some(clip) {
            self.set_clip(is_cut.then_some(clip));
        }
        if transform != TSTransform::IDENTITY {
            self.element("g")
                .attribute("transform", |out| {
                    out.push_str("translate(");
                    point(out, transform.translation.to_pos2());
                    out.push_str(") scale(");
                    factor(out, transform.scaling);
                    out.push(')');
                })
                .open();
        }
    }

    fn leave(&mut self, placement: &ShapePlacement) {
        if placement.transform != TSTransform::IDENTITY {
            self.flush();
            self.out.push_str("</g>\n");
        }
    }

    fn circle(&mut self, center: Pos2, radius: f32, style: PathStyle) {
        let element = self.element("circle").numbers([("cx", center.x), ("cy", center.y), ("r", radius)]);
        paint(element, style).close();
    }

    fn ellipse(&mut self, center: Pos2, radius: Vec2, angle: f32, style: PathStyle) {
        let numbers = [("cx", center.x), ("cy", center.y), ("rx", radius.x), ("ry", radius.y)];
        paint(self.element("ellipse").numbers(numbers), style).rotated(angle, center).close();
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
        if !matches!(&self.path, OpenPath::Lines { stroke: open, .. } if *open == stroke) {
            self.flush();
            self.path = OpenPath::Lines { stroke, data: String::new() };
        }
        if let OpenPath::Lines { data, .. } = &mut self.path {
            data.push('M');
            point(data, a);
            data.push('L');
            point(data, b);
        }
    }

    fn polyline(&mut self, points: &[Pos2], closed: bool, style: PathStyle) {
        let element = self.element(if closed { "polygon" } else { "polyline" }).attribute("points", |out| {
            for (k, p) in points.iter().filter(|p| p.is_finite()).enumerate() {
                if k > 0 {
                    out.push(' ');
                }
                point(out, *p);
            }
        });
        paint(element, style).close();
    }

    fn quadratic(&mut self, points: [Pos2; 3], closed: bool, style: PathStyle) {
        self.bezier('Q', &points, closed, style);
    }

    fn cubic(&mut self, points: [Pos2; 4], closed: bool, style: PathStyle) {
        self.bezier('C', &points, closed, style);
    }

    fn rect(&mut self, rect: &RoundedRect, style: PathStyle) {
        let RoundedRect { edge, corners, angle, .. } = *rect;
        let element = if corners == CornerRadius::ZERO {
            rectangle(self.element("rect"), edge)
        } else if corners.is_same() {
            rectangle(self.element("rect"), edge).number("rx", rect.radii()[0])
        } else {
            self.element("path").attribute("d", |out| rounded(out, edge, corners))
        };
        paint(element, style).rotated(angle, edge.center()).close();
    }

    fn patch(&mut self, patch: &Patch) {
        let joins = matches!(&self.path, OpenPath::Triangles { color, .. } if *color == patch.color);
        if !joins || !patch.color.is_opaque() {
            self.flush();
            self.path = OpenPath::Triangles { color: patch.color, data: String::new() };
        }
        if let OpenPath::Triangles { data, .. } = &mut self.path {
            patch.triangles.iter().for_each(|corners| triangle(data, *corners));
        }
    }

    fn begin_text(&mut self) {
        self.flush();
    }

    fn text_mark(&mut self, text: &TextShape, mark: &TextMark<'_>, halo: Stroke) {
        let fonts = self.fonts.get_or_init(|| self.context.fonts(|fonts| fonts.definitions().clone()));
        write_mark(&mut self.out, text, fonts, mark, halo);
    }

    fn image(&mut self, quad: &TexturedQuad, texture: &Texture) -> bool {
        self.flush();
        write_quad(&mut self.out, quad, texture)
    }

    fn rasterize(&mut self, shape: ClippedShape, bounds: Rect) {
        if self.queue.is_empty() {
            self.flush();
        }
        self.queue.push(shape, bounds);
    }

    fn finish(&mut self) {
        self.close_layers(0);
    }
}

fn paint(element: Element<'_>, style: PathStyle) -> Element<'_> {
    element.color("fill", style.fill).stroke(style.stroke)
}
