//! Options for a model of another program.

use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::error::CliError;
use super::run_args::{parse_activation, parse_likelihood};
use crate::experiment::Schedule;
use crate::io::{EncoderScale, ModelOptions, SavedRun, open};
use crate::launch::{RunSource, launch};
use crate::nn::Activation;
use crate::sentence::sentence;
use crate::vae::Likelihood;

/// A model from a file of weights, which is shown and not trained.
#[derive(Args, Debug, Clone, Default)]
pub struct ModelArgs {
    /// Show the decoder of this safetensors file: an MLP with the names of a run folder or of an nn.Sequential. Its data are samples
    /// of itself
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Choose the activation of the hidden layers of --model, if the file does not say it
    #[arg(long, value_name = "tanh|relu|softplus|linear", requires = "model", value_parser = parse_activation)]
    activation: Option<Activation>,
    /// Choose the family of p(x|z) of --model; bernoulli means a sigmoid behind its last layer [default: what the file says, or
    /// gaussian]
    #[arg(long, value_name = "gaussian|bernoulli", requires = "model", value_parser = parse_likelihood)]
    likelihood: Option<Likelihood>,
    /// Read the second half of the outputs of an encoder in --model as log σ² or log σ [default: log-variance]
    #[arg(long, value_name = "log-variance|log-std", requires = "model", value_parser = parse_scale)]
    encoder_scale: Option<EncoderScale>,
    /// Show the decodings of --model as greyscale images of this height and width, height first
    #[arg(long, value_name = "HxW", requires = "model", value_parser = parse_image)]
    image: Option<(usize, usize)>,
    /// Set the β that --model was trained with; needs --sigma2 unless its likelihood is bernoulli
    #[arg(long, requires = "model", allow_negative_numbers = true)]
    beta: Option<f64>,
    /// Set the σ² that --model was trained with
    #[arg(long, requires_all = ["model", "beta"], allow_negative_numbers = true)]
    sigma2: Option<f64>,
}

fn parse_scale(text: &str) -> Result<EncoderScale, String> {
    let found = EncoderScale::ALL.into_iter().find(|scale| scale.name() == text);
    found.ok_or_else(|| "choose log-variance or log-std".to_owned())
}

fn parse_image(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once('x').and_then(|(h, w)| Some((h.trim().parse().ok()?, w.trim().parse().ok()?)));
    sides.ok_or_else(|| format!("'{text}' is no height and width as 28x28"))
}

impl ModelArgs {
    /// The source, if a model is given.
    pub fn source(&self) -> Option<RunSource> {
        let options = ModelOptions {
            activation: self.activation,
            likelihood: self.likelihood,
            scale: self.encoder_scale.unwrap_or_default(),
            image: self.image,
            objective: self.beta.map(|beta| (beta, self.sigma2)),
        };
        self.model.clone().map(|path| RunSource::Model { path, options })
    }

    /// The model, or the run of a folder in its place.
    pub(super) fn open(&self, folder: Option<&Path>) -> Result<SavedRun, CliError> {
        match (self.source(), folder) {
            (None, Some(folder)) => Ok(open(folder)?),
            (Some(source), None) => {
                let prepared = launch(&source, None)?;
                if let Some(note) = &prepared.note {
                    // If standard error is closed, nobody misses it.
                    drop(writeln!(stderr(), "unpick: {}", sentence(note)));
                }
                let config = prepared.config;
                let vae = config.origin.model().map(|model| model.vae.clone());
                let vae = vae.ok_or_else(|| CliError::Input("this is no model".to_owned()))?;
                Ok(SavedRun {
                    log: Vec::new(),
                    steps: 0,
                    settings: config.settings(),
                    vae,
                    data: Arc::unwrap_or_clone(prepared.data),
                    history: Vec::new(),
                    schedule: Schedule::new(config.cycle),
                    config,
                })
            }
            _ => Err(CliError::Input("give either a run folder or --model FILE".to_owned())),
        }
    }
}
