//! One plot of curves over the steps.

use eframe::egui::{Align2, Color32, FontId, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, PlotBounds};

use super::legend::legend;
use super::marks::{CYCLE, change_near, cycle_near, cycles};
use super::series::{HistoryCurve, Series, parts, smooth};
use super::step_axis::{LEAST_SHARE, StepAxis, range_within, step_at, steps};
use crate::experiment::{Row, Snapshot};
use crate::geometry::Undefined;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, bounds_between, grid, still_plot};
use crate::viz::draw::hover::{hover, significant};
use crate::viz::draw::labels::Labels;
use crate::viz::draw::number::tick;
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::zoom::wheel;
use crate::viz::number_name::MEAN_CONTRAST;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::selection::Selection;
use crate::viz::theme::{DASH_PATTERNS, SMALLEST_TEXT};

/// The curves of one plot, of one run or two, and what of them is seen.
pub(super) struct Curves {
    series: Vec<Series>,
    of_runs: Vec<Vec<HistoryCurve>>,
    /// The steps of the longest run, and those in sight.
    all: [f64; 2],
    range: [f64; 2],
    bounds: PlotBounds,
}

/// Numbers and names at the axes of a plot.
#[derive(Clone, Copy)]
pub(super) struct PlotAxes {
    pub(super) has_steps: bool,
    pub(super) has_names: bool,
    /// The room of the numbers upwards.
    pub(super) ticks: f32,
}

/// The margins at both sides of a number upwards.
const TICK_MARGINS: f32 = 8.0;

/// About how many grid lines lie across a plot, and the room that each needs with its number.
const LINES: f64 = 2.5;
const LINE_ROOM: f32 = 22.0;

impl Curves {
    pub(super) fn of(series: Vec<Series>, context: &ViewContext<'_>, selection: &Selection, width: f32) -> Self {
        let runs = runs(context);
        let of_run = |run: &&Snapshot| series.iter().map(|s| s.curve(run, width)).collect();
        let of_runs: Vec<Vec<HistoryCurve>> = runs.iter().map(of_run).collect();
        let last = runs.iter().map(|run| run.step).max().unwrap_or(0);
        let all = [0.0, last.max(10) as f64];
        let range = range_within(selection.step_range, all);
        let bounds = bounds(of_runs.iter().flatten(), range, StepAxis { is_root: selection.root_steps });
        Self { series, of_runs, all, range, bounds }
    }

    /// The width of the longest number upwards.
    pub(super) fn tick_width(&self, ui: &Ui) -> f32 {
        let [low, high] = [self.bounds.min()[1], self.bounds.max()[1]];
        let font = FontId::proportional(SMALLEST_TEXT);
        let width = |mark: GridMark| ui.painter().layout_no_wrap(level(mark), font.clone(), Color32::BLACK).size().x;
        grid(LINES)(GridInput { bounds: (low, high), base_step_size: 1.0 }).into_iter().map(width).fold(0.0, f32::max)
    }
}

/// The newest state of the run, and of the one beside it.
fn runs<'a>(context: &'a ViewContext<'_>) -> Vec<&'a Snapshot> {
    [Some(context), context.beside].into_iter().flatten().map(|context| context.newest).collect()
}

/// One plot under a line that names its curves and their last values, with the first note that has room. Of two runs the first is drawn solid, the second dashed.
pub(super) fn plot(
    ui: &mut Ui,
    context: &ViewContext<'_>,
    selection: &mut Selection,
    Curves { series, of_runs, all, range, bounds }: &Curves,
    notes: &[String],
    PlotAxes { has_steps, has_names, ticks }: PlotAxes,
) {
    let palette = ViewContext::palette(ui);
    let runs = runs(context);
    let compared = runs.len() > 1;
    let (all, range, bounds) = (*all, *range, *bounds);
    let last = runs.iter().map(|run| run.step).max().unwrap_or(0);
    let axis_of_steps = StepAxis { is_root: selection.root_steps };
    let shown: Vec<u64> =
        [Some(context), context.beside].into_iter().flatten().map(|context| context.snapshot.step).collect();
    // The names may reach beyond the plot.
    let width = ui.available_width();
    legend(ui, series, notes, &runs, &shown);
    let has_values = of_runs.iter().flatten().flat_map(|curve| parts(curve)).next().is_some();
    let name = if has_names { 1.3 * ui.text_style_height(&TextStyle::Body) } else { 0.0 };
    let across = width - (name + ticks + TICK_MARGINS);
    // As many lines upwards as have room for their numbers.
    let upwards = f64::from((ui.available_height() - name) / LINE_ROOM).clamp(1.0, LINES);
    let response = still_plot(ui, "training", context)
        .width(width)
        .show_axes([has_steps && context.axes, context.axes])
        .min_size(vec2(20.0, 12.0))
        .x_grid_spacer(move |input| axis_of_steps.grid(input, across))
        .y_grid_spacer(grid(upwards))
        .custom_x_axes(vec![
            axis(AxisHints::new_x(), if has_names { "step" } else { "" })
                .formatter(move |mark, _| steps(axis_of_steps.step(mark.value))),
        ])
        .custom_y_axes(vec![
            axis(AxisHints::new_y(), if has_names { "nats" } else { "" })
                .formatter(move |mark, _| if has_values { level(mark) } else { String::new() })
                .min_thickness(name + ticks + TICK_MARGINS),
        ])
        .show(ui, |plot| plot.set_plot_bounds(bounds));
    let marks = PlotPainter::new(ui, context, response.transform);
    if !has_values {
        let reason = undefined(context, series);
        say(&marks, &reason.map_or_else(|| "no point yet".to_owned(), |reason| format!("–: {reason}")), palette.muted);
    }
    for change in runs.iter().flat_map(|run| &run.log) {
        let x = axis_of_steps.place(change.step as f64);
        let ends = [[x, bounds.min()[1]], [x, bounds.max()[1]]];
        marks.curve(ends.into_iter(), Stroke::new(1.0, palette.muted), &[2.0, 3.0]);
    }
    for (_, step) in runs.iter().flat_map(|run| cycles(run)) {
        let foot = marks.at([axis_of_steps.place(step as f64), bounds.min()[1]]);
        marks.painter.vline(foot.x, foot.y - CYCLE..=foot.y, Stroke::new(1.4, palette.muted));
    }
    let mut labels = Labels::default();
    // More curves of one colour than dash patterns are told apart by their names.
    let is_named = compared || series.len() > DASH_PATTERNS;
    let mut ends = Vec::new();
    for (run, curves) in of_runs.iter().enumerate() {
        for (series, curve) in series.iter().zip(curves) {
            // Raw values faint, their running mean on top.
            let pattern = if compared { RUN_DASHES[run] } else { series.dashes };
            let mut end = None;
            for part in parts(curve) {
                let faint = Stroke::new(1.0, series.color.gamma_multiply(0.3));
                marks.history(axis_of_steps.curve(part).into_iter(), faint, &[]);
                let smooth = axis_of_steps.curve(&smooth(part, curve.len()));
                if let [only] = *smooth {
                    marks.cloud(std::iter::once(only), 3.0, series.color);
                }
                end = smooth.last().copied();
                marks.curve(smooth.into_iter(), Stroke::new(1.7, series.color), pattern);
            }
            if let (true, Some(end)) = (is_named && series.same_color, end) {
                ends.push((marks.at(end) + vec2(-14.0, -8.0), series));
            }
        }
    }
    // A name that has no place beside its curve would seem that of another.
    for (place, series) in ends {
        labels.put_if_free(&marks.painter, place, &series.name, series.color, palette.paper);
    }
    let vertical = |x: f64, stroke: Stroke| {
        marks.curve([[x, bounds.min()[1]], [x, bounds.max()[1]]].into_iter(), stroke, &[]);
    };
    for (run, step) in runs.iter().zip(&shown) {
        if *step < run.step {
            vertical(axis_of_steps.place(*step as f64), Stroke::new(1.5, palette.ink));
        }
    }
    let time = ui.interact(*response.transform.frame(), ui.scope_id().with("time"), Sense::CLICK | Sense::DRAG);
    let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
    time.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, format!("Time of {}", names.join(", "))));
    if (time.dragged() || time.clicked())
        && let Some(pointer) = time.interact_pointer_pos()
    {
        selection.shown_step = step_at(axis_of_steps.step(response.transform.value_from_position(pointer).x), last);
    }
    if time.double_clicked() {
        (selection.step_range, selection.shown_step) = (None, None);
    }
    if let Some(zoom) = wheel(ui, &time, &marks) {
        let [range, all] = [range, all].map(|ends| ends.map(|step| axis_of_steps.place(step)));
        let range = zoom.range(0, range, LEAST_SHARE * all[1], all);
        selection.step_range = range.map(|ends| ends.map(|place| axis_of_steps.step(place)));
    }
    hover(context, time, |pointer| {
        let change = runs.iter().find_map(|run| change_near(run, &marks, axis_of_steps, pointer.x));
        let cycle = runs.iter().find_map(|run| cycle_near(run, &marks, axis_of_steps, pointer.x));
        let step = axis_of_steps.step(marks.point(pointer)[0]);
        let values = |(run, snapshot): (usize, &&Snapshot)| {
            let row = row_at(snapshot, step)?;
            let letter = if compared { format!("{} ", RUN_NAMES[run]) } else { String::new() };
            let value = |series: &Series| format!("{} {}", series.name, significant((series.value)(row)));
            let mut values: Vec<String> = series.iter().map(value).collect();
            values.extend(row.settings.learned().map(|sigma2| format!("σ² {}", significant(sigma2))));
            Some(format!("{letter}step {}: {}", row.step, values.join(", ")))
        };
        runs.iter().enumerate().filter_map(values).chain(change).chain(cycle).collect()
    });
}

/// Why the curves of a plot mean nothing.
fn undefined(context: &ViewContext<'_>, series: &[Series]) -> Option<Undefined> {
    let snapshot = context.snapshot;
    if snapshot.history.is_empty() {
        return None;
    }
    let is_geometry = series.iter().any(|series| series.name == MEAN_CONTRAST.name);
    if is_geometry { snapshot.geometry.ima_contrast.err() } else { Some(Undefined::PointMass) }
}

/// Writes in the middle of a plot without curves.
fn say(marks: &PlotPainter, text: &str, color: Color32) {
    let frame = marks.painter.clip_rect().shrink(4.0);
    let galley = marks.painter.layout(text.to_owned(), FontId::proportional(SMALLEST_TEXT), color, frame.width());
    marks.painter.galley(Align2::CENTER_CENTER.align_size_within_rect(galley.size(), frame).min, galley, color);
}

/// A value on an axis upwards, in thousands where it is large: all plots have the same left edge.
fn level(mark: GridMark) -> String {
    if mark.value.abs() >= 1e4 { steps(mark.value) } else { tick(mark.value, mark.step_size) }
}

/// The dash patterns of the curves of two runs.
pub(super) const RUN_DASHES: [&[f32]; 2] = [&[], &[5.0, 3.0]];

/// The row of the history next to a step.
fn row_at(run: &Snapshot, step: f64) -> Option<&Row> {
    let distance = |row: &Row| (row.step as f64 - step).abs();
    run.history.iter().map(|row| &**row).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// The range of the values at these steps. Of all steps only the later ones count: what happens in the first would press all the rest
/// into a line.
fn bounds<'a>(
    curves: impl Iterator<Item = &'a HistoryCurve>,
    [first, last]: [f64; 2],
    axis_of_steps: StepAxis,
) -> PlotBounds {
    let seen = |curve: &'a HistoryCurve| {
        let later = if first > 0.0 { 0 } else { curve.len() / 20 };
        curve[later..].iter().filter(move |[step, y]| (first..=last).contains(step) && y.is_finite())
    };
    let mut values: Vec<f64> = curves.flat_map(seen).map(|[_, y]| *y).collect();
    // What cannot be negative starts at 0.
    let positive = values.iter().all(|value| *value >= 0.0);
    let most = values.len().saturating_sub(1) as f64;
    let mut at = |share: f64| {
        let place = (share * most) as usize;
        (place < values.len()).then(|| *values.select_nth_unstable_by(place, f64::total_cmp).1)
    };
    let low = if positive { 0.0 } else { at(0.01).unwrap_or(0.0) };
    let high = at(0.99).unwrap_or(1.0);
    let margin = 0.1 * (high - low).max(0.01);
    let below = if positive { 0.4 * margin } else { margin };
    let [from, to] = [first, last].map(|step| axis_of_steps.place(step));
    bounds_between([from, low - below], [to, high + 2.0 * margin])
}
