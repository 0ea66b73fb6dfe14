//! The exact gap log p(x) − ELBO as bars: what family, axes and encoder cost, for this observation and on the mean.

use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, FontId, Grid, Id, Painter, Rect, RichText, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::gap_query::{FIRST, MeanGapAnswer, MeanGapQuery, most_observations};
use super::query::Posteriors;
use crate::geometry::{GapPart, Integration, Undefined};
use crate::stats::Uncertain;
use crate::viz::context::ViewContext;
use crate::viz::draw::hover::significant;
use crate::viz::draw::number::{number, with_error};
use crate::viz::theme::{Palette, SMALLEST_TEXT};

/// Height of headings, two rows and two bars.
pub(super) const HEIGHT: f32 = 102.0;

/// Width below which a name is short.
const NARROW: f32 = 400.0;

/// Height of a bar with its name.
const BAR: f32 = 14.0;

/// What the parts are, in the order of [`GapPart::ALL`].
const PARTS: [(&str, &str); 3] = [
    (
        "family",
        "log p(x) − best full Gaussian: what is lost because the true posterior is not Gaussian. 0 for linear decoders with a Gaussian likelihood",
    ),
    (
        "diagonal",
        "Best full − best diagonal Gaussian: the price of a diagonal posterior, and so what pushes the columns of the Jacobian to be \
         orthogonal. Exact; to second order, and exactly for linear decoders with a Gaussian likelihood, it is ½(Σ log Λᵢᵢ − log det Λ)",
    ),
    ("encoder", "Best Gaussian of the model's own family − learned one: the amortisation gap, what the encoder misses"),
];

const IDENTITY: &str = "Identity: log p(x) − ELBO = family + diagonal + encoder, in nats, with standard errors. log p(x) = log ∫ N(x; d(z), bI) \
    N(z; 0, I) dz is of the model with noise variance b = βσ², for which β = 1: there the objective is an ELBO, up to a scale and a \
    constant. The parts are × β, nats of the objective as everywhere in the window. log p(x) is in closed form for linear decoders, by a \
    grid that is refined up to two latents, by importance sampling beyond. With a Bernoulli likelihood log p(x) = log ∫ p(x|z)^(1/β) \
    N(z; 0, I) dz, never in closed form: the log-probability of binary x at β = 1; p(x|z)^(1/β) for other β, and for grey x, lacks \
    the constant that would make it a density";

/// A column of numbers: log p(x) and the parts.
type Split = Result<(Uncertain, [Option<Uncertain>; 3]), Undefined>;

/// The newest mean over held-out observations, asked for all of them. (A figure waits for it.)
pub(super) fn mean_of_held_out(context: &ViewContext<'_>) -> Option<Arc<MeanGapAnswer>> {
    context.query(&MeanGapQuery { observations: most_observations(context.snapshot.data_dim()) })
}

/// Headings, numbers and bars.
pub(super) fn gap(ui: &mut Ui, context: &ViewContext<'_>, posteriors: &Posteriors) {
    let beta = context.snapshot.settings.objective.beta;
    let scale = (beta, posteriors.expectations.decimals());
    let width = ui.available_width();
    let mean = growing_mean(ui, context);
    // Without the best Gaussian the gap has no parts.
    let found = posteriors.found().into_iter().all(|found| found);
    let single: Split = posteriors.gap.map(|gap| (gap.log_px, if found { gap.parts } else { [None; 3] }));
    let several: Option<Split> = mean.as_ref().map(|mean| mean.gap.map(|gap| (gap.log_px, gap.parts)));
    let count = mean.as_ref().and_then(|mean| Some(mean.gap.ok()?.observations));
    let is_roomy = width > NARROW;
    let left_out = mean.as_ref().and_then(|mean| Some(mean.gap.ok()?.left_out)).unwrap_or(0);
    let growing = mean.as_ref().and_then(|mean| still_growing(context, mean));
    let several_name = match (count, growing) {
        (Some(count), Some(most)) if is_roomy => format!("mean of {count} of {most} so far"),
        (Some(count), Some(most)) => format!("{count} of {most}"),
        (Some(count), None) if left_out > 0 && is_roomy => format!("mean of {count}, {left_out} left out"),
        (Some(count), None) => format!("mean of {count}"),
        (None, _) => "mean".to_owned(),
    };
    let single_name = if is_roomy { "this x" } else { "x" };

    let small = |text: &str| RichText::new(text).size(SMALLEST_TEXT);
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.spacing_mut().interact_size.y = 14.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let heading = if beta == 1.0 {
            "log p(x)".to_owned()
        } else {
            format!("{}× β = {}; log p(x)", if is_roomy { "parts " } else { "" }, significant(beta))
        };
        ui.label(small(&heading).weak()).on_hover_text(IDENTITY);
        for (name, split, grows) in
            [(single_name, Some(&single), false), (&several_name, several.as_ref(), growing.is_some())]
        {
            if let Some(Ok((log_px, _))) = split {
                let dot = if is_roomy { "· " } else { "" };
                let text = small(&format!("{dot}{name}: {}", with_error(*log_px, scale.1)));
                ui.label(if grows { text.weak() } else { text }).on_hover_text(IDENTITY);
            }
        }
        if !context.is_figure() {
            ui.label(small("?").weak()).on_hover_text(IDENTITY);
        }
    });
    let has_parts = |split: &Split| split.as_ref().is_ok_and(|(_, parts)| parts.iter().any(Option::is_some));
    if !has_parts(&single) && several.as_ref().is_some_and(|several| !has_parts(several)) {
        let reason = several.as_ref().and_then(|split| split.as_ref().err()).copied().unwrap_or(Undefined::NotFound);
        ui.label(small(&format!("–: {reason}")).weak());
        return;
    }
    let longest = [Some(&single), several.as_ref()].into_iter().flatten().flatten().map(|(_, parts)| length(parts));
    let longest = longest.fold(0.0, f64::max);
    Grid::new("gap").num_columns(4).spacing([9.0, 0.0]).min_row_height(15.0).show(ui, |ui| {
        ui.label("");
        for (part, (name, help)) in GapPart::ALL.into_iter().zip(PARTS) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let (rect, _) = ui.allocate_exact_size(vec2(12.0, 9.0), Sense::hover());
                segment(ui.painter(), rect, part, ViewContext::palette(ui));
                ui.label(small(name).weak()).on_hover_text(help);
            });
        }
        ui.end_row();
        let approximate = format!("to second order {}", number(beta * posteriors.second_order, 4));
        row(ui, "this x", &method(posteriors), Some(&single), scale, Some(&approximate));
        let over = match (left_out, growing) {
            (0, Some(most)) => format!(
                "Mean over the first {} of {most} held-out observations so far, with its standard error: it moves while their number \
                 grows, which takes a run at rest",
                count.unwrap_or(0)
            ),
            (0, None) => {
                format!("Mean over the first {} held-out observations, with its standard error", count.unwrap_or(0))
            }
            _ => format!(
                "Mean over {} held-out observations; {left_out} are left out, because their log p(x) or a best posterior was not found",
                count.unwrap_or(0)
            ),
        };
        row(ui, "mean", &over, several.as_ref(), scale, None);
    });
    for (name, split) in [("this x", Some(&single)), ("mean", several.as_ref())] {
        let (rect, _) = ui.allocate_exact_size(vec2(width, BAR), Sense::hover());
        if let Some(Ok((_, parts))) = split.filter(|split| has_parts(split)) {
            let font = FontId::proportional(SMALLEST_TEXT);
            let color = ViewContext::palette(ui).muted;
            ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, name, font, color);
            bar(ui, rect.with_min_x(rect.left() + 42.0).shrink2(vec2(1.0, 2.0)), parts, longest);
        }
    }
}

/// The observations of the finished mean, while this one is of fewer.
fn still_growing(context: &ViewContext<'_>, mean: &MeanGapAnswer) -> Option<usize> {
    let most = most_observations(context.snapshot.data_dim()).min(context.snapshot.encodings.columns());
    (mean.asked < most).then_some(most)
}

/// The mean over a few observations first, then over twice as many of the same step. So a training run is not kept waiting.
fn growing_mean(ui: &Ui, context: &ViewContext<'_>) -> Option<Arc<MeanGapAnswer>> {
    if context.is_figure() {
        return mean_of_held_out(context);
    }
    let most = most_observations(context.snapshot.data_dim());
    let id: Id = ui.scope_id().with("observations of the mean gap");
    let step = context.snapshot.step;
    let observations = match ui.data(|data| data.get_temp::<(u64, usize)>(id)) {
        Some((of, count)) if of == step => count,
        _ => FIRST.min(most),
    };
    let answer = context.query(&MeanGapQuery { observations });
    let done = answer.as_ref().is_some_and(|answer| answer.step == step && answer.asked == observations);
    if done && observations < most {
        ui.data_mut(|data| data.insert_temp(id, (step, (2 * observations).min(most))));
        ui.ctx().request_repaint();
    } else {
        ui.data_mut(|data| data.insert_temp(id, (step, observations)));
    }
    answer
}

/// How log p(x) was found.
fn method(posteriors: &Posteriors) -> String {
    match posteriors.gap.map(|gap| gap.integration) {
        Err(reason) => format!("Undefined: {reason}"),
        Ok(Integration::ClosedForm) => "log p(x) in closed form".to_owned(),
        Ok(Integration::Grid { points }) => format!("log p(x) on a grid of {points} latents"),
        Ok(Integration::ImportanceSampling { samples, effective, largest_share }) => format!(
            "log p(x) by importance sampling: {samples} samples worth {effective:.0} of equal weight, the largest share {}",
            number(largest_share, 4)
        ),
    }
}

fn row(
    ui: &mut Ui,
    name: &str,
    help: &str,
    split: Option<&Split>,
    (beta, decimals): (f64, usize),
    approximate: Option<&str>,
) {
    ui.label(RichText::new(name).size(SMALLEST_TEXT)).on_hover_text(help);
    for (k, (_, meaning)) in PARTS.into_iter().enumerate() {
        let reason = match split {
            None => "Being computed".to_owned(),
            Some(Err(reason)) => format!("Undefined: {reason}"),
            Some(Ok((_, parts))) => {
                if let Some(part) = parts[k] {
                    let text = RichText::new(with_error(part.times(beta), decimals)).size(SMALLEST_TEXT);
                    let more = approximate.filter(|_| k == 1).map_or(String::new(), |text| format!(". Here {text}"));
                    ui.label(text).on_hover_text(format!("{meaning}{more}"));
                    continue;
                }
                // Of a full posterior the price of axes alone is absent.
                if parts.iter().any(Option::is_some) {
                    "A full posterior has no such price".to_owned()
                } else {
                    format!("Undefined: {}", Undefined::NotFound)
                }
            }
        };
        ui.label(RichText::new("–").weak().size(SMALLEST_TEXT)).on_hover_text(reason);
    }
    ui.end_row();
}

/// Sum of the parts, those that are negative by their error not counted.
fn length(parts: &[Option<Uncertain>; 3]) -> f64 {
    parts.iter().flatten().map(|part| part.value.max(0.0)).sum()
}

/// The parts side by side; `longest` fills the width.
fn bar(ui: &Ui, rect: Rect, parts: &[Option<Uncertain>; 3], longest: f64) {
    let palette = ViewContext::palette(ui);
    if !(longest > 0.0 && longest.is_finite()) {
        return;
    }
    let mut left = rect.left();
    for (part, value) in GapPart::ALL.into_iter().zip(parts) {
        let width = rect.width() * (value.map_or(0.0, |v| v.value.max(0.0)) / longest) as f32;
        segment(
            ui.painter(),
            Rect::from_min_max(pos2(left, rect.top()), pos2(left + width, rect.bottom())),
            part,
            palette,
        );
        left += width;
    }
}

/// A part, told by its pattern: hatched, solid, empty.
fn segment(painter: &Painter, rect: Rect, part: GapPart, palette: &Palette) {
    let color = palette.ink;
    match part {
        GapPart::Family => {
            let lines = (1..).map(|k| rect.left() + 4.0 * k as f32).take_while(|x| *x < rect.right());
            painter.extend(
                lines.map(|x| {
                    Shape::line_segment([pos2(x, rect.top()), pos2(x, rect.bottom())], Stroke::new(1.0, color))
                }),
            );
        }
        GapPart::Diagonal => {
            painter.rect_filled(rect, 0.0, palette.latent);
        }
        GapPart::Amortisation => {
            painter.rect_filled(rect, 0.0, Color32::TRANSPARENT);
        }
    }
    painter.rect_stroke(rect, 0.0, Stroke::new(1.0, color), StrokeKind::Inside);
}
