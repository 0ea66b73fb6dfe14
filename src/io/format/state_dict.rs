//! Models of other programs: the state dict of MLPs as safetensors.
//!
//! A decoder is the layers `0.weight`, `0.bias`, `2.weight`, … of an `nn.Sequential` of linear layers with one activation between
//! them, with or without the prefix `decoder.`; an encoder stands under `encoder.`, its last layer split into heads or not. Wrappers
//! as `module.` and `model.` may stand before and between. Weights are `(outputs, inputs)` in float32 or float64.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::Value;

use super::layers::{Encoder, StoredLayer, assemble, check_chain};
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
        let damaged = |e| FileError::new(format!("this is not a whole safetensors file ({e})"));
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
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

    /// Names with shapes; the first eight of many.
    fn list(&self, names: &[&str]) -> String {
        const MOST: usize = 8;
        let shape = |name: &&str| match self.tensors.tensor(name) {
            Ok(tensor) => format!("{name} {:?}", tensor.shape()),
            Err(_) => (*name).to_owned(),
        };
        let mut text = names.iter().take(MOST).map(shape).collect::<Vec<_>>().join(", ");
        if names.is_empty() {
            "no tensors".clone_into(&mut text);
        } else if names.len() > MOST {
            text = format!("{text} and {} more", names.len() - MOST);
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
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::io::format::weights::to_safetensors;
    use crate::linalg::Matrix;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind};
    use proptest::prelude::*;

    /// Tensors of float32 under names with shapes; the numbers are sines of their place.
    fn file(tensors: &[(&str, &[usize])]) -> Vec<u8> {
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|(_, shape)| {
                (0..shape.iter().product::<usize>()).flat_map(|k| (0.7 + k as f32).sin().to_le_bytes()).collect()
            })
            .collect();
        let views = tensors
            .iter()
            .zip(&bytes)
            .map(|((name, shape), bytes)| (*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
        safetensors::serialize(views, None::<HashMap<String, String>>).unwrap()
    }

    fn read(bytes: &[u8]) -> Result<ReadModel, FileError> {
        StateDict::parse(bytes)?.model(Activation::Tanh, Likelihood::Gaussian, EncoderScale::LogVariance)
    }

    fn sentence(tensors: &[(&str, &[usize])]) -> String {
        read(&file(tensors)).unwrap_err().to_string()
    }

    /// 2 → 3 → 4 numbers.
    const DECODER: [(&str, &[usize]); 4] =
        [("0.weight", &[3, 2]), ("0.bias", &[3]), ("2.weight", &[4, 3]), ("2.bias", &[4])];

    fn prefixed(prefix: &str, tensors: &[(&str, &'static [usize])]) -> Vec<(String, &'static [usize])> {
        tensors.iter().map(|(name, shape)| (format!("{prefix}{name}"), *shape)).collect()
    }

    fn named(tensors: &[(String, &'static [usize])]) -> Vec<u8> {
        file(&tensors.iter().map(|(name, shape)| (name.as_str(), *shape)).collect::<Vec<_>>())
    }

    #[test]
    fn a_run_folder_is_read_as_it_was() {
        for (covariance, factor) in [
            (Covariance::Diagonal, PosteriorFactor::Exponential),
            (Covariance::Full, PosteriorFactor::Exponential),
            (Covariance::Full, PosteriorFactor::Cholesky),
        ] {
            let architecture = Architecture {
                latent_dim: 3,
                hidden: vec![5, 7],
                activation: Activation::Softplus,
                decoder: DecoderKind::Mlp,
                factor,
                likelihood: Default::default(),
                decoder_hidden: None,
            };
            let mut vae = Vae::new(4, architecture, covariance, &mut stream(1, Purpose::Init, 0));
            vae.parameters.iter_mut().zip(0_u16..).for_each(|(p, k)| *p += f32::from(k));
            let bytes = to_safetensors(&vae, r#"{"activation":"softplus","likelihood":"bernoulli"}"#).unwrap();
            let found = StateDict::parse(&bytes).unwrap();
            assert_eq!(found.activation(), Ok(Some(Activation::Softplus)));
            assert_eq!(found.likelihood(), Ok(Some(Likelihood::Bernoulli)));
            assert!(found.is_deep());
            let found = found.model(Activation::Softplus, Likelihood::Gaussian, EncoderScale::LogVariance).unwrap();
            assert_eq!((found.vae, found.left_out), (vae, None));
        }
    }

    #[test]
    fn a_sequential_computes_what_its_layers_say_under_every_prefix() {
        let plain = read(&file(&DECODER)).unwrap();
        assert!(!plain.vae.has_encoder && plain.left_out.is_none());
        let w = |k: usize| (0.7 + k as f32).sin();
        let z = [0.3_f32, -0.8];
        let hidden: Vec<f32> = (0..3).map(|r| (w(2 * r) * z[0] + w(2 * r + 1) * z[1] + w(r)).tanh()).collect();
        let x: Vec<f32> = (0..4).map(|r| (0..3).map(|c| w(3 * r + c) * hidden[c]).sum::<f32>() + w(r)).collect();
        let found = plain.vae.decode(&Matrix::from_columns(2, 1, z.to_vec()));
        assert!(found.column(0).iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} is not {x:?}");
        for prefix in
            ["module.", "decoder.", "model.decoder.", "module.model.", "net.", "decoder.net.", "_orig_mod.decoder."]
        {
            assert_eq!(read(&named(&prefixed(prefix, &DECODER))).unwrap().vae, plain.vae, "{prefix}");
        }
    }

    #[test]
    fn an_encoder_of_other_widths_is_read_with_either_scale() {
        let mut tensors = prefixed("decoder.", &DECODER);
        tensors.extend(prefixed(
            "encoder.",
            &[("0.weight", &[6, 4]), ("0.bias", &[6]), ("2.weight", &[4, 6]), ("2.bias", &[4])],
        ));
        let bytes = named(&tensors);
        let file = StateDict::parse(&bytes).unwrap();
        let [by_variance, by_std] = [EncoderScale::LogVariance, EncoderScale::LogStd]
            .map(|s| file.model(Activation::Tanh, Likelihood::Gaussian, s).unwrap().vae);
        let architecture = &by_variance.architecture;
        assert_eq!((&*architecture.hidden, architecture.decoder_hidden.as_deref()), (&[6][..], Some(&[3][..])));
        assert!(by_variance.has_encoder && by_variance.decoder == by_std.decoder);
        let x = Matrix::from_columns(4, 1, vec![0.1, 0.5, -0.3, 0.2]);
        let [variance, std] = [&by_variance, &by_std].map(|vae| vae.encode(&x));
        for r in 0..4 {
            let share = if r < 2 { 1.0 } else { 0.5 };
            assert!((variance[(r, 0)] - share * std[(r, 0)]).abs() < 1e-6, "log σ = ½ log σ²");
        }
        // Written and read again it is the same.
        let again = to_safetensors(&by_variance, "{}").unwrap();
        assert_eq!(
            StateDict::parse(&again)
                .unwrap()
                .model(Activation::Tanh, Likelihood::Gaussian, EncoderScale::LogStd)
                .unwrap()
                .vae,
            by_variance
        );
    }

    #[test]
    fn named_heads_are_found_and_what_does_not_fit_is_left_out() {
        let mut tensors = prefixed("decoder.", &DECODER);
        tensors.extend(prefixed("encoder.", &[("0.weight", &[6, 4]), ("0.bias", &[6])]));
        tensors.extend(prefixed(
            "fc_",
            &[("mu.weight", &[2, 6]), ("mu.bias", &[2]), ("logvar.weight", &[2, 6]), ("logvar.bias", &[2])],
        ));
        assert!(read(&named(&tensors)).unwrap().vae.has_encoder);
        // A convolution is no linear layer.
        tensors[4].1 = &[6, 1, 3, 3];
        let found = read(&named(&tensors)).unwrap();
        assert!(!found.vae.has_encoder);
        let left_out = found.left_out.unwrap();
        assert!(left_out.contains("encoder.0.weight [6, 1, 3, 3] is no linear layer"), "{left_out}");
        let mut with_classifier = prefixed("decoder.", &DECODER);
        with_classifier.push(("classifier.weight".to_owned(), &[10, 2]));
        let found = read(&named(&with_classifier)).unwrap();
        assert_eq!(found.left_out.as_deref(), Some("left out classifier.weight [10, 2]"));
        let wrong =
            [prefixed("decoder.", &DECODER), prefixed("encoder.", &[("0.weight", &[5, 4]), ("0.bias", &[5])])].concat();
        let left_out = read(&named(&wrong)).unwrap().left_out.unwrap();
        assert!(left_out.contains("has 5 outputs, not 2 × 2"), "{left_out}");
    }

    #[test]
    fn what_is_missing_or_left_over_is_listed_with_shapes() {
        let told = sentence(&[DECODER[0], DECODER[1], DECODER[3]]);
        assert!(told.starts_with("tensor '2.weight' is missing beside 2.bias [4]"), "{told}");
        let told = sentence(&[("fc1.weight", &[3, 2]), ("fc1.bias", &[3])]);
        assert!(told.starts_with("there is no decoder") && told.contains("fc1.bias [3], fc1.weight [3, 2]"), "{told}");
        let told = sentence(&[&DECODER[..], &[("1.running_mean", &[3])]].concat());
        assert!(told.contains("the file also has 1.running_mean [3]"), "{told}");
        let told = sentence(&[DECODER[0], DECODER[1], ("2.weight", &[4, 5]), DECODER[3]]);
        assert!(
            told.starts_with("the decoder has a layer [4, 5] after one [3, 2]: they do not fit each other"),
            "{told}"
        );
        let told = sentence(&[DECODER[0], ("0.bias", &[2]), DECODER[2], DECODER[3]]);
        assert!(told.contains("do not fit each other: 0.weight [3, 2], 0.bias [2]"), "{told}");
        let told = sentence(&[("0.weight", &[8, 2, 3, 3]), ("0.bias", &[8])]);
        assert!(told.contains("0.weight [8, 2, 3, 3] is no linear layer"), "{told}");
        let half = vec![0_u8; 12];
        let view = TensorView::new(Dtype::F16, vec![3, 2], &half).unwrap();
        let bias = vec![0_u8; 12];
        let bias = TensorView::new(Dtype::F32, vec![3], &bias).unwrap();
        let bytes =
            safetensors::serialize([("0.weight", view), ("0.bias", bias)], None::<HashMap<String, String>>).unwrap();
        assert_eq!(read(&bytes).unwrap_err().to_string(), "tensor '0.weight' is F16; save it as float32");
        let mut bytes = file(&DECODER);
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(read(&bytes).unwrap_err().to_string().contains("not finite"));
    }

    #[test]
    fn a_layer_before_the_decoder_is_no_tensor_to_leave_out() {
        let mut tensors = prefixed("decoder.", &DECODER);
        tensors.extend(prefixed("decoder_input.", &[("weight", &[2, 3]), ("bias", &[2])]));
        let told = read(&named(&tensors)).unwrap_err().to_string();
        assert!(told.starts_with("decoder_input.weight [2, 3] may stand before the decoder, which takes 2"), "{told}");
    }

    #[test]
    fn layers_without_bias_and_numbers_beside_a_sequential_are_read() {
        let with_bias = read(&file(&DECODER)).unwrap().vae;
        let found = read(&file(&[DECODER[0], DECODER[2], DECODER[3]])).unwrap().vae;
        let origin = Matrix::from_columns(2, 1, vec![0.0; 2]);
        assert_eq!(found.decode(&origin).column(0), (0..4).map(|k| (0.7 + k as f32).sin()).collect::<Vec<_>>());
        let found = read(&file(&[&DECODER[..], &[("log_sigma", &[1])]].concat())).unwrap();
        assert_eq!((found.vae, found.left_out.as_deref()), (with_bias, Some("left out log_sigma [1]")));
    }

    #[test]
    fn functions_that_are_not_supported_are_named() {
        let bytes = |metadata: &[(&str, &str)]| {
            let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let view = TensorView::new(Dtype::F32, vec![1, 1], &[0; 4]).unwrap();
            safetensors::serialize([("0.weight", view)], Some(metadata)).unwrap()
        };
        let likelihood = |key: &str, name: &str| {
            let bytes = bytes(&[(key, name)]);
            StateDict::parse(&bytes).unwrap().likelihood().map_err(|e| e.to_string())
        };
        assert_eq!(likelihood("output", "sigmoid"), Ok(Some(Likelihood::Bernoulli)));
        assert_eq!(likelihood("likelihood", "Bernoulli"), Ok(Some(Likelihood::Bernoulli)));
        assert_eq!(likelihood("other", "sigmoid"), Ok(None));
        assert!(likelihood("output", "softmax").unwrap_err().starts_with("the output 'softmax' is not supported"));
        let gelu = bytes(&[("activation", "gelu")]);
        let told = StateDict::parse(&gelu).unwrap().activation().unwrap_err().to_string();
        assert!(told.starts_with("the activation 'gelu' is not supported; train with tanh"), "{told}");
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused() {
        for bytes in [
            vec![],
            vec![0xff; 7],
            u64::MAX.to_le_bytes().to_vec(),
            [&(1_u64 << 40).to_le_bytes()[..], b"{}"].concat(),
            {
                let header = br#"{"0.weight":{"dtype":"F32","shape":[4294967295,4294967295],"data_offsets":[0,16]}}"#;
                [&(header.len() as u64).to_le_bytes()[..], header, &[0; 16]].concat()
            },
        ] {
            let told = StateDict::parse(&bytes).map(drop).unwrap_err().to_string();
            assert!(told.starts_with("this is not a whole safetensors file"), "{told}");
        }
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(place in 0_usize..900, value in any::<u8>(), length in 0_usize..900) {
            let mut tensors = prefixed("decoder.", &DECODER);
            tensors.extend(prefixed("encoder.", &[("0.weight", &[4, 4]), ("0.bias", &[4])]));
            let mut bytes = named(&tensors);
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            drop(read(&bytes));
            bytes.truncate(length);
            drop(read(&bytes));
        }
    }
}
