//! The objective and its hand-written gradient.
//!
//! With x̂ = d(z), z = μ + L ε, ε ~ N(0, I) and b = βσ², the loss of one observation is
//! ‖x − x̂‖² / 2σ² + β Σᵢ ½ (μᵢ² + Σ_j L_ij² − 1 − 2 sᵢ), L_ii = e^{sᵢ}: minus the objective, up to (n/2) log 2πσ².
//! With a Bernoulli likelihood the first term is Σ_k log(1 + e^η_k) − x_k η_k ([`Likelihood`](super::likelihood::Likelihood)).
//! The loss of a batch is the mean. Another regulariser takes the place of β KL or is added to its closed form
//! ([`part_gradient`](super::part_gradient)).

use pulp::{Arch, Simd};

use super::config::Objective;
use super::discriminator::Discrimination;
use super::exponential_factor::Exponentials;
use super::likelihood::differentiate;
use super::model::Vae;
use super::part_gradient::PartGradient;
use super::prior::{Marginals, Prior};
use super::regularizer::{Capacity, Discriminated, Regularizer};
use crate::linalg::{Matrix, Real};
use crate::nn::Workspace;

/// The terms of the objective, means over a batch, in nats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Elbo {
    /// E_q log p(x|z), constant included.
    pub reconstruction: f64,
    /// KL(q ‖ p), split over latents as in [`Posterior::kl_per_dim`](super::posterior::Posterior::kl_per_dim).
    pub kl_per_dim: Vec<f64>,
    /// What is subtracted from the reconstruction, where that is not β KL.
    pub regularizer: Option<f64>,
    /// The loss of the discriminator, where there is one: log 2 if it only guesses.
    pub discriminator_loss: Option<f64>,
}

impl Elbo {
    /// KL(q ‖ p).
    pub fn kl(&self) -> f64 {
        self.kl_per_dim.iter().sum()
    }

    /// reconstruction − β KL, or minus another regulariser: what training maximises.
    pub fn objective(&self, beta: f64) -> f64 {
        self.reconstruction - self.regularizer.unwrap_or_else(|| beta * self.kl())
    }
}

/// Activations and gradients of a pass through the model. Allocates only for a batch larger than all before.
#[derive(Clone, Debug)]
pub struct ElboWorkspace<T> {
    encoder: Workspace<T>,
    decoder: Workspace<T>,
    z: Matrix<T>,
    z_gradient: Matrix<T>,
    std: Matrix<T>,
    exponentials: Exponentials,
    parts: PartGradient,
    discrimination: Discrimination<T>,
    /// Places from which a discriminator takes the latents of its second half of codes, as [`shuffle_latents`](super::shuffle_latents)
    /// makes them; without them it does not learn.
    pub shuffled: Vec<u32>,
    /// Number of observations that the batch is drawn from; at least those of the batch.
    pub population: usize,
    /// ∂loss/∂parameters.
    pub gradient: Vec<T>,
    /// The terms of the objective.
    pub elbo: Elbo,
}

impl<T: Real> ElboWorkspace<T> {
    /// A workspace for training `vae`.
    pub fn new(vae: &Vae<T>) -> Self {
        let empty = || Matrix::zeros(0, 0);
        Self {
            encoder: Workspace::new(vae.encoder.layers().len()),
            decoder: Workspace::new(vae.decoder.layers().len()),
            z: empty(),
            z_gradient: empty(),
            std: empty(),
            exponentials: Exponentials::new(),
            parts: PartGradient::new(),
            discrimination: Discrimination::new(),
            shuffled: Vec::new(),
            population: 0,
            gradient: vec![T::ZERO; vae.parameters.len()],
            elbo: Elbo { kl_per_dim: vec![0.0; vae.latent_dim()], ..Elbo::default() },
        }
    }
}

impl<T> ElboWorkspace<T> {
    /// z (m × B), the samples of the last pass.
    pub fn sample(&self) -> &Matrix<T> {
        &self.z
    }

    /// ∂loss/∂z (m × B) in the last [`Vae::differentiate`], of the reconstruction and of a regulariser that depends on samples.
    pub fn sample_gradient(&self) -> &Matrix<T> {
        &self.z_gradient
    }
}

impl<T: Real> Vae<T> {
    /// The objective on the batch `x` (n × B) with noise ε (m × B), in `workspace.elbo`.
    pub fn evaluate(&self, objective: &Objective, x: &Matrix<T>, noise: &Matrix<T>, workspace: &mut ElboWorkspace<T>) {
        self.encoder.forward(&self.parameters, x, &mut workspace.encoder);
        if self.is_deterministic {
            means(workspace.encoder.output(), noise.rows(), &mut workspace.z);
        } else if self.has_exponential_factor() {
            workspace.exponentials.sample(workspace.encoder.output(), noise, &mut workspace.z);
        } else {
            sample(workspace.encoder.output(), noise, &mut workspace.std, &mut workspace.z);
        }
        self.decoder.forward(&self.parameters, &workspace.z, &mut workspace.decoder);

        let (eta, delta) = workspace.decoder.output_and_delta();
        let (batch, likelihood) = (x.columns() as f64, self.likelihood());
        let scale = T::from_f64(1.0 / (objective.sigma2 * batch));
        let loss = differentiate(likelihood, eta.as_slice(), x.as_slice(), delta.as_mut_slice(), scale);
        workspace.elbo.reconstruction =
            -loss / (objective.sigma2 * batch) - likelihood.log_normaliser(objective, x.rows());
        let kl = &mut workspace.elbo.kl_per_dim;
        if self.is_deterministic {
            // Infinite, whatever the means.
            kl.fill(f64::NAN);
        } else if self.prior == Prior::Laplace {
            self.marginals(&workspace.std, &workspace.exponentials).laplace_kl(workspace.encoder.output(), kl);
        } else if self.has_exponential_factor() {
            workspace.exponentials.kl_per_dim(workspace.encoder.output(), kl);
        } else {
            kl_per_dim(workspace.encoder.output(), &workspace.std, kl);
        }
        workspace.elbo.regularizer = match objective.regularizer {
            Regularizer::Kl | Regularizer::Laplace => None,
            Regularizer::Parts(weights) => {
                let ElboWorkspace { encoder, z, parts, population, elbo, .. } = workspace;
                let rest = parts.compute(weights, objective.beta, encoder.output(), z, *population);
                Some(weights.alpha * elbo.kl() + rest)
            }
            Regularizer::Capacity(Capacity { nats, .. }) => Some(objective.beta * (workspace.elbo.kl() - nats).abs()),
            Regularizer::Discriminated(Discriminated { gamma }) => {
                let ElboWorkspace { z, discrimination, elbo, .. } = workspace;
                let estimate = self.discriminator().map_or(f64::NAN, |d| d.total_correlation(z, discrimination));
                Some(objective.beta * elbo.kl() + gamma * estimate)
            }
            Regularizer::None => Some(0.0),
        };
    }

    /// The objective and the gradient of the loss on the batch `x` (n × B) with noise ε (m × B), in `workspace.elbo`
    /// and `workspace.gradient`.
    pub fn differentiate(
        &self,
        objective: &Objective,
        x: &Matrix<T>,
        noise: &Matrix<T>,
        workspace: &mut ElboWorkspace<T>,
    ) {
        self.evaluate(objective, x, noise, workspace);
        let ElboWorkspace { decoder, z, z_gradient, gradient, .. } = workspace;
        self.decoder.backward(&self.parameters, z, decoder, gradient, Some(z_gradient));
        let has_parts = matches!(objective.regularizer, Regularizer::Parts(_));
        if has_parts {
            workspace.parts.add_by_sample(&mut workspace.z_gradient);
        }
        workspace.elbo.discriminator_loss = None;
        if let (Regularizer::Discriminated(Discriminated { gamma }), Some(discriminator)) =
            (objective.regularizer, self.discriminator())
        {
            let ElboWorkspace { z, z_gradient, discrimination, gradient, shuffled, elbo, .. } = workspace;
            discriminator.add_total_correlation(gamma, z, discrimination, gradient, z_gradient);
            elbo.discriminator_loss = discriminator.discriminate(z, shuffled, discrimination, gradient);
        }

        let (encoding, delta) = workspace.encoder.output_and_delta();
        let weight = objective.kl_weight(workspace.elbo.kl()) / x.columns() as f64;
        // That of a Laplace prior is added.
        let normal_weight = T::from_f64(if self.prior == Prior::Laplace { 0.0 } else { weight });
        if self.is_deterministic {
            delta.as_mut_slice().fill(T::ZERO);
            for (c, g) in workspace.z_gradient.iter_columns().enumerate() {
                delta.column_mut(c)[..g.len()].copy_from_slice(g);
            }
        } else if self.has_exponential_factor() {
            workspace.exponentials.gradient(encoding, noise, &workspace.z_gradient, normal_weight, delta);
        } else {
            sample_gradient(encoding, noise, &workspace.std, &workspace.z_gradient, normal_weight, delta);
        }
        if self.prior == Prior::Laplace {
            self.marginals(&workspace.std, &workspace.exponentials).add_laplace_gradient(encoding, weight, delta);
        }
        if has_parts {
            workspace.parts.add_by_encoding(delta);
        }
        self.encoder.backward(&self.parameters, x, &mut workspace.encoder, &mut workspace.gradient, None);
    }
}

impl<T: Real> Vae<T> {
    /// The marginals of the posteriors that were sampled last.
    fn marginals<'a>(&self, std: &'a Matrix<T>, exponentials: &'a Exponentials) -> Marginals<'a, T> {
        if self.has_exponential_factor() { Marginals::Exponentials(exponentials) } else { Marginals::Factors { std } }
    }
}

/// z = μ for each column of the encoding.
fn means<T: Real>(encoding: &Matrix<T>, m: usize, z: &mut Matrix<T>) {
    z.reshape(m, encoding.columns());
    for (c, encoding) in encoding.iter_columns().enumerate() {
        z.column_mut(c).copy_from_slice(&encoding[..m]);
    }
}

/// z = μ + L ε for each column of the encoding, and e^s in `std`.
#[pulp::with_simd(sample = Arch::new())]
#[inline(always)]
fn sample_with<S: Simd, T: Real>(
    _simd: S,
    encoding: &Matrix<T>,
    noise: &Matrix<T>,
    std: &mut Matrix<T>,
    z: &mut Matrix<T>,
) {
    let (m, batch) = (noise.rows(), noise.columns());
    std.reshape(m, batch);
    z.reshape(m, batch);
    for (std, encoding) in std.as_mut_slice().chunks_exact_mut(m).zip(encoding.iter_columns()) {
        std.copy_from_slice(&encoding[m..2 * m]);
    }
    exponentiate(std.as_mut_slice());
    for c in 0..batch {
        let (encoding, noise, std) = (encoding.column(c), noise.column(c), std.column(c));
        let mut below = encoding[2 * m..].iter();
        for (i, z) in z.column_mut(c).iter_mut().enumerate() {
            *z = std[i].mul_add(noise[i], encoding[i]);
            // Empty for diagonal covariance.
            for (l, e) in below.by_ref().take(i).zip(noise) {
                *z = l.mul_add(*e, *z);
            }
        }
    }
}

#[pulp::with_simd(exponentiate = Arch::new())]
#[inline(always)]
fn exponentiate_with<S: Simd, T: Real>(_simd: S, numbers: &mut [T]) {
    for x in numbers {
        *x = x.exp();
    }
}

/// Mean over the batch of ½ (μᵢ² + Σ_j L_ij² − 1 − 2 sᵢ) for each i.
#[pulp::with_simd(kl_per_dim = Arch::new())]
#[inline(always)]
fn kl_per_dim_with<S: Simd, T: Real>(_simd: S, encoding: &Matrix<T>, std: &Matrix<T>, kl: &mut [f64]) {
    let m = kl.len();
    kl.fill(0.0);
    for (encoding, std) in encoding.iter_columns().zip(std.iter_columns()) {
        let mut below = encoding[2 * m..].iter();
        for (i, kl) in kl.iter_mut().enumerate() {
            let row = below.by_ref().take(i).fold(std[i] * std[i], |sum, l| l.mul_add(*l, sum));
            let (mu, s) = (encoding[i], encoding[m + i]);
            *kl += (mu.mul_add(mu, row) - (T::ONE + s + s)).to_f64();
        }
    }
    for kl in kl {
        *kl *= 0.5 / encoding.columns() as f64;
    }
}

/// ∂loss/∂encoding from ∂loss/∂z = g, with weight w of the KL:
/// ∂μᵢ = gᵢ + w μᵢ, ∂sᵢ = gᵢ εᵢ e^{sᵢ} + w (e^{2sᵢ} − 1), ∂L_ij = gᵢ ε_j + w L_ij.
#[pulp::with_simd(sample_gradient = Arch::new())]
#[inline(always)]
fn sample_gradient_with<S: Simd, T: Real>(
    _simd: S,
    encoding: &Matrix<T>,
    noise: &Matrix<T>,
    std: &Matrix<T>,
    z_gradient: &Matrix<T>,
    weight: T,
    delta: &mut Matrix<T>,
) {
    let m = noise.rows();
    for c in 0..encoding.columns() {
        let (encoding, noise, std, g) = (encoding.column(c), noise.column(c), std.column(c), z_gradient.column(c));
        let delta = delta.column_mut(c);
        let mut below = 2 * m;
        for i in 0..m {
            delta[i] = weight.mul_add(encoding[i], g[i]);
            delta[m + i] = (g[i] * noise[i]).mul_add(std[i], weight * std[i].mul_add(std[i], -T::ONE));
            // Empty for diagonal covariance.
            for e in &noise[..i.min(encoding.len() - below)] {
                delta[below] = g[i].mul_add(*e, weight * encoding[below]);
                below += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::config::{Architecture, Covariance, DecoderKind, PosteriorFactor};
    use crate::vae::likelihood::Likelihood;
    use nalgebra::{DMatrix, DVector};
    use rand_distr::{Distribution as _, StandardNormal};

    fn normal(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
        let mut rng = stream(seed, Purpose::Analysis, 0);
        Matrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
    }

    const FAMILIES: [(Covariance, PosteriorFactor); 3] = [
        (Covariance::Diagonal, PosteriorFactor::Cholesky),
        (Covariance::Full, PosteriorFactor::Cholesky),
        (Covariance::Full, PosteriorFactor::Exponential),
    ];

    fn loss(vae: &Vae<f64>, objective: &Objective, x: &Matrix<f64>, noise: &Matrix<f64>) -> f64 {
        let mut workspace = ElboWorkspace::new(vae);
        vae.differentiate(objective, x, noise, &mut workspace);
        -workspace.elbo.objective(objective.beta)
    }

    /// Compares the gradient with central differences, parameter by parameter.
    fn assert_gradient(vae: &mut Vae<f64>, objective: &Objective, x: &Matrix<f64>, noise: &Matrix<f64>) {
        let mut workspace = ElboWorkspace::new(vae);
        vae.differentiate(objective, x, noise, &mut workspace);
        for i in 0..vae.parameters.len() {
            let (h, here) = (1e-5, vae.parameters[i]);
            let mut at = |p| {
                vae.parameters[i] = p;
                loss(vae, objective, x, noise)
            };
            let difference = (at(here + h) - at(here - h)) / (2.0 * h);
            at(here);
            // The difference errs by h²/6 times a third derivative (≲ 10³ here) and by rounding of a loss ≲ 10² in 10⁻¹⁶ over 2h.
            let error = (difference - workspace.gradient[i]).abs();
            assert!(error < 1e-6 * difference.abs().max(1.0), "parameter {i}: {difference} {error:e}");
        }
    }

    /// Two latents, and five hidden units.
    fn small(factor: PosteriorFactor, likelihood: Likelihood) -> Architecture {
        Architecture {
            latent_dim: 2,
            hidden: vec![5],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor,
            likelihood,
            decoder_hidden: None,
        }
    }

    /// All parameters of all kinds of models, with biases and off-diagonals away from zero.
    #[test]
    fn gradients_agree_with_finite_differences() {
        let (n, m, batch) = (4, 3, 5);
        for activation in [Activation::Tanh, Activation::Softplus, Activation::Linear, Activation::Relu] {
            for decoder in DecoderKind::ALL {
                for ((covariance, factor), likelihood) in
                    FAMILIES.into_iter().flat_map(|f| Likelihood::ALL.map(|l| (f, l)))
                {
                    for hidden in [vec![], vec![6], vec![6, 7]] {
                        let architecture = Architecture {
                            latent_dim: m,
                            hidden,
                            activation,
                            decoder,
                            factor,
                            likelihood,
                            decoder_hidden: None,
                        };
                        let sigma2 = if likelihood == Likelihood::Gaussian { 0.3 } else { 1.0 };
                        let objective = Objective::new(covariance, 1.7, sigma2);
                        let mut rng = stream(11, Purpose::Init, 0);
                        let mut vae = Vae::<f64>::new(n, architecture, covariance, &mut rng);
                        for p in &mut vae.parameters {
                            let shift: f64 = StandardNormal.sample(&mut rng);
                            *p += 0.2 * shift;
                        }
                        let (mut x, noise) = (normal(n, batch, 1), normal(m, batch, 2));
                        if likelihood == Likelihood::Bernoulli {
                            // Grey values between 0 and 1, and some of both ends.
                            x = x.map(|x| (0.5 + 0.5 * x).clamp(0.0, 1.0));
                        }
                        assert_gradient(&mut vae, &objective, &x, &noise);
                    }
                }
            }
        }
    }

    /// An autoencoder: the loss is the reconstruction at the mean, whatever the noise, and the heads of Σ have no gradient.
    #[test]
    fn gradients_of_an_autoencoder_agree_with_finite_differences() {
        for (covariance, factor) in FAMILIES {
            let architecture = small(factor, Likelihood::Gaussian);
            let objective = Objective { regularizer: Regularizer::None, ..Objective::new(covariance, 1.7, 0.3) };
            let vae = Vae::<f64>::new(3, architecture, covariance, &mut stream(3, Purpose::Init, 0));
            let mut vae = vae.regularized_by(objective.regularizer);
            vae.parameters.iter_mut().enumerate().for_each(|(i, p)| *p += 0.1 * (i as f64).sin());
            let (x, noise) = (normal(3, 4, 1), normal(2, 4, 2));
            let mut workspace = ElboWorkspace::new(&vae);
            vae.differentiate(&objective, &x, &noise, &mut workspace);
            let means = Matrix::from_columns(
                2,
                4,
                vae.posteriors(&x).iter().flat_map(|q| q.mean.data.as_vec().clone()).collect(),
            );
            let square: f64 =
                vae.decode(&means).as_slice().iter().zip(x.as_slice()).map(|(a, b)| (a - b).powi(2)).sum();
            let expected = -square / (4.0 * 2.0 * 0.3) - objective.log_normaliser(3);
            assert!((workspace.elbo.objective(1.7) - expected).abs() < 1e-12);
            assert_gradient(&mut vae, &objective, &x, &noise);
        }
    }

    /// The KL of a Laplace prior is that of the posteriors, and its gradient that of the objective.
    #[test]
    fn gradients_of_a_laplace_prior_agree_with_finite_differences() {
        for (covariance, factor) in FAMILIES {
            let architecture = Architecture { latent_dim: 3, ..small(factor, Likelihood::Gaussian) };
            let objective = Objective { regularizer: Regularizer::Laplace, ..Objective::new(covariance, 1.7, 0.3) };
            let vae = Vae::<f64>::new(4, architecture, covariance, &mut stream(3, Purpose::Init, 0));
            let mut vae = vae.regularized_by(objective.regularizer);
            vae.parameters.iter_mut().enumerate().for_each(|(i, p)| *p += 0.1 * (i as f64).sin());
            let (x, noise) = (normal(4, 5, 1), normal(3, 5, 2));
            let mut workspace = ElboWorkspace::new(&vae);
            vae.differentiate(&objective, &x, &noise, &mut workspace);
            let posteriors = vae.posteriors(&x);
            let kl = posteriors.iter().map(|q| q.kl(Prior::Laplace)).sum::<f64>() / 5.0;
            let of_normal = posteriors.iter().map(|q| q.kl(Prior::Normal)).sum::<f64>() / 5.0;
            assert!((workspace.elbo.kl() - kl).abs() < 1e-12 && (kl - of_normal).abs() > 1e-3);
            assert_gradient(&mut vae, &objective, &x, &noise);
        }
    }

    /// Below the capacity the KL is raised and above it lowered, by the gradient of the regulariser in both cases.
    #[test]
    fn gradients_of_a_capacity_agree_with_finite_differences() {
        for (covariance, factor) in FAMILIES {
            let architecture = small(factor, Likelihood::Gaussian);
            let mut vae = Vae::<f64>::new(3, architecture, covariance, &mut stream(3, Purpose::Init, 0));
            vae.parameters.iter_mut().enumerate().for_each(|(i, p)| *p += 0.1 * (i as f64).sin());
            let (x, noise) = (normal(3, 4, 1), normal(2, 4, 2));
            for nats in [0.01, 30.0] {
                let regularizer = Regularizer::Capacity(Capacity { nats, steps: 0 });
                let objective = Objective { regularizer, ..Objective::new(covariance, 1.7, 0.3) };
                let mut workspace = ElboWorkspace::new(&vae);
                vae.differentiate(&objective, &x, &noise, &mut workspace);
                let distance = (workspace.elbo.kl() - nats).abs();
                let value = workspace.elbo.regularizer.unwrap();
                assert!((value - 1.7 * distance).abs() < 1e-12 && (nats > 1.0) == (workspace.elbo.kl() < nats));
                assert_gradient(&mut vae, &objective, &x, &noise);
            }
        }
    }

    #[test]
    fn terms_agree_with_their_definition() {
        for ((covariance, factor), likelihood) in FAMILIES.into_iter().flat_map(|f| Likelihood::ALL.map(|l| (f, l))) {
            let architecture = small(factor, likelihood);
            let objective = Objective::new(covariance, 2.0, 0.1);
            let objective = match likelihood {
                Likelihood::Gaussian => objective,
                Likelihood::Bernoulli => Objective { sigma2: 1.0, ..objective },
            };
            let mut vae = Vae::<f64>::new(3, architecture.clone(), covariance, &mut stream(3, Purpose::Init, 0));
            vae.parameters.iter_mut().enumerate().for_each(|(i, p)| *p += 0.01 * (i as f64).sin());
            let noise = normal(2, 4, 2);
            let x = normal(3, 4, 1).map(|x| if likelihood == Likelihood::Gaussian { x } else { x.abs().min(1.0) });
            let mut workspace = ElboWorkspace::new(&vae);
            vae.differentiate(&objective, &x, &noise, &mut workspace);
            let (mut kl, mut reconstruction) = (0.0, 0.0);
            for (c, q) in vae.posteriors(&x).iter().enumerate() {
                // z = μ + A ε with A = exp H, the symmetric root of Σ, not with its Cholesky factor.
                let z = match factor {
                    PosteriorFactor::Exponential => {
                        let eigen = q.covariance().symmetric_eigen();
                        let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(f64::sqrt));
                        let a = &eigen.eigenvectors * roots * eigen.eigenvectors.transpose();
                        &q.mean + a * DVector::from_column_slice(noise.column(c))
                    }
                    PosteriorFactor::Cholesky => q.sample(noise.column(c)),
                };
                let z = Matrix::from_columns(2, 1, z.as_slice().to_vec());
                let decoded = vae.decode(&z);
                let pairs = x.column(c).iter().zip(decoded.column(0));
                reconstruction += match likelihood {
                    Likelihood::Gaussian => {
                        let squares: f64 = pairs.map(|(x, y)| (x - y).powi(2)).sum();
                        -squares / 0.2 - 1.5 * (std::f64::consts::TAU * 0.1).ln()
                    }
                    // The cross-entropy is −KL(x‖π) − H(x).
                    Likelihood::Bernoulli => pairs.map(|(x, pi)| -divergence(*x, *pi) - entropy(*x)).sum(),
                };
                kl += q.kl(Prior::Normal);
            }
            assert!((workspace.elbo.kl() - kl / 4.0).abs() < 1e-13);
            assert!((workspace.elbo.reconstruction - reconstruction / 4.0).abs() < 1e-12);
        }
    }

    /// p log p/q, 0 for p = 0.
    fn relative(p: f64, q: f64) -> f64 {
        if p > 0.0 { p * (p / q).ln() } else { 0.0 }
    }

    fn divergence(x: f64, pi: f64) -> f64 {
        relative(x, pi) + relative(1.0 - x, 1.0 - pi)
    }

    fn entropy(x: f64) -> f64 {
        -relative(x, 1.0) - relative(1.0 - x, 1.0)
    }

    #[test]
    fn single_precision_agrees_with_double() {
        for likelihood in Likelihood::ALL {
            single_precision_agrees(likelihood);
        }
    }

    fn single_precision_agrees(likelihood: Likelihood) {
        let architecture = Architecture {
            latent_dim: 2,
            hidden: vec![64, 64],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood,
            decoder_hidden: None,
        };
        let sigma2 = if likelihood == Likelihood::Gaussian { 0.01 } else { 1.0 };
        let objective = Objective::new(Covariance::Full, 1.0, sigma2);
        let single = Vae::<f32>::new(3, architecture, Covariance::Full, &mut stream(5, Purpose::Init, 0));
        let double = single.cast::<f64>();
        let squashed = |x: f64| if likelihood == Likelihood::Gaussian { x } else { 1.0 / (1.0 + (-2.0 * x).exp()) };
        let (x, noise) = (normal(3, 256, 1).map(|x| squashed(x) as f32), normal(2, 256, 2).map(|x| x as f32));
        let (mut coarse, mut fine) = (ElboWorkspace::new(&single), ElboWorkspace::new(&double));
        single.differentiate(&objective, &x, &noise, &mut coarse);
        double.differentiate(&objective, &x.map(f64::from), &noise.map(f64::from), &mut fine);
        let norm = fine.gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let error = coarse.gradient.iter().zip(&fine.gradient).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum::<f64>();
        assert!(error.sqrt() < 1e-5 * norm, "{:e}", error.sqrt() / norm);
        assert!((coarse.elbo.reconstruction / fine.elbo.reconstruction - 1.0).abs() < 1e-5);
    }
}
