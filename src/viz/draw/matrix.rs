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
    /// Entries that are too small or too long to be read are written in a power of ten, which its title names.
    pub is_scaled: bool,
}

impl NamedMatrix<'_> {
    /// The largest magnitude of its entries.
    fn largest(&self) -> f64 {
        self.values.iter().copied().filter(|x| x.is_finite()).fold(1e-12, |most: f64, x| x.abs().max(most))
    }

    /// The power of ten in which the entries are written.
    fn exponent(&self) -> i32 {
        let power = self.largest().log10().floor() as i32;
        if !self.is_scaled || (-1..=3).contains(&power) { 0 } else { power }
    }

    /// Its name with that power of ten, if it is not 1.
    pub(crate) fn title(&self) -> String {
        match self.exponent() {
            0 => self.name.to_owned(),
            power => format!("{} (in 1e{})", self.name, number(f64::from(power), 0)),
        }
    }
}

/// A matrix as coloured cells with their numbers, on a common scale. The pointer shows the entry under it.
pub(crate) fn heat_matrix(ui: &mut Ui, context: &ViewContext<'_>, matrix: &NamedMatrix<'_>, cell: Vec2) {
    let palette = Palette::of(ui.visuals());
    let NamedMatrix { name, values, rows, columns, unit, help, .. } = matrix;
    let size = vec2(cell.x * values.ncols() as f32, cell.y * values.nrows() as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let largest = matrix.largest();
    let unit_of_cells = 10_f64.powi(matrix.exponent());
    // As many digits as a cell has room for.
    let decimals = match largest / unit_of_cells {
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
            let text = number(value / unit_of_cells, decimals);
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
