//! Rotation of the latents of a whole model, decoder and encoder together.

use nalgebra::{DMatrix, DVector};

use super::rotation::{Rotation, symmetric, write_symmetric};
use crate::linalg::{Factor, Matrix, Panel, product};
use crate::nn::Dense;
use crate::vae::{Covariance, Posterior, Vae};

/// Most observations for the fit of the covariance head.
const FITTED: usize = 8192;

/// Ridge of the fit, a share of the mean squared feature: directions in which the features hardly vary keep their weights.
const RIDGE: f64 = 1e-8;

impl Rotation {
    /// Rotates the latents z ↦ R z of a model: the decoder becomes d∘Rᵀ and the posterior means R μ(x), both exactly. Returns
    /// the error of the posterior covariances: the relative error ‖Σ − Σ\*‖/‖Σ\*‖ (Frobenius) against the covariance Σ\* that
    /// was wanted, its 99th percentile over `observations` (n × N; a share of them if there are many).
    ///
    /// With an exponential factor, or without any covariance, everything is exact, and the error 0. Otherwise full covariances should become R Σ Rᵀ. The
    /// best diagonal ones for the rotated decoder have the variances 1/(R Σ⁻¹ Rᵀ)ᵢᵢ: the diagonal of the *precision*, not of
    /// the covariance, because Σ⁻¹ is the curvature of the decoder's objective and rotates with it. Neither is a linear
    /// function of the encoder's features, so the change of these outputs is fitted to the features by least squares. The fit
    /// is exact where Σ does not depend on x, as at the optimum of a linear decoder. With diagonal covariance, a rotation by
    /// −φ does not restore the encoder: the correlations are lost.
    pub fn rotate_model(&self, vae: &mut Vae<f32>, observations: &Matrix<f32>) -> f64 {
        if vae.has_exponential_factor() || vae.is_deterministic {
            let mut parameters = std::mem::take(&mut vae.parameters);
            self.rotate_values(vae, &mut parameters);
            vae.parameters = parameters;
            return 0.0;
        }
        let m = vae.latent_dim();
        let every = observations.columns().div_ceil(FITTED).max(1);
        let sample = observations.select_columns((0..observations.columns()).step_by(every));
        let features = features(&vae.cast::<f64>(), &sample.map(f64::from));
        let before = vae.posteriors(&sample);
        let wanted: Vec<Option<Posterior>> = before.iter().map(|q| self.wanted(q, vae.covariance)).collect();
        let change = wanted_change(vae.head().outputs - m, &before, &wanted);

        self.rotate_decoder(vae);
        let head = vae.encoder.layers()[vae.encoder.layers().len() - 1].clone();
        let [a, b] = self.plane;
        let (weight, bias) = head.split_mut(&mut vae.parameters);
        for column in weight.chunks_exact_mut(head.outputs).chain([&mut *bias]) {
            [column[a], column[b]] = self.rotate(column[a], column[b]);
        }
        if let Some(fit) = fit(&features, &change) {
            for (column, change) in weight.chunks_exact_mut(head.outputs).chain([bias]).zip(fit.column_iter()) {
                column[m..].iter_mut().zip(&change).for_each(|(w, dw)| *w = (f64::from(*w) + dw) as f32);
            }
        }
        covariance_error(&vae.posteriors(&sample), &wanted)
    }

    /// Rotates the outputs of an encoder for one observation, as [`Self::rotate_model`] wants them: the mean becomes R μ, a full
    /// covariance R Σ Rᵀ, and a diagonal one the best for the rotated decoder. `vae` is the model before.
    pub fn rotate_encoding(&self, vae: &Vae<f32>, encoding: &mut [f32]) {
        let m = vae.latent_dim();
        if vae.is_deterministic {
            let [a, b] = self.plane;
            [encoding[a], encoding[b]] = self.rotate(encoding[a], encoding[b]);
            return;
        }
        if vae.has_exponential_factor() {
            let (mean, exponent) = encoding.split_at_mut(m);
            let ([a, b], r) = (self.plane, self.matrix(m));
            [mean[a], mean[b]] = self.rotate(mean[a], mean[b]);
            write_symmetric(&(&r * symmetric(exponent, m) * r.transpose()), exponent);
            return;
        }
        let before: Vec<f64> = encoding.iter().map(|x| f64::from(*x)).collect();
        let Some(wanted) = self.wanted(&vae.posterior(&before), vae.covariance) else { return };
        let scales = scale_outputs(&wanted.factor, encoding.len() - m);
        let outputs = wanted.mean.iter().chain(&scales);
        encoding.iter_mut().zip(outputs).for_each(|(output, wanted)| *output = *wanted as f32);
    }

    /// The rotated posterior, or the best diagonal one in its place. `None` where it is no Gaussian.
    fn wanted(&self, q: &Posterior, family: Covariance) -> Option<Posterior> {
        match family {
            Covariance::Full => {
                let r = self.matrix(q.dim());
                let factor = (&r * q.covariance() * r.transpose()).cholesky()?.l();
                Some(Posterior { mean: &r * &q.mean, factor })
            }
            Covariance::Diagonal => Some(self.rotate_to_diagonal(&q.mean, &q.precision())),
        }
    }
}

/// Desired change of the `count` encoder outputs about Σ, count × N. Zero where it is not finite.
fn wanted_change(count: usize, before: &[Posterior], wanted: &[Option<Posterior>]) -> DMatrix<f64> {
    let mut changes = DMatrix::zeros(count, before.len());
    for ((q, wanted), mut column) in before.iter().zip(wanted).zip(changes.column_iter_mut()) {
        let Some(wanted) = wanted else { continue };
        let change = scale_outputs(&wanted.factor, count) - scale_outputs(&q.factor, count);
        if change.iter().all(|x| x.is_finite()) {
            column.copy_from(&change);
        }
    }
    changes
}

/// 99th percentile of ‖Σ − Σ*‖/‖Σ*‖ over the posteriors.
fn covariance_error(posteriors: &[Posterior], wanted: &[Option<Posterior>]) -> f64 {
    let error = |(q, wanted): (&Posterior, &Option<Posterior>)| {
        let sigma = wanted.as_ref()?.covariance();
        Some((q.covariance() - &sigma).norm() / sigma.norm())
    };
    let mut errors: Vec<f64> = posteriors.iter().zip(wanted).filter_map(error).collect();
    errors.sort_by(f64::total_cmp);
    errors.get((errors.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0.0)
}
/// The first `count` of log L_ii, then L_ij below the diagonal row by row, in the order of the encoder's outputs.
fn scale_outputs(factor: &DMatrix<f64>, count: usize) -> DVector<f64> {
    let m = factor.nrows();
    let below = (1..m).flat_map(|i| (0..i).map(move |j| (i, j))).map(|place| factor[place]);
    let mut outputs: Vec<f64> = factor.diagonal().iter().map(|l| l.ln()).collect();
    outputs.extend(below);
    outputs.truncate(count);
    DVector::from_vec(outputs)
}

/// Inputs of the encoder's last layer, with a one for its bias: (inputs + 1) × N.
fn features(vae: &Vae<f64>, x: &Matrix<f64>) -> DMatrix<f64> {
    let layers = vae.encoder.layers();
    let hidden: &[Dense] = &layers[..layers.len() - 1];
    let (mut h, mut panel) = (x.clone(), Panel::new());
    for layer in hidden {
        let mut next = Matrix::zeros(layer.outputs, h.columns());
        layer.forward(&vae.parameters, Factor::from(&h), next.as_mut_slice(), &mut panel);
        h = next;
    }
    DMatrix::from_column_slice(h.rows(), h.columns(), h.as_slice()).insert_row(h.rows(), 1.0)
}

/// A (outputs × features) that minimises ‖wanted − A features‖² + ridge ‖A‖².
fn fit(features: &DMatrix<f64>, wanted: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let mut gram = times_transposed(features, features);
    let ridge = RIDGE * gram.trace() / gram.nrows() as f64;
    gram.iter_mut().step_by(features.nrows() + 1).for_each(|g| *g += ridge);
    Some(gram.cholesky()?.solve(&times_transposed(features, wanted)).transpose())
}

/// A Bᵀ, summed in the same order on every machine.
fn times_transposed(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    let mut c = DMatrix::zeros(a.nrows(), b.nrows());
    let left = Factor::new(a.nrows(), a.ncols(), a.as_slice());
    let right = Factor::new(b.nrows(), b.ncols(), b.as_slice()).transposed();
    product(left, right, c.as_mut_slice(), &mut Panel::new());
    c
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{elbo_of, posterior_quadrature};
    use crate::nn::Activation;
    use crate::rng::{Purpose, stream};
    use crate::vae::{Architecture, DecoderKind, Objective};
    use rand_distr::{Distribution as _, StandardNormal};

    fn normal(rows: usize, columns: usize) -> Matrix<f32> {
        let mut rng = stream(2, Purpose::Analysis, 0);
        Matrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
    }

    /// A model with `m` latents whose posteriors differ by `spread` between observations.
    fn model(covariance: Covariance, m: usize, hidden: Vec<usize>, spread: f32) -> Vae<f32> {
        let decoder = if hidden.is_empty() { DecoderKind::Linear } else { DecoderKind::Mlp };
        let architecture = Architecture {
            latent_dim: m,
            hidden,
            activation: Activation::Tanh,
            decoder,
            factor: Default::default(),
            likelihood: Default::default(),
            decoder_hidden: None,
        };
        let mut vae = Vae::new(4, architecture, covariance, &mut stream(5, Purpose::Init, 0));
        let head = vae.encoder.layers()[vae.encoder.layers().len() - 1].clone();
        let (weight, bias) = head.split_mut(&mut vae.parameters);
        let outputs = head.outputs;
        for (c, column) in weight.chunks_exact_mut(outputs).enumerate() {
            column[m..].iter_mut().enumerate().for_each(|(r, w)| *w = spread * ((3 * r + 7 * c) as f32).sin());
        }
        bias[m..].iter_mut().enumerate().for_each(|(r, c)| *c = if r < m { -0.5 - 0.7 * r as f32 } else { 0.15 });
        vae
    }

    /// What is shown while the dial is dragged is what the rotated model then has.
    #[test]
    fn encodings_rotate_as_the_model_does() {
        let x = normal(4, 40);
        for covariance in [Covariance::Diagonal, Covariance::Full] {
            // Posteriors that are the same everywhere, so that the fit is exact.
            let mut vae = model(covariance, 2, vec![], 0.0);
            let rotation = Rotation { degrees: 25.0, plane: [0, 1] };
            let mut encodings = vae.encode(&x);
            (0..40).for_each(|k| rotation.rotate_encoding(&vae, encodings.column_mut(k)));
            rotation.rotate_model(&mut vae, &x);
            let rotated = vae.encode(&x);
            let apart = encodings.as_slice().iter().zip(rotated.as_slice()).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < 1e-3, "{covariance:?}");
        }
    }

    fn mean_elbo(vae: &Vae<f32>, x: &Matrix<f32>) -> f64 {
        let objective = Objective::new(vae.covariance, 1.5, 0.1);
        let (vae, x) = (vae.cast::<f64>(), x.map(f64::from));
        let rule = posterior_quadrature(vae.latent_dim());
        let posteriors = vae.posteriors(&x);
        let sum: f64 = x.iter_columns().zip(&posteriors).map(|(x, q)| elbo_of(&vae, x, &objective, q, &rule)).sum();
        sum / x.columns() as f64
    }

    /// With a linear decoder and one covariance for all posteriors the rotation is exact to single precision.
    #[test]
    fn identical_full_posteriors_rotate_exactly() {
        for (m, plane) in [(2, [0, 1]), (3, [2, 0])] {
            let x = normal(4, 300);
            let before = model(Covariance::Full, m, vec![], 0.0);
            let mut rotated = before.clone();
            let rotation = Rotation { degrees: 40.0, plane };
            assert!(rotation.rotate_model(&mut rotated, &x) < 1e-6);
            for (q, p) in before.posteriors(&x).iter().zip(rotated.posteriors(&x)) {
                let wanted = rotation.rotate_posterior(q);
                assert!((wanted.mean - p.mean).norm() < 1e-5 && (wanted.factor - p.factor).norm() < 1e-5);
            }
            assert!((mean_elbo(&before, &x) - mean_elbo(&rotated, &x)).abs() < 1e-4);
        }
    }

    /// With hidden layers and covariances that depend on x the fit leaves an error: to first order the ELBO changes by the
    /// error of the covariances times the derivative of the ELBO. Without the fit it would change a hundred times as much.
    #[test]
    fn full_posteriors_of_a_network_rotate_approximately() {
        let x = normal(4, 600);
        let before = model(Covariance::Full, 2, vec![24], 0.03);
        let mut rotated = before.clone();
        let rotation = Rotation { degrees: 30.0, plane: [0, 1] };
        let error = rotation.rotate_model(&mut rotated, &x);
        assert!(error > 1e-6 && error < 0.05, "{error}");
        let mut errors: Vec<f64> = before
            .posteriors(&x)
            .iter()
            .zip(rotated.posteriors(&x))
            .map(|(q, p)| {
                let wanted = rotation.rotate_posterior(q).covariance();
                (p.covariance() - &wanted).norm() / wanted.norm()
            })
            .collect();
        errors.sort_by(f64::total_cmp);
        assert_eq!(errors.iter().filter(|e| **e > error).count(), 6, "one in a hundred of 600 is worse");
        let change = (mean_elbo(&before, &x) - mean_elbo(&rotated, &x)).abs();
        let mut unfitted = before.clone();
        rotation.rotate_decoder(&mut unfitted);
        let without = (mean_elbo(&before, &x) - mean_elbo(&unfitted, &x)).abs();
        assert!(change < 5.0 * error && change < 0.01 * without, "{change} {without} {error}");
    }

    /// The rotated diagonal posteriors are stationary for the rotated decoder if the old ones were for the old decoder.
    #[test]
    fn diagonal_posteriors_take_the_diagonal_of_the_precision() {
        let x = normal(4, 200);
        let mut vae = model(Covariance::Diagonal, 2, vec![], 0.0);
        Rotation { degrees: 30.0, plane: [0, 1] }.rotate_model(&mut vae, &x);
        let [p, q] = [1.0_f64, 2.4].map(f64::exp);
        for posterior in vae.posteriors(&x) {
            let variances = posterior.factor.diagonal().map(|l| l * l);
            assert!((variances[0] - 1.0 / (0.75 * p + 0.25 * q)).abs() < 1e-6, "{variances}");
            assert!((variances[1] - 1.0 / (0.25 * p + 0.75 * q)).abs() < 1e-6, "{variances}");
        }
    }

    #[test]
    fn rotating_back_restores_decoder_and_means() {
        for covariance in Covariance::ALL {
            let x = normal(4, 100);
            let before = model(covariance, 3, vec![9], 0.05);
            let mut vae = before.clone();
            for degrees in [25.0, -25.0] {
                Rotation { degrees, plane: [0, 2] }.rotate_model(&mut vae, &x);
            }
            let decoder = ..before.decoder.end();
            let apart = before.parameters[decoder].iter().zip(&vae.parameters[decoder]).map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < 1e-6, "two roundings of numbers below 1");
            let (old, new) = (before.posteriors(&x), vae.posteriors(&x));
            assert!(old.iter().zip(&new).all(|(a, b)| (&a.mean - &b.mean).norm() < 1e-5));
            if covariance == Covariance::Full {
                // Two fits, each with its own error.
                assert!(old.iter().zip(&new).all(|(a, b)| (&a.factor - &b.factor).norm() < 0.05));
            }
        }
    }
}
