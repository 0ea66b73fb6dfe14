//! Settings as typed text: `beta 4`, `z 1 -0.5`.

use super::change::{change, one};
use super::choices;
use super::row::{PaletteContext, PaletteRow};
use crate::app::panels::slider::{short, typed};
use crate::sentence::quoted;
use crate::viz::command::UiCommand;

/// A setting that can be typed.
pub(super) struct TypedSetting {
    /// Its name, as it is typed.
    pub(super) name: &'static str,
    /// Its name on the screen.
    pub(super) label: &'static str,
    /// What is typed after the name.
    pub(super) wanted: &'static str,
    /// The present value; empty where there is none.
    pub(super) now: fn(&PaletteContext<'_>) -> String,
    /// The values are names, of which all are shown at once.
    pub(super) has_choices: bool,
    /// The rows for what was typed after the name.
    pub(super) rows: fn(&PaletteContext<'_>, &str) -> Vec<PaletteRow>,
}

/// All of them.
pub(super) const TYPED: [TypedSetting; 18] = [
    setting(
        "beta",
        "β",
        "a number",
        |c| short(c.settings.objective.beta, 0..=0),
        |c, value| change(c, ["beta", "β"], value),
    ),
    choice(
        "regularizer",
        "regulariser",
        "a name",
        |c| c.settings.objective.regularizer.to_string(),
        choices::regularizers,
    ),
    setting(
        "sigma2",
        "σ²",
        "a number, or learned",
        |c| match c.settings.learned() {
            Some(sigma2) => format!("{} (learned)", short(sigma2, 0..=0)),
            None => short(c.settings.objective.sigma2, 0..=0),
        },
        |c, value| change(c, ["sigma2", "σ²"], value),
    ),
    setting(
        "lr",
        "learning rate",
        "a number",
        |c| short(c.settings.optimizer.lr, 0..=0),
        |c, value| change(c, ["lr", "learning rate"], value),
    ),
    setting(
        "batch",
        "batch",
        "a whole number",
        |c| c.settings.optimizer.batch.to_string(),
        |c, value| change(c, ["batch", "batch"], value),
    ),
    choice(
        "covariance",
        "covariance",
        "diagonal or full",
        |c| c.settings.objective.covariance.name().to_owned(),
        choices::covariances,
    ),
    choice("optimizer", "optimiser", "a name", |c| c.settings.optimizer.kind.name().to_owned(), choices::optimizers),
    setting(
        "rotate",
        "rotate latents",
        "degrees",
        |_| String::new(),
        |c, value| change(c, ["rotate", "rotate latents"], value),
    ),
    setting("phi", "φ", "degrees", |c| short(c.phi, 0..=0), |c, value| one(c, "φ", phi(value))),
    setting("z", "z*", "a number for each latent", |c| latent(c.z), |c, value| one(c, "z*", place(c, value))),
    setting("seed", "seed", "a whole number", |c| c.seed.to_string(), |c, value| one(c, "seed", seed(value))),
    setting(
        "steps",
        "train to step",
        "a whole number",
        |c| c.step.to_string(),
        |c, value| one(c, "train to step", steps(c, value)),
    ),
    setting("speed", "speed", "seconds, or full", |c| pace(c.pace), |c, value| one(c, "speed", speed(value))),
    choice("scene", "scene", "a name", |_| String::new(), choices::scenes),
    choice("view", "view alone", "a name, or all", |_| String::new(), choices::views),
    choice("layer", "layer", "a name", |_| String::new(), choices::layers),
    choice("theme", "theme", "light or dark", |_| String::new(), choices::themes),
    choice("lesson", "lesson", "a name", |_| String::new(), choices::lessons),
];

const fn setting(
    name: &'static str,
    label: &'static str,
    wanted: &'static str,
    now: fn(&PaletteContext<'_>) -> String,
    rows: fn(&PaletteContext<'_>, &str) -> Vec<PaletteRow>,
) -> TypedSetting {
    TypedSetting { name, label, wanted, now, has_choices: false, rows }
}

const fn choice(
    name: &'static str,
    label: &'static str,
    wanted: &'static str,
    now: fn(&PaletteContext<'_>) -> String,
    rows: fn(&PaletteContext<'_>, &str) -> Vec<PaletteRow>,
) -> TypedSetting {
    TypedSetting { name, label, wanted, now, has_choices: true, rows }
}

/// The largest coordinate of z* that is taken.
const FARTHEST: f64 = 20.0;

/// z* with these first coordinates.
fn place(context: &PaletteContext<'_>, text: &str) -> Result<(String, UiCommand), String> {
    let mut z = context.z.to_vec();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > z.len() {
        return Err(format!("there are {} latents, not {}", z.len(), words.len()));
    }
    for (z, word) in z.iter_mut().zip(words) {
        *z = coordinate(word.trim_end_matches(','))?;
    }
    Ok((format!("to {}", latent(&z)), UiCommand::MoveTo(z)))
}

/// The row for one coordinate of z*, typed as z2 -0.5; `None` if that is not what was typed.
pub(super) fn one_latent(context: &PaletteContext<'_>, name: &str, value: &str) -> Option<PaletteRow> {
    let number: usize = name.strip_prefix('z')?.parse().ok()?;
    let m = context.z.len();
    let moved = || {
        let mut z = context.z.to_vec();
        let place = number.checked_sub(1).and_then(|i| z.get_mut(i));
        *place.ok_or_else(|| format!("there are {m} latents, not {number}"))? =
            coordinate(value.trim_start_matches(['=', ' ']))?;
        Ok((format!("to {}", latent(&z)), UiCommand::MoveTo(z)))
    };
    one(context, "z*", moved()).pop()
}

fn coordinate(text: &str) -> Result<f64, String> {
    let number = typed(text).ok_or_else(|| format!("{} is not a number", quoted(text)))?;
    let is_near = (-FARTHEST..=FARTHEST).contains(&number);
    is_near.then_some(number).ok_or_else(|| format!("{number} is not between −{FARTHEST} and {FARTHEST}"))
}

fn latent(z: &[f64]) -> String {
    let numbers: Vec<String> = z.iter().map(|z| short(*z, 0..=0)).collect();
    format!("({})", numbers.join(", "))
}

/// The dial of the rotation at this angle.
fn phi(text: &str) -> Result<(String, UiCommand), String> {
    match typed(text.trim_end_matches('°')) {
        Some(degrees) if (-90.0..=90.0).contains(&degrees) => {
            Ok((format!("to {}°", short(degrees, 0..=0)), UiCommand::SetPhi(degrees)))
        }
        _ => Err(format!("{} is no angle from −90 to 90 degrees", quoted(text))),
    }
}

fn seed(text: &str) -> Result<(String, UiCommand), String> {
    match text.parse::<u64>() {
        Ok(seed) if i64::try_from(seed).is_ok() => Ok((format!("{seed}, restarts the run"), UiCommand::SetSeed(seed))),
        _ => Err(format!("{} is not a whole number from 0 to {}", quoted(text), i64::MAX)),
    }
}

fn steps(context: &PaletteContext<'_>, text: &str) -> Result<(String, UiCommand), String> {
    match text.parse::<u64>() {
        Ok(steps) if steps > context.step => Ok((format!("{steps}, then pause"), UiCommand::StepsTo(steps))),
        Ok(_) => Err(format!("the run has made {} steps already", context.step)),
        Err(_) => Err(format!("{} is not a whole number", quoted(text))),
    }
}

fn speed(text: &str) -> Result<(String, UiCommand), String> {
    if text == "full" {
        return Ok(("full".to_owned(), UiCommand::SetPace(None)));
    }
    match typed(text.trim_end_matches('s')) {
        Some(seconds) if (1.0..=3600.0).contains(&seconds) => {
            Ok((pace(Some(seconds)), UiCommand::SetPace(Some(seconds))))
        }
        _ => Err(format!("{} is neither full nor a number of seconds from 1 to 3600", quoted(text))),
    }
}

fn pace(pace: Option<f64>) -> String {
    pace.map_or("full".to_owned(), |seconds| format!("{} s", short(seconds, 0..=0)))
}
