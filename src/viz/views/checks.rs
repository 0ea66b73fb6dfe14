//! The predictions about the scene, each with what was measured.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, Grid, ProgressBar, Response, RichText, ScrollArea, TextStyle, Ui};

use crate::checks::{CHECK_SEEDS, Check, CheckProgress, Expected, Prediction, predictions};
use crate::io::Csv;
use crate::viz::command::UiCommand;
use crate::viz::context::ViewContext;
use crate::viz::draw::labels::instead;
use crate::viz::draw::number::number;
use crate::viz::draw::remark::{Remark, remark};
use crate::viz::selection::Selection;
use crate::viz::view::View;
use crate::viz::view_spec::{Needs, Region, Table, ViewSpec};

/// The specification.
pub(super) const SPEC: ViewSpec = ViewSpec {
    view: View { name: "checks", title: "Checks", short_title: "Checks" },
    old_names: &["certificates"],
    is_shared: true,
    needs: Needs::Training,
    region: Region::Experiment,
    figure_size: (640.0, 520.0),
    least_size: (480.0, 340.0),
    depends_on: &[],
    ui: show,
    tools: ViewSpec::no_tools,
    figure_legend: ViewSpec::no_legend,
    is_full_bleed: ViewSpec::with_margin,
    table,
};

/// Draws the view; asks for the measurement.
fn show(ui: &mut Ui, context: &ViewContext<'_>, _: &mut Selection) {
    let Some(scene) = context.snapshot.config.origin.scene() else {
        return instead(ui, "Nothing is predicted about your data");
    };
    let worker = context.background.checks.as_ref().filter(|worker| worker.scene == scene.name);
    let progress = worker.map(|worker| worker.progress());
    // The claim takes what the rest leaves.
    let width = ui.available_width() - ui.spacing().scroll.allocated_width();
    ui.horizontal_wrapped(|ui| match &progress {
        Some(CheckProgress::Done(checks)) if context.is_figure() => {
            ui.strong(verdict(checks));
        }
        _ if context.is_figure() => {
            ui.weak(format!("{} predictions, not yet measured", predictions(scene, CHECK_SEEDS).len()));
        }
        None => {
            let count = predictions(scene, CHECK_SEEDS).len();
            let button = ui.button("Check this scene");
            let help = format!(
                "Trains {} seeds at the scene's defaults in the background and compares with theory",
                CHECK_SEEDS.count
            );
            if button.on_hover_text(help).clicked() {
                context.send(UiCommand::RunChecks);
            }
            ui.weak(format!("{count} predictions; the run that is shown does not matter"));
        }
        Some(CheckProgress::Running(made, of)) => {
            let share = *made as f32 / (*of).max(1) as f32;
            ui.add(ProgressBar::new(share).desired_width(180.0).text(format!("{made} of {of} runs")));
            if ui.button("Stop").clicked() {
                context.send(UiCommand::StopChecks);
            }
        }
        Some(CheckProgress::Done(checks)) => {
            ui.strong(verdict(checks));
            if ui.button("Check again").clicked() {
                context.send(UiCommand::RunChecks);
            }
        }
    });
    let area = ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        Grid::new("certificates").num_columns(4).min_col_width(0.0).striped(true).spacing([10.0, 5.0]).show(ui, |ui| {
            if let Some(CheckProgress::Done(checks)) = &progress {
                heading(ui, &["", "predicted", "measured", "claim"]);
                checks.iter().for_each(|check| row(ui, check, width - MEASURED - PREDICTED));
                return;
            }
            heading(ui, &["predicted", "claim"]);
            for prediction in predictions(scene, CHECK_SEEDS) {
                predicted(ui, &prediction);
                claim(ui, &prediction, width - PREDICTED);
                ui.end_row();
            }
        });
    });
    if area.content_size.y > area.inner_rect.height() + 1.0 {
        remark(ui, Remark::LeftOut("the last predictions"));
    }
}

fn verdict(checks: &[Check]) -> String {
    let passed = checks.iter().filter(|c| c.passed).count();
    format!("{passed} of {} predictions hold", checks.len())
}

/// The width of a quantity with its prediction, in points.
const PREDICTED: f32 = 170.0;

/// The width of the verdict and the measured number, in points.
const MEASURED: f32 = 94.0;

/// A prediction with three significant digits.
fn expected(expected: &Expected) -> String {
    match *expected {
        Expected::Near { value, tolerance: 0.0 } => short(value),
        Expected::Near { value, tolerance } => format!("{} ± {}", short(value), short(tolerance)),
        Expected::Below(limit) => format!("< {}", short(limit)),
        Expected::Above(limit) => format!("> {}", short(limit)),
    }
}

/// Three significant digits, but at most four decimals, and no zeros at the end.
fn short(value: f64) -> String {
    let decimals = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(1.0, 4.0) as usize;
    let text = number(value, decimals);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A quantity and what is predicted of it.
fn predicted(ui: &mut Ui, prediction: &Prediction) {
    let color = ui.visuals().text_color();
    let number = expected(&prediction.expected).replace(' ', "\u{a0}");
    wrapped(ui, &[(&format!("{} ", prediction.quantity), color), (&number, color)], PREDICTED - 12.0);
}

/// The claim and its standing: theorem, approximation or empirical.
fn claim(ui: &mut Ui, prediction: &Prediction, room: f32) {
    let [weak, color] = [ui.visuals().weak_text_color(), ui.visuals().text_color()];
    let standing = format!("{}: ", prediction.standing);
    wrapped(ui, &[(&standing, weak), (&prediction.claim, color)], room.max(120.0)).on_hover_text(
        "Theorem: holds of the optimum; that training reaches it is tested with it. Approximation: valid to second order, or for \
         small βσ². Empirical: observed in many runs",
    );
}

/// Text in lines no longer than `width`.
fn wrapped(ui: &mut Ui, parts: &[(&str, Color32)], width: f32) -> Response {
    let mut job = LayoutJob::default();
    let font = TextStyle::Body.resolve(ui.style());
    for (text, color) in parts {
        job.append(text, 0.0, TextFormat::simple(font.clone(), *color));
    }
    job.wrap.max_width = width;
    let galley = ui.painter().layout_job(job);
    ui.label(galley)
}

fn heading(ui: &mut Ui, names: &[&str]) {
    for name in names {
        ui.label(RichText::new(*name).small().weak());
    }
    ui.end_row();
}

fn row(ui: &mut Ui, check: &Check, room: f32) {
    let Check { prediction, measured, values, passed } = check;
    let (mark, word) = if *passed { ("✔", "holds") } else { ("✘", "fails") };
    let verdict = RichText::new(mark).strong();
    let color = if *passed { ui.visuals().text_color() } else { ui.visuals().warn_fg_color };
    ui.label(verdict.color(color)).on_hover_text(word);
    predicted(ui, prediction);
    let runs: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    ui.label(number(*measured, 4)).on_hover_text(format!("each run: {}", runs.join(", ")));
    claim(ui, prediction, room);
    ui.end_row();
}

/// The predictions, with the measured numbers as far as there are any.
fn table(context: &ViewContext<'_>, _: &Selection) -> Table {
    let scene = context.snapshot.config.origin.scene().ok_or("nothing is predicted about your data")?;
    let worker = context.background.checks.as_ref().filter(|worker| worker.scene == scene.name);
    let done = worker.and_then(|worker| match worker.progress() {
        CheckProgress::Done(checks) => Some(checks),
        CheckProgress::Running(..) => None,
    });
    let mut csv = Csv::new(["quantity", "standing", "claim", "passed", "low", "high", "measured"]);
    for (k, prediction) in predictions(scene, CHECK_SEEDS).into_iter().enumerate() {
        let found = done.as_ref().map(|done| &done[k]);
        let [low, high] = match prediction.expected {
            Expected::Near { value, tolerance } => [value - tolerance, value + tolerance],
            Expected::Below(limit) => [f64::NEG_INFINITY, limit],
            Expected::Above(limit) => [limit, f64::INFINITY],
        };
        let passed = found.map_or(String::new(), |found| found.passed.to_string());
        let labels = [prediction.measured(), prediction.standing.to_string(), prediction.claim, passed];
        csv.push(labels, [low, high, found.map_or(f64::NAN, |found| found.measured)]);
    }
    Ok(csv)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_have_no_idle_digits() {
        let texts = [
            Expected::Near { value: 1.6, tolerance: 0.24 },
            Expected::Near { value: 0.5483, tolerance: 0.0143 },
            Expected::Near { value: 20.0, tolerance: 0.0 },
            Expected::Below(0.035),
            Expected::Above(-0.5),
        ]
        .map(|e| expected(&e));
        assert_eq!(texts, ["1.6 ± 0.24", "0.548 ± 0.0143", "20", "< 0.035", "> −0.5"]);
    }
}
