//! `unpick recipe`.

use std::path::Path;

use super::error::CliError;
use crate::io::{Recipe, Session, open, open_session};

/// Recipe of a saved run: a folder, a session or a figure.
pub(super) fn recipe(path: &Path) -> Result<Recipe, CliError> {
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
