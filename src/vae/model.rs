//! The model: encoder, decoder, and one vector of all parameters.

use nalgebra::DVector;
use rand::Rng;

use super::config::{Architecture, Covariance, PosteriorFactor};
use super::discriminator::{self, Discrimination, Discriminator};
use super::likelihood::Likelihood;
use super::posterior::Posterior;
use super::prior::Prior;
use super::regularizer::Regularizer;
use crate::linalg::{Matrix, Real};
use crate::nn::{Dense, Mlp, Workspace};

/// A VAE with Gaussian encoder and Gaussian or Bernoulli decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Vae<T> {
    /// The shape of the networks.
    pub architecture: Architecture,
    /// The family of posteriors.
    pub covariance: Covariance,
    /// x ↦ μ (m) and the covariance head; see [`Architecture::encoder_outputs`].
    pub encoder: Mlp,
    /// z ↦ η, the natural parameter of p(x|z): x̂ itself for a Gaussian, the logits of x̂ for Bernoulli variables.
    pub decoder: Mlp,
    /// False for a model from a file without an encoder. Its encoder is zero then, and its posteriors are the prior.
    pub has_encoder: bool,
    /// True for an autoencoder: q(z|x) is a point mass at μ(x), and the encoder's other outputs mean nothing.
    pub is_deterministic: bool,
    /// p(z).
    pub prior: Prior,
    /// z ↦ an estimate of log q(z)/Πᵢ q(zᵢ), where the regulariser has one.
    pub discriminator: Option<Mlp>,
    /// All parameters: first the decoder's, then the encoder's, whose last layer depends on the covariance, then the discriminator's.
    pub parameters: Vec<T>,
}

/// Encoder and decoder for data of dimension `data_dim`, whose parameters stand in one vector: the decoder's first.
fn networks(data_dim: usize, architecture: &Architecture, covariance: Covariance) -> (Mlp, Mlp) {
    let m = architecture.latent_dim;
    let hidden = &architecture.hidden;
    let mut decoder_sizes = vec![m];
    decoder_sizes.extend(architecture.decoder_widths());
    decoder_sizes.push(data_dim);
    let decoder = Mlp::new(&decoder_sizes, architecture.activation, 0);

    let mut encoder_sizes = vec![data_dim];
    encoder_sizes.extend(hidden);
    encoder_sizes.push(architecture.encoder_outputs(covariance));
    let encoder = Mlp::new(&encoder_sizes, architecture.activation, decoder.end());
    (encoder, decoder)
}

/// The number of parameters of a model for data of dimension `data_dim`.
pub fn parameter_count(data_dim: usize, architecture: &Architecture, covariance: Covariance) -> usize {
    networks(data_dim, architecture, covariance).0.end()
}

impl<T: Real> Vae<T> {
    /// A model for data of dimension `data_dim` with random weights. The weights of Σ start at zero, so the first
    /// posteriors have the covariance of the prior, and both families start from the same model.
    pub fn new(data_dim: usize, architecture: Architecture, covariance: Covariance, rng: &mut impl Rng) -> Self {
        let mut vae = Self::zeros(data_dim, architecture, Covariance::Diagonal);
        vae.encoder.initialise(&mut vae.parameters, rng);
        vae.decoder.initialise(&mut vae.parameters, rng);
        if vae.architecture.factor == PosteriorFactor::Exponential {
            vae.draw_without_axes(rng);
        }
        let m = vae.latent_dim();
        let head = vae.head().clone();
        for column in head.split_mut(&mut vae.parameters).0.chunks_exact_mut(head.outputs) {
            column[m..].fill(T::ZERO);
        }
        vae.switch_covariance(covariance);
        vae
    }

    /// The model with all parameters zero.
    pub fn zeros(data_dim: usize, architecture: Architecture, covariance: Covariance) -> Self {
        let (encoder, decoder) = networks(data_dim, &architecture, covariance);
        let parameters = vec![T::ZERO; encoder.end()];
        Self {
            architecture,
            covariance,
            encoder,
            decoder,
            has_encoder: true,
            is_deterministic: false,
            prior: Prior::Normal,
            discriminator: None,
            parameters,
        }
    }

    /// n.
    pub fn data_dim(&self) -> usize {
        self.decoder.outputs()
    }

    /// m.
    pub fn latent_dim(&self) -> usize {
        self.architecture.latent_dim
    }

    /// The family of p(x|z).
    pub fn likelihood(&self) -> Likelihood {
        self.architecture.likelihood
    }

    /// True if the encoder gives H of Σ = exp 2H, and not L of Σ = L Lᵀ.
    pub fn has_exponential_factor(&self) -> bool {
        self.architecture.has_exponential_factor(self.covariance)
    }

    /// The encoder's last layer.
    pub fn head(&self) -> &Dense {
        &self.encoder.layers()[self.encoder.layers().len() - 1]
    }

    /// The model with the prior and the discriminator of the regulariser: see [`Self::regularize`].
    #[must_use]
    pub fn regularized_by(mut self, regularizer: Regularizer) -> Self {
        self.regularize(regularizer);
        self
    }

    /// Takes over the prior of the regulariser. Posteriors become point masses if it has no divergence, and Gaussians otherwise. A
    /// discriminator that it asks for starts with all parameters zero; one that it does not ask for goes.
    pub fn regularize(&mut self, regularizer: Regularizer) {
        self.is_deterministic = regularizer == Regularizer::None;
        self.prior = regularizer.prior();
        if regularizer.has_discriminator() != self.discriminator.is_some() {
            self.fit_discriminator(regularizer.has_discriminator());
        }
    }

    /// Puts a discriminator of zeros after the encoder, or nothing.
    fn fit_discriminator(&mut self, is_wanted: bool) {
        let end = self.encoder.end();
        self.discriminator = is_wanted.then(|| discriminator::network(self.latent_dim(), end));
        self.parameters.truncate(end);
        self.parameters.resize(self.discriminator.as_ref().map_or(end, Mlp::end), T::ZERO);
    }

    /// The discriminator with its parameters.
    pub(super) fn discriminator(&self) -> Option<Discriminator<'_, T>> {
        self.discriminator.as_ref().map(|network| Discriminator { network, parameters: &self.parameters })
    }

    /// The discriminator's estimate of the total correlation, in nats, from one sample z = μ + L ε of each posterior, as many as there are
    /// `noise` vectors ε (m); NaN without a discriminator.
    pub fn discriminated(&self, posteriors: &[Posterior], noise: &[DVector<f64>]) -> f64 {
        let Some(discriminator) = self.discriminator() else { return f64::NAN };
        let samples = posteriors.iter().zip(noise).map(|(q, noise)| q.sample(noise.as_slice()));
        let z: Vec<T> = samples.flat_map(|z| z.iter().map(|z| T::from_f64(*z)).collect::<Vec<_>>()).collect();
        let z = Matrix::from_columns(self.latent_dim(), z.len() / self.latent_dim(), z);
        discriminator.total_correlation(&z, &mut Discrimination::new())
    }

    /// Draws the weights of the discriminator, if there is one.
    pub fn draw_discriminator(&mut self, rng: &mut impl Rng) {
        if let Some(network) = &self.discriminator {
            network.initialise(&mut self.parameters, rng);
        }
    }

    /// Changes the family of posteriors and keeps all weights that both families have. The additional weights of full
    /// covariance start at zero, so the posteriors do not jump.
    pub fn switch_covariance(&mut self, covariance: Covariance) {
        let mut other = Self::zeros(self.data_dim(), self.architecture.clone(), covariance);
        (other.has_encoder, other.is_deterministic, other.prior) =
            (self.has_encoder, self.is_deterministic, self.prior);
        if self.discriminator.is_some() {
            other.fit_discriminator(true);
        }
        other.parameters = self.carry_over(&other, &self.parameters);
        *self = other;
    }

    /// Moves values of this model's parameters to the places of the same parameters in `other`, a model that differs at
    /// most in its covariance. Parameters that this model lacks get zero.
    pub fn carry_over(&self, other: &Self, values: &[T]) -> Vec<T> {
        let mut carried = vec![T::ZERO; other.parameters.len()];
        for (from, to) in self.layers().zip(other.layers()) {
            let (weight, bias) = from.split(values);
            let (new_weight, new_bias) = to.split_mut(&mut carried);
            let rows = from.outputs.min(to.outputs);
            new_bias[..rows].copy_from_slice(&bias[..rows]);
            for (new, old) in new_weight.chunks_exact_mut(to.outputs).zip(weight.chunks_exact(from.outputs)) {
                new[..rows].copy_from_slice(&old[..rows]);
            }
        }
        carried
    }

    fn layers(&self) -> impl Iterator<Item = &Dense> {
        self.decoder.layers().iter().chain(self.encoder.layers()).chain(self.discriminator.iter().flat_map(Mlp::layers))
    }

    /// The model in another precision.
    pub fn cast<U: Real>(&self) -> Vae<U> {
        Vae {
            architecture: self.architecture.clone(),
            covariance: self.covariance,
            encoder: self.encoder.clone(),
            decoder: self.decoder.clone(),
            has_encoder: self.has_encoder,
            is_deterministic: self.is_deterministic,
            prior: self.prior,
            discriminator: self.discriminator.clone(),
            parameters: self.parameters.iter().map(|p| U::from_f64(p.to_f64())).collect(),
        }
    }

    /// Output of the encoder for a batch: [`Architecture::encoder_outputs`] × B.
    pub fn encode(&self, x: &Matrix<T>) -> Matrix<T> {
        let mut workspace = Workspace::new(self.encoder.layers().len());
        self.encoder.forward(&self.parameters, x, &mut workspace);
        workspace.output().clone()
    }

    /// x̂ = E[x|z] for a batch of latents (m × B): n × B.
    pub fn decode(&self, z: &Matrix<T>) -> Matrix<T> {
        let mut x = self.natural(z);
        self.likelihood().replace_by_means(x.as_mut_slice());
        x
    }

    /// Output η of the decoder for a batch of latents (m × B): n × B.
    pub fn natural(&self, z: &Matrix<T>) -> Matrix<T> {
        /// Latents per block, so that the output of a layer stays in the cache.
        const BLOCK: usize = 128;
        let mut workspace = Workspace::new(self.decoder.layers().len());
        let (m, n) = (z.rows(), self.data_dim());
        let (mut x, mut block) = (Matrix::zeros(n, z.columns()), Matrix::zeros(0, 0));
        for start in (0..z.columns()).step_by(BLOCK) {
            let end = (start + BLOCK).min(z.columns());
            block.reshape(m, end - start);
            block.as_mut_slice().copy_from_slice(&z.as_slice()[m * start..m * end]);
            self.decoder.forward(&self.parameters, &block, &mut workspace);
            x.as_mut_slice()[n * start..n * end].copy_from_slice(workspace.output().as_slice());
        }
        x
    }

    /// The posterior that one column of the encoder's output describes.
    pub fn posterior(&self, encoding: &[f64]) -> Posterior {
        if self.is_deterministic {
            Posterior::at(&encoding[..self.latent_dim()])
        } else if self.has_exponential_factor() {
            Posterior::from_exponent(encoding, self.latent_dim())
        } else {
            Posterior::from_encoding(encoding, self.latent_dim())
        }
    }

    /// The posterior q(z|x) of each observation of a batch.
    pub fn posteriors(&self, x: &Matrix<T>) -> Vec<Posterior> {
        let encodings = self.encode(x).map(T::to_f64);
        encodings.iter_columns().map(|column| self.posterior(column)).collect()
    }
}
