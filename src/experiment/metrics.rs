//! Metrics of a finished run, on all held-out data and in double precision.

use rand_distr::{Distribution as _, StandardNormal};

use super::config::Config;
use super::measure::{correlate, is_linear, mcc_ceiling, summarise};
use super::settings::Settings;
use crate::data::{Dataset, Split};
use crate::geometry::{GeometryMetrics, Measured, Undefined, chance};
use crate::linalg::Matrix;
use crate::ppca::{LinearOptimum, linear_elbo, optimal_decoder};
use crate::rng::{Purpose, stream};
use crate::stats::mean_correlation_coefficient;
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
    /// Optimum on the training data; only for linear decoders.
    pub optimum_training: Option<LinearOptimum>,
    /// ELBO of the held-out data with decoder and posterior of the training optimum: the most that training can aim at, where
    /// [`Self::optimum_test`] fits the held-out data themselves.
    pub optimum_training_on_test: Option<f64>,
    /// Optimum on the held-out data; only for linear decoders.
    pub optimum_test: Option<LinearOptimum>,
    /// Mean correlation coefficient at the optimum on the held-out data, √(1 − v/λᵢ) with v the variance of the noise.
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
        let covariances = is_linear(&model.architecture).then(|| [&data.train, &data.test].map(Split::covariance));
        let [optimum_training, optimum_test] =
            [0, 1].map(|part| covariances.as_ref().map(|c| LinearOptimum::new(&c[part], m, objective)));
        let optimum_training_on_test = covariances.as_ref().map(|[train, test]| {
            // Second moments about the mean of the training data, which is the decoder's.
            let apart = data.test.mean() - data.train.mean();
            linear_elbo(&optimal_decoder(train, m, objective), &(test + &apart * apart.transpose()), objective)
        });
        Self {
            elbo: reconstruction - objective.beta * kl_per_dim.iter().sum::<f64>(),
            elbo_standard_error: (variance / DRAWS as f64).sqrt() / (2.0 * objective.sigma2),
            reconstruction,
            kl_per_dim,
            mcc,
            dto_chance: chance(geometry.active.len()).distance,
            mcc_chance: chance(m).alignment,
            mcc_ceiling: mcc_ceiling(config, optimum_test.as_ref()),
            optimum_training,
            optimum_training_on_test,
            optimum_test,
            geometry,
        }
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
