//! The objective over the angle as a table.

use super::query::RotateQuery;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{NOT_YET, Table};

/// The objective over the angle, at whole degrees in [0°, 90°). Where the best posteriors are not searched for, `full` and
/// `best_diagonal` are NaN, and the other columns are minus the price against full posteriors.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    if context.snapshot.latent_dim() < 2 {
        return Err("needs at least two latents");
    }
    let found = context.query(&RotateQuery { plane: selection.rotated }).ok_or(NOT_YET)?;
    let mut csv = Csv::new(["degrees", "full", "best_diagonal", "second_order", "at_optimum"]);
    for degrees in (0..90).map(f64::from) {
        let full = found.full();
        let diagonal = full.map_or(f64::NAN, |full| full - found.loss(degrees));
        let level = full.unwrap_or(0.0);
        let optimum = found.price_at_optimum(degrees).map_or(f64::NAN, |price| level - price);
        csv.push([], [degrees, full.unwrap_or(f64::NAN), diagonal, level - found.price(degrees), optimum]);
    }
    Ok(csv)
}
