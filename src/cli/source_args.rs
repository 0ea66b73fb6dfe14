//! Options for the source of a run.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::error::CliError;
use super::import_args::ImportArgs;
use crate::io::{Recipe, typed_path};
use crate::launch::RunSource;

/// Source of a run: one of a scene, your data, a session, a recipe.
#[derive(Args, Debug, Clone, Default)]
pub struct SourceArgs {
    /// Open this file: your data, a scene file, a session, a figure, or a run folder
    #[arg(value_name = "FILE", value_parser = path_parser(), conflicts_with_all = ["scene", "data", "session", "recipe"])]
    pub file: Option<PathBuf>,
    /// Train on a built-in scene, or on a scene file [default: linear; cylinder in the window]
    #[arg(long, value_name = "NAME")]
    pub scene: Option<String>,
    /// Train on your data: text with one row per sample (CSV, TSV, white space), an array (NPY, NPZ, IDX; also .gz), or a folder of PNG
    /// or JPEG pictures. Rows are shuffled by --seed and the last
    /// fifth is held out; columns are centred and divided by one scale (mean and root mean variance of the training rows), which is the
    /// unit of sigma^2
    #[arg(long, value_name = "FILE", value_parser = path_parser(), conflicts_with = "scene")]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    import: ImportArgs,
    /// Repeat a saved run from its seed: a session, or a figure that contains one (with --data if it contains no data)
    #[arg(long, value_name = "FILE", value_parser = path_parser(), conflicts_with = "scene")]
    pub session: Option<PathBuf>,
    /// Repeat a run on a built-in scene from a line of text, as 'unpick:version=2;scene=cylinder;steps=5000'
    #[arg(long, value_name = "LINE", conflicts_with_all = ["scene", "data", "session"])]
    pub recipe: Option<Recipe>,
}

/// Reads a path as a person types or pastes it.
fn path_parser() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(|text| typed_path(&text))
}

impl SourceArgs {
    /// Source of the run; `default_scene` without any option.
    ///
    /// # Errors
    /// If options for your data stand beside another source.
    pub fn source(&self, default_scene: &str) -> Result<RunSource, CliError> {
        let Self { file, scene, data, import, session, recipe } = self;
        let saved = |path: &Path| {
            let (path, data, test) = (path.to_owned(), data.clone(), import.test().cloned());
            RunSource::Session { path, data, test }
        };
        let source = match (session, recipe, data, file) {
            (Some(path), ..) => saved(path),
            (_, Some(recipe), ..) => RunSource::Recipe(recipe.clone()),
            (_, _, Some(path), _) => import.source(path),
            (.., Some(path)) => match RunSource::of_file(path) {
                RunSource::Data { path, .. } => import.source(&path),
                RunSource::Session { path, .. } => saved(&path),
                other => other,
            },
            _ => RunSource::Scene(scene.as_deref().unwrap_or(default_scene).to_owned()),
        };
        match (&source, import.first_given()) {
            (RunSource::Data { .. }, _) | (_, None) | (RunSource::Session { data: Some(_), .. }, Some("--test")) => {
                Ok(source)
            }
            (_, Some(option)) => Err(CliError::Input(format!(
                "{option} is for new runs on your data: give their file with --data (a saved run keeps its own choice)"
            ))),
        }
    }

    /// These options, completed by those of `common`.
    pub(super) fn over(&self, common: &Self) -> Self {
        let source = if self.is_given() { self } else { common };
        Self { import: self.import.over(&common.import), ..source.clone() }
    }

    /// True if any option is given.
    pub fn is_given(&self) -> bool {
        self.file.is_some()
            || self.scene.is_some()
            || self.data.is_some()
            || self.session.is_some()
            || self.recipe.is_some()
    }
}
