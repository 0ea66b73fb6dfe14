//! Launch of a run: prepares a run from a scene, your data, a session, a figure or a recipe, for the window and for commands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::data::{
    Dataset, ImportNote, ImportOptions, Label, LabelColumn, Scaling, Scene, Table, TableError, TestFile, generate,
    notes_on, prepare_table,
};
use crate::experiment::{Config, Experiment, InvalidSetting, LoggedCommand, Origin, Row};
use crate::io::{
    FileError, ModelOptions, RUNS, Recipe, Session, TableFile, Watch, open, open_session, read_model, read_table,
    read_text, session_of,
};
use crate::memory;
use crate::sentence::{quoted, sentence};
use crate::vae::Vae;

/// Source of a run.
#[derive(Clone, Debug)]
pub enum RunSource {
    /// Built-in scene by name, or scene file by path.
    Scene(String),
    /// Your data: a table or array.
    Data {
        /// File of the data.
        path: PathBuf,
        /// File of held-out data.
        test: Option<PathBuf>,
        /// How the file becomes data.
        options: Box<ImportOptions>,
    },
    /// Session, or a figure that contains one.
    Session {
        /// Session or figure file.
        path: PathBuf,
        /// File of data that were too large for the session.
        data: Option<PathBuf>,
        /// File of their held-out data, if they had one.
        test: Option<PathBuf>,
    },
    /// Run as one line of text.
    Recipe(Recipe),
    /// Model from a file of weights, which is shown and not trained.
    Model {
        /// safetensors file.
        path: PathBuf,
        /// What the file leaves open.
        options: ModelOptions,
    },
}

impl RunSource {
    /// Source in a file or folder: a scene (`.toml`), a model (`.safetensors`), a run folder, a session or figure, otherwise a table
    /// of data.
    pub fn of_file(path: &Path) -> Self {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            Self::Scene(path.to_string_lossy().into_owned())
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("safetensors")) {
            Self::Model { path: path.to_owned(), options: ModelOptions::default() }
        } else if let Some(session) = session_of(path) {
            Self::Session { path: session, data: None, test: None }
        } else {
            Self::Data { path: path.to_owned(), test: None, options: Box::new(ImportOptions::guessed()) }
        }
    }

    /// True if the source is a saved run, to be repeated.
    pub fn is_saved(&self) -> bool {
        matches!(self, Self::Session { .. } | Self::Recipe(_))
    }
}

/// Error of a launch, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{}", sentence(.0))]
pub struct LaunchError(String);

impl From<FileError> for LaunchError {
    fn from(error: FileError) -> Self {
        Self(error.to_string())
    }
}

/// Prepares the run of a source with its defaults. `seed` replaces the seed of a saved run.
///
/// # Errors
/// If there is no such scene, or a file cannot be used.
pub fn launch(source: &RunSource, seed: Option<u64>) -> Result<PreparedRun, LaunchError> {
    launch_watched(source, seed, Watch::nobody())
}

/// [`launch`] with someone who hears how far your data are read, and can cancel it.
///
/// # Errors
/// Those of [`launch`], and if reading was cancelled.
pub fn launch_watched(source: &RunSource, seed: Option<u64>, watch: Watch<'_>) -> Result<PreparedRun, LaunchError> {
    match source {
        RunSource::Scene(name) => Ok(PreparedRun::of_scene(find_scene(name)?, seed.unwrap_or(0))),
        RunSource::Data { path, test, options } => of_data(path, test.as_deref(), options, seed.unwrap_or(0), watch),
        RunSource::Session { path, data, test } => of_session_file(path, data.as_deref(), test.as_deref(), seed),
        RunSource::Recipe(recipe) => of_recipe(recipe, seed),
        RunSource::Model { path, options } => of_model(path, options, seed.unwrap_or(0)),
    }
}

/// How the data of an import were prepared, in words.
pub fn preparation(import: &ImportOptions) -> String {
    if import.is_default() {
        return PREPARATION.to_owned();
    }
    let held_out = match &import.test {
        Some(test) => format!("All rows train; those of {} are held out.", test.file),
        None => format!("The seed shuffles the rows; {} % are held out.", (1000.0 * import.held_out).round() / 10.0),
    };
    let scale = match import.scale {
        Scaling::None => "Columns are as in the file.",
        Scaling::One => {
            "Columns are centred and divided by one scale, from the training rows. σ² is in units of the scaled data."
        }
        Scaling::Columns => {
            "Columns are centred, and each is divided by its own standard deviation, from the training rows. σ² is in units of the scaled \
             data."
        }
    };
    format!("{held_out} {scale}")
}

/// Usual preparation of a table, in words.
pub const PREPARATION: &str = "The seed shuffles the rows; the last fifth is held out. Columns are centred and divided by one \
                                scale, from the training rows. σ² is in units of the scaled data.";

fn of_data(
    path: &Path,
    test: Option<&Path>,
    options: &ImportOptions,
    seed: u64,
    watch: Watch<'_>,
) -> Result<PreparedRun, LaunchError> {
    Ok(ReadData::read(path, test, options, seed, watch)?.prepare()?)
}

/// Your data, read but neither split nor scaled: what an import can still change without another read.
#[derive(Clone, Debug)]
pub struct ReadData {
    /// The table and how its file became one.
    pub file: TableFile,
    /// What was decided while reading, and warnings about the table.
    pub notes: Vec<ImportNote>,
    /// Numbers of rows that lie far outside all others, as [`Table::number`] gives them.
    pub outliers: Vec<usize>,
    path: PathBuf,
    /// The file of held-out rows, and its table.
    held_out: Option<(PathBuf, Table)>,
    seed: u64,
}

impl ReadData {
    /// Reads the file, and that of held-out rows if there is one. `seed` is that of the run.
    ///
    /// # Errors
    /// If a file cannot be used, or reading was cancelled.
    pub fn read(
        path: &Path,
        test: Option<&Path>,
        options: &ImportOptions,
        seed: u64,
        watch: Watch<'_>,
    ) -> Result<Self, FileError> {
        let mut file = read_table(path, options, seed, watch)?;
        let held_out = test.map(|test| read_held_out(test, &file, watch)).transpose()?;
        file.notes.extend(held_out.iter().flat_map(|held_out| held_out.notes.clone()));
        if let (Some(test), Some(held_out)) = (test, &held_out) {
            file.import.test = Some(TestFile { file: name_of(test), sha256: held_out.sha256.clone() });
        }
        let held_out = test.map(Path::to_owned).zip(held_out.map(|file| file.table));
        let (scale, share) = (file.import.scale, file.import.held_out);
        let read = Self { file, notes: Vec::new(), outliers: Vec::new(), path: path.to_owned(), held_out, seed };
        read.with_choice(scale, share)
    }

    /// The same with another scaling and share of held-out rows.
    ///
    /// # Errors
    /// If the share is impossible.
    pub fn with_choice(mut self, scale: Scaling, held_out: f64) -> Result<Self, FileError> {
        (self.file.import.scale, self.file.import.held_out) = (scale, held_out);
        self.file.import.check().map_err(|e| FileError::new(e).at(&self.path))?;
        let share = (self.file.table.samples() as f64 * held_out) as usize;
        let rows = self.held_out.as_ref().map_or(share.max(1), |(_, table)| table.samples());
        let drawn_by = self.held_out.is_none().then(|| self.file.import.seed.unwrap_or(self.seed));
        self.notes.clone_from(&self.file.notes);
        let (notes, outliers) = notes_on(&self.file.table, &self.file.import, rows, drawn_by);
        self.notes.extend(notes);
        self.outliers = outliers;
        Ok(self)
    }

    /// Splits and scales the data for a run with its defaults.
    ///
    /// # Errors
    /// If they cannot be data; see [`prepare_table`].
    pub fn prepare(self) -> Result<PreparedRun, FileError> {
        let Self { file: TableFile { table, import, sha256, .. }, notes, outliers, path, held_out, seed } = self;
        let (test, held_out) = held_out.unzip();
        let data = prepare_table(table, held_out, &import, import.seed.unwrap_or(seed))
            .map_err(|e| cannot_prepare(&e, &path, test.as_deref()))?;
        let config = Config::new(Origin::file(&name_of(&path), &sha256, import), seed, data.train.samples());
        let steps = config.origin.defaults(data.train.samples()).steps;
        Ok(PreparedRun { notes, outliers, ..PreparedRun::new(config, Arc::new(data), steps) })
    }
}

/// Reads the held-out rows with the options that their training data were read with: all of them, and of a text only the columns of the
/// training data.
fn read_held_out(path: &Path, train: &TableFile, watch: Watch<'_>) -> Result<TableFile, FileError> {
    let names = &train.table.names;
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    let are_named = !train.columns.is_empty() && names.iter().all(is_unique);
    let columns = train.import.columns.clone().or_else(|| are_named.then(|| names.clone()));
    let read = |labels: Vec<String>| {
        let (rows, test, leave_out, columns) = (None, None, Vec::new(), columns.clone());
        read_table(path, &ImportOptions { columns, labels, leave_out, rows, test, ..train.import.clone() }, 0, watch)
    };
    let labels = &train.import.labels;
    let error = match read(labels.clone()) {
        Ok(file) => return Ok(TableFile { notes: Vec::new(), ..file }),
        Err(error) if labels.is_empty() => return Err(error),
        Err(error) => error,
    };
    // Labels only colour, so a file without them can be measured on.
    let plain = read(Vec::new())?;
    let has = |label: &String| plain.columns.iter().any(|column| column.name == *label);
    let (known, lacking): (Vec<String>, Vec<String>) = labels.iter().cloned().partition(has);
    if plain.columns.is_empty() || lacking.is_empty() {
        return Err(error);
    }
    let mut file = read(known)?;
    for name in &lacking {
        let label = Label { name: name.clone(), categories: vec![NO_LABEL.to_owned()] };
        file.table.labels.push(LabelColumn { label, categories: vec![0; file.table.samples()] });
    }
    let names = lacking.iter().map(quoted).collect::<Vec<_>>().join(", ");
    let note = format!("the held-out file has no column {names}, so its rows have the label {}", quoted(NO_LABEL));
    file.notes = vec![ImportNote(note)];
    Ok(file)
}

/// The category of held-out rows whose file has no such label.
const NO_LABEL: &str = "(none)";

/// The error of a preparation, with the path of the file that is at fault.
fn cannot_prepare(error: &TableError, path: &Path, test: Option<&Path>) -> FileError {
    let is_of_test = matches!(error, TableError::OtherColumns(_) | TableError::OtherSize { .. });
    FileError::new(error).at(test.filter(|_| is_of_test).unwrap_or(path))
}

/// The name of a file without its folders.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Outputs of a decoder that samples and views can hold.
const MOST_OUTPUTS: usize = 100_000;

fn of_model(path: &Path, options: &ModelOptions, seed: u64) -> Result<PreparedRun, LaunchError> {
    let (model, left_out) = read_model(path, options)?;
    let n = model.vae.data_dim();
    if n > MOST_OUTPUTS {
        let sentence = format!("a decoding has {n} numbers; {MOST_OUTPUTS} are the most");
        return Err(FileError::new(sentence).at(path).into());
    }
    let data = Arc::new(model.samples(seed));
    let mut config = Config::new(Origin::Model(Box::new(model)), seed, data.train.samples());
    if let Some((beta, sigma2)) = options.objective {
        let own = (!config.architecture.likelihood.is_gaussian()).then_some(1.0);
        let lacking = || FileError::new("β says nothing without σ²; set both, as --beta 1 --sigma2 0.02").at(path);
        (config.objective.beta, config.objective.sigma2) = (beta, sigma2.or(own).ok_or_else(lacking)?);
    }
    config.validate(data.train.samples()).map_err(|e| FileError::new(e).at(path))?;
    Ok(PreparedRun { note: left_out, ..PreparedRun::new(config, data, 0) })
}

/// Run ready to start.
#[derive(Clone, Debug)]
pub struct PreparedRun {
    /// Configuration at step 0.
    pub config: Config,
    /// Training and held-out data.
    pub data: Arc<Dataset>,
    /// Commands to schedule, in the order of their steps.
    pub log: Vec<LoggedCommand>,
    /// Number of steps.
    pub steps: u64,
    /// Hash of the weights of a saved run after those steps.
    pub weights: Option<String>,
    /// Model of a saved run after those steps, if it was kept.
    pub model: Option<Vae<f32>>,
    /// σ² after those steps, where a saved run learned it.
    pub sigma2: Option<f64>,
    /// Its history, if it was kept.
    pub history: Vec<Arc<Row>>,
    /// Step at which it was found settled.
    pub settled: Option<u64>,
    /// View state in the session.
    pub view: Value,
    /// What was left out of a model from a file.
    pub note: Option<String>,
    /// Second run of a comparison.
    pub beside: Option<Box<Self>>,
    /// What was decided and noticed while your data were read.
    pub notes: Vec<ImportNote>,
    /// Numbers of rows of your data that lie far outside all others.
    pub outliers: Vec<usize>,
}

impl PreparedRun {
    fn new(config: Config, data: Arc<Dataset>, steps: u64) -> Self {
        Self {
            config,
            data,
            log: Vec::new(),
            steps,
            weights: None,
            model: None,
            sigma2: None,
            history: Vec::new(),
            settled: None,
            view: Value::Null,
            beside: None,
            notes: Vec::new(),
            outliers: Vec::new(),
            note: None,
        }
    }

    /// Run of a scene with its defaults.
    pub fn of_scene(scene: Scene, seed: u64) -> Self {
        let (steps, samples) = (scene.training.steps, scene.generator.samples);
        let data = Arc::new(generate(&scene, seed));
        Self::new(Config::new(Origin::Scene(Box::new(scene)), seed, samples), data, steps)
    }

    /// Run of a session with its data, contained or generated.
    ///
    /// # Errors
    /// If the data were too large for the session.
    pub fn of_session(session: Session) -> Result<Self, FileError> {
        let data = session.data()?;
        Self::with_data(session, data)
    }

    /// Run of a session on `data`, shared with the second run if both come from the same file.
    fn with_data(mut session: Session, data: Arc<Dataset>) -> Result<Self, FileError> {
        let Some(beside) = session.beside.take() else { return Self::of_one(session, data) };
        let own = if beside.table.is_none() && beside.config.origin.shares_file_with(&session.config.origin) {
            Ok(Arc::clone(&data))
        } else {
            beside.data()
        };
        let second = own.and_then(|own| Self::of_one(*beside, own)).map_err(|e| e.of_part(RUNS[1]))?;
        let first = Self::of_one(session, data).map_err(|e| e.of_part(RUNS[0]))?;
        Ok(Self { beside: Some(Box::new(second)), ..first })
    }

    /// The one run of a session on `data`.
    fn of_one(session: Session, data: Arc<Dataset>) -> Result<Self, FileError> {
        let (model, history) = (session.model(data.data_dim())?, session.rows()?);
        let Session { config, log, steps, weights, sigma2, settled, view, .. } = session;
        let run = Self {
            beside: None,
            config,
            data,
            log,
            steps,
            weights,
            model,
            sigma2,
            history,
            settled,
            view,
            notes: Vec::new(),
            outliers: Vec::new(),
            note: None,
        };
        run.validate().map_err(FileError::new)?;
        Ok(run)
    }

    /// Checks configuration and commands.
    ///
    /// # Errors
    /// If a value is invalid.
    pub fn validate(&self) -> Result<(), InvalidSetting> {
        let samples = self.data.train.samples();
        self.config.validate(samples)?;
        self.config.suits(&self.data)?;
        self.config.settings_after(&self.log, samples).map(drop)
    }

    /// Builds the run at step 0 with its commands scheduled; [`Experiment::play_to`] makes its steps.
    ///
    /// # Errors
    /// If a value of the configuration or a command is invalid.
    pub fn experiment(self) -> Result<Experiment, InvalidSetting> {
        let mut run = Experiment::new(self.config, self.data)?;
        run.schedule_log(&self.log)?;
        Ok(run)
    }

    /// Changes the seed; data of a scene are generated anew.
    fn reseed(&mut self, seed: u64) {
        if self.config.seed != seed {
            self.config.seed = seed;
            (self.weights, self.model, self.sigma2) = (None, None, None);
            if let Some(scene) = self.config.origin.scene() {
                self.data = Arc::new(generate(scene, seed));
            }
        }
        if let Some(beside) = &mut self.beside {
            beside.reseed(seed);
        }
    }
}

fn of_session_file(
    path: &Path,
    table: Option<&Path>,
    test: Option<&Path>,
    seed: Option<u64>,
) -> Result<PreparedRun, LaunchError> {
    let session = open_session(path)?;
    let data = match table {
        Some(table) => Arc::new(data_of_session(&session, table, test)?),
        // A run folder contains its data of any size.
        None => match session.data() {
            Err(missing) => {
                let folder = open(path.parent().unwrap_or(Path::new("."))).ok();
                let same = folder.filter(|saved| saved.config == session.config);
                Arc::new(same.ok_or_else(|| missing.at(path))?.data)
            }
            Ok(data) => data,
        },
    };
    let mut run = PreparedRun::with_data(session, data).map_err(|e| e.at(path))?;
    if let Some(seed) = seed {
        run.reseed(seed);
    }
    Ok(run)
}

/// Data of a session from their original files.
fn data_of_session(session: &Session, path: &Path, test: Option<&Path>) -> Result<Dataset, LaunchError> {
    let other = |path: &Path| LaunchError(format!("the session was not trained on this file: {}", path.display()));
    let Origin::File { sha256, import, .. } = &session.config.origin else { return Err(other(path)) };
    let seed = import.seed.unwrap_or(session.config.seed);
    let file = read_table(path, import, seed, Watch::nobody())?;
    if file.sha256 != *sha256 {
        return Err(other(path));
    }
    let held_out = match (&import.test, test) {
        (None, None) => None,
        (None, Some(test)) => return Err(other(test)),
        (Some(known), None) => {
            let TestFile { file, sha256 } = known;
            let sentence = format!("the session had a held-out file; give it with --test: {file} (SHA-256 {sha256})");
            return Err(LaunchError(sentence));
        }
        (Some(known), Some(test)) => {
            let held_out = read_held_out(test, &file, Watch::nobody())?;
            (held_out.sha256 == known.sha256).then_some(()).ok_or_else(|| other(test))?;
            Some(held_out.table)
        }
    };
    Ok(prepare_table(file.table, held_out, import, seed).map_err(|e| cannot_prepare(&e, path, test))?)
}

fn of_recipe(recipe: &Recipe, seed: Option<u64>) -> Result<PreparedRun, LaunchError> {
    let mut config = recipe.config().clone();
    config.seed = seed.unwrap_or(config.seed);
    let data = Arc::new(generate(&find_scene(config.origin.name())?, config.seed));
    let view = match recipe.z() {
        [] => Value::Null,
        z => serde_json::json!({ "selection": { "z": z } }),
    };
    let log = recipe.log().to_vec();
    Ok(PreparedRun { log, view, ..PreparedRun::new(config, data, recipe.steps()) })
}

/// Finds a built-in scene by name, or reads a scene file.
///
/// # Errors
/// If there is no such scene, the file is none, or the data would need too much memory.
pub fn find_scene(name: &str) -> Result<Scene, LaunchError> {
    let scene = match Scene::named(name) {
        Some(scene) => scene.clone(),
        None => scene_file(name)?,
    };
    let generator = &scene.generator;
    let (samples, n) = (generator.samples + generator.test_samples, generator.data_dim());
    // In single precision, and once more while they are made and read.
    let needed = 2 * (samples as u64) * (n as u64) * size_of::<f32>() as u64;
    memory::check(needed, format_args!("{samples} observations of {n} numbers")).map_err(LaunchError)?;
    Ok(scene)
}

/// Reads a scene file.
fn scene_file(name: &str) -> Result<Scene, LaunchError> {
    let path = Path::new(name);
    if path.extension().is_some_and(|e| e == "toml") {
        let text = read_text(path, "the scene")?;
        return Ok(Scene::parse(&text).map_err(|e| FileError::new(e).at(path))?);
    }
    let names: Vec<_> = Scene::built_in().iter().map(|s| s.name.as_str()).collect();
    let name = quoted(name);
    Err(LaunchError(format!("there is no scene {name}; choose one of {}, or give a .toml file", names.join(", "))))
}
