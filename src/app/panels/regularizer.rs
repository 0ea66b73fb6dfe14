//! The regulariser of the objective: a menu, and the numbers of the choice.

use eframe::egui::{ComboBox, DragValue, Ui};

use crate::experiment::Command;
use crate::vae::{Capacity, DensityEstimator, Discriminated, PartWeights, Regularizer};
use crate::viz::command::{CommandQueue, UiCommand};

/// The choices with the numbers that they begin with.
pub(in crate::app) const CHOICES: [Regularizer; 7] = [
    Regularizer::Kl,
    Regularizer::Parts(PartWeights { alpha: 1.0, gamma: 1.0, estimator: DensityEstimator::Stratified }),
    Regularizer::Parts(PartWeights { alpha: 1.0, gamma: 1.0, estimator: DensityEstimator::Weighted }),
    Regularizer::Discriminated(Discriminated { gamma: 1.0 }),
    Regularizer::Laplace,
    Regularizer::Capacity(Capacity { nats: 4.0, steps: 4000 }),
    Regularizer::None,
];

/// The name of a choice.
pub(in crate::app) fn name_of(regularizer: Regularizer) -> &'static str {
    match regularizer {
        Regularizer::Kl => "β KL",
        Regularizer::Laplace => "β KL, Laplace prior",
        Regularizer::Parts(PartWeights { estimator: DensityEstimator::Stratified, .. }) => "β-TCVAE, stratified",
        Regularizer::Parts(_) => "β-TCVAE, weighted",
        Regularizer::Discriminated(_) => "FactorVAE",
        Regularizer::Capacity(_) => "capacity",
        Regularizer::None => "none: autoencoder",
    }
}

/// Draws the menu and the numbers, and sends a change.
pub(super) fn regularizer(ui: &mut Ui, regularizer: &mut Regularizer, commands: &CommandQueue) {
    let before = *regularizer;
    let help = "What is subtracted from the reconstruction: β KL; the parts of the KL with weights of their own (β-TCVAE: α information \
                + β total correlation + γ distance of each latent from the prior); β KL + γ total correlation as a discriminator \
                estimates it (FactorVAE); β KL with a Laplace prior, which singles out axes; β|KL − C| with a capacity C that rises; or \
                nothing";
    let menu = ComboBox::from_label("regulariser").selected_text(name_of(before)).show_ui(ui, |ui| {
        for choice in CHOICES {
            if ui.selectable_label(name_of(choice) == name_of(before), name_of(choice)).clicked()
                && name_of(choice) != name_of(before)
            {
                *regularizer = choice;
            }
        }
    });
    menu.response.on_hover_text(help);
    match regularizer {
        Regularizer::Kl | Regularizer::Laplace | Regularizer::None => {}
        Regularizer::Parts(PartWeights { alpha, gamma, .. }) => {
            ui.horizontal(|ui| {
                weight(ui, "α", "Weight of the information that codes have about observations", alpha);
                weight(ui, "γ", "Weight of the distance of each latent from its prior", gamma);
            });
        }
        Regularizer::Discriminated(Discriminated { gamma }) => {
            ui.horizontal(|ui| weight(ui, "γ", "Weight of the total correlation", gamma));
        }
        Regularizer::Capacity(Capacity { nats, steps }) => {
            ui.horizontal(|ui| {
                let label = ui.label("C").on_hover_text("Nats to which the capacity rises");
                let nats = DragValue::new(nats).range(0.0..=1e4).speed(0.05).suffix(" nats");
                ui.add(nats.update_while_editing(false)).labelled_by(label.id);
                let label = ui.label("in").on_hover_text("Steps of the rise, counted from the start of the run");
                let steps = DragValue::new(steps).range(1..=10_000_000).suffix(" steps");
                ui.add(steps.update_while_editing(false)).labelled_by(label.id);
            });
        }
    }
    if *regularizer != before {
        commands.send(UiCommand::Change(Command::Regularizer(*regularizer)));
    }
}

fn weight(ui: &mut Ui, name: &str, help: &str, value: &mut f64) {
    let label = ui.label(name).on_hover_text(help);
    let drag = DragValue::new(value).range(0.0..=1e6).speed(0.02).update_while_editing(false);
    ui.add(drag).labelled_by(label.id).on_hover_text(help);
}
