//! `unpick beta`: the β and σ² that the loss of another program means here.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::error::CliError;
use super::idle_options::{OptionUse, refuse_idle};
use super::import_args::ImportArgs;
use super::output::print_notes;
use crate::experiment::{DataVariances, LossOnData};
use crate::launch::{RunSource, launch};
use crate::vae::{EquivalentObjective, KlWeight, LossConvention, OverDimensions, ReconstructionLoss};

/// Arguments of `beta`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Beta {
    /// Say what b means for this file, as --data does; or for a scene file, a session, a figure, or a run folder
    #[arg(value_name = "FILE", conflicts_with_all = ["data", "scene"])]
    file: Option<PathBuf>,
    /// Choose the reconstruction term: the squared error, half of it by σ², or cross entropy; its sum over the dimensions of an
    /// observation, or its mean
    #[arg(long, value_enum, default_value_t = LossName::MseSum)]
    loss: LossName,
    /// Set the coefficient of the KL, which is summed over the latents [default: 1]
    #[arg(long, value_name = "C", conflicts_with_all = ["normalised", "kld_weight"])]
    kl: Option<f64>,
    /// Set Higgins' normalised weight β m/n instead; needs --latents
    #[arg(long = "beta-norm", value_name = "B", conflicts_with = "kld_weight")]
    normalised: Option<f64>,
    /// Set the kld_weight of PyTorch-VAE instead: --loss mse-mean with this coefficient
    #[arg(long, value_name = "W", conflicts_with = "loss")]
    kld_weight: Option<f64>,
    /// Set σ² of the half squared error [default: 1]
    #[arg(long)]
    sigma2: Option<f64>,
    /// Set the dimension of an observation, as 784 or 64x64x3 [default: that of the data]
    #[arg(long, value_name = "N|HxW|HxWxC", value_parser = parse_dimension)]
    n: Option<usize>,
    /// Set the number of latents [default: that of the scene, 2 for your data]
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u16).range(1..=64))]
    latents: Option<u16>,
    /// Say what b means for your data, in the units of your program: text with one row per sample (CSV, TSV, white space), an array
    /// (NPY, NPZ, IDX; also .gz), or a folder of PNG or JPEG pictures
    #[arg(long, value_name = "FILE", conflicts_with = "scene")]
    data: Option<PathBuf>,
    #[command(flatten)]
    import: ImportArgs,
    /// Draw and shuffle the rows from this seed [default: 0, or from the session]
    #[arg(long)]
    seed: Option<u64>,
    /// Say what b means for the data of a scene
    #[arg(long, value_name = "NAME")]
    scene: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A reconstruction term by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LossName {
    MseSum,
    MseMean,
    HalfMseSum,
    HalfMseMean,
    BceSum,
    BceMean,
}

fn parse_dimension(text: &str) -> Result<usize, String> {
    let sides: Option<Vec<usize>> = text.split('x').map(|side| side.trim().parse().ok()).collect();
    let n = sides.and_then(|sides| sides.into_iter().try_fold(1_usize, usize::checked_mul));
    n.filter(|n| (1..=100_000_000).contains(n)).ok_or_else(|| "give a number as 784, or sides as 64x64x3".to_owned())
}

impl Beta {
    /// The table, or JSON.
    pub(super) fn run(&self) -> Result<String, CliError> {
        let source = match (&self.file, &self.data, &self.scene) {
            (Some(path), ..) => match RunSource::of_file(path) {
                RunSource::Data { path, .. } => Some(self.import.source(&path)),
                other => Some(other),
            },
            (_, Some(path), _) => Some(self.import.source(path)),
            (.., Some(scene)) => Some(RunSource::Scene(scene.clone())),
            _ => None,
        };
        if let Some(option) = self.import.first_given().filter(|_| !matches!(source, Some(RunSource::Data { .. }))) {
            return Err(CliError::Input(format!("{option} is for your data: give their file with --data")));
        }
        let data = "data (FILE, --data or --scene)";
        refuse_idle(&[
            OptionUse::new("--seed", self.seed.is_some(), source.is_some(), data),
            // Only β m/n asks for m without data.
            OptionUse::new(
                "--latents",
                self.latents.is_some(),
                source.is_some() || self.normalised.is_some(),
                "data, or for --beta-norm",
            ),
        ])?;
        let prepared = source.map(|source| launch(&source, self.seed)).transpose()?;
        print_notes(prepared.iter().flat_map(|run| &run.notes));
        let data = prepared.as_ref().map(|run| DataVariances::of(&run.data));
        let n = match (self.n, &data) {
            (Some(n), Some(data)) if n != data.dim => {
                let sentence = format!("--n is {n}, but an observation of these data has {} numbers", data.dim);
                return Err(CliError::Input(sentence));
            }
            (Some(n), _) => n,
            (None, Some(data)) => data.dim,
            (None, None) => {
                return Err(CliError::Input("give --n, or data as FILE or with --data or --scene".to_owned()));
            }
        };
        let m = self.latents.map(usize::from).or(prepared.as_ref().map(|run| run.config.architecture.latent_dim));
        let loss = self.loss(m)?;
        let objective = loss.equivalent(n).map_err(|e| CliError::Input(e.to_string()))?;
        let m = m.unwrap_or(2);
        let found = data.as_ref().map(|data| data.at(&objective, m)).transpose();
        let found = found.map_err(|reason| CliError::Input(reason.to_owned()))?;
        let name = prepared.as_ref().map_or("", |run| run.config.origin.name());
        if self.json {
            return Ok(format!("{:#}\n", to_json(n, m, &objective, data.as_ref(), found.as_ref())));
        }
        Ok(table(n, m, &objective, data.as_ref().zip(found.as_ref()).map(|(data, found)| (name, data, found))))
    }

    fn loss(&self, latents: Option<usize>) -> Result<LossConvention, CliError> {
        if let Some(weight) = self.kld_weight {
            return Ok(LossConvention::pytorch_vae(weight));
        }
        let half = ReconstructionLoss::HalfSquaredError { sigma2: self.sigma2.unwrap_or(1.0) };
        let (reconstruction, over) = match self.loss {
            LossName::MseSum => (ReconstructionLoss::SquaredError, OverDimensions::Sum),
            LossName::MseMean => (ReconstructionLoss::SquaredError, OverDimensions::Mean),
            LossName::HalfMseSum => (half, OverDimensions::Sum),
            LossName::HalfMseMean => (half, OverDimensions::Mean),
            LossName::BceSum => (ReconstructionLoss::CrossEntropy, OverDimensions::Sum),
            LossName::BceMean => (ReconstructionLoss::CrossEntropy, OverDimensions::Mean),
        };
        if self.sigma2.is_some() && reconstruction != half {
            return Err(CliError::Input("--sigma2 belongs to half-mse-sum and half-mse-mean".to_owned()));
        }
        let weight = match (self.normalised, latents) {
            (Some(beta_norm), Some(latents)) => KlWeight::Normalised { beta_norm, latents },
            (Some(_), None) => return Err(CliError::Input("--beta-norm needs --latents".to_owned())),
            (None, _) => KlWeight::Coefficient(self.kl.unwrap_or(1.0)),
        };
        Ok(LossConvention { reconstruction, over, weight })
    }
}

/// The table.
fn table(
    n: usize,
    m: usize,
    objective: &EquivalentObjective,
    data: Option<(&str, &DataVariances, &LossOnData<'_>)>,
) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // A String takes everything.
        let _written = writeln!(text, "{name:<18} {value}");
    };
    line("n", &n.to_string());
    line("beta", &short(objective.beta));
    if let (Some(sigma2), Some(b)) = (objective.sigma2, objective.b()) {
        line("sigma2", &format!("{} in units of your data", short(sigma2)));
        line("b", &format!("{} = beta sigma2; the same optima as beta = 1 with sigma2 = {0}", short(b)));
    } else {
        line("sigma2", "– (a Bernoulli likelihood has none)");
        line("b", "– (beta alone counts)");
    }
    let Some((name, data, found)) = data else { return text };
    line("data", &format!("{name}, {} training observations", data.observations));
    match data.scale {
        Some(1.0) => {}
        None => line("here", "– (each column has its own scale; import with one)"),
        Some(scale) => {
            line("scale", &short(scale));
            if let (beta, Some(sigma2)) = data.settings(objective) {
                line("here", &format!("--beta {} --sigma2 {}, data divided by the scale", short(beta), short(sigma2)));
            }
        }
    }
    let all = found.variances.values.len();
    let more = if found.above == all && all < data.dim { "at least " } else { "" };
    line(
        "above",
        &format!("{more}{} principal directions have a variance above {}", found.above, short(found.threshold)),
    );
    let rows = (m + 2).min(all);
    let heading = if found.kl_per_dim.is_some() { "variance    /b       KL" } else { "variance    /beta" };
    line("direction", heading);
    for (i, lambda) in found.variances.values.iter().take(rows).enumerate() {
        let state = if *lambda <= found.threshold {
            "collapses".to_owned()
        } else if i >= m {
            format!("no latent left: m = {m}")
        } else {
            found.kl_per_dim.as_ref().map_or("active".to_owned(), |kl| format!("{:.3}", kl[i]))
        };
        let ratio = lambda / found.threshold;
        line(&(i + 1).to_string(), &format!("{:<11} {:<8} {state}", short(*lambda), short(ratio)));
    }
    match &found.kl_per_dim {
        Some(kl) => line(
            "KL expected",
            &format!("{:.3} nats with {m} latents: closed form for linear decoders", kl.iter().sum::<f64>()),
        ),
        None => line("KL expected", "– (a Bernoulli likelihood has no closed form)"),
    }
    text
}

/// Four significant digits.
fn short(x: f64) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        let digits = (3.0 - x.abs().max(1e-12).log10().floor()).clamp(0.0, 8.0) as usize;
        let text = format!("{x:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{x:.3e}")
    }
}

fn to_json(
    n: usize,
    m: usize,
    objective: &EquivalentObjective,
    data: Option<&DataVariances>,
    found: Option<&LossOnData<'_>>,
) -> Value {
    let mut json = json!({ "n": n, "beta": objective.beta, "sigma2": objective.sigma2, "b": objective.b() });
    if let (Some(data), Some(found)) = (data, found) {
        json["latents"] = json!(m);
        json["scale"] = json!(data.scale);
        json["sigma2_here"] = json!(data.settings(objective).1);
        json["observations"] = json!(data.observations);
        json["threshold"] = json!(found.threshold);
        json["principal_variances"] = json!(found.variances.values);
        json["total_variance"] = json!(found.variances.total);
        json["directions_above"] = json!(found.above);
        json["kl_per_dim_expected"] = json!(found.kl_per_dim);
        json["kl_expected"] = json!(found.kl_per_dim.as_ref().map(|kl| kl.iter().sum::<f64>()));
    }
    json
}
