//! Run folders: configuration, weights, data, history and metrics in formats that other programs read.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::metrics::metrics_json;
use super::record::{PreparationRecord, Record};
use super::session::{Session, session_file};
use crate::data::{CentreAndScale, Dataset, ObservationKind, Split, generate, split_rows};
use crate::experiment::{Config, Convergence, LoggedCommand, Metrics, Origin, Row, Schedule, Settings, Snapshot};
use crate::io::atomic::write_atomically;
use crate::io::file_error::FileError;
use crate::io::format::npy::{NpyArray, parse_npy, write_npy_f32};
use crate::io::format::weights::{from_safetensors, to_safetensors};
use crate::io::paths::make_folder;
use crate::linalg::Matrix;
use crate::vae::Vae;

const CONFIG: &str = "config.toml";
const MODEL: &str = "model.safetensors";
const SPLIT: &str = "split.csv";
const HISTORY: &str = "history.csv";
const METRICS: &str = "metrics.json";
pub(super) const SESSION: &str = "session.unpick";
const OBSERVATIONS: [&str; 2] = ["observations.npy", "observations_test.npy"];
const FACTORS: [&str; 2] = ["factors.npy", "factors_test.npy"];

/// A saved run.
#[derive(Clone, Debug)]
pub struct SavedRun {
    /// Configuration at step 0.
    pub config: Config,
    /// Commands during the run.
    pub log: Vec<LoggedCommand>,
    /// Number of steps.
    pub steps: u64,
    /// Settings at the last step.
    pub settings: Settings,
    /// Model at the last step.
    pub vae: Vae<f32>,
    /// Training and held-out data.
    pub data: Dataset,
    /// Rows of the history.
    pub history: Vec<Arc<Row>>,
    /// Schedule of the learning rate at the last step.
    pub schedule: Schedule,
}

impl SavedRun {
    /// Convergence: verdict and trend.
    pub fn convergence(&self) -> Convergence {
        Convergence::of(&self.history, &self.schedule)
    }
}

/// Writes a run to `folder`, which is created if necessary. Each file is replaced atomically; the session, by which a
/// run is opened, is the last.
///
/// # Errors
/// If a file cannot be written.
pub fn save(folder: &Path, run: &Snapshot, metrics: &Metrics) -> Result<(), FileError> {
    make_folder(folder)?;
    let files = files_of_run(run, metrics)?;
    files.iter().try_for_each(|(name, bytes)| write_atomically(&folder.join(name), bytes))
}

/// The files of a run folder: names and bytes.
///
/// # Errors
/// If a value cannot be serialised.
pub fn files_of_run(run: &Snapshot, metrics: &Metrics) -> Result<Vec<(&'static str, Vec<u8>)>, FileError> {
    let Snapshot { config, data, log, step, settings, vae, .. } = run;
    let mut record = Record::new(config, log, *step);
    if let Some(file) = &mut record.data {
        file.preparation = PreparationRecord::of(data);
    }
    let mut files = Vec::new();
    for (split, (observations, factors)) in
        [&data.train, &data.test].into_iter().zip(OBSERVATIONS.into_iter().zip(FACTORS))
    {
        files.push((observations, write_npy_f32(&split.observations)));
        files.extend(split.factors.as_ref().map(|values| (factors, write_npy_f32(values))));
    }
    if let Some(seed) = data.split_seed {
        files.push((SPLIT, split(&split_rows(data.train.samples() + data.test.samples(), seed)).into_bytes()));
    }
    let about = json!({ "program": record.program, "step": step }).to_string();
    files.push((CONFIG, record.to_toml()?.into_bytes()));
    files.push((MODEL, to_safetensors(vae, &about)?));
    files.push((HISTORY, history(run.history.iter().map(|row| &**row), vae.latent_dim()).into_bytes()));
    files.push((METRICS, pretty(&metrics_json(metrics, *step, settings, &run.convergence())).into_bytes()));
    files.push((SESSION, session_file(&Session::of(run, Value::Null))?.into_bytes()));
    Ok(files)
}

/// Reads a saved run. Data of a scene are generated again; your data are read from the folder.
///
/// # Errors
/// If a file is missing, damaged or part of another run.
pub fn open(folder: &Path) -> Result<SavedRun, FileError> {
    let path = folder.join(CONFIG);
    let text = fs::read_to_string(&path).map_err(|e| {
        FileError::new(format_args!("not a run folder: its config.toml cannot be read ({e})")).at(folder)
    })?;
    let record = Record::from_toml(&text).map_err(|e| e.at(&path))?;
    let steps = record.steps;
    let preparation = record.data.as_ref().and_then(|file| file.preparation.clone());
    let (config, log) = record.into_run().map_err(|e| e.at(&path))?;
    let data = data_of(&config, preparation, folder)?;
    config.validate(data.train.samples()).map_err(|e| FileError::new(e).at(&path))?;
    let settings = config.settings_after(&log, data.train.samples()).map_err(|e| FileError::new(e).at(&path))?;
    if let Some(late) = log.last().filter(|l| l.step > steps) {
        let sentence = format_args!("the command {}:{} comes after the last step {steps}", late.step, late.command);
        return Err(FileError::new(sentence).at(&path));
    }

    let path = folder.join(MODEL);
    let bytes = fs::read(&path).map_err(|e| FileError::new(format_args!("cannot read the model ({e})")).at(&path))?;
    let mut vae = Vae::zeros(data.data_dim(), config.architecture.clone(), settings.objective.covariance);
    from_safetensors(&bytes, &mut vae).map_err(|e| e.at(&path))?;
    let history = read_history(folder, vae.latent_dim(), &config, &log)?;
    let commands = log.iter().fold(Schedule::new(config.cycle), |schedule, logged| schedule.changed(logged));
    let schedule = commands.with_verdict(settled(folder));
    Ok(SavedRun { config, log, steps, settings, vae, data, history, schedule })
}

/// Step at which the run was found settled, as its metrics say. Older ones say nothing.
fn settled(folder: &Path) -> Option<u64> {
    let text = fs::read_to_string(folder.join(METRICS)).ok()?;
    serde_json::from_str::<Value>(&text).ok()?.get("settled")?.as_u64()
}

/// The data of a run, generated or from the folder.
fn data_of(config: &Config, preparation: Option<PreparationRecord>, folder: &Path) -> Result<Dataset, FileError> {
    if let Origin::Scene(scene) = &config.origin {
        return Ok(generate(scene, config.seed));
    }
    let read = |name: &str| -> Result<Matrix<f32>, FileError> {
        let path = folder.join(name);
        let bytes =
            fs::read(&path).map_err(|e| FileError::new(format_args!("cannot read the data ({e})")).at(&path))?;
        let matrix = parse_npy(&bytes).and_then(NpyArray::into_matrix).map_err(|e| e.at(&path))?;
        match matrix.as_slice().iter().position(|x| !x.is_finite()) {
            Some(place) => {
                Err(FileError::new(format_args!("row {} holds no finite number", place / matrix.rows())).at(&path))
            }
            None => Ok(matrix),
        }
    };
    let [train, test] = OBSERVATIONS.map(read);
    let (train, test) = (train?, test?);
    if train.rows() != test.rows() || train.rows() == 0 || test.columns() == 0 {
        return Err(FileError::new(
            "training and held-out data are empty or have different columns; save the run again",
        )
        .at(folder));
    }
    let n = train.rows();
    let split = |observations| Split { observations, factors: None };
    let data = Dataset {
        factor_names: Vec::new(),
        observation_names: (1..=n).map(|i| format!("x{i}")).collect(),
        kind: ObservationKind::Points,
        centre_and_scale: None,
        split_seed: None,
        train: split(train),
        test: split(test),
    };
    let Some(PreparationRecord { split_seed, scale, image, names, centre }) = preparation else { return Ok(data) };
    if names.len() != n || centre.len() != n || image.is_some_and(|(h, w)| h.checked_mul(w) != Some(n)) {
        return Err(FileError::new(format_args!("config.toml does not describe data with {n} columns")).at(folder));
    }
    Ok(Dataset {
        observation_names: names,
        kind: image.map_or(data.kind, |(height, width)| ObservationKind::Images { height, width }),
        centre_and_scale: Some(CentreAndScale { centre, scale }),
        split_seed: Some(split_seed),
        ..data
    })
}

/// The rows of your file in the order of `observations.npy` and `observations_test.npy`, as CSV.
fn split([train, test]: &[Vec<usize>; 2]) -> String {
    let lines =
        |part: &'static str, rows: &[usize]| rows.iter().map(move |row| format!("{part},{row}\n")).collect::<String>();
    format!("part,row\n{}{}", lines("train", train), lines("test", test))
}

/// Rows of the history. The optimiser of a row follows from the commands before it.
fn read_history(folder: &Path, m: usize, config: &Config, log: &[LoggedCommand]) -> Result<Vec<Arc<Row>>, FileError> {
    let path = folder.join(HISTORY);
    let text = fs::read_to_string(&path)
        .map_err(|e| FileError::new(format_args!("cannot read the history ({e})")).at(&path))?;
    let header: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
    let row = |(i, line): (usize, &str)| {
        let fields: Vec<&str> = line.split(',').collect();
        let wrong = || FileError::new(format_args!("line {}: this is no row of a history", i + 1)).at(&path);
        let mut row = Row::read(&header, &fields, m).ok_or_else(wrong)?;
        let before = log.iter().take_while(|logged| logged.step < row.step);
        let settings = before.fold(config.settings(), |settings, logged| logged.command.applied_to(settings));
        row.settings.optimizer.kind = settings.optimizer.kind;
        Ok(Arc::new(row))
    };
    text.lines().enumerate().skip(1).map(row).collect()
}

/// The history as CSV.
fn history<'a>(rows: impl Iterator<Item = &'a Row>, m: usize) -> String {
    let lines = std::iter::once(Row::header(m)).chain(rows.map(Row::fields));
    lines.map(|fields| format!("{}\n", fields.join(","))).collect()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
