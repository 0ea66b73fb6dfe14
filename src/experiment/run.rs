//! One run as a pure state machine: commands, steps, and what can be seen of it.

use std::sync::Arc;

use nalgebra::DMatrix;
use rand_distr::{Distribution as _, StandardNormal};

use super::snapshot::correlate;
use super::{Batches, Command, Config, History, InvalidSetting, Logged, Row, Schedule, Settings, is_linear};
use crate::data::Dataset;
use crate::geometry::{Jets, Order, Summary};
use crate::linalg::Matrix;
use crate::nn::Adam;
use crate::rng::{Purpose, stream};
use crate::stats::mean_correlation_coefficient;
use crate::vae::{Elbo, Posterior, Tape, Vae};

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

    /// Becomes a copy of `other` without asking for memory.
    fn copy_from(&mut self, other: &Self) {
        (self.step, self.position, self.schedule) = (other.step, other.position, other.schedule);
        self.settings = other.settings;
        if self.vae.covariance != other.vae.covariance {
            self.vae = other.vae.clone();
        }
        self.vae.parameters.clone_from(&other.vae.parameters);
        self.adam.first.clone_from(&other.adam.first);
        self.adam.second.clone_from(&other.adam.second);
        self.adam.updates = other.adam.updates;
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
    log: Vec<Logged>,
    history: History,
    sound: Sound,
    /// Of the training data.
    covariance: Arc<DMatrix<f64>>,
    batches: Batches,
    x: Matrix<f32>,
    noise: Matrix<f32>,
    tape: Tape<f32>,
    /// Sums over the steps since the last row.
    sums: Elbo,
    summed: u64,
}

/// What a run that blows up goes back to: the last moment at which all was known to be well.
#[derive(Clone, Debug)]
struct Sound {
    state: State,
    /// How many commands led to it.
    commands: usize,
    history: History,
    sums: Elbo,
    summed: u64,
}

/// Steps between the moments that are kept in case the run blows up.
const SOUND_INTERVAL: u64 = 200;

/// Steps after which settings are trusted: the learning rate has risen under them, and what they do would have been seen.
const PROVEN: u64 = 50;

/// A loss this many times that of a decoder that always answers the mean is an explosion.
const EXPLOSION: f64 = 1e3;

impl Experiment {
    /// The run at step 0.
    pub fn new(config: Config, data: Arc<Dataset>) -> Result<Self, InvalidSetting> {
        config.validate(data.train.observations.columns())?;
        let n = data.train.observations.rows();
        let covariance = config.objective.covariance;
        let mut rng = stream(config.seed, Purpose::Init, 0);
        let vae = Vae::new(n, config.architecture.clone(), covariance, &mut rng);
        let adam = Adam::new(vae.parameters.len());
        let tape = Tape::new(&vae);
        let interval = if vae.parameters.len() < 20_000 { 10 } else { 50 };
        let sums = Elbo { reconstruction: 0.0, kl_per_dim: vec![0.0; vae.latent_dim()] };
        let state = State { step: 0, position: 0, schedule: Schedule::START, settings: config.settings(), vae, adam };
        Ok(Self {
            batches: Batches::new(config.seed, data.train.observations.columns()),
            config: Arc::new(config),
            covariance: Arc::new(data.train.covariance()),
            data,
            sound: Sound {
                state: state.clone(),
                commands: 0,
                history: History::new(interval),
                sums: sums.clone(),
                summed: 0,
            },
            state,
            log: Vec::new(),
            history: History::new(interval),
            x: Matrix::zeros(0, 0),
            noise: Matrix::zeros(0, 0),
            tape,
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
    pub fn log(&self) -> &[Logged] {
        &self.log
    }

    /// What it has been through.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Changes a setting from the next step on, or turns the latents. What makes no sense changes nothing.
    ///
    /// A rotation begins with a new optimiser: Adam's second moments are those of single coordinates and do not turn with
    /// them.
    pub fn apply(&mut self, command: Command) -> Result<(), InvalidSetting> {
        command.check(self.state.vae.latent_dim())?;
        let settings = command.applied_to(self.state.settings);
        settings.validate(self.data.train.observations.columns())?;
        let still = match command {
            Command::Rotate(rotation) => rotation.degrees == 0.0,
            _ => settings == self.state.settings,
        };
        if still {
            return Ok(());
        }
        self.keep();
        if let Command::Rotate(rotation) = command {
            rotation.turn_model(&mut self.state.vae, &self.data.train.observations);
            self.state.adam = Adam::new(self.state.vae.parameters.len());
        }
        let state = &mut self.state;
        if settings.objective.covariance != state.vae.covariance {
            let before = state.vae.clone();
            state.vae.switch_covariance(settings.objective.covariance);
            state.adam.first = before.carry_over(&state.vae, &state.adam.first);
            state.adam.second = before.carry_over(&state.vae, &state.adam.second);
            self.tape = Tape::new(&state.vae);
        }
        state.settings = settings;
        let logged = Logged { step: state.step, command };
        state.schedule = state.schedule.changed(&logged);
        self.log.push(logged);
        Ok(())
    }

    /// Makes one step. If the loss is no number or has exploded, the last sound moment is restored instead: the
    /// weights, the settings, the log and the history that there were.
    pub fn step(&mut self) -> Result<(), Divergence> {
        self.differentiate();
        self.update();
        self.check()?;
        self.sums.reconstruction += self.tape.elbo.reconstruction;
        self.sums.kl_per_dim.iter_mut().zip(&self.tape.elbo.kl_per_dim).for_each(|(sum, kl)| *sum += kl);
        self.summed += 1;
        if self.history.is_due(self.state.step) {
            self.write_row();
        }
        if self.state.step.is_multiple_of(SOUND_INTERVAL) {
            self.keep();
        }
        Ok(())
    }

    /// Looks at the loss of the next minibatch without learning from it: whether the last step led anywhere can't be seen
    /// before.
    pub fn verify(&mut self) -> Result<(), Divergence> {
        self.differentiate();
        self.check()
    }

    fn check(&mut self) -> Result<(), Divergence> {
        let Settings { objective, .. } = self.state.settings;
        let (n, m) = (self.x.rows() as f64, self.noise.rows() as f64);
        let loss = -self.tape.elbo.objective(objective.beta) - objective.log_normaliser(self.x.rows());
        let trivial = 0.5 * (self.covariance.trace() / objective.sigma2 + n) + objective.beta * m;
        // A NaN is not below anything.
        let sound = loss <= EXPLOSION * trivial;
        if sound { Ok(()) } else { Err(self.restore(loss)) }
    }

    /// The loss of the next minibatch and its gradient. Allocates nothing.
    fn differentiate(&mut self) {
        let Self { config, data, state, batches, x, noise, tape, .. } = self;
        let batch = state.settings.optimizer.batch;
        batches.gather(&data.train.observations, state.position, batch, x);
        noise.reshape(state.vae.latent_dim(), batch);
        let mut rng = stream(config.seed, Purpose::Noise, state.step);
        noise.as_mut_slice().fill_with(|| StandardNormal.sample(&mut rng));
        state.vae.differentiate(&state.settings.objective, x, noise, tape);
    }

    /// One step against the gradient.
    fn update(&mut self) {
        let Self { state, tape, .. } = self;
        let rate = state.learning_rate();
        state.adam.update(&mut state.vae.parameters, &tape.gradient, rate);
        state.position += state.settings.optimizer.batch as u64;
        state.step += 1;
    }

    /// Keeps the present moment as the last sound one, if it is: what a rash sequence of commands leads to is not.
    fn keep(&mut self) {
        let proven = self.state.step - self.state.schedule.begun >= PROVEN;
        // The sum is finite exactly when every parameter is.
        if proven && self.state.vae.parameters.iter().sum::<f32>().is_finite() {
            let Sound { state, commands, history, sums, summed } = &mut self.sound;
            state.copy_from(&self.state);
            history.clone_from(&self.history);
            sums.clone_from(&self.sums);
            (*commands, *summed) = (self.log.len(), self.summed);
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
        self.state.copy_from(&self.sound.state);
        self.tape = Tape::new(&self.state.vae);
        self.log.truncate(self.sound.commands);
        self.history.clone_from(&self.sound.history);
        self.sums.clone_from(&self.sound.sums);
        self.summed = self.sound.summed;
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
        let geometry = probe(vae, &self.data, &settings, PROBED, vae.latent_dim() <= 3);
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

/// Held-out observations at which every row of the history measures the geometry.
const PROBED: usize = 128;

/// Held-out observations whose codes every row of the history correlates with their factors.
const CORRELATED: usize = 256;

fn probed_mcc(vae: &Vae<f32>, data: &Dataset) -> Option<f64> {
    let factors = data.test.factors.as_ref()?;
    let test = &data.test.observations;
    let encodings = vae.encode(&test.select_columns(0..CORRELATED.min(test.columns())));
    Some(mean_correlation_coefficient(&correlate(&encodings, factors, vae.latent_dim())).0)
}

/// The geometry at the posterior means of the first `count` held-out observations.
pub(super) fn probe(vae: &Vae<f32>, data: &Dataset, settings: &Settings, count: usize, second_order: bool) -> Summary {
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
) -> Summary {
    let means = posteriors.iter().flat_map(|q| q.mean.iter().map(|z| T::from_f64(*z))).collect();
    let z = Matrix::from_columns(vae.latent_dim(), posteriors.len(), means);
    let smooth = is_linear(&vae.architecture) || vae.architecture.activation.is_smooth();
    let order = if second_order && smooth { Order::Second } else { Order::First };
    Summary::new(&Jets::of(vae, &z, order), posteriors, vae.covariance, settings.objective.b())
}
