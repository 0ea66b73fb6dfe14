//! One optimiser step as ten moments, on the numbers of the living run: those of the first observation of its next minibatch, with the noise
//! that the step will use.

use crate::experiment::{NextObservation, Snapshot};
use crate::linalg::Matrix;
use crate::vae::{ElboWorkspace, Posterior, Vae};

/// The numbers of a step.
#[derive(Clone, Debug)]
pub struct SlowStep {
    /// Steps made before it.
    pub step: u64,
    /// x (n), an observation of the training data.
    pub x: Vec<f64>,
    /// q(z|x).
    pub posterior: Posterior,
    /// z (m), the sample of q.
    pub z: Vec<f64>,
    /// x̂ = d(z) (n).
    pub decoded: Vec<f64>,
    /// −∂loss/∂z of the reconstruction (m), where data pull the sample to, in nats.
    pub data_pull: Vec<f64>,
    /// −βμ (m), where the KL term pulls the mean to, in nats.
    pub prior_pull: Vec<f64>,
    /// The index of x, and ε.
    pub next: NextObservation,
    /// β.
    pub beta: f64,
    /// The learning rate of the step.
    pub rate: f64,
    /// log p(x|z), in nats.
    pub reconstruction: f64,
    /// KL(q ‖ p), in nats.
    pub kl: f64,
    /// The length of the gradient by all weights.
    pub gradient: f64,
}

/// A moment of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepMoment {
    /// Take x.
    Take,
    /// Encode it.
    Encode,
    /// The posterior.
    Posterior,
    /// Draw ε.
    Draw,
    /// z = μ + Aε.
    Sample,
    /// Decode z.
    Decode,
    /// The error.
    Error,
    /// The KL divergence.
    Kl,
    /// The gradient.
    Gradient,
    /// The update.
    Update,
}

impl StepMoment {
    /// All moments in their order.
    pub const ALL: [Self; 10] = [
        Self::Take,
        Self::Encode,
        Self::Posterior,
        Self::Draw,
        Self::Sample,
        Self::Decode,
        Self::Error,
        Self::Kl,
        Self::Gradient,
        Self::Update,
    ];

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Take => "Take x",
            Self::Encode => "Encode",
            Self::Posterior => "Posterior",
            Self::Draw => "Draw ε",
            Self::Sample => "Sample z",
            Self::Decode => "Decode",
            Self::Error => "Error",
            Self::Kl => "KL",
            Self::Gradient => "Gradient",
            Self::Update => "Update",
        }
    }
}

impl SlowStep {
    /// The next step of a run; `None` if it has no minibatch, or for another regulariser than β KL.
    pub fn of(snapshot: &Snapshot) -> Option<Self> {
        // Other regularisers are no sum over the observations of a minibatch, or have no noise.
        let next = snapshot.next_observation().filter(|_| snapshot.settings.objective.regularizer.is_kl())?;
        let vae: Vae<f64> = snapshot.vae.cast();
        let objective = &snapshot.settings.objective;
        let x = snapshot.data.train.observations.select_columns(next.index..=next.index).map(f64::from);
        let noise = Matrix::from_columns(vae.latent_dim(), 1, next.noise.iter().map(|x| f64::from(*x)).collect());
        let mut workspace = ElboWorkspace::new(&vae);
        vae.differentiate(objective, &x, &noise, &mut workspace);
        let z = workspace.sample().column(0).to_vec();
        let posterior = vae.posteriors(&x).pop()?;
        let decoded = vae.decode(&workspace.sample().clone()).column(0).to_vec();
        let data_pull = workspace.sample_gradient().column(0).iter().map(|g| -g).collect();
        let prior_pull = posterior.mean.iter().map(|mean| -objective.beta * mean).collect();
        Some(Self {
            step: snapshot.step,
            x: x.column(0).to_vec(),
            posterior,
            z,
            decoded,
            data_pull,
            prior_pull,
            next,
            beta: objective.beta,
            rate: snapshot.learning_rate(),
            reconstruction: workspace.elbo.reconstruction,
            kl: workspace.elbo.kl(),
            gradient: workspace.gradient.iter().map(|g| g * g).sum::<f64>().sqrt(),
        })
    }

    /// The objective of its observation and noise, in nats.
    pub fn objective(&self) -> f64 {
        self.reconstruction - self.beta * self.kl
    }

    /// The same after the step was made; `None` for a snapshot of another step or other data.
    pub fn objective_after(&self, snapshot: &Snapshot) -> Option<f64> {
        let vae: Vae<f64> = snapshot.vae.cast();
        let is_next =
            snapshot.step == self.step + 1 && vae.data_dim() == self.x.len() && vae.latent_dim() == self.z.len();
        is_next.then(|| {
            let mut workspace = ElboWorkspace::new(&vae);
            let x = Matrix::from_columns(self.x.len(), 1, self.x.clone());
            let noise = Matrix::from_columns(self.z.len(), 1, self.next.noise.iter().map(|x| f64::from(*x)).collect());
            vae.evaluate(&snapshot.settings.objective, &x, &noise, &mut workspace);
            workspace.elbo.objective(snapshot.settings.objective.beta)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{Scene, generate};
    use crate::experiment::{Config, Experiment, Origin};
    use crate::geometry::{Jets, Order};

    #[test]
    fn the_numbers_of_a_step_fit_together() {
        let scene = Scene::named("cylinder").unwrap();
        let data = Arc::new(generate(scene, 0));
        let config = Config::new(Origin::Scene(Box::new(scene.clone())), 0, data.train.samples());
        let sigma2 = config.objective.sigma2;
        let mut run = Experiment::new(config, data).unwrap();
        run.advance(300).unwrap();
        let snapshot = Snapshot::of(&run);
        let step = SlowStep::of(&snapshot).unwrap();
        // Jᵀ(x − x̂)/σ² is where the data pull z.
        let z = Matrix::from_columns(2, 1, step.z.clone());
        let j = Jets::of(&snapshot.vae.cast(), &z, Order::First).jacobian(0);
        for (i, pull) in step.data_pull.iter().enumerate() {
            let expected: f64 = (0..step.x.len()).map(|k| j[(k, i)] * (step.x[k] - step.decoded[k]) / sigma2).sum();
            assert!((pull - expected).abs() < 1e-9 * expected.abs().max(1.0), "{pull} {expected}");
        }
        let error: f64 = step.x.iter().zip(&step.decoded).map(|(a, b)| (a - b).powi(2)).sum();
        let n = step.x.len() as f64;
        let expected = -error / (2.0 * sigma2) - 0.5 * n * (2.0 * std::f64::consts::PI * sigma2).ln();
        assert!((step.reconstruction - expected).abs() < 1e-9);
        assert!((step.kl - step.posterior.kl(snapshot.vae.prior)).abs() < 1e-9);
        assert!(step.objective_after(&snapshot).is_none(), "it is not made yet");
        run.advance(1).unwrap();
        let after = step.objective_after(&Snapshot::of(&run)).unwrap();
        assert!(after.is_finite() && after != step.objective());
    }
}
