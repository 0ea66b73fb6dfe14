//! The objective over the angle as a table.

use super::query::RotateQuery;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{NOT_YET, Table};

/// The objective over the angle, at whole degrees in [0°, 90°); what is not known is NaN.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    if context.snapshot.latent_dim() < 2 {
        return Err("needs at least two latents");
    }
    let found = context.query(&RotateQuery { plane: selection.rotated }).ok_or(NOT_YET)?;
    let mut csv = Csv::new(["degrees", "full", "best_diagonal", "second_order", "at_optimum"]);
    for degrees in (0..90).map(f64::from) {
        let full = found.full();
        let diagonal = if found.searched.is_empty() { f64::NAN } else { full - found.loss(degrees) };
        let optimum = found.price_at_optimum(degrees).map_or(f64::NAN, |price| full - price);
        csv.push([], [degrees, full, diagonal, full - found.price(degrees), optimum]);
    }
    Ok(csv)
}
