//! The window. User → [`Action`] or control → request → trainer; snapshot → [`Stage`] → views.

mod act;
mod action;
pub mod analysis;
mod background;
mod certifier;
mod dialogs;
mod draft;
mod figure;
mod film;
mod focus;
mod heat;
mod keeping;
mod layout;
mod lookout;
mod looks;
mod marks;
mod morph;
mod motion;
mod opening;
mod painter3;
mod panels;
mod panes;
mod polyline;
mod projection;
mod selection;
mod side;
mod stage;
mod subject;
mod theme;
mod time;
mod true_map;
pub mod views;
mod what;
mod window;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use eframe::egui::{self, CentralPanel, ColorImage, Context, Panel, Theme, Ui};

pub use action::Action;
pub use analysis::Analyst;
pub use background::Background;
pub use figure::{Figure, Moments, SIZES, Show};
pub use film::{Film, Reel};
pub use focus::Focus;
pub(crate) use looks::selection_in;
pub use motion::Motion;
pub use painter3::Painter3;
pub use projection::Projection;
pub use selection::{Ask, Layers, Selection};
pub use stage::Stage;
pub use theme::{Palette, install};
pub use true_map::TrueMap;
pub use what::{What, show};
pub use window::window;

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::experiment::{Config, Snapshot};
use crate::trainer::Request;
use keeping::Keeping;
use layout::Layout;
use panels::controls::Wish;
use panels::export::ExportDialog;
use panels::{open, save};
use side::Side;

/// What is kept from one start to the next, under a key that says which version it is.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    layouts: [Layout; 2],
    layers: Layers,
    /// Where something was saved last.
    #[serde(default)]
    folder: Option<PathBuf>,
}

const KEPT: &str = "views_v3";

/// What `benches/start.sh` waits for.
const FIRST_FRAME: &str = "the first frame is on the screen";

/// The names of two runs that are compared.
const SIDES: [&str; 2] = ["A", "B"];

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
    /// One run, or two to be compared.
    sides: Vec<Side>,
    /// The run that the controls belong to.
    active: usize,
    selection: Selection,
    /// For one run and for two.
    layouts: [Layout; 2],
    pace: Option<f64>,
    notice: Option<String>,
    help: bool,
    opening: Option<open::OpenDialog>,
    saving: Option<save::SaveDialog>,
    exporting: Option<ExportDialog>,
    /// More seeds, and the proof of predictions.
    background: Background,
    folder: PathBuf,
    /// The folder, once something was saved there.
    saved_in: Option<PathBuf>,
    keeping: Keeping,
    /// The moment that the trainers were asked for last.
    looked: Option<u64>,
    screenshots: (Sender<Arc<ColorImage>>, Receiver<Arc<ColorImage>>),
    /// Frames that had something to show, counted up to two.
    frames: u8,
    ctx: Context,
}

impl App {
    /// The window on a run. `painter3` draws data in three dimensions, `analyst` computes what takes long.
    pub fn new(ctx: &Context, opening: Opening, painter3: Painter3, analyst: Analyst) -> Self {
        install(ctx);
        let Opening { config, data, running } = opening;
        let mut app = Self {
            sides: vec![Side::new(config, data, painter3, analyst)],
            active: 0,
            selection: Selection::default(),
            layouts: [Layout::single(), Layout::compare()],
            pace: None,
            notice: None,
            help: false,
            opening: None,
            saving: None,
            exporting: None,
            background: Background::default(),
            folder: std::env::current_dir().unwrap_or_default(),
            saved_in: None,
            keeping: Keeping::default(),
            looked: None,
            screenshots: channel(),
            frames: 0,
            ctx: ctx.clone(),
        };
        app.start(0, running);
        app
    }

    /// Brings back the views as they were left; what does not fit any more is forgotten. The first start is light, as
    /// projectors and paper are.
    pub fn recall(&mut self, storage: Option<&dyn eframe::Storage>) {
        match storage.and_then(|storage| eframe::get_value(storage, KEPT)) {
            Some(Kept { layouts, layers, folder }) => {
                let whole = layouts.iter().zip(&self.layouts).all(|(kept, own)| kept.is_a_rearranged(own));
                if whole {
                    self.layouts = layouts;
                }
                self.selection.layers = layers;
                if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
                    self.set_folder(&folder);
                    self.saved_in = Some(folder);
                }
            }
            None => self.ctx.set_theme(Theme::Light),
        }
    }

    /// z* and what is shown.
    pub fn selection(&mut self) -> &mut Selection {
        &mut self.selection
    }

    /// The newest snapshot of the run, or of run A.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.sides[0].snapshot()
    }

    /// The moment of the run, or of run A, that is shown.
    pub fn shown(&self) -> Option<&Arc<Snapshot>> {
        self.sides[0].shown()
    }

    /// The newest snapshot of run B, if two are compared.
    pub fn second_snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.sides.get(1).and_then(Side::snapshot)
    }

    /// The moment of run B that is shown.
    pub fn second_shown(&self) -> Option<&Arc<Snapshot>> {
        self.sides.get(1).and_then(Side::shown)
    }

    /// How many runs were left behind.
    pub fn branches(&self) -> usize {
        self.sides.iter().filter_map(|side| side.view.as_ref()).map(|view| view.others.len()).sum()
    }

    /// Whether a run is training.
    pub fn is_running(&self) -> bool {
        self.sides.iter().any(Side::is_running)
    }

    /// Whether a strip of seeds was trained, and all of it.
    pub fn seeds_are_done(&self) -> bool {
        self.background.strip.as_ref().is_some_and(|strip| strip.is_done())
    }

    /// What the window has to say.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Where pictures are saved unless one says otherwise.
    pub fn set_folder(&mut self, folder: &Path) {
        folder.clone_into(&mut self.folder);
    }

    /// Starts the run that a side's draft describes; the one before ends.
    fn start(&mut self, side: usize, running: bool) {
        let started = self.sides[side].start(&self.ctx, self.pace);
        match started {
            Ok(()) if running => self.sides[side].ask(Request::Run),
            Ok(()) => {}
            Err(error) => self.notice = Some(format!("the run cannot be started ({error}); close other programs")),
        }
    }

    fn ask_all(&mut self, request: Request) {
        self.sides.iter_mut().for_each(|side| side.ask(request));
    }

    /// Takes the newest view of each run.
    fn look(&mut self) {
        let compared = self.sides.len() > 1;
        for (name, side) in SIDES.into_iter().zip(&mut self.sides) {
            if let Some(sentence) = side.look() {
                self.notice = Some(if compared { format!("{name}: {sentence}") } else { sentence });
            }
        }
        self.fit_selection();
    }

    /// Makes z* fit the largest model and the observations that all have encoded.
    fn fit_selection(&mut self) {
        let snapshots: Vec<_> = self.sides.iter().filter_map(Side::shown).collect();
        let m = snapshots.iter().map(|s| s.latent_dim()).max();
        let encoded = snapshots.iter().map(|s| s.encodings.columns()).min();
        if let (Some(m), Some(encoded)) = (m, encoded) {
            self.selection.fit(m, encoded);
        }
    }

    fn layout(&mut self) -> &mut Layout {
        &mut self.layouts[self.sides.len() - 1]
    }

    /// A recipe that was pasted while no text is being edited.
    fn take_pasted(&mut self, ctx: &Context) {
        if !panels::top::keys_are_free(ctx) {
            return;
        }
        let pasted = |event: &egui::Event| match event {
            egui::Event::Paste(text) => Some(text.clone()),
            _ => None,
        };
        if let Some(text) = ctx.input(|i| i.events.iter().find_map(pasted)) {
            self.open_recipe(&text);
        }
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

    /// One frame.
    pub fn frame(&mut self, ui: &mut Ui) {
        self.look();
        self.take_screenshot();
        let ctx = ui.ctx().clone();
        if self.selection.move_on(f64::from(ctx.input(|i| i.stable_dt))) {
            ctx.request_repaint();
        }
        let dropped = ctx.input(|i| i.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
        if let Some(path) = dropped {
            self.open_file(&path);
        }
        self.take_pasted(&ctx);
        let mut actions = Self::keys(&ctx);

        let mut pace = self.pace;
        let views: Vec<_> = self.sides.iter().map(|side| side.view.as_ref()).collect();
        let recent = &self.keeping.recent;
        let paced = Panel::top("menu").show(ui, |ui| panels::top::show(ui, &views, &mut pace, recent, &mut actions));
        if paced.inner {
            self.pace = pace;
            self.ask_all(Request::MaxRate(pace));
        }
        self.notice_bar(ui);
        self.offer_bar(ui);
        self.time_bar(ui, &mut actions);
        let panel = Panel::left("controls").default_size(248.0).size_range(220.0..=360.0);
        let wishes = panel.show(ui, |ui| self.controls(ui)).inner;
        for wish in wishes {
            self.obey(&wish);
        }
        let margin = egui::Frame::central_panel(ui.style()).inner_margin(6.0);
        CentralPanel::default().frame(margin).show(ui, |ui| self.views(ui, &mut actions));
        self.answer();
        for action in actions {
            self.act(action);
        }
        self.dialogs(&ctx);
        self.look_back();
        self.autosave();
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

    fn controls(&mut self, ui: &mut Ui) -> Vec<Wish> {
        let sides = self.sides.len();
        let side = &mut self.sides[self.active];
        let snapshot = side.shown().map(Arc::clone);
        let Side { settings, draft, .. } = side;
        let desk =
            panels::controls::Desk { snapshot: snapshot.as_deref(), settings, draft, sides, active: self.active };
        panels::controls::show(ui, desk, &mut self.selection)
    }

    fn views(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        for side in &mut self.sides {
            side.renew_focus(&self.selection);
        }
        let layout = &mut self.layouts[self.sides.len() - 1];
        let mut stages = Vec::new();
        let mut painters = Vec::new();
        for side in &mut self.sides {
            let Some((stage, painter3)) = side.stage(&self.background) else {
                ui.centered_and_justified(|ui| ui.label("Preparing the run…"));
                return;
            };
            stages.push(stage);
            painters.push(painter3);
        }
        layout.show(ui, &stages, &mut self.selection, &mut painters, actions);
        if self.frames < 2 {
            self.frames += 1;
            if self.frames == 2 {
                // The one before this has been painted.
                log::debug!("{FIRST_FRAME}");
            }
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        eframe::set_value(
            storage,
            KEPT,
            &Kept { layouts: self.layouts.clone(), layers: self.selection.layers, folder: self.saved_in.clone() },
        );
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.close();
    }
}
