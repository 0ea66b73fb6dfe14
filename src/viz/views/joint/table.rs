//! The difference of the densities as a table.

use super::query::JointQuery;
use super::ui::place;
use crate::geometry::Undefined;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{NOT_YET, Table};

/// The product of the seam densities minus the joint density, over the latent plane.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    if context.snapshot.latent_dim() < 2 {
        return Err("one latent has no joint density");
    }
    context.snapshot.geometry.independent_in(selection.axes).map_err(Undefined::sentence)?;
    let query = JointQuery { z: context.probe.z().to_vec(), plane: selection.axes };
    let found = context.query(&query).ok_or(NOT_YET)?;
    let [a, b] = found.plane.map(|i| format!("z_{}", i + 1));
    let mut csv = Csv::new([a, b, "product_minus_joint".to_owned()]);
    for (k, difference) in found.product.difference.iter().enumerate() {
        let [x, y] = place(&found, k);
        csv.push([], [x, y, *difference]);
    }
    Ok(csv)
}
