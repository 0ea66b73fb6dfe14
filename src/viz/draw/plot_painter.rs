//! The marks of the plots, in screen coordinates.

use std::sync::Arc;

use eframe::egui::epaint::{ClippedShape, Primitive, Vertex};
use eframe::egui::{
    Align2, Color32, Context, FontId, Mesh, Painter, Pos2, Rangef, Rect, RichText, Role, Sense, Shape, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, vec2,
};
use egui_plot::{AxisHints, GridInput, GridMark, Plot, PlotPoint, PlotTransform};

use nalgebra::DMatrix;

use super::Stage;
use super::polyline::{polyline, simplified, thinned};
use super::theme::{ARROW_WIDTH, HANDLE_RADIUS, Palette, SMALLEST_TEXT, label_font};
use crate::experiment::Snapshot;
use crate::paint::Layer;

/// An axis of a plot named `name`, with labels close enough that a small plot still has some.
pub(super) fn axis<'a>(hints: AxisHints<'a>, name: &str) -> AxisHints<'a> {
    let hints = hints.label_spacing(Rangef::new(14.0, 20.0)).tick_label_font(FontId::proportional(SMALLEST_TEXT));
    let hints = hints.formatter(|mark, _| tick(mark.value, mark.step_size));
    if name.is_empty() { hints } else { hints.label(name) }
}

/// The value of a tick with as many decimals as the distance to the next one needs.
pub(super) fn tick(value: f64, step: f64) -> String {
    let decimals = (-step.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    number(value, decimals)
}

/// A number with a true minus sign, and none before a zero.
pub(super) fn number(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// Grid lines at multiples of 1, 2 or 5 times a power of ten, about `count` of them.
pub(super) fn grid(count: f64) -> impl Fn(GridInput) -> Vec<GridMark> {
    move |input| {
        let (low, high) = input.bounds;
        let rough = ((high - low) / count).max(1e-12);
        let power = 10_f64.powf(rough.log10().floor());
        let step = power * [1.0, 2.0, 5.0].into_iter().find(|k| k * power >= 0.75 * rough).unwrap_or(10.0);
        let first = (low / step).ceil();
        let marks = (0..=(4.0 * count) as usize).map(|k| (first + k as f64) * step);
        marks.take_while(|value| *value <= high).map(|value| GridMark { value, step_size: step }).collect()
    }
}

/// A plot's area with its coordinates, to be drawn on.
#[derive(Clone)]
pub(super) struct Sheet {
    /// Draws on the area only.
    pub painter: Painter,
    transform: PlotTransform,
    palette: &'static Palette,
}

impl Sheet {
    /// The area of a plot that has just been shown.
    pub(super) fn new(painter: &Painter, transform: PlotTransform, palette: &'static Palette) -> Self {
        Layer::begin(painter, 1, "marks");
        Self { painter: painter.with_clip_rect(*transform.frame()), transform, palette }
    }

    /// What follows is a layer of that name in figures.
    pub(super) fn layer(&self, name: &str) {
        Layer::begin(&self.painter, 1, name);
    }

    /// Where a point is on the screen.
    pub(super) fn at(&self, [x, y]: [f64; 2]) -> Pos2 {
        self.transform.position_from_point(&PlotPoint::new(x, y))
    }

    /// The point that is there on the screen.
    pub(super) fn point(&self, position: Pos2) -> [f64; 2] {
        let value = self.transform.value_from_position(position);
        [value.x, value.y]
    }

    /// A polyline; `dashes` as [`super::theme::dashes`] gives them, empty for a solid one.
    pub(super) fn curve(&self, points: impl Iterator<Item = [f64; 2]>, stroke: Stroke, dashes: &[f32]) {
        let path: Vec<Pos2> = points.filter(|p| p.iter().all(|x| x.is_finite())).map(|p| self.at(p)).collect();
        self.painter.extend(polyline(simplified(&path), stroke, dashes));
    }

    /// A curve over increasing x that may have many more points than there are pixels.
    pub(super) fn history(&self, points: impl Iterator<Item = [f64; 2]>, stroke: Stroke, dashes: &[f32]) {
        let path: Vec<Pos2> = points.filter(|p| p.iter().all(|x| x.is_finite())).map(|p| self.at(p)).collect();
        self.painter.extend(polyline(thinned(&path), stroke, dashes));
    }

    /// The area between a curve and the axis beneath it.
    pub(super) fn area(&self, curve: &[[f64; 2]], fill: Color32) {
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
    pub(super) fn inside(&self, centre: [f64; 2], ring: &[[f64; 2]], fill: Color32) {
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
    pub(super) fn cells(&self, side: usize, points: impl Iterator<Item = ([f64; 2], Color32)>) {
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
    pub(super) fn cloud(&self, points: impl Iterator<Item = [f64; 2]>, radius: f32, color: Color32) {
        self.colored_cloud(points.map(|p| (p, color)), radius);
    }

    /// Small discs, each of its own colour.
    pub(super) fn colored_cloud(&self, points: impl Iterator<Item = ([f64; 2], Color32)>, radius: f32) {
        let visible = self.painter.clip_rect().expand(radius);
        let discs = points.map(|(p, color)| (self.at(p), color)).filter(|(p, _)| visible.contains(*p));
        if Layer::are_kept(self.painter.ctx()) {
            // Formats of figures know discs.
            self.painter.extend(discs.map(|(p, color)| Shape::circle_filled(p, radius, color)));
        } else {
            self.painter.add(stamped(self.painter.ctx(), radius, discs));
        }
    }

    /// A vector with a solid head and its name.
    pub(super) fn arrow(&self, from: [f64; 2], to: [f64; 2], color: Color32, name: &str) {
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
        self.label(to + 18.0 * along, Align2::CENTER_CENTER, name, color);
    }

    /// Text that stays readable on whatever is beneath it.
    pub(super) fn label(&self, position: Pos2, anchor: Align2, text: &str, color: Color32) {
        label(&self.painter, position, anchor, text, color, self.palette.paper);
    }

    /// The handle of z*, or its image.
    pub(super) fn handle(&self, point: [f64; 2], color: Color32, held: bool) {
        let centre = self.at(point);
        let radius = if held { HANDLE_RADIUS + 2.0 } else { HANDLE_RADIUS };
        self.painter.circle(centre, radius, color, Stroke::new(2.0, self.palette.paper));
        self.painter.circle_stroke(centre, radius + 1.5, Stroke::new(1.0, color));
    }
}

/// A plot whose axes and grid lines can be left out and are a layer of their own.
pub(super) fn plot(ui: &Ui, id: &str, stage: &Stage<'_>) -> Plot<'static> {
    Layer::begin(ui.painter(), 1, "axes");
    Plot::new(id.to_owned())
        .show_axes(stage.axes)
        .show_grid(stage.axes)
        .show_x(false)
        .show_y(false)
        .grid_color(Stage::palette(ui).rule)
}

/// A plot that stays as it is: nothing in it moves by dragging or scrolling.
pub(super) fn still_plot(ui: &Ui, id: &str, stage: &Stage<'_>) -> Plot<'static> {
    plot(ui, id, stage)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .min_size(vec2(40.0, 30.0))
}

/// Says in the middle of a view why there is nothing to see.
pub(super) fn instead(ui: &mut Ui, sentence: &str) {
    ui.centered_and_justified(|ui| ui.label(RichText::new(sentence).weak()));
}

/// A short piece of a line, as legends have it.
pub(super) fn sample_line(ui: &mut Ui, stroke: Stroke, dashes: &[f32]) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    ui.painter().extend(polyline(vec![rect.left_center(), rect.right_center()], stroke, dashes));
}

/// The colours of encoded observations by the true factor that was chosen, if one was.
pub(super) fn factor_colors(snapshot: &Snapshot, factor: Option<usize>, palette: &Palette) -> Option<Vec<Color32>> {
    let factors = snapshot.data.test.factors.as_ref()?;
    let row = factor.filter(|row| *row < factors.rows())?;
    let values: Vec<f64> = factors.row(row).take(snapshot.encodings.columns()).map(f64::from).collect();
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    // A few outliers should not use up the scale.
    let at = |share: f64| sorted.get((sorted.len().saturating_sub(1) as f64 * share) as usize).copied();
    let (low, high) = (at(0.02).unwrap_or(0.0), at(0.98).unwrap_or(1.0));
    let range = (high - low).max(1e-12);
    Some(values.iter().map(|v| palette.scale((v - low) / range)).collect())
}

/// A matrix as coloured cells with their numbers, on a common scale.
pub(super) fn heat_map(ui: &mut Ui, name: &str, matrix: &DMatrix<f64>, cell: Vec2, help: &str) {
    let palette = Palette::of(ui.visuals());
    let (rows, columns) = matrix.shape();
    let size = vec2(cell.x * columns as f32, cell.y * rows as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let largest = matrix.iter().copied().filter(|x| x.is_finite()).fold(1e-12, |m, x| x.abs().max(m));
    let mut words = Vec::new();
    for r in 0..rows {
        for c in 0..columns {
            let value = matrix[(r, c)];
            let place = Rect::from_min_size(rect.min + vec2(cell.x * c as f32, cell.y * r as f32), cell);
            ui.painter().rect_filled(place.shrink(0.5), 1.0, palette.signed(value / largest));
            let text = number(value, 2);
            let font = FontId::proportional(SMALLEST_TEXT);
            ui.painter().text(place.center(), Align2::CENTER_CENTER, &text, font, palette.on_signed(value / largest));
            words.push(text);
        }
    }
    ui.painter().rect_stroke(rect, 1.0, Stroke::new(1.0, palette.muted), StrokeKind::Inside);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}: {}", words.join(", "))));
    response.on_hover_text(help);
}

/// Discs as one shape: the triangles of one of them over and over, which takes a third of the time of as many shapes.
fn stamped(ctx: &Context, radius: f32, discs: impl Iterator<Item = (Pos2, Color32)>) -> Shape {
    let disc = ClippedShape::new(Rect::EVERYTHING, Shape::circle_filled(Pos2::ZERO, radius, Color32::WHITE));
    let stamp = ctx.tessellate(vec![disc], ctx.pixels_per_point()).pop().map(|part| part.primitive);
    let Some(Primitive::Mesh(stamp)) = stamp else { return Shape::Noop };
    let mut mesh = Mesh::default();
    for (centre, color) in discs {
        let first = mesh.vertices.len() as u32;
        mesh.indices.extend(stamp.indices.iter().map(|i| first + i));
        // Soft edges stay transparent.
        let dyed = |c: Color32| if c == Color32::WHITE { color } else { c };
        let vertex = |v: &Vertex| Vertex { pos: v.pos + centre.to_vec2(), color: dyed(v.color), ..*v };
        mesh.vertices.extend(stamp.vertices.iter().map(vertex));
    }
    Shape::mesh(mesh)
}

/// Text with a halo of the background's colour.
pub(super) fn label(painter: &Painter, position: Pos2, anchor: Align2, text: &str, color: Color32, halo: Color32) {
    if text.is_empty() {
        return;
    }
    let galley = painter.layout_no_wrap(text.to_owned(), label_font(), color);
    let corner = anchor.anchor_size(position, galley.size()).min;
    for k in 0..8 {
        let offset = 1.7 * Vec2::angled(std::f32::consts::TAU * k as f32 / 8.0);
        painter.galley_with_override_text_color(corner + offset, Arc::clone(&galley), halo);
    }
    painter.galley(corner, galley, color);
}

/// The labels of one picture, of which none covers another.
#[derive(Default)]
pub(super) struct Labels {
    taken: Vec<Rect>,
}

impl Labels {
    /// Labels stay away from this place.
    pub(super) fn keep_off(&mut self, place: Rect) {
        self.taken.push(place);
    }

    /// Labels stay away from the outer half of an arrow.
    pub(super) fn keep_off_arrow(&mut self, from: Pos2, tip: Pos2) {
        for share in [0.5, 0.75, 1.0] {
            self.keep_off(Rect::from_center_size(from.lerp(tip, share), Vec2::splat(8.0)));
        }
    }

    /// Writes around a position, or at the free place that is next to it.
    pub(super) fn put(&mut self, painter: &Painter, position: Pos2, text: &str, color: Color32, halo: Color32) {
        let size = painter.layout_no_wrap(text.to_owned(), label_font(), color).size() + vec2(4.0, -2.0);
        let ring = |k: u8| {
            let spoke = |i: u8| Vec2::angled(std::f32::consts::TAU * f32::from(i) / 12.0);
            (0..12).map(move |i| position + 7.0 * f32::from(k) * spoke(i))
        };
        let places = std::iter::once(position).chain((1..=4).flat_map(ring));
        let places = places.map(|centre| Rect::from_center_size(centre, size));
        let free = |place: &Rect| !self.taken.iter().any(|taken| taken.intersects(*place));
        let place = places.into_iter().find(free).unwrap_or(Rect::from_center_size(position, size));
        self.taken.push(place);
        label(painter, place.center(), Align2::CENTER_CENTER, text, color, halo);
    }
}

/// The outline of an ellipse given by its centre and the columns of a 2×2 factor L: centre + r L (cos t, sin t).
pub(super) fn ellipse(centre: [f64; 2], factor: [[f64; 2]; 2], r: f64) -> impl Iterator<Item = [f64; 2]> {
    (0..=64).map(move |k| {
        let (sin, cos) = (std::f64::consts::TAU * f64::from(k) / 64.0).sin_cos();
        [0, 1].map(|i| centre[i] + r * (factor[0][i] * cos + factor[1][i] * sin))
    })
}

#[cfg(test)]
mod tests {
    use eframe::egui::epaint::ClippedPrimitive;

    use super::*;

    #[test]
    fn numbers_have_a_true_minus_and_no_negative_zero() {
        assert_eq!([number(-0.04, 1), number(-2.5, 1), number(3.0, 0)], ["0.0", "−2.5", "3"]);
        assert_eq!([tick(0.25, 0.05), tick(-2000.0, 500.0)], ["0.25", "−2000"]);
    }

    #[test]
    fn labels_make_way_for_each_other() {
        let ctx = Context::default();
        super::super::theme::install(&ctx);
        let mut labels = Labels::default();
        let mut output = ctx.run_ui(eframe::egui::RawInput::default(), |ui| {
            for _ in 0..3 {
                labels.put(ui.painter(), Pos2::new(200.0, 200.0), "s₁u₁", Color32::RED, Color32::WHITE);
            }
        });
        // Nothing is painted.
        output.textures_delta.clear();
        let [a, b, c] = labels.taken.as_slice() else { panic!("three labels") };
        assert!(!a.intersects(*b) && !b.intersects(*c) && !a.intersects(*c));
        assert!((c.center() - a.center()).length() < 30.0, "and stay near");
    }

    #[test]
    fn stamped_discs_are_what_discs_are() {
        let ctx = Context::default();
        let vertices = |shape: Shape| {
            let parts = ctx.tessellate(vec![ClippedShape::new(Rect::EVERYTHING, shape)], ctx.pixels_per_point());
            let mesh =
                |part: ClippedPrimitive| if let Primitive::Mesh(mesh) = part.primitive { mesh } else { panic!() };
            parts.into_iter().map(mesh).flat_map(|mesh| mesh.vertices).collect::<Vec<_>>()
        };
        let mut output = ctx.run_ui(eframe::egui::RawInput::default(), |_| {
            // Small discs come from the atlas of fonts, large ones have soft edges of their own.
            for radius in [1.6, 60.0] {
                let discs =
                    [(Pos2::new(3.0, 4.0), Color32::RED), (Pos2::new(70.5, 8.25), Color32::from_black_alpha(99))];
                let stamped = vertices(stamped(&ctx, radius, discs.into_iter()));
                let single =
                    discs.map(|(centre, color)| vertices(Shape::circle_filled(centre, radius, color))).concat();
                assert!(single.len() >= 8 && stamped.len() == single.len());
                for (a, b) in stamped.iter().zip(&single) {
                    assert!(a.pos.distance(b.pos) < 1e-4 && (a.uv, a.color) == (b.uv, b.color), "{a:?} {b:?}");
                }
            }
        });
        // Nothing is painted.
        output.textures_delta.clear();
    }

    #[test]
    fn grids_have_round_lines_inside_the_bounds() {
        for (bounds, expected) in
            [((-0.3, 3.2), vec![0.0, 1.0, 2.0, 3.0]), ((0.0, 0.09), vec![0.0, 0.02, 0.04, 0.06, 0.08])]
        {
            let marks = grid(4.0)(GridInput { bounds, base_step_size: 1.0 });
            assert_eq!(marks.len(), expected.len(), "{marks:?}");
            assert!(marks.iter().zip(expected).all(|(mark, value)| (mark.value - value).abs() < 1e-12));
        }
    }
}
