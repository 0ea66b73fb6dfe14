//! Recipes: a run on a built-in scene as one line of text, for slides and for pasting into the window.
//!
//! `unpick:version=2;scene=cylinder;seed=3;beta=2;at=2000:covariance=full;steps=5000;z=0.5,-1` gives the scene, the values that
//! differ from its defaults, the commands during the run in order, the number of steps and z*. The default seed is 0;
//! all other defaults are those of the scene. Without a version, optimiser, posterior factor and schedule are those from
//! before there were others.

use std::fmt;
use std::str::FromStr;

use super::record::parse_logged;
use crate::data::Scene;
use crate::experiment::{Command, Config, LoggedCommand, Origin, Settings};
use crate::io::file_error::FileError;
use crate::nn::Activation;
use crate::vae::{DecoderKind, Likelihood, PosteriorFactor};

const PREFIX: &str = "unpick:";

/// A run on a built-in scene and a point in its latent space.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    config: Config,
    log: Vec<LoggedCommand>,
    steps: u64,
    z: Vec<f64>,
}

impl Recipe {
    /// The recipe of a run. An empty `z` is the origin.
    ///
    /// # Errors
    /// If the data are not those of a built-in scene.
    pub fn new(config: &Config, log: &[LoggedCommand], steps: u64, z: &[f64]) -> Result<Self, FileError> {
        let built_in = config.origin.scene().filter(|scene| Scene::named(&scene.name) == Some(*scene));
        if built_in.is_none() {
            let name = config.origin.name();
            return Err(FileError::new(format_args!(
                "only runs on built-in scenes have a recipe, and '{name}' is none; share the session file instead"
            )));
        }
        let z = if z.iter().all(|z| *z == 0.0) { Vec::new() } else { z.to_vec() };
        Ok(Self { config: config.clone(), log: log.to_vec(), steps, z })
    }

    /// Configuration at step 0.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Commands during the run.
    pub fn log(&self) -> &[LoggedCommand] {
        &self.log
    }

    /// Number of steps.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The same run with another number of steps.
    #[must_use]
    pub fn with_steps(&self, steps: u64) -> Self {
        Self { steps, ..self.clone() }
    }

    /// z* (m), or empty for the origin.
    pub fn z(&self) -> &[f64] {
        &self.z
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, log, steps, z } = self;
        let version = if config.cycle.is_some() { "version=2;" } else { "" };
        write!(f, "{PREFIX}{version}scene={}", config.origin.name())?;
        if config.seed != 0 {
            write!(f, ";seed={}", config.seed)?;
        }
        let mut defaults = default_config(config.origin.clone(), config.cycle.is_some());
        let (own, default) = (&config.architecture, &defaults.architecture);
        if own.latent_dim != default.latent_dim {
            write!(f, ";latent_dim={}", own.latent_dim)?;
        }
        if own.hidden != default.hidden {
            write!(f, ";hidden={}", list(&own.hidden))?;
        }
        if own.activation != default.activation {
            write!(f, ";activation={}", own.activation.name())?;
        }
        if own.decoder != default.decoder {
            write!(f, ";decoder={}", own.decoder.name())?;
        }
        if own.factor != default.factor {
            write!(f, ";posterior_factor={}", own.factor.name())?;
        }
        if own.likelihood != default.likelihood {
            write!(f, ";likelihood={}", own.likelihood.name())?;
            defaults.set_likelihood(own.likelihood);
        }
        let (own, default) = (config.settings(), defaults.settings());
        for command in settings(&own, &default) {
            if command.current(&default) != Some(command) {
                write!(f, ";{command}")?;
            }
        }
        if config.threads != defaults.threads {
            write!(f, ";threads={}", config.threads)?;
        }
        if let Some(cycle) = config.cycle.filter(|_| config.cycle != defaults.cycle) {
            write!(f, ";cycle={cycle}")?;
        }
        log.iter().try_for_each(|logged| write!(f, ";at={}:{}", logged.step, logged.command))?;
        write!(f, ";steps={steps}")?;
        if z.is_empty() { Ok(()) } else { write!(f, ";z={}", list(z)) }
    }
}

impl FromStr for Recipe {
    type Err = FileError;

    fn from_str(text: &str) -> Result<Self, FileError> {
        let body = text.trim().strip_prefix(PREFIX).ok_or_else(|| {
            FileError::new(format_args!(
                "a recipe begins with '{PREFIX}', as unpick:version=2;scene=cylinder;steps=5000"
            ))
        })?;
        let pairs: Vec<(&str, &str)> = body
            .split(';')
            .filter(|part| !part.trim().is_empty())
            .map(|part| match part.split_once('=') {
                Some((name, value)) => Ok((name.trim(), value.trim())),
                None => {
                    Err(FileError::new(format_args!("'{}' in the recipe is not of the form name=value", part.trim())))
                }
            })
            .collect::<Result<_, _>>()?;
        let value = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        let current = match value("version") {
            Some("2") => true,
            None => false,
            Some(other) => {
                return Err(FileError::new(format_args!(
                    "the recipe has version {other}; this program reads version 2"
                )));
            }
        };
        let scene = value("scene").ok_or_else(|| FileError::new("the recipe names no scene"))?;
        let scene = Scene::named(scene).ok_or_else(|| FileError::new(format_args!("there is no scene '{scene}'")))?;
        let mut config = default_config(Origin::Scene(Box::new(scene.clone())), current);
        let (mut log, mut steps, mut z) = (Vec::new(), scene.training.steps, Vec::new());
        let mut seen = Vec::new();
        for (name, value) in pairs {
            if name != "at" && seen.contains(&name) {
                return Err(FileError::new(format_args!("the recipe gives {name} twice")));
            }
            seen.push(name);
            let wrong = || FileError::new(format_args!("{name}: '{value}' in the recipe is not a valid value"));
            let architecture = &mut config.architecture;
            match name {
                "scene" | "version" => {}
                "cycle" if current => config.cycle = Some(value.parse().map_err(|_not_a_number| wrong())?),
                "seed" => config.seed = value.parse().map_err(|_not_a_number| wrong())?,
                "latent_dim" => architecture.latent_dim = value.parse().map_err(|_not_a_number| wrong())?,
                "hidden" => architecture.hidden = numbers(value).ok_or_else(wrong)?,
                "activation" => {
                    let found = Activation::ALL.into_iter().find(|a| a.name() == value);
                    architecture.activation = found.ok_or_else(wrong)?;
                }
                "decoder" => {
                    let found = DecoderKind::ALL.into_iter().find(|d| d.name() == value);
                    architecture.decoder = found.ok_or_else(wrong)?;
                }
                "likelihood" => {
                    let found = Likelihood::ALL.into_iter().find(|l| l.name() == value);
                    config.set_likelihood(found.ok_or_else(wrong)?);
                }
                "posterior_factor" => {
                    let found = PosteriorFactor::ALL.into_iter().find(|f| f.name() == value);
                    architecture.factor = found.ok_or_else(wrong)?;
                }
                "threads" => config.threads = value.parse().map_err(|_not_a_number| wrong())?,
                "at" => log.push(parse_logged(value)?),
                "steps" => steps = value.parse().map_err(|_not_a_number| wrong())?,
                "z" => z = numbers(value).ok_or_else(wrong)?,
                _ => {
                    let command: Command = format!("{name}={value}").parse().map_err(FileError::new)?;
                    let settings = command.applied_to(config.settings());
                    (config.objective, config.optimizer) = (settings.objective, settings.optimizer);
                }
            }
        }
        let samples = scene.generator.samples;
        config.validate(samples).map_err(FileError::new)?;
        config.settings_after(&log, samples).map_err(FileError::new)?;
        if log.windows(2).any(|w: &[LoggedCommand]| w[0].step > w[1].step) {
            return Err(FileError::new("the changes in the recipe are not in the order of their steps"));
        }
        if let Some(late) = log.last().filter(|l| l.step > steps) {
            return Err(FileError::new(format_args!(
                "at={}:{} comes after the last step {steps}",
                late.step, late.command
            )));
        }
        let fits = z.is_empty() || z.len() == config.architecture.latent_dim;
        if !fits || !z.iter().all(|z: &f64| z.abs() <= 20.0) {
            return Err(FileError::new(format_args!(
                "z in the recipe must be {} numbers between -20 and 20",
                config.architecture.latent_dim
            )));
        }
        Self::new(&config, &log, steps, &z)
    }
}

/// Configuration with the defaults of a recipe, `current` or without a version.
fn default_config(origin: Origin, current: bool) -> Config {
    let samples = origin.scene().map_or(0, |scene| scene.generator.samples);
    let config = Config::new(origin, 0, samples);
    if current { config } else { config.with_first_defaults() }
}

/// The settings as commands. A σ² that is learned is named with its start, unless that is the default.
fn settings(settings: &Settings, default: &Settings) -> [Command; 7] {
    let (objective, optimizer) = (settings.objective, settings.optimizer);
    let start = (objective.sigma2 != default.objective.sigma2).then_some(objective.sigma2);
    let sigma2 = if objective.learns_sigma2 { Command::LearnSigma2(start) } else { Command::Sigma2(objective.sigma2) };
    [
        Command::Covariance(objective.covariance),
        Command::Beta(objective.beta),
        sigma2,
        Command::Regularizer(objective.regularizer),
        Command::Optimizer(optimizer.kind),
        Command::Lr(optimizer.lr),
        Command::Batch(optimizer.batch),
    ]
}

fn list<T: fmt::Display>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

fn numbers<T: FromStr>(text: &str) -> Option<Vec<T>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vae::Covariance;
    use proptest::prelude::*;

    #[test]
    fn a_canonical_recipe_is_read_and_written_unchanged() {
        for line in [
            "unpick:scene=linear;steps=0",
            "unpick:scene=linear;posterior_factor=exponential;covariance=full;optimizer=adam-equivariant;at=10:optimizer=sgd;steps=20",
            "unpick:version=2;scene=linear;steps=0",
            "unpick:version=2;scene=linear;posterior_factor=cholesky;optimizer=adam;cycle=700;steps=20",
            "unpick:version=2;scene=linear;likelihood=bernoulli;beta=0.5;steps=20",
            "unpick:version=2;scene=linear;sigma2=learned;at=9:sigma2=0.1;at=10:sigma2=learned;steps=20",
            "unpick:version=2;scene=linear;sigma2=learned:0.3;at=10:sigma2=learned:0.1;steps=20",
            "unpick:version=2;scene=linear;beta=6;regularizer=tc-mws;at=10:regularizer=tc-mss:0,1;at=20:regularizer=kl;steps=20",
            "unpick:version=2;scene=linear;regularizer=factor:5;at=10:regularizer=factor:0.5;at=20:regularizer=kl;steps=20",
            "unpick:scene=cylinder;seed=3;beta=2;at=2000:covariance=full;at=2000:batch=8;steps=5000;z=0.5,-1",
            "unpick:scene=sphere;latent_dim=3;hidden=;activation=softplus;decoder=linear;covariance=full;beta=0.1;\
             sigma2=0.3;lr=0.001;batch=7;steps=1",
        ] {
            assert_eq!(line.parse::<Recipe>().unwrap().to_string(), line);
        }
        // Order, spaces and explicit defaults do not matter.
        let loose = " unpick: steps = 7 ; scene=cylinder; seed=0; z=0,0;";
        assert_eq!(loose.parse::<Recipe>().unwrap().to_string(), "unpick:scene=cylinder;steps=7");
    }

    #[test]
    fn mistakes_are_named() {
        for (line, words) in [
            ("scene=linear", "begins with"),
            ("unpick:steps=3", "names no scene"),
            ("unpick:scene=nowhere", "no scene 'nowhere'"),
            ("unpick:scene=linear;hurry", "'hurry'"),
            ("unpick:scene=linear;beta=1;beta=2", "gives beta twice"),
            ("unpick:scene=linear;beta=-1", "beta = -1"),
            ("unpick:scene=linear;colour=3", "'colour' cannot"),
            ("unpick:scene=linear;regularizer=tc-mws:-1,1", "regularizer: alpha = -1 is not between"),
            ("unpick:scene=linear;regularizer=tc-mws;threads=2", "choose threads = 1"),
            (
                "unpick:version=2;scene=linear;regularizer=tc-mws;at=3:covariance=full;steps=9",
                "posterior_factor = cholesky",
            ),
            ("unpick:scene=linear;regularizer=tc-mws;batch=1", "batch = 1 is not between 2"),
            ("unpick:scene=linear;hidden=3,x", "hidden: '3,x'"),
            ("unpick:scene=linear;at=9:beta=2;steps=8", "after the last step 8"),
            ("unpick:scene=linear;at=9:beta=2;at=3:beta=1", "order"),
            ("unpick:version=3;scene=linear", "version 3"),
            ("unpick:scene=linear;cycle=3", "'cycle' cannot"),
            ("unpick:version=2;scene=linear;cycle=0", "cycle = 0"),
            ("unpick:scene=linear;likelihood=bernoulli;sigma2=0.1", "no variance"),
            ("unpick:scene=linear;likelihood=bernoulli;sigma2=learned", "no variance"),
            ("unpick:scene=linear;sigma2=learned;optimizer=lbfgs", "lbfgs"),
            ("unpick:scene=linear;sigma2=learned:0", "sigma2 = 0 is not between"),
            ("unpick:scene=linear;likelihood=normal", "likelihood: 'normal'"),
            ("unpick:scene=linear;z=1", "z in the recipe must be 2"),
            ("unpick:scene=linear;z=1,NaN", "z in the recipe must be 2"),
        ] {
            let sentence = line.parse::<Recipe>().unwrap_err().to_string();
            assert!(sentence.contains(words) && !sentence.contains('\n'), "{line}: {sentence}");
        }
        let mut scene = Scene::named("linear").unwrap().clone();
        scene.generator.samples += 1;
        let config = Config::new(Origin::Scene(Box::new(scene)), 0, 1000);
        assert!(Recipe::new(&config, &[], 3, &[]).unwrap_err().to_string().contains("'linear' is none"));
    }

    proptest! {
        #[test]
        fn every_run_on_a_built_in_scene_is_read_back(
            scene in 0..Scene::built_in().len(), seed in 0..u64::MAX >> 1, numbers in prop::array::uniform4(1e-6_f64..1e3),
            full in any::<bool>(), steps in 10_u64..1_000_000, m in 1_usize..9, hidden in prop::collection::vec(1_usize..200, 0..4),
            z in prop::collection::vec(-3.0_f64..3.0, 8),
        ) {
            let mut config = default_config(Origin::Scene(Box::new(Scene::built_in()[scene].clone())), full);
            config.seed = seed;
            config.architecture.latent_dim = m;
            config.threads = 1 + hidden.len();
            config.architecture.hidden = hidden;
            config.objective.beta = numbers[0];
            if config.architecture.likelihood.is_gaussian() {
                config.objective.sigma2 = numbers[1];
            }
            config.optimizer.lr = numbers[2];
            config.objective.covariance = Covariance::ALL[usize::from(full)];
            let log = [LoggedCommand { step: steps / 2, command: Command::Beta(numbers[3]) }, LoggedCommand { step: steps, command: Command::Batch(3) }];
            let recipe = Recipe::new(&config, &log, steps, &z[..m]).unwrap();
            prop_assert_eq!(recipe.to_string().parse::<Recipe>().unwrap(), recipe);
        }
    }
}
