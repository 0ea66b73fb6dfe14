//! The commands that need no picture: the same experiment without a screen.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::data::{Map, Scene, generate, own_dataset};
use crate::experiment::{Config, Experiment, InvalidSetting, Logged, Metrics, Origin};
use crate::io::{
    FileError, Recipe, SavedRun, Session, hash_of_weights, is_occupied, make_folder, metrics_json, open, open_session,
    parse_logged, read_table, read_text, save,
};
use crate::nn::Activation;
use crate::vae::{Covariance, DecoderKind};

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Something about the request is wrong: exit code 2.
    #[error("{0}")]
    Input(String),
    /// The request was fine, the run was not: exit code 1.
    #[error("{0}")]
    Run(String),
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<InvalidSetting> for CliError {
    fn from(error: InvalidSetting) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<&clap::Error> for CliError {
    /// What is wrong with the arguments as one line: the first paragraph of the message and the tips, without usage.
    fn from(error: &clap::Error) -> Self {
        let message = error.to_string();
        let line = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut paragraphs = message.trim_start_matches("error: ").split("\n\n").map(line);
        let sentence = paragraphs.next().unwrap_or_default();
        let tips = paragraphs.filter_map(|p| p.strip_prefix("tip: ").map(|tip| format!("; {tip}")));
        Self::Input(format!("{sentence}{} (--help shows what there is)", tips.collect::<String>()))
    }
}

impl CliError {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Run(_) => 1,
        }
    }
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the built-in scenes
    Scenes {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Train a model and save everything about the run
    Train(Box<Train>),
    /// Measure a saved model again, on its held-out data
    Metrics {
        /// The folder of a run
        dir: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the recorded commands again and compare the weights
    Replay {
        /// The folder of a run
        dir: PathBuf,
    },
    /// Print a run on a built-in scene as one line of text
    Recipe {
        /// The folder of a run, a session, or a figure
        path: PathBuf,
    },
}

/// Where the data come from: one of a scene, a file, a session.
#[derive(Args, Debug, Clone, Default)]
pub struct OriginArgs {
    /// A built-in scene, or a scene file
    #[arg(long, value_name = "NAME")]
    pub scene: Option<String>,
    /// Data of one's own: CSV, TSV or NPY, a row a sample
    #[arg(long, value_name = "FILE", conflicts_with = "scene")]
    pub data: Option<PathBuf>,
    /// A saved run, repeated from its seed: a session, or a figure that carries one (with --data, if that is too large
    /// to be in it)
    #[arg(long, value_name = "FILE", conflicts_with = "scene")]
    pub session: Option<PathBuf>,
    /// A run on a built-in scene as one line of text, as unpick:scene=cylinder;steps=5000
    #[arg(long, value_name = "LINE", conflicts_with_all = ["scene", "data", "session"])]
    pub recipe: Option<Recipe>,
}

/// Arguments of `train`.
#[derive(Args, Debug)]
#[command(allow_negative_numbers = true)]
pub struct Train {
    #[command(flatten)]
    origin: OriginArgs,
    /// Family of posteriors
    #[arg(long, value_name = "diagonal|full", value_parser = parse_covariance)]
    covariance: Option<Covariance>,
    /// Weight of the KL divergence
    #[arg(long)]
    beta: Option<f64>,
    /// Variance of p(x|z)
    #[arg(long)]
    sigma2: Option<f64>,
    /// Dimension of z
    #[arg(long, value_name = "M")]
    latent_dim: Option<usize>,
    /// Widths of the encoder's hidden layers, as 64,64; an empty list makes it linear
    #[arg(long, value_parser = parse_widths)]
    hidden: Option<Widths>,
    /// Non-linearity of the hidden layers
    #[arg(long, value_name = "tanh|relu|softplus|linear", value_parser = parse_activation)]
    activation: Option<Activation>,
    /// Family of decoders
    #[arg(long, value_name = "mlp|linear", value_parser = parse_decoder)]
    decoder: Option<DecoderKind>,
    /// Learning rate
    #[arg(long)]
    lr: Option<f64>,
    /// Observations in a minibatch
    #[arg(long)]
    batch: Option<usize>,
    /// Steps to make
    #[arg(long)]
    steps: Option<u64>,
    /// The one source of randomness
    #[arg(long)]
    seed: Option<u64>,
    /// Change a setting at a step, as 2000:beta=4; may be repeated
    #[arg(long = "at", value_name = "STEP:NAME=VALUE", value_parser = parse_logged)]
    at: Vec<Logged>,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write even if the folder holds something
    #[arg(long)]
    force: bool,
}

/// Widths of hidden layers.
#[derive(Clone, Debug)]
pub struct Widths(Vec<usize>);

fn parse_widths(text: &str) -> Result<Widths, String> {
    let widths = text.split(',').map(str::trim).filter(|w| !w.is_empty());
    let parsed: Result<Vec<usize>, _> = widths.map(str::parse).collect();
    parsed.map(Widths).map_err(|e| format!("'{text}' is not a list of whole numbers ({e})"))
}

fn parse_covariance(text: &str) -> Result<Covariance, String> {
    named(text, &Covariance::ALL, Covariance::name)
}

fn parse_activation(text: &str) -> Result<Activation, String> {
    named(text, &Activation::ALL, Activation::name)
}

fn parse_decoder(text: &str) -> Result<DecoderKind, String> {
    named(text, &DecoderKind::ALL, DecoderKind::name)
}

fn named<T: Copy>(text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    let names: Vec<_> = all.iter().map(|x| name(*x)).collect();
    all.iter().copied().find(|x| name(*x) == text).ok_or_else(|| format!("choose one of {}", names.join(", ")))
}

/// Does what the command says; results go to `out`.
///
/// # Errors
/// With the sentence to show and the exit code to end with.
pub fn run(command: Command, out: &mut impl std::io::Write) -> Result<(), CliError> {
    match command {
        Command::Scenes { json } => print(out, &scenes(json)),
        Command::Train(train) => print(out, &train.run()?),
        Command::Metrics { dir, json } => {
            let saved = open(&dir)?;
            let metrics = Metrics::measure(&saved.vae, &saved.settings, &saved.data, saved.config.seed);
            let value = metrics_json(&metrics, saved.steps, &saved.settings);
            print(out, &if json { format!("{value:#}\n") } else { table(&value) })
        }
        Command::Replay { dir } => print(out, &replay(&open(&dir)?)?),
        Command::Recipe { path } => print(out, &format!("{}\n", recipe(&path)?)),
    }
}

/// Writes to standard output; a reader that has gone away (`unpick scenes | head -1`) is no error.
///
/// # Errors
/// If the output cannot be written for another reason.
pub fn print(out: &mut impl std::io::Write, text: &str) -> Result<(), CliError> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::Input(format!("the result cannot be written to standard output ({e})")))
        }
        _ => Ok(()),
    }
}

fn scenes(json: bool) -> String {
    let row = |scene: &'static Scene| {
        let factors = scene.truth().map_or_else(|| vec!["cluster".to_owned()], Map::factor_names);
        (&scene.name, scene.generator.data_dim(), scene.training.latent_dim, factors, &scene.summary)
    };
    let rows: Vec<_> = Scene::built_in().iter().map(row).collect();
    if json {
        let list: Vec<_> = rows
            .iter()
            .map(|(name, n, m, factors, summary)| {
                serde_json::json!({ "name": name, "n": n, "m": m, "factors": factors, "summary": summary })
            })
            .collect();
        return format!("{:#}\n", Value::from(list));
    }
    let line = |name: &str, n: &str, m: &str, factors: &str, summary: &str| {
        format!("{name:<15} {n:>2} {m:>2}  {factors:<28} {summary}\n")
    };
    let header = line("scene", "n", "m", "factors", "what it shows");
    let rows = rows
        .iter()
        .map(|(name, n, m, factors, summary)| line(name, &n.to_string(), &m.to_string(), &factors.join(", "), summary));
    std::iter::once(header).chain(rows).collect()
}

/// The run that the origin arguments describe, at its defaults, with its data; `scene` is meant where they say nothing.
///
/// # Errors
/// If there is no such scene, or a file cannot be used.
pub fn start(origin: &OriginArgs, scene: &str, seed: Option<u64>) -> Result<Start, CliError> {
    if let Some(path) = &origin.session {
        return start_session(path, origin.data.as_deref(), seed);
    }
    if let Some(recipe) = &origin.recipe {
        return start_recipe(recipe, seed);
    }
    let seed = seed.unwrap_or(0);
    if let Some(path) = &origin.data {
        let file = read_table(path)?;
        let data = own_dataset(&file.table, seed).map_err(|e| FileError::new(e).at(path))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let origin = Origin::File { name, sha256: file.sha256 };
        let config = Config::new(origin, seed, data.train.samples());
        return Ok(Start::new(config, Arc::new(data), 6000));
    }
    let scene = find_scene(origin.scene.as_deref().unwrap_or(scene))?;
    let (steps, samples) = (scene.training.steps, scene.generator.samples);
    let data = Arc::new(generate(&scene, seed));
    let config = Config::new(Origin::Scene(Box::new(scene)), seed, samples);
    Ok(Start::new(config, data, steps))
}

/// A run that has not begun.
#[derive(Clone, Debug)]
pub struct Start {
    /// What it starts from.
    pub config: Config,
    /// Its data.
    pub data: Arc<crate::data::Dataset>,
    /// What is to be changed on the way.
    pub log: Vec<Logged>,
    /// Steps to make unless one says otherwise.
    pub steps: u64,
    /// The hash of the weights that it had after them, if it was saved.
    pub weights: Option<String>,
    /// What was looked at, as the window keeps it in a session.
    pub view: Value,
}

impl Start {
    fn new(config: Config, data: Arc<crate::data::Dataset>, steps: u64) -> Self {
        Self { config, data, log: Vec::new(), steps, weights: None, view: Value::Null }
    }
}

/// A saved run from its beginning; with another seed, everything random in it is drawn anew.
fn start_session(path: &Path, table: Option<&Path>, seed: Option<u64>) -> Result<Start, CliError> {
    let session = open_session(path)?;
    let data = match table {
        Some(table) => Arc::new(data_of_session(&session, table)?),
        // The folder of a run has its data, however large.
        None => match session.data() {
            Err(missing) => {
                let folder = open(path.parent().unwrap_or(Path::new("."))).ok();
                let same = folder.filter(|saved| saved.config == session.config);
                Arc::new(same.ok_or_else(|| missing.at(path))?.data)
            }
            Ok(data) => data,
        },
    };
    let Session { mut config, log, steps, weights, view, .. } = session;
    let Some(seed) = seed.filter(|seed| *seed != config.seed) else {
        return Ok(Start { config, data, log, steps, weights, view });
    };
    config.seed = seed;
    let data = config.origin.scene().map_or(data, |scene| Arc::new(generate(scene, seed)));
    Ok(Start { log, view, ..Start::new(config, data, steps) })
}

/// The data of a session from the file that they were read from.
fn data_of_session(session: &Session, path: &Path) -> Result<crate::data::Dataset, CliError> {
    let file = read_table(path)?;
    match &session.config.origin {
        Origin::File { sha256, .. } if *sha256 == file.sha256 => {
            Ok(own_dataset(&file.table, session.config.seed).map_err(|e| FileError::new(e).at(path))?)
        }
        _ => Err(CliError::Input(format!("the session was not trained on this file: {}", path.display()))),
    }
}

fn start_recipe(recipe: &Recipe, seed: Option<u64>) -> Result<Start, CliError> {
    let mut config = recipe.config().clone();
    config.seed = seed.unwrap_or(config.seed);
    let data = Arc::new(generate(&find_scene(config.origin.name())?, config.seed));
    let view = match recipe.z() {
        [] => Value::Null,
        z => serde_json::json!({ "selection": { "z": z } }),
    };
    let log = recipe.log().to_vec();
    Ok(Start { log, view, ..Start::new(config, data, recipe.steps()) })
}

/// The line for a saved run: a folder, a session or a figure.
fn recipe(path: &Path) -> Result<Recipe, CliError> {
    let of = |session: &Session| {
        let z: Vec<f64> = serde_json::from_value(session.view["selection"]["z"].clone()).unwrap_or_default();
        Recipe::new(&session.config, &session.log, session.steps, &z)
    };
    let recipe = match open(path) {
        Ok(saved) => Recipe::new(&saved.config, &saved.log, saved.steps, &[]),
        Err(_) => of(&open_session(path)?),
    };
    Ok(recipe.map_err(|e| e.at(path))?)
}

/// The built-in scene of that name, or the one in the file of that path.
fn find_scene(name: &str) -> Result<Scene, CliError> {
    if let Some(scene) = Scene::named(name) {
        return Ok(scene.clone());
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|e| e == "toml") {
        let text = read_text(path, "the scene")?;
        return Ok(Scene::parse(&text).map_err(|e| FileError::new(e).at(path))?);
    }
    let names: Vec<_> = Scene::built_in().iter().map(|s| s.name.as_str()).collect();
    Err(CliError::Input(format!(
        "there is no scene '{name}'; choose one of {}, or give a .toml file",
        names.join(", ")
    )))
}

impl Train {
    fn run(self) -> Result<String, CliError> {
        if !self.force && is_occupied(&self.out) {
            let out = self.out.display();
            return Err(CliError::Input(format!(
                "the folder holds something already; add --force to overwrite: {out}"
            )));
        }
        let Start { mut config, data, mut log, steps, weights, .. } = start(&self.origin, "linear", self.seed)?;
        let told = (config.clone(), self.at.len(), steps);
        self.change(&mut config);
        log.extend(&self.at);
        log.sort_by_key(|l| l.step);
        let steps = self.steps.unwrap_or(steps);
        if let Some(late) = log.iter().find(|l| l.step > steps) {
            return Err(CliError::Input(format!(
                "--at {}:{} comes after the last step {steps}",
                late.step, late.command
            )));
        }
        let mut run = Experiment::new(config, data)?;
        run.config().settings_after(&log, run.data().train.samples())?;
        // Not after hours of training: a place that cannot be written to is told now.
        make_folder(&self.out)?;
        let outcome = advance(&mut run, &log, steps, progress)?;
        let state = run.state();
        let metrics = Metrics::measure(&state.vae, &state.settings, run.data(), run.config().seed);
        save(&self.out, &run, &metrics)?;
        if let Some(divergence) = outcome {
            let out = self.out.display();
            return Err(CliError::Run(format!("{divergence}; what was sound is saved in {out}")));
        }
        let value = metrics_json(&metrics, state.step, &state.settings);
        let repeated = told == (run.config().as_ref().clone(), 0, state.step);
        let comparison = match weights.filter(|_| repeated) {
            Some(hash) if hash == hash_of_weights(&state.vae) => {
                "the weights are those of the session to the last bit\n"
            }
            Some(_) => {
                "the weights are not those of the session to the last bit: another machine or version of this program\n"
            }
            None => "",
        };
        Ok(format!("{}\n{comparison}saved in {}\n", table(&value).trim_end(), self.out.display()))
    }

    /// Puts what the arguments say in the place of the defaults.
    fn change(&self, config: &mut Config) {
        fn set<T: Clone>(place: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        set(&mut config.architecture.latent_dim, self.latent_dim.as_ref());
        set(&mut config.architecture.hidden, self.hidden.as_ref().map(|w| &w.0));
        set(&mut config.architecture.activation, self.activation.as_ref());
        set(&mut config.architecture.decoder, self.decoder.as_ref());
        set(&mut config.objective.covariance, self.covariance.as_ref());
        set(&mut config.objective.beta, self.beta.as_ref());
        set(&mut config.objective.sigma2, self.sigma2.as_ref());
        set(&mut config.optimizer.lr, self.lr.as_ref());
        set(&mut config.optimizer.batch, self.batch.as_ref());
    }
}

/// Makes the steps up to `steps`, with the commands of `log` (in the order of their steps) in their places. Gives the
/// sentence about a divergence, if there was one.
fn advance(
    run: &mut Experiment,
    log: &[Logged],
    steps: u64,
    mut progress: impl FnMut(&Experiment, u64),
) -> Result<Option<String>, CliError> {
    let mut commands = log.iter().peekable();
    loop {
        while let Some(due) = commands.next_if(|l| l.step == run.state().step) {
            run.apply(due.command).map_err(|e| CliError::Input(format!("at step {}: {e}", due.step)))?;
        }
        if run.state().step >= steps {
            return Ok(run.verify().err().map(|divergence| divergence.to_string()));
        }
        if let Err(divergence) = run.step() {
            return Ok(Some(divergence.to_string()));
        }
        progress(run, steps);
    }
}

/// How far a run has come, on standard error.
fn progress(run: &Experiment, steps: u64) {
    let elbo = || run.history().rows().last().map_or(String::new(), |row| format!("ELBO {:.3}", row.elbo));
    bar(run.state().step, steps, elbo);
}

/// A bar on standard error, if that is a terminal.
pub fn bar(done: u64, of: u64, note: impl FnOnce() -> String) {
    const WIDTH: u64 = 30;
    let every = (of / 200).max(1);
    if !(done.is_multiple_of(every) || done == of) || !std::io::stderr().is_terminal() {
        return;
    }
    let filled = (WIDTH * done / of.max(1)) as usize;
    let end = if done == of { "\n" } else { "" };
    let rest = WIDTH as usize - filled;
    let bar = format!("\r{:━<filled$}{:·<rest$} {done}/{of} {}  {end}", "", "", note());
    // A terminal that takes no bar is no reason to stop.
    drop(std::io::stderr().write_all(bar.as_bytes()));
}

/// Runs a saved run again from its seed.
fn replay(saved: &SavedRun) -> Result<String, CliError> {
    let mut run = Experiment::new(saved.config.clone(), Arc::new(saved.data.clone()))?;
    if let Some(divergence) = advance(&mut run, &saved.log, saved.steps, progress)? {
        return Err(CliError::Run(format!("the replay diverged: {divergence}")));
    }
    let pairs = run.state().vae.parameters.iter().zip(&saved.vae.parameters);
    let different = pairs.clone().filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    let count = saved.vae.parameters.len();
    if different == 0 {
        return Ok(format!("identical: all {count} weights agree to the last bit after {} steps\n", saved.steps));
    }
    let largest = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    Err(CliError::Run(format!(
        "different: {different} of {count} weights differ after {} steps, by at most {largest:e}; the saved model was \
         changed, or it was trained by another version or on a machine with other arithmetic",
        saved.steps
    )))
}

/// Metrics as lines that a person reads.
fn table(metrics: &Value) -> String {
    let Some(object) = metrics.as_object() else { return String::new() };
    let line = |(name, value): (&String, &Value)| match value {
        Value::Null => {
            let reason = metrics["undefined"][name].as_str().unwrap_or("not defined");
            format!("{name:<20} – ({reason})\n")
        }
        Value::Object(_) if name == "undefined" => String::new(),
        Value::Object(part) => {
            part.iter().map(|(inner, value)| format!("{:<20} {}\n", format!("{name}.{inner}"), shown(value))).collect()
        }
        value => format!("{name:<20} {}\n", shown(value)),
    };
    object.iter().map(line).collect()
}

/// A value with four decimals where it has any.
fn shown(value: &Value) -> String {
    match value {
        Value::Number(x) if !x.is_u64() => x.as_f64().map_or_else(|| x.to_string(), |x| format!("{x:.4}")),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(" "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
