//! One run in the window: its trainer, the newest view of it, and the controls that belong to it.

use std::sync::Arc;

use eframe::egui::Context;

use super::draft::Draft;
use super::views::seeds::SEEDS;
use super::{Analyst, Background, Focus, Moments, Painter3, Projection, Selection, Stage};
use crate::data::{Dataset, generate};
use crate::experiment::{Config, Experiment, LoggedCommand, Origin, Settings, Snapshot};
use crate::io::hash_of_weights;
use crate::trainer::{Request, RunView, SeedEnsemble, Trainer};
use crate::vae::Covariance;

/// Steps that the strip of seeds makes on data of one's own.
const OWN_STEPS: u64 = 4000;

/// How a saved run ended.
#[derive(Debug)]
pub(super) struct Promise {
    pub log: Vec<LoggedCommand>,
    pub steps: u64,
    /// The hash of the weights.
    pub weights: String,
}

/// A run and everything that is known of it.
#[derive(Debug)]
pub(super) struct Side {
    trainer: Option<Trainer>,
    /// Requests sent to the present trainer.
    asked: u64,
    /// Notices of the present trainer that were shown.
    noticed: u64,
    /// What a saved run must come to when it is repeated.
    pub promise: Option<Promise>,
    /// What it is trained on.
    pub data: Arc<Dataset>,
    /// The newest view of the run.
    pub view: Option<RunView>,
    /// The settings that were asked for last.
    pub settings: Settings,
    /// The configuration that is being edited.
    pub draft: Draft,
    /// How its data are shown.
    pub projection: Arc<Projection>,
    /// What is computed at z*.
    pub focus: Option<Arc<Focus>>,
    /// Draws its data in three dimensions.
    pub painter3: Painter3,
    /// Computes what takes long about it.
    pub analyst: Analyst,
}

impl Side {
    /// A run that has not been started.
    pub(super) fn new(config: Config, data: Arc<Dataset>, painter3: Painter3, analyst: Analyst) -> Self {
        Self {
            trainer: None,
            asked: 0,
            noticed: 0,
            promise: None,
            view: None,
            settings: config.settings(),
            draft: Draft::new(config),
            projection: Arc::new(Projection::new(&data)),
            data,
            focus: None,
            painter3,
            analyst,
        }
    }

    /// The same experiment with the other family of posteriors: same data, seed, minibatches and noise.
    pub(super) fn opposite(&self, painter3: Painter3, analyst: Analyst) -> Self {
        let mut config = self.draft.config.clone();
        config.objective = self.settings.objective;
        config.optimizer = self.settings.optimizer;
        config.objective.covariance = other(config.objective.covariance);
        Self::new(config, Arc::clone(&self.data), painter3, analyst)
    }

    /// Starts the run that the draft describes; the one before ends.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn start(&mut self, ctx: &Context, pace: Option<f64>) -> std::io::Result<()> {
        let (config, data) = (self.draft.config.clone(), Arc::clone(&self.data));
        self.settings = config.settings();
        self.continue_with(move || Experiment::new(config, data).map_err(|e| e.to_string()), ctx, pace)
    }

    /// Goes on with the run that `build` gives; the one before ends.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn continue_with(
        &mut self,
        build: impl FnOnce() -> Result<Experiment, String> + Send + 'static,
        ctx: &Context,
        pace: Option<f64>,
    ) -> std::io::Result<()> {
        let ctx = ctx.clone();
        self.trainer = Some(Trainer::spawn(build, move || ctx.request_repaint())?);
        (self.asked, self.noticed, self.promise) = (0, 0, None);
        self.ask(Request::MaxRate(pace));
        Ok(())
    }

    /// Trains what the controls describe for the next seeds, as long as its scene asks for.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn strip(&self, ctx: &Context) -> std::io::Result<SeedEnsemble> {
        let mut config = self.draft.config.clone();
        config.objective = self.settings.objective;
        config.optimizer = self.settings.optimizer;
        let steps = config.origin.scene().map_or(OWN_STEPS, |scene| scene.training.steps);
        let (first, own, ctx) = (config.seed, Arc::clone(&self.data), ctx.clone());
        let build = move |seed| {
            let data = match &config.origin {
                Origin::Scene(scene) => Arc::new(generate(scene, seed)),
                Origin::File { .. } => Arc::clone(&own),
            };
            Experiment::new(Config { seed, ..config.clone() }, data).map_err(|e| e.to_string())
        };
        SeedEnsemble::spawn((0..SEEDS).map(|k| first.wrapping_add(k)), steps, build, move || ctx.request_repaint())
    }

    /// Asks the trainer for something.
    pub(super) fn ask(&mut self, request: Request) {
        if let Some(trainer) = &self.trainer {
            trainer.ask(request);
            self.asked += 1;
        }
    }

    /// Takes the newest view of the run. Gives what it has to say for the first time.
    pub(super) fn look(&mut self) -> Option<String> {
        let newest = self.trainer.as_ref().and_then(Trainer::read)?;
        match &*newest {
            Ok(view) => {
                if view.served >= self.asked {
                    // Everything that was asked for is in: what differs now was refused or undone.
                    self.settings = view.snapshot.settings;
                }
                self.view = Some(view.clone());
                if let Some(sentence) = self.broken_promise() {
                    return Some(sentence);
                }
                let (count, sentence) = view.notice.as_ref()?;
                let first = *count > self.noticed;
                self.noticed = *count;
                first.then(|| sentence.clone())
            }
            Err(sentence) => {
                self.trainer = None;
                Some(sentence.clone())
            }
        }
    }

    /// What is to be said if a saved run has been repeated and its weights are others than they were.
    fn broken_promise(&mut self) -> Option<String> {
        let (view, steps) = (self.view.as_ref()?, self.promise.as_ref()?.steps);
        if view.served < self.asked || view.snapshot.step < steps {
            return None;
        }
        let Promise { log, weights, .. } = self.promise.take()?;
        // What was changed or trained further meanwhile is another run.
        let same_run = view.snapshot.step == steps && view.snapshot.log == log;
        (same_run && hash_of_weights(&view.snapshot.vae) != weights).then(|| {
            format!(
                "the run was repeated to step {steps}, but its weights differ from those that were saved: another machine \
                 or version of this program made them"
            )
        })
    }

    /// The newest snapshot.
    pub(super) fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.view.as_ref().map(|view| &view.snapshot)
    }

    /// The moment that is looked at: the newest, unless somebody looks back.
    pub(super) fn shown(&self) -> Option<&Arc<Snapshot>> {
        self.view.as_ref().map(|view| view.moment.as_ref().unwrap_or(&view.snapshot))
    }

    /// The moment that is shown, and the newest one.
    pub(super) fn moments(&self) -> Option<Moments> {
        Some(Moments { shown: Arc::clone(self.shown()?), now: Arc::clone(self.snapshot()?) })
    }

    /// What views draw from, and who draws data in three dimensions; `None` until there is something to be seen.
    pub(super) fn stage<'a>(&'a mut self, background: &'a Background) -> Option<(Stage<'a>, &'a mut Painter3)> {
        let Self { view, focus, projection, painter3, analyst, .. } = self;
        let (view, focus) = (view.as_ref()?, focus.as_ref()?);
        let stage = Stage {
            // That of the focus, so that all that is drawn is of one moment, the newest included unless somebody looks back.
            snapshot: focus.snapshot(),
            now: if view.moment.is_some() { &view.snapshot } else { focus.snapshot() },
            branches: &view.others,
            axes: true,
            focus,
            projection,
            analyst,
            background,
            beside: None,
        };
        Some((stage, painter3))
    }

    /// Whether the controls still describe the run as it began, but for what can be changed on the way.
    pub(super) fn has_begun_as_drafted(&self) -> bool {
        let (began, drafted) = (self.snapshot().map(|snapshot| &snapshot.config), &self.draft.config);
        self.trainer.is_some()
            && began.is_some_and(|began| {
                began.seed == drafted.seed
                    && began.architecture == drafted.architecture
                    && began.origin == drafted.origin
            })
    }

    /// Whether the run is training.
    pub(super) fn is_running(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.running)
    }

    /// Prepares another experiment; what was known of the one before is forgotten.
    pub(super) fn replace(&mut self, config: Config, data: Arc<Dataset>) {
        self.settings = config.settings();
        self.draft = Draft::new(config);
        self.projection = Arc::new(Projection::new(&data));
        self.data = data;
        (self.view, self.focus) = (None, None);
    }

    /// Prepares the run that the controls describe, with the data of its seed.
    pub(super) fn follow_controls(&mut self) {
        let config = &mut self.draft.config;
        config.objective = self.settings.objective;
        config.optimizer = self.settings.optimizer;
        if let Origin::Scene(scene) = &config.origin
            && self.view.as_ref().is_none_or(|view| view.snapshot.config.seed != config.seed)
        {
            self.data = Arc::new(generate(scene, config.seed));
            self.projection = Arc::new(Projection::new(&self.data));
        }
    }

    /// The covariance that is not in force.
    pub(super) fn other_covariance(&self) -> Covariance {
        other(self.settings.objective.covariance)
    }

    /// Looks at z* at the moment that is shown.
    pub(super) fn renew_focus(&mut self, selection: &Selection) {
        let Some(snapshot) = self.shown().map(Arc::clone) else { return };
        let selection = selection.seen_by(snapshot.latent_dim());
        self.focus = Some(self.analyst.focus(self.focus.as_ref(), &snapshot, &selection));
    }
}

fn other(covariance: Covariance) -> Covariance {
    match covariance {
        Covariance::Diagonal => Covariance::Full,
        Covariance::Full => Covariance::Diagonal,
    }
}
