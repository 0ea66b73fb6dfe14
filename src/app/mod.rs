//! The window. User → [`Action`] or control → request → trainer; snapshot → [`Stage`] → views.

mod action;
pub mod analysis;
mod draft;
mod focus;
mod layout;
mod marks;
mod painter3;
mod panels;
mod projection;
mod selection;
mod stage;
mod theme;
pub mod views;
mod window;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use eframe::egui::{self, CentralPanel, ColorImage, Context, Panel, Rect, Theme, Ui};

pub use action::Action;
pub use analysis::Analyst;
pub use focus::Focus;
pub use painter3::Painter3;
pub use projection::Projection;
pub use selection::{Layers, Selection};
pub use stage::Stage;
pub use theme::{Palette, install};
pub use window::window;

use serde::{Deserialize, Serialize};

use crate::data::{Dataset, Scene, generate, own_dataset};
use crate::experiment::{Config, Experiment, Origin, Settings, Snapshot};
use crate::io::read_table;
use crate::trainer::{self, Request, Trainer};
use draft::Draft;
use layout::Layout;
use panels::controls::Wish;
use panels::{open, save};
use views::View;

/// What is kept from one start to the next, under a key that says which version it is.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    layout: Layout,
    layers: Layers,
}

const KEPT: &str = "views_v2";

/// The run that a window starts with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// What it starts from.
    pub config: Config,
    /// Its data.
    pub data: Arc<Dataset>,
    /// Whether it trains at once.
    pub running: bool,
}

/// The window's state.
#[derive(Debug)]
pub struct App {
    trainer: Option<Trainer>,
    /// Requests sent to the present trainer.
    asked: u64,
    data: Arc<Dataset>,
    view: Option<trainer::View>,
    /// The settings that were asked for last.
    settings: Settings,
    draft: Draft,
    selection: Selection,
    projection: Projection,
    focus: Option<Focus>,
    painter3: Painter3,
    analyst: Analyst,
    layout: Layout,
    pace: Option<f64>,
    notice: Option<String>,
    noticed: u64,
    help: bool,
    opening: Option<open::OpenDialog>,
    saving: Option<save::SaveDialog>,
    folder: PathBuf,
    screenshots: (Sender<Shot>, Receiver<Shot>),
    /// Where each view was drawn last.
    places: Vec<(View, Rect)>,
    ctx: Context,
}

/// A screenshot on its way back.
type Shot = (Arc<ColorImage>, Option<View>);

impl App {
    /// The window on a run. `painter3` draws data in three dimensions, `analyst` computes what takes long.
    pub fn new(ctx: &Context, opening: Opening, painter3: Painter3, analyst: Analyst) -> Self {
        install(ctx);
        let Opening { config, data, running } = opening;
        let mut app = Self {
            trainer: None,
            asked: 0,
            view: None,
            settings: config.settings(),
            draft: Draft::new(config),
            selection: Selection::default(),
            projection: Projection::new(&data),
            data,
            focus: None,
            painter3,
            analyst,
            layout: Layout::default(),
            pace: None,
            notice: None,
            noticed: 0,
            help: false,
            opening: None,
            saving: None,
            folder: std::env::current_dir().unwrap_or_default(),
            screenshots: channel(),
            places: Vec::new(),
            ctx: ctx.clone(),
        };
        app.start(running);
        app
    }

    /// Brings back the views as they were left; what does not fit any more is forgotten. The first start is light, as
    /// projectors and paper are.
    pub fn recall(&mut self, storage: Option<&dyn eframe::Storage>) {
        match storage.and_then(|storage| eframe::get_value(storage, KEPT)) {
            Some(Kept { layout, layers }) if layout.is_whole() => {
                self.layout = layout;
                self.selection.layers = layers;
            }
            Some(_) => {}
            None => self.ctx.set_theme(Theme::Light),
        }
    }

    /// z* and what is shown.
    pub fn selection(&mut self) -> &mut Selection {
        &mut self.selection
    }

    /// The newest snapshot that was drawn.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.view.as_ref().map(|view| &view.snapshot)
    }

    /// Whether the run is training.
    pub fn is_running(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.running)
    }

    /// What the window has to say.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Where pictures are saved unless one says otherwise.
    pub fn set_folder(&mut self, folder: &Path) {
        folder.clone_into(&mut self.folder);
    }

    /// Starts the run that the draft describes; the one before ends.
    fn start(&mut self, running: bool) {
        let (config, data, ctx) = (self.draft.config.clone(), Arc::clone(&self.data), self.ctx.clone());
        self.settings = config.settings();
        let build = move || Experiment::new(config, data).map_err(|e| e.to_string());
        match Trainer::spawn(build, move || ctx.request_repaint()) {
            Ok(trainer) => {
                self.trainer = Some(trainer);
                self.asked = 0;
                self.noticed = 0;
                self.ask(Request::Pace(self.pace));
                if running {
                    self.ask(Request::Run);
                }
            }
            Err(error) => self.notice = Some(format!("the run cannot be started ({error}); close other programs")),
        }
    }

    fn ask(&mut self, request: Request) {
        if let Some(trainer) = &self.trainer {
            trainer.ask(request);
            self.asked += 1;
        }
    }

    /// Takes the newest view of the run.
    fn look(&mut self) {
        let Some(newest) = self.trainer.as_ref().and_then(Trainer::read) else { return };
        match &*newest {
            Ok(view) => {
                if let Some((count, sentence)) = &view.notice
                    && *count > self.noticed
                {
                    self.noticed = *count;
                    self.notice = Some(sentence.clone());
                }
                if view.served >= self.asked {
                    // Everything that was asked for is in: what differs now was refused or undone.
                    self.settings = view.snapshot.settings;
                }
                self.selection.fit(view.snapshot.latent_dim(), view.snapshot.encodings.columns());
                self.view = Some(view.clone());
            }
            Err(sentence) => {
                self.notice = Some(sentence.clone());
                self.trainer = None;
            }
        }
    }

    fn obey(&mut self, wish: &Wish) {
        let running = self.is_running();
        match wish {
            Wish::Change(command) => self.ask(Request::Command(*command)),
            Wish::Scene(scene) => self.open_scene((*scene).clone()),
            Wish::Restart => self.restart(running),
            Wish::OpenData => self.opening = Some(open::OpenDialog::default()),
        }
    }

    /// Starts the run of a scene.
    pub fn open_scene(&mut self, scene: Scene) {
        let (seed, samples) = (self.draft.config.seed, scene.generator.samples);
        let data = Arc::new(generate(&scene, seed));
        self.replace(Config::new(Origin::Scene(Box::new(scene)), seed, samples), data);
    }

    /// Starts a run on a file of one's own; if it can't be used, everything stays as it is.
    pub fn open_file(&mut self, path: &Path) {
        let seed = self.draft.config.seed;
        let outcome = read_table(path).map_err(|e| e.to_string()).and_then(|file| {
            let data = own_dataset(&file.table, seed).map_err(|e| format!("{e}: {}", path.display()))?;
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            Ok((Config::new(Origin::File { name, sha256: file.sha256 }, seed, data.train.samples()), data))
        });
        match outcome {
            Ok((config, data)) => self.replace(config, Arc::new(data)),
            Err(sentence) => self.notice = Some(sentence),
        }
    }

    fn replace(&mut self, config: Config, data: Arc<Dataset>) {
        self.draft = Draft::new(config);
        self.projection = Projection::new(&data);
        self.data = data;
        self.selection = Selection { layers: self.selection.layers, ..Selection::default() };
        (self.view, self.focus, self.notice) = (None, None, None);
        self.start(true);
    }

    /// The same run from step 0, with the settings that the controls show.
    fn restart(&mut self, running: bool) {
        self.draft.config.objective = self.settings.objective;
        self.draft.config.optimizer = self.settings.optimizer;
        if let Origin::Scene(scene) = &self.draft.config.origin
            && self.view.as_ref().is_none_or(|view| view.snapshot.config.seed != self.draft.config.seed)
        {
            self.data = Arc::new(generate(scene, self.draft.config.seed));
            self.projection = Projection::new(&self.data);
        }
        self.notice = None;
        self.start(running);
    }

    /// Does what a menu or a key says.
    pub fn act(&mut self, action: Action) {
        let running = self.is_running();
        match action {
            Action::RunOrPause => self.ask(if running { Request::Pause } else { Request::Run }),
            Action::Step => self.ask(Request::Steps(1)),
            Action::ManySteps => self.ask(Request::Steps(100)),
            Action::Restart => self.restart(running),
            Action::NewSeed => {
                self.draft.config.seed = self.draft.config.seed.wrapping_add(1).min(i64::MAX as u64);
                self.restart(running);
            }
            Action::SwitchCovariance => {
                let [diagonal, full] = crate::vae::Covariance::ALL;
                let covariance = &mut self.settings.objective.covariance;
                *covariance = if *covariance == diagonal { full } else { diagonal };
                let command = crate::experiment::Command::Covariance(*covariance);
                self.ask(Request::Command(command));
            }
            Action::OpenData => self.opening = Some(open::OpenDialog::default()),
            Action::SaveWindow => self.shoot(None),
            Action::SaveView(view) => self.shoot(Some(view)),
            Action::Maximise(view) => {
                self.layout.alone = if self.layout.alone == Some(view) { None } else { Some(view) };
            }
            Action::ResetView => {
                self.layout = Layout::default();
                self.selection = Selection { layers: self.selection.layers, ..Selection::default() };
                if let Some(view) = &self.view {
                    self.selection.fit(view.snapshot.latent_dim(), view.snapshot.encodings.columns());
                }
            }
            Action::Look(key) => {
                if let (Some(view), Some(focus)) = (&self.view, &self.focus)
                    && self.projection.dims() == 3
                {
                    let (projection, analyst) = (&self.projection, &self.analyst);
                    let stage = Stage { snapshot: &view.snapshot, focus, projection, analyst };
                    views::space::look(&mut self.selection, key, &stage);
                }
            }
            Action::Nudge(key) => views::latent::nudge(&mut self.selection, key),
            Action::SwitchTheme => {
                let theme = if self.ctx.theme() == Theme::Dark { Theme::Light } else { Theme::Dark };
                self.ctx.set_theme(theme);
            }
            Action::Help => self.help = !self.help,
            Action::Escape => {
                if self.help || self.opening.is_some() || self.saving.is_some() {
                    (self.help, self.opening, self.saving) = (false, None, None);
                } else {
                    self.layout.alone = None;
                }
            }
            Action::Quit => self.ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    /// Asks for a screenshot; it comes back after the frame has been drawn.
    fn shoot(&mut self, view: Option<View>) {
        let (sender, ctx) = (self.screenshots.0.clone(), self.ctx.clone());
        self.ctx.request_screenshot(move |image| {
            // The window may have gone meanwhile.
            drop(sender.send((image, view)));
            ctx.request_repaint();
        });
    }

    fn take_screenshot(&mut self) {
        let Ok((image, view)) = self.screenshots.1.try_recv() else { return };
        let scale = self.ctx.pixels_per_point();
        let place = view.and_then(|view| self.places.iter().find(|(v, _)| *v == view)).map(|(_, rect)| *rect);
        let picture = place.map_or_else(|| (*image).clone(), |rect| save::crop(&image, rect, scale));
        let what = view.map_or("window", View::name);
        let name = self.file_name(what);
        self.saving = Some(save::SaveDialog::new(picture, scale, &self.folder, &name));
    }

    /// scene_covariance_beta_seed_step_view.
    fn file_name(&self, what: &str) -> String {
        let Some(view) = &self.view else { return format!("unpick_{what}") };
        let snapshot = &view.snapshot;
        let name: String =
            snapshot.config.origin.name().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let objective = &snapshot.settings.objective;
        let (covariance, beta) = (objective.covariance.name(), objective.beta);
        format!("{name}_{covariance}_beta{beta}_seed{}_step{:06}_{what}", snapshot.config.seed, snapshot.step)
    }

    fn keys(ctx: &Context) -> Vec<Action> {
        let free = panels::top::keys_are_free(ctx);
        let fires = |action: &Action| {
            let Some(shortcut) = action.shortcut() else { return false };
            let plain = !shortcut.modifiers.command;
            let always = matches!(action, Action::Escape | Action::Help);
            (!plain || free || always) && ctx.input_mut(|i| i.consume_shortcut(&shortcut))
        };
        Action::ALL.into_iter().filter(fires).collect()
    }

    fn dialogs(&mut self, ctx: &Context) {
        panels::help::show(ctx, &mut self.help);
        if let Some(dialog) = &mut self.opening {
            match dialog.show(ctx) {
                open::Outcome::Open => {}
                open::Outcome::Cancelled => self.opening = None,
                open::Outcome::Chosen(path) => {
                    self.opening = None;
                    self.open_file(&path);
                }
            }
        }
        if let Some(dialog) = &mut self.saving {
            match dialog.show(ctx) {
                save::Outcome::Open => {}
                save::Outcome::Cancelled => self.saving = None,
                save::Outcome::Saved(path) => {
                    if let Some(folder) = path.parent() {
                        folder.clone_into(&mut self.folder);
                    }
                    self.notice = Some(format!("saved {}", path.display()));
                    self.saving = None;
                }
            }
        }
    }

    /// One frame.
    pub fn frame(&mut self, ui: &mut Ui) {
        self.look();
        self.take_screenshot();
        let ctx = ui.ctx().clone();
        let dropped = ctx.input(|i| i.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
        if let Some(path) = dropped {
            self.open_file(&path);
        }
        let mut actions = Self::keys(&ctx);

        let mut pace = self.pace;
        let paced =
            Panel::top("menu").show(ui, |ui| panels::top::show(ui, self.view.as_ref(), &mut pace, &mut actions));
        if paced.inner {
            self.pace = pace;
            self.ask(Request::Pace(pace));
        }
        self.notice_bar(ui);
        let snapshot = self.view.as_ref().map(|view| Arc::clone(&view.snapshot));
        let wishes = Panel::left("controls").default_size(248.0).size_range(220.0..=360.0).show(ui, |ui| {
            panels::controls::show(ui, snapshot.as_deref(), &mut self.settings, &mut self.draft, &mut self.selection)
        });
        for wish in wishes.inner {
            self.obey(&wish);
        }
        let margin = egui::Frame::central_panel(ui.style()).inner_margin(6.0);
        CentralPanel::default().frame(margin).show(ui, |ui| self.views(ui, &mut actions));
        for action in actions {
            self.act(action);
        }
        self.dialogs(&ctx);
    }

    fn notice_bar(&mut self, ui: &mut Ui) {
        let Some(sentence) = self.notice.clone() else { return };
        Panel::bottom("notice").show(ui, |ui| {
            ui.horizontal(|ui| {
                if ui.button("Dismiss").clicked() {
                    self.notice = None;
                }
                ui.add(egui::Label::new(egui::RichText::new(sentence).strong()).wrap());
            });
        });
    }

    fn views(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Some(view) = &self.view else {
            ui.centered_and_justified(|ui| ui.label("Preparing the run…"));
            return;
        };
        let snapshot = Arc::clone(&view.snapshot);
        if self.selection.z.len() != snapshot.latent_dim() {
            self.selection.fit(snapshot.latent_dim(), snapshot.encodings.columns());
        }
        let focus = match self.focus.take() {
            Some(focus) => focus.renewed(&snapshot, &self.selection),
            None => Focus::new(&snapshot, &self.selection),
        };
        let (projection, analyst) = (&self.projection, &self.analyst);
        let stage = Stage { snapshot: &snapshot, focus: &focus, projection, analyst };
        self.places = self.layout.show(ui, &stage, &mut self.selection, &mut self.painter3, actions);
        self.focus = Some(focus);
    }
}

/// Draws all views, arranged as at the start.
pub fn show_all(ui: &mut Ui, stage: &Stage<'_>, selection: &mut Selection, painter3: &mut Painter3) {
    Layout::default().draw(ui, stage, selection, painter3);
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(storage, KEPT, &Kept { layout: self.layout.clone(), layers: self.selection.layers });
    }
}
