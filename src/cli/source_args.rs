//! Options for the source of a run.

use std::path::PathBuf;

use clap::Args;

use crate::io::Recipe;
use crate::launch::RunSource;

/// Source of a run: one of a scene, your data, a session, a recipe.
#[derive(Args, Debug, Clone, Default)]
pub struct SourceArgs {
    /// Train on a built-in scene, or on a scene file [default: linear; cylinder in the window]
    #[arg(long, value_name = "NAME")]
    pub scene: Option<String>,
    /// Train on your data: CSV, TSV or NPY, one row per sample. Rows are shuffled by --seed and the last fifth is held out; columns
    /// are centred and divided by one scale (mean and root mean variance of the training rows), which is the unit of sigma^2
    #[arg(long, value_name = "FILE", conflicts_with = "scene")]
    pub data: Option<PathBuf>,
    /// Repeat a saved run from its seed: a session, or a figure that contains one (with --data if it contains no data)
    #[arg(long, value_name = "FILE", conflicts_with = "scene")]
    pub session: Option<PathBuf>,
    /// Repeat a run on a built-in scene from a line of text, as 'unpick:version=2;scene=cylinder;steps=5000'
    #[arg(long, value_name = "LINE", conflicts_with_all = ["scene", "data", "session"])]
    pub recipe: Option<Recipe>,
}

impl SourceArgs {
    /// Source of the run; `default_scene` without any option.
    pub fn source(&self, default_scene: &str) -> RunSource {
        let Self { scene, data, session, recipe } = self;
        match (session, recipe, data) {
            (Some(path), ..) => RunSource::Session { path: path.clone(), data: data.clone() },
            (_, Some(recipe), _) => RunSource::Recipe(recipe.clone()),
            (.., Some(path)) => RunSource::Data(path.clone()),
            _ => RunSource::Scene(scene.as_deref().unwrap_or(default_scene).to_owned()),
        }
    }

    /// True if any option is given.
    pub(super) fn is_given(&self) -> bool {
        self.scene.is_some() || self.data.is_some() || self.session.is_some() || self.recipe.is_some()
    }
}
