//! Models of other programs: `--model` in the place of a run folder.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use unpick::io::parse_npy;

use super::harness::{Harness, SHORT};

fn shape(path: &Path) -> Vec<usize> {
    parse_npy(&fs::read(path).unwrap()).unwrap().shape
}

/// safetensors as `examples/own_decoder.py` writes them.
fn safetensors(tensors: &[(&str, &[usize], Vec<f64>)], metadata: &Value) -> Vec<u8> {
    let mut header = format!("{{\"__metadata__\":{metadata}");
    let mut data = Vec::new();
    for (name, shape, numbers) in tensors {
        let start = data.len();
        data.extend(numbers.iter().flat_map(|x| (*x as f32).to_le_bytes()));
        let entry = format!("\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[{start},{}]", json!(shape), data.len());
        write!(header, ",\"{name}\":{{{entry}}}").unwrap();
    }
    header.push('}');
    while header.len() % 8 > 0 {
        header.push(' ');
    }
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// x = 2 u₁ tanh(z₁/2) + u₂ tanh(.4 z₂), its latents rotated by 30°: `known_decoder` of the example.
fn known_decoder() -> Vec<(&'static str, &'static [usize], Vec<f64>)> {
    let (sin, cos) = 30_f64.to_radians().sin_cos();
    let third = 1.0 / 3.0;
    vec![
        ("decoder.0.weight", &[2, 2], vec![0.5 * cos, 0.5 * sin, -0.4 * sin, 0.4 * cos]),
        ("decoder.0.bias", &[2], vec![0.0; 2]),
        ("decoder.2.weight", &[3, 2], [4.0, -2.0, 4.0, 1.0, 2.0, 2.0].map(|x| third * x).to_vec()),
        ("decoder.2.bias", &[3], vec![0.0; 3]),
    ]
}

fn with_known_decoder() -> Harness {
    let cli = Harness::new();
    cli.write("own.safetensors", safetensors(&known_decoder(), &json!({ "activation": "tanh" })));
    cli
}

/// z before the rotation.
fn original([a, b]: [f64; 2]) -> [f64; 2] {
    let (sin, cos) = 30_f64.to_radians().sin_cos();
    [cos * a + sin * b, -sin * a + cos * b]
}

fn decoded(z: [f64; 2]) -> [f64; 3] {
    let [a, b] = original(z);
    let (p, q) = (2.0 / 3.0 * (0.5 * a).tanh(), (0.4 * b).tanh() / 3.0);
    [2.0 * p - 2.0 * q, 2.0 * p + q, p + 2.0 * q]
}

fn numbers(csv: &str) -> Vec<Vec<f64>> {
    csv.lines().skip(1).map(|line| line.split(',').map(|x| x.parse().unwrap()).collect()).collect()
}

#[test]
fn a_decoder_is_evaluated_at_one_latent() {
    let cli = with_known_decoder();
    let at = "export --model own.safetensors --at 0.3,-0.7";
    cli.succeed(&format!("{at} --what decodings --out x.csv"));
    let x = decoded([0.3, -0.7]);
    assert!(numbers(&cli.read("x.csv"))[0].iter().zip(x).all(|(found, x)| (found - x).abs() < 1e-6));
    cli.succeed(&format!("{at} --what jacobians --out j.csv"));
    let h = 1e-5;
    for (r, row) in numbers(&cli.read("j.csv")).iter().enumerate() {
        let slope = |dz: [f64; 2]| {
            let [high, low] = [h, -h].map(|h| decoded([0.3 + h * dz[0], -0.7 + h * dz[1]])[r]);
            (high - low) / (2.0 * h)
        };
        assert!((row[1] - slope([1.0, 0.0])).abs() < 1e-6 && (row[2] - slope([0.0, 1.0])).abs() < 1e-6, "{row:?}");
    }
    cli.succeed(&format!("{at} --what jacobians --out j.npy"));
    assert_eq!(shape(&cli.path("j.npy")), [3, 2]);
    cli.succeed(&format!("{at} --what densities --out d.csv"));
    cli.succeed("export --model own.safetensors --what jacobians --out all.npy");
    assert_eq!(shape(&cli.path("all.npy")), [2000, 3, 2]);
    let told = cli.fail(2, "export --model own.safetensors --what latents --out l.csv");
    assert!(told.contains("the model has no encoder"), "{told}");
    // The same of a run folder. Arguments of a shell may have spaces.
    cli.succeed(SHORT);
    let spaced = Command::new(env!("CARGO_BIN_EXE_unpick"))
        .args(["export", "run", "--what", "decodings", "--at", "0.3, -0.7", "--out", "spaced.csv"])
        .current_dir(cli.0.path())
        .status();
    assert!(spaced.unwrap().success());
    cli.succeed("export run --what jacobians --at 0.1,0.2 --out run.npy");
    assert_eq!(shape(&cli.path("run.npy")), [3, 2]);
    assert!(cli.fail(2, "export run --what latents --at 0,0 --out l.npy").contains("--at is for one latent"));
}

#[test]
fn a_sigmoid_behind_the_decoder_is_a_bernoulli_likelihood() {
    let cli = with_known_decoder();
    cli.write(
        "sigmoid.safetensors",
        safetensors(&known_decoder(), &json!({"activation": "tanh", "output": "sigmoid"})),
    );
    cli.write(
        "softmax.safetensors",
        safetensors(&known_decoder(), &json!({"activation": "tanh", "output": "softmax"})),
    );
    cli.write("gelu.safetensors", safetensors(&known_decoder(), &json!({ "activation": "gelu" })));
    let expected = decoded([0.3, -0.7]).map(|eta| 1.0 / (1.0 + (-eta).exp()));
    for model in ["sigmoid.safetensors", "own.safetensors --likelihood bernoulli"] {
        cli.succeed(&format!("export --model {model} --at 0.3,-0.7 --what decodings --out x.csv --force"));
        let found = &numbers(&cli.read("x.csv"))[0];
        assert!(found.iter().zip(expected).all(|(found, x)| (found - x).abs() < 1e-6), "{found:?}");
        let read = |options: &str| cli.succeed(&format!("metrics --model {model} {options} --json"));
        let found: Value = serde_json::from_str(&read("--beta 1")).unwrap();
        assert!(found["beta_gap"].is_number(), "{found:#}");
    }
    let told = cli.fail(2, "metrics --model softmax.safetensors");
    assert!(
        told.starts_with("the output 'softmax' is not supported") && told.ends_with("softmax.safetensors"),
        "{told}"
    );
    let told = cli.fail(2, "metrics --model gelu.safetensors");
    assert!(told.starts_with("the activation 'gelu' is not supported; train with tanh, relu"), "{told}");
    let told = cli.fail(2, "metrics --model own.safetensors --beta 1");
    assert!(told.starts_with("β says nothing without σ²; set both"), "{told}");
    // A run says it in its weights.
    let bits: String = (0..40).map(|i| format!("{},{}.0,{}\n", i % 2, i / 3 % 2, i / 7 % 2)).collect();
    cli.write("bits.csv", format!("a,b,c\n{bits}"));
    let options = "--likelihood bernoulli --scale none --columns 1-3 --hidden 4 --batch 8 --steps 20";
    cli.succeed(&format!("train --data bits.csv {options} --out bits"));
    for (source, out) in [("bits", "run.csv"), ("--model bits/model.safetensors", "file.csv")] {
        cli.succeed(&format!("export {source} --what decodings --at 0.5,1 --out {out}"));
    }
    let [run, file] = ["run.csv", "file.csv"].map(|name| numbers(&cli.read(name)).concat());
    assert!(run == file && run.iter().all(|x| (0.0..=1.0).contains(x)), "{run:?} {file:?}");
}

#[test]
fn metrics_of_a_decoder_say_what_is_undefined() {
    let cli = with_known_decoder();
    let found: Value = serde_json::from_str(&cli.succeed("metrics --model own.safetensors --json")).unwrap();
    assert_eq!(found["data"], "samples of the model itself, x = d(z) with z ~ N(0, I)");
    assert!(found["ima_contrast"].as_f64().unwrap() > 0.01 && found["dto"].as_f64().unwrap() > 0.2);
    for name in ["elbo", "reconstruction", "kl", "kl_per_dim", "active", "mcc", "posterior_error", "elbo_training"] {
        assert!(found[name].is_null() && found["undefined"][name] == "the model has no encoder", "{name}: {found:#}");
    }
    for name in ["beta", "sigma2", "beta_gap"] {
        assert!(found[name].is_null());
        assert_eq!(found["undefined"][name], "the file of the model does not say β and σ²; set them");
    }
    let known = cli.succeed("metrics --model own.safetensors --beta 1 --sigma2 0.02 --json");
    assert!(serde_json::from_str::<Value>(&known).unwrap()["beta_gap"].as_f64().unwrap() > 0.01);
    let text = cli.succeed("metrics --model own.safetensors");
    assert!(text.contains("elbo                   – (the model has no encoder)"), "{text}");
}

#[test]
fn a_run_folder_opens_as_a_model_with_its_encoder() {
    let cli = Harness::new();
    cli.succeed(SHORT);
    let read = |arguments: &str| serde_json::from_str::<Value>(&cli.succeed(arguments)).unwrap();
    let model = read("metrics --model run/model.safetensors --json");
    // The file says its activation, but neither β nor σ².
    assert!(model["kl"].is_number() && model["mcc"].is_number() && model["elbo"].is_null());
    assert_eq!(model["undefined"]["elbo"], "the file of the model does not say β and σ²; set them");
    assert!(read("metrics --model run/model.safetensors --beta 1 --sigma2 0.02 --json")["elbo"].is_number());
}

#[test]
fn singular_vector_curves_recover_the_seams_of_a_rotated_decoder() {
    let cli = with_known_decoder();
    cli.succeed("render --model own.safetensors --view data --at 0.4,-0.5 --out data.csv");
    let text = cli.read("data.csv");
    let mut angles = Vec::new();
    // The seams of this decoder are straight, along u₁ and u₂.
    let tangents = [[2.0 / 3.0, 2.0 / 3.0, 1.0 / 3.0], [-2.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0]];
    for part in ["singular curve 1", "singular curve 2", "curve 1", "curve 2"] {
        let rows: Vec<Vec<f64>> = text
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{part},")))
            .map(|line| line.split(',').map(|x| x.parse().unwrap()).collect())
            .collect();
        assert!(rows.len() > 50, "{part} has {} points", rows.len());
        let worst = |i: usize| {
            let angle = |pair: &[Vec<f64>]| {
                let step: Vec<f64> = pair[1][2..5].iter().zip(&pair[0][2..5]).map(|(b, a)| b - a).collect();
                let length = step.iter().map(|x| x * x).sum::<f64>().sqrt();
                let along: f64 = step.iter().zip(tangents[i]).map(|(a, b)| a * b).sum();
                (along.abs() / length).min(1.0).acos().to_degrees()
            };
            rows.windows(2).map(angle).fold(0.0, f64::max)
        };
        let (first, second) = (worst(0), worst(1));
        angles.push(first.min(second));
    }
    assert!(angles[0] < 2.0 && angles[1] < 2.0, "{angles:?}");
    assert!(angles[2] > 10.0 && angles[3] > 10.0, "axis-parallel curves are no seams: {angles:?}");
}

#[test]
fn every_view_draws_a_decoder_or_says_why_not() {
    let cli = with_known_decoder();
    for view in ["data", "latent", "densities", "joint", "jacobian", "metrics"] {
        cli.succeed(&format!("render --model own.safetensors --view {view} --out {view}.svg"));
    }
    assert!(cli.read("latent.svg").contains("v₁"), "the axes of this model are no singular vectors");
    for (view, words) in [
        ("factors", "the model has no encoder"),
        ("posterior", "the model has no encoder"),
        ("training", "is shown, not trained"),
        ("rotate", "does not say β and σ²"),
    ] {
        for ending in ["svg", "csv"] {
            let told = cli.fail(2, &format!("render --model own.safetensors --view {view} --out {view}.{ending}"));
            assert!(told.contains(words), "{told}");
        }
    }
    // A figure carries the model, and is drawn again from itself.
    cli.succeed("render latent.svg --view latent --out again.svg");
    let picture = |svg: &str| svg.split("<t:text").next().unwrap_or_default().len();
    assert!(picture(&cli.read("again.svg")) > 0);
    cli.succeed("render --model own.safetensors --beta 1 --sigma2 0.02 --view rotate --out r.csv");
    assert!(cli.fail(2, "train --session latent.svg --out t").contains("is shown, not trained"));
}

#[test]
fn a_file_that_is_no_decoder_gets_one_sentence() {
    let cli = with_known_decoder();
    let whole = safetensors(&known_decoder(), &json!({ "activation": "tanh" }));
    cli.write("silent.safetensors", safetensors(&known_decoder(), &json!({})));
    cli.write("short.safetensors", &whole[..whole.len() - 5]);
    cli.write("text.safetensors", "not a model");
    let mut without_weight = known_decoder();
    without_weight.remove(2);
    cli.write("part.safetensors", safetensors(&without_weight, &json!({ "activation": "tanh" })));
    for (arguments, words) in [
        ("--model silent.safetensors", "the file does not say its activation; give it with --activation (tanh, relu"),
        ("--model short.safetensors", "this is not a whole safetensors file"),
        ("--model text.safetensors", "this is not a whole safetensors file"),
        ("--model part.safetensors", "tensor 'decoder.2.weight' is missing beside decoder.2.bias [3]"),
        ("--model none.safetensors", "cannot read the model"),
        ("--model own.safetensors --image 2x2", "an image of 2 × 2 has not the 3 numbers"),
        ("--model own.safetensors --beta 1", "--sigma2"),
        ("--model own.safetensors --beta -1 --sigma2 1", "beta = -1 is not between"),
        ("own --model own.safetensors", "give either a run folder or --model FILE"),
        ("", "give either a run folder or --model FILE"),
        ("run --activation relu", "--model"),
    ] {
        let told = cli.fail(2, &format!("metrics {arguments}"));
        assert!(told.contains(words), "{arguments}: {told}");
    }
    cli.succeed("metrics --model silent.safetensors --activation tanh");
    // Every bit of the header and some of the rest.
    for place in 0..whole.len().min(120) {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        cli.write("damaged.safetensors", &damaged);
        let output = cli.run("metrics --model damaged.safetensors");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() || (output.status.code() == Some(2) && error.lines().count() == 1), "{error}");
    }
}

#[test]
fn the_example_writes_the_same_file() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_numpy =
        Command::new(&python).args(["-c", "import numpy"]).output().is_ok_and(|found| found.status.success());
    if !has_numpy {
        println!("skipped: {python} has no NumPy");
        return;
    }
    let cli = with_known_decoder();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/own_decoder.py");
    let path = cli.path("python.safetensors");
    assert!(Command::new(python).args([example, "--numpy"]).arg(&path).status().unwrap().success());
    assert_eq!(fs::read(path).unwrap(), fs::read(cli.path("own.safetensors")).unwrap());
}
