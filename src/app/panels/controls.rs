//! The left panel: what is trained on what, and z*.

use eframe::egui::{Button, ComboBox, DragValue, RichText, Role, ScrollArea, Slider, TextEdit, Ui, WidgetInfo};

use crate::app::action::Action;
use crate::app::draft::Draft;
use crate::app::theme::indexed;
use crate::app::{Motion, SIDES, Selection};
use crate::data::Scene;
use crate::experiment::{Command, Settings, Snapshot};
use crate::nn::Activation;
use crate::vae::{Covariance, DecoderKind};

/// What was asked for in the panel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    /// Change the living run.
    Change(Command),
    /// Another scene.
    Scene(&'static Scene),
    /// The run that the draft describes, from step 0.
    Restart,
    /// The controls of another one of two runs.
    Select(usize),
    /// Something that stands in a menu, too.
    Act(Action),
}

/// What the controls are about.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    /// The newest moment of the run; it may be behind the settings.
    pub snapshot: Option<&'a Snapshot>,
    /// The settings that were asked for last.
    pub settings: &'a mut Settings,
    /// The configuration of the next run.
    pub draft: &'a mut Draft,
    /// How many runs there are.
    pub sides: usize,
    /// Which one this is.
    pub active: usize,
}

/// Draws the panel.
pub(crate) fn show(ui: &mut Ui, desk: Desk<'_>, selection: &mut Selection) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let Desk { snapshot, settings, draft, sides, active } = desk;
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        compare(ui, sides, active, &mut wishes);
        data(ui, draft, &mut wishes);
        ui.separator();
        model(ui, settings, &mut wishes);
        network(ui, draft, snapshot, &mut wishes);
        optimiser(ui, settings, draft, snapshot, &mut wishes);
        ui.separator();
        sliders(ui, selection, snapshot);
    });
    wishes
}

/// Which run is being controlled, and the way to a second one.
fn compare(ui: &mut Ui, sides: usize, active: usize, wishes: &mut Vec<Wish>) {
    ui.horizontal(|ui| {
        ui.heading("Run");
        if sides > 1 {
            for (side, name) in SIDES.into_iter().enumerate() {
                if ui.selectable_label(side == active, format!(" {name} ")).on_hover_text("Control this run").clicked()
                {
                    wishes.push(Wish::Select(side));
                }
            }
        }
        let mut button = |text: &str, help: &str, action: Action| {
            let key = action.shortcut().map_or(String::new(), |s| format!(" ({})", ui.ctx().format_shortcut(&s)));
            if ui.button(text).on_hover_text(format!("{help}{key}")).clicked() {
                wishes.push(Wish::Act(action));
            }
        };
        if sides > 1 {
            button("Swap", "A becomes B and B becomes A", Action::SwapSides);
            button("Only A", "Back to one run; B ends", Action::Compare);
        } else {
            let help = "Beside this run the same data, seed, minibatches and noise with the other covariance";
            button("Compare A | B", help, Action::Compare);
        }
    });
}

fn data(ui: &mut Ui, draft: &Draft, wishes: &mut Vec<Wish>) {
    ui.heading("Data");
    let name = draft.config.origin.scene().map_or(draft.config.origin.name(), |scene| &scene.title);
    ComboBox::from_id_salt("scene")
        .width(ui.available_width() - 12.0)
        .selected_text(name)
        .show_ui(ui, |ui| {
            for scene in Scene::built_in() {
                let chosen = draft.config.origin.scene().is_some_and(|s| s.name == scene.name);
                if ui.selectable_label(chosen, &scene.title).on_hover_text(&scene.summary).clicked() {
                    wishes.push(Wish::Scene(scene));
                }
            }
            ui.separator();
            if ui.selectable_label(false, "Open data…").on_hover_text("CSV, TSV or NPY, a row a sample").clicked() {
                wishes.push(Wish::Act(Action::Open));
            }
        })
        .response
        .on_hover_text("Another scene starts another run");
    if let Some(scene) = draft.config.origin.scene() {
        ui.label(&scene.summary);
        if !scene.look_for.is_empty() {
            ui.collapsing("What to look for", |ui| ui.label(scene.look_for.trim()));
        }
    }
}

fn model(ui: &mut Ui, settings: &mut Settings, wishes: &mut Vec<Wish>) {
    ui.heading("Objective");
    ui.horizontal(|ui| {
        ui.label("covariance");
        for covariance in Covariance::ALL {
            let button = ui.radio_value(&mut settings.objective.covariance, covariance, covariance.name());
            if button.changed() {
                wishes.push(Wish::Change(Command::Covariance(covariance)));
            }
        }
    });
    let objective = &mut settings.objective;
    let beta = Slider::new(&mut objective.beta, 0.01..=100.0).logarithmic(true).text("β").custom_formatter(short);
    if ui.add(beta).on_hover_text("Weight of the KL divergence").changed() {
        wishes.push(Wish::Change(Command::Beta(objective.beta)));
    }
    let sigma2 = Slider::new(&mut objective.sigma2, 1e-3..=1.0).logarithmic(true).text("σ²").custom_formatter(short);
    if ui.add(sigma2).on_hover_text("Fixed variance of p(x|z)").changed() {
        wishes.push(Wish::Change(Command::Sigma2(objective.sigma2)));
    }
    ui.label(format!("b = βσ² = {}", short(objective.b(), 0..=0)))
        .on_hover_text("The only number that the geometry of the optimum depends on");
}

/// Three significant digits, without an exponent.
fn short(x: f64, _decimals: std::ops::RangeInclusive<usize>) -> String {
    let digits = (2.0 - x.abs().max(1e-12).log10().floor()).clamp(0.0, 6.0) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn network(ui: &mut Ui, draft: &mut Draft, snapshot: Option<&Snapshot>, wishes: &mut Vec<Wish>) {
    ui.collapsing("Network (restarts the run)", |ui| {
        let architecture = &mut draft.config.architecture;
        ui.horizontal(|ui| {
            let label = ui.label("latents m");
            ui.add(DragValue::new(&mut architecture.latent_dim).range(1..=16)).labelled_by(label.id);
        });
        ui.horizontal(|ui| {
            let label = ui
                .label("hidden")
                .on_hover_text("Widths of the encoder's hidden layers, from the data on; none: linear");
            let edit = TextEdit::singleline(&mut draft.hidden).desired_width(110.0).hint_text("64, 64");
            ui.add(edit).labelled_by(label.id);
        });
        ComboBox::from_label("activation").selected_text(architecture.activation.name()).show_ui(ui, |ui| {
            for activation in Activation::ALL {
                ui.selectable_value(&mut architecture.activation, activation, activation.name());
            }
        });
        ComboBox::from_label("decoder").selected_text(architecture.decoder.name()).show_ui(ui, |ui| {
            for decoder in DecoderKind::ALL {
                ui.selectable_value(&mut architecture.decoder, decoder, decoder.name());
            }
        });
        match draft.read_hidden() {
            Ok(hidden) => {
                draft.config.architecture.hidden = hidden;
                let differs = snapshot.is_some_and(|s| s.config.architecture != draft.config.architecture);
                let button = Button::new("Restart with this network");
                if ui.add_enabled(differs, button).clicked() {
                    wishes.push(Wish::Restart);
                }
            }
            Err(sentence) => {
                ui.colored_label(ui.visuals().warn_fg_color, sentence);
            }
        }
    });
}

fn optimiser(
    ui: &mut Ui,
    settings: &mut Settings,
    draft: &mut Draft,
    snapshot: Option<&Snapshot>,
    wishes: &mut Vec<Wish>,
) {
    ui.collapsing("Optimiser and seed", |ui| {
        let optimizer = &mut settings.optimizer;
        let lr = Slider::new(&mut optimizer.lr, 1e-4..=1.0).logarithmic(true).text("rate").custom_formatter(short);
        if ui
            .add(lr)
            .on_hover_text("Adam's learning rate before the schedule; any change starts the schedule anew")
            .changed()
        {
            wishes.push(Wish::Change(Command::Lr(optimizer.lr)));
        }
        if let Some(snapshot) = snapshot {
            ui.weak(format!("now {}", short(snapshot.learning_rate, 0..=0)));
        }
        let most = snapshot.map_or(1024, |s| s.data.train.samples().min(4096));
        let batch = Slider::new(&mut optimizer.batch, 1..=most).logarithmic(true).text("batch");
        if ui.add(batch).on_hover_text("Observations in a minibatch").changed() {
            wishes.push(Wish::Change(Command::Batch(optimizer.batch)));
        }
        ui.horizontal(|ui| {
            let label =
                ui.label("seed").on_hover_text("Data, weights, minibatches and noise follow from it; restarts the run");
            let seed = ui.add(DragValue::new(&mut draft.config.seed).range(0..=i64::MAX as u64)).labelled_by(label.id);
            if (seed.drag_stopped() || seed.lost_focus())
                && snapshot.is_some_and(|s| s.config.seed != draft.config.seed)
            {
                wishes.push(Wish::Restart);
            }
        });
    });
}

/// One slider a latent, in prior standard deviations.
fn sliders(ui: &mut Ui, selection: &mut Selection, snapshot: Option<&Snapshot>) {
    let mut play = None;
    let mut button = |ui: &mut Ui, motion: Motion, help: &str, moving: Option<Motion>| {
        let symbol = if moving == Some(motion) { "■" } else { "▶" };
        let response = ui.add(Button::new(symbol).small()).on_hover_text(help);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, help));
        if response.clicked() {
            play = Some(motion);
        }
    };
    ui.horizontal(|ui| {
        ui.heading("z*").on_hover_text("The point of latent space in focus, in prior standard deviations");
        button(ui, Motion::TraverseAll, "All latents through the prior, in phase", selection.motion);
    });
    let Some(snapshot) = snapshot else { return };
    for i in 0..snapshot.latent_dim().min(selection.z.len()) {
        let changed = ui
            .horizontal(|ui| {
                let slider = Slider::new(&mut selection.z[i], -3.0..=3.0)
                    .clamping(eframe::egui::SliderClamping::Never)
                    .fixed_decimals(2)
                    .text(indexed("z", i));
                let changed = ui.add(slider).changed();
                button(ui, Motion::Traverse(i), &format!("{} through the prior", indexed("z", i)), selection.motion);
                changed
            })
            .inner;
        if changed {
            selection.observation = None;
            selection.z[i] = if selection.z[i].is_finite() { selection.z[i].clamp(-20.0, 20.0) } else { 0.0 };
        }
        let kl = snapshot.history.last().and_then(|row| row.kl_per_dim.get(i)).copied();
        let length = snapshot.geometry.column_norms.get(i).copied().unwrap_or(f64::NAN);
        let state = if snapshot.geometry.active.contains(&i) { "" } else { " · collapsed" };
        let kl = kl.map_or(String::new(), |kl| format!("KL {kl:.2} · "));
        ui.label(RichText::new(format!("    {kl}‖J‖ {length:.2}{state}")).small().weak()).on_hover_text(
            "Information this latent carries in nats, and how far one standard deviation moves the data, on average",
        );
    }
    if let Some(motion) = play {
        selection.play(motion);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let format = |x| short(x, 0..=0);
        assert_eq!([0.05, 1.0, 0.012_345, 123.4, 4.0, 33.333].map(format), ["0.05", "1", "0.0123", "123", "4", "33.3"]);
    }
}
