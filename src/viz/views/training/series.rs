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
    let [minibatch, _, held_out] = of_objective(context.snapshot.settings.objective.regularizer);
    let mut objective = vec![
        series(minibatch.name, palette.ink, 0, Box::new(|r: &Row| r.elbo)),
        series("reconstruction", palette.image, 1, Box::new(|r: &Row| r.reconstruction)),
        series("−β KL", palette.latent, 2, Box::new(|r: &Row| -r.settings.objective.beta * r.kl())),
    ];
    // With two runs the pattern tells the runs apart.
    if context.beside.is_none() {
        objective.insert(1, series(held_out.name, palette.ink, 3, Box::new(|r: &Row| r.elbo_test)));
    }
    let geometry = vec![
        series(MEAN_CONTRAST.name, palette.image, 0, Box::new(|r: &Row| r.ima_contrast)),
        series(MEAN_GAP.name, palette.ink, 1, Box::new(|r: &Row| r.beta_gap)),
    ];
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
    let mut kl: Vec<Series> = if has_parts {
        (0..PARTS.len()).map(part).collect()
    } else {
        largest_kl(context).into_iter().map(kl).collect()
    };
    if context.snapshot.settings.objective.regularizer.has_discriminator() {
        kl.push(series(DISCRIMINATOR_LOSS.name, palette.ink, 3, Box::new(|r: &Row| r.discriminator_loss)));
    }
    [objective, geometry, kl]
}

/// The parts of the KL, in nats.
const PARTS: [&str; 3] = ["information", "total correlation", "dimension-wise"];

/// Latents whose KL is drawn at most.
const MOST_KL: usize = 8;

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

/// A centred running mean over about a fiftieth of the curve.
pub(super) fn smooth(curve: &[[f64; 2]]) -> HistoryCurve {
    let half = curve.len() / 100;
    let mut sums = vec![0.0; curve.len() + 1];
    for (k, [_, y]) in curve.iter().enumerate() {
        sums[k + 1] = sums[k] + if y.is_finite() { *y } else { 0.0 };
    }
    let mean = |k: usize| {
        let (low, high) = (k.saturating_sub(half), (k + half + 1).min(curve.len()));
        (sums[high] - sums[low]) / (high - low) as f64
    };
    // What changes that slowly needs no more points; the last is always among them.
    let every = 1 + half / 4;
    let wanted = |(k, [_, y]): &(usize, &[f64; 2])| y.is_finite() && (curve.len() - 1 - k).is_multiple_of(every);
    curve.iter().enumerate().filter(wanted).map(|(k, [x, _])| [*x, mean(k)]).collect()
}
