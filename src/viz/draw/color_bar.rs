//! The colours of a scale as a bar.

use eframe::egui::{Color32, Painter, Rect, Shape, Stroke, StrokeKind, vec2};

use crate::viz::theme::Palette;

/// A bar of the colours that `color` gives for shares between 0, its left end, and 1.
pub(crate) fn color_bar(painter: &Painter, bar: Rect, palette: &Palette, color: impl Fn(f64) -> Color32) {
    const STEPS: usize = 40;
    let width = bar.width() / STEPS as f32;
    for k in 0..STEPS {
        // The pieces overlap, so that nothing shows between them.
        let overlap = if k + 1 < STEPS { 0.5 } else { 0.0 };
        let step = Rect::from_min_size(bar.min + vec2(width * k as f32, 0.0), vec2(width + overlap, bar.height()));
        painter.add(Shape::rect_filled(step, 0.0, color(k as f64 / (STEPS - 1) as f64)));
    }
    painter.rect_stroke(bar, 0.0, Stroke::new(1.0, palette.muted), StrokeKind::Outside);
}

/// The colours of signed values, from the least to the largest.
pub(crate) fn signed_bar(painter: &Painter, bar: Rect, palette: &Palette) {
    color_bar(painter, bar, palette, |share| palette.signed(2.0 * share - 1.0));
}
