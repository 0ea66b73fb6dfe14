//! The exact gap log p(x) − ELBO, split into the parts that family, axes and encoder cost.

use super::marginal_likelihood::{Integration, MarginalLikelihood};
use super::optimal_posteriors::OptimalPosteriors;
use super::posterior_nodes::PosteriorNodes;
use super::undefined::Undefined;
use crate::stats::Uncertain;
use crate::vae::{Covariance, Objective, Posterior, Vae};

/// A part of the gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapPart {
    /// log p(x) − best full: no Gaussian is the true posterior.
    Family,
    /// Best full − best diagonal: the price of a diagonal posterior.
    Diagonal,
    /// Best of its own family − learned: what the encoder misses.
    Amortisation,
}

impl GapPart {
    /// In the order of the sum.
    pub const ALL: [Self; 3] = [Self::Family, Self::Diagonal, Self::Amortisation];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Family => "family",
            Self::Diagonal => "diagonal",
            Self::Amortisation => "amortisation",
        }
    }
}

/// The gap of one observation. log p(x) = ELBO + family + diagonal + amortisation, an identity for every decoder and encoder.
///
/// All is told of the model with noise variance b = βσ², whose ELBO has the same optima as the objective; × β the parts are
/// nats of the objective ([`Objective::elbo_at_b`]). For Bernoulli variables log p(x) is log ∫ p(x|z)^(1/β) p(z) dz: a
/// log-probability of binary x at β = 1, and otherwise the bound that the objective has, with the same split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactGap {
    /// log p(x) in nats.
    pub log_px: Uncertain,
    /// Method of integration.
    pub integration: Integration,
    /// ELBO of the learned posterior in nats.
    pub elbo: Uncertain,
    /// The parts in the order of [`GapPart::ALL`], in nats; the diagonal one is absent for a full posterior.
    pub parts: [Option<Uncertain>; 3],
}

impl ExactGap {
    /// log p(x) − ELBO in nats.
    pub fn total(&self) -> Uncertain {
        self.log_px.minus(self.elbo)
    }
}

/// The gap of observation `x`. `optimal` holds its best posteriors, found and evaluated with the same `objective` and `nodes`.
///
/// # Errors
/// If b is 0, or log p(x) cannot be found.
pub fn exact_gap(
    vae: &Vae<f64>,
    x: &[f64],
    objective: &Objective,
    optimal: &OptimalPosteriors,
    nodes: &PosteriorNodes,
) -> Result<ExactGap, Undefined> {
    let b = objective.b();
    if b <= 0.0 {
        return Err(Undefined::ZeroB);
    }
    let at_b =
        |elbos: &[f64]| elbos.iter().map(|l| vae.likelihood().elbo_at_b(*l, objective, x.len())).collect::<Vec<_>>();
    let [learned, diagonal, full] = [&optimal.learned, &optimal.diagonal.elbos, &optimal.full.elbos].map(|l| at_b(l));
    let found = MarginalLikelihood::new(vae, x, b, &optimal.full.best.posterior, nodes)?;
    let (own, axes) = match objective.covariance {
        Covariance::Full => (&full, None),
        Covariance::Diagonal => (&diagonal, Some(Uncertain::of_difference(&full, &diagonal))),
    };
    Ok(ExactGap {
        log_px: found.log_px,
        integration: found.integration,
        elbo: Uncertain::of(&learned),
        parts: [Some(found.log_px.minus(Uncertain::of(&full))), axes, Some(Uncertain::of_difference(own, &learned))],
    })
}

/// Means over observations, with standard errors that hold both the spread of the observations and the errors of integration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanGap {
    /// Mean log p(x) in nats.
    pub log_px: Uncertain,
    /// Mean ELBO of the learned posteriors in nats.
    pub elbo: Uncertain,
    /// Mean parts in the order of [`GapPart::ALL`], in nats.
    pub parts: [Option<Uncertain>; 3],
    /// Observations that the means are over.
    pub observations: usize,
    /// Observations left out, because their log p(x) or a best posterior could not be found.
    pub left_out: usize,
}

impl MeanGap {
    /// Nodes of a rule where expectations are sampled: the errors of single observations average out.
    pub const POINTS: usize = 512;
}

/// The mean gap of `observations` with their learned posteriors, with `points` nodes for each rule.
///
/// # Errors
/// If b is 0, or log p(x) and both best posteriors cannot be found for any observation: then the reason of the first.
pub fn mean_gap<'a>(
    vae: &Vae<f64>,
    observations: impl IntoIterator<Item = (&'a [f64], Posterior)>,
    objective: &Objective,
    points: usize,
) -> Result<MeanGap, Undefined> {
    // Each observation has nodes of its own, so that their errors are part of the spread over observations.
    let gap = |(k, (x, learned)): (usize, (&[f64], Posterior))| {
        if objective.b() <= 0.0 {
            return Err(Undefined::ZeroB);
        }
        let nodes = PosteriorNodes::new(vae, points, k as u32)?;
        let optimal = OptimalPosteriors::new(vae, x, objective, &learned, &nodes);
        if !(optimal.full.best.converged && optimal.diagonal.best.converged) {
            return Err(Undefined::NotFound);
        }
        exact_gap(vae, x, objective, &optimal, &nodes)
    };
    let found: Vec<Result<ExactGap, Undefined>> = observations.into_iter().enumerate().map(gap).collect();
    let gaps: Vec<ExactGap> = found.iter().filter_map(|gap| gap.ok()).collect();
    if gaps.is_empty() {
        return Err(found.into_iter().find_map(Result::err).unwrap_or(Undefined::NotFinite));
    }
    let mean = |part: &dyn Fn(&ExactGap) -> Option<Uncertain>| {
        let parts: Vec<Uncertain> = gaps.iter().map(part).collect::<Option<_>>()?;
        Some(Uncertain::of(&parts.iter().map(|part| part.value).collect::<Vec<_>>()))
    };
    let always = |part: &dyn Fn(&ExactGap) -> Uncertain| mean(&|gap| Some(part(gap)));
    let (Some(log_px), Some(elbo)) = (always(&|gap| gap.log_px), always(&|gap| gap.elbo)) else {
        return Err(Undefined::NotFinite);
    };
    Ok(MeanGap {
        log_px,
        elbo,
        parts: [0, 1, 2].map(|k| mean(&|gap| gap.parts[k])),
        observations: gaps.len(),
        left_out: found.len() - gaps.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{diagonal_gap, posterior_precision};
    use crate::linalg::Matrix;
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind, Prior};
    use nalgebra::{DMatrix, DVector};
    use proptest::prelude::*;
    use rand_distr::{Distribution as _, StandardNormal};
    use std::f64::consts::TAU;

    fn vae(m: usize, n: usize, decoder: DecoderKind, activation: Activation, scale: f64, seed: u64) -> Vae<f64> {
        let architecture = Architecture {
            latent_dim: m,
            hidden: vec![12],
            activation,
            decoder,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::new(n, architecture, Covariance::Diagonal, &mut stream(seed, Purpose::Init, 0));
        vae.parameters.iter_mut().for_each(|p| *p *= scale);
        vae
    }

    fn learned(m: usize) -> Posterior {
        Posterior {
            mean: DVector::from_fn(m, |i, _| 0.3 - 0.2 * i as f64),
            factor: DMatrix::from_diagonal(&DVector::from_fn(m, |i, _| 0.2 + 0.1 * i as f64)),
        }
    }

    fn gap_of(vae: &Vae<f64>, x: &[f64], objective: &Objective, points: usize) -> (OptimalPosteriors, ExactGap) {
        let nodes = PosteriorNodes::new(vae, points, 0).unwrap();
        let optimal = OptimalPosteriors::new(vae, x, objective, &learned(vae.latent_dim()), &nodes);
        let gap = exact_gap(vae, x, objective, &optimal, &nodes).unwrap();
        (optimal, gap)
    }

    /// The parts sum to the whole, and none is negative beyond its error.
    fn assert_is_split(gap: &ExactGap) {
        let sum: f64 = gap.parts.iter().flatten().map(|part| part.value).sum();
        assert!((sum - gap.total().value).abs() < 1e-10 * (1.0 + gap.log_px.value.abs()), "{gap:?}");
        for part in gap.parts.iter().flatten() {
            assert!(part.value >= -4.0 * part.error - 1e-8, "{gap:?}");
        }
    }

    /// Linear decoders: log p(x) is the Gaussian density with covariance DDᵀ + bI, the best Gaussian is the posterior, and the
    /// diagonal one loses exactly ½(Σ log Λᵢᵢ − log det Λ). With the grid and by importance sampling, too.
    #[test]
    fn linear_decoders_have_closed_forms() {
        for (m, n) in [(1, 3), (2, 3), (4, 6), (12, 14)] {
            let affine = vae(m, n, DecoderKind::Linear, Activation::Tanh, 1.4, 3);
            let x: Vec<f64> = (0..n).map(|i| 0.8 * (i as f64 - 1.0)).collect();
            let objective = Objective::new(Covariance::Diagonal, 2.5, 0.1);
            let b = objective.b();
            let (optimal, gap) = gap_of(&affine, &x, &objective, 64);
            let d = DMatrix::from_column_slice(n, m, &affine.parameters[..n * m]);
            let c = DVector::from_column_slice(&affine.parameters[n * m..n * m + n]);
            let sigma = &d * d.transpose() + DMatrix::identity(n, n) * b;
            let residual = DVector::from_column_slice(&x) - c;
            let quadratic = residual.dot(&sigma.clone().cholesky().unwrap().solve(&residual));
            let closed = -0.5 * (n as f64 * TAU.ln() + sigma.determinant().ln() + quadratic);
            assert!((gap.log_px.value - closed).abs() < 1e-10, "{m}: {gap:?} {closed}");
            assert!(gap.parts[0].unwrap().value.abs() < 1e-8, "{m}: {gap:?}");
            let price = diagonal_gap(&posterior_precision(&d, b));
            assert!((gap.parts[1].unwrap().value - price).abs() < 1e-8, "{m}: {gap:?} {price}");
            assert!(optimal.full.best.converged && optimal.diagonal.best.converged);
            assert_is_split(&gap);

            // The same decoder as a network whose hidden layer is the identity, said to be curved.
            if m > 4 {
                continue;
            }
            let nearly = nearly_linear(&d, &affine.parameters[n * m..n * m + n]);
            let (_, found) = gap_of(&nearly, &x, &objective, 1024);
            assert!((found.log_px.value - closed).abs() < 4.0 * found.log_px.error + 1e-6, "{m}: {found:?} {closed}");
        }
    }

    /// A network with d(z) = tanh(z·10⁻⁴)·10⁴ D + c: affine to nine digits.
    fn nearly_linear(d: &DMatrix<f64>, c: &[f64]) -> Vae<f64> {
        const SMALL: f64 = 1e-4;
        let (n, m) = d.shape();
        let architecture = Architecture {
            latent_dim: m,
            hidden: vec![m],
            activation: Activation::Tanh,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::zeros(n, architecture, Covariance::Diagonal);
        let layers = vae.decoder.layers().to_vec();
        layers[0].split_mut(&mut vae.parameters).0.iter_mut().step_by(m + 1).for_each(|w| *w = SMALL);
        let (weight, bias) = layers[1].split_mut(&mut vae.parameters);
        weight.iter_mut().zip(d.iter()).for_each(|(w, d)| *w = d / SMALL);
        bias.copy_from_slice(c);
        vae
    }

    /// log p(x) of curved decoders against a plain Riemann sum over a fine grid, and importance sampling against the grid.
    #[test]
    fn curved_decoders_agree_with_brute_force() {
        for (m, activation, b) in [
            (1, Activation::Tanh, 0.05),
            (2, Activation::Tanh, 0.3),
            (2, Activation::Tanh, 0.02),
            (2, Activation::Relu, 0.1),
        ] {
            let vae = vae(m, 3, DecoderKind::Mlp, activation, 2.0, 8);
            let x = [0.4, -0.3, 0.6];
            let objective = Objective::new(Covariance::Diagonal, 1.0, b);
            let (optimal, gap) = gap_of(&vae, &x, &objective, 1024);
            let side: usize = if m == 1 { 20_001 } else { 801 };
            let h = 16.0 / (side - 1) as f64;
            let z = Matrix::from_fn(m, side.pow(m as u32), |i, k| -8.0 + h * (k / side.pow(i as u32) % side) as f64);
            let decoded = vae.decode(&z);
            let density = decoded.iter_columns().zip(z.iter_columns()).map(|(d, z)| {
                let distance: f64 = d.iter().zip(x).map(|(d, x)| (d - x).powi(2)).sum();
                (-0.5 * (distance / b + z.iter().map(|z| z * z).sum::<f64>())).exp()
            });
            let constant = -1.5 * (TAU * b).ln() - 0.5 * m as f64 * TAU.ln() + m as f64 * h.ln();
            let brute = density.sum::<f64>().ln() + constant;
            // Kinks cost both rules digits.
            let tolerance = if activation == Activation::Relu { 1e-4 } else { 1e-8 };
            assert!((gap.log_px.value - brute).abs() < tolerance, "{m} {b}: {gap:?} {brute}");
            assert_is_split(&gap);

            let sobol = PosteriorNodes {
                fresh: (0..8).map(|seed| crate::stats::scrambled_normals(m, 512, seed)).collect(),
                ..PosteriorNodes::new(&vae, 512, 0).unwrap()
            };
            let near = &optimal.full.best.posterior;
            let sampled = super::super::marginal_likelihood::importance_sampling(&vae, &x, b, near, &sobol);
            let error = sampled.log_px.error;
            assert!(error < 0.02 && (sampled.log_px.value - brute).abs() < 4.0 * error, "{sampled:?} {brute}");
        }
    }

    /// Without b there is no gap, and nothing panics.
    #[test]
    fn zero_b_has_no_gap() {
        let vae = vae(3, 4, DecoderKind::Mlp, Activation::Tanh, 1.0, 2);
        let objective = Objective::new(Covariance::Diagonal, 0.0, 0.1);
        let x = [0.1, 0.2, 0.3, 0.4];
        assert_eq!(mean_gap(&vae, [(&x[..], learned(3))], &objective, 128), Err(Undefined::ZeroB));
        let nodes = PosteriorNodes::new(&vae, 128, 0).unwrap();
        let optimal = OptimalPosteriors::new(&vae, &x, &objective, &learned(3), &nodes);
        assert_eq!(exact_gap(&vae, &x, &objective, &optimal, &nodes), Err(Undefined::ZeroB));
    }

    /// d(z) = |z| has two modes; the learned posterior sits in one of them.
    #[test]
    fn a_second_mode_is_found() {
        let architecture = Architecture {
            latent_dim: 1,
            hidden: vec![2],
            activation: Activation::Relu,
            decoder: DecoderKind::Mlp,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        // d(z) = |z|, x = 1.
        let mut vae = Vae::<f64>::zeros(1, architecture, Covariance::Diagonal);
        vae.parameters[..2].copy_from_slice(&[1.0, -1.0]);
        vae.parameters[4..6].copy_from_slice(&[1.0, 1.0]);
        let objective = Objective::new(Covariance::Diagonal, 1.0, 0.01);
        let (_, gap) = gap_of(&vae, &[1.0], &objective, 256);
        // Each mode alone is Gaussian: half of the mass, so log 2 is lost by a Gaussian in one of them.
        let family = gap.parts[0].unwrap();
        assert!((family.value - 2_f64.ln()).abs() < 4.0 * family.error && family.error < 0.01, "{gap:?}");
        let single = -0.5 * (TAU * 1.01).ln() - 0.5 / 1.01;
        assert!((gap.log_px.value - single - 2_f64.ln()).abs() < 1e-6, "{gap:?}");
        // A narrow mode that samples around the other one hardly ever meet.
        let narrow = Objective { sigma2: 1e-6, ..objective };
        let (_, gap) = gap_of(&vae, &[1.0], &narrow, 256);
        let family = gap.parts[0].unwrap();
        assert!((family.value - 2_f64.ln()).abs() < 4.0 * family.error && family.error < 0.01, "{gap:?}");
    }

    /// Four latents, two of them nearly collapsed: what is printed holds against an independent Monte-Carlo evaluation with
    /// 200,000 draws. (Two nodes per dimension would find an optimum that is nats below the learned posterior.)
    #[test]
    fn four_latents_are_evaluated_rightly() {
        let mut vae = vae(4, 3, DecoderKind::Mlp, Activation::Tanh, 2.0, 5);
        let first = vae.decoder.layers()[0].clone();
        first.split_mut(&mut vae.parameters).0[2 * first.outputs..].iter_mut().for_each(|w| *w *= 0.1);
        let objective = Objective::new(Covariance::Diagonal, 1.0, 0.02);
        let x = vae.decode(&Matrix::from_columns(4, 1, vec![0.3, -0.6, 0.2, 0.5]));
        let (optimal, gap) = gap_of(&vae, x.as_slice(), &objective, 1024);
        assert_is_split(&gap);
        for (q, elbos) in [
            (&learned(4), &optimal.learned),
            (&optimal.diagonal.best.posterior, &optimal.diagonal.elbos),
            (&optimal.full.best.posterior, &optimal.full.elbos),
        ] {
            let found = Uncertain::of(elbos);
            let mut rng = stream(1, Purpose::Analysis, 0);
            let draws: Vec<f64> = (0..200)
                .map(|_| {
                    let noise: Vec<f64> = (0..4000).map(|_| StandardNormal.sample(&mut rng)).collect();
                    let z = noise.chunks_exact(4).flat_map(|noise| q.sample(noise).as_slice().to_vec()).collect();
                    let decoded = vae.decode(&Matrix::from_columns(4, 1000, z));
                    let squares = decoded.iter_columns().flat_map(|d| d.iter().zip(x.as_slice()));
                    -squares.map(|(d, x)| (d - x).powi(2)).sum::<f64>() / 1000.0 / (2.0 * objective.sigma2)
                })
                .collect();
            let drawn = Uncertain::of(&draws);
            let value = drawn.value - objective.log_normaliser(3) - q.kl(Prior::Normal);
            let error = drawn.error.hypot(found.error);
            assert!((value - found.value).abs() < 4.0 * error, "{value} ± {} {found:?}", drawn.error);
            assert!(found.error < 0.01, "{found:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// V27: L(learned) ≤ L(best diagonal) ≤ L(best full) ≤ log p(x) for random models, β included.
        #[test]
        fn the_order_holds(m in 1_usize..7, seed in 0_u64..1000, b in 0.05..1.0, beta in 0.3..4.0) {
            let activation = if seed.is_multiple_of(3) { Activation::Relu } else { Activation::Tanh };
            let vae = vae(m, m + 1, DecoderKind::Mlp, activation, 1.5, seed);
            let x: Vec<f64> = (0..=m).map(|i| (seed as f64 + i as f64).sin()).collect();
            let objective = Objective::new(Covariance::Diagonal, beta, b / beta);
            let nodes = PosteriorNodes::new(&vae, 128, 0).unwrap();
            let optimal = OptimalPosteriors::new(&vae, &x, &objective, &learned(m), &nodes);
            let means = [&optimal.learned, &optimal.diagonal.elbos, &optimal.full.elbos].map(|l| Uncertain::of(l).value);
            prop_assert!(means.is_sorted_by(|a, b| *a <= b + 1e-12), "{means:?}");
            if let Ok(gap) = exact_gap(&vae, &x, &objective, &optimal, &nodes) {
                assert_is_split(&gap);
                // In nats of the objective the parts are β times as large.
                let price = gap.parts[1].unwrap().times(beta);
                prop_assert!((price.value - (means[2] - means[1])).abs() < 1e-9 * (1.0 + means[2].abs()));
            }
        }
    }
}
