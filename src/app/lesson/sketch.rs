//! A curve that is drawn by hand, and the measured one beside it: what a rotation of the latents costs, over its angle.

use eframe::egui::{Align2, Key, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::lesson::Task;
use crate::viz::draw::number::number;
use crate::viz::theme::{CURVE_WIDTH, HANDLE_RADIUS, Palette, dashes, label_font};

/// The place of a curve, and its axes.
struct CurvePlot {
    place: Rect,
    range: [f64; 2],
}

impl CurvePlot {
    /// Draws axes into all of the width.
    fn new(ui: &mut Ui, height: f32, range: [f64; 2]) -> (Self, eframe::egui::Response) {
        let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
        let plot = Self { place: Rect::from_min_max(area.min + vec2(52.0, 8.0), area.max - vec2(14.0, 24.0)), range };
        let palette = Palette::of(ui.visuals());
        let painter = ui.painter();
        painter.rect_filled(plot.place, 0.0, palette.paper);
        painter.rect_stroke(plot.place, 0.0, Stroke::new(1.0, palette.rule), eframe::egui::StrokeKind::Inside);
        for degrees in [0.0, 45.0, 90.0] {
            let at = pos2(plot.x(degrees), plot.place.bottom() + 4.0);
            painter.text(at, Align2::CENTER_TOP, format!("{degrees}°"), label_font(), palette.muted);
        }
        for value in range {
            let at = pos2(plot.place.left() - 6.0, plot.y(value));
            painter.text(at, Align2::RIGHT_CENTER, number(value, 2), label_font(), palette.muted);
        }
        let corner = plot.place.left_top() + vec2(6.0, 4.0);
        painter.text(corner, Align2::LEFT_TOP, "loss in nats, over the angle", label_font(), palette.muted);
        (plot, response)
    }

    fn x(&self, degrees: f64) -> f32 {
        self.place.left() + (degrees / 90.0) as f32 * self.place.width()
    }

    fn y(&self, value: f64) -> f32 {
        let [low, high] = self.range;
        self.place.bottom() - ((value - low) / (high - low)).clamp(0.0, 1.0) as f32 * self.place.height()
    }

    fn value(&self, y: f32) -> f64 {
        let [low, high] = self.range;
        low + (high - low) * f64::from(((self.place.bottom() - y) / self.place.height()).clamp(0.0, 1.0))
    }

    fn points(&self, values: &[f64]) -> Vec<Pos2> {
        Task::ANGLES.iter().zip(values).map(|(degrees, value)| pos2(self.x(*degrees), self.y(*value))).collect()
    }
}

/// Draws a curve whose points are dragged, `height` points high. It begins as a level line in the middle.
pub(super) fn draw(ui: &mut Ui, range: [f64; 2], values: &mut Vec<f64>, height: f32) {
    let [low, high] = range;
    values.resize(Task::ANGLES.len(), 0.5 * (low + high));
    let (plot, response) = CurvePlot::new(ui, height, range);
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on()) {
        let share = ((pointer.x - plot.place.left()) / plot.place.width()).clamp(0.0, 1.0);
        let nearest = (share * (values.len() - 1) as f32).round() as usize;
        values[nearest] = plot.value(pointer.y);
    }
    let palette = Palette::of(ui.visuals());
    let points = plot.points(values);
    ui.painter().add(Shape::line(points.clone(), Stroke::new(CURVE_WIDTH, palette.muted)));
    for (k, point) in points.into_iter().enumerate() {
        let place = Rect::from_center_size(point, vec2(2.0, 2.0) * HANDLE_RADIUS);
        let handle = ui.interact(place, ui.scope_id().with(("sketch", k)), Sense::focusable_noninteractive());
        if handle.has_focus() {
            let step = 0.02 * (high - low);
            let pressed = |key| ui.input(|input| f64::from(u32::try_from(input.num_presses(key)).unwrap_or(0)));
            values[k] = (values[k] + step * (pressed(Key::ArrowUp) - pressed(Key::ArrowDown))).clamp(low, high);
        }
        let name = format!("{}°: {}", Task::ANGLES[k], number(values[k], 3));
        handle.widget_info(|| WidgetInfo::labeled(Role::Slider, true, &name));
        let radius = if handle.has_focus() { HANDLE_RADIUS } else { 0.6 * HANDLE_RADIUS };
        ui.painter().circle(point, radius, palette.paper, Stroke::new(CURVE_WIDTH, palette.ink));
    }
}

/// The drawn curve, dashed, beside the measured one.
pub(super) fn compare(ui: &mut Ui, range: [f64; 2], drawn: &[f64], measured: Option<&[f64]>, height: f32) {
    let Some(measured) = measured else {
        ui.label("The curve is being measured…");
        return;
    };
    let (plot, response) = CurvePlot::new(ui, height, range);
    let palette = Palette::of(ui.visuals());
    let dashed =
        Shape::dashed_line(&plot.points(drawn), Stroke::new(CURVE_WIDTH, palette.muted), dashes(0)[0], dashes(0)[1]);
    ui.painter().extend(dashed);
    ui.painter().add(Shape::line(plot.points(measured), Stroke::new(1.3 * CURVE_WIDTH, palette.ink)));
    let most = measured.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let words = format!("measured, at most {} nats; dashed: your curve", number(most, 3));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    ui.label(words);
}
