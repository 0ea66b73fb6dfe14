//! The arguments that describe a run.

use clap::Args;

use super::CliError;
use super::source_args::SourceArgs;
use crate::experiment::{Config, Experiment, LoggedCommand};
use crate::io::parse_logged;
use crate::launch::{PreparedRun, launch};
use crate::nn::Activation;
use crate::vae::{Covariance, DecoderKind};

/// What a run is: where its data come from, and what differs from the defaults.
#[derive(Args, Debug, Clone, Default)]
pub struct RunArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Family of posteriors
    #[arg(long, value_name = "diagonal|full", value_parser = parse_covariance)]
    pub(super) covariance: Option<Covariance>,
    /// Weight of the KL divergence
    #[arg(long)]
    pub(super) beta: Option<f64>,
    /// Variance of p(x|z)
    #[arg(long)]
    pub(super) sigma2: Option<f64>,
    /// Dimension of z
    #[arg(long, value_name = "M")]
    pub(super) latent_dim: Option<usize>,
    /// Widths of the encoder's hidden layers, as 64,64; an empty list makes it linear
    #[arg(long, value_parser = parse_widths)]
    pub(super) hidden: Option<Widths>,
    /// Non-linearity of the hidden layers
    #[arg(long, value_name = "tanh|relu|softplus|linear", value_parser = parse_activation)]
    pub(super) activation: Option<Activation>,
    /// Family of decoders
    #[arg(long, value_name = "mlp|linear", value_parser = parse_decoder)]
    pub(super) decoder: Option<DecoderKind>,
    /// Learning rate
    #[arg(long)]
    pub(super) lr: Option<f64>,
    /// Observations in a minibatch
    #[arg(long)]
    pub(super) batch: Option<usize>,
    /// Threads of a step, 1 unless said; the last digits of a run depend on it, so it is recorded
    #[arg(long, value_name = "K")]
    pub(super) threads: Option<usize>,
    /// Steps to make
    #[arg(long)]
    pub(super) steps: Option<u64>,
    /// The one source of randomness
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Change the living run at a step, as 2000:beta=4, or turn its latents, as 3000:rotate=30 or 3000:rotate=30:1,3; may be repeated
    #[arg(long = "at", value_name = "STEP:NAME=VALUE", value_parser = parse_logged)]
    pub(super) at: Vec<LoggedCommand>,
}

impl RunArgs {
    /// The run at step 0, the commands that wait for their steps, and the number of steps to make.
    ///
    /// # Errors
    /// If there are no such data, or a value makes no sense.
    pub(super) fn begin(&self) -> Result<Begun, CliError> {
        self.begin_at(launch(&self.source.source("linear"), self.seed)?)
    }

    /// The same, and the run that it is compared with in the session that is repeated.
    ///
    /// # Errors
    /// If there are no such data, or a value makes no sense.
    pub(super) fn begin_all(&self) -> Result<Vec<Begun>, CliError> {
        let mut first = launch(&self.source.source("linear"), self.seed)?;
        let second = first.beside.take();
        std::iter::once(first).chain(second.map(|second| *second)).map(|prepared| self.begin_at(prepared)).collect()
    }

    fn begin_at(&self, prepared: PreparedRun) -> Result<Begun, CliError> {
        let PreparedRun { mut config, data, mut log, steps, .. } = prepared;
        self.change(&mut config);
        log.extend(&self.at);
        log.sort_by_key(|l| l.step);
        let steps = self.steps.unwrap_or(steps);
        if let Some(late) = log.iter().find(|l| l.step > steps) {
            return Err(CliError::Input(format!(
                "--at {}:{} comes after the last step {steps}",
                late.step, late.command
            )));
        }
        let mut run = Experiment::new(config, data)?;
        run.schedule_log(&log)?;
        Ok(Begun { run, log, steps })
    }

    /// The threads of a step.
    pub(super) fn threads(&self) -> usize {
        self.threads.unwrap_or(1)
    }

    /// These arguments, and those of `common` where they say nothing. Commands of both are kept.
    pub(super) fn over(&self, common: &Self) -> Self {
        let source = if self.source.is_given() { &self.source } else { &common.source };
        Self {
            source: source.clone(),
            covariance: self.covariance.or(common.covariance),
            beta: self.beta.or(common.beta),
            sigma2: self.sigma2.or(common.sigma2),
            latent_dim: self.latent_dim.or(common.latent_dim),
            hidden: self.hidden.as_ref().or(common.hidden.as_ref()).cloned(),
            activation: self.activation.or(common.activation),
            decoder: self.decoder.or(common.decoder),
            lr: self.lr.or(common.lr),
            batch: self.batch.or(common.batch),
            threads: self.threads.or(common.threads),
            steps: self.steps.or(common.steps),
            seed: self.seed.or(common.seed),
            at: common.at.iter().chain(&self.at).copied().collect(),
        }
    }

    /// Puts what the arguments say in the place of the defaults.
    fn change(&self, config: &mut Config) {
        fn set<T: Clone>(place: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        set(&mut config.architecture.latent_dim, self.latent_dim.as_ref());
        set(&mut config.architecture.hidden, self.hidden.as_ref().map(|w| &w.0));
        set(&mut config.architecture.activation, self.activation.as_ref());
        set(&mut config.architecture.decoder, self.decoder.as_ref());
        set(&mut config.objective.covariance, self.covariance.as_ref());
        set(&mut config.objective.beta, self.beta.as_ref());
        set(&mut config.objective.sigma2, self.sigma2.as_ref());
        set(&mut config.optimizer.lr, self.lr.as_ref());
        set(&mut config.optimizer.batch, self.batch.as_ref());
        set(&mut config.threads, self.threads.as_ref());
    }
}

/// A run at step 0.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    /// The run, its log scheduled.
    pub run: Experiment,
    /// The commands that wait for their steps.
    pub log: Vec<LoggedCommand>,
    /// Steps to make.
    pub steps: u64,
}

/// Widths of hidden layers.
#[derive(Clone, Debug)]
pub struct Widths(Vec<usize>);

fn parse_widths(text: &str) -> Result<Widths, String> {
    let widths = text.split(',').map(str::trim).filter(|w| !w.is_empty());
    let parsed: Result<Vec<usize>, _> = widths.map(str::parse).collect();
    parsed.map(Widths).map_err(|e| format!("'{text}' is not a list of whole numbers ({e})"))
}

pub(super) fn parse_covariance(text: &str) -> Result<Covariance, String> {
    named(text, &Covariance::ALL, Covariance::name)
}

fn parse_activation(text: &str) -> Result<Activation, String> {
    named(text, &Activation::ALL, Activation::name)
}

fn parse_decoder(text: &str) -> Result<DecoderKind, String> {
    named(text, &DecoderKind::ALL, DecoderKind::name)
}

fn named<T: Copy>(text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    let names: Vec<_> = all.iter().map(|x| name(*x)).collect();
    all.iter().copied().find(|x| name(*x) == text).ok_or_else(|| format!("choose one of {}", names.join(", ")))
}
