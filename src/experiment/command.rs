//! Commands that change a run while it trains. Configuration and log of commands determine every weight.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::settings::{InvalidSetting, Settings};
use crate::geometry::Rotation;
use crate::nn::OptimizerKind;
use crate::sentence::{quoted, subscript};
use crate::vae::{Architecture, Covariance, Likelihood, Regularizer};

/// Change of one setting, or of the model itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Weight β of the KL divergence.
    Beta(f64),
    /// Variance σ² of p(x|z), fixed.
    Sigma2(f64),
    /// σ² is learned, from this value on or from the one in force.
    LearnSigma2(Option<f64>),
    /// Family of posteriors.
    Covariance(Covariance),
    /// Regulariser of the objective.
    Regularizer(Regularizer),
    /// Optimiser.
    Optimizer(OptimizerKind),
    /// Learning rate.
    Lr(f64),
    /// Observations per minibatch.
    Batch(usize),
    /// Rotation of the latents in decoder and encoder. Changes the model, not a setting.
    Rotate(Rotation),
}

/// Command with the step after which it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoggedCommand {
    /// Steps made before it.
    pub step: u64,
    /// The command.
    pub command: Command,
}

impl Command {
    /// Settings after this command; a rotation changes none.
    pub fn applied_to(self, mut settings: Settings) -> Settings {
        match self {
            Self::Beta(beta) => settings.objective.beta = beta,
            Self::Sigma2(sigma2) => {
                (settings.objective.sigma2, settings.objective.learns_sigma2) = (sigma2, false);
            }
            Self::LearnSigma2(start) => {
                settings.objective.sigma2 = start.unwrap_or(settings.objective.sigma2);
                settings.objective.learns_sigma2 = true;
            }
            Self::Covariance(covariance) => settings.objective.covariance = covariance,
            Self::Regularizer(regularizer) => settings.objective.regularizer = regularizer,
            Self::Optimizer(kind) => settings.optimizer.kind = kind,
            Self::Lr(lr) => settings.optimizer.lr = lr,
            Self::Batch(batch) => settings.optimizer.batch = batch,
            Self::Rotate(_) => {}
        }
        settings
    }

    /// Command that sets the same setting to its current value; `None` for a rotation. A learned σ² has no value to be set.
    pub fn current(self, settings: &Settings) -> Option<Self> {
        Some(match self {
            Self::Beta(_) => Self::Beta(settings.objective.beta),
            Self::Sigma2(_) | Self::LearnSigma2(_) if settings.objective.learns_sigma2 => Self::LearnSigma2(None),
            Self::Sigma2(_) | Self::LearnSigma2(_) => Self::Sigma2(settings.objective.sigma2),
            Self::Covariance(_) => Self::Covariance(settings.objective.covariance),
            Self::Regularizer(_) => Self::Regularizer(settings.objective.regularizer),
            Self::Optimizer(_) => Self::Optimizer(settings.optimizer.kind),
            Self::Lr(_) => Self::Lr(settings.optimizer.lr),
            Self::Batch(_) => Self::Batch(settings.optimizer.batch),
            Self::Rotate(_) => return None,
        })
    }

    /// Checks a rotation against the number of latents, an optimiser against the layers, and σ² against the likelihood. Values of settings are checked by
    /// [`Settings::validate`].
    ///
    /// # Errors
    /// If the angle is no angle, the plane is none of this model, the optimiser cannot train it, or the likelihood has no σ².
    pub fn check(self, architecture: &Architecture) -> Result<(), InvalidSetting> {
        let latent_dim = architecture.latent_dim;
        let Self::Rotate(Rotation { degrees, plane: [a, b] }) = self else {
            return match self {
                Self::Optimizer(kind) => can_train(kind, architecture),
                Self::Sigma2(sigma2) => has_variance(architecture, Some(sigma2)),
                Self::LearnSigma2(_) => has_variance(architecture, None),
                _ => Ok(()),
            };
        };
        let wrong = if latent_dim < 2 {
            "there is only one latent; a rotation needs two".to_owned()
        } else if !(-360.0..=360.0).contains(&degrees) {
            format!("{degrees} is no angle between -360 and 360 degrees")
        } else if a == b || a.max(b) >= latent_dim {
            format!("{},{} are not two different latents from 1 to {latent_dim}", a + 1, b + 1)
        } else {
            return Ok(());
        };
        Err(InvalidSetting(format!("rotate: {wrong}")))
    }

    /// Change that it makes to these settings, for display: `beta 1 → 4`, `rotate 30°`.
    pub fn describe_change(self, before: &Settings) -> String {
        match (self, self.current(before)) {
            (Self::Rotate(Rotation { degrees, plane }), _) => {
                let angle = format!("rotate {degrees}°").replace('-', "−");
                match plane {
                    [0, 1] => angle,
                    [a, b] => format!("{angle} from z{} to z{}", subscript(a + 1), subscript(b + 1)),
                }
            }
            (_, Some(old)) => format!("{} {} → {}", self.name(), old.value(), self.value()),
            (_, None) => self.to_string(),
        }
    }

    /// Name of the setting, or `rotate`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Beta(_) => "beta",
            Self::Sigma2(_) | Self::LearnSigma2(_) => "sigma2",
            Self::Covariance(_) => "covariance",
            Self::Regularizer(_) => "regularizer",
            Self::Optimizer(_) => "optimizer",
            Self::Lr(_) => "lr",
            Self::Batch(_) => "batch",
            Self::Rotate(_) => "rotate",
        }
    }

    /// Value as text; for a rotation its degrees, and the latents unless they are the first two.
    pub fn value(self) -> String {
        match self {
            Self::Beta(x) | Self::Sigma2(x) | Self::Lr(x) => x.to_string(),
            Self::LearnSigma2(None) => LEARNED.to_owned(),
            Self::LearnSigma2(Some(start)) => format!("{LEARNED}:{start}"),
            Self::Covariance(covariance) => covariance.name().to_owned(),
            Self::Regularizer(regularizer) => regularizer.to_string(),
            Self::Optimizer(kind) => kind.name().to_owned(),
            Self::Batch(batch) => batch.to_string(),
            Self::Rotate(Rotation { degrees, plane: [0, 1] }) => degrees.to_string(),
            Self::Rotate(Rotation { degrees, plane: [a, b] }) => format!("{degrees}:{},{}", a + 1, b + 1),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name(), self.value())
    }
}

impl FromStr for Command {
    type Err = InvalidSetting;

    /// Reads `beta=4` or `rotate=30:1,3`.
    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| InvalidSetting(format!("{} is not of the form name=value", quoted(text))))?;
        let (name, value) = (name.trim(), value.trim());
        let number = |value: &str| {
            let parsed: Result<f64, _> = value.trim().parse();
            parsed.map_err(|e| InvalidSetting(format!("{name}: {} is not a number ({e})", quoted(value))))
        };
        match name {
            "beta" => Ok(Self::Beta(number(value)?)),
            "sigma2" => match value.strip_prefix(LEARNED) {
                Some("") => Ok(Self::LearnSigma2(None)),
                Some(start) if start.starts_with(':') && start.len() > 1 => {
                    Ok(Self::LearnSigma2(Some(number(&start[1..])?)))
                }
                _ => number(value).map(Self::Sigma2).map_err(|_refused| {
                    InvalidSetting(format!("sigma2: {} is neither a number nor learned nor learned:0.1", quoted(value)))
                }),
            },
            "lr" => Ok(Self::Lr(number(value)?)),
            "batch" => match value.parse() {
                Ok(batch) => Ok(Self::Batch(batch)),
                Err(e) => Err(InvalidSetting(format!("batch: {} is not a whole number ({e})", quoted(value)))),
            },
            "covariance" => match Covariance::ALL.into_iter().find(|c| c.name() == value) {
                Some(covariance) => Ok(Self::Covariance(covariance)),
                None => Err(InvalidSetting(format!("covariance: {} is neither diagonal nor full", quoted(value)))),
            },
            "regularizer" => match value.parse() {
                Ok(regularizer) => Ok(Self::Regularizer(regularizer)),
                Err(e) => Err(InvalidSetting(format!("regularizer: {} is not valid: {e}", quoted(value)))),
            },
            "optimizer" => match OptimizerKind::ALL.into_iter().find(|kind| kind.name() == value) {
                Some(kind) => Ok(Self::Optimizer(kind)),
                None => Err(InvalidSetting(format!(
                    "optimizer: {} is none of adam, adam-equivariant, sgd and lbfgs",
                    quoted(value)
                ))),
            },
            "rotate" => {
                let (degrees, latents) = value.split_once(':').unwrap_or((value, "1,2"));
                let plane = plane(latents).ok_or_else(|| {
                    InvalidSetting(format!("rotate: {} is not a pair of latents such as 1,2", quoted(latents)))
                })?;
                Ok(Self::Rotate(Rotation { degrees: number(degrees)?, plane }))
            }
            other => Err(InvalidSetting(format!(
                "{} cannot be changed during training; beta, sigma2, covariance, regularizer, optimizer, lr, batch and rotate can",
                quoted(other)
            ))),
        }
    }
}

/// Checks that an optimiser can train models of this architecture.
pub(super) fn can_train(kind: OptimizerKind, architecture: &Architecture) -> Result<(), InvalidSetting> {
    if kind == OptimizerKind::Lbfgs && !architecture.is_linear() {
        let sentence = "optimizer = lbfgs trains only linear encoders and decoders; leave out the hidden layers";
        return Err(InvalidSetting(sentence.to_owned()));
    }
    if kind == OptimizerKind::Lbfgs && !architecture.has_closed_forms() {
        let sentence = "optimizer = lbfgs needs a Gaussian likelihood, whose objective of linear models has a closed form; choose \
                        adam-equivariant";
        return Err(InvalidSetting(sentence.to_owned()));
    }
    Ok(())
}

/// Checks that σ² is 1 for a Bernoulli likelihood, which has none; `None` is one that is learned.
pub(super) fn has_variance(architecture: &Architecture, sigma2: Option<f64>) -> Result<(), InvalidSetting> {
    if architecture.likelihood == Likelihood::Bernoulli && sigma2 != Some(1.0) {
        let value = sigma2.map_or_else(|| LEARNED.to_owned(), |sigma2| sigma2.to_string());
        let sentence =
            format!("sigma2 = {value}: a Bernoulli likelihood has no variance; leave sigma2 out, or change beta");
        return Err(InvalidSetting(sentence));
    }
    Ok(())
}

/// The value of σ² that follows the data.
const LEARNED: &str = "learned";

/// Reads a pair of latents counted from 1: `1,3`.
fn plane(text: &str) -> Option<[usize; 2]> {
    let (a, b) = text.split_once(',')?;
    let latent = |text: &str| text.trim().parse::<usize>().ok()?.checked_sub(1);
    Some([latent(a)?, latent(b)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TrainingDefaults;

    #[test]
    fn commands_survive_text_and_json() {
        for text in [
            "beta=4",
            "sigma2=0.05",
            "sigma2=learned",
            "sigma2=learned:0.3",
            "covariance=full",
            "regularizer=tc-mss:1,0.5",
            "regularizer=factor:5",
            "regularizer=laplace",
            "lr=0.001",
            "optimizer=sgd",
            "batch=64",
            "rotate=30",
            "rotate=-7.5:1,3",
        ] {
            let command: Command = text.parse().unwrap();
            assert_eq!(command.to_string(), text);
            let json = serde_json::to_string(&command).unwrap();
            assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
        }
    }

    #[test]
    fn errors_name_the_problem() {
        for (text, word) in [
            ("beta", "form"),
            ("beta=x", "number"),
            ("sigma2=learn", "number"),
            ("sigma2=learned:", "number"),
            ("sigma2=learnedly", "number"),
            ("hidden=3", "during training"),
            ("covariance=a", "full"),
            ("optimizer=momentum", "adam-equivariant"),
            ("regularizer=tc", "none of kl"),
            ("rotate=x", "number"),
            ("rotate=3:1", "pair"),
            ("rotate=3:0,1", "pair"),
        ] {
            let error = text.parse::<Command>().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_rotation_needs_an_angle_and_two_existing_latents() {
        let check = |text: &str, latent_dim| {
            let hidden = vec![8];
            text.parse::<Command>().unwrap().check(&Architecture {
                latent_dim,
                hidden,
                ..TrainingDefaults::default().architecture()
            })
        };
        assert!(check("rotate=30", 2).is_ok() && check("rotate=-45:3,1", 3).is_ok() && check("beta=1", 1).is_ok());
        for (text, m, word) in [
            ("rotate=30", 1, "one latent"),
            ("rotate=30:1,3", 2, "from 1 to 2"),
            ("rotate=30:2,2", 2, "different"),
            ("rotate=400", 2, "360"),
            ("rotate=NaN", 2, "angle"),
            ("optimizer=lbfgs", 2, "linear"),
        ] {
            let error = check(text, m).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_change_is_described_with_the_old_value() {
        let objective = crate::vae::Objective::new(Covariance::Full, 1.0, 0.1);
        let settings = Settings {
            objective,
            optimizer: crate::experiment::settings::Optimizer { kind: OptimizerKind::Adam, lr: 0.01, batch: 32 },
        };
        for (text, described) in [
            ("beta=4", "beta 1 → 4"),
            ("sigma2=learned", "sigma2 0.1 → learned"),
            ("covariance=diagonal", "covariance full → diagonal"),
            ("rotate=30", "rotate 30°"),
            ("rotate=-30:1,12", "rotate −30° from z₁ to z₁₂"),
        ] {
            assert_eq!(text.parse::<Command>().unwrap().describe_change(&settings), described);
        }
    }
}
