//! Codes as a table.

use crate::io::Csv;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{Table, latent_columns};

/// Posterior means and standard deviations with the true factors.
pub(super) fn table(context: &ViewContext<'_>, _: &Selection) -> Table {
    let (snapshot, m) = (context.snapshot, context.snapshot.latent_dim());
    let factors = snapshot.data.test.factors.as_ref();
    let names =
        ["observation".to_owned()].into_iter().chain(latent_columns(context)).chain((1..=m).map(|i| format!("sd_{i}")));
    let mut csv = Csv::new(names.chain(factors.iter().flat_map(|_| snapshot.data.factor_names.iter().cloned())));
    for i in 0..snapshot.encodings.columns() {
        let (q, known) = (snapshot.posterior(i), factors.iter().flat_map(|factors| factors.column(i)));
        let known_sd = if snapshot.vae.has_encoder { 1.0 } else { f64::NAN };
        let sd = q.covariance().diagonal().map(f64::sqrt) * known_sd;
        let numbers = q.mean.iter().chain(sd.iter()).copied().chain(known.map(|f| f64::from(*f)));
        csv.push([i.to_string()], numbers);
    }
    Ok(csv)
}
