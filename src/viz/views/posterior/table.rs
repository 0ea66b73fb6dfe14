//! The posteriors as a table.

use super::gap::mean_of_held_out;
use super::numbers::KINDS;
use super::query::{MOST_LATENTS, PosteriorQuery};
use crate::geometry::GapPart;
use crate::io::Csv;
use crate::stats::Uncertain;
use crate::viz::context::ViewContext;
use crate::viz::selection::Selection;
use crate::viz::view_spec::{NOT_YET, Table};

const NONE: Uncertain = Uncertain { value: f64::NAN, error: f64::NAN };

/// Divergence, objective, mean and covariance of each posterior; in every row the parts of the exact gap, × β as the view shows
/// them, for this observation and as means over held-out ones.
pub(super) fn table(context: &ViewContext<'_>, selection: &Selection) -> Table {
    const TOO_MANY: &str = "the best posterior is not searched for with so many latents";
    if context.snapshot.latent_dim() > MOST_LATENTS {
        return Err(TOO_MANY);
    }
    if let Some(why) = context.snapshot.settings.without_b() {
        return Err(why.sentence());
    }
    let chosen = selection.observation.filter(|i| *i < context.snapshot.encodings.columns());
    let observation = chosen.or(context.probe.nearest).ok_or("there is no observation")?;
    let found = context.query(&PosteriorQuery { observation, plane: selection.axes }).ok_or(NOT_YET)?;
    let found = found.as_ref().as_ref().ok().ok_or(TOO_MANY)?;
    let mean = mean_of_held_out(context).ok_or(NOT_YET)?;
    let m = context.snapshot.latent_dim();
    let beta = context.snapshot.settings.objective.beta;

    let parts = |name: &str| {
        let parts = GapPart::ALL.map(|part| format!("{name}{}", part.name()));
        let all = std::iter::once(format!("{name}log_px")).chain(parts);
        all.flat_map(|name| [name.clone(), format!("{name}_error")]).collect::<Vec<_>>()
    };
    let columns = |log_px: Uncertain, parts: [Option<Uncertain>; 3]| {
        let parts = parts.map(|part| part.unwrap_or(NONE).times(beta));
        std::iter::once(log_px).chain(parts).flat_map(|e| [e.value, e.error]).collect::<Vec<_>>()
    };
    let mut gaps = found.gap.map_or_else(|_| columns(NONE, [None; 3]), |gap| columns(gap.log_px, gap.parts));
    gaps.push(beta * found.second_order);
    gaps.extend(mean.gap.map_or_else(|_| columns(NONE, [None; 3]), |gap| columns(gap.log_px, gap.parts)));
    gaps.push(mean.gap.map_or(0.0, |gap| gap.observations as f64));

    let pairs = (1..=m).flat_map(|i| (1..=i).map(move |j| format!("cov_{i}_{j}")));
    let names = ["posterior", "observation", "kl_from_optimal", "elbo", "elbo_error"].map(str::to_owned);
    let names = names.into_iter().chain((1..=m).map(|i| format!("mean_{i}"))).chain(pairs).chain(parts(""));
    let names = names.chain(["diagonal_second_order".to_owned()]).chain(parts("held_out_"));
    let mut csv = Csv::new(names.chain(["held_out_observations".to_owned()]));
    for (k, q) in found.all().into_iter().enumerate() {
        let sigma = q.covariance();
        let lower = (0..m).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|place| sigma[place]);
        let terms = [found.divergences()[k], found.elbos[k].value, found.elbos[k].error];
        let labels = [KINDS[k].0.to_owned(), found.observation.to_string()];
        csv.push(labels, terms.into_iter().chain(q.mean.iter().copied()).chain(lower).chain(gaps.iter().copied()));
    }
    Ok(csv)
}
