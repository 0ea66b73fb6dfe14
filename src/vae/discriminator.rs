//! The discriminator of a FactorVAE (Kim & Mnih 2018, section 3): a network that is trained beside the model and estimates the total
//! correlation.
//!
//! It tells codes z ~ q(z) of a minibatch from codes z′ whose latents were shuffled over the minibatch, each on its own, so that
//! z′ ~ Πᵢ q(zᵢ). Its output f lowers ½ E log(1 + e^{−f(z)}) + ½ E log(1 + e^{f(z′)}), which is log 2 for one that guesses. The best f is
//! log q(z)/Πᵢ q(zᵢ), so the mean of f over z estimates TC(q(z)).
//!
//! Model and discriminator make a step at once, each against its own loss while the other is held. The paper draws z′ from a second
//! minibatch; here both halves come from one, which gives them the same marginals exactly.

use rand::Rng;
use rand::seq::SliceRandom as _;

use crate::linalg::{Matrix, Real};
use crate::nn::{Activation, Mlp, Workspace};

/// Units of each of its two hidden layers.
const WIDTH: usize = 64;

/// The network for `m` latents, whose parameters start at `offset`.
pub(super) fn network(m: usize, offset: usize) -> Mlp {
    Mlp::new(&[m, WIDTH, WIDTH, 1], Activation::Softplus, offset)
}

/// For each latent but the first a permutation of the places of a minibatch, one after the other: the first latent may stay where it is.
pub fn shuffle_latents(rng: &mut impl Rng, m: usize, batch: usize, shuffled: &mut Vec<u32>) {
    shuffled.clear();
    for _ in 1..m {
        let start = shuffled.len();
        shuffled.extend(0..batch as u32);
        shuffled[start..].shuffle(rng);
    }
}

/// Memory of the passes through a discriminator.
#[derive(Clone, Debug)]
pub(super) struct Discrimination<T> {
    workspace: Workspace<T>,
    /// z and z′ side by side, m × 2B.
    codes: Matrix<T>,
    /// ∂f/∂z, m × B.
    by_sample: Matrix<T>,
}

impl<T: Real> Discrimination<T> {
    pub(super) fn new() -> Self {
        let empty = || Matrix::zeros(0, 0);
        Self { workspace: Workspace::new(network(1, 0).layers().len()), codes: empty(), by_sample: empty() }
    }
}

/// A network and the parameters that it is a part of.
#[derive(Clone, Copy)]
pub(super) struct Discriminator<'a, T> {
    pub(super) network: &'a Mlp,
    pub(super) parameters: &'a [T],
}

impl<T: Real> Discriminator<'_, T> {
    /// The estimate of the total correlation from the samples `z` (m × B), in nats.
    pub(super) fn total_correlation(self, z: &Matrix<T>, memory: &mut Discrimination<T>) -> f64 {
        self.network.forward(self.parameters, z, &mut memory.workspace);
        let outputs = memory.workspace.output().as_slice();
        outputs.iter().map(|f| f.to_f64()).sum::<f64>() / outputs.len() as f64
    }

    /// Adds the gradient of γ times the estimate to `z_gradient` (m × B), after [`Self::total_correlation`] of the same samples. The
    /// discriminator's part of `gradient` means nothing then.
    pub(super) fn add_total_correlation(
        self,
        gamma: f64,
        z: &Matrix<T>,
        memory: &mut Discrimination<T>,
        gradient: &mut [T],
        z_gradient: &mut Matrix<T>,
    ) {
        let Discrimination { workspace, by_sample, .. } = memory;
        let (_, delta) = workspace.output_and_delta();
        delta.as_mut_slice().fill(T::from_f64(gamma / z.columns() as f64));
        self.network.backward(self.parameters, z, workspace, gradient, Some(by_sample));
        z_gradient.as_mut_slice().iter_mut().zip(by_sample.as_slice()).for_each(|(to, g)| *to += *g);
    }

    /// The loss of the discriminator, with its gradient in its part of `gradient`. `None`, and a gradient of zero, unless the places of
    /// the shuffled latents are those of the minibatch `z` (m × B).
    pub(super) fn discriminate(
        self,
        z: &Matrix<T>,
        shuffled: &[u32],
        memory: &mut Discrimination<T>,
        gradient: &mut [T],
    ) -> Option<f64> {
        let (m, batch) = (z.rows(), z.columns());
        if shuffled.len() != (m - 1) * batch {
            let own = self.network.layers()[0].offset..self.network.end();
            gradient[own].fill(T::ZERO);
            return None;
        }
        let Discrimination { workspace, codes, .. } = memory;
        codes.reshape(m, 2 * batch);
        codes.as_mut_slice()[..m * batch].copy_from_slice(z.as_slice());
        for c in 0..batch {
            let code = codes.column_mut(batch + c);
            code[0] = z[(0, c)];
            for (i, to) in code.iter_mut().enumerate().skip(1) {
                *to = z[(i, shuffled[(i - 1) * batch + c] as usize)];
            }
        }
        self.network.forward(self.parameters, codes, workspace);
        let (output, delta) = workspace.output_and_delta();
        let share = 0.5 / batch as f64;
        let mut loss = 0.0;
        for (k, (f, delta)) in output.as_slice().iter().zip(delta.as_mut_slice()).enumerate() {
            // log(1 + eᵗ) of t = −f for z, f for z′, and its slope.
            let sign = if k < batch { -1.0 } else { 1.0 };
            let t = sign * f.to_f64();
            loss += t.max(0.0) + (-t.abs()).exp().ln_1p();
            *delta = T::from_f64(share * sign / (1.0 + (-t).exp()));
        }
        self.network.backward(self.parameters, codes, workspace, gradient, None);
        Some(share * loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Adam;
    use crate::rng::{Purpose, stream};
    use crate::vae::{
        Architecture, Covariance, DecoderKind, Discriminated, ElboWorkspace, Objective, PosteriorFactor, Prior,
        Regularizer, Vae,
    };
    use rand::RngExt as _;
    use rand::rngs::ChaCha8Rng;
    use rand_distr::{Distribution as _, StandardNormal};

    fn model(covariance: Covariance, factor: PosteriorFactor, gamma: f64) -> (Vae<f64>, Objective) {
        let architecture = Architecture {
            latent_dim: 3,
            hidden: vec![5],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor,
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let regularizer = Regularizer::Discriminated(Discriminated { gamma });
        let mut rng = stream(3, Purpose::Init, 0);
        let mut vae = Vae::new(4, architecture, covariance, &mut rng).regularized_by(regularizer);
        vae.draw_discriminator(&mut rng);
        vae.parameters.iter_mut().enumerate().for_each(|(i, p)| *p += 0.1 * (i as f64).sin());
        (vae, Objective { regularizer, ..Objective::new(covariance, 1.7, 0.3) })
    }

    fn normal(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
        let mut rng = stream(seed, Purpose::Analysis, 0);
        Matrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
    }

    /// The model's gradient is that of its objective with the discriminator held, and the discriminator's that of its own loss.
    #[test]
    fn gradients_agree_with_finite_differences() {
        for (covariance, factor) in [
            (Covariance::Diagonal, PosteriorFactor::Cholesky),
            (Covariance::Full, PosteriorFactor::Cholesky),
            (Covariance::Full, PosteriorFactor::Exponential),
        ] {
            let (mut vae, objective) = model(covariance, factor, 2.3);
            let (x, noise) = (normal(4, 6, 1), normal(3, 6, 2));
            let mut workspace = ElboWorkspace::new(&vae);
            shuffle_latents(&mut stream(1, Purpose::Noise, 0), 3, 6, &mut workspace.shuffled);
            vae.differentiate(&objective, &x, &noise, &mut workspace);
            let gradient = workspace.gradient.clone();
            let models = vae.encoder.end();
            assert!(models < gradient.len());
            for (i, found) in gradient.iter().enumerate() {
                let (h, here) = (1e-5, vae.parameters[i]);
                let mut at = |p| {
                    vae.parameters[i] = p;
                    vae.differentiate(&objective, &x, &noise, &mut workspace);
                    let elbo = &workspace.elbo;
                    if i < models { -elbo.objective(objective.beta) } else { elbo.discriminator_loss.unwrap() }
                };
                let difference = (at(here + h) - at(here - h)) / (2.0 * h);
                at(here);
                // As in the test of the plain objective.
                let error = (difference - found).abs();
                assert!(error < 1e-6 * difference.abs().max(1.0), "parameter {i}: {difference} {error:e}");
            }
        }
    }

    #[test]
    fn the_regulariser_is_beta_kl_and_gamma_times_the_mean_output() {
        let (vae, objective) = model(Covariance::Diagonal, PosteriorFactor::Cholesky, 2.3);
        let (x, noise) = (normal(4, 6, 1), normal(3, 6, 2));
        let mut workspace = ElboWorkspace::new(&vae);
        vae.differentiate(&objective, &x, &noise, &mut workspace);
        let mut pass = Workspace::new(3);
        vae.discriminator.as_ref().unwrap().forward(&vae.parameters, workspace.sample(), &mut pass);
        let mean = pass.output().as_slice().iter().sum::<f64>() / 6.0;
        let value = workspace.elbo.regularizer.unwrap();
        assert!((value - 1.7 * workspace.elbo.kl() - 2.3 * mean).abs() < 1e-12 && mean.abs() > 1e-3);
        // Without shuffled latents it does not learn.
        assert_eq!(workspace.elbo.discriminator_loss, None);
        assert!(workspace.gradient[vae.encoder.end()..].iter().all(|g| *g == 0.0));
        assert!(workspace.gradient[..vae.encoder.end()].iter().any(|g| *g != 0.0));
    }

    /// The mean output over 20,000 codes after training on draws of `code`, and the mean loss at the end.
    fn trained(code: impl Fn(&mut ChaCha8Rng) -> [f64; 2]) -> [f64; 2] {
        let (batch, steps) = (512, 3000);
        let architecture = Architecture {
            latent_dim: 2,
            hidden: Vec::new(),
            activation: Activation::Tanh,
            decoder: DecoderKind::Linear,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let regularizer = Regularizer::Discriminated(Discriminated { gamma: 1.0 });
        let mut rng = stream(5, Purpose::Init, 0);
        let mut vae = Vae::<f32>::new(2, architecture, Covariance::Diagonal, &mut rng).regularized_by(regularizer);
        vae.draw_discriminator(&mut rng);
        let (mut adam, mut memory) = (Adam::new(vae.parameters.len()), Discrimination::new());
        let (mut gradient, mut shuffled) = (vec![0.0; vae.parameters.len()], Vec::new());
        let mut codes = |count: usize| {
            Matrix::from_columns(2, count, (0..count).flat_map(|_| code(&mut rng)).map(|z| z as f32).collect())
        };
        let mut shuffles = stream(5, Purpose::Noise, 0);
        let mut last = 0.0;
        for step in 0..steps {
            shuffle_latents(&mut shuffles, 2, batch, &mut shuffled);
            let discriminator = vae.discriminator().unwrap();
            let loss = discriminator.discriminate(&codes(batch), &shuffled, &mut memory, &mut gradient).unwrap();
            last += if step >= steps - 500 { loss / 500.0 } else { 0.0 };
            let share = 1.0 - step as f64 / steps as f64;
            adam.update(&mut vae.parameters, &gradient, 3e-3 * share);
        }
        [vae.discriminator().unwrap().total_correlation(&codes(20_000), &mut memory), last]
    }

    /// Total correlations with closed forms: −½ log(1 − ρ²) of Gaussians ([V16] of the theory), and 1 − log 2 of a uniform square seen at
    /// 45° ([V28]), where the density has edges. The loss of the best discriminator is log 2 less the Jensen–Shannon divergence.
    #[test]
    fn estimates_agree_with_closed_forms() {
        let gaussian = |rho: f64| {
            move |rng: &mut ChaCha8Rng| {
                let [a, b] = [(); 2].map(|()| StandardNormal.sample(rng));
                [a, rho * a + (1.0 - rho * rho).sqrt() * b]
            }
        };
        for rho in [0.0, 0.6, 0.9_f64] {
            let [found, loss] = trained(gaussian(rho));
            let exact = -0.5 * (1.0 - rho * rho).ln();
            // Sampling error of the mean of log q/Πq over 20,000 codes, whose deviation is ρ, and of the discriminator.
            assert!((found - exact).abs() < 0.02 + 0.03 * exact, "ρ = {rho}: {found} is not {exact}");
            assert!(loss < std::f64::consts::LN_2 + 0.002 && (rho == 0.0) == (loss > 0.69), "ρ = {rho}: {loss}");
        }
        // Two Laplace variables turned by 45°: 2 (h(y) − h(z)) with h(z) = 1 + log √2 and y of the density ½ (1 + 2|y|) e^{−2|y|}.
        let [found, _] = trained(|rng| {
            let [a, b] = [(); 2].map(|()| Prior::Laplace.sample(rng));
            [(a + b) / 2.0_f64.sqrt(), (a - b) / 2.0_f64.sqrt()]
        });
        assert!((found - 0.0967).abs() < 0.02 + 0.03 * 0.0967, "{found} is not 0.0967");
        let [found, _] = trained(|rng| {
            let [a, b] = [(); 2].map(|()| rng.random_range(-3.0_f64.sqrt()..3.0_f64.sqrt()));
            [(a + b) / 2.0_f64.sqrt(), (a - b) / 2.0_f64.sqrt()]
        });
        let exact = 1.0 - 2.0_f64.ln();
        // A smooth network is short of it at the edges of the square.
        assert!(0.7 * exact < found && found < exact + 0.02, "{found} is not near {exact}");
    }

    #[test]
    fn shuffled_latents_are_permutations() {
        let mut shuffled = Vec::new();
        shuffle_latents(&mut stream(1, Purpose::Noise, 0), 3, 50, &mut shuffled);
        let [second, third] = [0, 1].map(|k| shuffled[50 * k..50 * (k + 1)].to_vec());
        assert_ne!(second, third);
        for mut places in [second, third] {
            places.sort_unstable();
            assert_eq!(places, (0..50).collect::<Vec<_>>());
        }
        shuffle_latents(&mut stream(1, Purpose::Noise, 0), 1, 50, &mut shuffled);
        assert!(shuffled.is_empty(), "one latent has nothing to be shuffled against");
    }
}
