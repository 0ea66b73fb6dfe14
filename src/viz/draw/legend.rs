//! Pieces of legends.

use eframe::egui::{Sense, Stroke, Ui, vec2};

use super::polyline::polyline;

/// A short piece of a line, as legends have it.
pub(crate) fn sample_line(ui: &mut Ui, stroke: Stroke, dashes: &[f32]) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    polyline(ui.painter(), &[rect.left_center(), rect.right_center()], stroke, dashes);
}

/// A hollow dot in the same room.
pub(crate) fn sample_dot(ui: &mut Ui, radius: f32, stroke: Stroke) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    ui.painter().circle_stroke(rect.center(), radius, stroke);
}
