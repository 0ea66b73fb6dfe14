//! The predictions about the scene, each with what was measured.

use eframe::egui::{Grid, ProgressBar, RichText, ScrollArea, Ui};

use crate::app::certifier::{Progress, SEEDS};
use crate::app::marks::instead;
use crate::app::{Ask, Selection, Stage};
use crate::certificate::{Certificate, predictions};

/// Draws the view; asks for the measurement.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection) {
    let Some(scene) = stage.snapshot.config.origin.scene() else {
        return instead(ui, "Nothing is predicted about data of one's own");
    };
    let certifier = stage.background.certifier.as_ref().filter(|certifier| certifier.scene == scene.name);
    let progress = certifier.map(crate::app::certifier::Certifier::progress);
    ui.horizontal(|ui| match &progress {
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
            let passed = certificates.iter().filter(|c| c.passed).count();
            ui.strong(format!("{passed} of {} predictions hold", certificates.len()));
            if ui.button("Once more").clicked() {
                selection.ask = Some(Ask::Certify);
            }
        }
    });
    ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
        Grid::new("certificates").num_columns(5).striped(true).spacing([12.0, 4.0]).show(ui, |ui| {
            if let Some(Progress::Done(certificates)) = &progress {
                heading(ui, &["", "predicted", "measured", "standing", "claim"]);
                certificates.iter().for_each(|certificate| row(ui, certificate));
                return;
            }
            heading(ui, &["quantity", "predicted", "standing", "claim"]);
            for prediction in predictions(scene, SEEDS) {
                ui.label(prediction.quantity.to_string());
                ui.monospace(prediction.expected.to_string());
                ui.label(prediction.standing.to_string());
                ui.label(&prediction.claim);
                ui.end_row();
            }
        });
    });
}

fn heading(ui: &mut Ui, names: &[&str]) {
    for name in names {
        ui.label(RichText::new(*name).small().weak());
    }
    ui.end_row();
}

fn row(ui: &mut Ui, certificate: &Certificate) {
    let Certificate { prediction, measured, values, passed } = certificate;
    let verdict = RichText::new(if *passed { "✔ holds" } else { "✘ fails" }).strong();
    let color = if *passed { ui.visuals().text_color() } else { ui.visuals().warn_fg_color };
    ui.label(verdict.color(color));
    ui.label(format!("{} {}", prediction.quantity, prediction.expected));
    let runs: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    ui.monospace(format!("{measured:.4}")).on_hover_text(format!("each run: {}", runs.join(", ")));
    ui.label(prediction.standing.to_string());
    ui.label(&prediction.claim);
    ui.end_row();
}
