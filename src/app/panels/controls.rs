//! The controls: runs, data, objective, network, optimiser, z*.

use eframe::egui::{
    Button, Checkbox, CollapsingHeader, ComboBox, DragValue, Panel, RadioButton, Response, ScrollArea, Slider,
    SliderClamping, StrokeKind, TextEdit, Ui,
};

use super::latent_sliders::latent_sliders;
use super::regularizer::regularizer;
use super::scene_numbers::scene_numbers;
use super::slider::{HOME, returns, short, true_to_value};
use crate::app::config_draft::ConfigDraft;
use crate::data::{CentreAndScale, Scale, Scene};
use crate::experiment::{CollapseJump, Command, OWN_SAMPLES, Origin, Settings, Snapshot};
use crate::geometry::{Rotation, Undefined, chance_distance};
use crate::launch::preparation;
use crate::nn::{Activation, OptimizerKind};
use crate::vae::{Covariance, DecoderKind, Likelihood, PosteriorFactor, Regularizer, SIGMA2_RANGE};
use crate::viz::command::{CommandQueue, UiCommand};
use crate::viz::draw::focus_in_sight::keep_focus_in_sight;
use crate::viz::selection::Selection;
use crate::viz::symbol::Symbol;
use crate::viz::views::key_of;

/// The state that the controls show and edit.
#[derive(Debug)]
pub(crate) struct ControlsState<'a> {
    /// The shown snapshot of the active run; it may be older than the settings.
    pub snapshot: Option<&'a Snapshot>,
    /// The settings that were asked for last.
    pub settings: &'a mut Settings,
    /// The configuration of the next run.
    pub draft: &'a mut ConfigDraft,
    /// The names of the runs.
    pub names: &'a [String],
    /// The steps by which one of two runs is behind the other.
    pub behind: u64,
    /// The active run.
    pub active: usize,
    /// The seed stays when another scene is chosen.
    pub keeps_seed: &'a mut bool,
    /// The queue of the window.
    pub commands: &'a CommandQueue,
}

/// Draws the panel.
pub(crate) fn show(ui: &mut Ui, state: ControlsState<'_>, selection: &mut Selection) {
    let ControlsState { snapshot, settings, draft, names, behind, active, keeps_seed, commands } = state;
    // z* stays in sight: as high as its sliders were in the frame before.
    let id = ui.scope_id().with("height of z*");
    let height: f32 = ui.ctx().data(|data| data.get_temp(id)).unwrap_or(0.0);
    let most = SHARE_OF_Z * ui.available_height();
    Panel::bottom("z*").resizable(false).exact_size(height.clamp(LEAST_OF_Z, most.max(LEAST_OF_Z))).show(ui, |ui| {
        let area = ScrollArea::vertical().id_salt("z*").auto_shrink(false).show(ui, |ui| {
            latent_sliders(ui, selection, snapshot);
            keep_focus_in_sight(ui);
        });
        let needed = area.content_size.y + FRAME_OF_Z;
        if needed != height {
            ui.ctx().data_mut(|data| data.insert_temp(id, needed));
            ui.ctx().request_discard("z* needs another height");
        }
    });
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        compare(ui, names, behind, active, commands);
        data(ui, draft, snapshot, commands);
        ui.separator();
        let likelihood = snapshot.map_or_else(Likelihood::default, |s| s.config.architecture.likelihood);
        let samples = snapshot.map_or(1000, |s| s.data.train.samples());
        let b = objective(ui, settings, likelihood, samples, draft, commands);
        if !draft.config.lacks_objective(settings) {
            regularizer(ui, &mut settings.objective.regularizer, commands);
        }
        if b.contains_pointer() {
            selection.pointed = Some(Symbol::B);
        }
        if selection.emphasises(Symbol::B) {
            ui.painter().rect_stroke(b.rect.expand(2.0), 2.0, ui.visuals().selection.stroke, StrokeKind::Outside);
        }
        if let Some(snapshot) = snapshot.filter(|snapshot| keeps_axes(snapshot, settings)) {
            full_keeps_axes(ui, snapshot, commands);
        }
        if let Some(jump) = snapshot.and_then(|snapshot| snapshot.collapse_jump) {
            ui.label("b jumped near collapse: the result depends on the path.").on_hover_text(jump_help(&jump));
        }
        network(ui, draft, snapshot, commands);
        optimiser(ui, settings, draft, snapshot, commands);
        seed(ui, draft, snapshot, keeps_seed, commands);
        keep_focus_in_sight(ui);
    });
}

/// The most of the panel that z* takes.
const SHARE_OF_Z: f32 = 0.4;

/// The height of z* at least, and what its frame adds to that of its sliders.
const LEAST_OF_Z: f32 = 40.0;
const FRAME_OF_Z: f32 = 6.0;

/// The meaning of a jump of b past the collapse of a direction.
fn jump_help(jump: &CollapseJump) -> String {
    let [before, after] = jump.b.map(|b| short(b, 0..=0));
    format!(
        "After step {} b went from {before} to {after} at once; a direction of the data has the variance {}. Near it the collapsed and the \
         active state gain nearly the same, and beyond it the collapsed one is stable: where a run ends depends on how it came \
         there, and on its seed. Lower b and raise it in small steps to follow the active state",
        jump.step,
        short(jump.variance, 0..=0)
    )
}

/// The active run, and the second run.
fn compare(ui: &mut Ui, names: &[String], behind: u64, active: usize, commands: &CommandQueue) {
    let runs = names.len();
    ui.horizontal_wrapped(|ui| {
        ui.heading("Run");
        let mut button = |text: &str, help: &str, command: UiCommand| {
            let key = key_of(&command).map_or(String::new(), |s| format!(" ({})", ui.ctx().format_shortcut(&s)));
            if ui.button(text).on_hover_text(format!("{help}{key}")).clicked() {
                commands.send(command);
            }
        };
        if runs > 1 {
            button("Swap", "Let A become B and B become A", UiCommand::SwapRuns);
            button("Only A", "Go back to one run; B ends", UiCommand::Compare);
            let help = format!("One run is {behind} steps behind the other; start both again from step 0");
            ui.add_enabled_ui(behind > FAR_BEHIND, |ui| {
                if ui.button("Start together").on_hover_text(help).clicked() {
                    commands.send(UiCommand::Restart);
                }
            });
        } else {
            let help = "Add a second run with the other covariance; data, seed, minibatches and noise are the same";
            button("Compare A | B", help, UiCommand::Compare);
        }
    });
    // Each on a line of its own, which a long name does not make wider.
    for (run, name) in names.iter().enumerate().filter(|_| runs > 1) {
        let button = Button::selectable(run == active, name).truncate();
        if ui.add(button).on_hover_text(format!("Control this run: {name}")).clicked() {
            commands.send(UiCommand::SelectRun(run));
        }
    }
}

fn data(ui: &mut Ui, draft: &mut ConfigDraft, snapshot: Option<&Snapshot>, commands: &CommandQueue) {
    ui.heading("Data");
    let name = draft.config.origin.scene().map_or(draft.config.origin.name(), |scene| &scene.title);
    ComboBox::from_id_salt("scene")
        .width(ui.available_width() - 12.0)
        .selected_text(name)
        .show_ui(ui, |ui| {
            for scene in Scene::built_in() {
                let chosen = draft.config.origin.scene().is_some_and(|s| s.name == scene.name);
                if ui.selectable_label(chosen, &scene.title).on_hover_text(&scene.summary).clicked() {
                    commands.send(UiCommand::SetScene(Box::new(scene.clone())));
                }
            }
            ui.separator();
            if ui
                .selectable_label(false, "Open data…")
                .on_hover_text("Text, arrays or pictures, one row per sample")
                .clicked()
            {
                commands.send(UiCommand::ShowOpenDialog);
            }
        })
        .response
        .on_hover_text("Choosing a scene starts a new run");
    if let Some(scene) = draft.config.origin.scene() {
        ui.label(&scene.summary);
        if !scene.look_for.is_empty() {
            CollapsingHeader::new("What to look for").default_open(true).show(ui, |ui| ui.label(scene.look_for.trim()));
        }
        scene_numbers(ui, draft, snapshot, commands);
    } else if draft.config.origin.model().is_some() {
        ui.label(format!("A model from a file, not trained here. What stands in the place of data are {OWN_SAMPLES}."));
    } else if let Origin::File { import, .. } = &draft.config.origin {
        ui.label(preparation(import));
        if let Some(CentreAndScale { scale: Scale::One(scale), .. }) =
            snapshot.and_then(|s| s.data.centre_and_scale.as_ref())
        {
            ui.label(format!("scale = {}", short(*scale, 0..=0))).on_hover_text(
                "Root of the mean variance of the columns over the training rows. Multiply by it, and σ² by its square, to return to \
                 the units of the file",
            );
        }
    }
}

/// Why an objective without a regulariser has no choice of β and covariance.
const AUTOENCODER: &str = "A plain autoencoder has no KL divergence, and a point in the place of its posterior";

/// Covariance, β and σ². Gives the line of b.
fn objective(
    ui: &mut Ui,
    settings: &mut Settings,
    likelihood: Likelihood,
    samples: usize,
    draft: &mut ConfigDraft,
    commands: &CommandQueue,
) -> Response {
    ui.heading("Objective");
    let has_posterior = settings.objective.regularizer != Regularizer::None;
    ui.horizontal(|ui| {
        ui.label("covariance");
        for covariance in Covariance::ALL {
            let button = RadioButton::new(settings.objective.covariance == covariance, covariance.name());
            if ui.add_enabled(has_posterior, button).on_disabled_hover_text(AUTOENCODER).clicked() {
                settings.objective.covariance = covariance;
                commands.send(UiCommand::Change(Command::Covariance(covariance)));
            }
        }
    });
    if draft.config.lacks_objective(settings) {
        return unknown_objective(ui, settings, draft, commands);
    }
    let home = draft.config.origin.defaults(samples);
    let objective = &mut settings.objective;
    let beta = true_to_value(Slider::new(&mut objective.beta, 0.01..=100.0)).text("β");
    let beta = ui.add_enabled(has_posterior, beta).on_disabled_hover_text(AUTOENCODER);
    let beta = beta.on_hover_text(format!("Weight of the KL divergence. {HOME}"));
    if returns(ui, &beta, &mut objective.beta, home.beta) || beta.changed() {
        commands.send(UiCommand::Change(Command::Beta(objective.beta)));
    }
    if likelihood == Likelihood::Bernoulli {
        let why = Undefined::NoVariance.to_string();
        ui.add_enabled_ui(false, |ui| {
            let mut none = 1.0;
            let sigma2 =
                Slider::new(&mut none, 1e-3..=1.0).logarithmic(true).text("σ²").custom_formatter(|_, _| "–".to_owned());
            ui.add(sigma2).on_disabled_hover_text(&why);
        });
        return match settings.without_b() {
            Some(reason) => ui.label("b = β: –").on_hover_text(reason.to_string()),
            None => ui.label(format!("b = β = {}", short(settings.objective.b(), 0..=0))).on_hover_text(why),
        };
    }
    let slider = true_to_value(Slider::new(&mut objective.sigma2, 1e-3..=1.0)).text("σ²");
    let slider = ui
        .add_enabled(!objective.learns_sigma2, slider)
        .on_hover_text(format!("Fixed variance of p(x|z). {HOME}"))
        .on_disabled_hover_text(
            "σ² is learned: it follows the mean squared error per coordinate. Untick to fix it here",
        );
    let returned = !objective.learns_sigma2 && returns(ui, &slider, &mut objective.sigma2, home.sigma2);
    if returned || slider.changed() {
        commands.send(UiCommand::Change(Command::Sigma2(objective.sigma2)));
    }
    let line = ui.horizontal(|ui| {
        let b = match settings.without_b() {
            Some(why) => ui.label("b = βσ²: –").on_hover_text(why.to_string()),
            None => ui
                .label(format!("b = βσ² = {}", short(settings.objective.b(), 0..=0)))
                .on_hover_text("The only number that the geometry of the optimum depends on"),
        };
        if draft.config.origin.model().is_none() {
            learned(ui, settings, commands);
        }
        b
    });
    if settings.objective.is_at_floor() {
        ui.label(format!("σ² is at its least value, {}.", SIGMA2_RANGE[0])).on_hover_text(
            "The reconstruction is so good that the likelihood knows no bound. Fix σ², or take fewer latents",
        );
    }
    line.inner
}

/// The tick that lets σ² be learned; without it, σ² stays where it is.
fn learned(ui: &mut Ui, settings: &mut Settings, commands: &CommandQueue) {
    let objective = &mut settings.objective;
    let can_learn = objective.learns_sigma2 || settings.optimizer.kind != OptimizerKind::Lbfgs;
    let tick = ui
        .add_enabled(can_learn, Checkbox::new(&mut objective.learns_sigma2, "learn σ²"))
        .on_hover_text("Learn the variance of p(x|z) with the weights. From β = n/k on no optimum has k active latents: some must collapse")
        .on_disabled_hover_text("L-BFGS remembers one objective, which a learned σ² changes with every step");
    if tick.changed() {
        let command =
            if objective.learns_sigma2 { Command::LearnSigma2(None) } else { Command::Sigma2(objective.sigma2) };
        commands.send(UiCommand::Change(command));
    }
}

/// β and σ² of a model whose file says neither. One alone would mean nothing: they are set together.
fn unknown_objective(
    ui: &mut Ui,
    settings: &mut Settings,
    draft: &mut ConfigDraft,
    commands: &CommandQueue,
) -> Response {
    for (name, text) in ["β", "σ²"].into_iter().zip(&mut draft.objective) {
        ui.horizontal(|ui| {
            let label = ui.label(name);
            let edit = TextEdit::singleline(text).desired_width(110.0).hint_text("not in the file");
            ui.add(edit).labelled_by(label.id);
        });
    }
    let both = draft.read_objective();
    let set = ui
        .add_enabled(both.is_some(), Button::new("Set both"))
        .on_hover_text("Measure the model as one that was trained with them")
        .on_disabled_hover_text("Write β and σ² as positive numbers; Run ▸ Which β… translates another loss");
    if let Some((beta, sigma2)) = both.filter(|_| set.clicked()) {
        (settings.objective.beta, settings.objective.sigma2) = (beta, sigma2);
        commands.send(UiCommand::Change(Command::Sigma2(sigma2)));
        commands.send(UiCommand::Change(Command::Beta(beta)));
    }
    ui.label("b = βσ²: –").on_hover_text(Undefined::NoObjective.to_string())
}

/// Two runs in step are as many steps apart as happens while each takes its turn.
const FAR_BEHIND: u64 = 200;

/// True if a run that began with diagonal posteriors, and has found the axes, now has full ones and was never rotated: it stays there.
fn keeps_axes(snapshot: &Snapshot, settings: &Settings) -> bool {
    let full =
        settings.objective.covariance == Covariance::Full && snapshot.config.objective.covariance != Covariance::Full;
    let has_posterior = settings.objective.regularizer != Regularizer::None;
    let geometry = &snapshot.geometry;
    let is_on_axes = geometry.dto.is_ok_and(|dto| dto < 0.5 * chance_distance(geometry.active.len()));
    full && has_posterior
        && is_on_axes
        && !snapshot.log.iter().any(|logged| matches!(logged.command, Command::Rotate(_)))
}

/// Says so, with the two ways to see a difference.
fn full_keeps_axes(ui: &mut Ui, snapshot: &Snapshot, commands: &CommandQueue) {
    ui.label("A full posterior has no reason to leave these axes.");
    ui.horizontal(|ui| {
        let help = "Rotate the latents by 30°: diagonal posteriors would turn back, full ones stay";
        let rotation = Rotation { degrees: 30.0, plane: [0, 1] };
        if ui.add_enabled(snapshot.latent_dim() > 1, Button::new("Rotate by 30°")).on_hover_text(help).clicked() {
            commands.send(UiCommand::RotateLatents(rotation));
        }
        if ui.button("Restart with full").on_hover_text("Start again from step 0 with full posteriors").clicked() {
            commands.send(UiCommand::Restart);
        }
    });
}

fn network(ui: &mut Ui, draft: &mut ConfigDraft, snapshot: Option<&Snapshot>, commands: &CommandQueue) {
    ui.collapsing("Network (restarts the run)", |ui| {
        if let Some(snapshot) = snapshot {
            likelihood(ui, draft, snapshot);
        }
        let architecture = &mut draft.config.architecture;
        ui.horizontal(|ui| {
            let label = ui.label("latents m");
            // A session may have more than one drags to.
            let drag = DragValue::new(&mut architecture.latent_dim).range(1..=16).clamp_existing_to_range(false);
            ui.add(drag).labelled_by(label.id);
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
        ComboBox::from_label("full covariance").selected_text(formula(architecture.factor)).show_ui(ui, |ui| {
            for factor in PosteriorFactor::ALL {
                ui.selectable_value(&mut architecture.factor, factor, formula(factor))
                    .on_hover_text(help_for_factor(factor));
            }
        });
        match draft.read_hidden() {
            Ok(hidden) => {
                draft.config.architecture.hidden = hidden;
                let differs = snapshot.is_some_and(|s| s.config.architecture != draft.config.architecture);
                let button = Button::new("Restart with this network");
                if ui.add_enabled(differs, button).clicked() {
                    commands.send(UiCommand::SetNetwork(Box::new(draft.config.architecture.clone())));
                }
            }
            Err(sentence) => {
                ui.colored_label(ui.visuals().warn_fg_color, sentence);
            }
        }
    });
}

/// The family of p(x|z), and why the data do not suit it.
fn likelihood(ui: &mut Ui, draft: &mut ConfigDraft, snapshot: &Snapshot) {
    let mut chosen = draft.config.architecture.likelihood;
    ComboBox::from_label("likelihood").selected_text(chosen.name()).show_ui(ui, |ui| {
        for likelihood in Likelihood::ALL {
            ui.selectable_value(&mut chosen, likelihood, likelihood.name()).on_hover_text(match likelihood {
                Likelihood::Gaussian => "p(x|z) = N(x̂, σ² I)",
                Likelihood::Bernoulli => {
                    "x̂ = sigmoid(η), for observations in [0, 1]; no σ². Numbers about J are then in the Fisher metric"
                }
            });
        }
    });
    if chosen != draft.config.architecture.likelihood {
        draft.choose_likelihood(chosen, &snapshot.data);
    }
    if let Some(sentence) = &draft.refused {
        ui.colored_label(ui.visuals().warn_fg_color, sentence);
    }
}

fn optimiser(
    ui: &mut Ui,
    settings: &mut Settings,
    draft: &mut ConfigDraft,
    snapshot: Option<&Snapshot>,
    commands: &CommandQueue,
) {
    ui.collapsing("Optimiser", |ui| {
        let optimizer = &mut settings.optimizer;
        ComboBox::from_label("method").selected_text(label_of_optimizer(optimizer.kind)).show_ui(ui, |ui| {
            let architecture = &draft.config.architecture;
            let is_linear = architecture.is_linear() && architecture.has_closed_forms();
            for kind in OptimizerKind::ALL.into_iter().filter(|kind| *kind != OptimizerKind::Lbfgs || is_linear) {
                let choice = ui
                    .selectable_value(&mut optimizer.kind, kind, label_of_optimizer(kind))
                    .on_hover_text(help_for_optimizer(kind));
                if choice.changed() {
                    commands.send(UiCommand::Change(Command::Optimizer(kind)));
                }
            }
        });
        let is_exact = optimizer.kind == OptimizerKind::Lbfgs;
        if is_exact {
            ui.weak("no rate, no minibatches").on_hover_text(help_for_optimizer(optimizer.kind));
        }
        let lr = true_to_value(Slider::new(&mut optimizer.lr, 1e-4..=1.0)).text("rate");
        let home = draft.config.origin.defaults(snapshot.map_or(1000, |s| s.data.train.samples()));
        if !is_exact {
            let help = "Learning rate at the plateaus of its cycles; any change begins another first cycle";
            let lr = ui.add(lr).on_hover_text(format!("{help}. {HOME}"));
            if returns(ui, &lr, &mut optimizer.lr, home.lr) || lr.changed() {
                commands.send(UiCommand::Change(Command::Lr(optimizer.lr)));
            }
        }
        if let Some(snapshot) = snapshot.filter(|_| !is_exact) {
            ui.weak(format!("now {}", short(snapshot.learning_rate(), 0..=0)));
        }
        let most = snapshot.map_or(1024, |s| s.data.train.samples().min(4096));
        let batch = Slider::new(&mut optimizer.batch, 1..=most).logarithmic(true).text("batch");
        let batch = batch.clamping(SliderClamping::Edits).update_while_editing(false);
        if !is_exact {
            let batch = ui.add(batch).on_hover_text(format!("Observations in a minibatch. {HOME}"));
            if returns(ui, &batch, &mut optimizer.batch, home.batch) || batch.changed() {
                commands.send(UiCommand::Change(Command::Batch(optimizer.batch)));
            }
        }
    });
}

fn seed(
    ui: &mut Ui,
    draft: &mut ConfigDraft,
    snapshot: Option<&Snapshot>,
    keeps_seed: &mut bool,
    commands: &CommandQueue,
) {
    ui.horizontal(|ui| {
        let label =
            ui.label("seed").on_hover_text("Data, weights, minibatches and noise follow from it; restarts the run");
        let seed = ui.add(DragValue::new(&mut draft.config.seed).range(0..=i64::MAX as u64)).labelled_by(label.id);
        if (seed.drag_stopped() || seed.lost_focus()) && snapshot.is_some_and(|s| s.config.seed != draft.config.seed) {
            commands.send(UiCommand::SetSeed(draft.config.seed));
        }
        ui.checkbox(keeps_seed, "keep").on_hover_text("Another scene begins with this seed; otherwise with seed 0");
    });
}

fn label_of_optimizer(kind: OptimizerKind) -> &'static str {
    match kind {
        OptimizerKind::Adam => "Adam",
        OptimizerKind::AdamEquivariant => "equivariant Adam",
        OptimizerKind::Sgd => "SGD, momentum",
        OptimizerKind::Lbfgs => "L-BFGS",
    }
}

fn help_for_optimizer(kind: OptimizerKind) -> &'static str {
    match kind {
        OptimizerKind::Adam => {
            "Scales each weight by its own second moment, so it depends on the latent axes: it slowly walks full posteriors \
             towards them, too"
        }
        OptimizerKind::AdamEquivariant => {
            "Adam with second moments shared over the latents. With full covariance exp 2H, training commutes with rotations of \
             the latents: a theorem, up to rounding"
        }
        OptimizerKind::Sgd => "Gradient descent with momentum .9 on σ² times the loss; needs other rates than Adam",
        OptimizerKind::Lbfgs => {
            "Quasi-Newton steps on the exact objective of all training data: no minibatches, no noise, no learning rate. Only \
             for linear encoders and decoders (no hidden layers)"
        }
    }
}

fn formula(factor: PosteriorFactor) -> &'static str {
    match factor {
        PosteriorFactor::Cholesky => "L Lᵀ",
        PosteriorFactor::Exponential => "exp 2H",
    }
}

fn help_for_factor(factor: PosteriorFactor) -> &'static str {
    match factor {
        PosteriorFactor::Cholesky => "Cholesky factor: lower triangular, which orders the latents",
        PosteriorFactor::Exponential => {
            "H symmetric: no latent is singled out. With equivariant Adam, training commutes with rotations of the latents"
        }
    }
}
