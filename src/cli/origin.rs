//! Where the data of a run come from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use super::CliError;
use super::advance::{advance, progress};
use crate::data::{Dataset, Scene, generate, own_dataset};
use crate::experiment::{Config, Experiment, Logged, Origin};
use crate::io::{FileError, Recipe, Session, open, open_session, read_table, read_text, session_of};

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
    /// A run on a built-in scene as one line of text, as 'unpick:scene=cylinder;steps=5000'
    #[arg(long, value_name = "LINE", conflicts_with_all = ["scene", "data", "session"])]
    pub recipe: Option<Recipe>,
}

impl OriginArgs {
    /// The argument that opens a file, whatever it is called: the folder of a run, a session or a figure; a scene, which
    /// ends in .toml; otherwise a table of data.
    pub fn of_file(path: &Path) -> Self {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            Self { scene: Some(path.to_string_lossy().into_owned()), ..Self::default() }
        } else if let Some(session) = session_of(path) {
            Self { session: Some(session), ..Self::default() }
        } else {
            Self { data: Some(path.to_owned()), ..Self::default() }
        }
    }

    /// Whether they name a run that was made before and is to be repeated.
    pub fn is_repeated(&self) -> bool {
        self.session.is_some() || self.recipe.is_some()
    }
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
    pub data: Arc<Dataset>,
    /// What is to be changed on the way.
    pub log: Vec<Logged>,
    /// Steps to make unless one says otherwise.
    pub steps: u64,
    /// The hash of the weights that it had after them, if it was saved.
    pub weights: Option<String>,
    /// What was looked at, as the window keeps it in a session.
    pub view: Value,
    /// The run that it is compared with.
    pub beside: Option<Box<Self>>,
}

impl Start {
    fn new(config: Config, data: Arc<Dataset>, steps: u64) -> Self {
        Self { config, data, log: Vec::new(), steps, weights: None, view: Value::Null, beside: None }
    }

    /// The run of a session that has its data, or whose data are generated.
    ///
    /// # Errors
    /// If the data were too large for the session.
    pub fn of_session(session: Session) -> Result<Self, FileError> {
        let data = session.data()?;
        Self::with_data(session, data)
    }

    /// The run of a session on its data, which are those of the run that it is compared with, too, if both come from the
    /// same file.
    fn with_data(session: Session, data: Arc<Dataset>) -> Result<Self, FileError> {
        let Session { config, log, steps, weights, view, beside, .. } = session;
        let beside = beside.map(|beside| {
            let shared = beside.table.is_none() && beside.config.origin.scene().is_none();
            if shared && beside.config.origin == config.origin {
                Self::with_data(*beside, Arc::clone(&data))
            } else {
                Self::of_session(*beside)
            }
        });
        Ok(Self { beside: beside.transpose()?.map(Box::new), config, data, log, steps, weights, view })
    }

    /// Makes its steps, with a bar on standard error.
    ///
    /// # Errors
    /// If the configuration does not fit the data, or the run diverges.
    pub fn repeat(self) -> Result<Experiment, CliError> {
        let mut run = Experiment::new(self.config, self.data)?;
        match advance(&mut run, &self.log, self.steps, progress)? {
            Some(divergence) => Err(CliError::Run(divergence)),
            None => Ok(run),
        }
    }

    /// With another seed everything random in it is drawn anew.
    fn reseed(&mut self, seed: u64) {
        if self.config.seed != seed {
            self.config.seed = seed;
            self.weights = None;
            if let Some(scene) = self.config.origin.scene() {
                self.data = Arc::new(generate(scene, seed));
            }
        }
        if let Some(beside) = &mut self.beside {
            beside.reseed(seed);
        }
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
    let mut start = Start::with_data(session, data)?;
    if let Some(seed) = seed {
        start.reseed(seed);
    }
    Ok(start)
}

/// The data of a session from the file that they were read from.
fn data_of_session(session: &Session, path: &Path) -> Result<Dataset, CliError> {
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

/// The built-in scene of that name, or the one in the file of that path.
pub(super) fn find_scene(name: &str) -> Result<Scene, CliError> {
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
