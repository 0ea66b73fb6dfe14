//! The heat map of a quantity over the latent plane and over its image, on one scale for both runs.

use std::sync::Arc;

use eframe::egui::{Align2, Color32, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::analysis::field::SIDE;
use super::analysis::{Answer, Field, FieldQuestion, Topic};
use super::focus::{RANGE, grid_values};
use super::marks::{Sheet, number};
use super::theme::Palette;
use super::{Selection, Stage};

/// A map with the end of its scale.
#[derive(Clone, Debug)]
pub(super) struct Heat {
    answer: Arc<Answer>,
    high: f64,
}

impl Heat {
    /// The map that was chosen, if there is one yet.
    pub(super) fn new(stage: &Stage<'_>, selection: &Selection) -> Option<Self> {
        let quantity = selection.heat?;
        let &[a, b] = selection.shown() else { return None };
        let ask = |stage: &Stage<'_>| {
            let z = stage.focus.z().to_vec();
            let b_number = stage.snapshot.settings.objective.b();
            (z.len() > a.max(b))
                .then(|| stage.ask(Topic::Field(FieldQuestion { z, plane: [a, b], quantity, b: b_number })))?
        };
        let answer = ask(stage)?;
        let beside = stage.beside.and_then(ask);
        let high = |answer: &Answer| field(answer).filter(|f| f.quantity == quantity).map(|f| f.high);
        let own = high(&answer)?;
        let high = beside.as_deref().and_then(high).map_or(own, |other| own.max(other));
        Some(Self { answer, high })
    }

    fn field(&self) -> Option<&Field> {
        field(&self.answer)
    }

    /// The colour at a point of the plane.
    pub(super) fn color(&self, at: [f64; 2], palette: &Palette) -> Color32 {
        self.field().map_or(palette.paper, |field| palette.signed(field.share(at, self.high)))
    }

    /// Colours the plane, and says which colour means what.
    pub(super) fn draw(&self, sheet: &Sheet, palette: &Palette) {
        let places: Vec<[f64; 2]> =
            grid_values(RANGE, SIDE).flat_map(|y| grid_values(RANGE, SIDE).map(move |x| [x, y])).collect();
        sheet.cells(SIDE, places.into_iter().map(|at| (at, self.color(at, palette))));
    }

    /// The scale, in the lower left corner of `frame`.
    pub(super) fn legend(&self, ui: &Ui, sheet: &Sheet, frame: Rect, palette: &Palette) {
        let Some(field) = self.field() else { return };
        let bar = Rect::from_min_size(pos2(frame.left() + 8.0, frame.bottom() - 16.0), vec2(90.0, 9.0));
        let painter = ui.painter();
        const STEPS: usize = 30;
        for k in 0..STEPS {
            let width = bar.width() / STEPS as f32;
            let step = Rect::from_min_size(bar.min + vec2(width * k as f32, 0.0), vec2(width + 0.5, bar.height()));
            painter.add(Shape::rect_filled(step, 0.0, palette.signed((k as f64 + 0.5) / STEPS as f64)));
        }
        painter.rect_stroke(bar, 0.0, Stroke::new(1.0, palette.muted), StrokeKind::Outside);
        let low = field.quantity.least();
        let decimals = if self.high - low < 0.1 { 3 } else { 2 };
        let text = format!("{} {} to {}", field.quantity.name(), number(low, 0), number(self.high, decimals));
        sheet.label(bar.left_top() + vec2(0.0, -3.0), Align2::LEFT_BOTTOM, &text, palette.ink);
    }
}

impl PartialEq for Heat {
    /// Whether it is the same answer on the same scale.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.answer, &other.answer) && self.high == other.high
    }
}

fn field(answer: &Answer) -> Option<&Field> {
    if let Answer::Field(field) = answer { Some(field) } else { None }
}
