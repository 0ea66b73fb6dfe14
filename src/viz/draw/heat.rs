//! The heat map of a quantity over the latent plane and its image, on one scale for both runs.

use std::sync::Arc;

use eframe::egui::{Align2, Color32, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::number::number;
use super::plot_painter::PlotPainter;
use crate::viz::context::ViewContext;
use crate::viz::field_query::{Field, FieldQuery, SIDE};
use crate::viz::latent_grid::{RANGE, grid_values};
use crate::viz::selection::Selection;
use crate::viz::theme::Palette;

/// A map with the end of its scale.
#[derive(Clone, Debug)]
pub(crate) struct Heat {
    field: Arc<Field>,
    high: f64,
}

impl Heat {
    /// The map that was chosen, if there is one yet.
    pub(crate) fn new(context: &ViewContext<'_>, selection: &Selection) -> Option<Self> {
        let quantity = selection.heat?;
        let &[a, b] = selection.shown() else { return None };
        let ask = |context: &ViewContext<'_>| {
            let z = context.probe.z().to_vec();
            let latents = quantity.latents(&context.snapshot.geometry).ok()?.to_vec();
            let objective = context.snapshot.settings.objective;
            (z.len() > a.max(b))
                .then(|| context.query(&FieldQuery { z, plane: [a, b], quantity, latents, objective }))?
        };
        let is_chosen = |field: &Arc<Field>| field.quantity == quantity;
        let field = ask(context).filter(is_chosen)?;
        let beside = context.beside.and_then(ask).filter(is_chosen);
        let high = beside.map_or(field.high, |beside| field.high.max(beside.high));
        Some(Self { field, high })
    }

    /// Why the map that was chosen is undefined, if it is.
    pub(crate) fn refusal(context: &ViewContext<'_>, selection: &Selection) -> Option<String> {
        let quantity = selection.heat?;
        let reason = quantity.latents(&context.snapshot.geometry).err()?.to_string();
        // The reason without its explanation, for which there is no room.
        Some(format!("{} – {}", quantity.name(), reason.split(':').next().unwrap_or_default()))
    }

    /// The colour at a point of the plane.
    pub(crate) fn color(&self, at: [f64; 2], palette: &Palette) -> Color32 {
        palette.signed(self.field.share(at, self.high))
    }

    /// Colours the plane, and says which colour means what.
    pub(crate) fn draw(&self, marks: &PlotPainter, palette: &Palette) {
        let places: Vec<[f64; 2]> =
            grid_values(RANGE, SIDE).flat_map(|y| grid_values(RANGE, SIDE).map(move |x| [x, y])).collect();
        marks.cells(SIDE, places.into_iter().map(|at| (at, self.color(at, palette))));
    }

    /// The scale, in the lower left corner of `frame`.
    pub(crate) fn legend(&self, ui: &Ui, marks: &PlotPainter, frame: Rect, palette: &Palette) {
        let bar = Rect::from_min_size(pos2(frame.left() + 8.0, frame.bottom() - 16.0), vec2(90.0, 9.0));
        let painter = ui.painter();
        const STEPS: usize = 30;
        for k in 0..STEPS {
            let width = bar.width() / STEPS as f32;
            let step = Rect::from_min_size(bar.min + vec2(width * k as f32, 0.0), vec2(width + 0.5, bar.height()));
            painter.add(Shape::rect_filled(step, 0.0, palette.signed((k as f64 + 0.5) / STEPS as f64)));
        }
        painter.rect_stroke(bar, 0.0, Stroke::new(1.0, palette.muted), StrokeKind::Outside);
        let low = self.field.quantity.least();
        let decimals = if self.high - low < 0.1 { 3 } else { 2 };
        let text = format!("{} {} to {}", self.field.quantity.name(), number(low, 0), number(self.high, decimals));
        marks.label(bar.left_top() + vec2(0.0, -3.0), Align2::LEFT_BOTTOM, &text, palette.ink);
    }
}

impl PartialEq for Heat {
    /// The same answer on the same scale.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.field, &other.field) && self.high == other.high
    }
}
