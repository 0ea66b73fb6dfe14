//! The curves along the right singular vectors that are drawn.

use std::sync::Arc;

use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::singular_query::{SingularCurves, SingularQuery};

/// With more latents, those on the axes of the latent view.
const MOST: usize = 3;

/// The curves through z*, if their layer is on and they are known.
pub(crate) fn singular_curves(context: &ViewContext<'_>, selection: &Selection) -> Option<Arc<SingularCurves>> {
    let z = context.probe.z().to_vec();
    let shown = selection.shown().iter().copied().filter(|i| *i < z.len());
    let latents = if z.len() <= MOST { (0..z.len()).collect() } else { shown.collect() };
    selection.layers.singular.then(|| context.query(&SingularQuery { z, latents }))?
}
