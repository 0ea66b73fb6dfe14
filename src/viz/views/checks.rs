//! The predictions about the scene, each with what was measured.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, Grid, ProgressBar, RichText, ScrollArea, TextStyle, Ui};

use crate::app::certifier::{Progress, SEEDS};
use crate::app::marks::{instead, number};
use crate::app::{Ask, Selection, Stage};
use crate::checks::{Check, Expected, Prediction, predictions};

/// Draws the view; asks for the measurement.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection) {
    let Some(scene) = stage.snapshot.config.origin.scene() else {
        return instead(ui, "Nothing is predicted about data of one's own");
    };
    let certifier = stage.background.certifier.as_ref().filter(|certifier| certifier.scene == scene.name);
    let progress = certifier.map(|certifier| certifier.progress());
    ui.horizontal(|ui| match &progress {
        Some(Progress::Done(certificates)) if Stage::is_figure(ui) => {
            ui.strong(verdict(certificates));
        }
        _ if Stage::is_figure(ui) => {
            ui.weak(format!("{} predictions, not yet measured", predictions(scene, SEEDS).len()));
        }
        None => {
            let count = predictions(scene, SEEDS).len();
            let button = ui.button("Certify this scene");
            let help =
                format!("Trains {SEEDS} seeds at the scene's defaults in the background and compares with theory");
            if button.on_hover_text(help).clicked() {
                selection.ask = Some(Ask::Certify);
            }
            ui.weak(format!("{count} predictions; the run that is shown does not matter"));
        }
        Some(Progress::Running(made, of)) => {
            let share = *made as f32 / (*of).max(1) as f32;
            ui.add(ProgressBar::new(share).desired_width(180.0).text(format!("{made} of {of} runs")));
            if ui.button("Stop certifying").clicked() {
                selection.ask = Some(Ask::StopCertifying);
            }
        }
        Some(Progress::Done(certificates)) => {
            ui.strong(verdict(certificates));
            if ui.button("Once more").clicked() {
                selection.ask = Some(Ask::Certify);
            }
        }
    });
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        // The claim takes what the rest leaves.
        let width = ui.available_width();
        Grid::new("certificates").num_columns(4).min_col_width(0.0).striped(true).spacing([10.0, 5.0]).show(ui, |ui| {
            if let Some(Progress::Done(certificates)) = &progress {
                heading(ui, &["", "predicted", "measured", "claim"]);
                certificates.iter().for_each(|certificate| row(ui, certificate, width - MEASURED - PREDICTED));
                return;
            }
            heading(ui, &["predicted", "claim"]);
            for prediction in predictions(scene, SEEDS) {
                predicted(ui, &prediction);
                claim(ui, &prediction, width - PREDICTED);
                ui.end_row();
            }
        });
    });
}

fn verdict(certificates: &[Check]) -> String {
    let passed = certificates.iter().filter(|c| c.passed).count();
    format!("{passed} of {} predictions hold", certificates.len())
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

/// What is claimed, and whether it is a theorem, an approximation or an observation.
fn claim(ui: &mut Ui, prediction: &Prediction, room: f32) {
    let [weak, color] = [ui.visuals().weak_text_color(), ui.visuals().text_color()];
    let standing = format!("{}: ", prediction.standing);
    wrapped(ui, &[(&standing, weak), (&prediction.claim, color)], room.max(120.0));
}

/// Text in lines no longer than `width`.
fn wrapped(ui: &mut Ui, parts: &[(&str, Color32)], width: f32) {
    let mut job = LayoutJob::default();
    let font = TextStyle::Body.resolve(ui.style());
    for (text, color) in parts {
        job.append(text, 0.0, TextFormat::simple(font.clone(), *color));
    }
    job.wrap.max_width = width;
    let galley = ui.painter().layout_job(job);
    ui.label(galley);
}

fn heading(ui: &mut Ui, names: &[&str]) {
    for name in names {
        ui.label(RichText::new(*name).small().weak());
    }
    ui.end_row();
}

fn row(ui: &mut Ui, certificate: &Check, room: f32) {
    let Check { prediction, measured, values, passed } = certificate;
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
