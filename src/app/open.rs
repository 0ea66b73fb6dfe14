//! Opening scenes, your data, sessions, figures and recipes; the session and the recipe of the open run.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::dialogs::import::dialog::ImportDialog;
use super::dialogs::model::ModelDialog;
use super::run_slot::RunSlot;
use super::state::App;
use crate::data::{Dataset, Scene};
use crate::experiment::{Config, FIXED, Origin, Snapshot, has_latent_axes};
use crate::figure::view_state::{layout_in, selection_in, state_of_window, theme_in};
use crate::geometry::Undefined;
use crate::io::{ModelOptions, Recipe, Session, hash_of_weights, lacks_activation};
use crate::launch::{PreparedRun, RunSource, launch};
use crate::trainer::{IsSaved, Repetition};

impl App {
    /// Starts a run of a scene, with seed 0 unless the seed is kept.
    pub fn open_scene(&mut self, scene: Scene) {
        let seed = if self.keeps_seed { self.runs[self.active].draft.config.seed } else { 0 };
        let PreparedRun { config, data, .. } = PreparedRun::of_scene(scene, seed);
        self.replace(config, data);
    }

    /// Opens a session, a figure, a run folder, a scene file or a model, told by the content, or the dialog that imports your data. A
    /// file that can't be used leaves everything as it is.
    pub fn open_file(&mut self, path: &Path) {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md")) {
            return self.open_lesson_file(path);
        }
        let source = RunSource::of_file(path);
        self.importing = None;
        if matches!(source, RunSource::Data { .. }) {
            return self.import(source);
        }
        if matches!(source, RunSource::Model { .. }) {
            return match lacks_activation(path) {
                Ok(true) => self.asking_model = Some(ModelDialog::new(path.to_owned())),
                Ok(false) => self.open_model(path, ModelOptions::default()),
                Err(error) => self.notice = Some(error.to_string()),
            };
        }
        if self.open_source(&source) {
            self.autosave.add_recent(path);
        }
    }

    /// Opens a model of another program.
    pub(super) fn open_model(&mut self, path: &Path, options: ModelOptions) {
        if self.open_source(&RunSource::Model { path: path.to_owned(), options }) {
            self.autosave.add_recent(path);
        }
    }

    /// True if the run shows a model from a file.
    pub(super) fn is_model(&self, run: usize) -> bool {
        self.runs[run].draft.config.origin.model().is_some()
    }

    /// Opens the dialog that imports your data, with the choices of `source`.
    pub(super) fn import(&mut self, source: RunSource) {
        if let RunSource::Data { path, test, options } = source {
            let seed = self.runs[self.active].draft.config.seed;
            self.importing = Some(ImportDialog::new(&self.ctx, &path, test, *options, seed));
        }
    }

    /// Starts the run of the import dialog, which has shown its notes.
    pub(super) fn start_import(&mut self) {
        if let Some((path, prepared)) = self.importing.take().and_then(ImportDialog::finish) {
            self.replace(prepared.config, prepared.data);
            self.autosave.add_recent(&path);
        }
    }

    /// Repeats the run of a recipe. A line that makes no sense leaves everything as it is.
    pub(super) fn open_recipe(&mut self, line: &str) {
        match line.parse::<Recipe>() {
            Ok(recipe) => {
                self.open_source(&RunSource::Recipe(recipe));
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Starts or repeats the run of a source. Says whether it has begun.
    fn open_source(&mut self, source: &RunSource) -> bool {
        // A saved run keeps its seed; a new one takes that of the controls.
        let seed = (!source.is_saved()).then_some(self.runs[self.active].draft.config.seed);
        match launch(source, seed) {
            Ok(prepared) if source.is_saved() => self.resume(prepared),
            Ok(PreparedRun { config, data, note, .. }) => {
                let unknown = config.lacks_objective(&config.settings()).then(|| Undefined::NoObjective.to_string());
                self.replace(config, data);
                if self.is_model(self.active) {
                    let notes = [Some(FIXED.to_owned()), unknown, note];
                    self.notice = Some(notes.into_iter().flatten().collect::<Vec<_>>().join("; "));
                }
            }
            Err(error) => {
                self.notice = Some(error.to_string());
                return false;
            }
        }
        true
    }

    /// Repeats a saved run, or two that were compared, up to the last step, and restores its view state.
    pub fn resume(&mut self, mut prepared: PreparedRun) {
        let beside = prepared.beside.take();
        if beside.is_some() {
            self.active = 0;
            if self.runs.len() == 1 && !self.add_run() {
                return;
            }
        }
        self.selection.layers = self.selection.layers.chosen();
        self.selection = selection_in(&prepared.view, &self.selection, &prepared.data);
        self.selection.layers.singular_with_model =
            self.selection.layers.singular && prepared.config.origin.model().is_some();
        let own = &mut self.layouts[self.runs.len() - 1];
        if let Some(layout) = layout_in(&prepared.view, own) {
            *own = layout;
        }
        if let Some(theme) = theme_in(&prepared.view) {
            self.ctx.set_theme(theme);
        }
        self.notice = None;
        self.requested_step = None;
        self.resume_run(self.active, prepared);
        if let Some(beside) = beside {
            self.resume_run(1, *beside);
        }
    }

    fn resume_run(&mut self, run: usize, prepared: PreparedRun) {
        let run = &mut self.runs[run];
        run.replace(prepared.config.clone(), Arc::clone(&prepared.data));
        let whole = prepared.model.is_none().then(|| whole_of(&prepared));
        if let Err(error) = run.repeat(whole, move || repetition(prepared), &self.ctx, self.pace) {
            self.notice = Some(format!("the run cannot be started ({error}); close other programs"));
        }
    }

    /// Adds a second run, which is not started. Says whether there were threads to draw it with.
    pub(super) fn add_run(&mut self) -> bool {
        match self.runs[0].workers.another(&self.ctx) {
            Ok(workers) => {
                let second = self.runs[0].opposite(workers);
                self.runs.push(second);
                true
            }
            Err(error) => {
                self.notice = Some(format!("there is no thread to draw a second run ({error}); close other programs"));
                false
            }
        }
    }

    fn replace(&mut self, config: Config, data: Arc<Dataset>) {
        log::debug!("the data have been read");
        self.frames = 0;
        for layout in &mut self.layouts {
            *layout = layout.clone().suited(&data);
        }
        // What trains beside a run belongs to its data.
        if self.runs[self.active].draft.config.origin != config.origin {
            (self.background.seeds, self.background.checks) = (None, None);
        }
        let asks_for_singular = !has_latent_axes(&config, &data);
        self.runs[self.active].replace(config, data);
        self.selection = self.selection.at_start();
        self.selection.layers = self.selection.layers.suited(asks_for_singular);
        self.notice = None;
        // A model from a file has nothing to run.
        self.start(self.active, !self.is_model(self.active));
    }

    /// The run, or both that are compared, as a session.
    pub fn session(&self) -> Option<Session> {
        self.session_up_to(RunSlot::snapshot)
    }

    /// The same up to a time point of each run.
    pub(super) fn session_up_to(&self, time_point: impl Fn(&RunSlot) -> Option<&Arc<Snapshot>>) -> Option<Session> {
        self.session_of(|run, view| Some(Session::of(time_point(run)?, view)))
    }

    /// The session that is not to be lost: of a run that is being repeated the whole, as long as that is more than what is shown.
    pub(super) fn session_to_keep(&self) -> Option<Session> {
        self.session_of(|run, view| match run.whole_run() {
            Some(whole) => Some(Session { view, ..whole.clone() }),
            None => Some(Session::of(run.snapshot()?, view)),
        })
    }

    fn session_of(&self, one: impl Fn(&RunSlot, Value) -> Option<Session>) -> Option<Session> {
        let layout = &self.layouts[self.runs.len() - 1];
        let state = state_of_window(&self.selection, layout, self.ctx.theme());
        let first = one(&self.runs[0], state)?;
        let second = self.runs.get(1).map(|run| one(run, Value::Null));
        Some(first.compared_with(match second {
            Some(second) => Some(second?),
            None => None,
        }))
    }

    /// The active run as one line of text, if its data fit into one.
    fn recipe(&self) -> Result<String, String> {
        let snapshot = self.runs[self.active].snapshot().ok_or("there is no run yet")?;
        let z = self.selection.seen_by(snapshot.latent_dim()).z;
        let recipe = Recipe::new(&snapshot.config, &snapshot.log, snapshot.step, &z);
        recipe.map(|recipe| recipe.to_string()).map_err(|e| e.to_string())
    }

    /// Copies the run as one line of text.
    pub(super) fn copy_recipe(&mut self) {
        self.notice = Some(match self.recipe() {
            Ok(line) => {
                self.ctx.copy_text(line.clone());
                format!("copied {line}")
            }
            Err(sentence) => sentence,
        });
    }
}

/// The session of a saved run that has not been repeated.
fn whole_of(prepared: &PreparedRun) -> Session {
    let PreparedRun { config, data, log, steps, weights, sigma2, settled, .. } = prepared;
    let table = matches!(config.origin, Origin::File { .. }).then(|| Arc::clone(data));
    let planned = Session::planned(config.clone(), log.clone(), *steps);
    Session { table, weights: weights.clone(), sigma2: *sigma2, settled: *settled, ..planned }
}

/// The repetition of a saved run, whose saved state is shown meanwhile if it was kept.
fn repetition(mut prepared: PreparedRun) -> Result<Repetition, String> {
    let (steps, weights, model, log) =
        (prepared.steps, prepared.weights.take(), prepared.model.take(), prepared.log.clone());
    let (history, settled, sigma2) = (std::mem::take(&mut prepared.history), prepared.settled, prepared.sigma2);
    let run = prepared.experiment().map_err(|e| e.to_string())?;
    let (config, data) = (Arc::clone(run.config()), Arc::clone(run.data()));
    let eigenvalues = || run.eigenvalues().map(<[f64]>::to_vec);
    let settings = config.settings_after(&log, data.train.samples()).map_err(|e| e.to_string())?;
    let saved = match model {
        Some(vae) => {
            let settings = settings.with_learned(sigma2).map_err(|e| e.to_string())?;
            Some(Snapshot::new(config, data, log, history, steps, (vae, settings), eigenvalues))
        }
        None => None,
    };
    let saved = saved.map(|saved| Snapshot { schedule: saved.schedule.with_verdict(settled), ..saved });
    let is_saved = weights.map(|hash| -> IsSaved { Box::new(move |vae| hash_of_weights(vae) == hash) });
    Ok(Repetition { run, steps, saved, is_saved })
}
