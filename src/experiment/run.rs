//! One run as a pure state machine: commands, steps, and the way back.

use std::collections::VecDeque;
use std::sync::Arc;

use rand_distr::{Distribution as _, StandardNormal};

use super::batches::Batches;
use super::command::{Command, LoggedCommand};
use super::config::Config;
use super::convergence::training_objective;
use super::history::History;
use super::keyframes::{Keyframe, Keyframes};
use super::measure::{measure_row, row_interval};
use super::minibatch::Minibatch;
use super::opened_model::FIXED;
use super::schedule::Schedule;
use super::settings::{InvalidSetting, Settings};
use super::state::{Sound, State};
use super::training_moments::TrainingMoments;
use super::trend::Convergence;
use crate::data::Dataset;
use crate::memory;
use crate::nn::{Adam, Lbfgs, OptimizerKind};
use crate::ppca::{LinearOptimum, optimal_sigma2};
use crate::rng::{Purpose, stream};
use crate::vae::{Elbo, Likelihood, Moments, Objective, SIGMA2_RANGE, Vae, linear_objective, parameter_count};

/// Divergence of a run, after which its last sound state was restored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "the loss became {loss} at step {step}{after}; went back to step {restored}. Lower the learning rate and run again"
)]
pub struct Divergence {
    /// Loss as a number or in words.
    pub loss: String,
    /// Steps that led to that loss.
    pub step: u64,
    /// Commands that were undone, as text.
    pub after: String,
    /// Step of the restored state.
    pub restored: u64,
}

/// Run: configuration, data, state, log of commands and history.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub(super) config: Arc<Config>,
    pub(super) data: Arc<Dataset>,
    pub(super) state: State,
    pub(super) log: Vec<LoggedCommand>,
    /// Errors of the covariances after rotations, each with its place in the log.
    pub(super) rotation_errors: Vec<(usize, f64)>,
    /// Scheduled commands; any other command cancels them.
    pub(super) pending: VecDeque<LoggedCommand>,
    pub(super) history: History,
    pub(super) sound: Sound,
    pub(super) keyframes: Keyframes,
    moments: Arc<TrainingMoments>,
    batches: Batches,
    pub(super) minibatch: Minibatch,
    /// Objective on all training data, of steps without minibatches.
    exact: Elbo,
    /// Sums over the `summed` steps since the last row of the history.
    pub(super) sums: Elbo,
    pub(super) summed: u64,
}

/// Relative error of covariances after a rotation that is worth a warning.
const POOR_FIT: f64 = 0.01;

/// Steps between states marked as sound.
const SOUND_INTERVAL: u64 = 200;

/// Steps after which settings are trusted: the learning rate has risen under them, and their effect on the loss was seen.
const PROVEN: u64 = 50;

/// A loss this many times that of a decoder with constant output, the mean (or π = ½), is an explosion.
const EXPLOSION: f64 = 1e3;

/// L-BFGS needs the covariance, n × n numbers: 128 MB for images of 64×64 pixels.
const MOST_DIMENSIONS: usize = 4096;

/// Bytes of a run for each weight: itself, its gradient and two moments in single precision, the keyframe of the start, a snapshot, and
/// its copies in single and double precision.
const PARAMETER_BYTES: u64 = 44;

fn fits_in_memory(kind: OptimizerKind, n: usize) -> Result<(), InvalidSetting> {
    if kind == OptimizerKind::Lbfgs && n > MOST_DIMENSIONS {
        return Err(InvalidSetting(format!(
            "optimizer = lbfgs needs a covariance of {n}×{n} numbers, more than {MOST_DIMENSIONS}×{MOST_DIMENSIONS}; choose adam"
        )));
    }
    Ok(())
}

/// Draws the first weights of a discriminator, if there is one: they are the same whenever it comes.
fn draw_discriminator(vae: &mut Vae<f32>, seed: u64) {
    vae.draw_discriminator(&mut stream(seed, Purpose::Init, 1));
}

impl Experiment {
    /// Default memory for keyframes.
    pub const KEYFRAME_BYTES: usize = 40_000_000;

    /// Run at step 0.
    ///
    /// # Errors
    /// If a value of the configuration is outside its limits, or the data do not suit the likelihood.
    pub fn new(config: Config, data: Arc<Dataset>) -> Result<Self, InvalidSetting> {
        config.validate(data.train.samples())?;
        config.suits(&data)?;
        fits_in_memory(config.optimizer.kind, data.data_dim())?;
        let covariance = config.objective.covariance;
        let parameters = parameter_count(data.data_dim(), &config.architecture, covariance);
        let needed = (parameters as u64).saturating_mul(PARAMETER_BYTES);
        memory::check(needed, format_args!("a model of {parameters} weights")).map_err(InvalidSetting)?;
        let mut rng = stream(config.seed, Purpose::Init, 0);
        let mut vae = match config.origin.model() {
            Some(opened) => opened.vae.clone(),
            None => Vae::new(data.data_dim(), config.architecture.clone(), covariance, &mut rng)
                .regularized_by(config.objective.regularizer),
        };
        draw_discriminator(&mut vae, config.seed);
        let adam = Adam::new(vae.parameters.len());
        let minibatch = Minibatch::new(&vae, config.threads);
        let history = History::new(row_interval(&vae));
        let sums = Elbo { kl_per_dim: vec![0.0; vae.latent_dim()], ..Elbo::default() };
        let schedule = Schedule::new(config.cycle);
        let state =
            State { step: 0, position: 0, schedule, settings: config.settings(), vae, adam, lbfgs: Lbfgs::default() };
        let sound = Sound::default();
        let start = Keyframe {
            state: state.clone(),
            commands: 0,
            history: history.clone(),
            sums: sums.clone(),
            summed: 0,
            sound,
        };
        Ok(Self {
            batches: Batches::new(config.seed, data.train.samples()),
            config: Arc::new(config),
            moments: Arc::new(TrainingMoments::new(Arc::clone(&data))),
            data,
            state,
            log: Vec::new(),
            rotation_errors: Vec::new(),
            pending: VecDeque::new(),
            history,
            sound,
            keyframes: Keyframes::new(start, Self::KEYFRAME_BYTES),
            minibatch,
            exact: Elbo::default(),
            sums,
            summed: 0,
        })
    }

    /// Configuration at step 0.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// True for a model from a file, which makes no steps; only β and σ² may change, in which it is measured.
    pub fn is_fixed(&self) -> bool {
        self.config.origin.model().is_some()
    }

    /// Training and held-out data.
    pub fn data(&self) -> &Arc<Dataset> {
        &self.data
    }

    /// Eigenvalues of the covariance of the training data, largest first; `None` for data of too many dimensions
    /// ([`Split::eigenvalues`](crate::data::Split::eigenvalues)).
    pub fn eigenvalues(&self) -> Option<&[f64]> {
        self.moments.eigenvalues()
    }

    /// Current state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Commands that took effect, in the order of their steps.
    pub fn log(&self) -> &[LoggedCommand] {
        &self.log
    }

    /// A sentence for each rotation that the encoder could not follow: the covariances of its posteriors were off by more than
    /// 1 % after it. A posterior with an exponential factor follows exactly. The last one is for a learned σ² at its least value.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let bad = |(place, error): &(usize, f64)| Some((self.log.get(*place)?, *error)).filter(|_| *error > POOR_FIT);
        let rotations = self.rotation_errors.iter().filter_map(bad).map(|(logged, error)| {
            let LoggedCommand { step, command } = logged;
            let percent = 100.0 * error;
            format!(
                "{command} at step {step}: posterior covariances were off by {percent:.1} % after it (99th percentile over \
                 training observations), because the encoder fits them by least squares"
            )
        });
        let floor = self.state.settings.objective.is_at_floor().then(|| {
            format!(
                "the learned sigma2 has come to the least value that is allowed, {}: the reconstruction is so good that the likelihood \
                 knows no bound. Fix sigma2, or take fewer latents",
                SIGMA2_RANGE[0]
            )
        });
        rotations.chain(floor)
    }

    /// Rows measured so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Convergence: verdict and trend.
    pub fn convergence(&self) -> Convergence {
        Convergence::of(self.history.rows(), &self.state.schedule)
    }

    /// Steps of the keyframes. Any other step is repeated from the keyframe before it.
    pub fn keyframes(&self) -> impl Iterator<Item = u64> {
        self.keyframes.steps()
    }

    /// Memory of the keyframes in bytes: at most the limit, unless the start alone is larger.
    pub fn keyframe_bytes(&self) -> usize {
        self.keyframes.bytes()
    }

    /// Limits the memory of the keyframes, [`Self::KEYFRAME_BYTES`] by default; drops keyframes beyond the limit.
    pub fn keep_within(&mut self, bytes: usize) {
        self.keyframes.keep_within(bytes);
    }

    /// The run as it was after `step` steps (at most those made) and the commands up to then: equal to the last bit, with
    /// the same future under the same commands.
    pub fn at(&self, step: u64) -> Self {
        let step = step.min(self.state.step);
        let commands = self.log.partition_point(|logged| logged.step <= step);
        let mut run = self.clone();
        run.pending.clear();
        run.return_to(Sound { step, commands });
        run
    }

    /// The run at step 0, its log scheduled again.
    pub fn restarted(&self) -> Self {
        let mut run = self.at(0);
        run.pending = self.log[run.log.len()..].iter().chain(&self.pending).copied().collect();
        run
    }

    /// Schedules the commands of `log`, which is in the order of its steps, in a run at step 0. Any other command cancels
    /// those still pending.
    ///
    /// # Errors
    /// If a command is invalid; nothing is scheduled then.
    pub fn schedule_log(&mut self, log: &[LoggedCommand]) -> Result<(), InvalidSetting> {
        self.config.settings_after(log, self.data.train.samples())?;
        self.pending = log.iter().copied().collect();
        self.change_what_is_due();
        Ok(())
    }

    /// True if this command is scheduled and has not taken effect.
    pub fn is_scheduled(&self, logged: &LoggedCommand) -> bool {
        self.pending.contains(logged)
    }

    /// Changes a setting from the next step on, or rotates the latents, and cancels scheduled commands.
    ///
    /// A rotation resets the optimiser, unless the moments rotate with the latents: with an exponential posterior factor, those of
    /// equivariant Adam and of gradient descent. Adam's second moments belong to single coordinates.
    ///
    /// # Errors
    /// If the command is invalid; nothing is changed then.
    pub fn apply(&mut self, command: Command) -> Result<(), InvalidSetting> {
        if self.is_fixed() && !matches!(command, Command::Beta(_) | Command::Sigma2(_)) {
            return Err(InvalidSetting(format!("{command} cannot be applied: {FIXED}")));
        }
        command.check(&self.config.architecture)?;
        let settings = command.applied_to(self.state.settings);
        settings.validate(self.data.train.samples())?;
        settings.check_regularizer(&self.config.architecture, self.config.threads)?;
        fits_in_memory(settings.optimizer.kind, self.data.data_dim())?;
        if !self.is_no_op(command) {
            self.pending.clear();
            self.change(command);
        }
        Ok(())
    }

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
            let error = rotation.rotate_model(&mut self.state.vae, &self.data.train.observations);
            self.rotation_errors.retain(|(place, _)| *place < self.log.len());
            self.rotation_errors.push((self.log.len(), error));
            let State { vae, adam, settings, .. } = &mut self.state;
            if vae.is_equivariant(settings.optimizer.kind) {
                rotation.rotate_values(vae, &mut adam.first);
                vae.average_over_latents(&mut adam.second);
            } else {
                *adam = Adam::new(vae.parameters.len());
            }
        }
        let state = &mut self.state;
        if settings.objective.covariance != state.vae.covariance {
            let before = state.vae.clone();
            state.vae.switch_covariance(settings.objective.covariance);
            state.adam.first = before.carry_over(&state.vae, &state.adam.first);
            state.adam.second = before.carry_over(&state.vae, &state.adam.second);
            self.minibatch.fit(&state.vae, self.config.threads);
        }
        let regularizer = settings.objective.regularizer;
        let has_other_value = regularizer != state.settings.objective.regularizer;
        let had_discriminator = state.vae.discriminator.is_some();
        state.vae.regularize(regularizer);
        if regularizer.has_discriminator() != had_discriminator {
            draw_discriminator(&mut state.vae, self.config.seed);
            let count = state.vae.parameters.len();
            state.adam.first.resize(count, 0.0);
            state.adam.second.resize(count, 0.0);
            self.minibatch.fit(&state.vae, self.config.threads);
        }
        state.settings = settings;
        if has_other_value {
            self.clear_sums();
        }
        let state = &mut self.state;
        state.lbfgs.reset();
        if settings.optimizer.kind == OptimizerKind::Lbfgs {
            state.vae.fix_covariance(self.moments.mean());
        }
        let logged = LoggedCommand { step: state.step, command };
        state.schedule = state.schedule.changed(&logged);
        self.log.push(logged);
    }

    /// Makes one step, unless the loss has exploded or is NaN.
    ///
    /// # Errors
    /// If the run diverged. Weights, settings, log and history are those of the last sound state then, and scheduled
    /// commands are dropped.
    pub fn step(&mut self) -> Result<(), Divergence> {
        self.verify()?;
        self.update();
        self.record();
        self.change_what_is_due();
        Ok(())
    }

    /// Checks the loss of the next minibatch without learning from it: only there the effect of the last step is seen.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn verify(&mut self) -> Result<(), Divergence> {
        self.differentiate();
        let Settings { objective, .. } = self.state.settings;
        let (n, m) = (self.data.data_dim(), self.state.vae.latent_dim());
        let likelihood = self.state.vae.likelihood();
        let loss = -self.elbo().objective(objective.beta) - likelihood.log_normaliser(&objective, n);
        let constant = match likelihood {
            Likelihood::Gaussian => 0.5 * (self.moments.total_variance() / objective.sigma2 + n as f64),
            Likelihood::Bernoulli => n as f64 * std::f64::consts::LN_2,
        };
        let trivial = constant + objective.beta * m as f64;
        // False for NaN.
        let sound = loss <= EXPLOSION * trivial;
        if sound { Ok(()) } else { Err(self.restore(loss)) }
    }

    /// Applies the scheduled commands of this step.
    fn change_what_is_due(&mut self) {
        while let Some(due) = self.pending.pop_front_if(|logged| logged.step <= self.state.step) {
            if !self.is_no_op(due.command) {
                self.change(due.command);
            }
        }
    }

    /// Objective of the next step, on its minibatch or on all training data.
    fn elbo(&self) -> &Elbo {
        if self.is_exact() { &self.exact } else { self.minibatch.elbo() }
    }

    /// True if a step uses the objective of all training data, and not that of a minibatch.
    fn is_exact(&self) -> bool {
        self.state.settings.optimizer.kind == OptimizerKind::Lbfgs
    }

    fn moments(&self) -> Moments<'_> {
        Moments { mean: self.moments.mean(), covariance: self.moments.covariance() }
    }

    /// Loss of the next minibatch and its gradient. Allocates nothing on one thread.
    fn differentiate(&mut self) {
        if self.is_exact() {
            let State { vae, settings, .. } = &self.state;
            let moments = self.moments();
            self.exact = linear_objective(&vae.cast(), &settings.objective, moments).0;
            return;
        }
        let Self { config, data, state, batches, minibatch, .. } = self;
        let mut rng = stream(config.seed, Purpose::Noise, state.step);
        for (places, block) in minibatch.cut(state.settings.optimizer.batch) {
            let position = state.position + places.start as u64;
            batches.choose(position, places.len(), &mut block.chosen);
            block.noise.reshape(state.vae.latent_dim(), places.len());
            block.noise.as_mut_slice().fill_with(|| StandardNormal.sample(&mut rng));
            if state.vae.discriminator.is_some() {
                block.shuffle(&mut rng);
            }
        }
        minibatch.differentiate(&state.vae, &state.settings.objective.at(state.step), &data.train.observations);
    }

    /// One step against the gradient.
    fn update(&mut self) {
        if self.is_exact() {
            return self.update_exactly();
        }
        let Self { state, minibatch, .. } = self;
        let rate = state.learning_rate();
        let Settings { objective, optimizer } = state.settings;
        // At the weights before the step, as the gradient, and at the whole rate (learned_variance says why).
        let (reconstruction, n) = (minibatch.elbo().reconstruction, state.vae.data_dim());
        let learned = objective.sigma2_after_step(reconstruction, n, optimizer.lr);
        minibatch.descend(&mut state.adam, &mut state.vae, optimizer.kind, rate, objective.sigma2);
        state.settings.objective.sigma2 = learned;
        state.position += state.settings.optimizer.batch as u64;
        state.step += 1;
    }

    /// One step of L-BFGS, whose point is in double precision: close principal axes differ by less than single precision shows.
    fn update_exactly(&mut self) {
        let Self { state, moments, .. } = self;
        let moments = Moments { mean: moments.mean(), covariance: moments.covariance() };
        let mut model = state.vae.cast::<f64>();
        let start = model.parameters.clone();
        let point = state.lbfgs.descend(&start, |trial| {
            model.parameters.copy_from_slice(trial);
            let (elbo, gradient) = linear_objective(&model, &state.settings.objective, moments);
            (-elbo.objective(state.settings.objective.beta), gradient)
        });
        state.vae.parameters.iter_mut().zip(point).for_each(|(to, x)| *to = *x as f32);
        state.step += 1;
    }

    /// Adds the step to the sums; writes the row, marks the sound state and keeps the keyframe that are due.
    fn record(&mut self) {
        let elbo = if self.is_exact() { &self.exact } else { self.minibatch.elbo() };
        self.sums.reconstruction += elbo.reconstruction;
        self.sums.kl_per_dim.iter_mut().zip(&elbo.kl_per_dim).for_each(|(sum, kl)| *sum += kl);
        if let Some(value) = elbo.regularizer {
            *self.sums.regularizer.get_or_insert(0.0) += value;
        }
        if let Some(loss) = elbo.discriminator_loss {
            *self.sums.discriminator_loss.get_or_insert(0.0) += loss;
        }
        self.summed += 1;
        let step = self.state.step;
        if self.history.is_due(step) {
            self.write_row();
        }
        if self.state.schedule.is_over(step) {
            self.judge();
        }
        if step.is_multiple_of(SOUND_INTERVAL) {
            self.mark_sound();
        }
        if self.keyframes.is_due(step) {
            self.keyframes.push(self.keyframe());
        }
    }

    /// Decides at the end of a cycle whether the run has settled.
    fn judge(&mut self) {
        let State { step, schedule, settings: Settings { objective, .. }, vae, .. } = &self.state;
        let (reached, tolerance) = if self.is_exact() {
            let moments = self.moments();
            let elbo = linear_objective(&vae.cast(), objective, moments).0;
            (elbo.objective(objective.beta), Schedule::EXACT_TOLERANCE)
        } else {
            (training_objective(vae, &self.data, &objective.at(*step), self.config.seed), Schedule::TOLERANCE)
        };
        let optimum = (vae.architecture.has_closed_forms() && objective.regularizer.is_kl())
            .then(|| {
                let (eigenvalues, m) = (self.moments.eigenvalues()?, vae.latent_dim());
                // The best σ², too, where it is learned: until it is reached the run has not settled.
                let sigma2 = if objective.learns_sigma2 {
                    optimal_sigma2(eigenvalues, m, objective.beta)?
                } else {
                    objective.sigma2
                };
                Some(LinearOptimum::of_eigenvalues(eigenvalues, m, &Objective { sigma2, ..*objective }).elbo)
            })
            .flatten();
        self.state.schedule = schedule.judged(*step, reached, optimum, tolerance);
    }

    fn write_row(&mut self) {
        let count = self.summed as f64;
        let mean = Elbo {
            reconstruction: self.sums.reconstruction / count,
            kl_per_dim: self.sums.kl_per_dim.iter().map(|kl| kl / count).collect(),
            regularizer: self.sums.regularizer.map(|sum| sum / count),
            discriminator_loss: self.sums.discriminator_loss.map(|sum| sum / count),
        };
        self.history.push(measure_row(&self.state, &self.data, mean, self.config.seed));
        self.clear_sums();
    }

    fn clear_sums(&mut self) {
        self.sums.reconstruction = 0.0;
        self.sums.kl_per_dim.fill(0.0);
        (self.sums.regularizer, self.sums.discriminator_loss) = (None, None);
        self.summed = 0;
    }

    pub(super) fn keyframe(&self) -> Keyframe {
        Keyframe {
            state: self.state.clone(),
            commands: self.log.len(),
            history: self.history.clone(),
            sums: self.sums.clone(),
            summed: self.summed,
            sound: self.sound,
        }
    }

    /// Marks the current state as sound, unless its settings are not proven yet: otherwise several commands in quick
    /// succession could mark the effect of a fatal one.
    fn mark_sound(&mut self) {
        let proven = self.state.step - self.state.schedule.begun >= PROVEN;
        // The sum is finite exactly when every parameter is.
        if proven && self.state.vae.parameters.iter().sum::<f32>().is_finite() {
            self.sound = Sound { step: self.state.step, commands: self.log.len() };
        }
    }

    /// Returns to an earlier step by repeating the steps from the keyframe before it.
    fn return_to(&mut self, Sound { step, commands }: Sound) {
        let log: Vec<LoggedCommand> = self.log.drain(..).take(commands).collect();
        if let Some(keyframe) = self.keyframes.truncate(step, commands) {
            self.state.clone_from(&keyframe.state);
            self.history.clone_from(&keyframe.history);
            self.sums.clone_from(&keyframe.sums);
            (self.summed, self.sound) = (keyframe.summed, keyframe.sound);
            self.minibatch.fit(&self.state.vae, self.config.threads);
            self.log.extend(&log[..keyframe.commands]);
        }
        for logged in log.iter().skip(self.log.len()) {
            self.repeat_until(logged.step);
            self.change(logged.command);
        }
        self.repeat_until(step);
    }

    /// Repeats steps, whose losses were verified before.
    fn repeat_until(&mut self, step: u64) {
        while self.state.step < step {
            self.differentiate();
            self.update();
            self.record();
        }
    }

    /// Returns to the last sound state and drops scheduled commands.
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
        let undone =
            self.rotation_errors.iter().filter(|(place, _)| (self.sound.commands..self.log.len()).contains(place));
        let error = undone.map(|(_, error)| *error).fold(0.0, f64::max);
        let fit = if error > POOR_FIT {
            format!(" (posterior covariances were off by {:.1} % after the rotation)", 100.0 * error)
        } else {
            String::new()
        };
        let after = format!("{after}{fit}");
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
}
