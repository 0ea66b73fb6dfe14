//! Training curves: the objective with its parts, the geometry, and KL per latent.

use eframe::egui::{Color32, Rect, Stroke, Ui, UiBuilder, vec2};
use egui_plot::{AxisHints, Plot, PlotBounds};

use crate::app::Stage;
use crate::app::marks::{Sheet, axis, grid, number, polyline};
use crate::app::theme::{dashes, indexed};
use crate::experiment::{Logged, Row};

/// One curve.
struct Series {
    name: String,
    color: Color32,
    dashes: &'static [f32],
    value: Box<dyn Fn(&Row) -> f64>,
}

/// Draws the view: three plots over the same steps.
pub fn show(ui: &mut Ui, stage: &Stage<'_>) {
    let palette = Stage::palette(ui);
    let series = |name: &str, color, pattern: usize, value: Box<dyn Fn(&Row) -> f64>| Series {
        name: name.to_owned(),
        color,
        dashes: if pattern == 0 { &[] } else { dashes(pattern) },
        value,
    };
    let objective = vec![
        series("ELBO", palette.ink, 0, Box::new(|r: &Row| r.elbo)),
        series("reconstruction", palette.image, 1, Box::new(|r: &Row| r.reconstruction)),
        series("−β KL", palette.latent, 2, Box::new(|r: &Row| -r.settings.objective.beta * r.kl())),
    ];
    let geometry = vec![
        series("c_IMA", palette.image, 0, Box::new(|r: &Row| r.ima_contrast)),
        series("gap", palette.ink, 1, Box::new(|r: &Row| r.diagonal_gap)),
    ];
    let kl = (0..stage.snapshot.latent_dim().min(8))
        .map(|i| series(&indexed("KL", i), palette.latent, i, Box::new(move |r: &Row| r.kl_per_dim[i])))
        .collect();
    let plots = [objective, geometry, kl];
    let area = ui.available_rect_before_wrap();
    // Side by side where there is room, otherwise one above the other, so that equal steps stand in line.
    let beside = area.width() > 2.5 * area.height();
    let count = plots.len() as f32;
    let size =
        if beside { vec2(area.width() / count, area.height()) } else { vec2(area.width(), area.height() / count) };
    for (k, series) in plots.into_iter().enumerate() {
        let step = if beside { vec2(size.x, 0.0) } else { vec2(0.0, size.y) };
        let rect = Rect::from_min_size(area.min + step * k as f32, size - vec2(10.0, 0.0));
        let last = beside || k == 2;
        ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(k), |ui| plot(ui, stage, &series, last));
    }
    ui.allocate_rect(area, eframe::egui::Sense::hover());
}

/// One plot under a line that names its curves and their last values; `steps_shown`: with the axis of steps.
fn plot(ui: &mut Ui, stage: &Stage<'_>, series: &[Series], steps_shown: bool) {
    let palette = Stage::palette(ui);
    let rows = &stage.snapshot.history;
    let curves: Vec<Vec<[f64; 2]>> =
        series.iter().map(|s| rows.iter().map(|row| [row.step as f64, (s.value)(row)]).collect()).collect();
    legend(ui, series, &curves);
    let bounds = bounds(&curves, stage.snapshot.step);
    let response = Plot::new("training")
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_x(false)
        .show_y(false)
        .show_axes([steps_shown, true])
        .x_grid_spacer(grid(6.0))
        .y_grid_spacer(grid(2.5))
        .grid_color(palette.rule)
        .custom_x_axes(vec![axis(AxisHints::new_x(), "").formatter(|mark, _| steps(mark.value))])
        .custom_y_axes(vec![axis(AxisHints::new_y(), "").min_thickness(34.0)])
        .show(ui, |plot| plot.set_plot_bounds(bounds));
    let sheet = Sheet::new(ui.painter(), response.transform, palette);
    for change in &stage.snapshot.log {
        let x = change.step as f64;
        let ends = [[x, bounds.min()[1]], [x, bounds.max()[1]]];
        sheet.curve(ends.into_iter(), Stroke::new(1.0, palette.muted), &[2.0, 3.0]);
    }
    for (series, curve) in series.iter().zip(&curves) {
        // Raw values faint, their running mean on top.
        sheet.curve(curve.iter().copied(), Stroke::new(1.0, series.color.gamma_multiply(0.3)), &[]);
        sheet.curve(smooth(curve).into_iter(), Stroke::new(1.7, series.color), series.dashes);
    }
    if let Some(text) = response.response.hover_pos().and_then(|p| change_near(&stage.snapshot.log, &sheet, p.x, stage))
    {
        response.response.on_hover_text(text);
    }
}

/// Each curve's dash pattern, name and last value.
fn legend(ui: &mut Ui, series: &[Series], curves: &[Vec<[f64; 2]>]) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        for (series, curve) in series.iter().zip(curves) {
            let (rect, _) = ui.allocate_exact_size(vec2(26.0, 12.0), eframe::egui::Sense::hover());
            let ends = vec![rect.left_center() + vec2(6.0, 0.0), rect.right_center()];
            ui.painter().extend(polyline(ends, Stroke::new(1.8, series.color), series.dashes));
            let now = curve
                .last()
                .filter(|[_, y]| y.is_finite())
                .map_or(String::new(), |[_, y]| format!(" {}", number(*y, 3)));
            ui.colored_label(series.color, format!("{}{now}", series.name)).on_hover_text("In nats");
        }
    });
}

/// What was changed at the mark next to the pointer, old → new.
fn change_near(log: &[Logged], sheet: &Sheet, x: f32, stage: &Stage<'_>) -> Option<String> {
    let mut settings = stage.snapshot.config.settings();
    let mut lines = Vec::new();
    for change in log {
        if (sheet.at([change.step as f64, 0.0]).x - x).abs() < 4.0 {
            lines.push(format!("step {}: {}", change.step, change.command.told(&settings)));
        }
        settings = change.command.applied_to(settings);
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The range of the later values: what happens in the first steps would press all the rest into a line.
fn bounds(curves: &[Vec<[f64; 2]>], step: u64) -> PlotBounds {
    let mut values: Vec<f64> =
        curves.iter().flat_map(|curve| &curve[curve.len() / 20..]).map(|[_, y]| *y).filter(|y| y.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| values.get((share * (values.len().max(1) - 1) as f64) as usize).copied();
    let (low, high) = (at(0.01).unwrap_or(0.0), at(0.99).unwrap_or(1.0));
    let margin = 0.1 * (high - low).max(0.01);
    PlotBounds::from_min_max([0.0, low - margin], [step.max(10) as f64, high + margin])
}

/// A centred running mean over about a fiftieth of the curve.
fn smooth(curve: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let half = curve.len() / 100;
    let mut sums = vec![0.0; curve.len() + 1];
    for (k, [_, y]) in curve.iter().enumerate() {
        sums[k + 1] = sums[k] + if y.is_finite() { *y } else { 0.0 };
    }
    let mean = |k: usize| {
        let (low, high) = (k.saturating_sub(half), (k + half + 1).min(curve.len()));
        (sums[high] - sums[low]) / (high - low) as f64
    };
    curve.iter().enumerate().filter(|(_, [_, y])| y.is_finite()).map(|(k, [x, _])| [*x, mean(k)]).collect()
}

/// 1500 as 1.5k.
fn steps(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{}k", value / 1000.0) } else { format!("{value}") }
}
