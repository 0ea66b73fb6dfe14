//! The dialog "Which β…": the β and σ² that the loss of another program means here, and what b means for the data of the run.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::Builder;

use eframe::egui::{Button, Context, DragValue, Grid, Ui};

use super::frame::{DialogKeys, dialog};
use crate::data::Dataset;
use crate::experiment::{Command, DataVariances};
use crate::vae::{EquivalentObjective, KlWeight, LossConvention, OverDimensions, ReconstructionLoss};
use crate::viz::command::{CommandQueue, UiCommand};

/// Weight of the KL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WeightKind {
    Coefficient,
    Normalised,
    /// As PyTorch-VAE names it, beside the mean of squared errors.
    KldWeight,
}

/// A loss that is being described.
#[derive(Debug)]
pub(crate) struct BetaDialog {
    reconstruction: ReconstructionLoss,
    over: OverDimensions,
    kind: WeightKind,
    weight: f64,
    sigma2: f64,
    /// n and m of the run.
    dim: usize,
    latents: usize,
    computing: Receiver<DataVariances>,
    found: Option<DataVariances>,
}

impl BetaDialog {
    /// A dialog for a run on `data` with `latents` latents. Principal variances are computed on a thread.
    pub(crate) fn new(data: Arc<Dataset>, latents: usize, ctx: &Context) -> Self {
        let (send, computing) = channel();
        let (dim, ctx) = (data.data_dim(), ctx.clone());
        let spawned = Builder::new().name("principal variances".to_owned()).spawn(move || {
            // Nobody listens any more if the dialog was closed meanwhile.
            drop(send.send(DataVariances::of(&data)));
            ctx.request_repaint();
        });
        if let Err(error) = spawned {
            log::warn!("no principal variances: {error}");
        }
        let (reconstruction, over) = (ReconstructionLoss::SquaredError, OverDimensions::Mean);
        let kind = WeightKind::Coefficient;
        Self { reconstruction, over, kind, weight: 1.0, sigma2: 1.0, dim, latents, computing, found: None }
    }

    /// Draws the dialog.
    pub(crate) fn show(&mut self, ctx: &Context, commands: &CommandQueue) {
        if let Ok(found) = self.computing.try_recv() {
            self.found = Some(found);
        }
        dialog(ctx, "beta", "Which β", None, |ui, keys| {
            self.loss(ui, keys);
            ui.separator();
            let weight = match self.kind {
                WeightKind::Coefficient | WeightKind::KldWeight => KlWeight::Coefficient(self.weight),
                WeightKind::Normalised => KlWeight::Normalised { beta_norm: self.weight, latents: self.latents },
            };
            let loss = LossConvention { reconstruction: self.reconstruction, over: self.over, weight };
            match loss.equivalent(self.dim) {
                Ok(objective) => self.meaning(ui, &objective),
                Err(error) => {
                    ui.colored_label(ui.visuals().warn_fg_color, error.to_string());
                }
            }
            ui.separator();
            ui.horizontal(|ui| self.buttons(ui, keys, loss.equivalent(self.dim).ok().as_ref(), commands));
        });
    }

    /// The loss of the other program.
    fn loss(&mut self, ui: &mut Ui, keys: &DialogKeys) {
        ui.label("The loss of your program, for one observation. The KL is summed over the latents.");
        let half = ReconstructionLoss::HalfSquaredError { sigma2: self.sigma2 };
        if matches!(self.reconstruction, ReconstructionLoss::HalfSquaredError { .. }) {
            self.reconstruction = half;
        }
        ui.horizontal(|ui| {
            ui.label("term");
            keys.start_at(&ui.radio_value(&mut self.reconstruction, ReconstructionLoss::SquaredError, "(x − x̂)²"));
            ui.radio_value(&mut self.reconstruction, half, "½ (x − x̂)²/σ²");
            ui.radio_value(&mut self.reconstruction, ReconstructionLoss::CrossEntropy, "cross entropy");
        });
        ui.horizontal(|ui| {
            ui.label("over dimensions");
            ui.radio_value(&mut self.over, OverDimensions::Sum, "sum");
            ui.radio_value(&mut self.over, OverDimensions::Mean, "mean")
                .on_hover_text("As torch.nn.functional.mse_loss does");
        });
        // Of PyTorch-VAE is that loss only; with another one its weight is some coefficient.
        let is_pytorch_vae =
            (self.reconstruction, self.over) == (ReconstructionLoss::SquaredError, OverDimensions::Mean);
        if self.kind == WeightKind::KldWeight && !is_pytorch_vae {
            self.kind = WeightKind::Coefficient;
        }
        ui.horizontal(|ui| {
            ui.label("weight of the KL");
            ui.radio_value(&mut self.kind, WeightKind::Coefficient, "coefficient")
                .on_hover_text("The factor in the loss, whatever its name");
            let normalised = ui.radio_value(&mut self.kind, WeightKind::Normalised, "β_norm");
            if normalised.on_hover_text("β m/n of Higgins et al. 2017, beside a sum over the dimensions").clicked() {
                self.over = OverDimensions::Sum;
            }
            let kld_weight = ui.radio_value(&mut self.kind, WeightKind::KldWeight, "kld_weight");
            if kld_weight.on_hover_text("Of PyTorch-VAE, beside the mean of squared errors").clicked() {
                (self.reconstruction, self.over) = (ReconstructionLoss::SquaredError, OverDimensions::Mean);
            }
            ui.add(DragValue::new(&mut self.weight).speed(0.001).range(0.0..=1e9).max_decimals(8));
            if self.reconstruction == half {
                let label = ui.label("σ²");
                ui.add(DragValue::new(&mut self.sigma2).speed(0.001).range(0.0..=1e6).max_decimals(8))
                    .labelled_by(label.id);
            }
        });
    }

    /// Draws the equivalent objective and its b.
    fn meaning(&self, ui: &mut Ui, objective: &EquivalentObjective) {
        let Some(b) = objective.b() else {
            ui.label(format!("β = {}. Cross entropy has no σ², so there is no b.", short(objective.beta)));
            return self.directions(ui, objective);
        };
        ui.label(format!("b = βσ² = {} in units of your data, n = {}", short(b), self.dim));
        let unknown = if self.found.is_some() { "– (each column has its own scale)" } else { "…" };
        let sigma2 = self.sigma2_here(objective).map_or(unknown.to_owned(), short);
        let is_scaled = self.scale().is_some_and(|scale| scale != 1.0);
        let unit = if is_scaled { ", in units of the scaled data" } else { "" };
        ui.strong(format!("β = {}   σ² = {sigma2}{unit}", short(objective.beta)));
        self.directions(ui, objective);
    }

    /// The one scale of the data.
    fn scale(&self) -> Option<f64> {
        self.found.as_ref().and_then(|found| found.scale)
    }

    /// σ² in units of the scaled data.
    fn sigma2_here(&self, objective: &EquivalentObjective) -> Option<f64> {
        self.scale().zip(objective.sigma2).map(|(scale, sigma2)| sigma2 / scale.powi(2))
    }

    /// The buttons. They are always there, so that what has the focus stays.
    fn buttons(
        &self,
        ui: &mut Ui,
        keys: &mut DialogKeys,
        objective: Option<&EquivalentObjective>,
        commands: &CommandQueue,
    ) {
        let here = objective.and_then(|objective| Some((objective.beta, self.sigma2_here(objective)?)));
        let take = ui.add_enabled(here.is_some(), Button::new("Use β and σ²"));
        if let Some((beta, sigma2)) = here.filter(|_| keys.press(&take)) {
            commands.send(UiCommand::Change(Command::Beta(beta)));
            commands.send(UiCommand::Change(Command::Sigma2(sigma2)));
            commands.send(UiCommand::CloseDialogs);
        }
        if keys.button(ui, true, Button::new("Close")).clicked() {
            commands.send(UiCommand::CloseDialogs);
        }
    }

    /// The principal directions of the data, and which collapse.
    fn directions(&self, ui: &mut Ui, objective: &EquivalentObjective) {
        let Some(data) = &self.found else {
            ui.weak("Computing the principal variances of the data…");
            return;
        };
        let found = match data.at(objective, self.latents) {
            Ok(found) => found,
            Err(reason) => {
                ui.weak(format!("Principal directions: – ({reason})"));
                return;
            }
        };
        let threshold = if found.kl_per_dim.is_some() { "b" } else { "β" };
        Grid::new("directions").num_columns(4).striped(true).spacing([18.0, 3.0]).show(ui, |ui| {
            for heading in ["direction", "variance λ", &format!("λ/{threshold}"), "at the optimum"] {
                ui.weak(heading);
            }
            ui.end_row();
            for (i, lambda) in found.variances.values.iter().take((self.latents + 2).min(8)).enumerate() {
                ui.label((i + 1).to_string());
                ui.label(short(*lambda));
                ui.label(short(lambda / found.threshold));
                ui.label(match &found.kl_per_dim {
                    _ if *lambda <= found.threshold => format!("collapses: λ ≤ {threshold}"),
                    _ if i >= self.latents => "no latent left".to_owned(),
                    Some(kl) => format!("KL {:.2} nats", kl[i]),
                    None => "active".to_owned(),
                });
                ui.end_row();
            }
        });
        let (all, above) = (found.variances.values.len(), found.above);
        let more = if above == all && all < data.dim { "At least " } else { "" };
        ui.label(format!("{more}{above} directions have λ > {threshold}; this model has {} latents.", self.latents));
        ui.weak(match &found.kl_per_dim {
            Some(kl) => format!(
                "Expected KL {:.2} nats = ½ Σ log λ/b: the closed form for linear decoders.",
                kl.iter().sum::<f64>()
            ),
            None => "λ is the variance of x/√(p(1 − p)). The collapsed state is stable along directions with λ ≤ β."
                .to_owned(),
        });
    }
}

/// Four significant digits.
fn short(x: f64) -> String {
    let digits = (3.0 - x.abs().max(1e-12).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
