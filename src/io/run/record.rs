//! Records: what determines a run, as in `config.toml` and in sessions.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use crate::data::{
    CentreAndScale, Dataset, Generator, ImportOptions, Label, ObservationKind, Scale, Scene, SceneCamera,
    TrainingDefaults,
};
use crate::experiment::{Command, Config, LoggedCommand, OpenedModel, Optimizer, Origin};
use crate::io::file_error::FileError;
use crate::io::format::state_dict::{EncoderScale, StateDict};
use crate::io::format::weights::to_safetensors;
use crate::nn::OptimizerKind;
use crate::sentence::quoted;
use crate::vae::{Architecture, Objective};

/// The version of the format.
pub(super) const SCHEMA: u32 = 1;

/// That of a `config.toml` with the hashes of the other files of its folder.
const SCHEMA_WITH_PARTS: u32 = 2;

/// The record of a run from its seed to its last step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Version of the format.
    pub schema: u32,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// The seed of all randomness.
    pub seed: u64,
    /// Number of steps.
    pub steps: u64,
    /// Commands during the run, each as `STEP:name=value`.
    #[serde(default)]
    pub commands: Vec<String>,
    /// σ² after the last step, where it is learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sigma2: Option<f64>,
    /// SHA-256 of the other files of a run folder, by name: the parts of one run. Only in `config.toml`, where schema 2 says that all of
    /// them are there, above the tables that it cannot
    /// do without, so that a file that was cut short does not pass for an older one without them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, String>,
    /// What the run was to do, if it was interrupted. Only in `config.toml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<InterruptedRecord>,
    /// The scene, for generated data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene: Option<SceneRecord>,
    /// The file, for your data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<DataRecord>,
    /// The file of a model that is shown and not trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<OpenedModelRecord>,
    /// Model and objective at step 0.
    pub model: ModelRecord,
    /// Optimiser at step 0.
    pub optimizer: OptimizerRecord,
}

/// The plan of an interrupted run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InterruptedRecord {
    /// Its planned steps.
    pub planned: u64,
    /// It ends earlier if it settles.
    pub until_settled: bool,
}

/// A scene with all parameters of its generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneRecord {
    /// Name of the scene.
    pub name: String,
    /// Generator of its observations.
    pub parameters: Generator,
}

/// A data file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataRecord {
    /// Name, without folders.
    pub file: String,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// What was chosen for the import [default: every column is a dimension, one scale, all rows, a fifth held out].
    #[serde(default, skip_serializing_if = "is_default_import")]
    pub import: Box<ImportOptions>,
    /// How the file became the data of the run. Only in run folders; a session has it beside its table.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub preparation: Option<PreparationRecord>,
}

/// A model from a file, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedModelRecord {
    /// Name of the file, without folders.
    pub file: String,
    /// SHA-256 of that file, in hexadecimal digits.
    pub sha256: String,
    /// Height and width, if its decodings are images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<(usize, usize)>,
    /// The model as safetensors in base 64, with the names of run folders; empty in sessions that it was too large for.
    pub safetensors: String,
}

impl OpenedModelRecord {
    fn new(model: &OpenedModel) -> Self {
        // A model that was read can be written; a damaged record is refused where it is read.
        let bytes = to_safetensors(&model.vae, "{}").unwrap_or_default();
        Self {
            file: model.name.clone(),
            sha256: model.sha256.clone(),
            image: model.image,
            safetensors: BASE64.encode(bytes),
        }
    }

    fn into_model(self, architecture: &Architecture) -> Result<OpenedModel, FileError> {
        if self.safetensors.is_empty() {
            let Self { file, sha256, .. } = &self;
            return Err(FileError::new(format_args!(
                "the model was too large for the session; open its file, which was called {file} (SHA-256 {sha256})"
            )));
        }
        let damaged = |e| FileError::new(format_args!("the model in the record is damaged ({e})"));
        let bytes = BASE64.decode(&self.safetensors).map_err(damaged)?;
        let (activation, likelihood) = (architecture.activation, architecture.likelihood);
        let read = StateDict::parse(&bytes)?.model(activation, likelihood, EncoderScale::default())?;
        if read.vae.architecture != *architecture {
            return Err(FileError::new("the model in the record has other layers than the record says"));
        }
        Ok(OpenedModel { name: self.file, sha256: self.sha256, vae: read.vae, image: self.image })
    }
}

/// x = (row of the file − centre) / scale, for rows shuffled by `split_seed`. Their numbers and labels are in `split.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreparationRecord {
    /// The seed that drew and shuffled the rows.
    pub split_seed: u64,
    /// One number for all columns, the root of the mean variance of the columns over the training rows; or one for each.
    pub scale: Scale,
    /// Height and width, if a row is an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<(usize, usize)>,
    /// Channels of a pixel [default: 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Names of the columns.
    pub names: Vec<String>,
    /// Means of the columns over the training rows.
    pub centre: Vec<f64>,
    /// Names of the factors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factor_names: Vec<String>,
    /// Labels and the names of their categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

impl PreparationRecord {
    /// The preparation of a dataset that was made of a table.
    pub fn of(data: &Dataset) -> Option<Self> {
        let CentreAndScale { centre, scale } = data.centre_and_scale.clone()?;
        let (image, channels) = recorded_kind(data.kind);
        Some(Self {
            split_seed: data.split_seed?,
            scale,
            image,
            channels,
            names: data.observation_names.clone(),
            centre,
            factor_names: data.factor_names.clone(),
            labels: data.labels.clone(),
        })
    }
}

/// Height and width of images, and their channels if there are several.
pub(super) fn recorded_kind(kind: ObservationKind) -> (Option<(usize, usize)>, Option<usize>) {
    match kind {
        ObservationKind::Images { height, width, channels } => {
            (Some((height, width)), (channels != 1).then_some(channels))
        }
        ObservationKind::Points => (None, None),
    }
}

/// The kind that was recorded, if it fits observations of `n` numbers.
pub(super) fn kind_of(image: Option<(usize, usize)>, channels: Option<usize>, n: usize) -> Option<ObservationKind> {
    let Some((height, width)) = image else { return Some(ObservationKind::Points) };
    let channels = channels.unwrap_or(1);
    let fits = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels)) == Some(n);
    (fits && matches!(channels, 1 | 3)).then_some(ObservationKind::Images { height, width, channels })
}

/// Architecture and objective in one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Shape of the networks.
    #[serde(flatten)]
    pub architecture: Architecture,
    /// Objective at step 0.
    #[serde(flatten)]
    pub objective: Objective,
}

/// Optimiser and threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerRecord {
    /// Optimiser at step 0 [default: adam].
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: OptimizerKind,
    /// Learning rate at step 0.
    pub lr: f64,
    /// Observations per minibatch at step 0.
    pub batch: usize,
    /// Threads per training step [default: 1].
    #[serde(default = "one")]
    pub threads: usize,
    /// Planned steps: the end of the first cycle of the learning rate [default: one cycle that ends at step 5,000].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<u64>,
}

fn one() -> usize {
    1
}

/// Defaults are left out, so that older versions read what they know.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_default(kind: &OptimizerKind) -> bool {
    *kind == OptimizerKind::default()
}

fn is_default_import(import: &ImportOptions) -> bool {
    import.is_default()
}

impl Record {
    /// The record of a run.
    pub fn new(config: &Config, log: &[LoggedCommand], steps: u64) -> Self {
        let (scene, data, opened) = match &config.origin {
            Origin::Scene(scene) => {
                // Explicit noise, even if the scene takes it from σ²: the record must not depend on the scene file.
                let mut parameters = scene.generator.clone();
                parameters.noise_variance = Some(scene.noise_variance());
                (Some(SceneRecord { name: scene.name.clone(), parameters }), None, None)
            }
            Origin::File { name, sha256, import } => {
                let (file, sha256, import) = (name.clone(), sha256.clone(), import.clone());
                (None, Some(DataRecord { file, sha256, import, preparation: None }), None)
            }
            Origin::Model(model) => (None, None, Some(OpenedModelRecord::new(model))),
        };
        Self {
            schema: SCHEMA,
            program: program(),
            seed: config.seed,
            steps,
            commands: log.iter().map(|l| format!("{}:{}", l.step, l.command)).collect(),
            sigma2: None,
            parts: BTreeMap::new(),
            interrupted: None,
            scene,
            data,
            opened,
            model: ModelRecord { architecture: config.architecture.clone(), objective: config.objective },
            optimizer: OptimizerRecord {
                kind: config.optimizer.kind,
                lr: config.optimizer.lr,
                batch: config.optimizer.batch,
                threads: config.threads,
                cycle: config.cycle,
            },
        }
    }

    /// Records the hashes of the other files of the run folder.
    pub(super) fn set_parts(&mut self, parts: BTreeMap<String, String>) {
        (self.schema, self.parts) = (SCHEMA_WITH_PARTS, parts);
    }

    /// True if the record has the hashes of all other files of its folder. Those of earlier versions have none.
    pub(super) fn has_parts(&self) -> bool {
        self.schema >= SCHEMA_WITH_PARTS
    }

    /// Records the seed that drew and shuffled the rows, where it is not that of the run.
    pub(super) fn keep_split_seed(&mut self, data: &Dataset) {
        let seed = data.split_seed.filter(|seed| *seed != self.seed);
        if let (Some(file), Some(seed)) = (&mut self.data, seed) {
            file.import.seed = Some(seed);
        }
    }

    /// The configuration and the commands of the run.
    ///
    /// # Errors
    /// If the record has another version, contradicts itself or has an invalid command.
    pub fn into_run(self) -> Result<(Config, Vec<LoggedCommand>), FileError> {
        check_schema(self.schema.into(), SCHEMA_WITH_PARTS)?;
        let objective = self.model.objective;
        let origin = match (self.scene, self.data, self.opened) {
            (Some(record), None, None) => Origin::Scene(Box::new(scene(record, &objective)?)),
            (None, Some(record), None) => {
                record.import.check().map_err(FileError::new)?;
                Origin::File { name: record.file, sha256: record.sha256, import: record.import }
            }
            (None, None, Some(record)) => Origin::Model(Box::new(record.into_model(&self.model.architecture)?)),
            _ => return Err(FileError::new("the record must name either a scene or a data file")),
        };
        let log = self.commands.iter().map(|text| parse_logged(text)).collect::<Result<Vec<_>, _>>()?;
        if log.windows(2).any(|w| w[0].step > w[1].step) {
            return Err(FileError::new("the commands of the record are not in the order of their steps"));
        }
        let architecture = self.model.architecture;
        let OptimizerRecord { kind, lr, batch, threads, cycle } = self.optimizer;
        let optimizer = Optimizer { kind, lr, batch };
        Ok((Config { origin, seed: self.seed, architecture, objective, optimizer, threads, cycle }, log))
    }

    /// The record as TOML.
    ///
    /// # Errors
    /// If a value cannot be TOML.
    pub fn to_toml(&self) -> Result<String, FileError> {
        toml::to_string(self).map_err(|e| FileError::new(format_args!("the configuration cannot be written ({e})")))
    }

    /// Reads a record from TOML.
    ///
    /// # Errors
    /// With the line of the first mistake.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        toml::from_str(text).map_err(|e| {
            let start = e.span().map_or(0, |span| span.start);
            let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            FileError::new(format_args!("line {line}: {}", e.message().replace('\n', "; ")))
        })
    }
}

/// Refuses records of a version after `newest`.
pub(super) fn check_schema(schema: u64, newest: u32) -> Result<(), FileError> {
    if (1..=u64::from(newest)).contains(&schema) {
        return Ok(());
    }
    let program = program();
    let sentence = format_args!("the record has schema {schema}, but this program ({program}) reads schema {newest}");
    Err(FileError::new(sentence))
}

/// The built-in scene of this name, changed if it has other parameters; otherwise a scene of these parameters alone.
fn scene(record: SceneRecord, objective: &Objective) -> Result<Scene, FileError> {
    let SceneRecord { name, parameters } = record;
    let custom = || Scene {
        schema: 1,
        title: name.clone(),
        summary: "A custom scene".to_owned(),
        look_for: String::new(),
        name: name.clone(),
        generator: parameters.clone(),
        training: TrainingDefaults { sigma2: objective.sigma2, ..TrainingDefaults::default() },
        camera: SceneCamera::default(),
    };
    let own = Scene::named(&name).cloned().unwrap_or_else(custom);
    let scene = Scene { generator: parameters, ..own }.titled();
    scene.check().map_err(|e| FileError::new(e.to_string()))?;
    Ok(scene)
}

/// Reads a command with its step, as `2000:beta=4`.
///
/// # Errors
/// If the step or the command is missing or invalid.
pub fn parse_logged(text: &str) -> Result<LoggedCommand, FileError> {
    let wrong = |why: &str| FileError::new(format_args!("{} is not of the form STEP:name=value: {why}", quoted(text)));
    let (step, command) = text.split_once(':').ok_or_else(|| wrong("there is no colon"))?;
    let step = step.trim().parse().map_err(|_not_a_number| wrong("the step is not a whole number"))?;
    let command: Command = command.parse().map_err(|e| wrong(&format!("{e}")))?;
    Ok(LoggedCommand { step, command })
}

/// Name and version of the program.
pub fn program() -> String {
    concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vae::{Covariance, Likelihood};

    fn run() -> (Config, Vec<LoggedCommand>) {
        let scene = Scene::named("cylinder").unwrap().clone();
        let mut config = Config::new(Origin::Scene(Box::new(scene)), u64::MAX >> 1, 20_000);
        config.threads = 3;
        let log = [(10, Command::Beta(4.0)), (20, Command::Covariance(Covariance::Full)), (20, Command::Batch(32))];
        (config, log.map(|(step, command)| LoggedCommand { step, command }).to_vec())
    }

    #[test]
    fn a_record_holds_the_whole_run() {
        let (config, log) = run();
        let text = Record::new(&config, &log, 300).to_toml().unwrap();
        for line in ["schema = 1", "steps = 300", "name = \"cylinder\"", "hidden = [64, 64]", "decoder = \"mlp\""] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        let record = Record::from_toml(&text).unwrap();
        assert_eq!(record.steps, 300);
        assert_eq!(record.into_run().unwrap(), (config, log));
    }

    #[test]
    fn a_record_holds_the_likelihood_unless_it_is_gaussian() {
        let (mut config, _) = run();
        let text = |config: &Config| Record::new(config, &[], 300).to_toml().unwrap();
        assert!(!text(&config).contains("likelihood"));
        config.set_likelihood(Likelihood::Bernoulli);
        assert!(text(&config).contains("likelihood = \"bernoulli\"\n") && text(&config).contains("sigma2 = 1.0\n"));
        assert_eq!(Record::from_toml(&text(&config)).unwrap().into_run().unwrap().0, config);
    }

    #[test]
    fn a_record_without_threads_means_one_thread() {
        let (config, log) = run();
        let text = Record::new(&config, &log, 300).to_toml().unwrap();
        let old = text.replace("threads = 3\n", "");
        assert_ne!(old, text);
        assert_eq!(Record::from_toml(&old).unwrap().into_run().unwrap().0, Config { threads: 1, ..config });
    }

    #[test]
    fn every_built_in_scene_is_recognised() {
        for scene in Scene::built_in() {
            let config = Config::new(Origin::Scene(Box::new(scene.clone())), 3, scene.generator.samples);
            let text = Record::new(&config, &[], 0).to_toml().unwrap();
            assert_eq!(Record::from_toml(&text).unwrap().into_run().unwrap().0, config, "{}", scene.name);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let (config, log) = run();
        let text = Record::new(&config, &log, 300).to_toml().unwrap();
        let read = |text: &str| Record::from_toml(text).and_then(Record::into_run).unwrap_err().to_string();
        assert!(read(&text.replace("schema = 1", "schema = 3")).contains("schema 3"));
        assert!(read(&text.replace("seed", "sead")).starts_with("line 3: unknown field `sead`"));
        assert!(read(&text.replace("10:beta=4", "10:beta=four")).contains("four"));
        assert!(read(&text.replace("10:beta=4", "30:beta=4")).contains("order"));
        assert!(read("").contains("schema"));
    }
}
