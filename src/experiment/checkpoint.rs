//! Checkpoint of a run: what it needs, beside what a run folder holds, to go on as if it had never stopped.

use std::collections::VecDeque;
use std::sync::Arc;

use super::command::LoggedCommand;
use super::config::Config;
use super::history::{History, Row};
use super::run::Experiment;
use super::schedule::Schedule;
use super::settings::InvalidSetting;
use super::state::{Sound, State};
use crate::data::Dataset;
use crate::nn::{Adam, Lbfgs};
use crate::vae::{Elbo, Vae};

/// State of a run after some step, without its configuration, data, model, log and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Steps made.
    pub step: u64,
    /// Observations read from the sequence of shuffled epochs.
    pub position: u64,
    /// Schedule of the learning rate.
    pub schedule: Schedule,
    /// σ² in force, where it is learned.
    pub sigma2: Option<f64>,
    /// Moments of the gradient.
    pub adam: Adam<f32>,
    /// Memory of L-BFGS.
    pub lbfgs: Lbfgs,
    /// Steps between rows of the history.
    pub interval: u64,
    /// Sums over the steps since the last row.
    pub sums: Elbo,
    /// The number of these steps.
    pub summed: u64,
    /// Step of the last sound state, and the number of commands that led to it.
    pub sound: (u64, usize),
    /// Errors of the covariances after rotations, each with its place in the log.
    pub rotation_errors: Vec<(usize, f64)>,
    /// Scheduled commands that have not taken effect.
    pub pending: Vec<LoggedCommand>,
}

/// Content of the folder of an interrupted run.
#[derive(Clone, Debug)]
pub struct Interrupted {
    /// Configuration at step 0.
    pub config: Config,
    /// Its data.
    pub data: Arc<Dataset>,
    /// Commands that took effect.
    pub log: Vec<LoggedCommand>,
    /// Model after the last step.
    pub vae: Vae<f32>,
    /// Rows of the history.
    pub rows: Vec<Arc<Row>>,
}

impl Experiment {
    /// The checkpoint of the run at its current step.
    pub fn checkpoint(&self) -> Checkpoint {
        let State { step, position, schedule, settings, ref adam, ref lbfgs, .. } = self.state;
        Checkpoint {
            step,
            position,
            schedule,
            sigma2: settings.learned(),
            adam: adam.clone(),
            lbfgs: lbfgs.clone(),
            interval: self.history.interval,
            sums: self.sums.clone(),
            summed: self.summed,
            sound: (self.sound.step, self.sound.commands),
            rotation_errors: self.rotation_errors.clone(),
            pending: self.pending.iter().copied().collect(),
        }
    }

    /// The run as it was at its checkpoint, with the same future to the last bit.
    ///
    /// # Errors
    /// If a value is outside its limits, or the checkpoint is of another run.
    pub fn resumed(from: Interrupted, checkpoint: Checkpoint) -> Result<Self, InvalidSetting> {
        let Interrupted { config, data, log, vae, rows } = from;
        let mut run = Self::new(config, data)?;
        let settings = run.config.settings_after(&log, run.data.train.samples())?.with_learned(checkpoint.sigma2)?;
        run.config.settings_after(&checkpoint.pending, run.data.train.samples())?;
        if !checkpoint.suits(&vae, &log) {
            return Err(InvalidSetting("the checkpoint is of another run".to_owned()));
        }
        let Checkpoint {
            step,
            position,
            schedule,
            sigma2: _,
            adam,
            lbfgs,
            interval,
            sums,
            summed,
            sound,
            rotation_errors,
            pending,
        } = checkpoint;
        run.state = State { step, position, schedule, settings, vae, adam, lbfgs };
        run.minibatch.fit(&run.state.vae, run.config.threads);
        run.log = log;
        run.history = History::of_rows(interval, rows);
        (run.sums, run.summed, run.rotation_errors) = (sums, summed, rotation_errors);
        run.sound = Sound { step: sound.0, commands: sound.1 };
        run.pending = VecDeque::from(pending);
        // A later divergence may return to a step before: that is repeated from step 0.
        run.keyframes.push(run.keyframe());
        Ok(run)
    }
}

impl Checkpoint {
    /// True if its parts have the sizes of the model and the log.
    fn suits(&self, vae: &Vae<f32>, log: &[LoggedCommand]) -> bool {
        let count = vae.parameters.len();
        let moments = [&self.adam.first, &self.adam.second].into_iter().all(|moments| moments.len() == count);
        let in_order = self.pending.iter().is_sorted_by_key(|logged| logged.step);
        let (sound_step, sound_commands) = self.sound;
        moments
            && in_order
            && self.lbfgs.suits(count)
            && self.interval > 0
            && self.sums.kl_per_dim.len() == vae.latent_dim()
            && sound_step <= self.step
            && sound_commands <= log.len()
            && self.rotation_errors.iter().all(|(place, _)| *place < log.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Command, Origin};
    use crate::geometry::Rotation;
    use crate::nn::OptimizerKind;
    use crate::vae::{Covariance, Discriminated, Regularizer};

    fn run(change: impl Fn(&mut Config), log: &[LoggedCommand]) -> Experiment {
        let mut scene = Scene::named("linear").unwrap().clone();
        (scene.generator.samples, scene.generator.test_samples) = (300, 100);
        let data = Arc::new(generate(&scene, 3));
        let mut config = Config::new(Origin::Scene(Box::new(scene)), 3, 300);
        (config.optimizer.batch, config.cycle) = (32, Some(120));
        change(&mut config);
        let mut run = Experiment::new(config, data).unwrap();
        run.schedule_log(log).unwrap();
        run
    }

    fn resumed(run: &Experiment) -> Experiment {
        let (config, data) = (run.config().as_ref().clone(), Arc::clone(run.data()));
        let (log, vae, rows) = (run.log().to_vec(), run.state().vae.clone(), run.history().rows().to_vec());
        Experiment::resumed(Interrupted { config, data, log, vae, rows }, run.checkpoint()).unwrap()
    }

    fn logged(step: u64, command: Command) -> LoggedCommand {
        LoggedCommand { step, command }
    }

    /// Through commands, verdicts and rows, wherever it stops.
    #[test]
    fn a_resumed_run_is_the_same_to_the_last_bit() {
        let rotation = Rotation { degrees: 30.0, plane: [0, 1] };
        let log = [
            logged(0, Command::Lr(0.02)),
            logged(70, Command::Covariance(Covariance::Full)),
            logged(90, Command::Rotate(rotation)),
            logged(230, Command::Beta(2.0)),
        ];
        let lbfgs = |config: &mut Config| {
            config.optimizer.kind = OptimizerKind::Lbfgs;
            config.architecture.hidden.clear();
        };
        let exact = [logged(15, Command::Beta(2.0))];
        let variance = [
            logged(50, Command::LearnSigma2(None)),
            logged(210, Command::Sigma2(0.04)),
            logged(260, Command::LearnSigma2(Some(0.3))),
        ];
        let factor = |gamma| Regularizer::Discriminated(Discriminated { gamma });
        let discriminator = [
            logged(50, Command::Regularizer(factor(2.0))),
            logged(120, Command::Covariance(Covariance::Full)),
            logged(150, Command::Regularizer(factor(5.0))),
            logged(200, Command::Rotate(rotation)),
            logged(260, Command::Regularizer(Regularizer::Kl)),
            logged(300, Command::Regularizer(factor(1.0))),
        ];
        let many: (fn(&mut Config), &[LoggedCommand], u64) = (|_| {}, &log, 400);
        for (change, log, steps) in [many, (lbfgs, &exact, 30), (|_| {}, &variance, 400), (|_| {}, &discriminator, 400)]
        {
            let mut whole = run(change, log);
            whole.advance(steps).unwrap();
            for stop in [1, steps / 4 + 3, steps / 2 + 7, steps - 1] {
                let mut part = run(change, log);
                part.advance(stop).unwrap();
                let mut part = resumed(&part);
                part.advance(steps - stop).unwrap();
                assert_eq!(part.state(), whole.state(), "stopped at {stop}");
                assert_eq!(part.log(), whole.log());
                assert_eq!(part.checkpoint(), whole.checkpoint());
                let rows = |run: &Experiment| run.history().rows().iter().map(|row| row.fields()).collect::<Vec<_>>();
                assert_eq!(rows(&part), rows(&whole));
                // Its past, too.
                assert_eq!(part.at(stop / 2).state(), whole.at(stop / 2).state());
            }
        }
    }

    #[test]
    fn a_divergence_after_it_returns_to_the_same_sound_state() {
        let fatal = [logged(260, Command::Lr(10.0)), logged(261, Command::Sigma2(1e-6))];
        let mut whole = run(|_| {}, &fatal);
        let divergence = whole.advance(600).unwrap_err();
        let mut part = run(|_| {}, &fatal);
        part.advance(255).unwrap();
        let mut part = resumed(&part);
        assert_eq!(part.advance(345).unwrap_err(), divergence);
        assert_eq!(part.state(), whole.state());
    }

    #[test]
    fn a_checkpoint_of_another_run_is_refused() {
        let mut some = run(|_| {}, &[]);
        some.advance(10).unwrap();
        let (config, data) = (some.config().as_ref().clone(), Arc::clone(some.data()));
        let vae = some.state().vae.clone();
        let from = Interrupted { config, data, log: Vec::new(), vae, rows: Vec::new() };
        let good = some.checkpoint();
        let spoilt = [
            Checkpoint { adam: Adam::new(3), ..good.clone() },
            Checkpoint { sound: (11, 0), ..good.clone() },
            Checkpoint { sound: (0, 1), ..good.clone() },
            Checkpoint { rotation_errors: vec![(0, 0.5)], ..good.clone() },
            Checkpoint { interval: 0, ..good.clone() },
            Checkpoint { sigma2: Some(0.1), ..good.clone() },
        ];
        for checkpoint in spoilt {
            assert!(Experiment::resumed(from.clone(), checkpoint).is_err());
        }
        assert!(Experiment::resumed(from, good).is_ok());
    }
}
