//! Linear layers from a file, assembled to a model.

use crate::io::file_error::FileError;
use crate::nn::{Activation, Dense};
use crate::vae::{Architecture, Covariance, DecoderKind, Likelihood, PosteriorFactor, Vae};

/// Weight (outputs × inputs, row by row) and bias of a layer.
pub(super) struct StoredLayer {
    pub outputs: usize,
    pub inputs: usize,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl StoredLayer {
    /// The first and the second half of the outputs.
    pub(super) fn halves(self) -> [Self; 2] {
        let outputs = self.outputs / 2;
        let (mut weight, mut bias) = (self.weight, self.bias);
        let (second_weight, second_bias) = (weight.split_off(outputs * self.inputs), bias.split_off(outputs));
        let inputs = self.inputs;
        [Self { outputs, inputs, weight, bias }, Self { outputs, inputs, weight: second_weight, bias: second_bias }]
    }
}

/// An encoder that fits.
pub(super) struct Encoder {
    /// Hidden layers.
    pub trunk: Vec<StoredLayer>,
    /// Heads in the order of the encoder's outputs.
    pub heads: Vec<StoredLayer>,
    pub covariance: Covariance,
    pub factor: PosteriorFactor,
}

/// Checks that each layer takes what the one before gives.
pub(super) fn check_chain(layers: &[StoredLayer], network: &str) -> Result<(), FileError> {
    match layers.windows(2).find(|pair| pair[0].outputs != pair[1].inputs) {
        None => Ok(()),
        Some(pair) => Err(FileError::new(format!(
            "the {network} has a layer [{}, {}] after one [{}, {}]: they do not fit each other; a weight is (outputs, inputs)",
            pair[1].outputs, pair[1].inputs, pair[0].outputs, pair[0].inputs
        ))),
    }
}

/// The model of these layers, which fit each other.
pub(super) fn assemble(
    decoder: &[StoredLayer],
    encoder: Option<&Encoder>,
    widths: Vec<usize>,
    (activation, likelihood): (Activation, Likelihood),
) -> Vae<f32> {
    let mirrored: Vec<usize> = widths.iter().rev().copied().collect();
    let hidden = encoder.map_or_else(|| mirrored.clone(), |e| e.trunk.iter().map(|layer| layer.outputs).collect());
    let affine = widths.is_empty();
    let own = !affine && hidden != mirrored;
    let architecture = Architecture {
        latent_dim: decoder[0].inputs,
        hidden,
        activation,
        decoder: if affine { DecoderKind::Linear } else { DecoderKind::Mlp },
        factor: encoder.map_or(PosteriorFactor::Exponential, |e| e.factor),
        likelihood,
        decoder_hidden: own.then_some(widths),
    };
    let covariance = encoder.map_or(Covariance::Diagonal, |e| e.covariance);
    let mut vae = Vae::zeros(decoder[decoder.len() - 1].outputs, architecture, covariance);
    vae.has_encoder = encoder.is_some();
    let mut write = |layer: &Dense, from: &StoredLayer, start: usize| {
        let (weight, bias) = layer.split_mut(&mut vae.parameters);
        bias[start..start + from.outputs].copy_from_slice(&from.bias);
        for (r, row) in from.weight.chunks_exact(from.inputs).enumerate() {
            row.iter().enumerate().for_each(|(c, w)| weight[c * layer.outputs + start + r] = *w);
        }
    };
    let places = vae.decoder.layers().to_vec();
    places.iter().zip(decoder).for_each(|(layer, from)| write(layer, from, 0));
    if let Some(encoder) = encoder {
        let places = vae.encoder.layers().to_vec();
        places.iter().zip(&encoder.trunk).for_each(|(layer, from)| write(layer, from, 0));
        let mut start = 0;
        for head in &encoder.heads {
            write(&places[places.len() - 1], head, start);
            start += head.outputs;
        }
    }
    vae
}
