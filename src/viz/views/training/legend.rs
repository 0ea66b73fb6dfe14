//! The names of the curves with their values at the shown step.

use eframe::egui::{Color32, Sense, Stroke, TextStyle, Ui, vec2};

use super::series::Series;
use crate::experiment::Snapshot;
use crate::viz::draw::number::number;
use crate::viz::draw::polyline::polyline;
use crate::viz::number_name::{DISCRIMINATOR_LOSS, HELD_OUT_ELBO, HELD_OUT_OBJECTIVE, MEAN_CONTRAST, MEAN_GAP};

/// Room at the right of each plot, in points.
pub(super) const MARGIN: f32 = 16.0;

/// The length of a piece of a curve, in points.
const SAMPLE: f32 = 26.0;

/// A piece of a curve.
pub(super) fn sample(ui: &mut Ui, color: Color32, dashes: &[f32]) {
    let (rect, _) = ui.allocate_exact_size(vec2(SAMPLE, 12.0), Sense::hover());
    let ends = vec![rect.left_center() + vec2(6.0, 0.0), rect.right_center()];
    polyline(ui.painter(), &ends, Stroke::new(1.8, color), dashes);
}

/// Help for the parts of the KL divergence.
const OF_PARTS: &str = "A part of KL(q ‖ p) in nats, estimated at samples of the first 64 held-out observations against the posteriors of \
                        all measured ones (Hoffman & Johnson 2016). Where posteriors hardly overlap, the information is too small and the \
                        total correlation too large";

/// Help for the KL divergence of one latent.
const KL_PER_LATENT: &str = "In nats. With full covariance the KL divergence is split over the rows of the Cholesky factor of Σ, so the \
                             share of a latent depends on the order of the latents; the sum does not";

/// Width below which names above a plot are short.
const NARROW: f32 = 520.0;

/// Help for the parts of the training objective.
const TRAINING: &str = "In nats; mean over the minibatches since the last point";

/// Help for the held-out objective.
const HELD_OUT: &str = "The objective of the first 256 held-out observations (128 for large models), the same noise at every point, in nats. What that of training \
                        is above it is the generalisation gap";

/// The name of each curve and its value at the step that is shown of each run, and behind the last the first note that has room.
pub(super) fn legend(ui: &mut Ui, series: &[Series], notes: &[String], runs: &[&Snapshot], shown: &[u64]) {
    let compared = runs.len() > 1;
    // The names of the objective are the longest.
    let narrow = ui.available_width() < NARROW;
    let decimals = if compared || narrow { 2 } else { 3 };
    let gap = if narrow { 3.0 } else { 5.0 };
    let text = |series: &Series| {
        let value = |(run, step): (&&Snapshot, &u64)| {
            let until = run.history.partition_point(|row| row.step <= *step);
            // Nothing before the first point, and – where it means nothing.
            let last = run.history[..until].last().map(|row| (series.value)(row));
            last.map_or_else(String::new, |y| {
                if y.is_finite() { number(y, if y.abs() < 0.1 { 3 } else { decimals }) } else { "–".to_owned() }
            })
        };
        let values: Vec<String> = runs.iter().zip(shown).map(value).collect();
        let name = if narrow && series.name == "reconstruction" { "recon." } else { &series.name };
        format!("{name} {}", values.join(" | ")).trim_end().to_owned()
    };
    // As many lines as the names need.
    let font = TextStyle::Body.resolve(ui.style());
    let mut lines: Vec<Vec<(&Series, String)>> = vec![Vec::new()];
    // The margin at the right is free.
    let width = ui.available_width() + MARGIN;
    let mut room = width;
    for series in series {
        let text = text(series);
        let length = ui.painter().layout_no_wrap(text.clone(), font.clone(), series.color).size().x;
        let length = length + gap + if compared { 3.0 + gap } else { SAMPLE + gap };
        let line = lines.last_mut().filter(|line| length - gap <= room || line.is_empty());
        if let Some(line) = line {
            line.push((series, text));
        } else {
            lines.push(vec![(series, text)]);
            room = width;
        }
        room -= length;
    }
    let count = lines.len();
    let fits = |note: &&String| {
        ui.painter().layout_no_wrap((*note).clone(), font.clone(), Color32::PLACEHOLDER).size().x <= room
    };
    let note = notes.iter().find(fits);
    for (k, line) in lines.into_iter().enumerate() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for (series, text) in line {
                if compared {
                    ui.add_space(3.0);
                } else {
                    sample(ui, series.color, series.dashes);
                }
                // Only the KL divergences of the latents share a colour.
                ui.colored_label(series.color, text).on_hover_text(help(series));
            }
            if let Some(note) = note.filter(|_| k + 1 == count) {
                ui.weak(note).on_hover_text("Those with the largest KL divergence now");
            }
        });
    }
}

/// What the number of a curve is, and over what.
fn help(series: &Series) -> String {
    let means = [MEAN_CONTRAST, MEAN_GAP, DISCRIMINATOR_LOSS].into_iter().find(|number| number.name == series.name);
    match (&*series.name, means) {
        ("information", _) => format!("I(x; z) of the codes. {OF_PARTS}"),
        ("total correlation", _) => format!("KL(q(z) ‖ Π q(zᵢ)). {OF_PARTS}"),
        ("dimension-wise", _) => format!("Σ KL(q(zᵢ) ‖ p(zᵢ)). {OF_PARTS}"),
        _ if series.same_color => KL_PER_LATENT.to_owned(),
        (_, Some(number)) => format!("In nats. {}", number.over),
        (name, _) if [HELD_OUT_ELBO.name, HELD_OUT_OBJECTIVE.name].contains(&name) => HELD_OUT.to_owned(),
        _ => TRAINING.to_owned(),
    }
}
