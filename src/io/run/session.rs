//! Sessions: a run, its data and its view as JSON, in `session.unpick` and in the metadata of figures
//! (see [`crate::io::provenance`]).
//!
//! A session is the [`Record`] of the run with more keys: `format` identifies the file; `weights` is the hash of the
//! final weights, which tells another machine if its run is the same; `parameters` are these weights (little-endian float32
//! in base 64), `history` the rows of `history.csv` and `settled` the step at which the run was found settled, so that all this is seen
//! before the run is repeated (not in figures, which have little room); `view` is the state of the window; `table` holds
//! your data as they were trained on; `beside` is a second run for comparison, with the same keys. A session contains
//! no paths.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use super::history_csv::{history_csv, parse_history};
use super::record::{Record, SCHEMA, check_schema, program};
use super::table_record::TableRecord;
use crate::data::{Dataset, generate};
use crate::experiment::{Config, LoggedCommand, Origin, Row, Snapshot};
use crate::io::atomic::write_atomically;
use crate::io::file_error::FileError;
use crate::io::format::hash::{hash_of_parameters, hash_of_weights};
use crate::sentence::{quoted, turns_or_breaks};
use crate::vae::Vae;

/// The value of the key `format`.
pub(super) const FORMAT: &str = "unpick session";

/// The two runs of a session, in errors.
pub const RUNS: [&str; 2] = ["the first run of the session", "the second run of the session"];

/// Session files contain your data up to this many bytes.
pub const EMBEDDED_IN_FILE: usize = 8 << 20;

/// Figures contain your data up to this many bytes.
pub const EMBEDDED_IN_FIGURE: usize = 1 << 20;

/// The most bytes of each part that a text holds; a larger part is left out.
#[derive(Clone, Copy)]
struct Most {
    data: usize,
    /// A model from a file.
    model: usize,
    /// The weights after the last step.
    weights: usize,
}

/// A run up to a step, with its view.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Configuration at step 0.
    pub config: Config,
    /// Commands during the run.
    pub log: Vec<LoggedCommand>,
    /// Number of steps.
    pub steps: u64,
    /// Your data; `None` for a scene, whose data are generated.
    pub table: Option<Arc<Dataset>>,
    /// Hash of the weights after the last step.
    pub weights: Option<String>,
    /// These weights, in the order of [`Vae::parameters`].
    pub parameters: Option<Vec<f32>>,
    /// σ² after the last step, where it is learned.
    pub sigma2: Option<f64>,
    /// Rows of the history as CSV.
    pub history: Option<String>,
    /// Step at which the run was found settled.
    pub settled: Option<u64>,
    /// State of the window. The key `selection` holds z* and everything else that figures depend on.
    pub view: Value,
    /// Name and version of the program that wrote the session.
    pub program: String,
    /// Second run, for comparison.
    pub beside: Option<Box<Self>>,
}

impl Session {
    /// The session of a snapshot.
    pub fn of(snapshot: &Snapshot, view: Value) -> Self {
        let Snapshot { config, data, log, step, settings, vae, .. } = snapshot;
        let table = matches!(config.origin, Origin::File { .. }).then(|| Arc::clone(data));
        Self {
            table,
            weights: Some(hash_of_weights(vae)),
            // A model from a file is in the session as it is.
            parameters: config.origin.model().is_none().then(|| vae.parameters.clone()),
            history: Some(history_csv(snapshot.history.iter().map(Arc::as_ref), vae.latent_dim())),
            sigma2: settings.learned(),
            settled: snapshot.schedule.settled(),
            view,
            ..Self::planned((**config).clone(), log.clone(), *step)
        }
    }

    /// The session of a run that has not been trained yet, without your data.
    pub fn planned(config: Config, log: Vec<LoggedCommand>, steps: u64) -> Self {
        let (table, weights, parameters, history, settled) = (None, None, None, None, None);
        let (sigma2, view, program, beside) = (None, Value::Null, program(), None);
        Self { config, log, steps, table, weights, parameters, sigma2, history, settled, view, program, beside }
    }

    /// Adds a second run for comparison.
    #[must_use]
    pub fn compared_with(self, beside: Option<Self>) -> Self {
        Self { beside: beside.map(Box::new), ..self }
    }

    /// The session as JSON on one line, without the weights, and with your data only if they have at most `most_embedded` bytes.
    ///
    /// # Errors
    /// If a value cannot be JSON.
    pub fn to_json(&self, most_embedded: usize) -> Result<String, FileError> {
        self.on_one_line(most_embedded, most_embedded)
    }

    /// The session for a figure as JSON on one line. Figures are passed on, so they hold your data only if they are asked to, and if
    /// [`your_data_fit_in_figure`] says that they can; a model from a file is in them up to the same size.
    ///
    /// # Errors
    /// If a value cannot be JSON.
    pub fn for_figure(&self, with_data: bool) -> Result<String, FileError> {
        self.on_one_line(if with_data { EMBEDDED_IN_FIGURE } else { 0 }, EMBEDDED_IN_FIGURE)
    }

    fn on_one_line(&self, most_data: usize, most_model: usize) -> Result<String, FileError> {
        // `format` comes first, so that the session is found inside any file.
        let json = Value::Object(self.to_object(Most { data: most_data, model: most_model, weights: 0 })?).to_string();
        Ok(with_escaped_turns(&format!("{{\"format\":\"{FORMAT}\",{}", &json[1..])))
    }

    fn to_object(&self, most: Most) -> Result<Map<String, Value>, FileError> {
        let mut record = Record::new(&self.config, &self.log, self.steps);
        record.program.clone_from(&self.program);
        record.sigma2 = self.sigma2;
        if let Some(data) = &self.table {
            record.keep_split_seed(data);
        }
        // Four digits of base 64 for three bytes.
        if let Some(model) = record.opened.as_mut().filter(|model| model.safetensors.len() / 4 * 3 > most.model) {
            model.safetensors.clear();
        }
        let Value::Object(mut object) = serde_json::to_value(&record).map_err(FileError::new)? else {
            return Err(FileError::new("a record is not an object"));
        };
        if let Some(weights) = &self.weights {
            object.insert("weights".to_owned(), Value::from(weights.as_str()));
        }
        if let Some(parameters) = self.parameters.as_ref().filter(|values| 4 * values.len() <= most.weights) {
            let bytes: Vec<u8> = parameters.iter().flat_map(|x| x.to_le_bytes()).collect();
            object.insert("parameters".to_owned(), Value::from(BASE64.encode(bytes)));
        }
        if let Some(history) = self.history.as_ref().filter(|text| text.len() <= most.weights) {
            object.insert("history".to_owned(), Value::from(history.as_str()));
        }
        if let Some(settled) = self.settled.filter(|_| most.weights > 0) {
            object.insert("settled".to_owned(), Value::from(settled));
        }
        if !self.view.is_null() {
            object.insert("view".to_owned(), self.view.clone());
        }
        if let Some(table) = self.table.as_ref().and_then(|data| TableRecord::new(data, most.data)) {
            object.insert("table".to_owned(), serde_json::to_value(&table).map_err(FileError::new)?);
        }
        if let Some(beside) = &self.beside {
            // Shared data are stored once.
            let most = if beside.table == self.table { Most { data: 0, ..most } } else { most };
            object.insert("beside".to_owned(), Value::Object(beside.to_object(most)?));
        }
        Ok(object)
    }

    /// Reads JSON of [`Self::to_json`] in any layout.
    ///
    /// # Errors
    /// If the text is not a session, damaged, of another version, or contradicts itself, or its weights have another hash.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|e| FileError::new(format_args!("this is not a whole session file ({e})")))?;
        let Value::Object(mut object) = value else {
            return Err(FileError::new("this is JSON, but not a session of Unpick"));
        };
        if object.remove("format").is_none_or(|format| format != FORMAT) {
            return Err(FileError::new("this is JSON, but not a session of Unpick"));
        }
        let beside = match object.remove("beside") {
            Some(Value::Object(beside)) => Some(Self::from_object(beside).map_err(|e| e.of_part(RUNS[1]))?),
            Some(_) => return Err(FileError::new("the second run of the session is damaged")),
            None => None,
        };
        let of_first = |e: FileError| if beside.is_some() { e.of_part(RUNS[0]) } else { e };
        let session = Self::from_object(object).map_err(of_first)?;
        // Shared data are stored once.
        let beside = beside.map(|beside| {
            let shared = beside.table.is_none() && beside.config.origin.shares_file_with(&session.config.origin);
            if shared { Self { table: session.table.clone(), ..beside } } else { beside }
        });
        Ok(session.compared_with(beside))
    }

    /// Reads one run.
    fn from_object(mut object: Map<String, Value>) -> Result<Self, FileError> {
        let view = object.remove("view").unwrap_or_default();
        let damaged = |e: serde_json::Error| FileError::new(format_args!("this is not a whole session file ({e})"));
        let weights = object.remove("weights").map(serde_json::from_value).transpose().map_err(damaged)?;
        let parameters = object.remove("parameters").map(|value| parameters_in(&value)).transpose()?;
        let history = object.remove("history").map(serde_json::from_value).transpose().map_err(damaged)?;
        let settled = object.remove("settled").map(serde_json::from_value).transpose().map_err(damaged)?;
        let table: Option<TableRecord> =
            object.remove("table").map(serde_json::from_value).transpose().map_err(damaged)?;
        // Another version may have other keys; then its number is the useful error.
        if let Some(schema) = object.get("schema").and_then(Value::as_u64) {
            check_schema(schema, SCHEMA)?;
        }
        let mut record: Record = serde_json::from_value(Value::Object(object)).map_err(damaged)?;
        let table = table.map(TableRecord::into_data).transpose()?.map(Arc::new);
        if let Some(data) = &table {
            record.keep_split_seed(data);
        }
        let (steps, sigma2, program) = (record.steps, record.sigma2, record.program.clone());
        let (config, log) = record.into_run()?;
        if let Some(late) = log.last().filter(|l| l.step > steps) {
            return Err(FileError::new(format_args!(
                "the command {}:{} comes after the last step {steps}",
                late.step, late.command
            )));
        }
        if table.is_some() && !matches!(config.origin, Origin::File { .. }) {
            return Err(FileError::new("the session has both a scene or model and a table of data"));
        }
        let samples = match &config.origin {
            Origin::Scene(scene) => scene.generator.samples,
            // Data that are elsewhere limit the batch once they are known.
            Origin::File { .. } => table.as_ref().map_or(usize::MAX, |data| data.train.samples()),
            // Its settings do not depend on samples: there is no batch.
            Origin::Model(_) => config.optimizer.batch,
        };
        config.validate(samples).map_err(FileError::new)?;
        let settings = config.settings_after(&log, samples).map_err(FileError::new)?;
        // Planned runs have none.
        if weights.is_some() || sigma2.is_some() {
            settings.with_learned(sigma2).map_err(FileError::new)?;
        }
        if parameters.as_deref().is_some_and(|values| weights != Some(hash_of_parameters(values))) {
            return Err(FileError::new(OTHER_HASH));
        }
        Ok(Self {
            config,
            log,
            steps,
            table,
            weights,
            parameters,
            sigma2,
            history,
            settled,
            view,
            program,
            beside: None,
        })
    }

    /// The data of the run, generated or from the session.
    ///
    /// # Errors
    /// If they are not in the session; the sentence names their file.
    pub fn data(&self) -> Result<Arc<Dataset>, FileError> {
        match (&self.config.origin, &self.table) {
            (Origin::Scene(scene), _) => Ok(Arc::new(generate(scene, self.config.seed))),
            (Origin::Model(model), _) => Ok(Arc::new(model.samples(self.config.seed))),
            (_, Some(data)) => Ok(Arc::clone(data)),
            (Origin::File { name, sha256, .. }, None) => Err(FileError::new(format_args!(
                "this file does not hold its data; give their file with --data: {} (SHA-256 {sha256})",
                quoted(name)
            ))),
        }
    }

    /// The model after the last step, for data of dimension `data_dim`; `None` if the session does not hold it.
    ///
    /// # Errors
    /// If its weights do not fit the networks, or do not have the hash of the session.
    pub fn model(&self, data_dim: usize) -> Result<Option<Vae<f32>>, FileError> {
        let Some(parameters) = &self.parameters else { return Ok(None) };
        let covariances = self.log.iter().map(|logged| logged.command);
        let settings = covariances.fold(self.config.settings(), |settings, command| command.applied_to(settings));
        let mut vae = Vae::zeros(data_dim, self.config.architecture.clone(), settings.objective.covariance)
            .regularized_by(settings.objective.regularizer);
        if vae.parameters.len() != parameters.len() {
            let (found, wanted) = (parameters.len(), vae.parameters.len());
            let sentence = format_args!("the session holds {found} weights where its networks have {wanted}");
            return Err(FileError::new(sentence));
        }
        if parameters.iter().any(|x| !x.is_finite()) {
            return Err(FileError::new("the weights of the session are damaged: one is not a finite number"));
        }
        vae.parameters.clone_from(parameters);
        if self.has_weights_of(&vae) == Some(true) {
            return Ok(Some(vae));
        }
        Err(FileError::new(OTHER_HASH))
    }

    /// Rows of the history; none if the session does not hold them.
    ///
    /// # Errors
    /// If they are damaged.
    pub fn rows(&self) -> Result<Vec<Arc<Row>>, FileError> {
        let text = self.history.as_deref().unwrap_or_default();
        let rows = parse_history(text, self.config.architecture.latent_dim, &self.config, &self.log);
        rows.map_err(|e| FileError::new(format_args!("the history of the session is damaged: {e}")))
    }

    /// True if the weights of a model are those of the session to the last bit; `None` if the session has no hash.
    pub fn has_weights_of(&self, vae: &Vae<f32>) -> Option<bool> {
        self.weights.as_ref().map(|hash| *hash == hash_of_weights(vae))
    }
}

/// Whoever reads a session says so, even if it does not need the weights.
const OTHER_HASH: &str = "the weights of the session are damaged: their hash is another";

/// Reads the weights of a session.
fn parameters_in(value: &Value) -> Result<Vec<f32>, FileError> {
    let bytes = value.as_str().and_then(|text| BASE64.decode(text).ok()).filter(|bytes| bytes.len().is_multiple_of(4));
    let bytes = bytes.ok_or_else(|| FileError::new("the weights of the session are damaged"))?;
    let (values, _) = bytes.as_chunks::<4>();
    Ok(values.iter().map(|four| f32::from_le_bytes(*four)).collect())
}

/// True if a figure can hold the data of a run, which are yours; `None` if they are generated.
pub fn your_data_fit_in_figure(snapshot: &Snapshot) -> Option<bool> {
    let is_own = matches!(snapshot.config.origin, Origin::File { .. });
    is_own.then(|| TableRecord::bytes_of(&snapshot.data) <= EMBEDDED_IN_FIGURE)
}

/// Writes a session file atomically.
///
/// # Errors
/// If it cannot be written; an old file is then unchanged.
pub fn save_session(path: &Path, session: &Session) -> Result<(), FileError> {
    write_atomically(path, session_file(session)?.as_bytes())
}

/// The text of a session file.
///
/// # Errors
/// If a value cannot be JSON.
pub fn session_file(session: &Session) -> Result<String, FileError> {
    let mut object =
        session.to_object(Most { data: EMBEDDED_IN_FILE, model: EMBEDDED_IN_FILE, weights: EMBEDDED_IN_FILE })?;
    object.insert("format".to_owned(), Value::from(FORMAT));
    Ok(with_escaped_turns(&format!("{:#}\n", Value::Object(object))))
}

/// JSON with the marks that turn the direction of writing escaped: they stand in strings alone.
fn with_escaped_turns(json: &str) -> String {
    if !json.contains(turns_or_breaks) {
        return json.to_owned();
    }
    let shown = |c: char| if turns_or_breaks(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImportOptions, Scene, Table, dataset_from_table};
    use crate::experiment::{Command, Experiment};
    use crate::linalg::Matrix;
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
        Session {
            config,
            log,
            steps: 9,
            table: None,
            weights: Some("00ff".to_owned()),
            parameters: None,
            sigma2: None,
            history: None,
            settled: None,
            view,
            program,
            beside: None,
        }
    }

    fn session_of_your_data() -> Session {
        let values = Matrix::from_fn(2, 30, |r, c| f64::from(((c * 7 + r * 3) % 11) as u32) / 7.0);
        let table = Table::new(vec!["a".to_owned(), "b".to_owned()], values);
        let data = dataset_from_table(&table, 5).unwrap();
        let origin = Origin::file("mine.csv", "ab", ImportOptions::default());
        let config = Config::new(origin, 5, data.train.samples());
        Session { config, table: Some(Arc::new(data)), log: Vec::new(), ..session() }
    }

    #[test]
    fn a_session_is_read_back_from_both_layouts() {
        let other = Session { steps: 12, view: Value::Null, ..session_of_your_data() };
        let compared =
            [session_of_your_data().compared_with(Some(other)), session().compared_with(Some(session_of_your_data()))];
        for session in [session(), session_of_your_data()].into_iter().chain(compared) {
            let line = session.to_json(EMBEDDED_IN_FIGURE).unwrap();
            assert!(line.starts_with("{\"format\":\"unpick session\",") && !line.contains('\n'), "{line}");
            for text in [line, session_file(&session).unwrap()] {
                assert_eq!(Session::parse(&text).unwrap(), session);
            }
        }
    }

    #[test]
    fn runs_with_seeds_of_their_own_share_their_data() {
        let first = session_of_your_data();
        let config = Config { seed: 77, ..first.config.clone() };
        let session = first.clone().compared_with(Some(Session { config, ..first }));
        let read = Session::parse(&session.to_json(EMBEDDED_IN_FIGURE).unwrap()).unwrap();
        let beside = read.beside.as_ref().unwrap();
        assert_eq!((beside.config.seed, &beside.table), (77, &read.table));
        // The file alone gives the same rows again.
        let Origin::File { import, .. } = &beside.config.origin else { panic!() };
        assert_eq!((import.seed, read.table.as_ref().unwrap().split_seed), (Some(5), Some(5)));
    }

    #[test]
    fn large_data_are_left_out_and_asked_for() {
        let session = session_of_your_data();
        let read = Session::parse(&session.to_json(100).unwrap()).unwrap();
        assert_eq!(read.table, None);
        let sentence = read.data().unwrap_err().to_string();
        assert!(sentence.contains("mine.csv") && sentence.contains("(SHA-256 ab)"), "{sentence}");
        assert!(Arc::ptr_eq(&session.data().unwrap(), session.table.as_ref().unwrap()));
    }

    #[test]
    fn a_session_reproduces_its_weights() {
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
        let read = Session::parse(&session_file(&saved).unwrap()).unwrap();
        assert_eq!(read.model(3).unwrap().as_ref(), Some(&run.state().vae), "a file holds the model");
        assert_eq!(read.rows().unwrap().len(), run.history().rows().len());
        assert!(Session { history: Some("step\nx\n".to_owned()), ..read.clone() }.rows().is_err());
        let in_figure = Session::parse(&saved.to_json(EMBEDDED_IN_FIGURE).unwrap()).unwrap();
        assert_eq!((in_figure.model(3).unwrap(), &in_figure.weights), (None, &saved.weights), "a figure its hash");
        let mut damaged = read.clone();
        damaged.parameters.as_mut().unwrap()[3] += 1e-6;
        let refused = Session::parse(&session_file(&damaged).unwrap()).unwrap_err();
        assert!(refused.to_string().contains("their hash is another"));
        let without = Session { weights: None, ..read.clone() };
        assert!(Session::parse(&session_file(&without).unwrap()).is_err());
        assert!(damaged.model(3).unwrap_err().to_string().contains("their hash is another"));
        assert!(read.model(5).unwrap_err().to_string().contains("weights where its networks have"));
        run.step().unwrap();
        assert_eq!(saved.has_weights_of(&run.state().vae), Some(false));
    }

    #[test]
    fn names_that_turn_the_direction_of_writing_are_escaped_and_read_back() {
        let mut session = session_of_your_data();
        let table = Arc::make_mut(session.table.as_mut().unwrap());
        table.observation_names[0] = "wi\u{202e}dth".to_owned();
        for text in [session_file(&session).unwrap(), session.to_json(EMBEDDED_IN_FIGURE).unwrap()] {
            assert!(text.contains("wi\\u202edth") && !text.contains('\u{202e}'));
            assert_eq!(Session::parse(&text).unwrap().table, session.table);
        }
    }

    #[test]
    fn a_learned_variance_is_kept_to_the_last_bit() {
        let learns = LoggedCommand { step: 3, command: Command::LearnSigma2(None) };
        let learned = Session { log: vec![learns], sigma2: Some(0.1 + 0.2), ..session() };
        for text in [session_file(&learned).unwrap(), learned.to_json(EMBEDDED_IN_FIGURE).unwrap()] {
            assert_eq!(Session::parse(&text).unwrap(), learned);
        }
        let refused = |session: &Session| Session::parse(&session_file(session).unwrap()).unwrap_err().to_string();
        assert!(refused(&Session { sigma2: None, ..learned.clone() }).contains("must be recorded"));
        assert!(refused(&Session { sigma2: Some(-1.0), ..learned.clone() }).contains("sigma2 = -1 is not between"));
        assert!(refused(&Session { sigma2: Some(1.0), ..session() }).contains("must be recorded"));
        let planned = Session { sigma2: None, weights: None, ..learned };
        assert_eq!(Session::parse(&session_file(&planned).unwrap()).unwrap(), planned, "not trained yet");
    }

    #[test]
    fn errors_of_two_runs_say_which() {
        let two = session_of_your_data().compared_with(Some(session_of_your_data()));
        let value: Value = serde_json::from_str(&two.to_json(EMBEDDED_IN_FIGURE).unwrap()).unwrap();
        let spoilt = |place: &str| {
            let mut value = value.clone();
            value.pointer_mut(place).unwrap()["latent_dim"] = 0.into();
            Session::parse(&value.to_string()).unwrap_err().to_string()
        };
        assert!(spoilt("/model").starts_with("the first run of the session: latent_dim = 0 is not"));
        assert!(spoilt("/beside/model").starts_with("the second run of the session: latent_dim = 0 is not"));
    }

    #[test]
    fn other_files_are_refused_with_the_reason() {
        let text = session_file(&session()).unwrap();
        let refused = |text: &str| Session::parse(text).unwrap_err().to_string();
        for (text, words) in [
            (String::new(), "not a whole session file"),
            (text[..text.len() / 2].to_owned(), "not a whole session file"),
            ("[1, 2]".to_owned(), "not a session of Unpick"),
            ("{\"schema\": 1}".to_owned(), "not a session of Unpick"),
            (text.replace("\"schema\": 1", "\"schema\": 2"), "schema 2"),
            (text.replace("\"schema\": 1", "\"schema\": 2, \"colour\": 3"), "schema 2"),
            (text.replace("\"seed\"", "\"seat\""), "unknown field `seat`"),
            (text.replace("9:batch=8", "10:batch=8"), "comes after the last step 9"),
            (text.replace("9:batch=8", "9:batch=0"), "batch = 0"),
            (text.replace("\"name\": \"linear\"", "\"name\": 7"), "not a whole session file"),
            (
                text.replace("\"weights\"", "\"parameters\": \"AAAA\", \"weights\""),
                "weights of the session are damaged",
            ),
        ] {
            let sentence = refused(&text);
            assert!(sentence.contains(words) && !sentence.contains('\n'), "{words}: {sentence}");
        }
        let text = session_of_your_data().to_json(EMBEDDED_IN_FIGURE).unwrap();
        for (from, to) in
            [("\"test\":\"", "\"test\":\"A"), ("[\"a\",", "[\"a\",\"c\","), ("\"scale\"", "\"image\":[1,3],\"scale\"")]
        {
            assert!(refused(&text.replacen(from, to, 1)).contains("damaged"), "{from}");
        }
    }

    proptest! {
        #[test]
        fn damage_never_panics(place in 0_usize..3000, value in any::<u8>(), length in 0_usize..4000) {
            let mut bytes = session_of_your_data().to_json(EMBEDDED_IN_FIGURE).unwrap().into_bytes();
            if let Some(byte) = bytes.get_mut(place) {
                *byte = value;
            }
            bytes.truncate(length);
            drop(Session::parse(&String::from_utf8_lossy(&bytes)));
        }
    }
}
