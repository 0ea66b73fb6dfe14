//! The run of a step.

use std::ops::ControlFlow;

use toml::{Table, Value};

use crate::data::Scene;
use crate::experiment::Experiment;
use crate::io::Recipe;
use crate::launch::{RunSource, launch};

/// A run on a built-in scene, up to a step or until it has settled.
#[derive(Clone, Debug, PartialEq)]
pub struct LessonRun {
    recipe: Recipe,
    settles: bool,
}

/// Steps after which a run that should settle is left as it is.
const MOST_STEPS: u64 = 40_000;

/// Steps of a run of a lesson: nobody waits for more.
const MOST_TRAINED: i64 = 1_000_000;

/// Keys of a run.
const KEYS: [&str; 18] = [
    "scene",
    "seed",
    "covariance",
    "beta",
    "sigma2",
    "regularizer",
    "latent_dim",
    "hidden",
    "activation",
    "decoder",
    "likelihood",
    "posterior_factor",
    "optimizer",
    "lr",
    "batch",
    "cycle",
    "at",
    "steps",
];

/// True for the name of a value that describes a run.
pub(super) fn is_of_run(key: &str) -> bool {
    KEYS.contains(&key) || key == "until"
}

impl LessonRun {
    /// The run that these values describe: those of a recipe, and `until = "settled"`. Its changes may come up to step `last`.
    ///
    /// # Errors
    /// If a value is invalid.
    pub(super) fn of(values: &Table, last: Option<u64>) -> Result<Self, String> {
        let settles = match values.get("until") {
            None => false,
            Some(Value::String(word)) if word == "settled" => true,
            Some(_) => return Err("until can only be \"settled\"; a number of steps is given by steps = …".to_owned()),
        };
        if settles && values.contains_key("steps") {
            return Err("give steps or until, not both".to_owned());
        }
        let mut line = "unpick:version=2".to_owned();
        for key in KEYS {
            match values.get(key) {
                None => {}
                Some(_) if key == "steps" && last.is_some() => {}
                Some(Value::Array(entries)) if key == "at" => {
                    for entry in entries {
                        line.extend([";at=", &text_of(entry)?]);
                    }
                }
                Some(value) => line.extend([";", key, "=", &text_of(value)?]),
            }
        }
        if settles {
            line.extend([";steps=", &MOST_STEPS.to_string()]);
        }
        let number = |key: &str| values.get(key).and_then(Value::as_integer).unwrap_or(0);
        if number("steps").max(last.map_or(0, |last| last.min(i64::MAX as u64) as i64)) > MOST_TRAINED {
            return Err(format!("a lesson trains at most {MOST_TRAINED} steps"));
        }
        let read = |line: &str| line.parse::<Recipe>().map_err(|e| e.to_string().replace(" in the recipe", ""));
        let Some(last) = last else { return Ok(Self { recipe: read(&line)?, settles }) };
        let recipe = read(&format!("{line};steps={last}"))?;
        let usual = || recipe.config().origin.scene().map(|scene| scene.training.steps);
        let steps = values.get("steps").and_then(Value::as_integer).map(|steps| steps.max(0) as u64).or_else(usual);
        Ok(Self { recipe: recipe.with_steps(steps.unwrap_or(0)), settles })
    }

    /// The same run with another number of steps.
    #[must_use]
    pub fn with_steps(&self, steps: u64) -> Self {
        Self { recipe: self.recipe.with_steps(steps), settles: false }
    }

    /// Steps: those of the run, or the most until it has settled.
    pub fn steps(&self) -> u64 {
        self.recipe.steps()
    }

    /// True if the run is trained until it has settled.
    pub fn settles(&self) -> bool {
        self.settles
    }

    /// The scene.
    pub fn scene(&self) -> Option<&Scene> {
        self.recipe.config().origin.scene()
    }

    /// m, the number of latents.
    pub fn latent_dim(&self) -> usize {
        self.recipe.config().architecture.latent_dim
    }

    /// The run as one line of text.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The error of a run that was ended early.
    pub const INTERRUPTED: &str = "the run was ended early";

    /// True if this run is `beginning`, trained further.
    pub fn continues(&self, beginning: &Self) -> bool {
        let is_known = !beginning.settles && beginning.steps() <= self.steps();
        is_known && beginning.recipe.with_steps(self.steps()) == self.recipe
    }

    /// Makes the run. `go_on` gets the steps made, now and then; `false` ends the run early. A pure function but for that.
    ///
    /// # Errors
    /// If the run diverges or was ended early.
    pub fn play(&self, go_on: impl FnMut(u64) -> bool) -> Result<Experiment, String> {
        self.play_on(None, go_on)
    }

    /// [`Self::play`] from a run that this one [continues](Self::continues), with the same weights to the last bit.
    ///
    /// # Errors
    /// As [`Self::play`].
    pub fn play_on(
        &self,
        beginning: Option<&Experiment>,
        mut go_on: impl FnMut(u64) -> bool,
    ) -> Result<Experiment, String> {
        let begin = || {
            let prepared = launch(&RunSource::Recipe(self.recipe.clone()), None).map_err(|e| e.to_string())?;
            prepared.experiment().map_err(|e| e.to_string())
        };
        let mut run = beginning.map_or_else(begin, |beginning| Ok(beginning.clone()))?;
        let mut is_interrupted = false;
        let played = run.play_to(self.steps(), |run| {
            let state = run.state();
            is_interrupted = state.step.is_multiple_of(20) && !go_on(state.step);
            let is_settled = self.settles && state.schedule.settled().is_some();
            if is_interrupted || is_settled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let _ended = played.map_err(|e| e.to_string())?;
        if is_interrupted { Err(Self::INTERRUPTED.to_owned()) } else { Ok(run) }
    }
}

/// A value as a recipe writes it.
fn text_of(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.replace(';', ",")),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Array(values) => Ok(values.iter().map(text_of).collect::<Result<Vec<_>, _>>()?.join(",")),
        _ => Err(format!("{value} is not a value of a run")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::hash_of_weights;

    fn run(text: &str) -> Result<LessonRun, String> {
        LessonRun::of(&text.parse::<Table>().unwrap(), None)
    }

    #[test]
    fn a_run_is_the_same_every_time_it_is_made() {
        let run = run(
            "scene = \"linear\"\ncovariance = \"full\"\nseed = 4\nat = [\"20:beta=2\", \"30:rotate=10\"]\nsteps = 60",
        )
        .unwrap();
        let hash = || hash_of_weights(&run.play(|_| true).unwrap().state().vae);
        assert_eq!((run.steps(), run.latent_dim(), hash()), (60, 2, hash()));
        assert_eq!(run.play(|step| step < 40).unwrap_err(), LessonRun::INTERRUPTED);
    }

    #[test]
    fn a_run_goes_on_from_its_beginning_to_the_last_bit() {
        let whole = run("scene = \"linear\"\nat = [\"20:beta=2\"]\nsteps = 60").unwrap();
        let beginning = whole.with_steps(40);
        let begun = beginning.play(|_| true).unwrap();
        assert!(whole.continues(&beginning) && !beginning.continues(&whole));
        let other = run("scene = \"linear\"\nsteps = 30").unwrap();
        assert!(!whole.continues(&other));
        let [whole, on] = [whole.play(|_| true), whole.play_on(Some(&begun), |_| true)].map(Result::unwrap);
        assert_eq!(hash_of_weights(&whole.state().vae), hash_of_weights(&on.state().vae));
    }

    #[test]
    fn a_run_that_settles_ends_there() {
        let run = run("scene = \"linear\"\nuntil = \"settled\"").unwrap().play(|_| true).unwrap();
        assert_eq!(run.state().schedule.settled(), Some(run.state().step));
        assert!(run.state().step < MOST_STEPS);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, words) in [
            ("scene = \"linear\"\nuntil = \"tomorrow\"", "until"),
            ("scene = \"linear\"\nuntil = \"settled\"\nsteps = 3", "not both"),
            ("scene = \"linear\"\nbeta = true", "true"),
            ("scene = \"linear\"\nsteps = 99999999999", "at most 1000000"),
            ("scene = \"linear\"\nat = [\"90:beta=2\"]\nsteps = 80", "after the last step"),
        ] {
            let sentence = run(text).unwrap_err();
            assert!(sentence.contains(words), "{sentence}");
        }
    }
}
