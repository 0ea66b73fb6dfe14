//! The Jacobian at z* in numbers.

use eframe::egui::{Grid, RichText, ScrollArea, Ui};

use crate::app::marks::number;
use crate::app::theme::indexed;
use crate::app::{Selection, Stage};
use crate::geometry::{LEAST_SEPARATION, separation};

/// Draws the view.
pub fn show(ui: &mut Ui, stage: &Stage<'_>, selection: &Selection) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        at_z(ui, stage, selection);
    });
}

/// J = U S Vᵀ at z*.
fn at_z(ui: &mut Ui, stage: &Stage<'_>, selection: &Selection) {
    let focus = stage.focus;
    let m = stage.snapshot.latent_dim();
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new("J = U S Vᵀ at z*").strong());
        let z: Vec<String> = selection.z.iter().map(|z| format!("{z:.2}")).collect();
        ui.weak(format!("({})", z.join(", ")));
    });
    let latents: Vec<usize> = if m <= 6 { (0..m).collect() } else { selection.shown().to_vec() };
    Grid::new("jacobian").num_columns(4).spacing([14.0, 3.0]).show(ui, |ui| {
        for i in &latents {
            value(ui, &indexed("s", *i), focus.svd.singular_values[*i], "Singular value of J named after this latent");
            value(
                ui,
                &format!("‖J{}‖", indexed("", *i)),
                focus.jacobian.column(*i).norm(),
                "Length of this column of J",
            );
            ui.end_row();
        }
    });
    Grid::new("angles").num_columns(3).spacing([14.0, 3.0]).show(ui, |ui| {
        if let &[a, b] = selection.shown() {
            angles(ui, stage, a, b);
        }
        let help = "Σ log ‖Jᵢ‖ − ½ log det JᵀJ in nats: 0 exactly when the columns are orthogonal";
        row(ui, "c_IMA", &format!("{:.4}", focus.contrast), "nats", help);
        let help =
            "½ (Σ log Λᵢᵢ − log det Λ), Λ = I + JᵀJ/βσ²: what a diagonal posterior loses here against a full one";
        row(ui, "gap", &format!("{:.4}", focus.gap), "nats", help);
    });
}

/// The angle between two columns, and of V off the axes.
fn angles(ui: &mut Ui, stage: &Stage<'_>, a: usize, b: usize) {
    let focus = stage.focus;
    if let Some(angle) = focus.angle(a, b) {
        let name = format!("∠(J{}, J{})", indexed("", a), indexed("", b));
        let mark = if (angle - 90.0).abs() < 1.0 { "∟" } else { "" };
        let help = "Angle between the two columns; ∟ marks a right angle to within 1°";
        row(ui, &name, &format!("{angle:.1}°"), mark, help);
    }
    let apart = separation(&[focus.svd.singular_values[a], focus.svd.singular_values[b]]);
    if apart < LEAST_SEPARATION {
        row(ui, "∠V", "–", "", "The singular values are nearly equal, so V is free to rotate");
    } else {
        let turned = focus.svd.v[(b, a)].atan2(focus.svd.v[(a, a)]).to_degrees();
        let help = "Angle of the right singular vectors off the latent axes; 0° for orthogonal columns";
        row(ui, "∠V", &format!("{}°", number(turned, 1)), "", help);
    }
}

fn row(ui: &mut Ui, name: &str, value: &str, unit: &str, help: &str) {
    ui.label(name).on_hover_text(help);
    ui.monospace(value).on_hover_text(help);
    ui.weak(unit);
    ui.end_row();
}

fn value(ui: &mut Ui, name: &str, value: f64, help: &str) {
    ui.label(name).on_hover_text(help);
    ui.monospace(format!("{value:.3}")).on_hover_text(help);
}
