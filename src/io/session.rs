//! A whole experiment as one JSON text: what was run, how far, on which data, and what was looked at.
//!
//! The text stands in `session.unpick`, and in the metadata of every figure (see [`super::provenance`]). It is the record
//! of the run ([`Record`]) with these keys beside: `format` says what it is; `weights` is the hash of the final weights,
//! by which another machine knows whether it has come to the same; `view` is what the window keeps there; `table` holds
//! data of one's own, as they were trained on; `beside` is a run that it is compared with, with the same keys. There are no
//! paths in it.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::record::check_schema;
use super::{FileError, Record, decode_base64, encode_base64, hash_of_weights, write_atomically};
use crate::data::{CentreAndScale, Dataset, Kind, Split, generate};
use crate::experiment::{Config, LoggedCommand, Origin, Snapshot};
use crate::linalg::Matrix;
use crate::vae::Vae;

/// What a session says that it is.
const FORMAT: &str = "unpick session";

/// Data of one's own stand in a session file if they have no more bytes than this, …
pub const EMBEDDED_IN_FILE: usize = 8 << 20;

/// … and in a figure if they have no more than this.
pub const EMBEDDED_IN_FIGURE: usize = 1 << 20;

/// A run up to one of its steps, and what was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// What it started from.
    pub config: Config,
    /// What was changed on the way.
    pub log: Vec<LoggedCommand>,
    /// Steps made.
    pub steps: u64,
    /// Data of one's own; those of a scene are generated.
    pub table: Option<Arc<Dataset>>,
    /// The hash of the weights after the last step.
    pub weights: Option<String>,
    /// What the window was showing. Under `selection` stands z* and what else figures depend on.
    pub view: Value,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// The run that it is compared with.
    pub beside: Option<Box<Self>>,
}

impl Session {
    /// The session of a moment of a run.
    pub fn of(snapshot: &Snapshot, view: Value) -> Self {
        let Snapshot { config, data, log, step, vae, .. } = snapshot;
        let table = config.origin.scene().is_none().then(|| Arc::clone(data));
        Self {
            table,
            weights: Some(hash_of_weights(vae)),
            view,
            ..Self::planned((**config).clone(), log.clone(), *step)
        }
    }

    /// The session of a run on generated data, or on data that are elsewhere, that has not been made.
    pub fn planned(config: Config, log: Vec<LoggedCommand>, steps: u64) -> Self {
        let (table, weights, view, program, beside) = (None, None, Value::Null, super::program(), None);
        Self { config, log, steps, table, weights, view, program, beside }
    }

    /// With a run that it is compared with.
    #[must_use]
    pub fn compared_with(self, beside: Option<Self>) -> Self {
        Self { beside: beside.map(Box::new), ..self }
    }

    /// As JSON on one line, with data of one's own only if they have at most `most_embedded` bytes.
    ///
    /// # Errors
    /// If a value has no place in JSON.
    pub fn to_json(&self, most_embedded: usize) -> Result<String, FileError> {
        // The first words say what it is, so that it is found in any file.
        let json = Value::Object(self.to_object(most_embedded)?).to_string();
        Ok(format!("{{\"format\":\"{FORMAT}\",{}", &json[1..]))
    }

    fn to_object(&self, most_embedded: usize) -> Result<Map<String, Value>, FileError> {
        let mut record = Record::new(&self.config, &self.log, self.steps);
        record.program.clone_from(&self.program);
        let Value::Object(mut object) = serde_json::to_value(&record).map_err(FileError::new)? else {
            return Err(FileError::new("a record is not an object"));
        };
        if let Some(weights) = &self.weights {
            object.insert("weights".to_owned(), Value::from(weights.as_str()));
        }
        if !self.view.is_null() {
            object.insert("view".to_owned(), self.view.clone());
        }
        if let Some(table) = self.table.as_ref().and_then(|data| TableRecord::new(data, most_embedded)) {
            object.insert("table".to_owned(), serde_json::to_value(&table).map_err(FileError::new)?);
        }
        if let Some(beside) = &self.beside {
            // The same data stand there once.
            let rest = if beside.table == self.table { 0 } else { most_embedded };
            object.insert("beside".to_owned(), Value::Object(beside.to_object(rest)?));
        }
        Ok(object)
    }

    /// Reads what [`Self::to_json`] wrote, however it is laid out.
    ///
    /// # Errors
    /// If it is something else, damaged, of another version, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|e| FileError::new(format_args!("this is not a whole session file ({e})")))?;
        let Value::Object(mut object) = value else {
            return Err(FileError::new("this is JSON, but not a session of unpick"));
        };
        if object.remove("format").is_none_or(|format| format != FORMAT) {
            return Err(FileError::new("this is JSON, but not a session of unpick"));
        }
        let beside = match object.remove("beside") {
            Some(Value::Object(beside)) => Some(Self::from_object(beside)?),
            Some(_) => return Err(FileError::new("the session has a second run that is none")),
            None => None,
        };
        let session = Self::from_object(object)?;
        // The same data stand there once.
        let beside = beside.map(|beside| {
            let shared = beside.table.is_none() && beside.config.origin == session.config.origin;
            if shared { Self { table: session.table.clone(), ..beside } } else { beside }
        });
        Ok(session.compared_with(beside))
    }

    /// Reads the keys of one run.
    fn from_object(mut object: Map<String, Value>) -> Result<Self, FileError> {
        let view = object.remove("view").unwrap_or_default();
        let damaged = |e: serde_json::Error| FileError::new(format_args!("this is not a whole session file ({e})"));
        let weights = object.remove("weights").map(serde_json::from_value).transpose().map_err(damaged)?;
        let table: Option<TableRecord> =
            object.remove("table").map(serde_json::from_value).transpose().map_err(damaged)?;
        // Another version may have other keys, and then its number is the thing to say.
        if let Some(schema) = object.get("schema").and_then(Value::as_u64) {
            check_schema(schema)?;
        }
        let record: Record = serde_json::from_value(Value::Object(object)).map_err(damaged)?;
        let (steps, program) = (record.steps, record.program.clone());
        let (config, log) = record.into_run()?;
        if let Some(late) = log.last().filter(|l| l.step > steps) {
            return Err(FileError::new(format_args!(
                "the command {}:{} comes after the last step {steps}",
                late.step, late.command
            )));
        }
        let table = match (&config.origin, table) {
            (Origin::Scene(_), Some(_)) => return Err(FileError::new("the session has a scene and a table of data")),
            (_, table) => table.map(TableRecord::into_data).transpose()?.map(Arc::new),
        };
        let samples = match &config.origin {
            Origin::Scene(scene) => Some(scene.generator.samples),
            Origin::File { .. } => table.as_ref().map(|data| data.train.samples()),
        };
        if let Some(samples) = samples {
            config.validate(samples).map_err(FileError::new)?;
            config.settings_after(&log, samples).map_err(FileError::new)?;
        }
        Ok(Self { config, log, steps, table, weights, view, program, beside: None })
    }

    /// The data of the run: generated, or those in the session.
    ///
    /// # Errors
    /// If they were too large for the session, and which file they are in.
    pub fn data(&self) -> Result<Arc<Dataset>, FileError> {
        match (&self.config.origin, &self.table) {
            (Origin::Scene(scene), _) => Ok(Arc::new(generate(scene, self.config.seed))),
            (_, Some(data)) => Ok(Arc::clone(data)),
            (Origin::File { name, sha256 }, None) => Err(FileError::new(format_args!(
                "the data were too large for the session; they are in a file that was called {name} (SHA-256 {sha256})"
            ))),
        }
    }

    /// Whether a model has the weights that the session was saved with, to the last bit; `None` if that is not known.
    pub fn has_weights_of(&self, vae: &Vae<f32>) -> Option<bool> {
        self.weights.as_ref().map(|hash| *hash == hash_of_weights(vae))
    }
}

/// Writes a session file.
///
/// # Errors
/// If it cannot be written; an older file is then as it was.
pub fn save_session(path: &Path, session: &Session) -> Result<(), FileError> {
    write_atomically(path, session_file(session)?.as_bytes())
}

/// The text of a session file.
///
/// # Errors
/// If a value has no place in JSON.
pub fn session_file(session: &Session) -> Result<String, FileError> {
    let mut object = session.to_object(EMBEDDED_IN_FILE)?;
    object.insert("format".to_owned(), Value::from(FORMAT));
    Ok(format!("{:#}\n", Value::Object(object)))
}

/// Data of one's own: centred, scaled, shuffled and split as they were trained on.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TableRecord {
    names: Vec<String>,
    /// Height and width, where a row is an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<(usize, usize)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    centre: Option<Vec<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale: Option<f64>,
    /// Little-endian float32 in base 64, sample after sample.
    train: String,
    test: String,
}

impl TableRecord {
    fn new(data: &Dataset, most: usize) -> Option<Self> {
        let splits = [&data.train, &data.test].map(|split| split.observations.as_slice());
        if 4 * splits.iter().map(|numbers| numbers.len()).sum::<usize>() > most {
            return None;
        }
        let [train, test] = splits.map(|numbers| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
            let mut text = String::new();
            encode_base64(&mut text, &bytes);
            text
        });
        Some(Self {
            names: data.observation_names.clone(),
            image: match data.kind {
                Kind::Images { height, width } => Some((height, width)),
                Kind::Points => None,
            },
            centre: data.centre_and_scale.as_ref().map(|c| c.centre.clone()),
            scale: data.centre_and_scale.as_ref().map(|c| c.scale),
            train,
            test,
        })
    }

    fn into_data(self) -> Result<Dataset, FileError> {
        let n = self.names.len();
        let damaged = || FileError::new("the table of data in the session is damaged");
        let split = |text: &str| {
            let bytes = decode_base64(text)?;
            let (numbers, []) = bytes.as_chunks::<4>() else { return None };
            let numbers: Vec<f32> = numbers.iter().map(|b| f32::from_le_bytes(*b)).collect();
            let whole = n > 0
                && !numbers.is_empty()
                && numbers.len().is_multiple_of(n)
                && numbers.iter().all(|x| x.is_finite());
            let samples = numbers.len() / n.max(1);
            whole.then(|| Split { observations: Matrix::from_columns(n, samples, numbers), factors: None })
        };
        let kind = match self.image {
            None => Kind::Points,
            Some((height, width)) if height.checked_mul(width) == Some(n) => Kind::Images { height, width },
            Some(_) => return Err(damaged()),
        };
        let centre_and_scale = match (self.centre, self.scale) {
            (Some(centre), Some(scale)) if centre.len() == n => Some(CentreAndScale { centre, scale }),
            (None, None) => None,
            _ => return Err(damaged()),
        };
        Ok(Dataset {
            train: split(&self.train).ok_or_else(damaged)?,
            test: split(&self.test).ok_or_else(damaged)?,
            factor_names: Vec::new(),
            observation_names: self.names,
            kind,
            centre_and_scale,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Scene, Table, dataset_from_table};
    use crate::experiment::{Command, Experiment};
    use proptest::prelude::*;
    use serde_json::json;

    fn session() -> Session {
        let scene = Scene::named("linear").unwrap().clone();
        let config = Config::new(Origin::Scene(Box::new(scene)), 5, 1000);
        let log = vec![
            LoggedCommand { step: 3, command: Command::Beta(2.0) },
            LoggedCommand { step: 9, command: Command::Batch(8) },
        ];
        let view = json!({ "selection": { "z": [0.5, -1.25] }, "theme": "dark" });
        let program = "unpick 0.1.0".to_owned();
        Session { config, log, steps: 9, table: None, weights: Some("00ff".to_owned()), view, program, beside: None }
    }

    fn own() -> Session {
        let values = Matrix::from_fn(2, 30, |r, c| f64::from(((c * 7 + r * 3) % 11) as u32) / 7.0);
        let table = Table { names: vec!["a".to_owned(), "b".to_owned()], values, image_shape: None };
        let data = dataset_from_table(&table, 5).unwrap();
        let origin = Origin::File { name: "mine.csv".to_owned(), sha256: "ab".to_owned() };
        let config = Config::new(origin, 5, data.train.samples());
        Session { config, table: Some(Arc::new(data)), log: Vec::new(), ..session() }
    }

    #[test]
    fn a_session_survives_in_both_layouts() {
        let other = Session { steps: 12, view: Value::Null, ..own() };
        let compared = [own().compared_with(Some(other)), session().compared_with(Some(own()))];
        for session in [session(), own()].into_iter().chain(compared) {
            let line = session.to_json(EMBEDDED_IN_FIGURE).unwrap();
            assert!(line.starts_with("{\"format\":\"unpick session\",") && !line.contains('\n'), "{line}");
            for text in [line, session_file(&session).unwrap()] {
                assert_eq!(Session::parse(&text).unwrap(), session);
            }
        }
    }

    #[test]
    fn data_that_are_too_large_stay_outside_and_are_asked_for() {
        let session = own();
        let read = Session::parse(&session.to_json(100).unwrap()).unwrap();
        assert_eq!(read.table, None);
        let sentence = read.data().unwrap_err().to_string();
        assert!(sentence.contains("mine.csv") && sentence.contains("(SHA-256 ab)"), "{sentence}");
        assert!(Arc::ptr_eq(&session.data().unwrap(), session.table.as_ref().unwrap()));
    }

    #[test]
    fn a_run_comes_to_the_same_weights() {
        let mut session = session();
        if let Origin::Scene(scene) = &mut session.config.origin {
            scene.generator.samples = 200;
        }
        session.config.optimizer.batch = 16;
        let mut run = Experiment::new(session.config.clone(), session.data().unwrap()).unwrap();
        run.schedule_log(&session.log).unwrap();
        run.advance(9).unwrap();
        assert_eq!(run.log(), session.log);
        let saved = Session::of(&Snapshot::of(&run), Value::Null);
        assert_eq!(saved.has_weights_of(&run.state().vae), Some(true));
        run.step().unwrap();
        assert_eq!(saved.has_weights_of(&run.state().vae), Some(false));
    }

    #[test]
    fn what_is_no_session_is_refused_with_the_reason() {
        let text = session_file(&session()).unwrap();
        let refused = |text: &str| Session::parse(text).unwrap_err().to_string();
        for (text, words) in [
            (String::new(), "not a whole session file"),
            (text[..text.len() / 2].to_owned(), "not a whole session file"),
            ("[1, 2]".to_owned(), "not a session of unpick"),
            ("{\"schema\": 1}".to_owned(), "not a session of unpick"),
            (text.replace("\"schema\": 1", "\"schema\": 2"), "schema 2"),
            (text.replace("\"schema\": 1", "\"schema\": 2, \"colour\": 3"), "schema 2"),
            (text.replace("\"seed\"", "\"seat\""), "unknown field `seat`"),
            (text.replace("9:batch=8", "10:batch=8"), "comes after the last step 9"),
            (text.replace("9:batch=8", "9:batch=0"), "batch = 0"),
            (text.replace("\"name\": \"linear\"", "\"name\": 7"), "not a whole session file"),
        ] {
            let sentence = refused(&text);
            assert!(sentence.contains(words) && !sentence.contains('\n'), "{words}: {sentence}");
        }
        let text = own().to_json(EMBEDDED_IN_FIGURE).unwrap();
        for (from, to) in
            [("\"test\":\"", "\"test\":\"A"), ("[\"a\",", "[\"a\",\"c\","), ("\"scale\"", "\"image\":[1,3],\"scale\"")]
        {
            assert!(refused(&text.replacen(from, to, 1)).contains("damaged"), "{from}");
        }
    }

    proptest! {
        #[test]
        fn damage_never_panics(place in 0_usize..3000, value in any::<u8>(), length in 0_usize..4000) {
            let mut bytes = own().to_json(EMBEDDED_IN_FIGURE).unwrap().into_bytes();
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            bytes.truncate(length);
            drop(Session::parse(&String::from_utf8_lossy(&bytes)));
        }
    }
}
