//! The state of the window.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use eframe::egui::{ColorImage, Context, Theme};
use serde::{Deserialize, Serialize};

use super::autosave::AutosaveState;
use super::dialogs::beta::BetaDialog;
use super::dialogs::export::ExportDialog;
use super::dialogs::import::dialog::ImportDialog;
use super::dialogs::model::ModelDialog;
use super::dialogs::open::OpenDialog;
use super::dialogs::palette::popup::CommandPalette;
use super::dialogs::save::SaveDialog;
use super::lesson::open_lesson::OpenLesson;
use super::panels::argument_strip::StripState;
use super::panels::glossary::GlossaryPanel;
use super::panels::room::is_wide;
use super::panels::slow_step::ShownStep;
use super::pointer::PointerScale;
use super::presenter::Presenter;
use super::run_slot::RunSlot;
use super::shown_preset::ShownPreset;
use super::undo::history::UndoHistory;
use crate::data::Dataset;
use crate::experiment::{Config, Snapshot};
use crate::figure::layout::Layout;
use crate::geometry::Rotation;
use crate::trainer::Request;
use crate::viz::background_runs::BackgroundRuns;
use crate::viz::command::CommandQueue;
use crate::viz::layers::Layers;
use crate::viz::run_names::RUN_NAMES;
use crate::viz::selection::Selection;
use crate::viz::theme::install;
use crate::viz::workers::Workers;

/// The state that is kept from one start to the next.
#[derive(Debug, Deserialize, Serialize)]
struct StoredState {
    layouts: [Layout; 2],
    layers: Layers,
    /// The folder of the last saved file.
    #[serde(default)]
    folder: Option<PathBuf>,
    /// Seconds for the planned steps.
    #[serde(default = "watchable")]
    pace: Option<f64>,
    #[serde(default = "unzoomed")]
    zoom: f32,
    #[serde(default = "shown")]
    shows_argument: bool,
}

/// Shown unless it was hidden.
fn shown() -> bool {
    true
}

/// No zoom but that of the window.
fn unzoomed() -> f32 {
    1.0
}

/// Seconds in which one can follow a run from its beginning to its end.
#[expect(clippy::unnecessary_wraps, reason = "the default of an optional value")]
fn watchable() -> Option<f64> {
    Some(20.0)
}

/// The key of the stored state, with its version.
const STORED: &str = "views_v3";

/// The first run of a window.
#[derive(Clone, Debug)]
pub struct FirstRun {
    /// Its configuration.
    pub config: Config,
    /// Its data.
    pub data: Arc<Dataset>,
    /// True if it trains at once.
    pub running: bool,
}

/// The state of the window.
#[derive(Debug)]
pub struct App {
    /// One run, or two that are compared.
    pub(super) runs: Vec<RunSlot>,
    /// The run that the controls belong to.
    pub(super) active: usize,
    pub(super) selection: Selection,
    /// Commands that wait for the end of the frame.
    pub(super) commands: Rc<CommandQueue>,
    /// For one run and for two.
    pub(super) layouts: [Layout; 2],
    /// A few views, as a lesson or a person asks for, in the place of the layout.
    pub(super) preset: Option<Layout>,
    /// The few views that a person has asked for, if these are the preset.
    pub(super) few: Option<ShownPreset>,
    /// The open lesson.
    pub(super) lesson: Option<OpenLesson>,
    /// The text of the lesson is shown.
    pub(super) shows_lesson_text: bool,
    /// The side panel is shown beside a lesson.
    pub(super) shows_controls_in_lesson: bool,
    /// A step of the optimiser that is shown slowly.
    pub(super) slow_step: Option<ShownStep>,
    /// One is to be shown as soon as the run pauses.
    pub(super) awaits_slow_step: bool,
    /// A text or number was being written in the frame before.
    pub(super) was_writing: bool,
    /// A dialog was open in the frame before.
    pub(super) had_dialog: bool,
    pub(super) pointer_scale: PointerScale,
    /// A lesson is offered to a newcomer.
    pub(super) offers_lesson: bool,
    /// Switches of presenter mode; `None` outside of it.
    pub(super) presenter: Option<Presenter>,
    /// When the window of the speaker's notes was opened, if it is open.
    pub(super) notes_since: Option<Instant>,
    /// Seconds for the planned steps; `None`: full speed.
    pub(super) pace: Option<f64>,
    /// The side panel is shown: in a narrow window, and in a wide one.
    pub(super) shows_controls: [bool; 2],
    /// The argument is shown above the views where there is room.
    pub(super) shows_argument: bool,
    /// The last queries of the strip.
    pub(super) strip: StripState,
    /// The window was made to fit the screen.
    pub(super) fits_screen: bool,
    /// The zoom that was asked for, beside that of the window.
    pub(super) zoom: f32,
    /// The seed stays when another scene is chosen.
    pub(super) keeps_seed: bool,
    /// The pace before full speed.
    pub(super) pace_before: Option<f64>,
    pub(super) notice: Option<String>,
    pub(super) help: bool,
    pub(super) glossary: Option<GlossaryPanel>,
    pub(super) opening: Option<OpenDialog>,
    pub(super) importing: Option<ImportDialog>,
    pub(super) saving: Option<SaveDialog>,
    pub(super) exporting: Option<ExportDialog>,
    pub(super) asking_beta: Option<BetaDialog>,
    pub(super) asking_model: Option<ModelDialog>,
    pub(super) palette: Option<CommandPalette>,
    pub(super) undo: UndoHistory,
    /// Rotations of the latents since the runs began, by a person.
    pub(super) rotations: Vec<Rotation>,
    pub(super) background: BackgroundRuns,
    /// The folder that dialogs propose.
    pub(super) folder: PathBuf,
    /// The same, once something was saved there.
    pub(super) saved_in: Option<PathBuf>,
    pub(super) autosave: AutosaveState,
    /// The step that the trainers were last asked to show.
    pub(super) requested_step: Option<u64>,
    pub(super) screenshots: (Sender<Arc<ColorImage>>, Receiver<Arc<ColorImage>>),
    /// Frames with a run in them, counted up to two.
    pub(super) frames: u8,
    pub(super) ctx: Context,
}

impl App {
    /// The window on a run.
    pub fn new(ctx: &Context, first: FirstRun, workers: Workers) -> Self {
        install(ctx);
        // The zoom is the window's own.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let FirstRun { config, data, running } = first;
        let mut app = Self {
            active: 0,
            selection: Selection::default(),
            commands: Rc::default(),
            layouts: [Layout::single(), Layout::compare()].map(|layout| layout.suited(&data)),
            preset: None,
            few: None,
            lesson: None,
            shows_lesson_text: true,
            shows_controls_in_lesson: false,
            slow_step: None,
            awaits_slow_step: false,
            was_writing: false,
            had_dialog: false,
            pointer_scale: PointerScale::default(),
            offers_lesson: false,
            presenter: None,
            notes_since: None,
            pace: None,
            shows_controls: [false, true],
            shows_argument: shown(),
            strip: StripState::default(),
            fits_screen: false,
            zoom: unzoomed(),
            keeps_seed: false,
            pace_before: watchable(),
            notice: None,
            help: false,
            glossary: None,
            opening: None,
            importing: None,
            saving: None,
            exporting: None,
            asking_beta: None,
            asking_model: None,
            palette: None,
            undo: UndoHistory::default(),
            rotations: Vec::new(),
            background: BackgroundRuns::default(),
            folder: std::env::current_dir().unwrap_or_default(),
            saved_in: None,
            autosave: AutosaveState::default(),
            requested_step: None,
            screenshots: channel(),
            frames: 0,
            ctx: ctx.clone(),
            runs: vec![RunSlot::new(config, data, workers)],
        };
        app.start(0, running);
        app
    }

    /// Restores the stored layout, layers, folder, pace, zoom and whether the argument is shown; parts that do not fit any more are dropped. The first start is light, as
    /// projectors and paper are.
    pub fn restore(&mut self, storage: Option<&dyn eframe::Storage>) {
        let stored = storage.and_then(|storage| eframe::get_value(storage, STORED));
        let Some(StoredState { layouts, layers, folder, pace, zoom, shows_argument }) = stored else {
            self.ctx.set_theme(Theme::Light);
            self.offers_lesson = true;
            return self.set_pace(watchable());
        };
        let [single, compare] = layouts;
        let layouts = [single.completed(&self.layouts[0]), compare.completed(&self.layouts[1])];
        let whole = layouts.iter().zip(&self.layouts).all(|(stored, own)| stored.is_a_rearranged(own));
        if whole {
            let data = Arc::clone(&self.runs[0].data);
            self.layouts = layouts.map(|layout| layout.suited(&data));
        }
        self.selection.layers = layers;
        self.shows_argument = shows_argument;
        self.set_pace(pace);
        self.zoom = if zoom.is_finite() { zoom } else { unzoomed() };
        self.zoom_by(Some(0.0));
        if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
            self.set_folder(&folder);
            self.saved_in = Some(folder);
        }
    }

    /// Spreads the planned steps over so many seconds; `None`: full speed.
    pub(super) fn set_pace(&mut self, pace: Option<f64>) {
        if self.pace.is_some() {
            self.pace_before = self.pace;
        }
        self.pace = pace;
        for run in &mut self.runs {
            run.ask(Request::MaxRate(run.rate_at(pace)));
        }
    }

    /// Stores layout, layers, folder, pace and zoom for the next start.
    pub(super) fn store(&self, storage: &mut dyn eframe::Storage) {
        let (layouts, layers, folder) = (self.layouts.clone(), self.selection.layers.chosen(), self.saved_in.clone());
        let (pace, zoom, shows_argument) = (self.pace, self.zoom, self.shows_argument);
        eframe::set_value(storage, STORED, &StoredState { layouts, layers, folder, pace, zoom, shows_argument });
    }

    /// z*, camera and layers.
    pub fn selection(&mut self) -> &mut Selection {
        &mut self.selection
    }

    /// The newest snapshot of the run, or of run A.
    pub fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.runs[0].snapshot()
    }

    /// The shown snapshot of the run, or of run A.
    pub fn shown(&self) -> Option<&Arc<Snapshot>> {
        self.runs[0].shown()
    }

    /// The newest snapshot of run B, if two are compared.
    pub fn second_snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.runs.get(1).and_then(RunSlot::snapshot)
    }

    /// The shown snapshot of run B.
    pub fn second_shown(&self) -> Option<&Arc<Snapshot>> {
        self.runs.get(1).and_then(RunSlot::shown)
    }

    /// The number of branches that are not trained at present.
    pub fn branches(&self) -> usize {
        self.runs.iter().filter_map(|run| run.view.as_ref()).map(|view| view.others.len()).sum()
    }

    /// Bytes of the keyframes of the runs, which each have a limit.
    pub fn keyframe_bytes(&self) -> usize {
        self.runs.iter().filter_map(|run| run.view.as_ref()).map(|view| view.keyframe_bytes).sum()
    }

    /// True while a run is training.
    pub fn is_running(&self) -> bool {
        self.runs.iter().any(RunSlot::is_running)
    }

    /// True once a seed ensemble is trained to its end.
    pub fn seeds_are_done(&self) -> bool {
        self.background.seeds.as_ref().is_some_and(|seeds| seeds.is_done())
    }

    /// The notice at the bottom of the window.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// The folder that dialogs propose.
    pub fn set_folder(&mut self, folder: &Path) {
        folder.clone_into(&mut self.folder);
    }

    /// Starts the run that the draft of a slot describes; the one before ends.
    pub(super) fn start(&mut self, run: usize, running: bool) {
        let started = self.runs[run].start(&self.ctx, self.pace);
        match started {
            Ok(()) if running => self.runs[run].train(),
            Ok(()) => {}
            Err(error) => self.notice = Some(format!("the run cannot be started ({error}); close other programs")),
        }
    }

    pub(super) fn ask_all(&mut self, request: Request) {
        self.runs.iter_mut().for_each(|run| run.ask(request));
    }

    /// Takes the newest view of each run.
    pub(super) fn take_views(&mut self) {
        let compared = self.runs.len() > 1;
        for (name, run) in RUN_NAMES.into_iter().zip(&mut self.runs) {
            if let Some(sentence) = run.take_view() {
                self.notice = Some(if compared { format!("{name}: {sentence}") } else { sentence });
            }
        }
        self.fit_selection();
    }

    /// Makes z* fit the largest model and the observations that all have encoded.
    pub(super) fn fit_selection(&mut self) {
        let snapshots: Vec<_> = self.runs.iter().filter_map(RunSlot::shown).collect();
        let m = snapshots.iter().map(|s| s.latent_dim()).max();
        let encoded = snapshots.iter().map(|s| s.encodings.columns()).min();
        if let (Some(m), Some(encoded)) = (m, encoded) {
            self.selection.fit(m, encoded);
        }
    }

    /// The layout that is drawn: a few views, or that of one run or of two.
    pub(super) fn layout(&mut self) -> &mut Layout {
        let own = &mut self.layouts[self.runs.len() - 1];
        self.preset.as_mut().unwrap_or(own)
    }

    /// True if the side panel is shown.
    pub(super) fn shows_controls(&mut self) -> &mut bool {
        match self.lesson {
            Some(_) => &mut self.shows_controls_in_lesson,
            None => &mut self.shows_controls[usize::from(is_wide(&self.ctx))],
        }
    }
}
