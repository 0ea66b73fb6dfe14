//! The objective over the angle as a table.

use super::query::RotateQuery;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{NOT_YET, Table};

/// At whole degrees in [0°, 90°): objective with the best full and the best diagonal posteriors, and what the diagonal family
/// loses by three ways, all in nats. NaN where the best posteriors are not searched for, or the decoder is not linear.
/// `unconverged` of the nearest searched angle.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    if context.snapshot.latent_dim() < 2 {
        return Err("needs at least two latents");
    }
    if let Some(why) = context.snapshot.settings.without_b() {
        return Err(why.sentence());
    }
    let found = context.query(&RotateQuery { plane: selection.rotated }).ok_or(NOT_YET)?;
    let columns = ["degrees", "full", "best_diagonal", "loss", "second_order_loss", "optimum_loss", "unconverged"];
    let mut csv = Csv::new(columns);
    for degrees in (0..90).map(f64::from) {
        let full = found.full().unwrap_or(f64::NAN);
        let loss = found.full().map_or(f64::NAN, |_| found.loss(degrees));
        let optimum = found.price_at_optimum(degrees).unwrap_or(f64::NAN);
        let unconverged = found.nearest(degrees).map_or(f64::NAN, |point| point.unconverged as f64);
        csv.push([], [degrees, full, full - loss, loss, found.price(degrees), optimum, unconverged]);
    }
    Ok(csv)
}
