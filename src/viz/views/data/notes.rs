//! Notes on marks with an unusual meaning.

use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::singular_query::LEGEND;

/// Lines for the upper left corner.
pub(super) fn notes(context: &ViewContext<'_>, selection: &Selection) -> Vec<&'static str> {
    let singular = selection.layers.singular.then_some(LEGEND);
    // The legend says it, too.
    let samples = !selection.layers.legend && selection.layers.data && context.snapshot.config.origin.model().is_some();
    singular.into_iter().chain(samples.then_some("points: samples of the model, x = d(z)")).collect()
}
