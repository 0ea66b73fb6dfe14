//! Draws each number with its history, chance level and optimum, and its definition behind "?".

use std::sync::Arc;

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align2, Color32, Grid, Label, Response, RichText, ScrollArea, Sense, Stroke, TextStyle, Ui, Vec2, pos2, vec2,
};

use super::about::{NAME, about};
use super::definitions::{HOLONOMY, METRICS};
use super::metric::{Group, Level, Metric, PlotRange};
use crate::experiment::{Metrics, OWN_SAMPLES, Row, Snapshot};
use crate::geometry::{Measured, Undefined};
use crate::stats::Estimate;
use crate::viz::context::ViewContext;
use crate::viz::draw::focus_in_sight::keep_focus_in_sight;
use crate::viz::draw::hover::{hover_with_help, significant};
use crate::viz::draw::number::number;
use crate::viz::draw::polyline::{polyline, seldom};
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::loop_query::LoopQuery;
use crate::viz::metrics_query::MetricsQuery;
use crate::viz::number_name::of_objective;
use crate::viz::selection::Selection;

/// The room for the levels under a small plot, with the gap that keeps them off the next one, and for a heading.
const LEVELS: f32 = 15.0 + GAP;
const GAP: f32 = 5.0;
const HEADING: f32 = 21.0;

/// Draws the view.
pub(super) fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let metrics = context.query(&MetricsQuery);
        let beside = context.beside.and_then(|beside| Some((beside.query(&MetricsQuery)?, beside.snapshot)));
        let errors = Errors {
            own: metrics.as_deref(),
            other: beside.as_ref().map(|(other, _)| &**other),
            same_data: beside.as_ref().is_some_and(|(_, other)| same_observations(context.snapshot, other)),
        };
        let count = context.snapshot.measured_observations();
        let convergence = context.snapshot.convergence();
        let fisher = if context.in_fisher_metric() { "; Fisher metric" } else { "" };
        let is_model = context.snapshot.config.origin.model().is_some();
        let head = if is_model { OWN_SAMPLES.to_owned() } else { {
            let [minibatch, ..] = of_objective(context.snapshot.settings.objective.regularizer);
            format!("{} {}{fisher}", minibatch.name, convergence.word())
        } };
        let help = format!(
            "The run is {}: before it has settled, its numbers are read early. Geometry and MCC: means over the first held-out observations, active latents only, the same as in history.csv; ±: \
             sampling standard error. ELBO: over minibatches of the training data. Behind each ? stands over what its number is a mean",
            convergence.sentence()
        );
        // In the window the bar at the top says whether a run has settled.
        if context.is_figure() || is_model || !fisher.is_empty() {
            ui.weak(head).on_hover_text(&help);
        }
        let room = ui.available_size();
        let columns = if room.x > 1.5 * room.y && room.x > 2.0 * COLUMN { 2 } else { 1 };
        let mut shown: Vec<&Metric> = METRICS.iter().filter(|metric| metric.is_shown(context.snapshot)).collect();
        // Beside the name and the value.
        let width = (room.x / columns as f32 - NAME - VALUE - 22.0).clamp(40.0, 420.0);
        let end = ui.clip_rect().bottom();
        // In a figure and in presenter mode nothing is cut: nothing is scrolled there.
        let is_still = context.is_figure() || context.presented;
        // Under the small plot stand its levels, under the value the difference from the other run.
        let below = |metric: &Metric| {
            let now = (metric.now)(context.snapshot);
            let has_levels = now.is_ok() && !(metric.levels)(context.snapshot, errors.own).is_empty();
            let has_difference = now.is_ok() && errors.difference(metric).is_some();
            // A history that has ended has its reason beneath it.
            let has_reason = now.is_err() && has_history(context.snapshot, metric);
            if has_levels || has_difference || has_reason { LEVELS } else { 0.0 }
        };
        // With that of the holonomy, which ends the last column.
        let rows = |shown: &[&Metric]| (shown.len() + 1).div_ceil(columns);
        let room_for_plots = |shown: &[&Metric]| {
            let groups = |metrics: &[&Metric]| metrics.chunk_by(|a, b| a.group == b.group).count() as f32;
            let rest = |metrics: &[&Metric]| {
                metrics.iter().map(|metric| below(metric) + BETWEEN).sum::<f32>() + HEADING * groups(metrics)
            };
            let rest = shown.chunks(rows(shown)).map(rest).fold(0.0, f32::max);
            (room.y - rest - HEADING) / rows(shown) as f32
        };
        // Without room for all, scores go before what the argument rests on.
        if is_still && room_for_plots(&shown) < LEAST_PLOT && shown.iter().any(|metric| metric.is_score()) {
            shown.retain(|metric| !metric.is_score());
            remark(ui, Remark::LeftOut("the scores"));
        }
        let rows = rows(&shown);
        let height = room_for_plots(&shown).clamp(LEAST_PLOT, 64.0);
        let has_room = |ui: &Ui, needed: f32| {
            let fits = ui.cursor().top() + needed + height.max(LEVELS) <= end;
            if is_still && !fits {
                remark(ui, Remark::LeftOut("the last rows"));
            }
            fits || !is_still
        };
        ui.columns(columns, |places| {
            for (k, (ui, metrics)) in places.iter_mut().zip(shown.chunks(rows)).enumerate() {
                // A heading for each group says over what its numbers are.
                for (part, group) in metrics.chunk_by(|a, b| a.group == b.group).enumerate() {
                    if !has_room(ui, HEADING + below(group[0])) {
                        break;
                    }
                    heading(ui, group[0].group, count, is_model).on_hover_text(&help);
                    Grid::new(("metrics", k, part)).num_columns(3).min_col_width(NAMES).spacing([6.0, 3.0]).show(ui, |ui| {
                        for metric in group {
                            if !has_room(ui, below(metric)) {
                                break;
                            }
                            row(ui, context, metric, errors, vec2(width, height));
                            ui.end_row();
                        }
                    });
                }
                if k + 1 == columns && has_room(ui, HEADING) {
                    heading(ui, HOLONOMY.group, count, is_model);
                    Grid::new(("loop", k)).num_columns(3).min_col_width(NAMES).spacing([6.0, 3.0]).show(ui, |ui| {
                        holonomy(ui, context, selection);
                        ui.end_row();
                    });
                }
            }
        });
        keep_focus_in_sight(ui);
    });
}

/// The least height of a small plot, and the gap beneath it.
const LEAST_PLOT: f32 = 17.0;
const BETWEEN: f32 = 4.0;

/// The least width of a column.
const NAMES: f32 = 54.0;
const VALUE: f32 = 98.0;

/// The least width of a name with its value and its small plot.
const COLUMN: f32 = 300.0;

fn heading(ui: &mut Ui, group: Group, count: usize, is_model: bool) -> Response {
    ui.label(RichText::new(group.heading(count, is_model)).small().weak())
}

/// The loop integrals around the rectangle of the joint-density view.
fn holonomy(ui: &mut Ui, context: &ViewContext<'_>, selection: &Selection) {
    let around = match selection.shown() {
        &[a, b] => context.snapshot.geometry.independent_in([a, b]).and_then(|()| {
            let (z, corners) = (context.probe.z().to_vec(), selection.corners);
            context.query(&LoopQuery { z, plane: [a, b], corners }).ok_or(Undefined::NotYet)
        }),
        _ if context.snapshot.geometry.active.is_empty() => Err(Undefined::NoActiveLatent),
        _ => Err(Undefined::OneActiveLatent),
    };
    let share = around.map(|around| {
        let share = |k: usize| 100.0 * (around.integrals[k] / around.lengths[k]).abs();
        share(0).max(share(1))
    });
    about(ui, context, &HOLONOMY, share, None);
    value(ui, &HOLONOMY, share, None);
    if let Err(reason) = share {
        return why(ui, reason, vec2(ui.available_width(), LEVELS));
    }
    ui.label(RichText::new("% of a side").small().weak()).on_hover_text(
        "The larger of both loop integrals, as a share of the length of its side. The rectangle is that of the view Joint density",
    );
}

/// What is known about the sampling errors of the metrics.
#[derive(Clone, Copy)]
struct Errors<'a> {
    own: Option<&'a Metrics>,
    /// Metrics of the run beside this one.
    other: Option<&'a Metrics>,
    /// True if both are of the same observations.
    same_data: bool,
}

impl Errors<'_> {
    /// Mean over the held-out observations with its error.
    fn of(&self, metric: &Metric) -> Option<Estimate> {
        self.own?.estimates(metric.key)?.first().copied()
    }

    /// Sentence about the difference from the other run, and how it was found.
    fn difference(&self, metric: &Metric) -> Option<(String, &'static str)> {
        let (own, other) = (self.own?, self.other?);
        // The number of minibatches is no mean over the held-out observations whose difference is known.
        if metric.key.is_empty() || metric.group == Group::Minibatches {
            return None;
        }
        if !self.same_data {
            return Some(("Δ –".to_owned(), "The runs have different held-out observations: no pairs"));
        }
        let difference = own.difference(other, metric.key)?;
        let half = difference.interval(0.95)[1] - difference.mean;
        let [mean, half] = [difference.mean, half].map(|x| number(x, metric.decimals.min(3)));
        let help = "This run minus the other one, held-out: mean of the paired differences at the same observations ± half its 95 % \
                    interval (Student's t). It covers the sampling of the observations, not the luck of seeds";
        Some((format!("Δ {mean} ± {half}"), help))
    }
}

/// True if both runs are measured at the same held-out observations.
fn same_observations(a: &Snapshot, b: &Snapshot) -> bool {
    let measured = |s: &Snapshot| s.data.test.observations.select_columns(0..s.measured_observations());
    let same_count = a.measured_observations() == b.measured_observations();
    same_count && (Arc::ptr_eq(&a.data, &b.data) || measured(a) == measured(b))
}

fn value(ui: &mut Ui, metric: &Metric, now: Measured, error: Option<Estimate>) {
    ui.horizontal(|ui| {
        ui.set_min_width(VALUE);
        ui.spacing_mut().item_spacing.x = 3.0;
        let decimals = now.map_or(0, |x| digits(x, metric.decimals));
        match now {
            Ok(x) => {
                let text = RichText::new(number(x, decimals)).monospace();
                let unit = if metric.unit.is_empty() { String::new() } else { format!(" {}", metric.unit) };
                let help = format!("{} = {}{unit}. Over: {}", metric.name, significant(x), metric.over);
                ui.add(Label::new(text).extend()).on_hover_text(help)
            }
            Err(reason) => ui.weak("–").on_hover_text(format!("Undefined now: {reason}")),
        };
        if let Some(error) = error.filter(|error| error.standard_error.is_finite()) {
            let text = format!("±{}", number(error.standard_error, decimals));
            let help = format!("Sampling standard error over {} held-out observations", error.count);
            ui.add(Label::new(RichText::new(text).small().weak()).extend()).on_hover_text(help);
        }
    });
}

fn row(ui: &mut Ui, context: &ViewContext<'_>, metric: &Metric, errors: Errors<'_>, size: Vec2) {
    let snapshot = context.snapshot;
    let now = (metric.now)(snapshot);
    // Name, value and plot begin at the same height.
    ui.vertical(|ui| about(ui, context, metric, now, errors.own));
    // The ELBO is shown of training data; what is known about its error is of held-out data.
    let is_held_out = metric.scale != PlotRange::Tail;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        value(ui, metric, now, errors.of(metric).filter(|_| is_held_out && now.is_ok()));
        if let Some((text, help)) = errors.difference(metric).filter(|_| now.is_ok()) {
            ui.add(Label::new(RichText::new(text).small()).extend()).on_hover_text(help);
        }
    });
    // What is undefined has no levels.
    let levels = if now.is_ok() { (metric.levels)(snapshot, errors.own) } else { Vec::new() };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let reason = now.err();
        if let Some(reason) = reason.filter(|_| !has_history(snapshot, metric)) {
            return why(ui, reason, size);
        }
        let shown = captioned(ui, metric, &levels, size.x);
        let plot = history(ui, context, metric, (&levels, shown), size);
        let rect = plot.rect;
        let help = "The run so far; dotted: what to compare it with";
        hover_with_help(context, plot, help, |pointer| {
            let step = f64::from((pointer.x - rect.left()) / rect.width()) * snapshot.step as f64;
            let distance = |row: &Row| (row.step as f64 - step).abs();
            let row = snapshot.history.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
            row.into_iter()
                .map(|row| format!("step {}: {} {}", row.step, metric.name, significant((metric.then)(row))))
                .collect()
        });
        if let Some(reason) = reason {
            why(ui, reason, vec2(size.x, LEVELS - GAP));
            ui.add_space(GAP);
        }
        if !levels.is_empty() {
            captions(ui, metric, &levels[..shown], size.x);
            ui.add_space(GAP);
        }
    });
}

/// True if the history has a value of the metric.
fn has_history(snapshot: &Snapshot, metric: &Metric) -> bool {
    snapshot.history.iter().any(|row| (metric.then)(row).is_finite())
}

/// The reason for a number that is undefined, in place of its history or beneath it.
fn why(ui: &mut Ui, reason: Undefined, size: Vec2) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let (font, color) = (TextStyle::Small.resolve(ui.style()), ViewContext::palette(ui).muted);
    let lines = (size.y / ui.text_style_height(&TextStyle::Small)).floor().max(1.0) as usize;
    let layout = |text: &str| {
        let mut job = LayoutJob::simple(text.to_owned(), font.clone(), color, size.x);
        job.wrap.max_rows = lines;
        ui.painter().layout_job(job)
    };
    let whole = layout(reason.sentence());
    let galley = if whole.elided { layout(reason.in_short()) } else { whole };
    let place = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(place.min, galley, color);
    response.on_hover_text(reason.sentence());
}

/// The name of a level with its number.
fn level_name(metric: &Metric, (name, level): &Level) -> String {
    let decimals = metric.decimals.min(if metric.scale == PlotRange::Tail { 3 } else { 2 });
    format!("{name} {}", number(*level, digits(*level, decimals)))
}

/// The width of a piece of a line, and the space beside it.
const SAMPLE: f32 = 14.0;
const SPACE: f32 = 4.0;

/// How many levels have room for their names with their samples; the last go first, and with them their lines.
fn captioned(ui: &Ui, metric: &Metric, levels: &[Level], room: f32) -> usize {
    let font = TextStyle::Small.resolve(ui.style());
    let width = |level: &Level| {
        ui.painter().layout_no_wrap(level_name(metric, level), font.clone(), Color32::PLACEHOLDER).size().x
    };
    let needed = levels.iter().scan(0.0, |sum, level| {
        *sum += SAMPLE + width(level) + 3.0 * SPACE;
        Some(*sum - SPACE)
    });
    let count = needed.take_while(|needed| *needed <= room).count();
    // One alone is told without a sample, too.
    let is_alone = count == 0 && levels.first().is_some_and(|level| width(level) <= room);
    if is_alone { 1 } else { count }
}

/// The names of the levels, each behind a piece of its line, in one line.
fn captions(ui: &mut Ui, metric: &Metric, levels: &[Level], room: f32) {
    let font = TextStyle::Small.resolve(ui.style());
    ui.horizontal(|ui| {
        ui.set_max_width(room);
        ui.spacing_mut().item_spacing.x = SPACE;
        for (level, dashes) in levels.iter().zip(LEVEL_DASHES) {
            let name = ui.painter().layout_no_wrap(level_name(metric, level), font.clone(), Color32::PLACEHOLDER);
            if SAMPLE + SPACE + name.size().x <= room {
                let (rect, _) = ui.allocate_exact_size(vec2(SAMPLE, 10.0), Sense::hover());
                let stroke = Stroke::new(1.2, ViewContext::palette(ui).muted);
                polyline(ui.painter(), &[rect.left_center(), rect.right_center()], stroke, dashes);
            }
            ui.add(Label::new(RichText::new(level_name(metric, level)).small().weak()).extend());
            ui.add_space(SPACE);
        }
    });
}

/// As many digits for large numbers as for small ones: the plots beside them stand in line.
fn digits(x: f64, decimals: usize) -> usize {
    decimals.saturating_sub(x.abs().max(1.0).log10() as usize)
}

/// The patterns of the lines of levels.
const LEVEL_DASHES: [&[f32]; 2] = [&[1.5, 2.5], &[6.0, 3.0]];

/// The values since the start as a small plot, on the same scale in both runs.
fn history(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    metric: &Metric,
    (levels, drawn): (&[Level], usize),
    size: Vec2,
) -> Response {
    let palette = ViewContext::palette(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let runs = [Some(context), context.beside].into_iter().flatten();
    let values = runs.flat_map(|s| seldom(tail(&s.snapshot.history), size.x).map(|row| (metric.then)(row)));
    let alone = (metric.now)(context.snapshot).ok().filter(|_| !has_history(context.snapshot, metric));
    let values = values.chain(alone).collect();
    let (low, high) = range(values, levels, metric.scale);
    let last = context.snapshot.step.max(1) as f64;
    let x = |step: f64| rect.left() + (step / last) as f32 * rect.width();
    // What is out of range leaves the plot.
    let y = |value: f64| {
        rect.bottom() - 1.0 - ((value - low) / (high - low)).clamp(-2.0, 3.0) as f32 * (rect.height() - 2.0)
    };
    let painter = ui.painter_at(rect);
    let line = |height: f64| vec![pos2(rect.left(), y(height)), pos2(rect.right(), y(height))];
    painter.add(eframe::egui::Shape::line(line(low), Stroke::new(1.0, palette.rule)));
    for ((_, level), dashes) in levels[..drawn].iter().zip(LEVEL_DASHES).filter(|((_, level), _)| level.is_finite()) {
        polyline(&painter, &line(*level), Stroke::new(1.2, palette.muted), dashes);
    }
    // A gap where there is no value.
    let path: Vec<_> = seldom(&context.snapshot.history, size.x).map(|row| (row.step, (metric.then)(row))).collect();
    for run in path.split(|(_, value)| !value.is_finite()) {
        let path: Vec<_> = run.iter().map(|(step, value)| pos2(x(*step as f64), y(*value))).collect();
        polyline(&painter, &path, Stroke::new(1.3, palette.ink), &[]);
    }
    // What rows do not hold has a number at the present step alone.
    if let Some(now) = alone {
        painter.circle_filled(pos2(rect.right() - 2.0, y(now)), 2.0, palette.ink);
    }
    response
}

/// The rows after the first steps, in which everything is large.
fn tail<T>(rows: &[T]) -> &[T] {
    &rows[rows.len() / 10..]
}

fn range(mut values: Vec<f64>, levels: &[Level], scale: PlotRange) -> (f64, f64) {
    if scale == PlotRange::Unit {
        return (0.0, 1.0);
    }
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| values.get((share * values.len().saturating_sub(1) as f64).round() as usize).copied();
    let levels = || levels.iter().map(|(_, level)| *level).filter(|level| level.is_finite());
    let low = if scale == PlotRange::FromZero {
        0.0
    } else {
        at(0.02).into_iter().chain(levels()).reduce(f64::min).unwrap_or(0.0)
    };
    let high = at(0.98).into_iter().chain(levels()).reduce(f64::max).unwrap_or(1.0);
    // However flat it is, a range has a height.
    (low, high.max(low + 1e-4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_plots_show_the_values_and_their_levels() {
        assert_eq!(range(vec![0.2, f64::NAN, 0.4], &[("chance", 0.55)], PlotRange::FromZero), (0.0, 0.55));
        let many: Vec<f64> = (0..500).map(|k| -3.0 + 0.001 * f64::from(k)).collect();
        let (low, high) = range(many, &[("held-out", -2.4), ("optimum", -4.0)], PlotRange::Tail);
        assert_eq!((low, high), (-4.0, -2.4), "a level is never out of range");
        assert_eq!(range(vec![], &[], PlotRange::Unit), (0.0, 1.0));
        let (low, high) = range(vec![-3.2, -3.1, -3.0], &[], PlotRange::Tail);
        assert!(low <= -3.1 && high >= -3.0 && low < high);
        let (low, high) = range(vec![], &[], PlotRange::FromZero);
        assert!(low < high);
    }
}
