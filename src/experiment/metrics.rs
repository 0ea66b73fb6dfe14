//! Metrics of a finished run, on all held-out data and in double precision.

use rand_distr::{Distribution as _, StandardNormal};

use super::config::Config;
use super::measure::{correlate, is_linear, mcc_ceiling, summarise};
use super::settings::Settings;
use crate::data::Dataset;
use crate::geometry::{GeometryMetrics, MeanGap, Measured, Undefined, chance, mean_gap};
use crate::linalg::Matrix;
use crate::ppca::LinearOptimum;
use crate::rng::{Purpose, stream};
use crate::stats::{mean_correlation_coefficient, moments};
use crate::vae::{Posterior, Vae};

/// Noise draws per observation for the reconstruction term.
const DRAWS: usize = 16;

/// Observations decoded at once.
const CHUNK: usize = 500;

/// Metrics of a model on held-out data; information is in nats.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// reconstruction − β KL.
    pub elbo: f64,
    /// Monte-Carlo standard error of `elbo`, which is that of `reconstruction`: the data are fixed, only the noise is drawn.
    pub elbo_standard_error: f64,
    /// E_q log p(x|z), estimated with 16 draws per observation.
    pub reconstruction: f64,
    /// KL(q‖p) per latent, in closed form.
    pub kl_per_dim: Vec<f64>,
    /// Geometry at all held-out posterior means.
    pub geometry: GeometryMetrics,
    /// Mean correlation coefficient of posterior means with the true factors; undefined without an active latent.
    pub mcc: Measured,
    /// Chance level of `dto`: mean ‖V − P‖ of a random rotation of the active latents.
    pub dto_chance: f64,
    /// Chance level of `mcc`: mean alignment of a random rotation of all latents, as for factors of equal variance that are
    /// found up to a rotation.
    pub mcc_chance: f64,
    /// Optimum of linear decoders on the held-out data; only for linear decoders.
    pub optimum: Option<LinearOptimum>,
    /// Mean exact gap over the first held-out observations, or the reason why it is undefined; `None` unless asked for, since it
    /// takes seconds.
    pub exact_gap: Option<Result<MeanGap, Undefined>>,
    /// Mean correlation coefficient at that optimum, √(1 − v/λᵢ) with v the variance of the noise.
    pub mcc_ceiling: Measured,
}

impl Metrics {
    /// Measures `vae`, a model of the run that began with `config`, on the held-out part of `data`. The noise is drawn from the
    /// seed of the run.
    pub fn measure(vae: &Vae<f32>, settings: &Settings, data: &Dataset, config: &Config) -> Self {
        let seed = config.seed;
        let model = vae.cast::<f64>();
        let test = data.test.observations.map(f64::from);
        let objective = &settings.objective;
        let m = vae.latent_dim();
        let posteriors = model.posteriors(&test);

        let mut kl_per_dim = vec![0.0; m];
        for q in &posteriors {
            kl_per_dim.iter_mut().zip(q.kl_per_dim()).for_each(|(sum, kl)| *sum += kl / posteriors.len() as f64);
        }
        let means: Vec<f64> = (0..DRAWS).map(|draw| mean_square(&model, &test, &posteriors, seed, draw)).collect();
        let mean = means.iter().sum::<f64>() / DRAWS as f64;
        let variance = means.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (DRAWS - 1) as f64;
        let reconstruction = -mean / (2.0 * objective.sigma2) - objective.log_normaliser(test.rows());

        let geometry = summarise(&model, &posteriors, settings, true);
        let codes = Matrix::from_fn(m, posteriors.len(), |i, c| posteriors[c].mean[i] as f32);
        let factors = data.test.factors.as_ref().ok_or(Undefined::NoTrueFactors);
        let some = if geometry.active.is_empty() { Err(Undefined::NoActiveLatent) } else { Ok(()) };
        let mcc =
            factors.and_then(|factors| some.map(|()| mean_correlation_coefficient(&correlate(&codes, factors, m)).0));
        let optimum = is_linear(&model.architecture).then(|| {
            let covariance = moments(test.iter_columns(), test.rows()).1;
            LinearOptimum::new(&covariance, m, objective)
        });
        Self {
            elbo: reconstruction - objective.beta * kl_per_dim.iter().sum::<f64>(),
            elbo_standard_error: (variance / DRAWS as f64).sqrt() / (2.0 * objective.sigma2),
            reconstruction,
            kl_per_dim,
            mcc,
            dto_chance: chance(geometry.active.len()).distance,
            mcc_chance: chance(m).alignment,
            exact_gap: None,
            mcc_ceiling: mcc_ceiling(config, optimum.as_ref()),
            optimum,
            geometry,
        }
    }

    /// Adds the mean exact gap of `vae` over the first `count` held-out observations.
    #[must_use]
    pub fn with_exact_gap(self, vae: &Vae<f32>, settings: &Settings, data: &Dataset, count: usize) -> Self {
        /// Nodes of a rule where expectations are sampled: the errors of single observations average out.
        const POINTS: usize = 512;
        let model = vae.cast::<f64>();
        let test = &data.test.observations;
        let test = test.select_columns(0..count.min(test.columns())).map(f64::from);
        let learned = test.iter_columns().zip(model.posteriors(&test));
        Self { exact_gap: Some(mean_gap(&model, learned, &settings.objective, POINTS)), ..self }
    }

    /// KL(q‖p).
    pub fn kl(&self) -> f64 {
        self.kl_per_dim.iter().sum()
    }
}

/// Mean over the observations of ‖x − d(μ + L ε)‖² with one draw of ε for each.
fn mean_square(model: &Vae<f64>, x: &Matrix<f64>, posteriors: &[Posterior], seed: u64, draw: usize) -> f64 {
    let m = model.latent_dim();
    let mut rng = stream(seed, Purpose::Analysis, draw as u64);
    let mut sum = 0.0;
    let mut noise = vec![0.0; m];
    for start in (0..x.columns()).step_by(CHUNK) {
        let end = (start + CHUNK).min(x.columns());
        let mut z = Matrix::zeros(m, end - start);
        for (c, q) in posteriors[start..end].iter().enumerate() {
            noise.fill_with(|| StandardNormal.sample(&mut rng));
            z.column_mut(c).copy_from_slice(q.sample(&noise).as_slice());
        }
        let predictions = model.decode(&z);
        let targets = &x.as_slice()[start * x.rows()..end * x.rows()];
        sum += predictions.as_slice().iter().zip(targets).map(|(p, x)| (p - x).powi(2)).sum::<f64>();
    }
    sum / x.columns() as f64
}
