//! Training curves: the objective and its parts, the geometry, KL per latent.

use eframe::egui::{Color32, Rect, Role, Sense, Slider, Stroke, TextStyle, Ui, UiBuilder, WidgetInfo, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, PlotBounds};

use crate::experiment::{Row, Snapshot};
use crate::vae::Decomposition;
use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::draw::axes::{axis, grid, still_plot};
use crate::viz::draw::hover::{hover, significant};
use crate::viz::draw::labels::Labels;
use crate::viz::draw::number::{number, tick};
use crate::viz::draw::plot_painter::PlotPainter;
use crate::viz::draw::polyline::{polyline, seldom};
use crate::viz::draw::zoom::wheel;
use crate::viz::history_table::history_table;
use crate::viz::number_name::{HELD_OUT_ELBO, MEAN_CONTRAST, MEAN_GAP, MINIBATCH_ELBO};
use crate::viz::run_names::{RUN_NAMES, run_names};
use crate::viz::selection::Selection;
use crate::viz::theme::{dashes, indexed};
use crate::viz::view::View;
use crate::viz::view_spec::{Dependency, Needs, Region, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "training", title: "Training", short_title: "Training" },
    old_names: &[],
    is_shared: true,
    needs: Needs::Training,
    region: Region::Experiment,
    figure_size: (960.0, 300.0),
    depends_on: &[Dependency::Step],
    ui: show,
    tools,
    figure_legend: key,
    is_full_bleed: ViewSpec::with_margin,
    table: history_table,
};

/// One curve.
struct Series {
    name: String,
    color: Color32,
    dashes: &'static [f32],
    value: Box<dyn Fn(&Row) -> f64>,
    /// True if only the pattern tells it from its neighbours.
    same_color: bool,
}

/// Steps and values.
type HistoryCurve = Vec<[f64; 2]>;

impl Series {
    fn curve(&self, run: &Snapshot, width: f32) -> HistoryCurve {
        seldom(&run.history, width).map(|row| [row.step as f64, (self.value)(row)]).collect()
    }
}

/// Draws the view: three plots over the same steps.
fn show(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    let palette = ViewContext::palette(ui);
    let series = |name: &str, color, pattern: usize, value: Box<dyn Fn(&Row) -> f64>| Series {
        name: name.to_owned(),
        color,
        dashes: if pattern == 0 { &[] } else { dashes(pattern) },
        value,
        same_color: false,
    };
    let mut objective = vec![
        series(MINIBATCH_ELBO.name, palette.ink, 0, Box::new(|r: &Row| r.elbo)),
        series("reconstruction", palette.image, 1, Box::new(|r: &Row| r.reconstruction)),
        series("−β KL", palette.latent, 2, Box::new(|r: &Row| -r.settings.objective.beta * r.kl())),
    ];
    // With two runs the pattern tells the runs apart.
    if context.beside.is_none() {
        objective.insert(1, series(HELD_OUT_ELBO.name, palette.ink, 3, Box::new(|r: &Row| r.elbo_test)));
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
    let kl = if selection.kl_parts {
        (0..PARTS.len()).map(part).collect()
    } else {
        largest_kl(context).into_iter().map(kl).collect()
    };
    let plots = [objective, geometry, kl];
    let area = ui.available_rect_before_wrap();
    // Side by side where there is room, otherwise one above the other, so that equal steps stand in line.
    let beside = area.width() > 2.5 * area.height();
    // The first has the longest names above it, in two lines where it is narrow.
    let shares = if beside { [0.45, 0.28, 0.27] } else { [0.4, 0.3, 0.3] };
    let mut start = area.min;
    for (k, (series, share)) in plots.into_iter().zip(shares).enumerate() {
        let size =
            if beside { vec2(share * area.width(), area.height()) } else { vec2(area.width(), share * area.height()) };
        // The number of the last step stands half beyond the end of its axis.
        let rect = Rect::from_min_size(start, size - vec2(MARGIN, 0.0));
        start += if beside { vec2(size.x, 0.0) } else { vec2(0.0, size.y) };
        let last = beside || k == 2;
        ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(k), |ui| {
            plot(ui, context, selection, &series, last);
        });
    }
    ui.allocate_rect(area, Sense::hover());
}

/// One plot under a line that names its curves and their last values; `steps_shown`: with the axis of steps. Of two runs
/// the first is drawn solid, the second dashed.
fn plot(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection, series: &[Series], steps_shown: bool) {
    let palette = ViewContext::palette(ui);
    let contexts = || [Some(context), context.beside].into_iter().flatten();
    let runs: Vec<&Snapshot> = contexts().map(|context| context.newest).collect();
    let compared = runs.len() > 1;
    let width = ui.available_width();
    let curves: Vec<Vec<HistoryCurve>> =
        runs.iter().map(|run| series.iter().map(|s| s.curve(run, width)).collect()).collect();
    let shown: Vec<u64> = contexts().map(|context| context.snapshot.step).collect();
    legend(ui, series, &runs, &shown);
    let last = runs.iter().map(|run| run.step).max().unwrap_or(0);
    let axis_of_steps = StepAxis { is_root: selection.root_steps };
    let all = [0.0, last.max(10) as f64];
    let range = range_within(selection.step_range, all);
    let bounds = bounds(curves.iter().flatten(), range, axis_of_steps);
    let response = still_plot(ui, "training", context)
        .show_axes([steps_shown && context.axes, context.axes])
        .min_size(vec2(20.0, 12.0))
        .x_grid_spacer(move |input| axis_of_steps.grid(input))
        .y_grid_spacer(grid(2.5))
        .custom_x_axes(vec![
            axis(AxisHints::new_x(), "").formatter(move |mark, _| steps(axis_of_steps.step(mark.value))),
        ])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "").formatter(|mark, _| level(mark)).min_thickness(40.0)])
        .show(ui, |plot| plot.set_plot_bounds(bounds));
    let marks = PlotPainter::new(ui, context, response.transform);
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
    for (run, curves) in curves.iter().enumerate() {
        for (series, curve) in series.iter().zip(curves) {
            // Raw values faint, their running mean on top.
            marks.history(
                axis_of_steps.curve(curve).into_iter(),
                Stroke::new(1.0, series.color.gamma_multiply(0.3)),
                &[],
            );
            let pattern = if compared { RUN_DASHES[run] } else { series.dashes };
            let smooth = axis_of_steps.curve(&smooth(curve));
            if let (true, Some(end)) = (compared && series.same_color, smooth.last()) {
                let beside = marks.at(*end) + vec2(-14.0, -8.0);
                labels.put(&marks.painter, beside, &series.name, series.color, palette.paper);
            }
            marks.curve(smooth.into_iter(), Stroke::new(1.7, series.color), pattern);
        }
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
            let values: Vec<String> = series.iter().map(value).collect();
            Some(format!("{letter}step {}: {}", row.step, values.join(", ")))
        };
        runs.iter().enumerate().filter_map(values).chain(change).chain(cycle).collect()
    });
}

/// A value on an axis upwards, in thousands where it is large: all plots have the same left edge.
fn level(mark: GridMark) -> String {
    if mark.value.abs() >= 1e4 { steps(mark.value) } else { tick(mark.value, mark.step_size) }
}

/// The axis of steps: as they are, or their square root, which leaves room to what happens first.
#[derive(Clone, Copy)]
struct StepAxis {
    is_root: bool,
}

impl StepAxis {
    fn place(self, step: f64) -> f64 {
        if self.is_root { step.max(0.0).sqrt() } else { step }
    }

    fn step(self, place: f64) -> f64 {
        if self.is_root { place.max(0.0).powi(2) } else { place }
    }

    fn curve(self, curve: &[[f64; 2]]) -> HistoryCurve {
        curve.iter().map(|[step, y]| [self.place(*step), *y]).collect()
    }

    /// Lines at round steps.
    fn grid(self, input: GridInput) -> Vec<GridMark> {
        if !self.is_root {
            return grid(6.0)(input);
        }
        let [first, last] = [self.step(input.bounds.0), self.step(input.bounds.1)];
        let power = 10_f64.powf(last.max(1.0).log10().floor());
        let round = [0.1, 0.5, 1.0, 2.0, 5.0].map(|k| k * power);
        let lines = std::iter::once(0.0).chain(round).filter(|step| (first..=last).contains(step));
        lines.map(|step| GridMark { value: self.place(step), step_size: input.bounds.1 / 6.0 }).collect()
    }
}

/// The least share of all steps that the plots show.
const LEAST_SHARE: f64 = 0.01;

/// The range of steps that is asked for, within all of them.
fn range_within(asked: Option<[f64; 2]>, all: [f64; 2]) -> [f64; 2] {
    let Some([low, high]) = asked else { return all };
    let fits = low.is_finite() && high.is_finite() && low < high && low < all[1];
    if fits { [low.max(all[0]), high.min(all[1])] } else { all }
}

/// The step at a place on the axis; `None` at its end, which is the newest step.
fn step_at(x: f64, last: u64) -> Option<u64> {
    let step = x.max(0.0).round() as u64;
    (x < 0.99 * last as f64 && step < last).then_some(step)
}

/// The room that the switch of the parts of the KL needs, in points.
const PARTS_ROOM: f32 = 52.0;

/// The header tools: which run is which, the shown step, the branches.
fn tools(ui: &mut Ui, context: &ViewContext<'_>, selection: &mut Selection) {
    key(ui, context);
    let last =
        [Some(context), context.beside].into_iter().flatten().map(|context| context.newest.step).max().unwrap_or(0);
    let mut step = selection.shown_step.unwrap_or(last).min(last);
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = 60.0;
        let slider = Slider::new(&mut step, 0..=last.max(1)).text("step");
        let help = "The shown step; training goes on. Drag in the plots, too";
        if ui.add_enabled(last > 0, slider).on_hover_text(help).changed() {
            selection.shown_step = (step < last).then_some(step);
        }
    });
    let help = "An axis of √steps leaves room to what happens first";
    ui.toggle_value(&mut selection.root_steps, "√").on_hover_text(help);
    let help = "The parts of the KL (index-code information, total correlation, dimension-wise KL), and not the KL of each latent";
    if ui.available_width() > PARTS_ROOM {
        ui.toggle_value(&mut selection.kl_parts, "parts").on_hover_text(help);
    }
    branches(ui, context);
}

/// The menu of branches.
fn branches(ui: &mut Ui, context: &ViewContext<'_>) {
    let contexts: Vec<&ViewContext<'_>> = [Some(context), context.beside].into_iter().flatten().collect();
    if contexts.iter().all(|context| context.branches.is_empty()) {
        return;
    }
    ui.menu_button("branches ▾", |ui| {
        for (run, context) in contexts.iter().enumerate() {
            for branch in context.branches {
                let name = if contexts.len() > 1 { format!("{} ", RUN_NAMES[run]) } else { String::new() };
                let name = format!("{name}branch {}", branch.number + 1);
                ui.horizontal(|ui| {
                    let help = format!("Branched at step {}; {} steps made", branch.from, branch.steps);
                    if ui.button(format!("Switch to {name}")).on_hover_text(help).clicked() {
                        context.send(UiCommand::SwitchBranch(run, branch.number));
                        ui.close();
                    }
                    if ui.button(format!("Close {name}")).clicked() {
                        context.send(UiCommand::CloseBranch(run, branch.number));
                        ui.close();
                    }
                });
            }
        }
    });
}

/// The dash patterns of the curves of two runs.
const RUN_DASHES: [&[f32]; 2] = [&[], &[5.0, 3.0]];

/// The line pattern of each run, if there are two.
fn key(ui: &mut Ui, context: &ViewContext<'_>) {
    if context.beside.is_none() {
        return;
    }
    let ink = ViewContext::palette(ui).ink;
    let snapshots: Vec<&Snapshot> = [Some(context), context.beside].into_iter().flatten().map(|c| c.snapshot).collect();
    let mut runs: Vec<_> = run_names(&snapshots).into_iter().zip(RUN_DASHES).collect();
    // In a bar of tabs what comes first stands on the right.
    let reversed = ui.layout().prefer_right_to_left();
    if reversed {
        runs.reverse();
    }
    for (name, dashes) in runs {
        if reversed {
            ui.strong(&name);
        }
        sample(ui, ink, dashes);
        if !reversed {
            ui.strong(name);
        }
    }
}

/// Room at the right of each plot, in points.
const MARGIN: f32 = 16.0;

/// The length of a piece of a curve, in points.
const SAMPLE: f32 = 26.0;

/// A piece of a curve.
fn sample(ui: &mut Ui, color: Color32, dashes: &[f32]) {
    let (rect, _) = ui.allocate_exact_size(vec2(SAMPLE, 12.0), Sense::hover());
    let ends = vec![rect.left_center() + vec2(6.0, 0.0), rect.right_center()];
    polyline(ui.painter(), &ends, Stroke::new(1.8, color), dashes);
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

/// Help for the held-out ELBO.
const HELD_OUT: &str = "ELBO of the first 256 held-out observations (128 for large models), the same noise at every point, in nats. What the training ELBO \
                        is above it is the generalisation gap";

/// The name of each curve and its value at the step that is shown of each run.
fn legend(ui: &mut Ui, series: &[Series], runs: &[&Snapshot], shown: &[u64]) {
    let compared = runs.len() > 1;
    // The names of the objective are the longest.
    let narrow = ui.available_width() < NARROW;
    let decimals = if compared || narrow { 2 } else { 3 };
    let gap = if narrow { 3.0 } else { 5.0 };
    let text = |series: &Series| {
        let value = |(run, step): (&&Snapshot, &u64)| {
            let until = run.history.partition_point(|row| row.step <= *step);
            let last = run.history[..until].last().map(|row| (series.value)(row)).filter(|y| y.is_finite());
            last.map_or_else(String::new, |y| number(y, decimals))
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
    for line in lines {
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
        });
    }
}

/// The row of the history next to a step.
fn row_at(run: &Snapshot, step: f64) -> Option<&Row> {
    let distance = |row: &Row| (row.step as f64 - step).abs();
    run.history.iter().map(|row| &**row).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// What the number of a curve is, and over what.
fn help(series: &Series) -> String {
    let means = [MEAN_CONTRAST, MEAN_GAP].into_iter().find(|number| number.name == series.name);
    match (&*series.name, means) {
        ("information", _) => format!("I(x; z) of the codes. {OF_PARTS}"),
        ("total correlation", _) => format!("KL(q(z) ‖ Π q(zᵢ)). {OF_PARTS}"),
        ("dimension-wise", _) => format!("Σ KL(q(zᵢ) ‖ p(zᵢ)). {OF_PARTS}"),
        _ if series.same_color => KL_PER_LATENT.to_owned(),
        (_, Some(number)) => format!("In nats. {}", number.over),
        (name, _) if name == HELD_OUT_ELBO.name => HELD_OUT.to_owned(),
        _ => TRAINING.to_owned(),
    }
}

/// The height of the mark of a cycle, in points.
const CYCLE: f32 = 9.0;

/// The number and the first step of each later cycle of the learning rate since the last change. (A change begins a first one.)
fn cycles(run: &Snapshot) -> impl Iterator<Item = (usize, u64)> {
    run.schedule.later_cycles(run.step).into_iter().enumerate().map(|(k, step)| (k + 2, step))
}

/// The cycle at the mark next to the pointer.
fn cycle_near(run: &Snapshot, marks: &PlotPainter, axis_of_steps: StepAxis, x: f32) -> Option<String> {
    let is_near = |step: u64| (marks.at([axis_of_steps.place(step as f64), 0.0]).x - x).abs() < 4.0;
    let (number, step) = cycles(run).find(|(_, step)| is_near(*step))?;
    Some(format!("learning rate cycle {number} begins at step {step}"))
}

/// The change at the mark next to the pointer, old → new.
fn change_near(run: &Snapshot, marks: &PlotPainter, axis_of_steps: StepAxis, x: f32) -> Option<String> {
    let mut settings = run.config.settings();
    let mut lines = Vec::new();
    for change in &run.log {
        if (marks.at([axis_of_steps.place(change.step as f64), 0.0]).x - x).abs() < 4.0 {
            lines.push(format!("step {}: {}", change.step, change.command.describe_change(&settings)));
            if run.collapse_jump.is_some_and(|jump| jump.step == change.step) {
                lines.push("a jump near collapse: the result depends on the path".to_owned());
            }
        }
        settings = change.command.applied_to(settings);
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
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
    PlotBounds::from_min_max([from, low - below], [to, high + 2.0 * margin])
}

/// A centred running mean over about a fiftieth of the curve.
fn smooth(curve: &[[f64; 2]]) -> HistoryCurve {
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

/// 1500 as 1.5k.
fn steps(value: f64) -> String {
    // The square of a root is a whole number but for rounding.
    let value = if (value - value.round()).abs() < 1e-6 * value.abs() { value.round() } else { value };
    if value.abs() >= 1000.0 { format!("{}k", value / 1000.0) } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_another_run_is_not_kept() {
        let all = [0.0, 1000.0];
        assert_eq!(range_within(Some([150.0, 2000.0]), all), [150.0, 1000.0]);
        assert_eq!(range_within(Some([2000.0, 3000.0]), all), all, "of another run");
        assert_eq!(range_within(Some([f64::NAN, 3.0]), all), all);
    }
}
