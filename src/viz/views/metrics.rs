//! Metrics: each number with its history, chance level and optimum, and its definition behind "?".

use eframe::egui::{
    Button, Grid, Popup, Response, RichText, ScrollArea, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::experiment::{Row, Snapshot};
use crate::geometry::{ACTIVE_VARIANCE, LEAST_SEPARATION, Measured, Undefined, chance};
use crate::viz::context::ViewContext;
use crate::viz::draw::number::number;
use crate::viz::draw::polyline::{polyline, seldom};
use crate::viz::history_table::history_table;
use crate::viz::loop_query::LoopQuery;
use crate::viz::selection::Selection;
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Region, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "metrics", title: "Metrics", short_title: "Metrics" },
    old_names: &["gauges"],
    is_shared: false,
    region: Region::Measurements,
    figure_size: (640.0, 520.0),
    depends_on: &[Dependency::Latent, Dependency::Step],
    ui: show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table: history_table,
};

/// A metric: its value, history and definition.
struct Metric {
    name: &'static str,
    unit: &'static str,
    /// The definition, as a formula and in words.
    formula: &'static str,
    /// Who defined it, and whether what it stands for is a theorem, an approximation or an observation.
    source: &'static str,
    range: &'static str,
    undefined: &'static str,
    decimals: usize,
    now: fn(&Snapshot) -> Measured,
    then: fn(&Row) -> f64,
    /// Levels to compare it with.
    levels: fn(&Snapshot) -> Vec<(&'static str, f64)>,
    scale: PlotRange,
}

/// The range of a small plot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlotRange {
    /// From 0 to nearly the largest value.
    FromZero,
    /// From 0 to 1.
    Unit,
    /// The range of the later values.
    Tail,
}

fn no_levels(_: &Snapshot) -> Vec<(&'static str, f64)> {
    Vec::new()
}

/// The mean over the last rows under the settings in force, at most a twentieth of the run: a minibatch alone is noisy.
fn recent(snapshot: &Snapshot, value: fn(&Row) -> f64) -> Measured {
    let count = (snapshot.history.len() / 20).max(1);
    let rows = snapshot.history.iter().rev().take(count).take_while(|row| row.settings == snapshot.settings);
    let (sum, count) = rows.fold((0.0, 0), |(sum, count), row| (sum + value(row), count + 1));
    if count == 0 { Err(Undefined::NotYet) } else { Ok(sum / f64::from(count)) }
}

const METRICS: [Metric; 9] = [
    Metric {
        name: "gap",
        unit: "nats",
        formula: "½ (Σ log Λᵢᵢ − log det Λ) with Λ = I + JᵀJ/βσ²: what the best diagonal posterior loses against the \
                  best full one, a datum, divided by β. It is the price of columns that are not orthogonal.",
        source: "Exact for linear decoders, second order otherwise (Hadamard's inequality).",
        range: "0 and above; 0 exactly when JᵀJ is diagonal.",
        undefined: "when no latent is active.",
        decimals: 4,
        now: |s| s.geometry.diagonal_gap,
        then: |row| row.diagonal_gap,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        name: "c_IMA",
        unit: "nats",
        formula: "Σ log ‖Jᵢ‖ − ½ log det JᵀJ: how far the columns of J are from orthogonal. For two latents it is \
                  −log sin of the angle between them.",
        source: "Gresele et al. 2021; the limit of the gap as βσ² → 0. That a diagonal posterior brings it down is a \
                 theorem for linear decoders and an approximation otherwise.",
        range: "0 and above; 0 exactly when the columns are orthogonal. It does not depend on their lengths.",
        undefined: "when no latent is active, or columns are linearly dependent.",
        decimals: 4,
        now: |s| s.geometry.ima_contrast,
        then: |row| row.ima_contrast,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        name: "off-diag",
        unit: "",
        formula: "Σ_{i≠j} Gᵢⱼ² / Σ Gᵢⱼ² with G = JᵀJ: the share of G off its diagonal.",
        source: "A direct reading of condition C1, without logarithms and without degeneracy.",
        range: "0 to 1; 0 exactly when the columns are orthogonal.",
        undefined: "when fewer than two latents are active.",
        decimals: 4,
        now: |s| s.geometry.off_diagonal_mass,
        then: |row| row.off_diagonal_mass,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        name: "DtO",
        unit: "",
        formula: "Mean of ‖V − P‖, P the signed permutation nearest to the right singular vectors V of J. For two \
                  latents rotated by θ ≤ 45° it is 2√2 sin(θ/2).",
        source: "Rolínek et al. 2019, equation 29. To be read beside chance: a full posterior sits there.",
        range: "0 when V is a signed permutation; chance is the mean over random rotations.",
        undefined: "when fewer than two latents are active, or singular values are within 5 % of each other: then V is \
                    free to rotate.",
        decimals: 4,
        now: |s| s.geometry.dto,
        then: |row| row.dto,
        levels: |s| vec![("chance", chance(s.geometry.active.len()).distance)],
        scale: PlotRange::FromZero,
    },
    Metric {
        name: "C2",
        unit: "",
        formula: "Mean of Σ_{i≠j} (∂ⱼ log sᵢ)²: whether each length depends on its own latent only.",
        source: "Condition C2 of the paper. With orthogonal columns (C1) it makes the push-forward factorise; \
                 orthogonality alone does not.",
        range: "0 and above; 0 exactly when C2 holds.",
        undefined: "for ReLU decoders, which have no second derivatives, and when fewer than two latents are active.",
        decimals: 4,
        now: |s| s.geometry.c2_residual,
        then: |row| row.c2_residual,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        name: "eq. 1",
        unit: "",
        formula: "How far the encoder's Σ is from Σ⁻¹ = Λ, Λ = I + JᵀJ/βσ²: the mean of ‖Σ⁻¹ − Λ‖/‖Λ‖ for a full \
                  posterior, of |log Σᵢᵢ Λᵢᵢ| for a diagonal one.",
        source: "Equation 1 (which defines the precision) without its term of second derivatives: an approximation \
                 where the decoder bends.",
        range: "0 and above; trained tanh networks reach 0.02 to 0.1.",
        undefined: "when Λ cannot be inverted.",
        decimals: 4,
        now: |s| s.geometry.posterior_error,
        then: |row| row.posterior_error,
        levels: no_levels,
        scale: PlotRange::FromZero,
    },
    Metric {
        name: "MCC",
        unit: "",
        formula: "Mean |correlation| of the posterior means with the true factors they are matched with.",
        source: "Empirical: orthogonal does not mean identified. Chance is what a random rotation of equal factors \
                 would reach; the ceiling is what the optimum of linear data reaches, mean √(1 − v/λᵢ) with v the \
                 variance of the noise.",
        range: "0 to 1.",
        undefined: "when the true factors are not known.",
        decimals: 4,
        now: |s| s.mcc().ok_or(Undefined::NoTrueFactors),
        then: |row| row.mcc,
        levels: |s| {
            // A single latent cannot be rotated.
            let chance = (s.latent_dim() > 1).then(|| ("chance", chance(s.latent_dim()).alignment));
            let mut levels: Vec<_> = chance.into_iter().collect();
            levels.extend(s.mcc_ceiling().map(|ceiling| ("ceiling", ceiling)));
            levels
        },
        scale: PlotRange::Unit,
    },
    Metric {
        name: "active",
        unit: "",
        formula: "How many latents have a posterior mean that varies over the data by more than 0.01.",
        source: "Burda et al. 2016. A linear latent dies exactly when βσ² reaches the variance of its direction.",
        range: "0 to the number of latents.",
        undefined: "never.",
        decimals: 0,
        now: |s| Ok(s.geometry.active.len() as f64),
        then: |row| row.active_units as f64,
        levels: |s| s.optimum.as_ref().map_or_else(Vec::new, |optimum| vec![("optimum", optimum.active as f64)]),
        scale: PlotRange::FromZero,
    },
    Metric {
        name: "ELBO",
        unit: "nats",
        formula: "E_q log p(x|z) − β KL(q‖p), a datum, over the minibatches of the last twentieth of the run.",
        source: "The objective. For linear decoders the optimum is known in closed form from the covariance of the \
                 data: diagonal and full posteriors reach the same one.",
        range: "any number; the optimum cannot be exceeded but for the noise of minibatches.",
        undefined: "before the first row of the history under new settings.",
        decimals: 3,
        now: |s| recent(s, |row| row.elbo),
        then: |row| row.elbo,
        levels: |s| s.optimum.as_ref().map_or_else(Vec::new, |optimum| vec![("optimum", optimum.elbo)]),
        scale: PlotRange::Tail,
    },
];

/// A walk around a latent rectangle, not a mean over the data.
const HOLONOMY: Metric = Metric {
    name: "loop",
    unit: "%",
    formula: "∮ sᵢ dzᵢ around a latent rectangle, as a share of the length of its side, the larger one of both latents: \
              the holonomy of arc length. Draw the rectangle in the view of the joint density.",
    source: "Theorem: 0 around every rectangle exactly when C2 holds; only then ∫ sᵢ dzᵢ is a coordinate of the data.",
    range: "0 and above.",
    undefined: "with a single latent.",
    decimals: 1,
    now: |_| Err(Undefined::NotYet),
    then: |_| f64::NAN,
    levels: no_levels,
    scale: PlotRange::FromZero,
};

const _: () =
    assert!((ACTIVE_VARIANCE - 0.01).abs() + (LEAST_SEPARATION - 0.05).abs() < 1e-12, "as the texts above say");

/// The room for the levels under a small plot.
const LEVELS: f32 = 15.0;

/// Draws the view.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.weak("means over held-out observations")
            .on_hover_text("Geometry at their posterior means, active latents only");
        let room = ui.available_size();
        let beside = room.x > 1.5 * room.y;
        let columns = if beside { 2 } else { 1 };
        // With that of the holonomy, which ends the last column.
        let rows = (METRICS.len() + 1).div_ceil(columns);
        // Beside the name and the value; as high as there is room for.
        let width = (room.x / columns as f32 - 156.0).clamp(60.0, 420.0);
        let height = ((room.y - 3.0 * LEVELS) / rows as f32 - 7.0).clamp(19.0, 48.0);
        ui.columns(columns, |places| {
            for (k, (ui, metrics)) in places.iter_mut().zip(METRICS.chunks(rows)).enumerate() {
                Grid::new(("metrics", k)).num_columns(3).min_col_width(0.0).spacing([6.0, 5.0]).show(ui, |ui| {
                    for metric in metrics {
                        row(ui, context, metric, vec2(width, height));
                        ui.end_row();
                    }
                    if k + 1 == columns {
                        holonomy(ui, context, selection);
                        ui.end_row();
                    }
                });
            }
        });
    });
}

/// The loop integrals around the rectangle of the joint-density view.
fn holonomy(ui: &mut Ui, context: &ViewContext<'_>, selection: &Selection) {
    let around = match selection.shown() {
        &[a, b] => {
            let (z, corners) = (context.probe.z().to_vec(), selection.corners);
            context.query(&LoopQuery { z, plane: [a, b], corners }).ok_or(Undefined::NotYet)
        }
        _ => Err(Undefined::OneActiveLatent),
    };
    let share = around.map(|around| {
        let share = |k: usize| 100.0 * (around.integrals[k] / around.lengths[k]).abs();
        share(0).max(share(1))
    });
    about(ui, context, &HOLONOMY, share);
    value(ui, &HOLONOMY, share);
    ui.label(RichText::new("% of a side: Joint").small().weak());
}

fn value(ui: &mut Ui, metric: &Metric, now: Measured) {
    ui.horizontal(|ui| {
        ui.set_min_width(54.0);
        match now {
            Ok(x) => ui.monospace(number(x, metric.decimals)).on_hover_text(metric.unit),
            Err(reason) => ui.weak("–").on_hover_text(format!("Undefined now: {reason}")),
        };
    });
}

fn row(ui: &mut Ui, context: &ViewContext<'_>, metric: &Metric, size: Vec2) {
    let snapshot = context.snapshot;
    let now = (metric.now)(snapshot);
    about(ui, context, metric, now);
    value(ui, metric, now);
    // What is undefined can't be compared with anything.
    let levels = if now.is_ok() { (metric.levels)(snapshot) } else { Vec::new() };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let plot = history(ui, context, metric, &levels, size);
        plot.on_hover_text("The run so far; dotted: what to compare it with");
        let words: Vec<String> = levels
            .iter()
            .map(|(name, level)| {
                format!(
                    "{name} {}",
                    number(*level, metric.decimals.min(if metric.scale == PlotRange::Tail { 3 } else { 2 }))
                )
            })
            .collect();
        if !words.is_empty() {
            ui.label(RichText::new(words.join(" · ")).small().weak());
        }
    });
}

/// The name of a metric, which opens what there is to know about it.
fn about(ui: &mut Ui, context: &ViewContext<'_>, metric: &Metric, now: Measured) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let name = RichText::new(metric.name);
        ui.label(if now.is_ok() { name } else { name.weak() });
        if context.is_figure() {
            return;
        }
        let button = ui.add(Button::new("?").small());
        let label = format!("About {}", metric.name);
        button.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Button, true, &label));
        Popup::from_toggle_button_response(&button).show(|ui| {
            ui.set_max_width(340.0);
            ui.strong(metric.name);
            ui.label(metric.formula);
            ui.label(metric.source);
            ui.label(format!("Range: {}", metric.range));
            ui.label(format!("Undefined {}", metric.undefined));
            if let Err(reason) = now {
                ui.colored_label(ui.visuals().warn_fg_color, format!("Undefined now: {reason}."));
            }
        });
    });
}

/// The values since the start as a small plot, on the same scale in both runs.
fn history(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    metric: &Metric,
    levels: &[(&'static str, f64)],
    size: Vec2,
) -> Response {
    let palette = ViewContext::palette(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let runs = [Some(context), context.beside].into_iter().flatten();
    let values = runs.flat_map(|s| seldom(tail(&s.snapshot.history), size.x).map(|row| (metric.then)(row))).collect();
    let (low, high) = range(values, levels, metric.scale);
    let last = context.snapshot.step.max(1) as f64;
    let x = |step: f64| rect.left() + (step / last) as f32 * rect.width();
    let y = |value: f64| {
        rect.bottom() - 1.0 - ((value - low) / (high - low)).clamp(0.0, 1.0) as f32 * (rect.height() - 2.0)
    };
    let painter = ui.painter_at(rect);
    let line = |height: f64| vec![pos2(rect.left(), y(height)), pos2(rect.right(), y(height))];
    painter.add(eframe::egui::Shape::line(line(low), Stroke::new(1.0, palette.rule)));
    for (_, level) in levels.iter().filter(|(_, level)| level.is_finite()) {
        painter.extend(polyline(line(*level), Stroke::new(1.2, palette.muted), &[2.0, 2.0]));
    }
    // A gap where there is no value.
    let path: Vec<_> = seldom(&context.snapshot.history, size.x).map(|row| (row.step, (metric.then)(row))).collect();
    for run in path.split(|(_, value)| !value.is_finite()) {
        let path = run.iter().map(|(step, value)| pos2(x(*step as f64), y(*value))).collect();
        painter.extend(polyline(path, Stroke::new(1.3, palette.ink), &[]));
    }
    response
}

/// The rows after the first steps, in which everything is large.
fn tail<T>(rows: &[T]) -> &[T] {
    &rows[rows.len() / 10..]
}

fn range(mut values: Vec<f64>, levels: &[(&'static str, f64)], scale: PlotRange) -> (f64, f64) {
    if scale == PlotRange::Unit {
        return (0.0, 1.0);
    }
    values.retain(|value| value.is_finite());
    values.extend(levels.iter().map(|(_, level)| *level).filter(|level| level.is_finite()));
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| values.get((share * values.len().saturating_sub(1) as f64).round() as usize).copied();
    let low = if scale == PlotRange::FromZero { 0.0 } else { at(0.02).unwrap_or(0.0) };
    // However flat it is, a range has a height.
    (low, at(0.98).unwrap_or(1.0).max(low + 1e-4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_plots_show_the_values_and_their_levels() {
        assert_eq!(range(vec![0.2, f64::NAN, 0.4], &[("chance", 0.55)], PlotRange::FromZero), (0.0, 0.55));
        assert_eq!(range(vec![], &[], PlotRange::Unit), (0.0, 1.0));
        let (low, high) = range(vec![-3.2, -3.1, -3.0], &[], PlotRange::Tail);
        assert!(low <= -3.1 && high >= -3.0 && low < high);
        let (low, high) = range(vec![], &[], PlotRange::FromZero);
        assert!(low < high);
    }
}
