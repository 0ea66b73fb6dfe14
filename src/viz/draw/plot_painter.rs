//! Draws the marks of a plot, given in the plot's coordinates.

use eframe::egui::{Align2, Color32, Mesh, Painter, Pos2, Shape, Stroke, Ui, vec2};
use egui_plot::{PlotPoint, PlotTransform};

use super::labels::label;
use super::points::stamped;
use super::polyline::{polyline, simplified, thinned};
use crate::paint::Layer;
use crate::viz::context::ViewContext;
use crate::viz::theme::{ARROW_WIDTH, HANDLE_RADIUS, Palette, label_font};

/// The area of a plot with its coordinates.
#[derive(Clone)]
pub(crate) struct PlotPainter {
    /// Draws on the area only.
    pub painter: Painter,
    transform: PlotTransform,
    palette: &'static Palette,
    is_figure: bool,
}

impl PlotPainter {
    /// Draws on the area of a plot that has just been shown.
    pub(crate) fn new(ui: &Ui, context: &ViewContext<'_>, transform: PlotTransform) -> Self {
        context.layer(ui.painter(), 1, "marks");
        let painter = ui.painter().with_clip_rect(*transform.frame());
        Self { painter, transform, palette: ViewContext::palette(ui), is_figure: context.is_figure() }
    }

    /// Begins a named layer of a figure.
    pub(crate) fn layer(&self, name: &str) {
        if self.is_figure {
            Layer::begin(&self.painter, 1, name);
        }
    }

    /// The screen position of a point.
    pub(crate) fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        self.transform.position_from_point(&PlotPoint::new(x, y))
    }

    /// The point at a screen position.
    pub(crate) fn point(&self, position: Pos2) -> [f64; 2] {
        let value = self.transform.value_from_position(position);
        [value.x, value.y]
    }

    /// A polyline; `dashes` as [`dashes`](crate::viz::theme::dashes) gives them, empty for a solid one.
    pub(crate) fn curve(&self, points: impl Iterator<Item = [f64; 2]>, stroke: Stroke, dashes: &[f32]) {
        let path: Vec<Pos2> = points.filter(|p| p.iter().all(|x| x.is_finite())).map(|p| self.at(p)).collect();
        polyline(&self.painter, &simplified(&path), stroke, dashes);
    }

    /// A curve over increasing x that may have many more points than there are pixels.
    pub(crate) fn history(&self, points: impl Iterator<Item = [f64; 2]>, stroke: Stroke, dashes: &[f32]) {
        let path: Vec<Pos2> = points.filter(|p| p.iter().all(|x| x.is_finite())).map(|p| self.at(p)).collect();
        polyline(&self.painter, &thinned(&path), stroke, dashes);
    }

    /// The area between a curve and the axis beneath it.
    pub(crate) fn area(&self, curve: &[[f64; 2]], fill: Color32) {
        // One mesh: shapes of their own would each have soft edges, which show where they meet.
        let mut mesh = Mesh::default();
        let axis = self.at([0.0; 2]).y;
        for run in curve.split(|p| !p.iter().all(|x| x.is_finite())) {
            let first = mesh.vertices.len() as u32;
            let path: Vec<Pos2> = run.iter().map(|p| self.at(*p)).collect();
            let path = simplified(&path);
            for p in &path {
                mesh.colored_vertex(Pos2::new(p.x, axis), fill);
                mesh.colored_vertex(*p, fill);
            }
            for k in 0..path.len().saturating_sub(1) as u32 {
                let corner = first + 2 * k;
                mesh.add_triangle(corner, corner + 1, corner + 2);
                mesh.add_triangle(corner + 1, corner + 3, corner + 2);
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// The inside of a closed curve, as a fan around `centre`.
    pub(crate) fn inside(&self, centre: [f64; 2], ring: &[[f64; 2]], fill: Color32) {
        let mut mesh = Mesh::default();
        mesh.colored_vertex(self.at(centre), fill);
        for (k, point) in ring.iter().enumerate() {
            mesh.colored_vertex(self.at(*point), fill);
            if k > 0 {
                mesh.add_triangle(0, k as u32, k as u32 + 1);
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// Cells between the points of a grid, `side` in a row, coloured smoothly.
    pub(crate) fn cells(&self, side: usize, points: impl Iterator<Item = ([f64; 2], Color32)>) {
        let side = side as u32;
        let mut mesh = Mesh::default();
        for (point, color) in points {
            mesh.colored_vertex(self.at(point), color);
        }
        for row in 0..side - 1 {
            for column in 0..side - 1 {
                let corner = row * side + column;
                mesh.add_triangle(corner, corner + 1, corner + side);
                mesh.add_triangle(corner + 1, corner + side + 1, corner + side);
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// Small discs.
    pub(crate) fn cloud(&self, points: impl Iterator<Item = [f64; 2]>, radius: f32, color: Color32) {
        self.colored_cloud(points.map(|p| (p, color)), radius);
    }

    /// Small discs, each of its own colour.
    pub(crate) fn colored_cloud(&self, points: impl Iterator<Item = ([f64; 2], Color32)>, radius: f32) {
        let visible = self.painter.clip_rect().expand(radius);
        let discs = points.map(|(p, color)| (self.at(p), color)).filter(|(p, _)| visible.contains(*p));
        if self.is_figure {
            // Formats of figures know discs.
            self.painter.extend(discs.map(|(p, color)| Shape::circle_filled(p, radius, color)));
        } else {
            self.painter.add(stamped(self.painter.ctx(), radius, discs));
        }
    }

    /// A vector with a solid head and its name.
    pub(crate) fn arrow(&self, from: [f64; 2], to: [f64; 2], color: Color32, name: &str) {
        let (from, to) = (self.at(from), self.at(to));
        let length = (to - from).length();
        if !(length > 1.0 && length < 1e5) {
            return;
        }
        let along = (to - from) / length;
        let head = (4.0 * ARROW_WIDTH).min(0.6 * length);
        let neck = to - head * along;
        let side = 0.38 * head * along.rot90();
        self.painter.line_segment([from, neck], Stroke::new(ARROW_WIDTH, color));
        self.painter.add(Shape::convex_polygon(vec![to, neck + side, neck - side], color, Stroke::NONE));
        // The name of a tip at the edge stays inside, where there is room for it.
        let half = 0.5 * self.painter.layout_no_wrap(name.to_owned(), label_font(), color).size();
        let (inside, place) = (self.painter.clip_rect().shrink2(half), to + 18.0 * along);
        let moved = if inside.is_positive() { inside.clamp(place) } else { place };
        let place = if moved.distance(place) < 18.0 { moved } else { place };
        self.label(place, Align2::CENTER_CENTER, name, color);
    }

    /// Text that stays readable on whatever is beneath it.
    pub(crate) fn label(&self, position: Pos2, anchor: Align2, text: &str, color: Color32) {
        label(&self.painter, position, anchor, text, color, self.palette.paper);
    }

    /// Text in the corner of the plot that is farthest from these places, if one is at least so far. Says whether it was.
    pub(crate) fn in_corner(&self, text: &str, color: Color32, places: &[Pos2], least: f32) -> bool {
        let frame = self.painter.clip_rect().shrink2(vec2(4.0, 2.0));
        let size = self.painter.layout_no_wrap(text.to_owned(), label_font(), color).size();
        let apart = |align: &Align2| {
            let middle = align.align_size_within_rect(size, frame);
            places.iter().map(|place| middle.distance_to_pos(*place)).fold(f32::INFINITY, f32::min)
        };
        let corners = [Align2::RIGHT_TOP, Align2::LEFT_TOP, Align2::RIGHT_BOTTOM, Align2::LEFT_BOTTOM];
        let farthest = corners.into_iter().rev().max_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap_or(corners[0]);
        let is_free = apart(&farthest) >= least;
        if is_free {
            self.label(farthest.pos_in_rect(&frame), farthest, text, color);
        }
        is_free
    }

    /// The handle of z* in a small plot.
    pub(crate) fn dot(&self, point: [f64; 2], color: Color32, held: bool) {
        let radius = if held { 0.6 * HANDLE_RADIUS + 1.0 } else { 0.6 * HANDLE_RADIUS };
        ring(&self.painter, self.at(point), radius, color, self.palette.paper);
    }

    /// A ring around the handle of z* or its image, while formulas of it are pointed at.
    pub(crate) fn halo(&self, point: [f64; 2], color: Color32) {
        self.painter.circle_stroke(self.at(point), HANDLE_RADIUS + 6.0, Stroke::new(2.0, color));
    }

    /// The handle of z*, or its image.
    pub(crate) fn handle(&self, point: [f64; 2], color: Color32, held: bool) {
        let radius = if held { HANDLE_RADIUS + 2.0 } else { HANDLE_RADIUS };
        ring(&self.painter, self.at(point), radius, color, self.palette.paper);
    }
}

/// The mark of z* or its image: a ring with an edge of the background's colour. The points beneath it stay visible.
pub(crate) fn ring(painter: &Painter, centre: Pos2, radius: f32, color: Color32, paper: Color32) {
    painter.circle_stroke(centre, radius, Stroke::new(5.0, paper));
    painter.circle_stroke(centre, radius, Stroke::new(2.5, color));
}

#[cfg(test)]
mod tests {
    use eframe::egui::vec2;

    use super::*;
    use crate::paint::{Canvas, Offscreen};

    #[test]
    fn points_under_the_mark_of_z_stay_visible() {
        let canvas = Canvas::new(vec2(60.0, 60.0));
        let mut offscreen = Offscreen::new(1, |_| ());
        let centre = Pos2::new(30.0, 30.0);
        let picture = offscreen.picture(&canvas, 0.0, |ui| {
            let painter = ui.painter();
            for offset in [vec2(0.0, 0.0), vec2(2.0, 1.0)] {
                painter.circle_filled(centre + offset, 1.6, Color32::GREEN);
            }
            ring(painter, centre, HANDLE_RADIUS, Color32::RED, Color32::WHITE);
        });
        let at = |x: usize, y: usize| picture.pixels[y * picture.width + x];
        assert_eq!(at(30, 30), Color32::GREEN);
        assert_eq!(at(32, 31), Color32::GREEN);
        let reds = picture.pixels.iter().filter(|pixel| **pixel == Color32::RED).count();
        assert!(reds > 40, "the ring itself: {reds} pixels");
    }
}
