//! Tests of models from state dicts.

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
    // However many and long they are, it stays one short sentence.
    let long = ["a", "b", "c", "d", "e", "f"].map(|letter| format!("decoder.1.{}", letter.repeat(100)));
    let many: Vec<(&str, &[usize])> = long.iter().map(|name| (name.as_str(), &[3][..])).collect();
    let decoder = prefixed("decoder.", &DECODER);
    let told = sentence(&decoder.iter().map(|(name, shape)| (name.as_str(), *shape)).chain(many).collect::<Vec<_>>());
    assert!(told.contains("the file also has decoder.1.aaa") && told.contains("… [3] and 4 more;"), "{told}");
    assert!(told.chars().count() < 300, "{told}");
    let told = sentence(&[DECODER[0], DECODER[1], ("2.weight", &[4, 5]), DECODER[3]]);
    assert!(told.starts_with("the decoder has a layer [4, 5] after one [3, 2]: they do not fit each other"), "{told}");
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
    for bytes in
        [vec![], vec![0xff; 7], u64::MAX.to_le_bytes().to_vec(), [&(1_u64 << 40).to_le_bytes()[..], b"{}"].concat(), {
            let header = br#"{"0.weight":{"dtype":"F32","shape":[4294967295,4294967295],"data_offsets":[0,16]}}"#;
            [&(header.len() as u64).to_le_bytes()[..], header, &[0; 16]].concat()
        }]
    {
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
