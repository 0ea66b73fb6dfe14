//! Notes on marks with an unusual meaning.

use crate::viz::context::ViewContext;
use crate::viz::draw::indicatrix::Indicatrices;
use crate::viz::selection::Selection;
use crate::viz::singular_query::LEGEND;

/// Lines for the upper left corner.
pub(super) fn notes(context: &ViewContext<'_>, selection: &Selection) -> Vec<String> {
    let singular = selection.layers.singular.then_some(LEGEND);
    // The legend says it, too.
    let samples = !selection.layers.legend && selection.layers.data && context.snapshot.config.origin.model().is_some();
    let fixed = singular.into_iter().chain(samples.then_some("points: samples of the model, x = d(z)"));
    let has_ellipses = selection.layers.ellipses && context.probe.has_surface();
    fixed.map(str::to_owned).chain(has_ellipses.then(Indicatrices::data_scale)).collect()
}
