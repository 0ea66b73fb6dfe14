//! Run folders: configuration, weights, data, history and metrics in formats that other programs read.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::checkpoint::{read_checkpoint, write_checkpoint};
use super::history_csv::{history_csv, parse_history};
use super::metrics::metrics_json;
use super::part_content::PartContent;
use super::parts::{
    CHECKPOINT, CONFIG, FACTORS, HISTORY, METRICS, MODEL, OBSERVATIONS, Parts, SESSION, SPLIT, is_part, read_part,
};
use super::record::{InterruptedRecord, PreparationRecord, Record, kind_of};
use super::session::{Session, session_file};
use crate::data::{CentreAndScale, Dataset, Label, ObservationKind, Split, generate};
use crate::experiment::{
    Checkpoint, Config, Convergence, LoggedCommand, Metrics, Origin, Row, Schedule, Settings, Snapshot,
};
use crate::io::atomic::Staged;
use crate::io::file_error::FileError;
use crate::io::format::weights::{from_safetensors, to_safetensors};
use crate::io::paths::{exists, make_folder};
use crate::linalg::Matrix;
use crate::vae::Vae;

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

/// What an interrupted run was to do, and with what it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// Its planned steps.
    pub planned: u64,
    /// It ends earlier if it settles.
    pub until_settled: bool,
    /// Its state.
    pub checkpoint: Checkpoint,
}

/// Writes a run to `folder`, which is created if necessary. All files are written beside it and then take its place, in one step
/// where the system can: an interrupted program leaves the run before or this one. Elsewhere they take it one by one, and [`open`]
/// refuses weights, settings and sessions of two runs. Parts of the run before that this one lacks go.
///
/// # Errors
/// If a file cannot be written.
pub fn save(folder: &Path, run: &Snapshot, metrics: &Metrics) -> Result<(), FileError> {
    make_folder(folder)?;
    stage_run(folder, run, metrics)?.commit().map(drop)
}

/// The same for an interrupted run, which [`open_interrupted`] reads again.
///
/// # Errors
/// If a file cannot be written.
pub fn save_interrupted(
    folder: &Path,
    run: &Snapshot,
    metrics: &Metrics,
    unfinished: &Unfinished,
) -> Result<(), FileError> {
    make_folder(folder)?;
    stage(folder, run, metrics, Some(unfinished))?.commit().map(drop)
}

/// Stages the folder of a run.
///
/// # Errors
/// If a file cannot be written.
pub fn stage_run(folder: &Path, run: &Snapshot, metrics: &Metrics) -> Result<Staged, FileError> {
    stage(folder, run, metrics, None)
}

fn stage(
    folder: &Path,
    run: &Snapshot,
    metrics: &Metrics,
    unfinished: Option<&Unfinished>,
) -> Result<Staged, FileError> {
    let files = files_of_run(run, metrics, unfinished)?;
    let files =
        files.into_iter().map(|(name, content)| (name.to_owned(), move |file: &mut dyn Write| content.write(file)));
    Staged::folder(folder, files, is_part)
}

/// The files of a run folder: names and contents.
fn files_of_run<'a>(
    run: &'a Snapshot,
    metrics: &Metrics,
    unfinished: Option<&Unfinished>,
) -> Result<Vec<(&'static str, PartContent<'a>)>, FileError> {
    let Snapshot { config, data, log, step, settings, vae, .. } = run;
    let mut record = Record::new(config, log, *step);
    if let Some(file) = &mut record.data {
        file.preparation = PreparationRecord::of(data);
    }
    record.keep_split_seed(data);
    record.sigma2 = settings.learned();
    let mut files = Vec::new();
    for (split, (observations, factors)) in
        [&data.train, &data.test].into_iter().zip(OBSERVATIONS.into_iter().zip(FACTORS))
    {
        files.push((observations, PartContent::Samples(&split.observations)));
        files.extend(split.factors.as_ref().map(|values| (factors, PartContent::Samples(values))));
    }
    if !data.train.rows.is_empty() {
        files.push((SPLIT, split_file(data)?.into()));
    }
    let (activation, likelihood) = (vae.architecture.activation.name(), vae.likelihood().name());
    let about = json!({ "program": record.program, "step": step, "activation": activation, "likelihood": likelihood });
    files.push((MODEL, to_safetensors(vae, &about.to_string())?.into()));
    files.push((HISTORY, history_csv(run.history.iter().map(Arc::as_ref), vae.latent_dim()).into()));
    files.push((METRICS, pretty(&metrics_json(metrics, *step, settings, &run.convergence())).into()));
    files.push((SESSION, session_file(&Session::of(run, Value::Null))?.into()));
    if let Some(Unfinished { planned, until_settled, checkpoint }) = unfinished {
        files.push((CHECKPOINT, write_checkpoint(checkpoint)?.into()));
        record.interrupted = Some(InterruptedRecord { planned: *planned, until_settled: *until_settled });
    }
    let hashes = files.iter().map(|(name, content)| Ok(((*name).to_owned(), content.sha256()?)));
    record.set_parts(hashes.collect::<std::io::Result<_>>().map_err(FileError::new)?);
    files.push((CONFIG, record.to_toml()?.into()));
    Ok(files)
}

/// Reads a saved run. Data of a scene are generated again; your data are read from the folder.
///
/// # Errors
/// If a file is missing, damaged or part of another run: it has another hash than `config.toml` says.
pub fn open(folder: &Path) -> Result<SavedRun, FileError> {
    let (saved, parts) = read_run(folder)?;
    let text = read_part(&folder.join(SESSION), "the session").unwrap_or_default();
    let Ok(session) = Session::parse(&String::from_utf8_lossy(&text)) else {
        return parts.verdict(None).map(|()| saved);
    };
    if session.has_weights_of(&saved.vae) == Some(false) {
        let sentence = "the weights are not those of the session beside them (parts of two runs, or a damaged file); save the run again";
        return Err(FileError::new(sentence).at(&folder.join(MODEL)));
    }
    if (session.steps, &session.config, &session.log) != (saved.steps, &saved.config, &saved.log) {
        let sentence = "config.toml and session.unpick are of two runs; save the run again";
        return Err(FileError::new(sentence).at(folder));
    }
    parts.verdict(None).map(|()| saved)
}

/// Reads an interrupted run, with what it was to do.
///
/// # Errors
/// Those of [`open`], and if the run was not interrupted.
pub fn open_interrupted(folder: &Path) -> Result<(SavedRun, Unfinished), FileError> {
    let saved = open(folder)?;
    let path = folder.join(CONFIG);
    let record = read_record(folder)?;
    let Some(InterruptedRecord { planned, until_settled }) = record.interrupted.clone() else {
        let sentence = format_args!("the run was not interrupted: it has made its {} steps", saved.steps);
        return Err(FileError::new(sentence).at(folder));
    };
    let mut parts = Parts::new(folder, &record).map_err(|e| e.at(&path))?;
    if !parts.names(CHECKPOINT) {
        let sentence =
            format_args!("[parts] lacks the hash of {CHECKPOINT}, with which the run goes on; train it again");
        return Err(FileError::new(sentence).at(&path));
    }
    let bytes = parts.read(CHECKPOINT, "the checkpoint")?;
    parts.verdict(None)?;
    let checkpoint = read_checkpoint(&bytes).map_err(|e| e.at(&folder.join(CHECKPOINT)))?;
    if checkpoint.step != saved.steps || planned < saved.steps {
        return Err(FileError::new("the checkpoint is of another step; train the run again").at(folder));
    }
    Ok((saved, Unfinished { planned, until_settled, checkpoint }))
}

/// The same as [`open`] without a look at the hash of the weights, to repeat the run and compare them.
///
/// # Errors
/// If a file is missing or damaged, or another than the weights is part of another run.
pub fn open_unverified(folder: &Path) -> Result<SavedRun, FileError> {
    let (saved, parts) = read_run(folder)?;
    parts.verdict(Some(MODEL)).map(|()| saved)
}

/// Reads the record of a run.
fn read_record(folder: &Path) -> Result<Record, FileError> {
    let path = folder.join(CONFIG);
    let text = read_part(&path, "its config.toml");
    let text = text.map_err(|e| FileError::new(format_args!("not a run folder: {e}")).at(folder))?;
    let text = String::from_utf8(text).map_err(|e| {
        FileError::new(format_args!("not a run folder: its config.toml cannot be read ({e})")).at(folder)
    })?;
    Record::from_toml(&text).map_err(|e| e.at(&path))
}

/// Reads a run, and compares the hash of each of its parts.
fn read_run(folder: &Path) -> Result<(SavedRun, Parts<'_>), FileError> {
    let path = folder.join(CONFIG);
    let record = read_record(folder)?;
    let (steps, sigma2) = (record.steps, record.sigma2);
    let preparation = record.data.as_ref().and_then(|file| file.preparation.clone());
    let mut parts = Parts::new(folder, &record).map_err(|e| e.at(&path))?;
    let (config, log) = record.into_run().map_err(|e| e.at(&path))?;
    let data = data_of(&config, preparation, &mut parts)?;
    config.validate(data.train.samples()).map_err(|e| FileError::new(e).at(&path))?;
    let settings = config.settings_after(&log, data.train.samples());
    let settings = settings.and_then(|s| s.with_learned(sigma2)).map_err(|e| FileError::new(e).at(&path))?;
    if let Some(late) = log.last().filter(|l| l.step > steps) {
        let sentence = format_args!("the command {}:{} comes after the last step {steps}", late.step, late.command);
        return Err(FileError::new(sentence).at(&path));
    }

    let path = folder.join(MODEL);
    let bytes = parts.read(MODEL, "the model")?;
    let mut vae = match config.origin.model() {
        Some(opened) => opened.vae.clone(),
        None => Vae::zeros(data.data_dim(), config.architecture.clone(), settings.objective.covariance)
            .regularized_by(settings.objective.regularizer),
    };
    from_safetensors(&bytes, &mut vae).map_err(|e| e.at(&path))?;
    let history = read_history(&mut parts, vae.latent_dim(), &config, &log, steps)?;
    let commands = log.iter().fold(Schedule::new(config.cycle), |schedule, logged| schedule.changed(logged));
    let schedule = commands.with_verdict(settled(&mut parts));
    parts.check_rest();
    Ok((SavedRun { config, log, steps, settings, vae, data, history, schedule }, parts))
}

/// Step at which the run was found settled, as its metrics say. Older ones say nothing.
fn settled(parts: &mut Parts<'_>) -> Option<u64> {
    let text = parts.read(METRICS, "the metrics").ok()?;
    serde_json::from_slice::<Value>(&text).ok()?.get("settled")?.as_u64()
}

/// The data of a run, generated or from the folder.
fn data_of(
    config: &Config,
    preparation: Option<PreparationRecord>,
    parts: &mut Parts<'_>,
) -> Result<Dataset, FileError> {
    let folder = parts.folder;
    match &config.origin {
        Origin::Scene(scene) => return Ok(generate(scene, config.seed)),
        Origin::Model(model) => return Ok(model.samples(config.seed)),
        Origin::File { .. } => {}
    }
    let mut read = |name: &'static str| -> Result<Matrix<f32>, FileError> {
        let path = folder.join(name);
        let matrix = parts.read_samples(name, "the data")?;
        match matrix.as_slice().iter().position(|x| !x.is_finite()) {
            Some(place) => {
                Err(FileError::new(format_args!("row {} holds no finite number", place / matrix.rows())).at(&path))
            }
            None => Ok(matrix),
        }
    };
    let [train, test] = OBSERVATIONS.map(&mut read);
    let (train, test) = (train?, test?);
    if train.rows() != test.rows() || train.rows() == 0 || test.columns() == 0 {
        return Err(FileError::new(
            "training and held-out data are empty or have different columns; save the run again",
        )
        .at(folder));
    }
    let n = train.rows();
    let data = Dataset {
        factor_names: Vec::new(),
        labels: Vec::new(),
        observation_names: (1..=n).map(|i| format!("x{i}")).collect(),
        kind: ObservationKind::Points,
        centre_and_scale: None,
        split_seed: None,
        train: Split::new(train, None),
        test: Split::new(test, None),
    };
    let Some(PreparationRecord { split_seed, scale, image, channels, names, centre, factor_names, labels }) =
        preparation
    else {
        return Ok(data);
    };
    let wrong = || FileError::new(format_args!("config.toml does not describe data with {n} columns")).at(folder);
    let kind = kind_of(image, channels, n).ok_or_else(wrong)?;
    if names.len() != n || centre.len() != n || !scale.fits(n) {
        return Err(wrong());
    }
    let mut data = Dataset {
        observation_names: names,
        kind,
        centre_and_scale: Some(CentreAndScale { centre, scale }),
        split_seed: Some(split_seed),
        labels,
        ..data
    };
    if !factor_names.is_empty() {
        for (split, name) in [&mut data.train, &mut data.test].into_iter().zip(FACTORS) {
            let factors = read(name)?;
            if factors.rows() != factor_names.len() || factors.columns() != split.samples() {
                let sentence = "the factors do not fit the data; save the run again";
                return Err(FileError::new(sentence).at(&folder.join(name)));
            }
            split.factors = Some(factors);
        }
        data.factor_names = factor_names;
    }
    let path = folder.join(SPLIT);
    // Folders of earlier versions may lack the file.
    if exists(&path) || !data.labels.is_empty() {
        let text = parts.read(SPLIT, "the rows")?;
        read_split(&text, &mut data).map_err(|e| e.at(&path))?;
    }
    Ok(data)
}

/// The rows of your file in the order of `observations.npy` and `observations_test.npy` with their labels, as CSV.
fn split_file(data: &Dataset) -> Result<String, FileError> {
    let names = ["part", "row"].into_iter().chain(data.labels.iter().map(|label| &*label.name));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names).map_err(FileError::new)?;
    for (part, split) in [("train", &data.train), ("test", &data.test)] {
        for (k, row) in split.rows.iter().enumerate() {
            let row = row.to_string();
            let category = |(label, own): (&'_ Label, &Vec<u32>)| label.categories[own[k] as usize].clone();
            let labels = data.labels.iter().zip(&split.labels).map(category);
            writer.write_record([part.to_owned(), row].into_iter().chain(labels)).map_err(FileError::new)?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| FileError::new(e.error()))?;
    String::from_utf8(bytes).map_err(FileError::new)
}

/// Reads [`split_file`].
fn read_split(text: &[u8], data: &mut Dataset) -> Result<(), FileError> {
    let indices = data.labels.iter().map(|label| label.categories.iter().zip(0_u32..).collect::<HashMap<_, _>>());
    let indices: Vec<_> = indices.collect();
    for split in [&mut data.train, &mut data.test] {
        split.rows.clear();
        split.labels = vec![Vec::new(); indices.len()];
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    for (k, record) in reader.records().enumerate() {
        let record = record.map_err(FileError::new)?;
        let split = match record.get(0) {
            Some("train") => &mut data.train,
            Some("test") => &mut data.test,
            _ => continue,
        };
        let row = record.get(1).and_then(|row| row.parse().ok());
        let wrong = || FileError::new(format_args!("line {} names no row of the data with its labels", k + 2));
        split.rows.push(row.ok_or_else(wrong)?);
        for (i, index) in indices.iter().enumerate() {
            let category = record.get(i + 2).and_then(|name| index.get(&name.to_owned()));
            split.labels[i].push(*category.ok_or_else(wrong)?);
        }
    }
    let whole = [&data.train, &data.test].iter().all(|split| split.rows.len() == split.samples());
    whole.then_some(()).ok_or_else(|| FileError::new("the rows do not fit the data; save the run again"))
}

/// Rows of the history.
fn read_history(
    parts: &mut Parts<'_>,
    m: usize,
    config: &Config,
    log: &[LoggedCommand],
    steps: u64,
) -> Result<Vec<Arc<Row>>, FileError> {
    let path = parts.folder.join(HISTORY);
    let text = parts.read(HISTORY, "the history")?;
    let text =
        String::from_utf8(text).map_err(|e| FileError::new(format_args!("this is no history ({e})")).at(&path))?;
    let rows = parse_history(&text, m, config, log).map_err(|e| e.at(&path))?;
    // In folders of earlier versions no hash says so.
    if !text.ends_with('\n') || (rows.is_empty() && steps >= LONGEST_INTERVAL) {
        return Err(FileError::new("the history was cut short; save the run again").at(&path));
    }
    Ok(rows)
}

/// Most steps before the first row of a history.
const LONGEST_INTERVAL: u64 = 200;

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
