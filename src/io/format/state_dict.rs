//! Models of other programs: the state dict of MLPs as safetensors.
//!
//! A decoder is the layers `0.weight`, `0.bias`, `2.weight`, … of an `nn.Sequential` of linear layers with one activation between
//! them, with or without the prefix `decoder.`; an encoder stands under `encoder.`, its last layer split into heads or not. Wrappers
//! as `module.` and `model.` may stand before and between. Weights are `(outputs, inputs)` in float32 or float64.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::Value;

use super::layers::{Encoder, StoredLayer, assemble, check_chain};
use super::weights::not_whole;
use crate::io::file_error::FileError;
use crate::nn::Activation;
use crate::vae::{Covariance, Likelihood, PosteriorFactor, Vae};

/// Components of names that say nothing about the place of a layer.
const WRAPPERS: [&str; 7] = ["module", "_orig_mod", "model", "net", "network", "layers", "vae"];

/// Names of the heads that give the mean, log σ, log σ², and the other parts of a full covariance.
const HEADS: [(&str, Head); 11] = [
    ("posterior_mean", Head::Mean),
    ("fc_mu", Head::Mean),
    ("mu", Head::Mean),
    ("fc_mean", Head::Mean),
    ("posterior_log_std", Head::LogStd),
    ("fc_logvar", Head::LogVariance),
    ("fc_var", Head::LogVariance),
    ("logvar", Head::LogVariance),
    ("fc_log_var", Head::LogVariance),
    ("posterior_tril", Head::Tril),
    ("posterior_exponent", Head::Exponent),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Head {
    Mean,
    LogStd,
    LogVariance,
    Tril,
    Exponent,
}

/// The place of a linear layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Of the encoder, by its number.
    Encoder(usize),
    /// Of the decoder, by its number.
    Decoder(usize),
    /// A head of the encoder.
    Head(Head),
}

/// The scale that an encoder without named heads gives in the second half of its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncoderScale {
    /// log σ², as most programs have it.
    #[default]
    LogVariance,
    /// log σ.
    LogStd,
}

impl EncoderScale {
    /// Both.
    pub const ALL: [Self; 2] = [Self::LogVariance, Self::LogStd];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogVariance => "log-variance",
            Self::LogStd => "log-std",
        }
    }
}

/// A file of tensors, read as far as it is needed to say what is in it.
#[derive(Debug)]
pub struct StateDict<'a> {
    tensors: SafeTensors<'a>,
    /// The name of the activation, if the file says it.
    activation: Option<String>,
    /// The name of the likelihood or of the function behind the last layer, if the file says it.
    output: Option<String>,
    /// Height and width of decoded images, if the file says them.
    pub image: Option<(usize, usize)>,
}

/// A model, and a sentence about what was left out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadModel {
    /// The model.
    pub vae: Vae<f32>,
    /// Tensors that are no part of it, or the encoder that does not fit, with shapes.
    pub left_out: Option<String>,
}

impl<'a> StateDict<'a> {
    /// Reads names, shapes and metadata.
    ///
    /// # Errors
    /// If the bytes are no whole safetensors file.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FileError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| not_whole(&e))?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| not_whole(&e))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        // Run folders keep JSON under one key; other programs write keys of their own.
        let own: Value = metadata.get("unpick").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let said = |key: &str| metadata.get(key).cloned().or_else(|| own.get(key)?.as_str().map(str::to_owned));
        let sides = |text: String| {
            let (height, width) = text.split_once('x')?;
            Some((height.trim().parse().ok()?, width.trim().parse().ok()?))
        };
        let output = said("likelihood").or_else(|| said("output"));
        Ok(Self { activation: said("activation"), output, image: said("image").and_then(sides), tensors })
    }

    /// The activation of the hidden layers, if the file says it.
    ///
    /// # Errors
    /// If it is one that no layer has here.
    pub fn activation(&self) -> Result<Option<Activation>, FileError> {
        let Some(name) = &self.activation else { return Ok(None) };
        let found = Activation::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name));
        let names = Activation::ALL.map(Activation::name).join(", ");
        let unsupported = || FileError::new(format!("the activation '{name}' is not supported; train with {names}"));
        found.map(Some).ok_or_else(unsupported)
    }

    /// The family of p(x|z), if the file says it or the function behind the last layer.
    ///
    /// # Errors
    /// If it is another one.
    pub fn likelihood(&self) -> Result<Option<Likelihood>, FileError> {
        let Some(name) = &self.output else { return Ok(None) };
        match &*name.to_ascii_lowercase() {
            "bernoulli" | "sigmoid" => Ok(Some(Likelihood::Bernoulli)),
            "gaussian" | "linear" | "identity" | "none" => Ok(Some(Likelihood::Gaussian)),
            _ => Err(FileError::new(format!(
                "the output '{name}' is not supported; train with gaussian (no function) or bernoulli (sigmoid)"
            ))),
        }
    }

    /// True if the decoder has hidden layers, so that an activation is needed.
    pub fn is_deep(&self) -> bool {
        let place = |name: &str| place_of(name, self.has_prefix()).map(|(place, _)| place);
        let names = self.tensors.names();
        let layers: BTreeSet<Place> = names.into_iter().filter_map(place).collect();
        layers.iter().filter(|place| matches!(place, Place::Decoder(_))).count() > 1
            || layers.iter().filter(|place| matches!(place, Place::Encoder(_))).count() > 1
    }

    /// True if some tensors stand under `decoder.`, so that those without a prefix are no decoder.
    fn has_prefix(&self) -> bool {
        self.tensors.names().iter().any(|name| name.split('.').any(|part| part == "decoder"))
    }

    /// The model. `activation` is that of all hidden layers. A layer without bias has a bias of 0.
    ///
    /// # Errors
    /// If a layer of the decoder is missing or does not fit, or a number is not finite; the sentence lists tensors with shapes.
    pub fn model(
        &self,
        activation: Activation,
        likelihood: Likelihood,
        scale: EncoderScale,
    ) -> Result<ReadModel, FileError> {
        let mut layers: BTreeMap<Place, [Option<&str>; 2]> = BTreeMap::new();
        let mut left = Vec::new();
        let mut names = self.tensors.names();
        names.sort_unstable();
        for name in names.iter().copied() {
            match place_of(name, self.has_prefix()) {
                Some((place, part)) if layers.get(&place).is_none_or(|found| found[part].is_none()) => {
                    layers.entry(place).or_default()[part] = Some(name);
                }
                _ => left.push(name),
            }
        }
        let decoder: Vec<_> = layers.iter().filter(|(place, _)| matches!(place, Place::Decoder(_))).collect();
        if decoder.is_empty() {
            let all = self.list(&names);
            return Err(FileError::new(format!(
                "there is no decoder; name its layers decoder.0.weight, decoder.0.bias, … or 0.weight, 0.bias, …; the file has {all}"
            )));
        }
        // What stands under the decoder and is no linear layer would change what it computes.
        let (of_decoder, elsewhere): (Vec<&str>, Vec<&str>) =
            left.into_iter().partition(|name| !self.has_prefix() && !self.is_apart(name) || is_decoder(name));
        if !of_decoder.is_empty() {
            return Err(FileError::new(format!(
                "the decoder must be linear layers with activations between them, but the file also has {}; leave out what \
                 the decoder does not use",
                self.list(&of_decoder)
            )));
        }
        let decoder = decoder.into_iter().map(|(_, names)| self.layer(names)).collect::<Result<Vec<_>, _>>()?;
        check_chain(&decoder, "decoder")?;
        let (latents, dim) = (decoder[0].inputs, decoder[decoder.len() - 1].outputs);
        if let Some(front) = elsewhere.iter().find(|name| !is_encoder(name) && self.outputs(name) == Some(latents)) {
            return Err(FileError::new(format!(
                "{} may stand before the decoder, which takes {latents} numbers; save all layers of the decoder as one \
                 nn.Sequential, or leave this one out",
                self.list(&[front])
            )));
        }
        let widths: Vec<usize> = decoder[..decoder.len() - 1].iter().map(|layer| layer.outputs).collect();
        let encoder = self.encoder(&layers, scale, latents, dim);
        let mut left_out = Vec::new();
        if !elsewhere.is_empty() {
            left_out.push(format!("left out {}", self.list(&elsewhere)));
        }
        let encoder = encoder.unwrap_or_else(|reason| {
            left_out.push(format!("left out the encoder: {reason}"));
            None
        });
        let vae = assemble(&decoder, encoder.as_ref(), widths, (activation, likelihood));
        if !vae.parameters.iter().all(|p| p.is_finite()) {
            return Err(FileError::new(
                "some weights of the model are not finite numbers; save one that has not diverged",
            ));
        }
        Ok(ReadModel { vae, left_out: (!left_out.is_empty()).then(|| left_out.join("; ")) })
    }

    /// The encoder, `None` if there is none, or why it cannot be used.
    fn encoder(
        &self,
        layers: &BTreeMap<Place, [Option<&str>; 2]>,
        scale: EncoderScale,
        latents: usize,
        dim: usize,
    ) -> Result<Option<Encoder>, String> {
        let read = |names: &[Option<&str>; 2]| self.layer(names).map_err(|e| e.to_string());
        let of = |wanted: fn(&Place) -> bool| layers.iter().filter(move |(place, _)| wanted(place));
        let mut trunk =
            of(|place| matches!(place, Place::Encoder(_))).map(|(_, n)| read(n)).collect::<Result<Vec<_>, _>>()?;
        let mut heads = BTreeMap::new();
        for (place, names) in layers {
            if let Place::Head(head) = place {
                heads.insert(*head, read(names)?);
            }
        }
        if trunk.is_empty() && heads.is_empty() {
            return Ok(None);
        }
        if heads.is_empty()
            && let Some(last) = trunk.pop()
        {
            if last.outputs != 2 * latents {
                let outputs = last.outputs;
                return Err(format!(
                    "its last layer has {outputs} outputs, not 2 × {latents} for mean and {}",
                    scale.name()
                ));
            }
            let [mean, spread] = last.halves();
            heads.insert(Head::Mean, mean);
            heads.insert(if scale == EncoderScale::LogStd { Head::LogStd } else { Head::LogVariance }, spread);
        }
        if let Some(mut variance) = heads.remove(&Head::LogVariance) {
            // log σ = ½ log σ².
            variance.weight.iter_mut().chain(&mut variance.bias).for_each(|w| *w *= 0.5);
            heads.insert(Head::LogStd, variance);
        }
        let below = latents * (latents - 1) / 2;
        let kinds: Vec<Head> = heads.keys().copied().collect();
        let (covariance, factor, rows) = match &kinds[..] {
            [Head::Mean, Head::LogStd] => (Covariance::Diagonal, PosteriorFactor::Exponential, vec![latents; 2]),
            [Head::Mean, Head::LogStd, Head::Tril] => {
                (Covariance::Full, PosteriorFactor::Cholesky, vec![latents, latents, below])
            }
            [Head::Mean, Head::Exponent] => {
                (Covariance::Full, PosteriorFactor::Exponential, vec![latents, latents + below])
            }
            _ => return Err("it has no heads for mean and logarithm of the variance".to_owned()),
        };
        check_chain(&trunk, "encoder").map_err(|e| e.to_string())?;
        let width = trunk.last().map_or(dim, |layer| layer.outputs);
        let starts = trunk.first().map_or(width, |layer| layer.inputs);
        let fits = heads.values().zip(&rows).all(|(head, rows)| head.outputs == *rows && head.inputs == width);
        if starts != dim || !fits {
            let shape = |layer: &StoredLayer| format!("[{}, {}]", layer.outputs, layer.inputs);
            let shapes: Vec<String> = trunk.iter().chain(heads.values()).map(shape).collect();
            return Err(format!("its layers {} do not lead from {dim} numbers to {latents} latents", shapes.join(" ")));
        }
        Ok(Some(Encoder { trunk, heads: heads.into_values().collect(), covariance, factor }))
    }

    /// A layer by the names of weight and bias.
    fn layer(&self, names: &[Option<&str>; 2]) -> Result<StoredLayer, FileError> {
        let missing = |have: &str, lacks: &str| {
            let (stem, shape) = (have.trim_end_matches("weight").trim_end_matches("bias"), self.list(&[have]));
            FileError::new(format!("tensor '{stem}{lacks}' is missing beside {shape}; save all of the layer"))
        };
        let (weight, bias) = match *names {
            [Some(weight), bias] => (weight, bias),
            [None, Some(bias)] => return Err(missing(bias, "weight")),
            [None, None] => return Err(FileError::new("a layer has no tensors")),
        };
        let tensor = |name: &str| {
            self.tensors.tensor(name).map_err(|e| FileError::new(format!("tensor '{name}' cannot be read ({e})")))
        };
        let w = tensor(weight)?;
        let &[outputs, inputs] = w.shape() else {
            return Err(FileError::new(format!(
                "{} is no linear layer (outputs, inputs), and only these are read",
                self.list(&[weight])
            )));
        };
        let b = bias.map(|name| Ok((name, tensor(name)?))).transpose()?;
        if b.as_ref().is_some_and(|(_, b)| b.shape() != [outputs]) || outputs == 0 || inputs == 0 {
            let both = self.list(&[Some(weight), bias].into_iter().flatten().collect::<Vec<_>>());
            return Err(FileError::new(format!(
                "weight (outputs, inputs) and bias (outputs) do not fit each other: {both}"
            )));
        }
        let bias = b.map_or_else(|| Ok(vec![0.0; outputs]), |(name, b)| numbers(name, &b))?;
        Ok(StoredLayer { outputs, inputs, weight: numbers(weight, &w)?, bias })
    }

    /// The outputs of a weight of a linear layer.
    fn outputs(&self, name: &str) -> Option<usize> {
        match self.tensors.tensor(name).ok()?.shape() {
            [outputs, _] => Some(*outputs),
            _ => None,
        }
    }

    /// True if a tensor is no part of a decoder without prefix: it belongs to the encoder, or is one number beside the layers, as log σ.
    fn is_apart(&self, name: &str) -> bool {
        let is_numbered = || name.split('.').any(|part| part.parse::<usize>().is_ok());
        let is_number = || self.tensors.tensor(name).is_ok_and(|tensor| tensor.shape().iter().product::<usize>() == 1);
        is_encoder(name) || is_number() && !is_numbered()
    }

    /// Names with shapes; of many as many as a short sentence has room for.
    fn list(&self, names: &[&str]) -> String {
        const MOST: usize = 120;
        const LONGEST: usize = 40;
        let described = |name: &&str| {
            let short: String = name.chars().take(LONGEST).collect();
            let short = if short.len() < name.len() { format!("{short}…") } else { short };
            self.tensors.tensor(name).map_or_else(|_| short.clone(), |tensor| format!("{short} {:?}", tensor.shape()))
        };
        let mut text = String::new();
        let mut listed = 0;
        for name in names.iter().map(described) {
            if listed > 0 && text.len() + name.len() > MOST {
                break;
            }
            text += if listed > 0 { ", " } else { "" };
            text += &name;
            listed += 1;
        }
        if names.is_empty() {
            "no tensors".clone_into(&mut text);
        } else if listed < names.len() {
            text = format!("{text} and {} more", names.len() - listed);
        }
        text
    }
}

/// The place of a tensor, and 0 for a weight, 1 for a bias. With `prefixed`, layers without a prefix are none.
fn place_of(name: &str, prefixed: bool) -> Option<(Place, usize)> {
    let mut parts: Vec<&str> = name.split('.').filter(|part| !WRAPPERS.contains(part)).collect();
    let part = match parts.pop()? {
        "weight" => 0,
        "bias" => 1,
        _ => return None,
    };
    let last = parts.pop()?;
    if let Some((_, head)) = HEADS.iter().find(|(name, _)| *name == last) {
        return matches!(parts[..], [] | ["encoder"]).then_some((Place::Head(*head), part));
    }
    let number = last.parse().ok()?;
    match parts[..] {
        ["encoder"] => Some((Place::Encoder(number), part)),
        ["decoder"] => Some((Place::Decoder(number), part)),
        [] if !prefixed => Some((Place::Decoder(number), part)),
        _ => None,
    }
}

fn is_encoder(name: &str) -> bool {
    name.split('.').any(|part| part == "encoder")
}

fn is_decoder(name: &str) -> bool {
    name.split('.').any(|part| part == "decoder")
}

/// The numbers of a tensor.
fn numbers(name: &str, tensor: &TensorView<'_>) -> Result<Vec<f32>, FileError> {
    let data = tensor.data();
    match tensor.dtype() {
        Dtype::F32 => Ok(data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()),
        Dtype::F64 => Ok(data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect()),
        // The upper half of an f32.
        Dtype::BF16 => {
            Ok(data.as_chunks().0.iter().map(|b| f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16)).collect())
        }
        other => Err(FileError::new(format!("tensor '{name}' is {other:?}; save it as float32"))),
    }
}

#[cfg(test)]
mod tests;
