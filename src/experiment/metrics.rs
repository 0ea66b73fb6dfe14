//! Metrics of a finished run, on all held-out data and in double precision.

use nalgebra::DVector;
use rand_distr::{Distribution as _, StandardNormal};

use super::config::Config;
use super::convergence::training_objective;
use super::factor_score::ScoreDepth;
use super::factor_scores::FactorScores;
use super::measure::{FactorCorrelation, mcc_ceiling, posteriors, summarise};
use super::reconstruction::losses;
use super::settings::Settings;
use crate::data::{Dataset, Split};
use crate::geometry::{GeometryMetrics, MeanGap, Measured, Samples, Undefined, chance_distance, mean_gap};
use crate::linalg::Matrix;
use crate::ppca::{LinearOptimum, linear_elbo, optimal_decoder};
use crate::rng::{Purpose, stream};
use crate::stats::{Estimate, linearised_correlation};
use crate::vae::{Decomposition, Likelihood, Posterior, Vae};

/// Place of the noise of the parts of the KL among the random numbers of an analysis.
const NOISE: u64 = 3 << 32;

/// Noise draws per observation for the reconstruction term.
const DRAWS: usize = 16;

/// Largest number of held-out observations whose KL is decomposed, which takes the square of their number. A share of it for many
/// latents.
const DECOMPOSED: usize = 2048;

/// Metrics of a model on held-out data; information is in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// The family of p(x|z).
    pub likelihood: Likelihood,
    /// Held-out observations that every number rests on.
    pub observations: usize,
    /// reconstruction − β KL, or minus another regulariser, a capacity as it is after its rise.
    pub elbo: f64,
    /// The same on the first 4,096 training observations, with their own draws; on all of them for linear decoders. `None` if only
    /// held-out data were measured.
    pub elbo_training: Option<f64>,
    /// Monte-Carlo standard error of `elbo`, which is that of `reconstruction`: of the noise alone, the observations being given.
    pub elbo_monte_carlo_error: f64,
    /// E_q log p(x|z), estimated with 16 draws per observation.
    pub reconstruction: f64,
    /// KL(q‖p) per latent, in closed form.
    pub kl_per_dim: Vec<f64>,
    /// Mean parts of the KL over the first observations, at most 2,048.
    pub decomposition: Result<Decomposition, Undefined>,
    /// Geometry at the posterior means.
    pub geometry: GeometryMetrics,
    /// Mean correlation coefficient of the active latents' posterior means with the true factors.
    pub mcc: Measured,
    /// Chance level of `dto`: mean ‖V − P‖ of a random rotation of the active latents.
    pub dto_chance: Measured,
    /// Chance level of `mcc`: its mean over random rotations of the active latents.
    pub mcc_chance: Measured,
    /// Mean exact gap over the first held-out observations, or the reason why it is undefined; `None` unless asked for, since it
    /// takes seconds.
    pub exact_gap: Option<Result<MeanGap, Undefined>>,
    /// Scores against the true factors and how many of them were asked for, or the reason why there are none; `None` unless asked
    /// for.
    pub factor_scores: Option<(ScoreDepth, Result<FactorScores, Undefined>)>,
    /// Optimum on the training data; only for linear decoders with a Gaussian likelihood.
    pub optimum_training: Option<LinearOptimum>,
    /// ELBO of the held-out data with decoder and posterior of the training optimum: the most that training can aim at, where
    /// [`Self::optimum_test`] fits the held-out data themselves.
    pub optimum_training_on_test: Option<f64>,
    /// Optimum on the held-out data; only for linear decoders with a Gaussian likelihood.
    pub optimum_test: Option<LinearOptimum>,
    /// Mean correlation coefficient at the optimum on the held-out data, √(1 − v/λᵢ) with v the variance of the noise.
    pub mcc_ceiling: Measured,
    /// Metrics that a model from a file leaves undefined, by their keys in `metrics.json`; their numbers here are NaN.
    pub unknown: Vec<(&'static str, Undefined)>,
    /// The value at each observation of every metric that is a mean, those of the geometry moved here; of `mcc` linearised
    /// ([`linearised_correlation`]).
    pub samples: Samples,
}

impl Metrics {
    /// Measures `vae`, a model of the run that began with `config`, on `data`: the held-out part unless a name says otherwise. The noise is drawn from the
    /// seed of the run.
    pub fn measure(vae: &Vae<f32>, settings: &Settings, data: &Dataset, config: &Config) -> Self {
        let objective = &settings.objective;
        let m = vae.latent_dim();
        // Samples of a model from a file have no optimum of their own.
        let is_kl = objective.regularizer.is_kl();
        let affine = vae.architecture.has_closed_forms() && config.origin.model().is_none() && is_kl;
        let [optimum_training, optimum_test] = [&data.train, &data.test].map(|split| {
            let eigenvalues = if affine { split.eigenvalues() } else { None };
            eigenvalues.map(|eigenvalues| LinearOptimum::of_eigenvalues(&eigenvalues, m, objective))
        });
        let covariances = (affine && data.data_dim() <= Split::MOST_EIGENVALUES)
            .then(|| [&data.train, &data.test].map(Split::covariance));
        let optimum_training_on_test = covariances.as_ref().map(|[train, test]| {
            // Second moments about the mean of the training data, which is the decoder's.
            let apart = data.test.mean() - data.train.mean();
            linear_elbo(&optimal_decoder(train, m, objective), &(test + &apart * apart.transpose()), objective)
        });
        let knows_elbo = !unknown(vae, settings, config).iter().any(|(name, _)| *name == "elbo");
        Self {
            elbo_training: knows_elbo.then(|| training_objective(vae, data, objective, config.seed)),
            mcc_ceiling: mcc_ceiling(config, optimum_test.as_ref()),
            optimum_training,
            optimum_training_on_test,
            optimum_test,
            ..Self::measure_first(data.test.observations.columns(), vae, settings, data, config)
        }
    }

    /// The same on the first `observations` held-out ones, without what needs all data: training objective and optima.
    pub fn measure_first(
        observations: usize,
        vae: &Vae<f32>,
        settings: &Settings,
        data: &Dataset,
        config: &Config,
    ) -> Self {
        let seed = config.seed;
        let model = vae.cast::<f64>();
        let objective = &settings.objective;
        let m = vae.latent_dim();
        let posteriors = posteriors(&model, &data.test, observations);

        let mut geometry = summarise(&model, &posteriors, settings, true);
        if let Some(why) = settings.without_b() {
            geometry = geometry.without_b(why);
        }
        let mut samples = std::mem::take(&mut geometry.samples);
        // Infinite for point masses, which leave it undefined.
        let kl: Vec<f64> = posteriors.iter().flat_map(|q| q.kl_per_dim(model.prior)).collect();
        let kl_per_dim = Matrix::from_columns(m, observations, kl);
        let mut streams: Vec<_> = (0..DRAWS).map(|draw| stream(seed, Purpose::Analysis, draw as u64)).collect();
        let draws = losses(&model, &data.test.observations, &posteriors, &mut streams);
        let scale = 1.0 / objective.sigma2;
        let reconstruction = |i: usize| {
            let mean = draws.iter().map(|losses| losses[i]).sum::<f64>() / DRAWS as f64;
            -scale * mean - model.likelihood().log_normaliser(objective, data.data_dim())
        };
        let reconstruction: Vec<f64> = (0..observations).map(reconstruction).collect();
        let kl: Vec<f64> = kl_per_dim.iter_columns().map(|kl| kl.iter().sum()).collect();
        let elbo = reconstruction.iter().zip(&kl).map(|(reconstruction, kl)| reconstruction - objective.beta * kl);
        let elbo: Vec<f64> = elbo.collect();
        let means = draws.iter().map(|losses| losses.iter().sum::<f64>() / observations as f64);
        let noise = Estimate::of(means.collect::<Vec<_>>().into_iter());

        let codes = Matrix::from_fn(m, observations, |i, c| posteriors[c].mean[i] as f32);
        let known = data.test.factors.as_ref().ok_or(Undefined::NoTrueFactors);
        let factors = if vae.has_encoder { known } else { Err(Undefined::NoEncoder) };
        let correlation = factors.map(|factors| FactorCorrelation::new(&codes, factors, m));
        let mcc = correlation.as_ref().map_err(|reason| *reason).and_then(|c| c.mcc(&geometry.active));
        if let (Ok(factors), Ok(correlation), Ok(_)) = (factors, &correlation, mcc) {
            let values = linearised_mcc(&codes, factors, &correlation.matches(&geometry.active));
            samples.insert("mcc", Matrix::from_columns(1, observations, values));
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / observations as f64;
        let sampled = sample_noise(&posteriors, seed);
        let parts = if vae.is_deterministic {
            Vec::new()
        } else {
            Decomposition::of_each(&posteriors[..sampled.len()], model.prior, &sampled)
        };
        let part = |part: fn(&Decomposition) -> f64| parts.iter().map(part).collect::<Vec<_>>();
        let parts_of_each = [
            ("mutual_information", part(|p| p.mutual_information)),
            ("total_correlation", part(|p| p.total_correlation)),
            ("dimension_wise_kl", part(|p| p.dimension_wise)),
        ];
        let decomposition = Decomposition::mean(&parts);
        // No mean over observations, so without values at each.
        let regularizer = objective.regularizer.value(
            objective.beta,
            mean(&kl),
            || decomposition,
            || model.discriminated(&posteriors, &sampled),
        );
        let metrics = Self {
            likelihood: model.likelihood(),
            observations,
            elbo: regularizer.map_or_else(|| mean(&elbo), |value| mean(&reconstruction) - value),
            elbo_training: None,
            elbo_monte_carlo_error: scale * noise.standard_error,
            reconstruction: mean(&reconstruction),
            kl_per_dim: (0..m).map(|i| kl_per_dim.row(i).sum::<f64>() / observations as f64).collect(),
            decomposition: Ok(decomposition),
            mcc,
            dto_chance: geometry.compared().map(|active| chance_distance(active.len())),
            mcc_chance: correlation.and_then(|c| c.chance(&geometry)),
            exact_gap: None,
            factor_scores: None,
            mcc_ceiling: Err(Undefined::NoCeiling),
            optimum_training: None,
            optimum_training_on_test: None,
            optimum_test: None,
            geometry,
            unknown: Vec::new(),
            samples: Samples::new(),
        };
        samples.insert("kl_per_dim", kl_per_dim);
        for (name, values) in [("elbo", elbo), ("reconstruction", reconstruction), ("kl", kl)] {
            samples.insert(name, Matrix::from_columns(1, observations, values));
        }
        if regularizer.is_some() {
            samples.remove("elbo");
        }
        for (name, values) in parts_of_each.into_iter().filter(|(_, values)| !values.is_empty()) {
            samples.insert(name, Matrix::from_columns(1, values.len(), values));
        }
        Self { samples, ..metrics }.without(unknown(vae, settings, config))
    }

    /// Takes out the numbers that are unknown.
    fn without(mut self, unknown: Vec<(&'static str, Undefined)>) -> Self {
        for (name, reason) in &unknown {
            self.samples.remove(name);
            match *name {
                "elbo" => self.elbo = f64::NAN,
                "elbo_monte_carlo_error" => self.elbo_monte_carlo_error = f64::NAN,
                "reconstruction" => self.reconstruction = f64::NAN,
                "kl_per_dim" => self.kl_per_dim.fill(f64::NAN),
                "mutual_information" => self.decomposition = Err(*reason),
                _ => {}
            }
        }
        Self { unknown, ..self }
    }

    /// Mean and sampling error of a metric by its key in `metrics.json`, for each entry of a list; `None` if it is undefined or
    /// no mean over observations.
    pub fn estimates(&self, name: &str) -> Option<Vec<Estimate>> {
        let values = self.samples.get(name)?;
        Some((0..values.rows()).map(|r| Estimate::of(values.row(r).collect::<Vec<_>>().into_iter())).collect())
    }

    /// This metric minus that of another run measured at the same observations, paired; `None` where [`Self::estimates`] of one
    /// is, for lists, and for other numbers of observations.
    pub fn difference(&self, other: &Self, name: &str) -> Option<Estimate> {
        let (own, others) = (self.samples.get(name)?, other.samples.get(name)?);
        let comparable = own.rows() == 1 && others.rows() == 1 && own.columns() == others.columns();
        comparable.then(|| Estimate::paired(own.as_slice().iter().copied(), others.as_slice().iter().copied()))
    }

    /// Generalisation gap: training minus held-out ELBO.
    pub fn generalisation_gap(&self) -> Option<f64> {
        Some(self.elbo_training? - self.elbo)
    }

    /// Adds the mean exact gap of `vae` over the first `count` held-out observations.
    #[must_use]
    pub fn with_exact_gap(self, vae: &Vae<f32>, settings: &Settings, data: &Dataset, count: usize) -> Self {
        let unknown = self.unknown.iter().find(|(name, _)| *name == "elbo").map(|(_, reason)| *reason);
        if let Some(reason) = unknown.or(settings.without_b()) {
            return Self { exact_gap: Some(Err(reason)), ..self };
        }
        let model = vae.cast::<f64>();
        let test = &data.test.observations;
        let test = test.select_columns(0..count.min(test.columns())).map(f64::from);
        let learned = test.iter_columns().zip(model.posteriors(&test));
        Self { exact_gap: Some(mean_gap(&model, learned, &settings.objective, MeanGap::POINTS)), ..self }
    }

    /// Adds the scores of `vae` against the true factors, over the same observations, at most 6,000.
    #[must_use]
    pub fn with_factor_scores(self, vae: &Vae<f32>, data: &Dataset, config: &Config, depth: ScoreDepth) -> Self {
        let scores = FactorScores::measure(self.observations, vae, data, config, &self.geometry.active, depth);
        Self { factor_scores: Some((depth, scores)), ..self }
    }

    /// KL(q‖p).
    pub fn kl(&self) -> f64 {
        self.kl_per_dim.iter().sum()
    }
}

/// Metrics that need an encoder, and those that need β and σ².
const OF_ENCODER: [&str; 8] = [
    "active",
    "active_units",
    "dimension_wise_kl",
    "kl",
    "kl_per_dim",
    "mcc_chance",
    "mutual_information",
    "total_correlation",
];
const OF_ELBO: [&str; 5] = ["elbo", "elbo_monte_carlo_error", "elbo_training", "generalisation_gap", "reconstruction"];
/// Metrics that an autoencoder lacks.
const OF_DIVERGENCE: [&str; 10] = [
    "beta",
    "dimension_wise_kl",
    "elbo",
    "elbo_monte_carlo_error",
    "elbo_training",
    "generalisation_gap",
    "kl",
    "kl_per_dim",
    "mutual_information",
    "total_correlation",
];
const OF_OBJECTIVE: [&str; 4] = ["beta", "sigma2", "beta_gap", "posterior_error"];

/// Noise of a sample of each of the first posteriors.
fn sample_noise(posteriors: &[Posterior], seed: u64) -> Vec<DVector<f64>> {
    let m = posteriors.first().map_or(0, Posterior::dim);
    let count = posteriors.len().min(if m < 8 { DECOMPOSED } else { DECOMPOSED / 4 });
    let mut rng = stream(seed, Purpose::Analysis, NOISE);
    (0..count).map(|_| DVector::from_fn(m, |_, _| StandardNormal.sample(&mut rng))).collect()
}

/// Metrics that this model leaves undefined: without an encoder, or of a file that does not say β and σ² (β = 0).
fn unknown(vae: &Vae<f32>, settings: &Settings, config: &Config) -> Vec<(&'static str, Undefined)> {
    let mut unknown = Vec::new();
    if config.lacks_objective(settings) {
        unknown.extend(OF_ELBO.iter().chain(&OF_OBJECTIVE).map(|name| (*name, Undefined::NoObjective)));
    }
    if vae.is_deterministic {
        unknown.extend(OF_DIVERGENCE.map(|name| (name, Undefined::PointMass)));
    }
    if !vae.has_encoder {
        // Without an encoder they stay undefined whatever β and σ² are.
        let names = OF_ENCODER.iter().chain(&OF_ELBO).chain(["posterior_error"].iter());
        unknown.retain(|(name, _)| !names.clone().any(|other| other == name));
        unknown.extend(names.map(|name| (*name, Undefined::NoEncoder)));
    }
    unknown
}

/// Values at each observation whose mean is the mean correlation coefficient under this matching.
fn linearised_mcc(codes: &Matrix<f32>, factors: &Matrix<f32>, matches: &[Option<usize>]) -> Vec<f64> {
    let count = codes.columns();
    let row = |values: &Matrix<f32>, r| values.row(r).take(count).map(f64::from).collect::<Vec<_>>();
    let mut sum = vec![0.0; count];
    for (k, latent) in matches.iter().enumerate() {
        let Some(latent) = latent else { continue };
        let values = linearised_correlation(&row(codes, *latent), &row(factors, k));
        let sign = values.iter().sum::<f64>().signum();
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += sign * value / matches.len() as f64);
    }
    sum
}
