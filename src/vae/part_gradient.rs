//! The regulariser α I + β TC + γ Σ KL of a minibatch and its gradient.
//!
//! With the samples z_k = μ_k + L_k ε_k and log q(z_k) = log Σⱼ wⱼ q(z_k|xⱼ), so also for each latent, it is
//!
//! α KL + (1/B) Σ_k [(β − α) log q(z_k) + (γ − β) Σᵢ log q(z_kᵢ) + (α − γ) log p(z_k)],
//!
//! where KL has its closed form, so α = β = γ leaves the plain objective and none of the noise. The gradient of a log q(z_k) is
//! that of log q(z_k|xⱼ), averaged with the shares of the terms in the sum: by z_k, and by the μⱼ and Lⱼ of every observation.

use pulp::{Arch, Simd};

use super::aggregate_posterior::{AggregatePosterior, Densities};
use super::decomposition::log_prior;
use super::prior::Prior;
use super::regularizer::PartWeights;
use crate::linalg::{Matrix, Real};

/// The gradient of what is added to α KL.
#[derive(Clone, Debug)]
pub(super) struct PartGradient {
    mixture: AggregatePosterior,
    densities: Densities,
    /// By z, m × B.
    by_sample: Matrix<f64>,
    /// By the encoder's outputs, with z held, B × outputs: a column is one output of all observations.
    by_encoding: Matrix<f64>,
    /// L⁻¹(z − μ) and L⁻ᵀL⁻¹(z − μ), m numbers each.
    whitened: Vec<f64>,
    pull: Vec<f64>,
}

impl PartGradient {
    pub(super) fn new() -> Self {
        Self {
            mixture: AggregatePosterior::empty(0),
            densities: Densities::default(),
            by_sample: Matrix::zeros(0, 0),
            by_encoding: Matrix::zeros(0, 0),
            whitened: Vec::new(),
            pull: Vec::new(),
        }
    }

    /// What is added to α KL, for an `encoding` (μ, log L_ii, and for full covariance L_ij below the diagonal, row by row) and the
    /// samples `z` (m × B) of a minibatch of `population` observations; keeps its gradient.
    pub(super) fn compute<T: Real>(
        &mut self,
        weights: PartWeights,
        beta: f64,
        encoding: &Matrix<T>,
        z: &Matrix<T>,
        population: usize,
    ) -> f64 {
        let PartWeights { alpha, gamma, estimator } = weights;
        let (m, batch, outputs) = (z.rows(), z.columns(), encoding.rows());
        let is_full = outputs > 2 * m;
        self.read(encoding, m);
        self.by_sample.reshape(m, batch);
        self.by_encoding.reshape(batch, outputs);
        self.by_encoding.as_mut_slice().fill(0.0);
        self.whitened.resize(m, 0.0);
        self.pull.resize(m, 0.0);
        let [own, other] = estimator.log_weights(batch, population.max(batch));
        let share = 1.0 / batch as f64;
        let [joint_weight, marginal_weight, prior_weight] = [beta - alpha, gamma - beta, alpha - gamma];
        let mut point = vec![0.0; m];
        let mut sum = 0.0;
        for k in 0..batch {
            point.iter_mut().zip(z.column(k)).for_each(|(to, z)| *to = z.to_f64());
            self.mixture.densities(&point, &mut self.densities);
            let Densities { joint, marginals } = &mut self.densities;
            let log_sum = |logs: &mut [f64]| {
                logs[k] += own - other;
                Densities::normalise(logs) + other
            };
            sum += joint_weight * log_sum(joint);
            sum += marginal_weight * marginals.chunks_mut(batch).map(log_sum).sum::<f64>();
            sum += prior_weight * log_prior(Prior::Normal, &point);
            let by_sample = self.by_sample.column_mut(k);
            by_sample.iter_mut().zip(&point).for_each(|(g, z)| *g = -share * prior_weight * z);
            let weights = [share * joint_weight, share * marginal_weight];
            if is_full {
                (0..batch).for_each(|j| self.add_full(&point, weights, [k, j], encoding));
            } else {
                self.add_diagonal(&point, weights, k);
            }
        }
        share * sum
    }

    /// Makes the components of the minibatch.
    fn read<T: Real>(&mut self, encoding: &Matrix<T>, m: usize) {
        let is_full = encoding.rows() > 2 * m;
        if self.mixture.dim() != m {
            self.mixture = AggregatePosterior::empty(m);
        }
        self.mixture.clear();
        let mut numbers = vec![0.0; encoding.rows()];
        for column in encoding.iter_columns() {
            numbers.iter_mut().zip(column).for_each(|(to, x)| *to = x.to_f64());
            let (mean, scale) = numbers.split_at_mut(m);
            scale[..m].iter_mut().for_each(|s| *s = s.exp());
            let factor = |i: usize, j: usize| if i == j { scale[i] } else { scale[m + i * (i - 1) / 2 + j] };
            self.mixture.push(mean, factor, is_full);
        }
    }

    /// Adds the gradient through all q(z_k|xⱼ) and their marginals for diagonal Σ. With u = (z − μ)/σ and the share p of the term,
    /// ∂zᵢ = −p u/σ, ∂μᵢ = p u/σ, ∂sᵢ = p (u² − 1).
    fn add_diagonal(&mut self, z: &[f64], weights: [f64; 2], k: usize) {
        let Self { mixture, densities: Densities { joint, marginals }, by_sample, by_encoding, .. } = self;
        let (m, count) = (z.len(), mixture.len());
        let (means, deviations) = by_encoding.as_mut_slice().split_at_mut(m * count);
        let by_encoding = means.chunks_mut(count).zip(deviations.chunks_mut(count));
        let places = mixture.latents.iter().zip(z).zip(marginals.chunks(count));
        for ((((latent, z), marginal), by_sample), (by_mean, by_deviation)) in
            places.zip(by_sample.column_mut(k)).zip(by_encoding)
        {
            let components = [&latent.means, &latent.rates, &*joint, marginal];
            *by_sample -= add_latent(components, *z, weights, by_mean, by_deviation);
        }
    }

    /// The same for full Σ = L Lᵀ. The joint density, with v = L⁻¹(z − μ), g = L⁻ᵀv and the share p of the term, has
    /// ∂z = −p g, ∂μ = p g, ∂L_ij = p gᵢ v_j − p δ_ij/L_ii; a marginal has ∂zᵢ = −p u/√Σᵢᵢ, ∂μᵢ = p u/√Σᵢᵢ with
    /// u = (zᵢ − μᵢ)/√Σᵢᵢ, and ∂Σᵢᵢ = p ½ (u² − 1)/Σᵢᵢ, where Σᵢᵢ = Σ_j L_ij². ∂sᵢ = L_ii ∂L_ii.
    fn add_full<T: Real>(&mut self, z: &[f64], [joint, marginal]: [f64; 2], [k, j]: [usize; 2], encoding: &Matrix<T>) {
        let Self { mixture, densities, by_sample, by_encoding, whitened, pull } = self;
        let (m, count) = (z.len(), mixture.len());
        let (by_sample, encoding) = (by_sample.column_mut(k), encoding.column(j));
        let mut add = |output: usize, x: f64| by_encoding[(j, output)] += x;
        let place = |i: usize, b: usize| i * (i + 1) / 2 + b;
        let inverse = &mixture.inverses[j * m * (m + 1) / 2..(j + 1) * m * (m + 1) / 2];
        let p = joint * densities.joint[j];
        if p != 0.0 {
            mixture.whitened(z, j, |i, v| {
                whitened[i] = v;
                v
            });
            for (i, pull) in pull.iter_mut().enumerate() {
                *pull = (i..m).map(|row| inverse[place(row, i)] * whitened[row]).sum();
            }
            let mut below = 2 * m;
            for i in 0..m {
                by_sample[i] -= p * pull[i];
                add(i, p * pull[i]);
                add(m + i, p * (pull[i] * whitened[i] / inverse[place(i, i)] - 1.0));
                for v in &whitened[..i] {
                    add(below, p * pull[i] * v);
                    below += 1;
                }
            }
        }
        let mut below = 2 * m;
        for i in 0..m {
            let p = marginal * densities.marginals[count * i + j];
            let rate = mixture.latents[i].rates[j];
            let u = (z[i] - mixture.latents[i].means[j]) * rate;
            by_sample[i] -= p * u * rate;
            add(i, p * u * rate);
            // 2 ∂Σᵢᵢ.
            let widening = p * (u * u - 1.0) * rate * rate;
            add(m + i, widening / inverse[place(i, i)].powi(2));
            for _ in 0..i {
                add(below, widening * encoding[below].to_f64());
                below += 1;
            }
        }
    }

    /// Adds the gradient by the samples to `gradient` (m × B).
    pub(super) fn add_by_sample<T: Real>(&self, gradient: &mut Matrix<T>) {
        let pairs = gradient.as_mut_slice().iter_mut().zip(self.by_sample.as_slice());
        pairs.for_each(|(to, x)| *to += T::from_f64(*x));
    }

    /// Adds the gradient by the encoder's outputs, with the samples held, to `gradient` (outputs × B).
    pub(super) fn add_by_encoding<T: Real>(&self, gradient: &mut Matrix<T>) {
        for (output, column) in self.by_encoding.iter_columns().enumerate() {
            column.iter().enumerate().for_each(|(j, x)| gradient.column_mut(j)[output] += T::from_f64(*x));
        }
    }
}

/// Adds the gradient by the means and log deviations of one latent with the shares `joint` and `marginal` times their weights; returns
/// its sum over the means.
#[pulp::with_simd(add_latent = Arch::new())]
#[inline(always)]
fn add_latent_with<S: Simd>(
    _simd: S,
    [means, rates, joint, marginal]: [&[f64]; 4],
    z: f64,
    [joint_weight, marginal_weight]: [f64; 2],
    by_mean: &mut [f64],
    by_deviation: &mut [f64],
) -> f64 {
    // Eight sums side by side: the compiler may use any vector width without changing the order of a sum.
    const SUMS: usize = 8;
    let mut sums = [0.0; SUMS];
    let chunks = means.chunks(SUMS).zip(rates.chunks(SUMS)).zip(joint.chunks(SUMS)).zip(marginal.chunks(SUMS));
    let gradients = by_mean.chunks_mut(SUMS).zip(by_deviation.chunks_mut(SUMS));
    for ((((means, rates), joint), marginal), (by_mean, by_deviation)) in chunks.zip(gradients) {
        let shares = joint.iter().zip(marginal);
        let gradients = by_mean.iter_mut().zip(by_deviation).zip(&mut sums);
        for (((mean, rate), (joint, marginal)), ((by_mean, by_deviation), sum)) in
            means.iter().zip(rates).zip(shares).zip(gradients)
        {
            let p = joint_weight * joint + marginal_weight * marginal;
            let u = (z - mean) * rate;
            let slope = p * u * rate;
            *by_mean += slope;
            *by_deviation += p * (u * u - 1.0);
            *sum += slope;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{
        Architecture, Covariance, DecoderKind, Decomposition, DensityEstimator, ElboWorkspace, Objective, Posterior,
        Regularizer, Vae,
    };
    use nalgebra::DVector;
    use rand_distr::{Distribution as _, StandardNormal};

    fn normal(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
        let mut rng = stream(seed, Purpose::Analysis, 0);
        Matrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
    }

    const ESTIMATORS: [DensityEstimator; 2] = [DensityEstimator::Weighted, DensityEstimator::Stratified];

    fn model(covariance: Covariance) -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: 3,
            hidden: vec![6],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut rng = stream(11, Purpose::Init, 0);
        let mut vae = Vae::<f64>::new(4, architecture, covariance, &mut rng);
        for p in &mut vae.parameters {
            let shift: f64 = StandardNormal.sample(&mut rng);
            *p += 0.2 * shift;
        }
        vae
    }

    fn objective(vae: &Vae<f64>, [alpha, beta, gamma]: [f64; 3], estimator: DensityEstimator) -> Objective {
        let regularizer = Regularizer::Parts(PartWeights { alpha, gamma, estimator });
        Objective { regularizer, ..Objective::new(vae.covariance, beta, 0.3) }
    }

    fn differentiated(vae: &Vae<f64>, objective: &Objective, batch: usize, population: usize) -> ElboWorkspace<f64> {
        let mut workspace = ElboWorkspace::new(vae);
        workspace.population = population;
        vae.differentiate(objective, &normal(4, batch, 1), &normal(3, batch, 2), &mut workspace);
        workspace
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for covariance in Covariance::ALL {
            for estimator in ESTIMATORS {
                // Each density alone, and all together.
                for weights in [[1.0, 1.7, 1.0], [0.0, 0.0, 1.3], [1.4, 0.0, 0.0], [0.6, 5.0, 1.9]] {
                    let mut vae = model(covariance);
                    let objective = objective(&vae, weights, estimator);
                    let gradient = differentiated(&vae, &objective, 5, 40).gradient;
                    for (i, found) in gradient.iter().enumerate() {
                        let (h, here) = (1e-5, vae.parameters[i]);
                        let mut loss = |p| {
                            vae.parameters[i] = p;
                            -differentiated(&vae, &objective, 5, 40).elbo.objective(objective.beta)
                        };
                        let difference = (loss(here + h) - loss(here - h)) / (2.0 * h);
                        loss(here);
                        let error = (difference - found).abs();
                        assert!(error < 1e-6 * difference.abs().max(1.0), "{weights:?} {i}: {difference} {error:e}");
                    }
                }
            }
        }
    }

    /// With equal weights nothing is left of the samples: the plain objective and its gradient.
    #[test]
    fn equal_weights_are_beta_times_the_kl() {
        for covariance in Covariance::ALL {
            for estimator in ESTIMATORS {
                let vae = model(covariance);
                let parts = differentiated(&vae, &objective(&vae, [1.7; 3], estimator), 5, 40);
                let plain = differentiated(&vae, &Objective::new(covariance, 1.7, 0.3), 5, 40);
                assert_eq!(parts.elbo.regularizer, Some(1.7 * plain.elbo.kl()));
                assert_eq!(parts.gradient, plain.gradient);
            }
        }
    }

    /// A minibatch of all observations, stratified, estimates what the measurement does.
    #[test]
    fn the_whole_data_give_the_measured_parts() {
        for covariance in Covariance::ALL {
            let (vae, weights) = (model(covariance), [0.6, 5.0, 1.9]);
            let objective = objective(&vae, weights, DensityEstimator::Stratified);
            let found = differentiated(&vae, &objective, 30, 30).elbo.regularizer.unwrap();
            let noise: Vec<_> = normal(3, 30, 2).iter_columns().map(DVector::from_column_slice).collect();
            let parts = Decomposition::estimate(&vae.posteriors(&normal(4, 30, 1)), Prior::Normal, &noise);
            let expected = objective.regularizer.value(objective.beta, f64::NAN, || parts, || f64::NAN).unwrap();
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    /// The mean of the stratified sum over all minibatches with the observation of the sample is q(z).
    #[test]
    fn stratified_sums_are_unbiased() {
        let posteriors: Vec<Posterior> = model(Covariance::Full).posteriors(&normal(4, 6, 1));
        let z = posteriors[0].sample(&[0.3, -0.8, 1.1]);
        let mut densities = Densities::default();
        AggregatePosterior::new(&posteriors).densities(z.as_slice(), &mut densities);
        let density = |k: usize| densities.joint[k].exp();
        let [own, other] = DensityEstimator::Stratified.log_weights(3, 6).map(f64::exp);
        let pairs = (1..6).flat_map(|a| (1..a).map(move |b| [a, b]));
        let sums: Vec<f64> = pairs.map(|[a, b]| own * density(0) + other * (density(a) + density(b))).collect();
        let (mean, exact) = (sums.iter().sum::<f64>() / 10.0, (0..6).map(density).sum::<f64>() / 6.0);
        assert!(sums.len() == 10 && (mean / exact - 1.0).abs() < 1e-12, "{mean} {exact}");
    }
}
