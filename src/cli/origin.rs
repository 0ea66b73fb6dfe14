//! Where the data of a run come from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::CliError;
use crate::data::{Dataset, Scene, generate, own_dataset};
use crate::experiment::{Config, Logged, Origin};
use crate::io::{FileError, Record, open, read_table, read_text};

/// Where the data come from: one of a scene, a file, a session.
#[derive(Args, Debug, Clone, Default)]
pub struct OriginArgs {
    /// A built-in scene, or a scene file
    #[arg(long, value_name = "NAME")]
    pub scene: Option<String>,
    /// Data of one's own: CSV, TSV or NPY, a row a sample
    #[arg(long, value_name = "FILE", conflicts_with = "scene")]
    pub data: Option<PathBuf>,
    /// A saved run, repeated from its seed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scene", "data"])]
    pub session: Option<PathBuf>,
}

/// The run that the origin arguments describe, at its defaults, with its data; `scene` is meant where they say nothing.
///
/// # Errors
/// If there is no such scene, or a file cannot be used.
pub fn start(origin: &OriginArgs, scene: &str, seed: Option<u64>) -> Result<Start, CliError> {
    if let Some(path) = &origin.session {
        return start_session(path, seed);
    }
    let seed = seed.unwrap_or(0);
    if let Some(path) = &origin.data {
        let file = read_table(path)?;
        let data = own_dataset(&file.table, seed).map_err(|e| FileError::new(e).at(path))?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let origin = Origin::File { name, sha256: file.sha256 };
        let config = Config::new(origin, seed, data.train.samples());
        return Ok(Start { config, data: Arc::new(data), log: Vec::new(), steps: 6000 });
    }
    let scene = find_scene(origin.scene.as_deref().unwrap_or(scene))?;
    let (steps, samples) = (scene.training.steps, scene.generator.samples);
    let data = Arc::new(generate(&scene, seed));
    let config = Config::new(Origin::Scene(Box::new(scene)), seed, samples);
    Ok(Start { config, data, log: Vec::new(), steps })
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
}

/// A saved run from its beginning; with another seed, everything random in it is drawn anew.
fn start_session(path: &Path, seed: Option<u64>) -> Result<Start, CliError> {
    let text = read_text(path, "the session")?;
    let record: Record = serde_json::from_str(&text)
        .map_err(|e| FileError::new(format_args!("this is not a whole session file ({e})")).at(path))?;
    let steps = record.steps;
    let (mut config, log) = record.into_run().map_err(|e| e.at(path))?;
    config.seed = seed.unwrap_or(config.seed);
    let data = match &config.origin {
        Origin::Scene(scene) => generate(scene, config.seed),
        Origin::File { .. } => open(path.parent().unwrap_or(Path::new(".")))?.data,
    };
    Ok(Start { config, data: Arc::new(data), log, steps })
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
