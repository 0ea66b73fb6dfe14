//! Models of other programs, read from a file.

use std::path::Path;

use super::file_error::FileError;
use super::format::hash::sha256;
use super::format::state_dict::{EncoderScale, ReadModel, StateDict};
use super::text::read_bytes;
use crate::experiment::OpenedModel;
use crate::nn::Activation;
use crate::vae::Likelihood;

/// Files of models are smaller than 512 MiB.
const MOST_BYTES: u64 = 512 << 20;

/// What a file of weights leaves open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ModelOptions {
    /// Activation of all hidden layers.
    pub activation: Option<Activation>,
    /// Family of p(x|z); `None`: what the file says, or Gaussian.
    pub likelihood: Option<Likelihood>,
    /// Second half of the outputs of an encoder without named heads.
    pub scale: EncoderScale,
    /// Height and width of decoded images.
    pub image: Option<(usize, usize)>,
    /// β and σ² of its training; no σ² for a Bernoulli likelihood, which has none.
    pub objective: Option<(f64, Option<f64>)>,
}

/// True if the file of a model does not say its activation and has hidden layers.
///
/// # Errors
/// If the file cannot be read, or says an activation that no layer has here.
pub fn lacks_activation(path: &Path) -> Result<bool, FileError> {
    let bytes = read_bytes(path, "the model", MOST_BYTES)?;
    let file = StateDict::parse(&bytes).map_err(|e| e.at(path))?;
    Ok(file.is_deep() && file.activation().map_err(|e| e.at(path))?.is_none())
}

/// Reads a model from safetensors; beside it a sentence about what the file holds that is no part of the model.
///
/// # Errors
/// If the file cannot be read or holds no MLP decoder, or its activation is not known. The sentence ends with the path.
pub fn read_model(path: &Path, options: &ModelOptions) -> Result<(OpenedModel, Option<String>), FileError> {
    let bytes = read_bytes(path, "the model", MOST_BYTES)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    open_bytes(&bytes, name, options).map_err(|e| e.at(path))
}

fn open_bytes(bytes: &[u8], name: String, options: &ModelOptions) -> Result<(OpenedModel, Option<String>), FileError> {
    let file = StateDict::parse(bytes)?;
    if options.activation.is_some() && !file.is_deep() {
        let sentence = "--activation is for hidden layers, and this model has none; leave it out here";
        return Err(FileError::new(sentence));
    }
    // Between no layers no activation counts.
    let said = || if file.is_deep() { file.activation() } else { Ok(None) };
    let activation = match options.activation.map_or_else(said, |activation| Ok(Some(activation)))? {
        Some(activation) => activation,
        None if file.is_deep() => {
            let names = Activation::ALL.map(Activation::name).join(", ");
            return Err(FileError::new(format!(
                "the file does not say its activation; give it with --activation ({names})"
            )));
        }
        None => Activation::Linear,
    };
    let likelihood = options.likelihood.map_or_else(|| file.likelihood(), |likelihood| Ok(Some(likelihood)))?;
    let ReadModel { vae, left_out } = file.model(activation, likelihood.unwrap_or_default(), options.scale)?;
    let image = options.image.or(file.image);
    let n = vae.data_dim();
    if let Some((height, width)) = image.filter(|(height, width)| height.checked_mul(*width) != Some(n)) {
        return Err(FileError::new(format!(
            "an image of {height} × {width} has not the {n} numbers of a decoding; give height and width whose product is {n}"
        )));
    }
    Ok((OpenedModel { name, sha256: sha256(bytes), vae, image }, left_out))
}
