//! The history of a run as a table: the columns of `history.csv`.

use super::context::ViewContext;
use super::selection::Selection;
use super::view_spec::Table;
use crate::experiment::Row;
use crate::io::Csv;

/// The rows up to the newest step.
pub(crate) fn history_table(context: &ViewContext<'_>, _: &Selection) -> Table {
    let mut csv = Csv::new(Row::header(context.snapshot.latent_dim()));
    context.newest.history.iter().for_each(|row| csv.push(row.fields(), []));
    Ok(csv)
}
