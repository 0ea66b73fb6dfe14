//! Models as safetensors, with the names and shapes of a PyTorch module of the same layers.
//!
//! Float32 in C order; weights are `(outputs, inputs)`. Layers are `encoder.0.weight`, `encoder.0.bias`,
//! `encoder.2.weight`, …, `decoder.0.weight`, …, where the index also counts activations, as in `nn.Sequential`. The
//! heads of the encoder are `posterior_mean`, `posterior_log_std` and (full covariance) `posterior_tril`, the strictly
//! lower triangle of L row by row; with Σ = exp 2H they
//! are `posterior_mean` and `posterior_exponent`: H_ii, then √2 H_ij below the diagonal row by row. The discriminator of a FactorVAE is
//! `discriminator.0.weight`, ….

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::io::file_error::FileError;
use crate::nn::{Dense, Mlp};
use crate::vae::Vae;

/// The only key of the metadata: with two keys the order of the bytes would be random.
const METADATA_KEY: &str = "unpick";

/// A weight and its bias: their name, their layer, and their rows in that layer.
struct Entry<'a> {
    name: String,
    layer: &'a Dense,
    rows: std::ops::Range<usize>,
}

/// Layers in the order of the file, with separate heads.
fn entries(vae: &Vae<f32>) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let encoder = vae.encoder.layers();
    let (head, trunk) = (&encoder[encoder.len() - 1], &encoder[..encoder.len() - 1]);
    let trunk = if vae.has_encoder { trunk } else { &[] };
    for (network, layers) in [("encoder", trunk), ("decoder", vae.decoder.layers())] {
        for (i, layer) in layers.iter().enumerate() {
            entries.push(Entry { name: format!("{network}.{}", 2 * i), layer, rows: 0..layer.outputs });
        }
    }
    if !vae.has_encoder {
        return entries;
    }
    let m = vae.latent_dim();
    let heads: &[(&str, std::ops::Range<usize>)] = if vae.has_exponential_factor() {
        &[("posterior_mean", 0..m), ("posterior_exponent", m..head.outputs)]
    } else {
        &[("posterior_mean", 0..m), ("posterior_log_std", m..2 * m), ("posterior_tril", 2 * m..head.outputs)]
    };
    for (name, rows) in heads.iter().filter(|(_, rows)| !rows.is_empty()).cloned() {
        entries.push(Entry { name: name.to_owned(), layer: head, rows });
    }
    for (i, layer) in vae.discriminator.iter().flat_map(Mlp::layers).enumerate() {
        entries.push(Entry { name: format!("discriminator.{}", 2 * i), layer, rows: 0..layer.outputs });
    }
    entries
}

/// The file of a model. `metadata` is JSON, stored beside the tensors.
///
/// # Errors
/// If the file cannot be serialised.
pub fn to_safetensors(vae: &Vae<f32>, metadata: &str) -> Result<Vec<u8>, FileError> {
    let mut tensors = Vec::new();
    for Entry { name, layer, rows } in entries(vae) {
        let (weight, bias) = layer.split(&vae.parameters);
        let row_major = rows.clone().flat_map(|r| (0..layer.inputs).map(move |c| weight[c * layer.outputs + r]));
        let bytes: Vec<u8> = row_major.flat_map(f32::to_le_bytes).collect();
        tensors.push((format!("{name}.weight"), vec![rows.len(), layer.inputs], bytes));
        let bytes = bias[rows.clone()].iter().flat_map(|x| x.to_le_bytes()).collect();
        tensors.push((format!("{name}.bias"), vec![rows.len()], bytes));
    }
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect();
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), metadata.to_owned())]);
    views
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| FileError::new(format!("the model cannot be written as safetensors: {e}")))
}

/// Reads the parameters of `vae` from a file with the same layers.
///
/// # Errors
/// If the bytes are no safetensors file, or a tensor is missing or has another shape.
pub fn from_safetensors(bytes: &[u8], vae: &mut Vae<f32>) -> Result<(), FileError> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| not_whole(&e))?;
    let read = |name: &str, shape: &[usize]| -> Result<Vec<f32>, FileError> {
        let tensor = file.tensor(name).map_err(|e| FileError::new(format!("tensor '{name}' cannot be read ({e})")))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            let found = (tensor.dtype(), tensor.shape());
            return Err(FileError::new(format!("tensor '{name}' is {found:?} where F32 {shape:?} is expected")));
        }
        Ok(tensor.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    };
    let mut parameters = vae.parameters.clone();
    for Entry { name, layer, rows } in entries(vae) {
        let weight = read(&format!("{name}.weight"), &[rows.len(), layer.inputs])?;
        let bias = read(&format!("{name}.bias"), &[rows.len()])?;
        let (to_weight, to_bias) = layer.split_mut(&mut parameters);
        to_bias[rows.clone()].copy_from_slice(&bias);
        for (row, values) in rows.zip(weight.chunks_exact(layer.inputs)) {
            for (c, value) in values.iter().enumerate() {
                to_weight[c * layer.outputs + row] = *value;
            }
        }
    }
    vae.parameters = parameters;
    Ok(())
}

/// The error of a damaged file; what would have been read is a list of all types of numbers.
pub(super) fn not_whole(error: &impl std::fmt::Display) -> FileError {
    let reason = error.to_string();
    let reason = reason.split(", expected one of").next().unwrap_or_default();
    FileError::new(format!("this is not a whole safetensors file ({reason})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, Covariance, DecoderKind, PosteriorFactor};
    use proptest::prelude::*;

    fn model(covariance: Covariance) -> Vae<f32> {
        model_with(covariance, PosteriorFactor::Cholesky)
    }

    fn model_with(covariance: Covariance, factor: PosteriorFactor) -> Vae<f32> {
        let architecture = Architecture {
            latent_dim: 3,
            hidden: vec![5, 7],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor,
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::new(4, architecture, covariance, &mut stream(1, Purpose::Init, 0));
        vae.parameters.iter_mut().zip(1_u16..).for_each(|(p, i)| *p = f32::from(i));
        vae
    }

    #[test]
    fn a_written_model_is_read_back() {
        let exponential = model_with(Covariance::Full, PosteriorFactor::Exponential);
        for vae in [model(Covariance::Diagonal), model(Covariance::Full), exponential] {
            let covariance = vae.covariance;
            let bytes = to_safetensors(&vae, r#"{"step":7}"#).unwrap();
            let mut other = Vae::zeros(4, vae.architecture.clone(), covariance);
            from_safetensors(&bytes, &mut other).unwrap();
            assert_eq!(other, vae);
            assert_eq!(bytes, to_safetensors(&vae, r#"{"step":7}"#).unwrap(), "the same model gives the same bytes");
        }
    }

    #[test]
    fn an_exponential_factor_has_its_own_name() {
        let bytes = to_safetensors(&model_with(Covariance::Full, PosteriorFactor::Exponential), "{}").unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor("posterior_exponent.weight").unwrap().shape(), [6, 7]);
        assert!(file.tensor("posterior_tril.weight").is_err() && file.tensor("posterior_log_std.weight").is_err());
    }

    #[test]
    fn names_shapes_and_order_are_those_of_pytorch() {
        let vae = model(Covariance::Full);
        let bytes = to_safetensors(&vae, "{}").unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let expected: [(&str, &[usize]); 14] = [
            ("encoder.0.weight", &[5, 4]),
            ("encoder.0.bias", &[5]),
            ("encoder.2.weight", &[7, 5]),
            ("encoder.2.bias", &[7]),
            ("decoder.0.weight", &[7, 3]),
            ("decoder.0.bias", &[7]),
            ("decoder.2.weight", &[5, 7]),
            ("decoder.2.bias", &[5]),
            ("decoder.4.weight", &[4, 5]),
            ("decoder.4.bias", &[4]),
            ("posterior_mean.weight", &[3, 7]),
            ("posterior_log_std.weight", &[3, 7]),
            ("posterior_tril.weight", &[3, 7]),
            ("posterior_tril.bias", &[3]),
        ];
        for (name, shape) in expected {
            assert_eq!(file.tensor(name).unwrap().shape(), shape, "{name}");
        }
        assert_eq!(file.len(), 16);
        // Row 1, column 2 of the second encoder layer: C order in the file, column-major in memory.
        let layer = &vae.encoder.layers()[1];
        let value = layer.split(&vae.parameters).0[2 * layer.outputs + 1];
        let data = file.tensor("encoder.2.weight").unwrap();
        assert_eq!(data.data()[4 * (5 + 2)..][..4], value.to_le_bytes());
    }

    #[test]
    fn a_file_of_another_model_is_refused_and_changes_nothing() {
        let bytes = to_safetensors(&model(Covariance::Diagonal), "{}").unwrap();
        let mut full = model(Covariance::Full);
        let before = full.clone();
        let error = from_safetensors(&bytes, &mut full).unwrap_err().to_string();
        assert!(error.contains("posterior_tril"), "{error}");
        assert_eq!(full, before);
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(place in 0_usize..2000, value in any::<u8>(), length in 0_usize..3000) {
            let mut vae = model(Covariance::Diagonal);
            let mut bytes = to_safetensors(&vae, "{}").unwrap();
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            bytes.truncate(length);
            drop(from_safetensors(&bytes, &mut vae));
        }
    }
}
