//! The model: encoder, decoder, and one vector with all their parameters.

use rand::Rng;

use super::config::{Architecture, Covariance, DecoderKind};
use super::posterior::Posterior;
use crate::linalg::{Matrix, Real};
use crate::nn::{Dense, Mlp, Workspace};

/// A VAE with Gaussian encoder and decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Vae<T> {
    /// The shape of the networks.
    pub architecture: Architecture,
    /// The family of posteriors that the encoder's last layer describes.
    pub covariance: Covariance,
    /// x ↦ μ (m), log L_ii (m), and for full covariance the strictly lower triangle of L row by row.
    pub encoder: Mlp,
    /// z ↦ x̂.
    pub decoder: Mlp,
    /// The parameters of the decoder, then those of the encoder, whose last layer may grow and shrink.
    pub parameters: Vec<T>,
}

impl<T: Real> Vae<T> {
    /// A model for data of dimension `data_dim` with weights drawn from `rng`. What describes Σ starts at zero, so every
    /// first posterior has the covariance of the prior, and both families start from the same model.
    pub fn new(data_dim: usize, architecture: Architecture, covariance: Covariance, rng: &mut impl Rng) -> Self {
        let mut vae = Self::zeros(data_dim, architecture, Covariance::Diagonal);
        vae.encoder.initialise(&mut vae.parameters, rng);
        vae.decoder.initialise(&mut vae.parameters, rng);
        let m = vae.latent_dim();
        let head = &vae.encoder.layers()[vae.encoder.layers().len() - 1];
        for column in head.split_mut(&mut vae.parameters).0.chunks_exact_mut(head.outputs) {
            column[m..].fill(T::ZERO);
        }
        vae.switch_covariance(covariance);
        vae
    }

    /// The model with all parameters zero.
    pub fn zeros(data_dim: usize, architecture: Architecture, covariance: Covariance) -> Self {
        let m = architecture.latent_dim;
        let hidden = &architecture.hidden;
        let mut decoder_sizes = vec![m];
        if architecture.decoder == DecoderKind::Mlp {
            decoder_sizes.extend(hidden.iter().rev());
        }
        decoder_sizes.push(data_dim);
        let decoder = Mlp::new(&decoder_sizes, architecture.activation, 0);

        let mut encoder_sizes = vec![data_dim];
        encoder_sizes.extend(hidden);
        encoder_sizes.push(2 * m + covariance.off_diagonals(m));
        let encoder = Mlp::new(&encoder_sizes, architecture.activation, decoder.end());

        let parameters = vec![T::ZERO; encoder.end()];
        Self { architecture, covariance, encoder, decoder, parameters }
    }

    /// n.
    pub fn data_dim(&self) -> usize {
        self.decoder.outputs()
    }

    /// m.
    pub fn latent_dim(&self) -> usize {
        self.architecture.latent_dim
    }

    /// Changes the family of posteriors and keeps every weight that both have: what full covariance has in addition
    /// starts at zero, so nothing jumps on the way there.
    pub fn switch_covariance(&mut self, covariance: Covariance) {
        let mut other = Self::zeros(self.data_dim(), self.architecture.clone(), covariance);
        other.parameters = self.carry_over(&other, &self.parameters);
        *self = other;
    }

    /// Numbers that belong to this model's parameters, in the places of the same parameters of `other`, which may differ
    /// in covariance only; zero where this model has none.
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
        self.decoder.layers().iter().chain(self.encoder.layers())
    }

    /// The same model with numbers of another kind.
    pub fn cast<U: Real>(&self) -> Vae<U> {
        Vae {
            architecture: self.architecture.clone(),
            covariance: self.covariance,
            encoder: self.encoder.clone(),
            decoder: self.decoder.clone(),
            parameters: self.parameters.iter().map(|p| U::from_f64(p.to_f64())).collect(),
        }
    }

    /// The encoder's output for a batch: (2m + off-diagonals) × B.
    pub fn encode(&self, x: &Matrix<T>) -> Matrix<T> {
        let mut pass = Workspace::new(self.encoder.layers().len());
        self.encoder.forward(&self.parameters, x, &mut pass);
        pass.output().clone()
    }

    /// The decoder's output for a batch of latents (m × B): n × B.
    pub fn decode(&self, z: &Matrix<T>) -> Matrix<T> {
        /// Latents at once: what a layer leaves behind should stay in the cache.
        const BLOCK: usize = 128;
        let mut pass = Workspace::new(self.decoder.layers().len());
        let (m, n) = (z.rows(), self.data_dim());
        let (mut x, mut block) = (Matrix::zeros(n, z.columns()), Matrix::zeros(0, 0));
        for start in (0..z.columns()).step_by(BLOCK) {
            let end = (start + BLOCK).min(z.columns());
            block.reshape(m, end - start);
            block.as_mut_slice().copy_from_slice(&z.as_slice()[m * start..m * end]);
            self.decoder.forward(&self.parameters, &block, &mut pass);
            x.as_mut_slice()[n * start..n * end].copy_from_slice(pass.output().as_slice());
        }
        x
    }

    /// q(z|x) for each observation of a batch.
    pub fn posteriors(&self, x: &Matrix<T>) -> Vec<Posterior> {
        let encodings = self.encode(x).map(T::to_f64);
        encodings.iter_columns().map(|column| Posterior::from_encoding(column, self.latent_dim())).collect()
    }
}
