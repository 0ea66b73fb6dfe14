//! The shown reconstructions as a table.

use super::query::{ErrorsQuery, reconstructions};
use super::ui::chosen;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{NOT_YET, Table};

/// Lines of the table.
const LINES: usize = 12;

/// Two lines for each observation, itself and its reconstruction in the units of your file, with the squared error in those of the
/// model.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    let snapshot = context.snapshot;
    let errors = context.query(&ErrorsQuery).ok_or(NOT_YET)?;
    let chosen = chosen(&selection.reconstructions, &errors, LINES);
    let images = reconstructions(snapshot, &chosen);
    let names = snapshot.data.observation_names.iter().cloned();
    let first = ["part", "observation", "squared_error"].map(str::to_owned);
    let mut csv = Csv::new(first.into_iter().chain(names));
    for (k, i) in chosen.iter().enumerate() {
        for (part, values) in
            [("observation", snapshot.data.test.observations.column(*i)), ("reconstruction", images.column(k))]
        {
            let values = values.iter().enumerate().map(|(r, x)| snapshot.data.in_file_units(r, f64::from(*x)));
            csv.push([part.to_owned(), i.to_string()], std::iter::once(errors[*i]).chain(values));
        }
    }
    Ok(csv)
}
