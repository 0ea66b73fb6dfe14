//! Options that describe a run.

use clap::Args;

use super::error::CliError;
use super::idle_options::{OptionUse, refuse_idle};
use super::source_args::SourceArgs;
use crate::experiment::{Command, Config, FIXED, InvalidSetting, LoggedCommand};
use crate::io::parse_logged;
use crate::launch::{PreparedRun, launch};
use crate::nn::{Activation, OptimizerKind};
use crate::vae::{Covariance, DecoderKind, Likelihood, NoRegularizer, PosteriorFactor, Regularizer};

/// Options of a run that differ from the defaults of its source.
#[derive(Args, Debug, Clone, Default)]
pub struct RunArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    /// Choose the family of posteriors [default: from the source]
    #[arg(long, value_name = "diagonal|full", value_parser = parse_covariance)]
    pub(super) covariance: Option<Covariance>,
    /// Set the weight β of the KL divergence [default: from the source]
    #[arg(long)]
    pub(super) beta: Option<f64>,
    /// Fix the variance σ² of p(x|z), or learn it, from a value on that may be given, as learned:0.1 [default: from the source]
    #[arg(long, value_name = "SIGMA2|learned[:START]", value_parser = parse_sigma2)]
    pub(super) sigma2: Option<Command>,
    /// Subtract this from the reconstruction: kl, β KL; tc-mws or tc-mss, the parts of the KL, information weighted α, total correlation
    /// β, distance of the latents from their prior γ, with log q(z) from minibatches weighted or stratified; factor, β KL and γ total
    /// correlation as a discriminator estimates it; laplace, β KL with a Laplace prior; capacity, β |KL − C| with C rising to some nats over
    /// some steps; none, nothing: an autoencoder [default: from the source]
    #[arg(long, value_name = "kl|tc-mws[:α,γ]|tc-mss[:α,γ]|factor:γ|capacity:NATS,STEPS|laplace|none", value_parser = parse_regularizer)]
    pub(super) regularizer: Option<Regularizer>,
    /// Set the number of latents [default: from the source]
    #[arg(long, value_name = "M")]
    pub(super) latent_dim: Option<usize>,
    /// Set the widths of the encoder's hidden layers, as 64,64; "," makes it linear [default: from the source]
    #[arg(long, value_parser = parse_widths)]
    pub(super) hidden: Option<Widths>,
    /// Choose the activation of the hidden layers [default: from the source]
    #[arg(long, value_name = "tanh|relu|softplus|linear", value_parser = parse_activation)]
    pub(super) activation: Option<Activation>,
    /// Choose the family of decoders [default: from the source]
    #[arg(long, value_name = "mlp|linear", value_parser = parse_decoder)]
    pub(super) decoder: Option<DecoderKind>,
    /// Choose the family of p(x|z); bernoulli is for observations in [0, 1] and has no σ² [default: from the source]
    #[arg(long, value_name = "gaussian|bernoulli", value_parser = parse_likelihood)]
    pub(super) likelihood: Option<Likelihood>,
    /// Choose the parametrisation of full covariances, Σ = L Lᵀ or exp 2H with H symmetric [default: from the source]
    #[arg(long, value_name = "cholesky|exponential", value_parser = parse_factor)]
    pub(super) posterior_factor: Option<PosteriorFactor>,
    /// Choose the optimiser [default: from the source]
    #[arg(long, value_name = "adam|adam-equivariant|sgd|lbfgs", value_parser = parse_optimizer)]
    pub(super) optimizer: Option<OptimizerKind>,
    /// Set the learning rate [default: from the source]
    #[arg(long)]
    pub(super) lr: Option<f64>,
    /// Set the number of observations per minibatch [default: from the source]
    #[arg(long)]
    pub(super) batch: Option<usize>,
    /// Use K threads per training step; recorded, since rounding depends on it [default: 1, or from the session]
    #[arg(long, value_name = "K")]
    pub(super) threads: Option<usize>,
    /// Make this many steps [default: from the source]
    #[arg(long)]
    pub(super) steps: Option<u64>,
    /// Draw data, weights, minibatches and noise from this seed [default: 0, or from the session or recipe]
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Change a setting after a step, as 2000:beta=4, or rotate the latents, as 3000:rotate=30 or 3000:rotate=30:1,3; may be repeated
    #[arg(long = "at", value_name = "STEP:NAME=VALUE", value_parser = parse_logged)]
    pub(super) at: Vec<LoggedCommand>,
}

impl RunArgs {
    /// Prepares the run, and the one that it is compared with in its session, with these options.
    ///
    /// # Errors
    /// If the source cannot be used or an option is invalid.
    pub(super) fn prepare(&self) -> Result<PreparedRun, CliError> {
        self.prepare_until(Until::Steps)
    }

    /// [`Self::prepare`] for a run with this end.
    pub(super) fn prepare_until(&self, until: Until) -> Result<PreparedRun, CliError> {
        let source = self.source.source("linear")?;
        let mut run = launch(&source, self.seed)?;
        self.apply_to(&mut run, source.is_saved(), until)?;
        Ok(run)
    }

    /// Options with one value, and whether they are given.
    pub(super) fn given(&self) -> [(&'static str, bool); 16] {
        [
            ("--covariance", self.covariance.is_some()),
            ("--beta", self.beta.is_some()),
            ("--sigma2", self.sigma2.is_some()),
            ("--regularizer", self.regularizer.is_some()),
            ("--latent-dim", self.latent_dim.is_some()),
            ("--hidden", self.hidden.is_some()),
            ("--activation", self.activation.is_some()),
            ("--decoder", self.decoder.is_some()),
            ("--likelihood", self.likelihood.is_some()),
            ("--posterior-factor", self.posterior_factor.is_some()),
            ("--optimizer", self.optimizer.is_some()),
            ("--lr", self.lr.is_some()),
            ("--batch", self.batch.is_some()),
            ("--threads", self.threads.is_some()),
            ("--steps", self.steps.is_some()),
            ("--seed", self.seed.is_some()),
        ]
    }

    /// Refuses options that the run does not depend on.
    pub(super) fn refuse_idle_in(&self, run: &PreparedRun) -> Result<(), CliError> {
        let Config { architecture, optimizer, .. } = &run.config;
        let other =
            |logged: &LoggedCommand| matches!(logged.command, Command::Optimizer(kind) if kind != OptimizerKind::Lbfgs);
        let has_steps = optimizer.kind != OptimizerKind::Lbfgs || run.log.iter().any(other);
        let has_hidden = !architecture.is_linear();
        let has_divergence = run.config.objective.regularizer != Regularizer::None
            || run.log.iter().any(|logged| matches!(logged.command, Command::Regularizer(_)));
        let divergence = "regularisers, and an autoencoder has none (--regularizer chooses)";
        let steps = "adam, adam-equivariant and sgd, and L-BFGS takes all observations and finds its own steps (--optimizer chooses)";
        let hidden = "hidden layers, and this model has none (--hidden and --decoder mlp give some)";
        refuse_idle(&[
            OptionUse::new("--beta", self.beta.is_some(), has_divergence, divergence),
            OptionUse::new("--activation", self.activation.is_some(), has_hidden, hidden),
            OptionUse::new("--lr", self.lr.is_some(), has_steps, steps),
            OptionUse::new("--batch", self.batch.is_some(), has_steps, steps),
        ])
    }

    /// A saved run keeps its schedule.
    fn apply_to(&self, run: &mut PreparedRun, is_saved: bool, until: Until) -> Result<(), CliError> {
        if run.config.origin.model().is_some() {
            return Err(CliError::Input(FIXED.to_owned()));
        }
        let saved = (run.config.clone(), run.log.clone(), run.steps);
        self.change(&mut run.config, is_saved);
        if let Some(steps) = self.steps.filter(|_| !is_saved && until == Until::Steps) {
            run.config.cycle = Some(steps.max(1));
        }
        run.log.extend(&self.at);
        run.log.sort_by_key(|logged| logged.step);
        if until == Until::Settled && run.config.cycle.is_none() {
            let sentence = "--until settled: the run is from before its learning rate had cycles, so it is never judged; repeat it \
                            with --steps, or start a new one";
            return Err(CliError::Input(sentence.to_owned()));
        }
        run.steps = match until {
            Until::Steps => self.steps.unwrap_or(run.steps),
            Until::Settled => self.steps.unwrap_or(MOST_STEPS),
        };
        if let Some(late) = run.log.iter().find(|logged| logged.step > run.steps) {
            return Err(CliError::Input(format!(
                "--at {}:{} comes after the last step {}",
                late.step, late.command, run.steps
            )));
        }
        run.validate()?;
        // Another run has other weights.
        if saved != (run.config.clone(), run.log.clone(), run.steps) {
            (run.weights, run.model, run.sigma2) = (None, None, None);
        }
        run.beside.as_deref_mut().map_or(Ok(()), |beside| self.apply_to(beside, is_saved, until))
    }

    /// These options, completed by those of `common`. Commands of both are kept.
    pub(super) fn over(&self, common: &Self) -> Self {
        Self {
            source: self.source.over(&common.source),
            covariance: self.covariance.or(common.covariance),
            beta: self.beta.or(common.beta),
            sigma2: self.sigma2.or(common.sigma2),
            regularizer: self.regularizer.or(common.regularizer),
            latent_dim: self.latent_dim.or(common.latent_dim),
            hidden: self.hidden.as_ref().or(common.hidden.as_ref()).cloned(),
            activation: self.activation.or(common.activation),
            decoder: self.decoder.or(common.decoder),
            likelihood: self.likelihood.or(common.likelihood),
            posterior_factor: self.posterior_factor.or(common.posterior_factor),
            optimizer: self.optimizer.or(common.optimizer),
            lr: self.lr.or(common.lr),
            batch: self.batch.or(common.batch),
            threads: self.threads.or(common.threads),
            steps: self.steps.or(common.steps),
            seed: self.seed.or(common.seed),
            at: common.at.iter().chain(&self.at).copied().collect(),
        }
    }

    /// Replaces the values of given options. A linear decoder on your data takes a linear encoder, and both take L-BFGS, unless
    /// the run is saved or the options say otherwise.
    fn change(&self, config: &mut Config, is_saved: bool) {
        fn set<T: Clone>(place: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        set(&mut config.architecture.latent_dim, self.latent_dim.as_ref());
        set(&mut config.architecture.hidden, self.hidden.as_ref().map(|w| &w.0));
        set(&mut config.architecture.activation, self.activation.as_ref());
        set(&mut config.architecture.decoder, self.decoder.as_ref());
        if let Some(likelihood) = self.likelihood {
            config.set_likelihood(likelihood);
        }
        set(&mut config.objective.covariance, self.covariance.as_ref());
        set(&mut config.objective.beta, self.beta.as_ref());
        if let Some(sigma2) = self.sigma2 {
            config.objective = sigma2.applied_to(config.settings()).objective;
        }
        set(&mut config.objective.regularizer, self.regularizer.as_ref());
        set(&mut config.architecture.factor, self.posterior_factor.as_ref());
        if !is_saved
            && self.hidden.is_none()
            && config.architecture.decoder == DecoderKind::Linear
            && config.origin.scene().is_none()
        {
            config.architecture.hidden.clear();
        }
        if !is_saved {
            config.optimizer.kind = config.suited_optimizer();
        }
        set(&mut config.optimizer.kind, self.optimizer.as_ref());
        set(&mut config.optimizer.lr, self.lr.as_ref());
        set(&mut config.optimizer.batch, self.batch.as_ref());
        set(&mut config.threads, self.threads.as_ref());
    }
}

/// End of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The number of steps, which is also that of the first cycle of the learning rate.
    Steps,
    /// When it has settled, or the number of steps; the first cycle is that of the source.
    Settled,
}

/// Most steps of a run until it has settled.
const MOST_STEPS: u64 = 500_000;

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

/// σ² as the command that sets it.
fn parse_sigma2(text: &str) -> Result<Command, InvalidSetting> {
    format!("sigma2={text}").parse()
}

fn parse_regularizer(text: &str) -> Result<Regularizer, NoRegularizer> {
    text.parse()
}

pub(super) fn parse_activation(text: &str) -> Result<Activation, String> {
    named(text, &Activation::ALL, Activation::name)
}

fn parse_decoder(text: &str) -> Result<DecoderKind, String> {
    named(text, &DecoderKind::ALL, DecoderKind::name)
}

pub(super) fn parse_likelihood(text: &str) -> Result<Likelihood, String> {
    named(text, &Likelihood::ALL, Likelihood::name)
}

fn parse_factor(text: &str) -> Result<PosteriorFactor, String> {
    named(text, &PosteriorFactor::ALL, PosteriorFactor::name)
}

fn parse_optimizer(text: &str) -> Result<OptimizerKind, String> {
    named(text, &OptimizerKind::ALL, OptimizerKind::name)
}

fn named<T: Copy>(text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    let names: Vec<_> = all.iter().map(|x| name(*x)).collect();
    all.iter().copied().find(|x| name(*x) == text).ok_or_else(|| format!("choose one of {}", names.join(", ")))
}
