//! The dialog for what a file of weights leaves open: activation, shape of images, β and σ².

use std::path::PathBuf;

use eframe::egui::{Button, Context, DragValue, TextEdit};

use super::frame::dialog;
use crate::io::{EncoderScale, ModelOptions};
use crate::nn::Activation;
use crate::vae::Likelihood;
use crate::viz::command::{CommandQueue, UiCommand};

/// Options that are being chosen for a file.
#[derive(Debug)]
pub(crate) struct ModelDialog {
    path: PathBuf,
    options: ModelOptions,
    image: String,
    is_sigmoid: bool,
    knows_objective: bool,
    objective: (f64, f64),
}

impl ModelDialog {
    /// The dialog for this file.
    pub(crate) fn new(path: PathBuf) -> Self {
        let options = ModelOptions { activation: Some(Activation::Tanh), ..ModelOptions::default() };
        Self { path, options, image: String::new(), is_sigmoid: false, knows_objective: false, objective: (1.0, 0.02) }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        dialog(ctx, "model", "Open a model", None, |ui, keys| {
            let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
            ui.label(format!("{name} does not say which function stands between its layers."));
            ui.horizontal(|ui| {
                ui.label("activation");
                for activation in Activation::ALL {
                    let chosen = self.options.activation == Some(activation);
                    let radio = ui.radio_value(&mut self.options.activation, Some(activation), activation.name());
                    if chosen {
                        keys.start_at(&radio);
                    }
                }
            });
            ui.checkbox(&mut self.is_sigmoid, "sigmoid output")
                .on_hover_text("The likelihood is Bernoulli, without σ²");
            ui.horizontal(|ui| {
                ui.label("encoder output")
                    .on_hover_text("The second half of the outputs of an encoder without named heads");
                for scale in EncoderScale::ALL {
                    ui.radio_value(&mut self.options.scale, scale, scale.name());
                }
            });
            ui.horizontal(|ui| {
                let label = ui.label("image, height × width").on_hover_text("If a decoding is a greyscale image");
                let edit = TextEdit::singleline(&mut self.image).desired_width(80.0).hint_text("28x28");
                ui.add(edit).labelled_by(label.id);
            });
            ui.horizontal(|ui| {
                ui.checkbox(&mut self.knows_objective, "trained with");
                ui.add_enabled_ui(self.knows_objective, |ui| {
                    let (beta, sigma2) = (&mut self.objective.0, &mut self.objective.1);
                    ui.add(DragValue::new(beta).prefix("β = ").speed(0.01).range(0.0..=1e6).max_decimals(8));
                    if !self.is_sigmoid {
                        ui.add(DragValue::new(sigma2).prefix("σ² = ").speed(0.001).range(1e-8..=1e6).max_decimals(8));
                    }
                });
            });
            ui.weak("Run ▸ Which β… translates the loss of another program into β and σ².");
            ui.weak("A model has no data: it is shown on samples of itself, and it is not trained.");
            let image = sides(&self.image);
            ui.horizontal(|ui| {
                if keys.press(&ui.add_enabled(image.is_ok(), Button::new("Open model"))) {
                    let (beta, sigma2) = self.objective;
                    let objective = self.knows_objective.then_some((beta, (!self.is_sigmoid).then_some(sigma2)));
                    // Unless it is chosen, the file may say it.
                    let likelihood = self.is_sigmoid.then_some(Likelihood::Bernoulli);
                    let options = ModelOptions { image: image.unwrap_or(None), objective, likelihood, ..self.options };
                    commands.send(UiCommand::OpenModel(self.path.clone(), options));
                }
                if keys.button(ui, true, Button::new("Cancel")).clicked() {
                    commands.send(UiCommand::CloseDialogs);
                }
                if let Err(sentence) = image {
                    ui.colored_label(ui.visuals().warn_fg_color, sentence);
                }
            });
        });
    }
}

/// Height and width, if the text has them.
fn sides(text: &str) -> Result<Option<(usize, usize)>, &'static str> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let sides = text.split_once('x').and_then(|(h, w)| Some((h.trim().parse().ok()?, w.trim().parse().ok()?)));
    sides.map(Some).ok_or("write height and width as 28x28, or leave it empty")
}
