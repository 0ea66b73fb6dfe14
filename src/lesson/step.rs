//! A step of a lesson: a run, what is shown of it, and a text.

use toml::{Table, Value};

use super::blocks::LessonBlock;
use super::claim::{Claim, ClaimKind};
use super::problem::LessonProblem;
use super::run::{LessonRun, is_of_run};
use super::task::Task;
use super::vocabulary::Vocabulary;
use crate::checks::{CheckQuantity, Seeds, predictions};
use crate::geometry::MapQuantity;
use crate::sentence::quoted;

/// Camera, layers and dials of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepScene {
    /// Camera; `None`: that of the scene.
    pub camera: Option<StepCamera>,
    /// Names of the layers that are on; `None`: the usual ones.
    pub layers: Option<Vec<String>>,
    /// Morph from the latent plane (0) to the manifold (1).
    pub morph: Option<f64>,
    /// The angle of the rotation dial, in degrees.
    pub phi: Option<f64>,
    /// The chosen observation, counted from 1.
    pub observation: Option<usize>,
    /// Draw unit vectors uᵢ instead of sᵢ uᵢ.
    pub unit_arrows: bool,
    /// The latents of the latent plane, counted from 0.
    pub plane: Option<[usize; 2]>,
    /// The index of the factor that colours observations.
    pub color: Option<usize>,
    /// The quantity that colours the latent plane and its image.
    pub heat: Option<MapQuantity>,
}

/// A camera of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StepCamera {
    /// As the scene file says.
    Home,
    /// Along an axis, 0 to 2.
    Axis(usize),
    /// Facing the tangent plane at d(z\*).
    Tangent,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct LessonStep {
    /// Title.
    pub title: String,
    /// Line of the file.
    pub line: usize,
    /// One run, or two that are compared.
    pub runs: Vec<LessonRun>,
    /// Steps to which the runs train while the step is shown.
    pub train_to: Option<u64>,
    /// Names of the views, in rows.
    pub views: Vec<Vec<String>>,
    /// z\*; empty: as at the start.
    pub z: Vec<f64>,
    /// Camera, layers and dials.
    pub scene: StepScene,
    /// Text, in Markdown.
    pub text: String,
    /// Text after the answer, or once the task is done.
    pub outcome: String,
    /// Notes of the speaker, in Markdown.
    pub notes: String,
    /// A question or a task.
    pub task: Option<Task>,
    /// Claims of both texts.
    pub claims: Vec<Claim>,
    /// The values that describe its runs, which the next step takes over.
    values: (Table, Table),
}

/// A line of the text that parts what is read before the answer from what is read after it.
const BREAK: &str = "---";

impl LessonStep {
    /// Reads a step. What it leaves out is as in the step before; a step with a scene begins with the defaults of that scene.
    pub(super) fn of(
        mut block: LessonBlock,
        before: Option<&Self>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, LessonProblem> {
        let (line, has_scene) = (block.line, block.has("scene"));
        let title = block
            .words("step")?
            .ok_or_else(|| LessonProblem::new(line, "step is missing: every step needs step = \"its title\""))?;
        let kept = before.filter(|_| !has_scene);
        let last_line = block.line_of("train_to");
        let last = read(&mut block, "train_to", last)?;
        let (runs, values) = runs(&mut block, kept, last)?;
        let train_to = last.map(|last| train_to(last, &runs)).transpose();
        let train_to = train_to.map_err(|sentence| LessonProblem::new(last_line, sentence))?;
        let missing = || LessonProblem::new(line, "views is missing: the first step needs views = [\"data\"]");
        let views = read(&mut block, "views", |value| views(value, vocabulary))?
            .or_else(|| before.map(|before| before.views.clone()))
            .ok_or_else(missing)?;
        let most = runs.iter().map(LessonRun::latent_dim).max().unwrap_or(1);
        let z = read(&mut block, "z", |value| z(value, most))?
            .or_else(|| kept.map(|kept| kept.z.clone()))
            .unwrap_or_default();
        let scene = scene(&mut block, kept.map(|kept| &kept.scene), &runs[0], vocabulary)?;
        let notes = block.words("notes")?.unwrap_or_default();
        let task = Task::of(&mut block, runs.len(), runs[0].latent_dim())?;
        if let Some((key, at)) = block.unknown() {
            let sentence = format!("'{key}' is not known; docs/lessons.md lists all keys of a step");
            return Err(LessonProblem::new(at, sentence));
        }
        let (text, outcome, outcome_line) = parts(&block.text, block.text_line);
        let mut claims = Claim::all_in(&text, block.text_line, runs.len(), vocabulary)?;
        claims.extend(Claim::all_in(&outcome, outcome_line, runs.len(), vocabulary)?);
        let known = runs[0].scene().map_or_else(Vec::new, |scene| predictions(scene, Seeds { first: 0, count: 1 }));
        let is_named = |name: &str| known.iter().any(|prediction| prediction.measured() == name);
        for claim in &claims {
            if let ClaimKind::Predicted(name) = &claim.kind
                && !is_named(name)
            {
                let sentence = format!("`unpick check` has no prediction {} about this scene", quoted(name));
                return Err(LessonProblem::new(claim.line, sentence));
            }
            if let ClaimKind::Measured(_, CheckQuantity::SingularValue(rank), _)
            | ClaimKind::Compared(_, CheckQuantity::SingularValue(rank), _) = &claim.kind
                && *rank >= most
            {
                let sentence = format!("there is no s{}: the run has {most} latents", rank + 1);
                return Err(LessonProblem::new(claim.line, sentence));
            }
        }
        let [text, outcome] = [text, outcome].map(|text| text.trim().to_owned());
        Ok(Self { title, line, runs, train_to, views, z, scene, text, outcome, notes, task, claims, values })
    }

    /// The runs at its end, where its claims are measured: those to which it trains, or those with which it begins.
    pub fn end(&self) -> Vec<LessonRun> {
        self.runs.iter().map(|run| self.train_to.map_or_else(|| run.clone(), |steps| run.with_steps(steps))).collect()
    }
}

/// Text before and after the break, and the line of the latter.
fn parts(text: &str, line: usize) -> (String, String, usize) {
    let lines: Vec<&str> = text.lines().collect();
    match lines.iter().position(|line| line.trim() == BREAK) {
        Some(at) => (lines[..at].join("\n"), lines[at + 1..].join("\n"), line + at + 1),
        None => (text.to_owned(), String::new(), line),
    }
}

/// The runs, and the values that describe them.
fn runs(
    block: &mut LessonBlock,
    kept: Option<&LessonStep>,
    last: Option<u64>,
) -> Result<(Vec<LessonRun>, (Table, Table)), LessonProblem> {
    let (mut own, mut beside) = kept.map(|kept| kept.values.clone()).unwrap_or_default();
    let mut line = block.line;
    let keys: Vec<String> = block.keys().filter(|key| is_of_run(key)).map(str::to_owned).collect();
    for key in keys {
        let Some((at, value)) = block.take(&key) else { continue };
        line = line.max(at);
        // One of both says how long.
        match key.as_str() {
            "steps" => own.remove("until"),
            "until" => own.remove("steps"),
            _ => None,
        };
        own.insert(key, value);
    }
    if !own.contains_key("scene") {
        let sentence = "scene is missing: the first step needs scene = \"cylinder\" or another";
        return Err(LessonProblem::new(line, sentence));
    }
    let first = LessonRun::of(&own, last).map_err(|e| LessonProblem::new(line, e))?;
    let beside_line = if block.has("beside") { block.line_of("beside") } else { line };
    match block.take("beside") {
        None => {}
        Some((_, Value::Boolean(false))) => beside = Table::new(),
        Some((_, Value::Table(values))) if !values.is_empty() && values.keys().all(|key| is_of_run(key)) => {
            beside = values;
        }
        Some((at, _)) => {
            let sentence = "beside must name what differs in run B, as { covariance = \"full\" }, or be false";
            return Err(LessonProblem::new(at, sentence));
        }
    }
    let mut runs = vec![first];
    if !beside.is_empty() {
        let mut second = own.clone();
        second.extend(beside.clone());
        runs.push(LessonRun::of(&second, last).map_err(|e| LessonProblem::new(beside_line, format!("run B: {e}")))?);
    }
    Ok((runs, (own, beside)))
}

fn last(value: &Value) -> Result<u64, String> {
    let steps = value.as_integer().and_then(|steps| u64::try_from(steps).ok());
    steps.ok_or_else(|| "train_to must be a number of steps".to_owned())
}

fn train_to(last: u64, runs: &[LessonRun]) -> Result<u64, String> {
    let begin = runs.iter().map(LessonRun::steps).max().unwrap_or(0);
    if last > begin && !runs.iter().any(LessonRun::settles) {
        return Ok(last);
    }
    Err(format!("train_to must be a number of steps after the {begin} with which the step begins"))
}

/// Rows of names, or one row.
fn views(value: &Value, vocabulary: &Vocabulary) -> Result<Vec<Vec<String>>, String> {
    let wrong = || {
        "views must be names, as [\"latent\", \"data\"], or rows of names, as [[\"data\"], [\"densities\"]]".to_owned()
    };
    let row = |values: &[Value]| -> Result<Vec<String>, String> {
        let names = values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong));
        names.collect()
    };
    let entries = value.as_array().filter(|entries| !entries.is_empty()).ok_or_else(wrong)?;
    let rows = if entries[0].is_str() {
        vec![row(entries)?]
    } else {
        let of = |entry: &Value| row(entry.as_array().filter(|row| !row.is_empty()).ok_or_else(wrong)?);
        entries.iter().map(of).collect::<Result<Vec<_>, _>>()?
    };
    if rows.iter().map(Vec::len).sum::<usize>() > 4 {
        return Err("a step shows at most four views".to_owned());
    }
    for name in rows.iter().flatten() {
        known(name, vocabulary.views.as_deref(), "view")?;
    }
    Ok(rows)
}

fn known(name: &str, names: Option<&[&'static str]>, what: &str) -> Result<(), String> {
    match names {
        Some(names) if !names.contains(&name) => Err(format!("'{name}' is no {what}; choose of {}", names.join(", "))),
        _ => Ok(()),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|x| x as f64)).filter(|x| x.is_finite())
}

fn z(value: &Value, most: usize) -> Result<Vec<f64>, String> {
    let numbers: Option<Vec<f64>> = value.as_array().and_then(|values| values.iter().map(number).collect());
    let fits = |z: &Vec<f64>| z.len() <= most && z.iter().all(|z| z.abs() <= 20.0);
    numbers.filter(fits).ok_or_else(|| format!("z must be at most {most} numbers between -20 and 20"))
}

fn scene(
    block: &mut LessonBlock,
    kept: Option<&StepScene>,
    run: &LessonRun,
    vocabulary: &Vocabulary,
) -> Result<StepScene, LessonProblem> {
    let kept = kept.cloned().unwrap_or_default();
    let plane = |value: &Value| plane(value, run.latent_dim());
    let layers = |value: &Value| layers(value, vocabulary);
    let unit_arrows = |value: &Value| value.as_bool().ok_or_else(|| "unit_arrows must be true or false".to_owned());
    let observation = read(block, "observation", |value| within(value, "observation", 1.0, 1e6))?;
    Ok(StepScene {
        camera: read(block, "camera", camera)?.or(kept.camera),
        layers: read(block, "layers", layers)?.or(kept.layers),
        morph: read(block, "morph", |value| within(value, "morph", 0.0, 1.0))?.or(kept.morph),
        phi: read(block, "phi", |value| within(value, "phi", -180.0, 180.0))?.or(kept.phi),
        observation: observation.map(|number| number as usize).or(kept.observation),
        unit_arrows: read(block, "unit_arrows", unit_arrows)?.unwrap_or(kept.unit_arrows),
        plane: read(block, "plane", plane)?.or(kept.plane),
        color: read(block, "color", |value| color(value, run))?.unwrap_or(kept.color),
        heat: read(block, "heat", heat)?.unwrap_or(kept.heat),
    })
}

/// Takes a value and reads it; a mistake has its line.
fn read<T>(
    block: &mut LessonBlock,
    key: &str,
    read: impl FnOnce(&Value) -> Result<T, String>,
) -> Result<Option<T>, LessonProblem> {
    let Some((line, value)) = block.take(key) else { return Ok(None) };
    read(&value).map(Some).map_err(|sentence| LessonProblem::new(line, sentence))
}

fn within(value: &Value, key: &str, low: f64, high: f64) -> Result<f64, String> {
    let number = number(value).filter(|x| (low..=high).contains(x));
    number.ok_or_else(|| format!("{key} must be a number between {low} and {high}"))
}

fn camera(value: &Value) -> Result<StepCamera, String> {
    match value.as_str() {
        Some("home") => Ok(StepCamera::Home),
        Some("x") => Ok(StepCamera::Axis(0)),
        Some("y") => Ok(StepCamera::Axis(1)),
        Some("z") => Ok(StepCamera::Axis(2)),
        Some("tangent") => Ok(StepCamera::Tangent),
        _ => Err("camera must be \"home\", \"x\", \"y\", \"z\" or \"tangent\"".to_owned()),
    }
}

/// Two latents, counted from 1 in the file.
fn plane(value: &Value, m: usize) -> Result<[usize; 2], String> {
    let latent = |value: &Value| value.as_integer().and_then(|i| usize::try_from(i).ok()?.checked_sub(1));
    let latents: Option<Vec<usize>> = value.as_array().and_then(|values| values.iter().map(latent).collect());
    match latents.as_deref() {
        Some(&[a, b]) if a != b && a.max(b) < m => Ok([a, b]),
        _ => Err(format!("plane must be two of the run's {m} latents, as [1, 2]")),
    }
}

/// The factor of that name, or none.
fn color(value: &Value, run: &LessonRun) -> Result<Option<usize>, String> {
    let names = run.scene().map_or_else(Vec::new, |scene| scene.generator.factor_names());
    match value.as_str() {
        Some("none") => Ok(None),
        name => match names.iter().position(|factor| Some(factor.as_str()) == name) {
            Some(place) => Ok(Some(place)),
            None => Err(format!("color must be \"none\" or a factor of the scene: {}", names.join(", "))),
        },
    }
}

fn heat(value: &Value) -> Result<Option<MapQuantity>, String> {
    match value.as_str() {
        Some("none") => Ok(None),
        Some("β gap") => Ok(Some(MapQuantity::Gap)),
        Some("c_IMA") => Ok(Some(MapQuantity::Contrast)),
        Some("density") => Ok(Some(MapQuantity::Density)),
        Some("s1/s2") => Ok(Some(MapQuantity::Anisotropy)),
        _ => Err("heat must be \"β gap\", \"c_IMA\", \"density\", \"s1/s2\" or \"none\"".to_owned()),
    }
}

fn layers(value: &Value, vocabulary: &Vocabulary) -> Result<Vec<String>, String> {
    let names = value.as_array().and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
    let names: Vec<String> = names.ok_or("layers must be names, as [\"data\", \"seams\"]")?;
    names.iter().try_for_each(|name| known(name, vocabulary.layers.as_deref(), "layer"))?;
    Ok(names)
}
