//! A run in the window: its trainer, its newest view, and the controls that belong to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eframe::egui::Context;

use super::config_draft::ConfigDraft;
use crate::data::{Dataset, Scene, generate};
use crate::experiment::{Config, Experiment, Origin, Settings, Snapshot};
use crate::figure::still::TimePoints;
use crate::io::Session;
use crate::trainer::{ENSEMBLE_SEEDS, Repeated, Repetition, Request, RunView, SeedEnsemble, Trainer};
use crate::vae::{Architecture, Covariance};
use crate::viz::background_runs::BackgroundRuns;
use crate::viz::command::CommandQueue;
use crate::viz::context::ViewContext;
use crate::viz::probe::Probe;
use crate::viz::projection::Projection;
use crate::viz::selection::Selection;
use crate::viz::workers::Workers;

/// Steps of a seed ensemble on your data.
const OWN_STEPS: u64 = 4000;

/// Starts of trainers so far, which tell one from another.
static STARTS: AtomicU64 = AtomicU64::new(0);

/// A run and everything that is known of it.
#[derive(Debug)]
pub(super) struct RunSlot {
    trainer: Option<Trainer>,
    /// Which start of a trainer it is.
    pub start_number: u64,
    /// Requests sent to the current trainer.
    asked: u64,
    /// Notices of the current trainer that were shown.
    noticed: u64,
    /// Its data.
    pub data: Arc<Dataset>,
    /// The newest view of the run.
    pub view: Option<RunView>,
    /// The settings that were asked for last.
    pub settings: Settings,
    /// The configuration that is being edited.
    pub draft: ConfigDraft,
    /// The projection of its data onto the screen; `None` while it is computed.
    pub projection: Option<Arc<Projection>>,
    /// The probe at z*.
    pub probe: Option<Arc<Probe>>,
    /// The same of the latents rotated by φ, while the dial is dragged.
    turned: Option<Arc<Probe>>,
    /// Painter, queries and probe.
    pub workers: Workers,
    /// The steps from which to which a lesson trains it.
    lesson_steps: Option<[u64; 2]>,
    /// The saved run that is being repeated, if its saved state is not known.
    repeated: Option<Box<Session>>,
}

impl RunSlot {
    /// A run that has not been started.
    pub(super) fn new(config: Config, data: Arc<Dataset>, mut workers: Workers) -> Self {
        Self {
            trainer: None,
            start_number: 0,
            asked: 0,
            noticed: 0,
            view: None,
            settings: config.settings(),
            draft: ConfigDraft::new(config),
            projection: workers.projection(&data),
            data,
            probe: None,
            turned: None,
            workers,
            lesson_steps: None,
            repeated: None,
        }
    }

    /// The same experiment with the other family of posteriors: same data, seed, minibatches and noise.
    pub(super) fn opposite(&self, workers: Workers) -> Self {
        let mut config = self.draft.config.clone();
        config.objective = self.settings.objective.restarted(&config.objective);
        config.optimizer = self.settings.optimizer;
        config.objective.covariance = other(config.objective.covariance);
        config.fit_likelihood();
        Self::new(config, Arc::clone(&self.data), workers)
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
        self.begin(|wake| Trainer::spawn(build, wake), ctx, pace)
    }

    /// Repeats a saved run; the one before ends. `whole` is its session, if its saved state is not known.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn repeat(
        &mut self,
        whole: Option<Session>,
        build: impl FnOnce() -> Result<Repetition, String> + Send + 'static,
        ctx: &Context,
        pace: Option<f64>,
    ) -> std::io::Result<()> {
        self.repeated = whole.map(Box::new);
        self.begin(|wake| Trainer::repeat(build, wake), ctx, pace)
    }

    /// The whole of a saved run that is still being repeated, unless its saved state is shown. What is repeated so far is a part of it.
    pub(super) fn whole_run(&self) -> Option<&Session> {
        let is_repeating = self.view.as_ref().is_none_or(|view| matches!(view.repeated, Some(Repeated::Steps(..))));
        self.repeated.as_deref().filter(|_| is_repeating)
    }

    /// True if a saved run was repeated to the last bit.
    pub(super) fn is_verified(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.repeated == Some(Repeated::Verified))
    }

    /// Starts a trainer. It is given what wakes the window.
    fn begin(
        &mut self,
        start: impl FnOnce(Box<dyn Fn() + Send>) -> std::io::Result<Trainer>,
        ctx: &Context,
        pace: Option<f64>,
    ) -> std::io::Result<()> {
        let ctx = ctx.clone();
        self.trainer = Some(start(Box::new(move || ctx.request_repaint()))?);
        self.start_number = 1 + STARTS.fetch_add(1, Ordering::Relaxed);
        (self.asked, self.noticed) = (0, 0);
        self.ask(Request::MaxRate(self.rate_at(pace)));
        Ok(())
    }

    /// The planned steps.
    pub(super) fn planned(&self) -> u64 {
        let of_lesson = self.lesson_steps.map(|[_, last]| last);
        of_lesson.or(self.draft.config.cycle).unwrap_or(OWN_STEPS)
    }

    /// Steps a second that make the planned steps in `pace` seconds; `None`: no limit.
    pub(super) fn rate_at(&self, pace: Option<f64>) -> Option<f64> {
        let steps = self.lesson_steps.map_or_else(|| self.planned(), |[first, last]| last - first);
        pace.map(|seconds| steps as f64 / seconds)
    }

    /// Trains to the end of the planned steps; from there on without an end.
    pub(super) fn train(&mut self) {
        let planned = self.planned();
        let is_over = self.snapshot().is_some_and(|snapshot| snapshot.step >= planned);
        self.ask(if is_over { Request::Run } else { Request::StepsTo(planned) });
    }

    /// Trains what the controls describe for the next seeds, as long as its scene asks for.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn seed_ensemble(&self, ctx: &Context) -> std::io::Result<SeedEnsemble> {
        let mut config = self.draft.config.clone();
        config.objective = self.settings.objective.restarted(&config.objective);
        config.optimizer = self.settings.optimizer;
        config.fit_likelihood();
        let steps = config.origin.scene().map_or(OWN_STEPS, |scene| scene.training.steps);
        let (first, own, ctx) = (config.seed, Arc::clone(&self.data), ctx.clone());
        let build = move |seed| {
            let data = match &config.origin {
                Origin::Scene(scene) => Arc::new(generate(scene, seed)),
                Origin::File { .. } | Origin::Model(_) => Arc::clone(&own),
            };
            Experiment::new(Config { seed, ..config.clone() }, data).map_err(|e| e.to_string())
        };
        SeedEnsemble::spawn((0..ENSEMBLE_SEEDS).map(|k| first.wrapping_add(k)), steps, build, move || {
            ctx.request_repaint();
        })
    }

    /// Asks the trainer for something.
    pub(super) fn ask(&mut self, request: Request) {
        if let Some(trainer) = &self.trainer {
            trainer.ask(request);
            self.asked += 1;
        }
    }

    /// Takes the newest view of the run. Gives what it has to say for the first time.
    pub(super) fn take_view(&mut self) -> Option<String> {
        let newest = self.trainer.as_ref().and_then(Trainer::read)?;
        match &*newest {
            Ok(view) => {
                if view.served >= self.asked {
                    // Everything that was asked for is in: what differs now was refused or undone.
                    self.settings = view.snapshot.settings;
                }
                self.view = Some(view.clone());
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

    /// The newest snapshot.
    pub(super) fn snapshot(&self) -> Option<&Arc<Snapshot>> {
        self.view.as_ref().map(|view| &view.snapshot)
    }

    /// The shown snapshot: the newest, unless an earlier step is shown.
    pub(super) fn shown(&self) -> Option<&Arc<Snapshot>> {
        self.view.as_ref().map(|view| view.shown.as_ref().unwrap_or(&view.snapshot))
    }

    /// The newest time point that is drawn: while the probe of the newest snapshot is computed, the one before.
    pub(super) fn newest_drawn(&self) -> Option<&Arc<Snapshot>> {
        let view = self.view.as_ref()?;
        let drawn = self.probe.as_ref().map(|probe| probe.snapshot()).filter(|_| view.shown.is_none());
        Some(drawn.unwrap_or(&view.snapshot))
    }

    /// The shown snapshot and the newest one.
    pub(super) fn time_points(&self) -> Option<TimePoints> {
        Some(TimePoints { shown: Arc::clone(self.shown()?), newest: Arc::clone(self.snapshot()?) })
    }

    /// The context of its views; `None` until there is a snapshot.
    pub(super) fn context<'a>(
        &'a self,
        background: &'a BackgroundRuns,
        commands: &'a CommandQueue,
    ) -> Option<ViewContext<'a>> {
        let Self { view, probe, turned, projection, workers, .. } = self;
        let (view, probe, projection) = (view.as_ref()?, probe.as_ref()?, projection.as_ref()?);
        Some(ViewContext {
            // The snapshot of the probe, so that everything drawn is of one time point.
            snapshot: probe.snapshot(),
            newest: self.newest_drawn()?,
            branches: &view.others,
            axes: true,
            probe,
            turned: turned.as_ref(),
            projection,
            queries: &workers.queries,
            scene: &workers.scene,
            background,
            commands,
            figure: None,
            presented: false,
            beside: None,
            slow_step: None,
        })
    }

    /// True while the run is training.
    pub(super) fn is_running(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.running)
    }

    /// Prepares another experiment; what was known of the one before is forgotten.
    pub(super) fn replace(&mut self, config: Config, data: Arc<Dataset>) {
        self.settings = config.settings();
        self.draft = ConfigDraft::new(config);
        self.projection = self.workers.projection(&data);
        self.data = data;
        (self.view, self.probe, self.lesson_steps, self.repeated) = (None, None, None, None);
    }

    /// Shows a prepared run at once and goes on with it; a lesson trains it to step `last`.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(super) fn show_prepared(
        &mut self,
        run: &Experiment,
        snapshot: &Arc<Snapshot>,
        last: Option<u64>,
        ctx: &Context,
        pace: Option<f64>,
    ) -> std::io::Result<()> {
        if !Arc::ptr_eq(&self.data, run.data()) {
            // What was computed about other data is of no use.
            self.probe = None;
        }
        self.draft = ConfigDraft::new(run.config().as_ref().clone());
        self.projection = self.workers.projection(run.data());
        self.data = Arc::clone(run.data());
        self.settings = snapshot.settings;
        self.lesson_steps = last.map(|last| [snapshot.step, last]);
        let view = RunView {
            snapshot: Arc::clone(snapshot),
            repeated: None,
            shown: None,
            branch: 0,
            others: Arc::default(),
            keyframe_bytes: run.keyframe_bytes(),
            running: false,
            steps_per_second: 0.0,
            notice: None,
            served: 0,
        };
        self.view = Some(view);
        let run = run.clone();
        self.continue_with(move || Ok(run), ctx, pace)
    }

    /// Changes the network of the next run; σ² with the likelihood, and the optimiser where another one suits it.
    pub(super) fn set_network(&mut self, architecture: Architecture) {
        let config = &mut self.draft.config;
        let began = self.view.as_ref().map(|view| &view.snapshot.config.architecture);
        let other_likelihood = began.is_some_and(|began| began.likelihood != architecture.likelihood);
        let other = began.is_none_or(|began| began.is_linear() != architecture.is_linear()) || other_likelihood;
        config.architecture = architecture;
        if other_likelihood {
            self.settings.objective.sigma2 = config.default_sigma2();
            self.settings.objective.learns_sigma2 = config.default_learns_sigma2();
        }
        if other {
            config.optimizer = self.settings.optimizer;
            self.settings.optimizer.kind = config.suited_optimizer();
        }
    }

    /// Prepares a run on a scene with other numbers, and as large minibatches as its samples allow.
    pub(super) fn set_scene(&mut self, scene: &Scene) {
        let batch = &mut self.settings.optimizer.batch;
        *batch = (*batch).min(scene.generator.samples);
        let config = &mut self.draft.config;
        config.origin = Origin::Scene(Box::new(scene.clone()));
        self.data = Arc::new(generate(scene, config.seed));
        self.projection = self.workers.projection(&self.data);
    }

    /// Prepares the run that the controls describe, with the data of its seed.
    pub(super) fn follow_controls(&mut self) {
        let config = &mut self.draft.config;
        config.objective = self.settings.objective.restarted(&config.objective);
        config.optimizer = self.settings.optimizer;
        config.fit_likelihood();
        if let Origin::Scene(scene) = &config.origin
            && self.view.as_ref().is_none_or(|view| view.snapshot.config.seed != config.seed)
        {
            self.data = Arc::new(generate(scene, config.seed));
            self.projection = self.workers.projection(&self.data);
        }
    }

    /// The covariance that is not in force.
    pub(super) fn other_covariance(&self) -> Covariance {
        other(self.settings.objective.covariance)
    }

    /// Computes the probe at z* of the shown snapshot.
    pub(super) fn renew_probe(&mut self, selection: &Selection) {
        if self.projection.is_none() {
            self.projection = self.workers.projection(&self.data);
        }
        let Some(snapshot) = self.shown().map(Arc::clone) else { return };
        let selection = selection.seen_by(snapshot.latent_dim());
        self.probe = self.workers.probe(self.probe.as_ref(), &snapshot, &selection);
    }

    /// Computes the probe of the latents rotated by φ while the dial is dragged; the run stays as it is.
    pub(super) fn turn(&mut self, selection: &Selection, is_turning: bool) {
        let drawn = self.probe.as_ref().map(|probe| Arc::clone(probe.snapshot()));
        self.turned =
            drawn.filter(|drawn| is_turning && drawn.latent_dim() > 1 && Probe::is_quick(drawn)).map(|drawn| {
                let selection = selection.seen_by(drawn.latent_dim());
                Arc::new(Probe::new(&Arc::new(drawn.rotated(&selection.rotation())), &selection))
            });
    }
}

fn other(covariance: Covariance) -> Covariance {
    match covariance {
        Covariance::Diagonal => Covariance::Full,
        Covariance::Full => Covariance::Diagonal,
    }
}
