//! Pieces of legends.

use eframe::egui::{Sense, Stroke, Ui, vec2};

use super::polyline::polyline;

/// A short piece of a line, as legends have it.
pub(crate) fn sample_line(ui: &mut Ui, stroke: Stroke, dashes: &[f32]) {
    let (rect, _) = ui.allocate_exact_size(vec2(30.0, 12.0), Sense::hover());
    ui.painter().extend(polyline(vec![rect.left_center(), rect.right_center()], stroke, dashes));
}
