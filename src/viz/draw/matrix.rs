//! A matrix as coloured cells with their numbers.

use eframe::egui::{Align2, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};
use nalgebra::DMatrix;

use super::hover::{hover_with_help, significant};
use super::number::number;
use crate::viz::context::ViewContext;
use crate::viz::theme::{Palette, SMALLEST_TEXT};

/// A matrix with the names of its rows and columns.
pub(crate) struct NamedMatrix<'a> {
    pub name: &'a str,
    pub values: DMatrix<f64>,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// The unit of its entries, or nothing.
    pub unit: &'a str,
    pub help: &'a str,
}

/// A matrix as coloured cells with their numbers, on a common scale. The pointer shows the entry under it.
pub(crate) fn heat_matrix(ui: &mut Ui, context: &ViewContext<'_>, matrix: &NamedMatrix<'_>, cell: Vec2) {
    let palette = Palette::of(ui.visuals());
    let NamedMatrix { name, values, rows, columns, unit, help } = matrix;
    let size = vec2(cell.x * values.ncols() as f32, cell.y * values.nrows() as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let largest = values.iter().copied().filter(|x| x.is_finite()).fold(1e-12, |m, x| x.abs().max(m));
    // As many digits as a cell has room for.
    let decimals = match largest {
        100.0.. => 0,
        10.0.. if cell.x < 42.0 => 1,
        _ => 2,
    };
    let mut words = Vec::new();
    for r in 0..values.nrows() {
        for c in 0..values.ncols() {
            let value = values[(r, c)];
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
    hover_with_help(context, response, help, |pointer| {
        let [c, r] =
            [(pointer.x - rect.left()) / cell.x, (pointer.y - rect.top()) / cell.y].map(|x| x.max(0.0) as usize);
        let Some(value) = values.get((r, c)) else { return Vec::new() };
        let entry = format!("{name}, row {}, column {}: {} {unit}", rows[r], columns[c], significant(*value));
        vec![entry.trim_end().to_owned()]
    });
}
