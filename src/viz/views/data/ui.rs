//! Data space in two or in three dimensions.

use eframe::egui::Ui;

use super::{plane, space};
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;

/// Draws the view.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    if is_three_dimensional(context) {
        space::show(ui, context, selection);
    } else {
        plane::show(ui, context, selection);
    }
}

/// True if there is a 3-D scene. It has no text at its edges.
pub(super) fn is_three_dimensional(context: &ViewContext<'_>) -> bool {
    context.projection.dims() == 3
}
