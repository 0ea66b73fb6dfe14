//! A matrix as coloured cells with their numbers.

use eframe::egui::{Align2, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};
use nalgebra::DMatrix;

use super::number::number;
use crate::viz::theme::{Palette, SMALLEST_TEXT};

/// A matrix as coloured cells with their numbers, on a common scale.
pub(crate) fn heat_matrix(ui: &mut Ui, name: &str, matrix: &DMatrix<f64>, cell: Vec2, help: &str) {
    let palette = Palette::of(ui.visuals());
    let (rows, columns) = matrix.shape();
    let size = vec2(cell.x * columns as f32, cell.y * rows as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let largest = matrix.iter().copied().filter(|x| x.is_finite()).fold(1e-12, |m, x| x.abs().max(m));
    // As many digits as a cell has room for.
    let decimals = match largest {
        100.0.. => 0,
        10.0.. if cell.x < 42.0 => 1,
        _ => 2,
    };
    let mut words = Vec::new();
    for r in 0..rows {
        for c in 0..columns {
            let value = matrix[(r, c)];
            let place = Rect::from_min_size(rect.min + vec2(cell.x * c as f32, cell.y * r as f32), cell);
            ui.painter().rect_filled(place.shrink(0.5), 1.0, palette.signed(value / largest));
            let text = number(value, decimals);
            let font = FontId::proportional(SMALLEST_TEXT);
            ui.painter().text(place.center(), Align2::CENTER_CENTER, &text, font, palette.on_signed(value / largest));
            words.push(text);
        }
    }
    ui.painter().rect_stroke(rect, 1.0, Stroke::new(1.0, palette.muted), StrokeKind::Inside);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}: {}", words.join(", "))));
    response.on_hover_text(help);
}
