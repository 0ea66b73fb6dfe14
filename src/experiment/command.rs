//! What a person can do to a living run, as data: together with the configuration it determines every weight.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{InvalidSetting, Settings};
use crate::vae::Covariance;

/// A change of a living run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The weight of the KL divergence.
    Beta(f64),
    /// The variance of p(x|z).
    Sigma2(f64),
    /// The family of posteriors.
    Covariance(Covariance),
    /// The learning rate of Adam.
    Lr(f64),
    /// Observations in a minibatch.
    Batch(usize),
}

/// A command and the step before which it took effect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logged {
    /// How many steps had been made.
    pub step: u64,
    /// What was done then.
    pub command: Command,
}

impl Command {
    /// The settings after this command.
    pub fn applied_to(self, mut settings: Settings) -> Settings {
        match self {
            Self::Beta(beta) => settings.objective.beta = beta,
            Self::Sigma2(sigma2) => settings.objective.sigma2 = sigma2,
            Self::Covariance(covariance) => settings.objective.covariance = covariance,
            Self::Lr(lr) => settings.optimizer.lr = lr,
            Self::Batch(batch) => settings.optimizer.batch = batch,
        }
        settings
    }

    /// The command that would set the same thing to its present value.
    pub fn present(self, settings: &Settings) -> Self {
        match self {
            Self::Beta(_) => Self::Beta(settings.objective.beta),
            Self::Sigma2(_) => Self::Sigma2(settings.objective.sigma2),
            Self::Covariance(_) => Self::Covariance(settings.objective.covariance),
            Self::Lr(_) => Self::Lr(settings.optimizer.lr),
            Self::Batch(_) => Self::Batch(settings.optimizer.batch),
        }
    }

    /// The name of what it sets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Beta(_) => "beta",
            Self::Sigma2(_) => "sigma2",
            Self::Covariance(_) => "covariance",
            Self::Lr(_) => "lr",
            Self::Batch(_) => "batch",
        }
    }

    /// The value that it sets, as text.
    pub fn value(self) -> String {
        match self {
            Self::Beta(x) | Self::Sigma2(x) | Self::Lr(x) => x.to_string(),
            Self::Covariance(covariance) => covariance.name().to_owned(),
            Self::Batch(batch) => batch.to_string(),
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

    /// Reads `beta=4`, as the command line has it.
    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| InvalidSetting(format!("'{text}' is not of the form name=value")))?;
        let number = || {
            let parsed: Result<f64, _> = value.trim().parse();
            parsed.map_err(|e| InvalidSetting(format!("{name}: '{value}' is not a number ({e})")))
        };
        match name.trim() {
            "beta" => Ok(Self::Beta(number()?)),
            "sigma2" => Ok(Self::Sigma2(number()?)),
            "lr" => Ok(Self::Lr(number()?)),
            "batch" => match value.trim().parse() {
                Ok(batch) => Ok(Self::Batch(batch)),
                Err(e) => Err(InvalidSetting(format!("batch: '{value}' is not a whole number ({e})"))),
            },
            "covariance" => match Covariance::ALL.into_iter().find(|c| c.name() == value.trim()) {
                Some(covariance) => Ok(Self::Covariance(covariance)),
                None => Err(InvalidSetting(format!("covariance: '{value}' is neither diagonal nor full"))),
            },
            other => Err(InvalidSetting(format!(
                "'{other}' cannot be changed in a living run; beta, sigma2, covariance, lr and batch can"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_read_back_as_it_is_written() {
        for text in ["beta=4", "sigma2=0.05", "covariance=full", "lr=0.001", "batch=64"] {
            let command: Command = text.parse().unwrap();
            assert_eq!(command.to_string(), text);
            let json = serde_json::to_string(&command).unwrap();
            assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
        }
    }

    #[test]
    fn nonsense_is_named() {
        for (text, word) in [("beta", "form"), ("beta=x", "number"), ("hidden=3", "living"), ("covariance=a", "full")] {
            let error = text.parse::<Command>().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
