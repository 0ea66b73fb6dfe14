//! What the window goes on with: a scene, data of one's own, or a run that was saved as session, figure or recipe.

use std::path::Path;
use std::sync::Arc;

use super::App;
use super::looks::{layout_in, looks_of_window, selection_in, theme_in};
use super::side::{Promise, Side};
use crate::cli::{self, OriginArgs, Start};
use crate::data::{Dataset, Scene, generate};
use crate::experiment::{Config, Experiment, Origin, Snapshot};
use crate::io::{Recipe, Session};
use crate::trainer::Request;

impl App {
    /// Starts the run of a scene.
    pub fn open_scene(&mut self, scene: Scene) {
        let (seed, samples) = (self.sides[self.active].draft.config.seed, scene.generator.samples);
        let data = Arc::new(generate(&scene, seed));
        self.replace(Config::new(Origin::Scene(Box::new(scene)), seed, samples), data);
    }

    /// Goes on with a session, a figure, the folder of a run, a scene file, or data of one's own, whatever the file holds.
    /// If it can't be used, everything stays as it is.
    pub fn open_file(&mut self, path: &Path) {
        if self.open_origin(&OriginArgs::of_file(path)) {
            self.remember(path);
        }
    }

    /// Repeats the run that a line of text describes. If that makes no sense, everything stays as it is.
    pub fn open_recipe(&mut self, line: &str) {
        match line.parse::<Recipe>() {
            Ok(recipe) => {
                self.open_origin(&OriginArgs { recipe: Some(recipe), ..OriginArgs::default() });
            }
            Err(error) => self.notice = Some(error.to_string()),
        }
    }

    /// Says whether the run has begun.
    fn open_origin(&mut self, origin: &OriginArgs) -> bool {
        // What is repeated keeps its seed; the rest takes that of the controls.
        let seed = (!origin.is_repeated()).then_some(self.sides[self.active].draft.config.seed);
        match cli::start(origin, "linear", seed) {
            Ok(start) if origin.is_repeated() => self.resume(start),
            Ok(start) => self.replace(start.config, start.data),
            Err(error) => {
                self.notice = Some(error.to_string());
                return false;
            }
        }
        true
    }

    /// Repeats a saved run, or two that were compared, up to the last step, with every change at its step, and looks at it as
    /// it was looked at.
    pub fn resume(&mut self, mut start: Start) {
        let beside = start.beside.take();
        if beside.is_some() {
            self.active = 0;
            if self.sides.len() == 1 && !self.add_side() {
                return;
            }
        }
        self.selection = selection_in(&start.view, &self.selection, &start.data);
        let own = &mut self.layouts[self.sides.len() - 1];
        if let Some(layout) = layout_in(&start.view, own) {
            *own = layout;
        }
        if let Some(theme) = theme_in(&start.view) {
            self.ctx.set_theme(theme);
        }
        self.notice = None;
        self.looked = None;
        self.resume_side(self.active, start);
        if let Some(beside) = beside {
            self.resume_side(1, *beside);
        }
    }

    fn resume_side(&mut self, side: usize, start: Start) {
        let Start { config, data, log, steps, weights, .. } = start;
        let side = &mut self.sides[side];
        side.replace(config.clone(), Arc::clone(&data));
        let changes = log.clone();
        let build = move || {
            let mut run = Experiment::new(config, data).map_err(|e| e.to_string())?;
            run.schedule_log(&changes).map_err(|e| e.to_string())?;
            Ok(run)
        };
        match side.continue_with(build, &self.ctx, self.pace) {
            Ok(()) => {
                side.promise = weights.map(|weights| Promise { log, steps, weights });
                if steps > 0 {
                    side.ask(Request::Steps(steps));
                }
            }
            Err(error) => self.notice = Some(format!("the run cannot be started ({error}); close other programs")),
        }
    }

    fn replace(&mut self, config: Config, data: Arc<Dataset>) {
        self.sides[self.active].replace(config, data);
        self.selection = self.selection.at_start();
        self.notice = None;
        self.start(self.active, true);
    }

    /// The run, or both that are compared, as a session: up to now.
    pub fn session(&self) -> Option<Session> {
        self.session_up_to(Side::snapshot)
    }

    /// The same up to some moment of each run.
    pub(super) fn session_up_to(&self, moment: impl Fn(&Side) -> Option<&Arc<Snapshot>>) -> Option<Session> {
        let layout = &self.layouts[self.sides.len() - 1];
        let looks = looks_of_window(&self.selection, layout, self.ctx.theme());
        let first = Session::of(moment(&self.sides[0])?, looks);
        let second = self.sides.get(1).map(|side| Some(Session::of(moment(side)?, serde_json::Value::Null)));
        Some(first.compared_with(match second {
            Some(second) => Some(second?),
            None => None,
        }))
    }

    /// The run that the controls belong to as one line of text, if its data fit into one.
    pub(super) fn recipe(&self) -> Result<String, String> {
        let snapshot = self.sides[self.active].snapshot().ok_or("there is no run yet")?;
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
