//! Ten training steps against JAX with automatic differentiation; `tests/reference/adam_steps.py` writes the files.
#![expect(clippy::unwrap_used, reason = "a reference that cannot be read is a failed test")]

use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use unpick::io::from_safetensors;
use unpick::linalg::{Matrix, Real};
use unpick::nn::{Adam, Dense};
use unpick::vae::{Architecture, Covariance, ElboWorkspace, Objective, Vae};

/// A reference file.
struct Case {
    name: String,
    bytes: Vec<u8>,
    objective: Objective,
    rate: f64,
    /// Model at step 0.
    start: Vae<f32>,
}

/// The result of ten steps.
struct Outcome {
    reconstruction: Vec<f64>,
    kl: Vec<f64>,
    first_gradient: Vec<f64>,
    end: Vec<f64>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<Case> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .map(|path| Case::read(&path))
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let case: Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["case"]).unwrap();
        let field = |names: &[&str]| -> Value {
            let there = names.iter().filter(|n| case.get(**n).is_some());
            there.map(|n| ((*n).to_owned(), case[*n].clone())).collect()
        };
        let architecture: Architecture =
            serde_json::from_value(field(&["latent_dim", "hidden", "activation", "decoder", "likelihood"])).unwrap();
        let objective: Objective = serde_json::from_value(field(&["covariance", "beta", "sigma2"])).unwrap();
        let n = SafeTensors::deserialize(&bytes).unwrap().tensor("observations").unwrap().shape()[2];
        let mut start = Vae::zeros(n, architecture, objective.covariance);
        from_safetensors(&bytes, &mut start).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        Self { name, objective, rate: case["lr"].as_f64().unwrap(), start, bytes }
    }

    /// The numbers of a tensor of the reference.
    fn numbers(&self, name: &str) -> Vec<f64> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = file.tensor(name).unwrap_or_else(|e| panic!("{}: {name}: {e}", self.name));
        match tensor.dtype() {
            Dtype::F64 => tensor.data().as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
            Dtype::F32 => tensor.data().as_chunks().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect(),
            other => panic!("{}: {name} holds {other:?}", self.name),
        }
    }

    /// Observations or noise of a step, one sample per column.
    fn batch<T: Real>(&self, name: &str, step: usize) -> Matrix<T> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let [_, samples, rows] = *file.tensor(name).unwrap().shape() else { panic!("{name} has another shape") };
        let numbers = &self.numbers(name)[step * samples * rows..][..samples * rows];
        Matrix::from_columns(rows, samples, numbers.iter().map(|x| T::from_f64(*x)).collect())
    }

    /// The tensors `prefix.encoder.0.weight` and so on, as the parameter vector of the model.
    fn parameters(&self, prefix: &str) -> Vec<f64> {
        let mut parameters = vec![f64::NAN; self.start.parameters.len()];
        let mut place = |name: &str, layer: &Dense, first_row: usize| {
            let weight = self.numbers(&format!("{prefix}.{name}.weight"));
            let bias = self.numbers(&format!("{prefix}.{name}.bias"));
            let (to_weight, to_bias) = layer.split_mut(&mut parameters);
            to_bias[first_row..][..bias.len()].copy_from_slice(&bias);
            // Row-major in the file, column-major in memory.
            for (i, value) in weight.iter().enumerate() {
                let (row, column) = (first_row + i / layer.inputs, i % layer.inputs);
                to_weight[column * layer.outputs + row] = *value;
            }
        };
        let (head, trunk) = self.start.encoder.layers().split_last().unwrap();
        for (network, layers) in [("encoder", trunk), ("decoder", self.start.decoder.layers())] {
            for (i, layer) in layers.iter().enumerate() {
                place(&format!("{network}.{}", 2 * i), layer, 0);
            }
        }
        let m = self.start.latent_dim();
        place("posterior_mean", head, 0);
        place("posterior_log_std", head, m);
        if head.outputs > 2 * m {
            place("posterior_tril", head, 2 * m);
        }
        parameters
    }

    /// Ten steps in this precision.
    fn train<T: Real>(&self) -> Outcome {
        let mut vae = self.start.cast::<T>();
        let (mut workspace, mut adam) = (ElboWorkspace::new(&vae), Adam::new(vae.parameters.len()));
        let wide = |numbers: &[T]| -> Vec<f64> { numbers.iter().map(|x| x.to_f64()).collect() };
        let (mut reconstruction, mut kl, mut first_gradient) = (vec![], vec![], vec![]);
        for step in 0..self.numbers("kl").len() {
            let (x, noise) = (self.batch("observations", step), self.batch("noise", step));
            vae.differentiate(&self.objective, &x, &noise, &mut workspace);
            reconstruction.push(workspace.elbo.reconstruction);
            kl.push(workspace.elbo.kl());
            if step == 0 {
                first_gradient = wide(&workspace.gradient);
            }
            adam.update(&mut vae.parameters, &workspace.gradient, self.rate);
        }
        Outcome { reconstruction, kl, first_gradient, end: wide(&vae.parameters) }
    }

    /// Compares with the reference: terms and first gradient relative to their size, final weights relative to their
    /// way.
    fn check(&self, outcome: &Outcome, terms: f64, gradient: f64, weights: f64) {
        let close = |what: &str, ours: &[f64], theirs: &[f64], scale: f64, tolerance: f64| {
            assert_eq!(ours.len(), theirs.len());
            let error = distance(ours, theirs) / scale;
            assert!(error < tolerance, "{}: {what} differs by {error:e}, {tolerance:e} is allowed", self.name);
        };
        let (reconstruction, kl) = (self.numbers("reconstruction"), self.numbers("kl"));
        close("reconstruction", &outcome.reconstruction, &reconstruction, norm(&reconstruction), terms);
        close("KL", &outcome.kl, &kl, norm(&kl), terms);
        let first = self.parameters("gradient");
        close("the gradient", &outcome.first_gradient, &first, norm(&first), gradient);
        let (start, end) = (self.start.cast::<f64>().parameters, self.parameters("end"));
        close("the end", &outcome.end, &end, distance(&start, &end), weights);
    }
}

fn norm(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn every_kind_of_model_has_a_reference() {
    let cases = cases();
    for covariance in Covariance::ALL {
        for activation in ["Tanh", "Softplus", "Relu"] {
            let is_there = |case: &Case| {
                case.objective.covariance == covariance
                    && format!("{:?}", case.start.architecture.activation) == activation
            };
            assert!(cases.iter().any(is_there), "{covariance:?} {activation}");
        }
        for kind in ["linear-decoder", "bernoulli"] {
            assert!(cases.iter().any(|case| case.name == format!("{kind}-{}", covariance.name())));
        }
    }
}

/// Rounding errors of 10⁻¹⁶ grow with the length of sums (below 100), by cancellation in the gradient, and where Adam
/// divides a small gradient by its size.
#[test]
fn double_precision_agrees_to_rounding() {
    for case in cases() {
        case.check(&case.train::<f64>(), 1e-13, 1e-13, 1e-11);
    }
}

/// Single precision errs by 6·10⁻⁸ and our elementary functions by 5·10⁻⁷. Through a few layers, and with a residual
/// smaller than the numbers it is the difference of, the gradient errs by up to δ = 5·10⁻⁶ of its size. Adam divides
/// each gradient by its own size, so a weight with a share s of the typical gradient errs by δ/s of its way. The
/// smallest of N gradients has s ≈ 1/N, which makes the root mean square over all weights δ√N; N is below 400.
#[test]
fn single_precision_agrees_to_its_rounding() {
    for case in cases() {
        case.check(&case.train::<f32>(), 5e-6, 5e-6, 1e-4);
    }
}

/// The comparison detects a wrong β and a wrong σ².
#[test]
fn the_comparison_detects_other_objectives() {
    for case in cases() {
        let detects = |change: fn(&mut Objective)| {
            let mut objective = case.objective;
            change(&mut objective);
            let other =
                Case { name: String::new(), bytes: case.bytes.clone(), start: case.start.clone(), objective, ..case };
            let outcome = other.train::<f64>();
            distance(&outcome.first_gradient, &case.parameters("gradient")) > 1e-3 * norm(&outcome.first_gradient)
                && distance(&outcome.reconstruction, &case.numbers("reconstruction")) > 1e-3
        };
        assert!(detects(|objective| objective.beta *= 1.1), "{}: β", case.name);
        assert!(detects(|objective| objective.sigma2 *= 1.1), "{}: σ²", case.name);
    }
}
