//! The first observation of the next minibatch, with its noise: what the next step begins with.

use rand_distr::{Distribution as _, StandardNormal};

use super::batches::Batches;
use super::command::Command;
use super::snapshot::Snapshot;
use crate::nn::OptimizerKind;
use crate::rng::{Purpose, stream};

/// An observation of the next minibatch.
#[derive(Clone, Debug, PartialEq)]
pub struct NextObservation {
    /// Its index among the training data.
    pub index: usize,
    /// ε (m).
    pub noise: Vec<f32>,
}

impl Snapshot {
    /// The first observation of the next minibatch. It is a function of seed and log, so that nobody has to ask the run. `None` if the
    /// next step has no minibatch, or if its regulariser is not a sum over observations.
    pub fn next_observation(&self) -> Option<NextObservation> {
        let has_sum = self.settings.objective.regularizer.is_kl();
        if self.settings.optimizer.kind == OptimizerKind::Lbfgs || self.config.origin.model().is_some() || !has_sum {
            return None;
        }
        let mut chosen = Vec::new();
        Batches::new(self.config.seed, self.data.train.samples()).choose(self.position(), 1, &mut chosen);
        let mut rng = stream(self.config.seed, Purpose::Noise, self.step);
        let noise = (0..self.latent_dim()).map(|_| StandardNormal.sample(&mut rng)).collect();
        Some(NextObservation { index: *chosen.first()? as usize, noise })
    }

    /// Observations read by the steps so far: the size of the minibatch in force at each, none for steps on all data.
    fn position(&self) -> u64 {
        let mut settings = self.config.settings();
        let (mut from, mut position) = (0, 0);
        let ends = self.log.iter().map(|logged| (logged.step, Some(logged.command)));
        for (step, command) in ends.chain([(self.step, None::<Command>)]) {
            let is_exact = settings.optimizer.kind == OptimizerKind::Lbfgs;
            position += if is_exact { 0 } else { (step - from) * settings.optimizer.batch as u64 };
            from = step;
            settings = command.map_or(settings, |command| command.applied_to(settings));
        }
        position
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Config, Experiment, Origin};
    use crate::geometry::Rotation;
    use crate::linalg::Matrix;
    use crate::vae::ElboWorkspace;

    /// With minibatches of one observation a step of gradient descent goes against the gradient of just this observation and noise.
    #[test]
    fn the_next_step_is_made_with_it() {
        let scene = Scene::named("linear").unwrap();
        let data = Arc::new(generate(scene, 3));
        let mut config = Config::new(Origin::Scene(Box::new(scene.clone())), 3, data.train.samples());
        (config.optimizer.batch, config.optimizer.kind) = (7, OptimizerKind::Adam);
        let mut run = Experiment::new(config, data).unwrap();
        run.advance(20).unwrap();
        run.apply(Command::Batch(1)).unwrap();
        run.advance(3).unwrap();
        // Plain Adam begins anew after a rotation, so that no momentum is left.
        run.apply(Command::Rotate(Rotation { degrees: 30.0, plane: [0, 1] })).unwrap();
        run.apply(Command::Optimizer(OptimizerKind::Sgd)).unwrap();
        let before = Snapshot::of(&run);
        let NextObservation { index, noise } = before.next_observation().unwrap();
        let x = before.data.train.observations.select_columns(index..=index);
        let mut workspace = ElboWorkspace::new(&before.vae);
        before.vae.differentiate(&before.settings.objective, &x, &Matrix::from_columns(2, 1, noise), &mut workspace);
        run.advance(1).unwrap();
        let change =
            run.state().vae.parameters.iter().zip(&before.vae.parameters).map(|(to, from)| f64::from(to - from));
        let pairs: Vec<(f64, f64)> = change.zip(workspace.gradient.iter().map(|g| f64::from(*g))).collect();
        let sum = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>();
        let cosine = sum(|(c, g)| c * g) / (sum(|(c, _)| c * c) * sum(|(_, g)| g * g)).sqrt();
        assert!(cosine < -0.9999, "{cosine}");
    }
}
