//! `unpick recipe`.

use std::path::Path;

use super::error::CliError;
use crate::io::{FileError, Recipe, Session, open, open_session, session_of};

/// Recipe of a saved run: a folder, a session or a figure.
pub(super) fn recipe(path: &Path) -> Result<Recipe, CliError> {
    let recipe = match session_of(path) {
        Some(session) if session != path => {
            let saved = open(path).map_err(|error| with_way_out(&error, &session))?;
            Recipe::new(&saved.config, &saved.log, saved.steps, &[])
        }
        _ => of_session(&open_session(path)?),
    };
    Ok(recipe.map_err(|e| e.at(path))?)
}

fn of_session(session: &Session) -> Result<Recipe, FileError> {
    let z: Vec<f64> = serde_json::from_value(session.view["selection"]["z"].clone()).unwrap_or_default();
    Recipe::new(&session.config, &session.log, session.steps, &z)
}

/// The error of a run folder, and what can be done: its session may be whole.
fn with_way_out(error: &FileError, session: &Path) -> CliError {
    let way_out = match open_session(session) {
        Ok(_) => format!("its session is whole, so give that instead: {}", session.display()),
        Err(_) => "its session cannot be read either, so give another run folder, session or figure".to_owned(),
    };
    CliError::Input(format!("{error}; {way_out}"))
}
