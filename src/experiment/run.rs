//! One run as a pure state machine: commands, steps, and what can be seen of it.

use std::collections::VecDeque;
use std::sync::Arc;

use nalgebra::DMatrix;
use rand_distr::{Distribution as _, StandardNormal};

use super::keyframes::{Keyframe, Keyframes};
use super::minibatch::Minibatch;
use super::snapshot::correlate;
use super::{Batches, Command, Config, History, InvalidSetting, LoggedCommand, Row, Schedule, Settings, is_linear};
use crate::data::Dataset;
use crate::geometry::{GeometryMetrics, Jets, Order};
use crate::linalg::Matrix;
use crate::nn::Adam;
use crate::rng::{Purpose, stream};
use crate::stats::mean_correlation_coefficient;
use crate::vae::{Elbo, Posterior, Vae};

/// Everything of a run that a step changes. Minibatches and noise are functions of seed and place, so a run goes on
/// from a copy exactly as it did from the original.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Steps made.
    pub step: u64,
    /// Observations read from the sequence of shuffled epochs.
    position: u64,
    /// How the learning rate falls.
    schedule: Schedule,
    /// The settings in force.
    pub settings: Settings,
    /// The model.
    pub vae: Vae<f32>,
    /// The optimiser.
    pub adam: Adam<f32>,
}

impl State {
    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.settings.optimizer.lr * self.schedule.share(self.step)
    }
}

/// A run that blew up, and what was done about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "the loss became {loss} at step {step}{after}; went back to step {restored}. Lower the learning rate and run again"
)]
pub struct Divergence {
    /// What the loss had become, in words or as a number.
    pub loss: String,
    /// The step at which that was seen.
    pub step: u64,
    /// The commands that were undone, as text.
    pub after: String,
    /// The step whose state was restored.
    pub restored: u64,
}

/// A run: what it started from, where it stands, and how it got there.
#[derive(Clone, Debug)]
pub struct Experiment {
    config: Arc<Config>,
    data: Arc<Dataset>,
    state: State,
    log: Vec<LoggedCommand>,
    /// Commands that will take effect at their steps, unless something else is done before.
    pending: VecDeque<LoggedCommand>,
    history: History,
    sound: Sound,
    keyframes: Keyframes,
    /// Of the training data.
    covariance: Arc<DMatrix<f64>>,
    batches: Batches,
    minibatch: Minibatch,
    /// Sums over the steps since the last row.
    sums: Elbo,
    summed: u64,
}

/// What a run that blows up goes back to: the last moment at which all was known to be well, as the steps made and the
/// number of commands that led to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sound {
    step: u64,
    commands: usize,
}

/// Steps between the moments that are remembered in case the run blows up.
const SOUND_INTERVAL: u64 = 200;

/// Steps after which settings are trusted: the learning rate has risen under them, and what they do would have been seen.
const PROVEN: u64 = 50;

/// A loss this many times that of a decoder that always answers the mean is an explosion.
const EXPLOSION: f64 = 1e3;

impl Experiment {
    /// Memory for the moments that are kept, unless one says otherwise.
    pub const KEYFRAME_BYTES: usize = 40_000_000;

    /// The run at step 0.
    pub fn new(config: Config, data: Arc<Dataset>) -> Result<Self, InvalidSetting> {
        config.validate(data.train.observations.columns())?;
        let n = data.train.observations.rows();
        let covariance = config.objective.covariance;
        let mut rng = stream(config.seed, Purpose::Init, 0);
        let vae = Vae::new(n, config.architecture.clone(), covariance, &mut rng);
        let adam = Adam::new(vae.parameters.len());
        let minibatch = Minibatch::new(&vae, config.threads);
        let interval = if is_large(&vae) { 100 } else { 10 };
        let sums = Elbo { reconstruction: 0.0, kl_per_dim: vec![0.0; vae.latent_dim()] };
        let state = State { step: 0, position: 0, schedule: Schedule::START, settings: config.settings(), vae, adam };
        let sound = Sound::default();
        let start = Keyframe {
            state: state.clone(),
            commands: 0,
            history: History::new(interval),
            sums: sums.clone(),
            summed: 0,
            sound,
        };
        Ok(Self {
            batches: Batches::new(config.seed, data.train.observations.columns()),
            config: Arc::new(config),
            covariance: Arc::new(data.train.covariance()),
            data,
            state,
            log: Vec::new(),
            pending: VecDeque::new(),
            history: History::new(interval),
            sound,
            keyframes: Keyframes::new(start, Self::KEYFRAME_BYTES),
            minibatch,
            sums,
            summed: 0,
        })
    }

    /// What the run started from.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// The data it is trained and tested on.
    pub fn data(&self) -> &Arc<Dataset> {
        &self.data
    }

    /// The covariance of the training data (n × n).
    pub fn covariance(&self) -> &Arc<DMatrix<f64>> {
        &self.covariance
    }

    /// Where it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What was changed on the way.
    pub fn log(&self) -> &[LoggedCommand] {
        &self.log
    }

    /// What it has been through.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The steps after which a moment is kept. Every other one is found again by making the steps from the one before.
    pub fn keyframes(&self) -> impl Iterator<Item = u64> {
        self.keyframes.steps()
    }

    /// What the moments that are kept take in memory, in bytes; never more than it may be (or than the start alone).
    pub fn keyframe_bytes(&self) -> usize {
        self.keyframes.bytes()
    }

    /// Keeps fewer moments if they take more than so many bytes, [`Self::KEYFRAME_BYTES`] to begin with.
    pub fn keep_within(&mut self, bytes: usize) {
        self.keyframes.keep_within(bytes);
    }

    /// The run as it was after `step` steps (at most those made) and the commands up to then: to the last bit, and with
    /// the same future if the same is done to it.
    pub fn at(&self, step: u64) -> Self {
        let step = step.min(self.state.step);
        let commands = self.log.partition_point(|logged| logged.step <= step);
        let mut run = self.clone();
        run.pending.clear();
        run.return_to(Sound { step, commands });
        run
    }

    /// The same run from its start. What was changed on the way will be changed again at the same steps, until something
    /// else is changed.
    pub fn restarted(&self) -> Self {
        let mut run = self.at(0);
        run.pending = self.log[run.log.len()..].iter().chain(&self.pending).copied().collect();
        run
    }

    /// Plans the commands of a log, which is in the order of its steps, for a run that is at its start. They take effect
    /// at their steps, unless something else is changed before. A value that makes no sense plans nothing.
    pub fn schedule_log(&mut self, log: &[LoggedCommand]) -> Result<(), InvalidSetting> {
        self.config.settings_after(log, self.data.train.samples())?;
        self.pending = log.iter().copied().collect();
        self.change_what_is_due();
        Ok(())
    }

    /// Changes a setting from the next step on, or turns the latents. What makes no sense changes nothing.
    ///
    /// A rotation begins with a new optimiser: Adam's second moments are those of single coordinates and do not turn with
    /// them.
    pub fn apply(&mut self, command: Command) -> Result<(), InvalidSetting> {
        command.check(self.state.vae.latent_dim())?;
        let settings = command.applied_to(self.state.settings);
        settings.validate(self.data.train.observations.columns())?;
        if self.is_no_op(command) {
            return Ok(());
        }
        self.pending.clear();
        self.change(command);
        Ok(())
    }

    /// Whether a command leaves everything as it is.
    fn is_no_op(&self, command: Command) -> bool {
        match command {
            Command::Rotate(rotation) => rotation.degrees == 0.0,
            _ => command.applied_to(self.state.settings) == self.state.settings,
        }
    }

    fn change(&mut self, command: Command) {
        self.mark_sound();
        let settings = command.applied_to(self.state.settings);
        if let Command::Rotate(rotation) = command {
            rotation.rotate_model(&mut self.state.vae, &self.data.train.observations);
            self.state.adam = Adam::new(self.state.vae.parameters.len());
        }
        let state = &mut self.state;
        if settings.objective.covariance != state.vae.covariance {
            let before = state.vae.clone();
            state.vae.switch_covariance(settings.objective.covariance);
            state.adam.first = before.carry_over(&state.vae, &state.adam.first);
            state.adam.second = before.carry_over(&state.vae, &state.adam.second);
            self.minibatch.fit(&state.vae, self.config.threads);
        }
        state.settings = settings;
        let logged = LoggedCommand { step: state.step, command };
        state.schedule = state.schedule.changed(&logged);
        self.log.push(logged);
    }

    /// Makes one step. If the loss is no number or has exploded, the last sound moment is restored instead: the
    /// weights, the settings, the log and the history that there were.
    pub fn step(&mut self) -> Result<(), Divergence> {
        self.differentiate();
        self.update();
        self.check()?;
        self.record();
        self.change_what_is_due();
        Ok(())
    }

    /// Lets planned commands take effect.
    fn change_what_is_due(&mut self) {
        while let Some(due) = self.pending.pop_front_if(|logged| logged.step <= self.state.step) {
            if !self.is_no_op(due.command) {
                self.change(due.command);
            }
        }
    }

    /// Takes down the step that was made.
    fn record(&mut self) {
        let elbo = self.minibatch.elbo();
        self.sums.reconstruction += elbo.reconstruction;
        self.sums.kl_per_dim.iter_mut().zip(&elbo.kl_per_dim).for_each(|(sum, kl)| *sum += kl);
        self.summed += 1;
        let step = self.state.step;
        if self.history.is_due(step) {
            self.write_row();
        }
        if step.is_multiple_of(SOUND_INTERVAL) {
            self.mark_sound();
        }
        if self.keyframes.is_due(step) {
            self.keyframes.push(self.keyframe());
        }
    }

    fn keyframe(&self) -> Keyframe {
        Keyframe {
            state: self.state.clone(),
            commands: self.log.len(),
            history: self.history.clone(),
            sums: self.sums.clone(),
            summed: self.summed,
            sound: self.sound,
        }
    }

    /// Looks at the loss of the next minibatch without learning from it: whether the last step led anywhere can't be seen
    /// before.
    pub fn verify(&mut self) -> Result<(), Divergence> {
        self.differentiate();
        self.check()
    }

    fn check(&mut self) -> Result<(), Divergence> {
        let Settings { objective, .. } = self.state.settings;
        let (n, m) = (self.data.data_dim(), self.state.vae.latent_dim());
        let loss = -self.minibatch.elbo().objective(objective.beta) - objective.log_normaliser(n);
        let trivial = 0.5 * (self.covariance.trace() / objective.sigma2 + n as f64) + objective.beta * m as f64;
        // A NaN is not below anything.
        let sound = loss <= EXPLOSION * trivial;
        if sound { Ok(()) } else { Err(self.restore(loss)) }
    }

    /// The loss of the next minibatch and its gradient. Allocates nothing on one thread.
    fn differentiate(&mut self) {
        let Self { config, data, state, batches, minibatch, .. } = self;
        let mut rng = stream(config.seed, Purpose::Noise, state.step);
        for (places, block) in minibatch.cut(state.settings.optimizer.batch) {
            let position = state.position + places.start as u64;
            batches.choose(position, places.len(), &mut block.chosen);
            block.noise.reshape(state.vae.latent_dim(), places.len());
            block.noise.as_mut_slice().fill_with(|| StandardNormal.sample(&mut rng));
        }
        minibatch.differentiate(&state.vae, &state.settings.objective, &data.train.observations);
    }

    /// One step against the gradient.
    fn update(&mut self) {
        let Self { state, minibatch, .. } = self;
        let rate = state.learning_rate();
        minibatch.descend(&mut state.adam, &mut state.vae.parameters, rate);
        state.position += state.settings.optimizer.batch as u64;
        state.step += 1;
    }

    /// Remembers the present moment as the last sound one, if it is: what a rash sequence of commands leads to is not.
    fn mark_sound(&mut self) {
        let proven = self.state.step - self.state.schedule.begun >= PROVEN;
        // The sum is finite exactly when every parameter is.
        if proven && self.state.vae.parameters.iter().sum::<f32>().is_finite() {
            self.sound = Sound { step: self.state.step, commands: self.log.len() };
        }
    }

    /// Becomes what it was at a moment of its past, from the keyframe before it.
    fn return_to(&mut self, Sound { step, commands }: Sound) {
        let again: Vec<LoggedCommand> = self.log.drain(..).take(commands).collect();
        if let Some(keyframe) = self.keyframes.truncate(step, commands) {
            self.state.clone_from(&keyframe.state);
            self.history.clone_from(&keyframe.history);
            self.sums.clone_from(&keyframe.sums);
            (self.summed, self.sound) = (keyframe.summed, keyframe.sound);
            self.minibatch.fit(&self.state.vae, self.config.threads);
            self.log.extend(&again[..keyframe.commands]);
        }
        for logged in again.iter().skip(self.log.len()) {
            self.repeat_until(logged.step);
            self.change(logged.command);
        }
        self.repeat_until(step);
    }

    /// Makes steps that were made before, so that nothing can go wrong.
    fn repeat_until(&mut self, step: u64) {
        while self.state.step < step {
            self.differentiate();
            self.update();
            self.record();
        }
    }

    /// Goes back to the last sound moment.
    fn restore(&mut self, loss: f64) -> Divergence {
        let after = match &self.log[self.sound.commands..] {
            [] => String::new(),
            [only] => format!(" after {} at step {}", only.command, only.step),
            [first, .., last] => {
                let count = self.log.len() - self.sound.commands;
                let (from, to) = (first.step, last.step);
                format!(" after {count} changes from {} at step {from} to {} at step {to}", first.command, last.command)
            }
        };
        let step = self.state.step;
        self.pending.clear();
        self.return_to(self.sound);
        Divergence {
            loss: if loss.is_nan() { "not a number".to_owned() } else { format!("{loss:.3e}") },
            step,
            after,
            restored: self.state.step,
        }
    }

    fn clear_sums(&mut self) {
        self.sums.reconstruction = 0.0;
        self.sums.kl_per_dim.fill(0.0);
        self.summed = 0;
    }

    fn write_row(&mut self) {
        let count = self.summed.max(1) as f64;
        let settings = self.state.settings;
        let kl_per_dim: Vec<f64> = self.sums.kl_per_dim.iter().map(|kl| kl / count).collect();
        let reconstruction = self.sums.reconstruction / count;
        let vae = &self.state.vae;
        let geometry = probe(vae, &self.data, &settings, probed(vae), vae.latent_dim() <= 3);
        self.history.push(Row {
            step: self.state.step,
            elbo: reconstruction - settings.objective.beta * kl_per_dim.iter().sum::<f64>(),
            reconstruction,
            kl_per_dim,
            settings,
            ima_contrast: geometry.ima_contrast.unwrap_or(f64::NAN),
            diagonal_gap: geometry.diagonal_gap.unwrap_or(f64::NAN),
            dto: geometry.dto.unwrap_or(f64::NAN),
            c2_residual: geometry.c2_residual.unwrap_or(f64::NAN),
            posterior_error: geometry.posterior_error.unwrap_or(f64::NAN),
            active_units: geometry.active.len(),
            off_diagonal_mass: geometry.off_diagonal_mass.unwrap_or(f64::NAN),
            mcc: probed_mcc(vae, &self.data).unwrap_or(f64::NAN),
        });
        self.clear_sums();
    }
}

/// Whether a Jacobian, or the m³ of its singular values, costs so much that the rows of the history must be fewer and measure
/// less.
fn is_large(vae: &Vae<f32>) -> bool {
    vae.parameters.len() >= 20_000 || vae.latent_dim() >= 8
}

/// Held-out observations at which every row of the history measures the geometry.
fn probed(vae: &Vae<f32>) -> usize {
    if is_large(vae) { 32 } else { 64 }
}

/// Held-out observations whose codes every row of the history correlates with their factors.
const CORRELATED: usize = 256;

fn probed_mcc(vae: &Vae<f32>, data: &Dataset) -> Option<f64> {
    let factors = data.test.factors.as_ref()?;
    let test = &data.test.observations;
    let encodings = vae.encode(&test.select_columns(0..CORRELATED.min(test.columns())));
    Some(mean_correlation_coefficient(&correlate(&encodings, factors, vae.latent_dim())).0)
}

/// The geometry at the posterior means of the first `count` held-out observations.
pub(super) fn probe(
    vae: &Vae<f32>,
    data: &Dataset,
    settings: &Settings,
    count: usize,
    second_order: bool,
) -> GeometryMetrics {
    let test = &data.test.observations;
    let posteriors = vae.posteriors(&test.select_columns(0..count.min(test.columns())));
    summarise(vae, &posteriors, settings, second_order)
}

/// The geometry of a model at the means of these posteriors.
pub fn summarise<T: crate::linalg::Real>(
    vae: &Vae<T>,
    posteriors: &[Posterior],
    settings: &Settings,
    second_order: bool,
) -> GeometryMetrics {
    let means = posteriors.iter().flat_map(|q| q.mean.iter().map(|z| T::from_f64(*z))).collect();
    let z = Matrix::from_columns(vae.latent_dim(), posteriors.len(), means);
    let smooth = is_linear(&vae.architecture) || vae.architecture.activation.is_smooth();
    let order = if second_order && smooth { Order::Second } else { Order::First };
    GeometryMetrics::new(&Jets::of(vae, &z, order), posteriors, vae.covariance, settings.objective.b())
}
