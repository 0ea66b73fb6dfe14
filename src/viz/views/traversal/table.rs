//! The decodings of the traversal as a table.

use super::strips::{FIGURE_COLUMNS, Strips};
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::Table;

/// A line for each tile: latent, its value, and the decoding in the units of your file.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    let strips = Strips::new(context.snapshot, selection, FIGURE_COLUMNS)?;
    let data = &context.snapshot.data;
    let names = data.observation_names.iter().cloned();
    let mut csv = Csv::new(["latent".to_owned(), "value".to_owned(), "kl".to_owned()].into_iter().chain(names));
    for (row, strip) in strips.rows.iter().enumerate() {
        for (column, value) in strip.values.iter().enumerate() {
            let decoding = strips.decoding(row, column).iter().enumerate();
            let decoding = decoding.map(|(r, x)| data.in_file_units(r, f64::from(*x)));
            csv.push([format!("z_{}", strip.latent + 1)], [*value, strip.kl].into_iter().chain(decoding));
        }
    }
    Ok(csv)
}
