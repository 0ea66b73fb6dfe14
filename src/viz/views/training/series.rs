//! The curves of the view: the objective and its parts, the geometry, the KL per latent or its parts.

use eframe::egui::Color32;

use crate::experiment::{Row, Snapshot};
use crate::vae::Decomposition;
use crate::viz::context::ViewContext;
use crate::viz::draw::polyline::seldom;
use crate::viz::number_name::{DISCRIMINATOR_LOSS, MEAN_CONTRAST, MEAN_GAP, of_objective};
use crate::viz::theme::{Palette, dashes, indexed};

/// One curve.
pub(super) struct Series {
    pub(super) name: String,
    pub(super) color: Color32,
    pub(super) dashes: &'static [f32],
    pub(super) value: Box<dyn Fn(&Row) -> f64>,
    /// True if only the pattern tells it from its neighbours.
    pub(super) same_color: bool,
}

/// Steps and values.
pub(super) type HistoryCurve = Vec<[f64; 2]>;

impl Series {
    pub(super) fn curve(&self, run: &Snapshot, width: f32) -> HistoryCurve {
        seldom(&run.history, width).map(|row| [row.step as f64, (self.value)(row)]).collect()
    }
}

/// The curves of the three plots. `has_parts`: with the parts of the KL and not that of each latent.
pub(super) fn series(context: &ViewContext<'_>, palette: &Palette, has_parts: bool) -> [Vec<Series>; 3] {
    let series = |name: &str, color, pattern: usize, value: Box<dyn Fn(&Row) -> f64>| Series {
        name: name.to_owned(),
        color,
        dashes: if pattern == 0 { &[] } else { dashes(pattern) },
        value,
        same_color: false,
    };
    let regularizers =
        || [Some(context), context.beside].into_iter().flatten().map(|c| c.snapshot.settings.objective.regularizer);
    // Of two objectives only one may be an ELBO.
    let other = regularizers().find(|regularizer| !regularizer.is_kl()).unwrap_or_default();
    let [minibatch, _, held_out] = of_objective(other);
    let mut objective = vec![
        series(minibatch.name, palette.ink, 0, Box::new(|r: &Row| r.elbo)),
        series("reconstruction", palette.image, 1, Box::new(|r: &Row| r.reconstruction)),
        series("−β KL", palette.latent, 2, Box::new(|r: &Row| -r.settings.objective.beta * r.kl())),
    ];
    // With two runs the pattern tells the runs apart.
    if context.beside.is_none() {
        objective.insert(1, series(held_out.name, palette.ink, 3, Box::new(|r: &Row| r.elbo_test)));
    }
    let mut geometry = vec![
        series(MEAN_CONTRAST.name, palette.image, 0, Box::new(|r: &Row| r.ima_contrast)),
        series(MEAN_GAP.name, palette.ink, 1, Box::new(|r: &Row| r.beta_gap)),
    ];
    // It has the size of a contrast, not that of a KL.
    if regularizers().any(|regularizer| regularizer.has_discriminator()) {
        geometry.push(series(DISCRIMINATOR_LOSS.name, palette.latent, 3, Box::new(|r: &Row| r.discriminator_loss)));
    }
    let kl = |i: usize| {
        let value = move |row: &Row| row.kl_per_dim.get(i).copied().unwrap_or(f64::NAN);
        Series { same_color: true, ..series(&indexed("KL", i), palette.latent, i, Box::new(value)) }
    };
    // More lines than dash patterns could not be told apart: those with the largest KL now.
    let part = |k: usize| {
        let value = move |row: &Row| {
            let Decomposition { mutual_information, total_correlation, dimension_wise } = row.decomposition;
            [mutual_information, total_correlation, dimension_wise][k]
        };
        Series { same_color: true, ..series(PARTS[k], palette.latent, k, Box::new(value)) }
    };
    let kl = if has_parts {
        (0..PARTS.len()).map(part).collect()
    } else {
        largest_kl(context).into_iter().map(kl).collect()
    };
    [objective, geometry, kl]
}

/// The parts of the KL, in nats.
const PARTS: [&str; 3] = ["information", "total correlation", "dimension-wise"];

/// Latents whose KL is drawn at most.
const MOST_KL: usize = 8;

/// Over what the KL of each latent is a mean, and how many of how many latents have a curve, where some have none.
/// The longest first, for as much room as there is.
pub(super) fn over_what(context: &ViewContext<'_>) -> Vec<String> {
    const OVER: &str = "minibatches";
    let m = context.snapshot.latent_dim();
    if m > MOST_KL {
        let part = format!("{MOST_KL} of {m}");
        vec![format!("{OVER}, {part} latents"), format!("{part} latents"), part]
    } else {
        vec![OVER.to_owned()]
    }
}

/// The latents with the largest KL in the last row of the history, in their order.
fn largest_kl(context: &ViewContext<'_>) -> Vec<usize> {
    let mut latents: Vec<usize> = (0..context.snapshot.latent_dim()).collect();
    if let Some(row) = context.snapshot.history.last().filter(|_| latents.len() > MOST_KL) {
        let kl = |i: &usize| row.kl_per_dim.get(*i).copied().unwrap_or(0.0);
        latents.sort_by(|a, b| kl(b).total_cmp(&kl(a)));
    }
    latents.truncate(MOST_KL);
    latents.sort_unstable();
    latents
}

/// The parts of a curve that have values, between gaps.
pub(super) fn parts(curve: &[[f64; 2]]) -> impl Iterator<Item = &[[f64; 2]]> {
    curve.split(|[_, y]| !y.is_finite()).filter(|part| !part.is_empty())
}

/// A centred running mean of a part over about a fiftieth of the curve, of `count` points.
pub(super) fn smooth(part: &[[f64; 2]], count: usize) -> HistoryCurve {
    let half = count / 100;
    let mut sums = vec![0.0; part.len() + 1];
    for (k, [_, y]) in part.iter().enumerate() {
        sums[k + 1] = sums[k] + y;
    }
    let mean = |k: usize| {
        let (low, high) = (k.saturating_sub(half), (k + half + 1).min(part.len()));
        (sums[high] - sums[low]) / (high - low) as f64
    };
    // What changes that slowly needs no more points; the last is always among them.
    let every = 1 + half / 4;
    let wanted = |(k, _): &(usize, &[f64; 2])| (part.len() - 1 - k).is_multiple_of(every);
    part.iter().enumerate().filter(wanted).map(|(k, [x, _])| [*x, mean(k)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_gaps_where_it_has_no_values() {
        let value = |k: usize| if (300..700).contains(&k) { f64::NAN } else { 0.69 };
        let curve: HistoryCurve = (0..1000).map(|k| [k as f64, value(k)]).collect();
        let parts: Vec<_> = parts(&curve).collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [300, 300]);
        for part in parts {
            let smooth = smooth(part, curve.len());
            assert!(smooth.iter().all(|[_, y]| (y - 0.69).abs() < 1e-9), "no value comes from a gap");
            assert_eq!(smooth.last().unwrap()[0], part.last().unwrap()[0]);
        }
        assert_eq!(super::parts(&[[0.0, f64::NAN]]).count(), 0);
    }
}
