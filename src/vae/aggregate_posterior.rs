//! The aggregate posterior q(z) = (1/N) Σⱼ q(z|xⱼ) of N observations: a mixture of N Gaussians. Its marginals q(zᵢ) are mixtures of
//! the marginals N(μᵢ, Σᵢᵢ).

use pulp::{Arch, Simd};

use super::posterior::Posterior;
use crate::linalg::exp_f64;

/// Components of the mixture, prepared for many densities.
#[derive(Clone, Debug)]
pub struct AggregatePosterior {
    /// Each latent under every component.
    pub(super) latents: Vec<LatentComponents>,
    /// L⁻¹ row by row, m(m + 1)/2 numbers a component. Empty if every Σ is diagonal, where the latents say the same.
    pub(super) inverses: Vec<f64>,
    /// −Σ log L_ii − (m/2) log 2π, one number a component.
    heights: Vec<f64>,
}

/// One latent under every component, N(μᵢ, Σᵢᵢ): N numbers each.
#[derive(Clone, Debug, Default)]
pub(super) struct LatentComponents {
    /// μᵢ.
    pub(super) means: Vec<f64>,
    /// 1/√Σᵢᵢ.
    pub(super) rates: Vec<f64>,
    /// log of the greatest density, log(1/√Σᵢᵢ) − ½ log 2π.
    heights: Vec<f64>,
}

/// Log densities of one point under each component. [`Self::normalise`] turns them into shares.
#[derive(Clone, Debug, Default)]
pub(super) struct Densities {
    /// log q(z|xⱼ), N numbers.
    pub(super) joint: Vec<f64>,
    /// log q(zᵢ|xⱼ), N numbers a latent.
    pub(super) marginals: Vec<f64>,
}

impl AggregatePosterior {
    /// The mixture of these posteriors, all of one dimension m.
    pub fn new(posteriors: &[Posterior]) -> Self {
        let m = posteriors.first().map_or(0, Posterior::dim);
        let below = |q: &Posterior| (1..m).any(|i| (0..i).any(|j| q.factor[(i, j)] != 0.0));
        let mut mixture = Self::empty(m);
        let is_full = posteriors.iter().any(below);
        for q in posteriors {
            mixture.push(q.mean.as_slice(), |i, j| q.factor[(i, j)], is_full);
        }
        mixture
    }

    /// A mixture of nothing, with room for components of dimension `m`.
    pub(super) fn empty(m: usize) -> Self {
        Self { latents: vec![LatentComponents::default(); m], inverses: Vec::new(), heights: Vec::new() }
    }

    /// Removes all components and keeps their memory.
    pub(super) fn clear(&mut self) {
        for LatentComponents { means, rates, heights } in &mut self.latents {
            [means, rates, heights].into_iter().for_each(Vec::clear);
        }
        self.inverses.clear();
        self.heights.clear();
    }

    /// m.
    pub(super) fn dim(&self) -> usize {
        self.latents.len()
    }

    /// Adds a component by its mean and the entries L_ij, j ≤ i, of its factor.
    pub(super) fn push(&mut self, mean: &[f64], factor: impl Fn(usize, usize) -> f64, is_full: bool) {
        let half_log_tau = 0.5 * std::f64::consts::TAU.ln();
        let mut height = 0.0;
        for (i, latent) in self.latents.iter_mut().enumerate() {
            let variance: f64 =
                if is_full { (0..=i).map(|j| factor(i, j).powi(2)).sum() } else { factor(i, i).powi(2) };
            let rate = 1.0 / variance.sqrt();
            latent.means.push(mean[i]);
            latent.rates.push(rate);
            latent.heights.push(rate.ln() - half_log_tau);
            height -= factor(i, i).ln() + half_log_tau;
        }
        self.heights.push(height);
        if is_full {
            // Row i of L⁻¹ by forward substitution: (L⁻¹)_ij = (δ_ij − Σ_{j≤k<i} L_ik (L⁻¹)_kj) / L_ii.
            let start = self.inverses.len();
            for i in 0..self.dim() {
                for j in 0..=i {
                    let above = |k: usize| factor(i, k) * self.inverses[start + k * (k + 1) / 2 + j];
                    let sum: f64 = (j..i).map(above).sum();
                    let one = if i == j { 1.0 } else { 0.0 };
                    self.inverses.push((one - sum) / factor(i, i));
                }
            }
        }
    }

    /// N.
    pub(super) fn len(&self) -> usize {
        self.heights.len()
    }

    /// True if a component has correlated latents, or may have.
    pub(super) fn is_full(&self) -> bool {
        !self.inverses.is_empty()
    }

    /// Writes the densities of `z` (m) under every component.
    pub(super) fn densities(&self, z: &[f64], to: &mut Densities) {
        let count = self.len();
        to.marginals.resize(self.dim() * count, 0.0);
        to.joint.clone_from(&self.heights);
        for ((latent, z), marginals) in self.latents.iter().zip(z).zip(to.marginals.chunks_mut(count.max(1))) {
            latent.densities(*z, &mut to.joint, marginals);
        }
        if self.is_full() {
            for (j, (joint, height)) in to.joint.iter_mut().zip(&self.heights).enumerate() {
                *joint = height - 0.5 * self.whitened(z, j, |_, v| v * v);
            }
        }
    }

    /// Σᵢ f(i, vᵢ) with v = L⁻¹(z − μ) of component `j` of a mixture of full covariances.
    pub(super) fn whitened(&self, z: &[f64], j: usize, mut f: impl FnMut(usize, f64) -> f64) -> f64 {
        let m = self.dim();
        let mut rows = &self.inverses[j * m * (m + 1) / 2..];
        let mut sum = 0.0;
        for i in 0..m {
            let (row, rest) = rows.split_at(i + 1);
            rows = rest;
            let v = row.iter().zip(z).zip(&self.latents).map(|((l, z), latent)| l * (z - latent.means[j])).sum();
            sum += f(i, v);
        }
        sum
    }

    /// log q(z) and Σᵢ log q(zᵢ) at `z` (m), in nats.
    pub(super) fn log_density(&self, z: &[f64], memory: &mut Densities) -> [f64; 2] {
        self.densities(z, memory);
        let log_count = (self.len() as f64).ln();
        let joint = Densities::normalise(&mut memory.joint) - log_count;
        let marginals = memory.marginals.chunks_mut(self.len().max(1));
        [joint, marginals.map(|logs| Densities::normalise(logs) - log_count).sum()]
    }
}

impl LatentComponents {
    /// Writes log q(zᵢ|xⱼ) to `marginals` and adds −½ u², u = (zᵢ − μᵢ)/√Σᵢᵢ, to `joint`.
    fn densities(&self, z: f64, joint: &mut [f64], marginals: &mut [f64]) {
        add_densities([&self.means, &self.rates, &self.heights], z, joint, marginals);
    }
}

#[pulp::with_simd(add_densities = Arch::new())]
#[inline(always)]
fn add_densities_with<S: Simd>(
    _simd: S,
    [means, rates, heights]: [&[f64]; 3],
    z: f64,
    joint: &mut [f64],
    marginals: &mut [f64],
) {
    let components = means.iter().zip(rates).zip(heights);
    for (((mean, rate), height), (joint, marginal)) in components.zip(joint.iter_mut().zip(marginals)) {
        let u = (z - mean) * rate;
        let below = -0.5 * u * u;
        *joint += below;
        *marginal = height + below;
    }
}

impl Densities {
    /// Replaces logarithms lⱼ by the shares e^{lⱼ}/Σ e^l. Returns log Σ e^l.
    pub(super) fn normalise(logs: &mut [f64]) -> f64 {
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = exponentiate(logs, most);
        logs.iter_mut().for_each(|share| *share /= sum);
        most + sum.ln()
    }
}

/// Replaces l by e^{l − most} and returns the sum.
#[pulp::with_simd(exponentiate = Arch::new())]
#[inline(always)]
fn exponentiate_with<S: Simd>(_simd: S, logs: &mut [f64], most: f64) -> f64 {
    // Eight sums side by side: the compiler may use any vector width without changing the order of a sum.
    const SUMS: usize = 8;
    let mut sums = [0.0; SUMS];
    for logs in logs.chunks_mut(SUMS) {
        for (log, sum) in logs.iter_mut().zip(&mut sums) {
            *log = exp_f64(*log - most);
            *sum += *log;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

    /// Against the densities of the definition, with Σ⁻¹ and det Σ.
    #[test]
    fn densities_are_those_of_the_mixture() {
        let full =
            [[0.3, -0.2, 0.1, -0.7, -0.9, -0.5, 0.2, -0.3, 0.4], [1.0, 0.5, -0.4, 0.1, -0.3, -1.0, -0.6, 0.2, 0.1]];
        let z = [0.2, -0.4, 0.3];
        for is_full in [true, false] {
            let numbers = if is_full { 9 } else { 6 };
            let posteriors: Vec<_> = full.iter().map(|e| Posterior::from_encoding(&e[..numbers], 3)).collect();
            let density = |q: &Posterior, latents: &[usize]| {
                let covariance = q.covariance().select_rows(latents).select_columns(latents);
                let d = DVector::from_iterator(latents.len(), latents.iter().map(|i| z[*i] - q.mean[*i]));
                let inverse: DMatrix<f64> = covariance.clone().try_inverse().unwrap();
                let scale = (covariance * std::f64::consts::TAU).determinant().sqrt();
                (-0.5 * d.dot(&(inverse * &d))).exp() / scale
            };
            let log_mean = |latents: &[usize]| posteriors.iter().map(|q| 0.5 * density(q, latents)).sum::<f64>().ln();
            let mixture = AggregatePosterior::new(&posteriors);
            assert_eq!(mixture.is_full(), is_full);
            let [joint, marginals] = mixture.log_density(&z, &mut Densities::default());
            assert!((joint - log_mean(&[0, 1, 2])).abs() < 1e-13, "{joint}");
            let expected: f64 = (0..3).map(|i| log_mean(&[i])).sum();
            assert!((marginals - expected).abs() < 1e-13, "{marginals} {expected}");
        }
    }

    #[test]
    fn shares_of_far_components_are_nothing_and_sums_do_not_overflow() {
        let mut logs = [-1000.0, -1000.0, -1100.0];
        assert!((Densities::normalise(&mut logs) - (2.0_f64.ln() - 1000.0)).abs() < 1e-12);
        assert!((logs[0], logs[1]) == (0.5, 0.5) && logs[2] < 1e-40);
        assert!(Densities::normalise(&mut [0.0, f64::NAN]).is_nan());
    }
}
