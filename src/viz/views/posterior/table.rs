//! The posteriors as a table.

use super::numbers::KINDS;
use super::query::PosteriorQuery;
use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{NOT_YET, Table};

/// Divergence, objective, mean and covariance of each posterior.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    let chosen = selection.observation.filter(|i| *i < context.snapshot.encodings.columns());
    let observation = chosen.or(context.probe.nearest).ok_or("there is no observation")?;
    let found = context.query(&PosteriorQuery { observation, plane: selection.axes }).ok_or(NOT_YET)?;
    let m = context.snapshot.latent_dim();
    let pairs = (1..=m).flat_map(|i| (1..=i).map(move |j| format!("cov_{i}_{j}")));
    let names = ["posterior", "observation", "kl_from_optimal", "elbo"].map(str::to_owned);
    let mut csv = Csv::new(names.into_iter().chain((1..=m).map(|i| format!("mean_{i}"))).chain(pairs));
    for (k, q) in found.all().into_iter().enumerate() {
        let sigma = q.covariance();
        let lower = (0..m).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|place| sigma[place]);
        let terms = [found.divergences()[k], found.elbos[k]];
        let labels = [KINDS[k].0.to_owned(), found.observation.to_string()];
        csv.push(labels, terms.into_iter().chain(q.mean.iter().copied()).chain(lower));
    }
    Ok(csv)
}
